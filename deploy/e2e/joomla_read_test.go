//go:build accept

package e2e

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// joomlaDeclared is what the driver says that it does not carry, by kind and field path, with the reason.
var joomlaDeclared = map[string][]string{
	"entry": {"installation"}, "term": {"installation"}, "menu": {"installation"}, "redirect": {"installation"},
	"user": {"installation"}, "revision": {"installation"},
	// Files that keep others from looking into a folder.
	"guard": {"*"},
	// Told as findings of the preflight, with their numbers.
	"newsfeed": {"*"}, "banner": {"*"}, "banner_client": {"*"}, "user_note": {"*"}, "module": {"*"},
	"definition": {"installation", "id", "created", "created_by", "created_time", "created_user_id", "modified", "modified_by", "modified_time"},
}

// joomlaInstallation are columns that say something of one installation only, are locks, secrets or can be computed.
var joomlaInstallation = strings.Fields("asset_id checked_out checked_out_time lft rgt guest otpKey otep resetCount lastResetTime password_format authorised_levels " +
	"menuordering img template_style_id component_id route editor ucm_item_id aid isRoot")

// joomlaReading compares one fixture.
type joomlaReading struct {
	*testing.T
	fixture string
	r       *readSite
	j       *judge
	levels  map[string]string
	defs    []joomlaRow
	// names of custom fields by id.
	names map[string]string
}

func TestReadJoomla(t *testing.T) {
	for _, fixture := range []string{"j3-dev", "j5-dev"} {
		t.Run(fixture, func(t *testing.T) {
			s := newJoomla(t, fixture)
			before := checksums(t, s.db.DB)
			r := readAll(t, s.serve(t, "source"))
			for id, rec := range r.revisions(t) {
				r.records["entry/"+id] = rec
			}
			for _, u := range r.unread {
				t.Errorf("not read: %v", u)
			}
			c := &joomlaReading{T: t, fixture: fixture, r: r, j: r.readingJudge(t, "read "+fixture, joomlaDeclared), names: map[string]string{},
				levels: map[string]string{"public": "1", "registered": "2", "special": "3", "guest": "5", "super users": "6"}}
			for _, l := range joomlaTruth(t, fixture, "access_levels") {
				if id := l.word("id"); id > "6" || len(id) > 1 {
					c.levels[l.word("title")] = id
				}
			}
			c.defs = joomlaTruth(t, fixture, "fields")
			for _, d := range c.defs {
				c.names[d.word("id")] = d.word("name")
			}
			for _, part := range []func(){c.site, c.articles, c.categories, c.tags, c.users, c.menus, c.modules, c.contacts, c.redirects, c.files, c.versions, c.rendered, c.findings, c.definitions} {
				part()
			}
			for table, sum := range checksums(t, s.db.DB) {
				if before[table] != sum {
					t.Errorf("reading changed the table %s", table)
				}
			}
		})
	}
}

// compare judges a row: got gives what the record says of each column.
func (c *joomlaReading) compare(kind, id string, row joomlaRow, got map[string]string) {
	var want, have []fact
	keys := make([]string, 0, len(row))
	for k := range row {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		path := k
		if slices.Contains(joomlaInstallation, k) {
			path = "installation." + k
		}
		want = append(want, fact{k, path, row.word(k)})
		if v, ok := got[k]; ok {
			have = append(have, fact{k, path, v})
		}
	}
	c.j.record(kind, id, want, have)
}

func joomlaTime(t *recordv1.Time) string {
	if t == nil {
		return ""
	}
	return time.Unix(t.GetSeconds(), 0).UTC().Format("2006-01-02 15:04:05")
}

func joomlaFirst(refs []*recordv1.Ref) string {
	if len(refs) == 0 {
		return "0"
	}
	return refs[0].GetSourceId()
}

func joomlaLanguage(rec *recordv1.Record) string {
	if rec.GetLocale() == "" {
		return "*"
	}
	return rec.GetLocale()
}

func joomlaFlag(b bool) string { return map[bool]string{true: "1", false: "0"}[b] }

// entry is what records of all types of entries say.
func (c *joomlaReading) entry(rec *recordv1.Record) map[string]string {
	e := rec.GetEntry()
	state := map[recordv1.Status]string{recordv1.Status_STATUS_PUBLISHED: "1", recordv1.Status_STATUS_SCHEDULED: "1", recordv1.Status_STATUS_PRIVATE: "1",
		recordv1.Status_STATUS_DRAFT: "0", recordv1.Status_STATUS_ARCHIVED: "2", recordv1.Status_STATUS_TRASHED: "-2"}[e.GetStatus()]
	access := map[recordv1.Visibility]string{recordv1.Visibility_VISIBILITY_PUBLIC: "1", recordv1.Visibility_VISIBILITY_MEMBERS: "2"}[e.GetVisibility()]
	if len(e.GetTiers()) > 0 {
		access = c.levels[e.GetTiers()[0]]
	}
	if own := joomlaField(rec.GetFields(), "access", ""); own != "" {
		access = c.levels[own]
	}
	got := map[string]string{"id": strings.TrimLeft(rec.GetRef().GetSourceId(), "contamduleri:"), "title": e.GetTitle(), "alias": e.GetSlug(), "state": state, "published": state, "access": access,
		"created": joomlaTime(e.GetCreated()), "modified": joomlaTime(e.GetModified()), "publish_up": joomlaTime(e.GetPublished()), "created_by": joomlaFirst(e.GetAuthors()),
		"ordering": fmt.Sprint(e.GetPosition()), "featured": joomlaFlag(e.GetFeatured()), "language": joomlaLanguage(rec), "metadesc": e.GetSeo().GetDescription(),
		"articletext": e.GetContent().GetText(), "catid": "0", "tags": ""}
	got["introtext"], got["fulltext"], _ = strings.Cut(e.GetContent().GetText(), `<hr id="system-readmore" />`)
	var tags []any
	for _, ref := range e.GetTerms() {
		if tag, ok := strings.CutPrefix(ref.GetSourceId(), "tag:"); ok {
			tags = append(tags, tag)
		} else {
			got["catid"] = ref.GetSourceId()
		}
	}
	got["tags"] = joomlaSet(tags)
	for _, col := range strings.Fields("created_by_alias publish_down images urls attribs params metakey metadata note xreference featured_up featured_down con_position address suburb country " +
		"postcode telephone fax email_to mobile webpage sortname1 sortname2 sortname3 position") {
		got[col] = joomlaField(rec.GetFields(), col, "")
	}
	for col, def := range map[string]string{"modified_by": "0", "version": "1", "hits": "0", "default_con": "0", "user_id": "0"} {
		got[col] = joomlaField(rec.GetFields(), col, def)
	}
	return got
}

// joomlaSet is a list of ids in whatever order.
func joomlaSet(v any) string {
	list, _ := v.([]any)
	var all []string
	for _, id := range list {
		all = append(all, joomlaWord(id))
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

// custom compares custom fields: one without a value has its default.
func (c *joomlaReading) custom(row joomlaRow, rec *recordv1.Record, got map[string]string) {
	fields, ok := row["fields"].(map[string]any)
	if !ok {
		return
	}
	delete(row, "fields")
	for name, f := range fields {
		f := joomlaRow(f.(map[string]any))
		var values []string
		for _, v := range rec.GetFields() {
			if v.GetName() == name {
				values = append(values, joomlaWord(joomlaValue(v.GetValue())))
			}
		}
		if values == nil {
			for _, d := range c.defs {
				if d.word("id") == f.word("field_id") {
					values = []string{d.word("default_value")}
				}
			}
		}
		want := []string{f.word("rawvalue")}
		if list, ok := f["rawvalue"].([]any); ok {
			want = nil
			for _, v := range list {
				want = append(want, joomlaWord(v))
			}
		}
		if want[0] == "null" {
			want[0] = ""
		}
		for id, own := range c.names {
			want[0] = strings.ReplaceAll(want[0], `"field`+id+`":`, `"`+own+`":`)
		}
		row["fields."+name], got["fields."+name] = strings.Join(want, "|"), strings.Join(values, "|")
	}
}

func (c *joomlaReading) articles() {
	categories := map[string]string{}
	for _, k := range joomlaTruth(c.T, c.fixture, "categories") {
		categories[k.word("id")] = k.word("title")
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "articles") {
		rec := c.r.records["entry/"+row.word("id")]
		got := c.entry(rec)
		if list, ok := row["list"].(map[string]any); ok {
			row["category_title"], got["category_title"] = list["category_title"], categories[got["catid"]]
			row["author_name"], got["author_name"] = list["author_name"], c.r.records["user/"+got["created_by"]].GetUser().GetDisplayName()
			delete(row, "list")
		}
		row["tags"] = joomlaSet(row["tags"])
		if row["associations"] != nil {
			// The record itself is among them or not, by version.
			row["associations"] = joomlaOthers(row["associations"], row.word("id"))
			got["associations"] = joomlaOthers(c.group(rec), row.word("id"))
		}
		if sef, ok := row["sef"]; ok && joomlaWord(sef) != "" {
			got["sef"] = joomlaOne(joomlaWord(sef), c.r.paths["entry/"+row.word("id")])
		}
		if articletext := row.word("articletext"); articletext != "" {
			row["articletext"] = strings.ReplaceAll(articletext, `<hr id="system-readmore">`, `<hr id="system-readmore" />`)
		}
		c.custom(row, rec, got)
		c.compare("entry", row.word("id"), row, got)
	}
}

// group are the translations of a record by language.
func (c *joomlaReading) group(rec *recordv1.Record) any {
	m := map[string]any{}
	for _, other := range c.r.records {
		if rec.GetTranslationGroup() != "" && other.GetTranslationGroup() == rec.GetTranslationGroup() && other.GetRef().GetKind() == rec.GetRef().GetKind() {
			m[joomlaLanguage(other)] = other.GetRef().GetSourceId()
		}
	}
	return m
}

// joomlaOthers are the translations beside a record itself.
func joomlaOthers(v any, self string) string {
	m, _ := v.(map[string]any)
	var all []string
	for lang, id := range m {
		if id := joomlaWord(id); id != self {
			all = append(all, lang+"="+id)
		}
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

// joomlaOne is the wanted address when it is among those told, else the first told.
func joomlaOne(want string, told []string) string {
	if slices.Contains(told, want) {
		return want
	}
	return firstOfAll(told)
}

func firstOfAll(all []string) string {
	if len(all) == 0 {
		return absent
	}
	return all[0]
}
