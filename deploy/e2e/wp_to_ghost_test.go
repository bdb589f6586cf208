//go:build accept

package e2e

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
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
	newWPInGhost(t, newJudge(t, "wordpress→ghost", rep), want, target, target.tables(t)).compare()

	once := target.state(t)
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	sameState(t, "the target after a second run", once, target.state(t))
	sameState(t, "the source", before, state(t, source))
}

// wpInGhost compares WordPress's truth with what somebody saw of a Ghost site.
type wpInGhost struct {
	t     *testing.T
	j     *judge
	want  *wpDump
	g     *ghostSite
	saw   *ghostView
	names *names
	// Which row a record became, by kind.
	terms, entries, comments map[string]string
}

func newWPInGhost(t *testing.T, j *judge, want *wpDump, g *ghostSite, saw *ghostView) *wpInGhost {
	t.Helper()
	return &wpInGhost{t: t, j: j, want: want, g: g, saw: saw, names: nameSite(want, ambiguousGUIDs(want)),
		terms: g.ledger(t, ledgerTerm), entries: g.ledger(t, ledgerEntry), comments: g.ledger(t, ledgerComment)}
}

func (c *wpInGhost) compare() {
	c.judgeEntries()
	c.judgeTerms()
	c.users()
	c.media()
	c.judgeComments()
	c.menus()
	c.options()
}

// ghostStatus is what a WordPress status is in Ghost; nothing that visitors could not see may be published.
var ghostStatus = map[string]string{"publish": "published", "future": "scheduled", "draft": "draft", "pending": "draft", "private": "draft"}

func (c *wpInGhost) judgeEntries() {
	// Which row a record became, the ledger says; that no two records share a row is checked beside it.
	owner := map[string]string{}
	for source, id := range c.entries {
		if other := owner[id]; other != "" {
			c.t.Errorf("entry/%s and entry/%s share a row", source, other)
		}
		owner[id] = source
	}
	for _, p := range c.want.Posts {
		facts := c.entryFacts(p)
		var have factList
		if row := c.saw.posts[c.entries[fmt.Sprint(p.ID)]]; row != nil {
			have = c.rowFacts(p, row)
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
	seen := map[string]bool{}
	var all []string
	for _, ref := range p.Terms {
		name := c.saw.tags[c.terms[fmt.Sprint(ref.TermID)]]["slug"]
		if ref.Taxonomy != "post_format" && !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

// rowFacts are the facts that Ghost's row shows; what Ghost has no place for stays absent.
func (c *wpInGhost) rowFacts(p *wpPost, r map[string]string) factList {
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
	l.add("authors", "authors", r["authors"])
	l.add("tags", "terms", r["tags"])
	l.add("image", "image", r["feature_image"] != "")
	for _, f := range []string{"password", "parent", "format", "template"} {
		l.add(f, f, "")
	}
	l.add("menu_order", "position", "0")
	c.seo(&l, p, r)
	c.frontMatter(&l, p, r["frontmatter"])
	return l
}

// frontMatter finds the custom fields that have nowhere else to be; of addresses only what the page or file is called stays the same.
func (c *wpInGhost) frontMatter(l *factList, p *wpPost, text string) {
	var kept recordv1.Record
	if text == "" {
		return
	}
	need(c.t, protojson.Unmarshal([]byte(text), &kept))
	values := map[string][]string{}
	for _, f := range kept.GetFields() {
		values[f.GetName()] = append(values[f.GetName()], "string:"+inPHP(f))
	}
	var truth factList
	truth.meta(c.names, p.Meta, "fields.")
	raw := map[string][]string{}
	for _, m := range p.Meta {
		raw[m.Key] = append(raw[m.Key], fmt.Sprintf("%T:%v", m.Raw, m.Raw))
	}
	for _, f := range truth {
		key := strings.TrimPrefix(f.field, "meta.")
		if values[key] == nil {
			continue
		}
		value := strings.Join(values[key], "\x00")
		if unaddressed(value) == unaddressed(strings.Join(raw[key], "\x00")) {
			value = f.value
		}
		l.add(f.field, f.path, value)
	}
}

var anyAddress = regexp.MustCompile(`(?:https?://[^/\s"';]+|__GHOST_URL__)([^\s"';]*)`)

// unaddressed leaves of addresses what they end in.
func unaddressed(s string) string {
	s = anyAddress.ReplaceAllStringFunc(s, func(a string) string { return "@" + path.Base("/"+anyAddress.FindStringSubmatch(a)[1]) })
	return lengths.ReplaceAllString(s, `s:N:"`)
}

// inPHP is a field as WordPress stores it.
func inPHP(f *recordv1.Field) string {
	if len(f.GetRaw()) > 0 {
		return string(f.GetRaw())
	}
	if f.GetEncoding() != "php" {
		return f.GetValue().GetText()
	}
	return serialized(f.GetValue())
}

func serialized(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		if k.BoolValue {
			return "b:1;"
		}
		return "b:0;"
	case *recordv1.Value_IntValue:
		return fmt.Sprintf("i:%d;", k.IntValue)
	case *recordv1.Value_FloatValue:
		return "d:" + k.FloatValue + ";"
	case *recordv1.Value_Text:
		return fmt.Sprintf(`s:%d:"%s";`, len(k.Text), k.Text)
	case *recordv1.Value_Array:
		var b strings.Builder
		fmt.Fprintf(&b, "a:%d:{", len(k.Array.GetPairs()))
		for _, p := range k.Array.GetPairs() {
			b.WriteString(serialized(p.GetKey()) + serialized(p.GetValue()))
		}
		return b.String() + "}"
	}
	return "N;"
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
