package drupal

import (
	"fmt"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, major := range []int{7, 8} {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			t.Parallel()
			if major == 7 {
				cmstest.Run(t, harness7())
				return
			}
			h := cmstest.Harness{
				Driver: Driver{Languages: true, Library: true, Books: true},
				Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
					return filled(t, d, prefix, major).Settings
				},
				Large:   "UPDATE {node__body} SET body_value = {text} WHERE entity_id IN (SELECT entity_id FROM (SELECT DISTINCT entity_id FROM {node__body}  ORDER BY entity_id LIMIT 2) x)",
				Unusual: "Dr-7x_",
			}
			written(&h)
			cmstest.Run(t, h)
		})
	}
}

// written adds what the suite needs to write into Drupal 8 and later.
func written(h *cmstest.Harness) {
	h.Target = func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
		s := drupaltest.New(t, d, prefix, 8)
		s.Translate(t)
		s.Library(t)
		s.Settings.Writable = true
		return s.Settings
	}
	h.Entry = "article"
	h.Poison = map[cms.Kind]cmstest.Column{
		kindTerm: {Table: "taxonomy_term_field_data", Column: "name"}, kindEntry: {Table: "node_field_data", Column: "title"}, kindComment: {Table: "comment_field_data", Column: "name"},
	}
	h.AutoID = []string{"node", "node_revision", "users", "taxonomy_term_data", "comment", "file_managed", "block_content"}
	h.Records = slices.Concat(records8(), versions8(), pagesOfABook())
	h.Sound = map[string]string{
		"nodes with a version behind the current one": "SELECT n.nid FROM {node} n JOIN {node_revision} r ON r.nid = n.nid AND r.vid > n.vid",
		"versions of no node":                         "SELECT r.vid FROM {node_revision} r LEFT JOIN {node} n ON n.nid = r.nid WHERE n.nid IS NULL UNION SELECT f.vid FROM {node_field_revision} f LEFT JOIN {node} n ON n.nid = f.nid WHERE n.nid IS NULL",
		"values of no version":                        "SELECT b.entity_id FROM {node_revision__body} b LEFT JOIN {node_revision} r ON r.vid = b.revision_id AND r.nid = b.entity_id WHERE r.vid IS NULL UNION SELECT b.entity_id FROM {node__body} b LEFT JOIN {node} n ON n.vid = b.revision_id AND n.nid = b.entity_id WHERE n.nid IS NULL",
	}
}

// versions8 are older versions of entries: some platforms name their type, others do not. One is of a translation.
func versions8() []*recordv1.Record {
	old := func(id, of, typ, locale string, at int64) *recordv1.Record {
		e := &recordv1.Entry{Type: typ, Purpose: recordv1.Purpose_PURPOSE_REVISION, Parent: record.NewRef(kindEntry, of), Status: recordv1.Status_STATUS_PUBLISHED, Title: "Before " + id, Created: &recordv1.Time{Seconds: 1_500_000_000}, Modified: &recordv1.Time{Seconds: 1_500_000_000 + at},
			Comments: "closed", Content: &recordv1.Body{Markup: "html", Text: `<p><a href="bailey:entry/e-2">` + id + `</a></p>`}, Authors: []*recordv1.Ref{record.NewRef(kindUser, "e-u")}, Image: &recordv1.Image{Media: record.NewRef(kindMedia, "m-1.png"), Alt: id}}
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Locale: locale, Body: &recordv1.Record_Entry{Entry: e}, Fields: []*recordv1.Field{{Name: "mood", Value: php.Text("at " + id)}}}
	}
	return []*recordv1.Record{old("e-r1", "e-1", "article", "en", 1), old("e-r2", "e-1", "revision", "", 2), old("e-r3", "e-2", "article", "fr", 3), old("e-r4", "s-e1", "revision", "", 4)}
}

// records8 are what Drupal 8 and later have beside others: the menu that the theme shows, and nodes in several languages. The last of
// the group has a language that the site has not got.
func records8() []*recordv1.Record {
	at := &recordv1.Time{Seconds: 1_600_000_000}
	said := func(id, group, locale string) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Locale: locale, TranslationGroup: group, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
			Type: "article", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: id, Slug: "said", Created: at, Published: at, Modified: at, Comments: "open",
			Content: &recordv1.Body{Markup: "html", Text: `<p><a href="bailey:entry/e-2">` + id + `</a></p>`}, Image: &recordv1.Image{Media: record.NewRef(kindMedia, "s-m1"), Alt: locale},
			Terms: []*recordv1.Ref{record.NewRef(kindTerm, "s-t1")}}}, Fields: []*recordv1.Field{{Name: "mood", Value: php.Text("in " + locale)}}}
	}
	all := []*recordv1.Record{said("e-1", "g", "en"), said("e-2", "g", "fr"), said("e-3", "g", "de"), said("e-4", "g", "fr"), said("e-5", "", "fr"),
		{Ref: record.NewRef(kindUser, "e-u"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "mod", Email: "mod@elsewhere.example", Roles: []string{"Chief moderator"}, Account: recordv1.Account_ACCOUNT_STAFF}}}, {Ref: record.NewRef(kindMenu, "e-m"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Top", Slug: "top", Locations: []string{"primary"}, Items: []*recordv1.MenuItem{
			{Id: "1", Position: 1, Title: "Start", Url: "/"}, {Id: "2", ParentId: "1", Position: 2, Title: "Away", Url: "https://elsewhere.example/"}}}}}}
	return slices.Concat(library8(), termsSaid(), blocksSaid(), menusSaid(), all)
}

// termsSaid are terms in two languages: below each other, at places that differ by the language, and one that stands for itself.
func termsSaid() []*recordv1.Record {
	said := func(id, group, locale, above string, at int32) *recordv1.Record {
		t := &recordv1.Term{Taxonomy: "topics", Name: "Term " + id, Slug: "said", Position: at, Description: &recordv1.Body{Markup: "html", Text: `<p><a href="bailey:term/t-6">` + id + `</a></p>`}}
		if above != "" {
			t.Parent = record.NewRef(kindTerm, above)
		}
		return &recordv1.Record{Ref: record.NewRef(kindTerm, id), Locale: locale, TranslationGroup: group, Body: &recordv1.Record_Term{Term: t}, Fields: []*recordv1.Field{{Name: "mood", Value: php.Text("in " + locale)}}}
	}
	return []*recordv1.Record{said("t-1", "tg", "en", "", 4), said("t-2", "tg", "fr", "", 5), said("t-3", "tc", "fr", "t-2", 6), said("t-4", "tc", "en", "t-1", 6), said("t-5", "tg", "de", "t-1", 1), said("t-6", "", "fr", "t-2", 2)}
}

// blocksSaid are texts for many pages in two languages.
func blocksSaid() []*recordv1.Record {
	said := func(id, group, locale string) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Locale: locale, TranslationGroup: group, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "basic", Purpose: recordv1.Purpose_PURPOSE_FRAGMENT, Status: recordv1.Status_STATUS_PUBLISHED,
			Title: "Block " + id, Modified: &recordv1.Time{Seconds: 1_600_000_000}, Content: &recordv1.Body{Markup: "html", Text: `<p><a href="bailey:entry/e-2">` + id + `</a></p>`}}}}
	}
	return []*recordv1.Record{said("block-1", "g", "en"), said("block-2", "g", "fr"), said("block-3", "", "fr")}
}

// menusSaid are a menu in two languages, with a link that nobody has translated, and a third that says otherwise what it leads to.
func menusSaid() []*recordv1.Record {
	said := func(id, group, locale string, items ...*recordv1.MenuItem) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(kindMenu, id), Locale: locale, TranslationGroup: group, Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Said", Slug: "said-" + id, Items: items}}}
	}
	item := func(id, above, title, locale string, at int32) *recordv1.MenuItem {
		return &recordv1.MenuItem{Id: id, ParentId: above, Position: at, Title: title, Description: "About " + title, Url: "https://elsewhere.example/" + id, Fields: []*recordv1.Field{{Name: "langcode", Value: php.Text(locale)}}}
	}
	term := func(id, title, locale string, to string) *recordv1.MenuItem {
		return &recordv1.MenuItem{Id: id, Position: 3, Title: title, Target: record.NewRef(kindTerm, to), Fields: []*recordv1.Field{{Name: "langcode", Value: php.Text(locale)}}}
	}
	return []*recordv1.Record{said("n-1", "mg", "en", item("1", "", "One", "en", 1), item("2", "1", "Two", "en", 2), term("3", "Term", "en", "t-1")), said("n-2", "mg", "fr", item("1", "", "Un", "fr", 1), item("2", "1", "Two", "en", 2), term("3", "Terme", "fr", "t-2")),
		said("n-3", "mo", "fr", item("1", "", "Un", "fr", 1)), said("n-4", "mo", "en", item("7", "", "Seven", "en", 1)), said("n-5", "", "fr", item("1", "", "Seul", "fr", 1)), said("n-6", "mg", "de", item("1", "", "Eins", "de", 1))}
}

// library8 are of each type of the library, and one that none takes. Entries hold them in fields of pictures and of media.
func library8() []*recordv1.Record {
	shown := func(id, mime string) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(kindMedia, id), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "Called " + id, Mime: mime, Created: &recordv1.Time{Seconds: 1_600_000_000}, Modified: &recordv1.Time{Seconds: 1_600_000_009},
			Files: []*recordv1.File{{Id: "f-" + id, Role: "full", Path: "kept/" + id, Mime: mime, Missing: true}}}}}
	}
	png, pdf, odd, video := shown("m-1.png", "image/png"), shown("m-2.pdf", "application/pdf"), shown("m-3.svg", "image/svg+xml"), shown("m-4", "")
	png.GetMedia().Alt, png.GetMedia().Width, png.GetMedia().Height, png.GetMedia().Author = "What is seen", 30, 20, record.NewRef(kindUser, "e-u")
	pdf.GetMedia().Status = "draft"
	video.GetMedia().Files, video.GetMedia().ExternalUrl = nil, "https://www.youtube.com/watch?v=ts"
	target := func(id string) *recordv1.Value {
		return literal(dict{"target_id", &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(kindMedia, id)}}})
	}
	entry := &recordv1.Record{Ref: record.NewRef(kindEntry, "e-9"), Locale: "en", Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "article", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: "Shows",
		Created: &recordv1.Time{Seconds: 1_600_000_000}, Content: &recordv1.Body{Markup: "html", Text: `<img src="bailey:media/m-1%2Epng"><a href="bailey:media/m-2%2Epdf">it</a>`}, Image: &recordv1.Image{Media: record.NewRef(kindMedia, "m-1.png"), Alt: "here"}}},
		Fields: []*recordv1.Field{{Name: "field_shown", Encoding: "json", Value: target("m-2.pdf")}, {Name: "field_shown_all", Encoding: "json", Value: literal([]any{target("m-1.png"), target("m-4")})}}}
	return []*recordv1.Record{png, pdf, odd, video, entry}
}

func filled(t *testing.T, d cmssql.Dialect, prefix string, major int) *drupaltest.Site {
	t.Helper()
	s := drupaltest.New(t, d, prefix, major)
	if major == 7 {
		s.Fill7(t)
	} else {
		s.Fill8(t)
	}
	return s
}
