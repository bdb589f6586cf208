//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestWordPressToRealGhost moves a WordPress and asks the real Ghost what it got: into a database that Ghost's own first start
// made, and into the fixture's.
func TestWordPressToRealGhost(t *testing.T) {
	ghostProgram(t)
	want := truth(t, "wp-dev")
	for name, fresh := range map[string]func(*testing.T) *ghostSite{"first start": firstGhost, "fixture": fixtureGhost} {
		t.Run(name, func(t *testing.T) {
			source, target := newWordPress(t, "wp-dev"), fresh(t)
			src := serve(t, "--site", source.root, "--role", "source")
			dst := serve(t, "--site", target.root, "--role", "target")
			before := target.ids(t)
			rep := migrate(t, t.TempDir(), src, dst, []int{0, 3})
			rep.reconcile(t)
			dst.kill()
			live := target.boot(t)
			if !live.login("owner@ghost.test", ownerPassword) {
				t.Fatal("the owner cannot log in any more")
			}
			saw := live.ask(target.ledger(t, ledgerComment))
			c := newWPInGhost(t, newJudge(t, "wordpress→real ghost, "+name, rep), want, target, saw)
			c.compare()
			for id := range before {
				delete(saw.posts, id)
			}
			visitorsSee(t, live, saw)
			rendersTheSame(t, live, saw)
			c.passwords(live)
			live.look()
		})
	}
}

func fixtureGhost(t *testing.T) *ghostSite {
	t.Helper()
	g := newGhost(t, "ghost-blank.db")
	g.revive(t)
	return g
}

// passwords: who of the staff cannot log in with the old password was named by the report.
func (c *wpInGhost) passwords(live *liveGhost) {
	c.t.Helper()
	in, asked := 0, 0
	for _, u := range c.want.Users {
		for _, s := range c.saw.staff {
			if !strings.EqualFold(s["email"], u.Email) || s["status"] != "active" {
				continue
			}
			asked++
			switch password := "pw-" + u.Login; {
			case live.login(u.Email, password):
				in++
			case !c.j.told.covers("user", fmt.Sprint(u.ID), "password"):
				c.t.Errorf("user/%d cannot log in with the old password, and the report does not say so", u.ID)
			}
		}
	}
	c.t.Logf("of %d active staff %d log in with the old password", asked, in)
}

// rendersTheSame lets Ghost parse each document as its editor does and render it anew: the page must stay as it is.
func rendersTheSame(t *testing.T, live *liveGhost, saw *ghostView) {
	t.Helper()
	for id, p := range saw.posts {
		name := p["type"] + "s"
		body, err := json.Marshal(object{name: []object{{"updated_at": strings.Replace(p["updated_at"], " ", "T", 1) + ".000Z"}}})
		if err != nil {
			t.Fatal(err)
		}
		code, answer := live.call("PUT", name+"/"+id+"/?force_rerender=true&formats=html", string(body))
		if code != http.StatusOK {
			t.Errorf("Ghost cannot open %s %q: %d %.300s", p["type"], p["slug"], code, answer)
			continue
		}
		var got []struct{ HTML string }
		live.decode(name, answer, &got)
		if ours, ghosts := parsed(t, p["html"]), parsed(t, got[0].HTML); ours != ghosts {
			want, have := apart(ghosts, ours)
			t.Errorf("Ghost renders %s %q otherwise\n  Ghost %s\n  ours  %s", p["type"], p["slug"], want, have)
		}
	}
}

// parsed is HTML as a browser reads it. The smaller sizes that Ghost makes of its pictures come with the first edit.
func parsed(t *testing.T, text string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(strings.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		var keep []html.Attribute
		for _, a := range n.Attr {
			if n.Data != "img" || a.Key != "srcset" && a.Key != "sizes" {
				keep = append(keep, a)
			}
		}
		n.Attr = keep
	}
	var b strings.Builder
	if err := html.Render(&b, root); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var pictures = regexp.MustCompile(`<img[^>]*? src="([^"]+)"`)

// visitorsSee asks for what visitors and their programs get, of every record.
func visitorsSee(t *testing.T, live *liveGhost, saw *ghostView) {
	t.Helper()
	_, front := live.get("/")
	if title := saw.settings["title"]; !strings.Contains(html.UnescapeString(front), title) {
		t.Errorf("the front page does not show the title %q", title)
	}
	_, sitemap := live.get("/sitemap-posts.xml")
	_, rss := live.get("/rss/")
	if !strings.Contains(rss, "<item>") {
		t.Errorf("the feed is empty: %.300s", rss)
	}
	key := live.contentKey()
	images := map[string]bool{}
	for _, name := range []string{"posts", "pages"} {
		public := live.publicRows(key, name, "include=tags,authors")
		for id, p := range saw.posts {
			if p["type"]+"s" != name || p["status"] != "published" {
				if public[id] != nil {
					t.Errorf("%s %q is %s, and public", p["type"], p["slug"], p["status"])
				}
				continue
			}
			for _, field := range []string{"title", "slug", "feature_image", "custom_excerpt", "meta_title", "meta_description", "published_at"} {
				if public[id][field] != p[field] {
					t.Errorf("Content API: %s %q has the %s %q, want %q", p["type"], p["slug"], field, public[id][field], p[field])
				}
			}
			expect(t, live.get, p["url"][len(live.base):], p["title"])
			if name == "posts" && p["canonical_url"] == "" && !strings.Contains(sitemap, "<loc>"+p["url"]+"</loc>") {
				t.Errorf("the sitemap lacks %s", p["url"])
			}
			images[p["feature_image"]] = true
			for _, m := range pictures.FindAllStringSubmatch(p["html"], -1) {
				images[html.UnescapeString(m[1])] = true
			}
		}
	}
	for _, name := range []string{"tags", "authors"} {
		for _, r := range live.publicRows(key, name, "") {
			expect(t, live.get, "/"+strings.TrimSuffix(name, "s")+"/"+r["slug"]+"/", r["name"])
		}
	}
	served(t, live, images)
}

// served checks that each picture of the site itself is there, and that Ghost makes a smaller one of it.
func served(t *testing.T, live *liveGhost, images map[string]bool) {
	t.Helper()
	asked := 0
	for image := range images {
		u, err := url.Parse(image)
		if err != nil || !strings.HasPrefix(image, live.base+"/content/images/") {
			continue
		}
		asked++
		for _, path := range []string{u.Path, strings.Replace(u.Path, "/content/images/", "/content/images/size/w100/", 1)} {
			if code, body := live.get(path); code != http.StatusOK || len(body) == 0 || strings.Contains(body[:min(len(body), 200)], "<html") {
				t.Errorf("GET %s: %d", path, code)
			}
		}
	}
	if asked == 0 {
		t.Error("no page shows a picture of the site")
	}
	t.Logf("%d pictures are served", asked)
}
