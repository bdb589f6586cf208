//go:build accept

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRealGhostToWordPress fills the real Ghost through its own API, moves it, and asks the real WordPress what it got.
func TestRealGhostToWordPress(t *testing.T) {
	source, target := firstGhost(t), newTarget(t)
	live := source.boot(t)
	if !live.login("owner@ghost.test", ownerPassword) {
		t.Fatal("the owner cannot log in")
	}
	files := live.fill()
	want := live.truth()
	live.stop()
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	rep := migrate(t, t.TempDir(), src, dst, []int{0})
	rep.reconcile(t)
	got := target.dump(t, []string{"blogname", "blogdescription", "timezone_string"}, nil)
	c := &ghostInWP{t: t, j: newJudge(t, "real ghost→wordpress", rep), want: want, got: got, root: source.images()}
	c.compare()
	c.filesOf(files)
	for _, p := range want.posts {
		c.addressesOf(p)
	}
	for _, p := range got.Posts {
		if strings.Contains(p.Content, "Gated text") && p.Status != "private" {
			t.Errorf("%s shows everybody what was for members", p.Slug)
		}
	}
	for _, code := range []string{"card:email", "card:signup", "card:paywall", "card:for_members", "members_only_made_private"} {
		if !slices.ContainsFunc(c.j.told.losses, func(l *toldLoss) bool { return l.code == code }) {
			t.Errorf("the report does not tell %s", code)
		}
	}
}

// fill writes posts with every card, and gives the uploaded files.
func (l *liveGhost) fill() map[string][]byte {
	l.t.Helper()
	picture := func(c color.Color) []byte {
		img := image.NewRGBA(image.Rect(0, 0, 60, 40))
		img.Set(1, 1, c)
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			l.t.Fatal(err)
		}
		return b.Bytes()
	}
	files := map[string][]byte{"one.png": picture(color.White), "two.png": picture(color.Black), "sound.mp3": []byte("ID3\x03\x00\x00\x00\x00\x00\x00sound"),
		"film.mp4": []byte("\x00\x00\x00\x18ftypmp42film"), "paper.pdf": []byte("%PDF-1.4 paper")}
	at := map[string]string{"__BASE__": l.base}
	for placeholder, up := range map[string][3]string{"__IMG1__": {"images", "one.png", "image/png"}, "__IMG2__": {"images", "two.png", "image/png"},
		"__AUDIO__": {"media", "sound.mp3", "audio/mpeg"}, "__VIDEO__": {"media", "film.mp4", "video/mp4"}, "__FILE__": {"files", "paper.pdf", "application/pdf"}} {
		at[placeholder] = l.upload(up[0], up[1], up[2], files[up[1]])
	}
	doc, err := os.ReadFile("testdata/ghost-cards.json")
	if err != nil {
		l.t.Fatal(err)
	}
	text := string(doc)
	for placeholder, value := range at {
		text = strings.ReplaceAll(text, placeholder, value)
	}
	l.add("posts", "source=html", object{"title": "Linked post", "slug": "linked-post", "status": "published", "html": "<p>Made of <em>HTML</em>.</p><table><tr><td>cell</td></tr></table>"})
	l.add("posts", "", object{"title": "Every card", "status": "published", "lexical": text, "feature_image": at["__IMG1__"], "feature_image_alt": "Feature alt",
		"feature_image_caption": "Feature caption", "custom_excerpt": "Said short", "meta_title": "Meta title", "meta_description": "Meta description",
		"og_title": "Graph title", "tags": []object{{"name": "First"}, {"name": "#inner"}}, "featured": true, "canonical_url": "https://example.org/canonical"})
	l.add("posts", "", object{"title": "For members", "status": "published", "visibility": "members", "lexical": strings.ReplaceAll(text, "Every card", "Members' card")})
	l.add("pages", "", object{"title": "A page", "status": "published", "lexical": text, "codeinjection_head": "<meta name=\"a\" content=\"b\">"})
	l.add("posts", "", object{"title": "An empty draft"})
	return files
}

func (l *liveGhost) add(name, query string, o object) {
	l.t.Helper()
	b, err := json.Marshal(object{name: []object{o}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.send("POST", name+"/?"+query, string(b), http.StatusCreated)
}

// upload gives the address of the file.
func (l *liveGhost) upload(kind, name, mime string, content []byte) string {
	l.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {mime}})
	if err == nil {
		_, err = part.Write(content)
	}
	if err != nil || form.Close() != nil {
		l.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", l.base+"/ghost/api/admin/"+kind+"/upload/", &b)
	if err != nil {
		l.t.Fatal(err)
	}
	code, body := l.do(req, form.FormDataContentType())
	if code != http.StatusCreated {
		l.t.Fatalf("upload %s: %d %.300s", name, code, body)
	}
	var made []struct{ URL string }
	l.decode(kind, body, &made)
	return made[0].URL
}

// truth is what Ghost's own API says that the site holds.
func (l *liveGhost) truth() *ghTruth {
	l.t.Helper()
	g := &ghTruth{}
	l.list("posts", "formats=html&include=tags,authors", &g.posts)
	l.list("pages", "formats=html&include=tags,authors", &g.pages)
	l.list("tags", "", &g.tags)
	l.list("users", "include=roles", &g.users)
	l.list("members", "", &g.members)
	l.decode("settings", l.send("GET", "settings/", "", http.StatusOK), &g.settings)
	return g
}

// filesOf: each upload lies among the target's attachments; pictures, which Ghost writes anew, are compared as it stored them.
func (c *ghostInWP) filesOf(files map[string][]byte) {
	have := map[string]bool{}
	for _, m := range c.got.Media {
		have[m.SHA256] = true
	}
	for name, content := range files {
		if sum := fmt.Sprintf("%x", sha256.Sum256(content)); !have[sum] && path.Ext(name) != ".png" {
			c.t.Errorf("%s did not arrive", name)
		}
	}
}

var attributes = regexp.MustCompile(`(?:src|href|poster)="([^"]+)"|url\(['"]?([^'")]+)`)

// addressesOf: what the entry leads to and shows from elsewhere is still there; of the source's own site nothing is left.
func (c *ghostInWP) addressesOf(p *ghPost) {
	x := c.find("post", p)
	if x == nil {
		return
	}
	content := html.UnescapeString(x.Content)
	for _, m := range attributes.FindAllStringSubmatch(p.HTML, -1) {
		address := html.UnescapeString(m[1] + m[2])
		own := strings.Contains(address, "127.0.0.1")
		switch {
		case own && strings.Contains(address, "/content/"):
			if name := strings.TrimSuffix(path.Base(address), path.Ext(address)); !strings.Contains(content, name) {
				c.t.Errorf("%s no longer shows %s", p.Slug, address)
			}
		case !own && strings.HasPrefix(address, "http") && !strings.Contains(content, address):
			c.t.Errorf("%s no longer leads to %s", p.Slug, address)
		}
		if own && strings.Contains(content, address) {
			c.t.Errorf("%s still leads to the old site: %s", p.Slug, address)
		}
	}
}
