//go:build accept

package e2e

import (
	"fmt"
	"path"
	"sort"
	"strings"
	"testing"
	"time"
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
	tags := c.g.joined(c.t, "SELECT post_id AS k, t.slug AS v FROM posts_tags JOIN tags t ON t.id = tag_id ORDER BY t.slug")
	authors := c.g.joined(c.t, "SELECT post_id AS k, u.email AS v FROM posts_authors JOIN users u ON u.id = author_id ORDER BY post_id, sort_order")
	// Which row a record became, the ledger says; that no record has two rows and no row two records is checked beside it.
	got, owner := map[string]map[string]string{}, map[string]string{}
	for _, r := range c.g.rows(c.t, `SELECT l.source_id, p.*, m.meta_title, m.meta_description, m.og_image, m.feature_image_alt
		FROM bailey_ledger l JOIN posts p ON p.id = CAST(l.target_id AS TEXT) LEFT JOIN posts_meta m ON m.post_id = p.id WHERE l.kind = 5`) {
		if other := owner[r["id"]]; other != "" || got[r["source_id"]] != nil {
			c.t.Errorf("entry/%s and entry/%s share a row, or one has two", r["source_id"], other)
		}
		got[r["source_id"]], owner[r["id"]] = r, r["source_id"]
	}
	for _, p := range c.want.Posts {
		facts := c.entryFacts(p)
		var have factList
		if row := got[fmt.Sprint(p.ID)]; row != nil {
			have = c.rowFacts(p, row, tags[row["id"]], authors[row["id"]])
			c.neverPromoted(p, row)
		}
		c.j.record("entry", fmt.Sprint(p.ID), facts, have)
	}
}

// utc is a WordPress time in UTC; where only the local one is stored it is derived.
func utc(local, gmt string) string {
	if !strings.HasPrefix(gmt, "0000") {
		return gmt
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err.Error()
	}
	at, err := time.ParseInLocation(time.DateTime, local, berlin)
	if err != nil {
		return ""
	}
	return at.UTC().Format(time.DateTime)
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
	l.add("updated_at", "modified", utc(p.Modified, p.ModifiedGMT))
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
	l.meta(c.names, p.Meta, "fields.", "_thumbnail_id", "_wp_page_template")
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

// tags are the slugs that the entry's terms have on the target; whether those are right, the terms' own facts say.
func (c *wpInGhost) tags(p *wpPost) string {
	names := map[string]string{}
	for _, r := range c.g.rows(c.t, "SELECT l.source_id, t.slug FROM bailey_ledger l JOIN tags t ON t.id = CAST(l.target_id AS TEXT) WHERE l.kind = 3") {
		names[r["source_id"]] = r["slug"]
	}
	seen := map[string]bool{}
	var all []string
	for _, ref := range p.Terms {
		name := names[fmt.Sprint(ref.TermID)]
		if ref.Taxonomy != "post_format" && !seen[name] {
			seen[name] = true
			all = append(all, name)
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

// seo finds the SEO texts that Ghost has columns for; addresses are compared by their last part.
func (c *wpInGhost) seo(l *factList, p *wpPost, r map[string]string) {
	columns := map[string]string{"_yoast_wpseo_title": "meta_title", "_yoast_wpseo_metadesc": "meta_description",
		"_yoast_wpseo_canonical": "canonical_url", "_yoast_wpseo_opengraph-image": "og_image"}
	for _, m := range p.Meta {
		column := columns[m.Key]
		if column == "" || r[column] == "" {
			continue
		}
		value := r[column]
		if strings.HasPrefix(fmt.Sprint(m.Raw), "http") && path.Base(fmt.Sprint(m.Raw)) == path.Base(value) {
			value = stored(c.names, m.Raw)
		}
		l.add("meta."+m.Key, yoastPath[m.Key], "string:"+value)
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
