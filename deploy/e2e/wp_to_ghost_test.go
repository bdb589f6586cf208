//go:build accept

package e2e

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// TestWordPressToGhost is run (b), with (d) and (e).
func TestWordPressToGhost(t *testing.T) {
	want := truth(t, "wp-dev")
	source, target := newWordPress(t, "wp-dev"), newGhost(t, "ghost-blank.db")
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	before := state(t, source)
	data := t.TempDir()

	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	g := &wpInGhost{t: t, j: newJudge(t, "wordpress→ghost", rep), want: want, g: target, names: nameSite(want, ambiguousGUIDs(want))}
	g.compare()

	once := target.state(t)
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	sameState(t, "the target after a second run", once, target.state(t))
	sameState(t, "the source", before, state(t, source))
}

// wpInGhost compares WordPress's truth with a Ghost database.
type wpInGhost struct {
	t     *testing.T
	j     *judge
	want  *wpDump
	g     *ghostSite
	names *names
}

func (c *wpInGhost) compare() {
	c.entries()
	c.terms()
	c.users()
	c.media()
	c.comments()
	c.menus()
	c.options()
}

// ghostStatus is what a WordPress status is in Ghost; nothing that visitors could not see may be published.
var ghostStatus = map[string]string{"publish": "published", "future": "scheduled", "draft": "draft", "pending": "draft", "private": "draft"}

func (c *wpInGhost) entries() {
	tags := c.g.joined(c.t, "SELECT post_id AS k, t.name AS v FROM posts_tags JOIN tags t ON t.id = tag_id WHERE t.name NOT LIKE '#%' ORDER BY t.name")
	authors := c.g.joined(c.t, "SELECT post_id AS k, u.email AS v FROM posts_authors JOIN users u ON u.id = author_id ORDER BY post_id, sort_order")
	got := map[string]map[string]string{}
	for _, r := range c.g.rows(c.t, "SELECT p.*, m.meta_title, m.meta_description, m.feature_image_alt FROM posts p LEFT JOIN posts_meta m ON m.post_id = p.id") {
		got[r["type"]+"|"+r["title"]+"|"+stamp(r)] = r
		got[r["type"]+"|"+r["slug"]] = r
	}
	for _, p := range c.want.Posts {
		row := c.find(got, p)
		facts := c.entryFacts(p)
		var have factList
		if row != nil {
			have = c.rowFacts(p, row, tags[row["id"]], authors[row["id"]])
			c.neverPromoted(p, row)
		}
		c.j.record("entry", fmt.Sprint(p.ID), facts, have)
	}
}

// stamp is the time by which a Ghost post is known again.
func stamp(r map[string]string) string {
	if r["published_at"] != "" {
		return r["published_at"]
	}
	return r["updated_at"]
}

func (c *wpInGhost) find(got map[string]map[string]string, p *wpPost) map[string]string {
	at := p.DateGMT
	if strings.HasPrefix(at, "0000") {
		at = p.ModifiedGMT
	}
	if r := got[p.Type+"|"+plain(p.Title)+"|"+at]; r != nil {
		return r
	}
	if r := got[p.Type+"|"+p.Title+"|"+at]; r != nil {
		return r
	}
	if r := got[p.Type+"|"+p.Slug]; r != nil && p.Slug != "" && (r["title"] == p.Title || r["title"] == plain(p.Title) || p.Title == "") {
		return r
	}
	return nil
}

func (c *wpInGhost) entryFacts(p *wpPost) factList {
	var l factList
	l.add("type", "type", p.Type)
	l.add("title", "title", p.Title)
	l.add("status", "status", ghostStatus[p.Status])
	if p.Slug != "" {
		l.add("slug", "slug", p.Slug)
	}
	if !strings.HasPrefix(p.DateGMT, "0000") {
		l.add("published_at", "published", p.DateGMT)
	}
	l.add("updated_at", "modified", p.ModifiedGMT)
	l.add("excerpt", "excerpt", strings.Join(words(p.Excerpt), " "))
	l.add("text", "content", strings.Join(words(p.Content), " "))
	l.add("featured", "featured", p.Sticky)
	l.add("authors", "authors", c.email(p.AuthorID))
	l.add("tags", "terms", c.tags(p))
	l.add("image", "image", p.FeaturedImage != 0)
	l.add("password", "password", p.Password)
	l.add("parent", "parent", c.names.post(p.Parent))
	l.add("menu_order", "position", p.MenuOrder)
	l.add("format", "format", p.Format)
	l.add("template", "template", p.Template)
	l.meta(nil, p.Meta, "fields.", "_thumbnail_id", "_wp_page_template")
	return l
}

func (c *wpInGhost) email(id int) string {
	for _, u := range c.want.Users {
		if u.ID == id {
			return u.Email
		}
	}
	return ""
}

func (c *wpInGhost) tags(p *wpPost) string {
	var all []string
	for _, ref := range p.Terms {
		for _, t := range c.want.Terms {
			if t.TermID == ref.TermID && t.Taxonomy == ref.Taxonomy && t.Taxonomy != "post_format" {
				all = append(all, plain(t.Name))
			}
		}
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

// rowFacts are the facts that Ghost's row shows; what Ghost has no place for stays absent.
func (c *wpInGhost) rowFacts(p *wpPost, r map[string]string, tags, authors string) factList {
	var l factList
	l.add("type", "type", r["type"])
	l.add("title", "title", titleOf(p.Title, r["title"]))
	l.add("status", "status", r["status"])
	l.add("slug", "slug", r["slug"])
	if p.Slug == "" {
		l = l[:len(l)-1]
	}
	if !strings.HasPrefix(p.DateGMT, "0000") {
		l.add("published_at", "published", r["published_at"])
	}
	l.add("updated_at", "modified", r["updated_at"])
	_, excerpt := seen(p.Excerpt, r["custom_excerpt"])
	l.add("excerpt", "excerpt", excerpt)
	_, text := seen(p.Content, r["html"])
	l.add("text", "content", text)
	l.add("featured", "featured", r["featured"] == "1")
	l.add("authors", "authors", authors)
	l.add("tags", "terms", tags)
	l.add("image", "image", r["feature_image"] != "")
	for _, f := range []string{"password", "parent", "format", "template"} {
		l.add(f, f, "")
	}
	l.add("menu_order", "position", "0")
	c.seo(&l, p, r)
	return l
}

// titleOf accepts a title with its entities decoded: Ghost's titles are plain text.
func titleOf(want, got string) string {
	if got == plain(want) || got == strings.TrimSpace(plain(anyTag.ReplaceAllString(want, ""))) || want == "" && got == "(Untitled)" {
		return want
	}
	return got
}

// seo finds the SEO texts that Ghost has columns for.
func (c *wpInGhost) seo(l *factList, p *wpPost, r map[string]string) {
	for _, m := range p.Meta {
		switch m.Key {
		case "_yoast_wpseo_title":
			l.add("meta."+m.Key, "fields."+m.Key, "string:"+r["meta_title"])
		case "_yoast_wpseo_metadesc":
			l.add("meta."+m.Key, "fields."+m.Key, "string:"+r["meta_description"])
		case "_yoast_wpseo_canonical":
			l.add("meta."+m.Key, "fields."+m.Key, "string:"+r["canonical_url"])
		}
	}
}

// neverPromoted checks that nobody can see on the target what he could not see on the source.
func (c *wpInGhost) neverPromoted(p *wpPost, r map[string]string) {
	public := r["status"] == "published" || r["status"] == "scheduled" || r["status"] == "sent"
	if public && (p.Status != "publish" && p.Status != "future" || p.Password != "") {
		c.t.Errorf("entry/%d is %s with password=%t on the source and %s on the target", p.ID, p.Status, p.Password != "", r["status"])
	}
	if strings.Contains(r["html"], "[caption") || strings.Contains(r["html"], "[gallery") || strings.Contains(r["html"], "bailey:") || strings.Contains(r["html"], "<!-- wp:") {
		c.t.Errorf("entry/%d shows markup of the source to visitors", p.ID)
	}
	if strings.Contains(r["lexical"], "bailey:entry") || strings.Contains(r["lexical"], "bailey:media") {
		c.t.Errorf("entry/%d holds tokens", p.ID)
	}
}
