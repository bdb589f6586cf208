package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// harness7 tries reading and writing of Drupal 7.
func harness7() cmstest.Harness {
	return cmstest.Harness{
		Driver: Driver{Seven: true, Books: true},
		Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			return filled(t, d, prefix, 7).Settings
		},
		Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := drupaltest.New(t, d, prefix, 7).Settings
			s.Writable = true
			return s
		},
		Unusual: "Dr-7x_", Entry: "article",
		Large: "UPDATE {field_data_body} SET body_value = {text} WHERE entity_id IN (SELECT entity_id FROM (SELECT DISTINCT entity_id FROM {field_data_body} WHERE entity_type = 'node' ORDER BY entity_id LIMIT 2) x)",
		Poison: map[cms.Kind]cmstest.Column{
			kindTerm: {Table: "taxonomy_term_data", Column: "name"}, kindEntry: {Table: "node", Column: "title"}, kindComment: {Table: "comment", Column: "name"},
		},
		Records: append(records7(), pagesOfABook()...),
		Absent:  map[string]string{cmstest.NumericIDs: "Drupal 7's ids are numbers of 32 bits"},
	}
}

// records7 are what Drupal has beside others: fields of every type, sets of translations, links with all that hangs on them.
func records7() []*recordv1.Record {
	at := &recordv1.Time{Seconds: 1_600_000_000}
	text := func(name, v string) *recordv1.Field { return &recordv1.Field{Name: name, Value: php.Text(v)} }
	structured := func(name string, v *recordv1.Value) *recordv1.Field {
		return &recordv1.Field{Name: name, Value: v, Encoding: "json"}
	}
	ref := func(r *recordv1.Ref) *recordv1.Value { return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: r}} }
	entry := func(id string, e *recordv1.Entry, fields ...*recordv1.Field) *recordv1.Record {
		e.Published, e.Created, e.Modified, e.Purpose, e.Status = at, at, at, recordv1.Purpose_PURPOSE_CUSTOM, recordv1.Status_STATUS_PUBLISHED
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: e}, Fields: fields}
	}
	whole := entry("d-1", &recordv1.Entry{Type: "recipe", Title: "All of it", Slug: "admin", Content: &recordv1.Body{Markup: "text", Text: "No <markup>"}, Comments: "closed", Featured: true,
		Image: &recordv1.Image{Media: record.NewRef(kindMedia, "s-m1"), Alt: "Alt"}, Terms: []*recordv1.Ref{record.NewRef(kindTerm, "s-t3")}},
		text("field_plain", "See bailey:entry/d-2!."), text("odd name", "kept"), text("_hidden", "1"), text("twice", "a"), text("twice", "b"),
		&recordv1.Field{Name: "count", Value: php.Int(7)}, &recordv1.Field{Name: "large", Value: php.Int(1 << 40)}, &recordv1.Field{Name: "yes", Value: php.Bool(true)},
		&recordv1.Field{Name: "price", Value: &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: "9.90"}}},
		structured("list", list7(php.Text("x"), php.Text("y"))), structured("map", pairs("a", php.Int(1), "b", list7(php.Bool(true)))),
		structured("field_more_pictures", list7(pairs("fid", ref(record.NewRef(kindMedia, "s-m1")), "alt", php.Text("Second"), "title", php.Text(""), "width", php.Int(3), "height", php.Int(2)))),
		&recordv1.Field{Name: "related", Value: ref(record.NewRef(kindEntry, "d-2"))}, &recordv1.Field{Name: "paper", Value: ref(record.NewRef(kindMedia, "s-m1"))},
		&recordv1.Field{Name: "promote", Value: php.Bool(true)}, text("revision_log", "Logged"))
	whole.TranslationGroup, whole.Locale = "node:d-1", "en"
	other := entry("d-2", &recordv1.Entry{Type: "recipe", Title: "Tout", Content: &recordv1.Body{Markup: "html", Text: "<p>Un<!--more-->deux</p>"}}, text("count", "not a number"))
	other.TranslationGroup, other.Locale = "node:d-1", "fr"
	line := func(id, above string, n int32, target *recordv1.Ref, url string) *recordv1.MenuItem {
		return &recordv1.MenuItem{Id: id, ParentId: above, Position: n, Title: "Line " + id, Target: target, Url: url, Classes: []string{"one", "two"}, TitleAttr: "tip"}
	}
	answer := &recordv1.Record{Ref: record.NewRef(kindComment, "d-c"), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{Entry: record.NewRef(kindEntry, "d-1"), User: record.NewRef(kindUser, "s-u2"), AuthorName: "sample2",
		Created: at, Type: "comment", Status: recordv1.CommentStatus_COMMENT_STATUS_PENDING, Content: &recordv1.Body{Markup: "text", Text: "Plain"}}}, Fields: []*recordv1.Field{text("subject", "Asked")}}
	return []*recordv1.Record{whole, other, answer,
		{Ref: record.NewRef(kindMenu, "d-m"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Main", Slug: "main-menu", Items: []*recordv1.MenuItem{
			line("1", "", 1, record.NewRef(kindEntry, "d-1"), ""), line("2", "1", 2, record.NewRef(kindTerm, "s-t1"), ""), line("3", "2", 3, nil, "https://elsewhere.example/?a=1#b"),
			line("4", "", 4, nil, "/node?page=1#top"), line("5", "", 5, record.NewRef(kindUser, "s-u1"), "")}}}},
		{Ref: record.NewRef(kindRedirect, "d-r"), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/gone?id=3", ToUrl: "https://elsewhere.example/", Code: 302, Disabled: true}}},
	}
}
