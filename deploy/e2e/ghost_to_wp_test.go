//go:build accept

package e2e

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"
	"time"
)

// TestGhostToWordPress is run (c), with (d) and (e), judged by the real WordPress.
func TestGhostToWordPress(t *testing.T) {
	want := ghostTruth(t)
	source, target := newGhost(t, "ghost.db"), newTarget(t)
	before := target.dump(t, nil, nil)
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	hash, images := source.fileHash(t), fileHashes(t, source.images())
	data := t.TempDir()

	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	got := target.dump(t, []string{"blogname", "blogdescription", "timezone_string"}, map[string]string{"owner@ghost.test": "Quartz-Lemon-42!", "contrib@ghost.test": "Velvet-Cactus-77!"})
	c := &ghostInWP{t: t, j: newJudge(t, "ghost→wordpress", rep), want: want, got: got, root: source.images()}
	c.compare()
	keptAccounts(t, before, got)
	for login, ok := range got.Passwords {
		if !ok {
			t.Errorf("%s cannot log in with the password of the source", login)
		}
	}
	get := target.web(t)
	for _, p := range want.posts {
		if p.Slug == "all-the-cards" || p.Slug == "mobiledoc-post" || p.Slug == "from-html-source" {
			expect(t, get, pathOf(c.permalink(p.Slug)), plain(p.Title))
		}
	}
	expect(t, get, "/", "Ghost Lab")

	once := state(t, target)
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	sameState(t, "the target after a second run", once, state(t, target))
	if source.fileHash(t) != hash {
		t.Error("the source database's file changed")
	}
	sameState(t, "the source's images", images, fileHashes(t, source.images()))
}

// ghostInWP compares Ghost's truth with what WordPress says.
type ghostInWP struct {
	t    *testing.T
	j    *judge
	want *ghTruth
	got  *wpDump
	root string
}

func (c *ghostInWP) compare() {
	for _, p := range c.want.posts {
		c.entry("post", p)
	}
	for _, p := range c.want.pages {
		c.entry("page", p)
	}
	for _, x := range c.want.tags {
		c.tag(x)
	}
	for _, u := range c.want.users {
		c.user(u.ID, u, "")
	}
	for _, u := range c.want.members {
		c.user("member:"+u.ID, u, "subscriber")
	}
	c.files()
	c.settings()
}

func (c *ghostInWP) permalink(slug string) string {
	return pick(c.got.Posts, func(p *wpPost) bool { return p.Slug == slug }).Permalink
}

// gmt is Ghost's time in WordPress's form.
func gmt(iso string) string {
	at, err := time.Parse(time.RFC3339, iso)
	if err != nil {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}

func (c *ghostInWP) find(typ string, p *ghPost) *wpPost {
	for _, x := range c.got.Posts {
		if x.Type == typ && x.Title == p.Title && (x.Slug == p.Slug || strings.HasPrefix(x.Slug, p.Slug+"-") || x.Slug == "") {
			return x
		}
	}
	return nil
}

var wpStatus = map[string]string{"published": "publish", "scheduled": "future", "draft": "draft", "sent": "private"}

func (c *ghostInWP) entry(typ string, p *ghPost) {
	var want factList
	want.add("type", "type", typ)
	want.add("title", "title", p.Title)
	want.add("slug", "slug", p.Slug)
	want.add("status", "status", wpStatus[p.Status])
	want.add("visibility", "visibility", p.Visibility)
	if p.PublishedAt != "" {
		want.add("published", "published", gmt(p.PublishedAt))
	}
	want.add("modified", "modified", gmt(p.UpdatedAt))
	want.add("text", "content", strings.Join(words(p.HTML), " "))
	want.add("excerpt", "excerpt", p.CustomExcerpt)
	want.add("featured", "featured", p.Featured)
	want.add("image", "image", p.FeatureImage != "")
	want.add("tags", "terms", ghTags(p.Tags))
	if len(p.Authors) > 0 {
		want.add("author", "authors", p.Authors[0].Email)
		want.add("authors", "authors", len(p.Authors))
	}
	for path, v := range map[string]string{"seo.title": p.MetaTitle, "seo.description": p.MetaDescription, "seo.og_title": p.OGTitle, "seo.canonical_url": p.Canonical,
		"code_injection.head": p.CodeHead, "code_injection.foot": p.CodeFoot} {
		if v != "" {
			want.add(path, path, v)
		}
	}
	x := c.find(typ, p)
	if x == nil {
		c.j.record("entry", p.ID, want, nil)
		return
	}
	c.neverPromoted(p, x)
	c.j.record("entry", p.ID, want, c.entryFacts(p, x))
}

func ghTags(tags []ghTag) string {
	var all []string
	for _, t := range tags {
		all = append(all, t.Name)
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

var yoast = map[string]string{"seo.title": "_yoast_wpseo_title", "seo.description": "_yoast_wpseo_metadesc", "seo.og_title": "_yoast_wpseo_opengraph-title", "seo.canonical_url": "_yoast_wpseo_canonical"}

func (c *ghostInWP) entryFacts(p *ghPost, x *wpPost) factList {
	var l factList
	l.add("type", "type", x.Type)
	l.add("title", "title", x.Title)
	l.add("slug", "slug", x.Slug)
	if x.Slug == "" && x.Status == "draft" {
		l[len(l)-1].value = p.Slug
	}
	l.add("status", "status", x.Status)
	if x.Status == "publish" || x.Status == "future" || x.Status == "draft" {
		l.add("visibility", "visibility", "public")
	}
	if p.PublishedAt != "" {
		l.add("published", "published", x.DateGMT)
	}
	l.add("modified", "modified", x.ModifiedGMT)
	_, text := seen(p.HTML, x.Content)
	l.add("text", "content", text)
	l.add("excerpt", "excerpt", x.Excerpt)
	l.add("featured", "featured", x.Sticky)
	l.add("image", "image", x.FeaturedImage != 0)
	var tags []string
	for _, r := range x.Terms {
		if r.Taxonomy == "post_tag" || r.Taxonomy == "category" && r.Slug != "uncategorized" {
			tags = append(tags, plain(c.termName(r)))
		}
	}
	sort.Strings(tags)
	l.add("tags", "terms", strings.Join(tags, ", "))
	if len(p.Authors) > 0 {
		l.add("author", "authors", c.author(x.AuthorID))
		l.add("authors", "authors", 1)
	}
	for _, m := range x.Meta {
		for path, key := range yoast {
			if m.Key == key {
				l.add(path, path, m.Raw)
			}
		}
	}
	return l
}

func (c *ghostInWP) termName(r wpTermRef) string {
	for _, t := range c.got.Terms {
		if t.TermID == r.TermID && t.Taxonomy == r.Taxonomy {
			return t.Name
		}
	}
	return ""
}

func (c *ghostInWP) author(id int) string {
	for _, u := range c.got.Users {
		if u.ID == id {
			return u.Email
		}
	}
	return ""
}

// neverPromoted checks that what only some could read is not public now, and that no markup of Ghost is left.
func (c *ghostInWP) neverPromoted(p *ghPost, x *wpPost) {
	open := (x.Status == "publish" || x.Status == "future") && x.Password == ""
	if open && (p.Visibility != "public" && p.Visibility != "" || p.Status == "draft") {
		c.t.Errorf("entry/%s is %s for %s on the source and %s on the target", p.ID, p.Status, p.Visibility, x.Status)
	}
	for _, bad := range []string{"__GHOST_URL__", "bailey:", "kg-card-begin"} {
		if strings.Contains(x.Content, bad) {
			c.t.Errorf("entry/%s holds %q", p.ID, bad)
		}
	}
}

func (c *ghostInWP) tag(x *ghTag) {
	var want, have factList
	want.add("name", "name", x.Name)
	want.add("slug", "slug", x.Slug)
	want.add("description", "description", x.Description)
	if x.Visibility == "internal" {
		want.add("internal", "internal", "true")
	}
	if x.AccentColor != "" {
		want.add("color", "color", x.AccentColor)
	}
	for _, t := range c.got.Terms {
		if (t.Taxonomy == "post_tag" || t.Taxonomy == "category") && plain(t.Name) == x.Name && (t.Slug == x.Slug || have == nil) {
			have = nil
			have.add("name", "name", plain(t.Name))
			have.add("slug", "slug", t.Slug)
			have.add("description", "description", t.Description)
		}
	}
	c.j.record("term", x.ID, want, have)
}

func (c *ghostInWP) user(id string, u *ghUser, role string) {
	if role == "" && len(u.Roles) > 0 {
		role = map[string]string{"Owner": "administrator", "Administrator": "administrator", "Super Editor": "editor", "Editor": "editor", "Author": "author", "Contributor": "contributor"}[u.Roles[0].Name]
	}
	var want, have factList
	want.add("email", "email", u.Email)
	want.add("name", "display_name", u.Name)
	want.add("role", "roles", role)
	want.add("registered", "registered", gmt(u.Created))
	for path, v := range map[string]string{"slug": u.Slug, "bio": u.Bio, "url": u.Website, "remark": u.Note} {
		if v != "" {
			want.add(path, path, v)
		}
	}
	for _, x := range c.got.Users {
		if !strings.EqualFold(x.Email, u.Email) {
			continue
		}
		have.add("email", "email", x.Email)
		have.add("name", "display_name", x.DisplayName)
		if u.Name == "" {
			have[len(have)-1].value = ""
		}
		have.add("role", "roles", strings.Join(x.Roles, ","))
		have.add("registered", "registered", x.Registered)
		if u.Slug != "" {
			have.add("slug", "slug", x.Nicename)
		}
		if u.Bio != "" {
			have.add("bio", "bio", plain(x.Description))
		}
		if u.Website != "" {
			have.add("url", "url", x.URL)
		}
	}
	c.j.record("user", id, want, have)
}

// files: every image of the source lies among the target's attachments with the same bytes.
func (c *ghostInWP) files() {
	have := map[string]bool{}
	for _, m := range c.got.Media {
		have[m.SHA256] = true
	}
	for name, sum := range fileHashes(c.t, c.root) {
		rel := strings.TrimPrefix(name, "file ")
		if strings.HasSuffix(rel, ".md") || strings.Contains(rel, "_o.") || strings.HasPrefix(rel, "size/") {
			continue
		}
		got := sum
		if !have[sum] {
			got = absent
		}
		c.j.fact("media", "images/"+rel, fact{"file", "files", sum}, got)
	}
	if _, err := os.Stat(c.root); err != nil {
		c.t.Error(err)
	}
}

func (c *ghostInWP) settings() {
	got := map[string]string{}
	for _, o := range c.got.Options {
		got[o.Name] = plain(fmt.Sprint(o.Value))
	}
	for _, s := range c.want.settings {
		name := map[string]string{"title": "blogname", "description": "blogdescription", "timezone": "timezone_string"}[s.Key]
		if name != "" {
			c.j.fact("site", "site", fact{s.Key, optionPath[name], fmt.Sprint(s.Value)}, got[name])
		}
	}
	c.navigation()
}

func (c *ghostInWP) navigation() {
	titles := map[string]bool{}
	for _, m := range c.got.Menus {
		for _, it := range m.Items {
			titles[plain(it.Title)] = true
		}
	}
	for _, label := range []string{"Home", "About"} {
		have := absent
		if titles[label] {
			have = label
		}
		c.j.fact("menu", "navigation", fact{"item " + label, "items.title", label}, have)
	}
}
