package wordpress

import (
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var multilingualPlugins = []string{wptest.Polylang, wptest.WPML}

func TestConformanceWithLanguages(t *testing.T) {
	t.Parallel()
	for _, plugin := range multilingualPlugins {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			cmstest.Run(t, cmstest.Harness{
				Driver: Driver{Multilingual: true}, Prefix: "wp_", Unusual: "Wp_2-x_",
				Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
					return wptest.Languages(t, wptest.New(t, d, prefix, true), plugin, true)
				},
				Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
					return wptest.Languages(t, wptest.New(t, d, prefix, false), plugin, false)
				},
				Poison: map[cms.Kind]cmstest.Column{recordv1.Kind_KIND_ENTRY: {Table: "posts", Column: "post_title"}, recordv1.Kind_KIND_TERM: {Table: "terms", Column: "name"}},
				AutoID: []string{"posts", "users", "terms", "term_taxonomy", "comments", "postmeta"},
			})
		})
	}
}

// Languages and groups are read alike from both plugins, and addresses begin with their language.
func TestLanguagesAreRead(t *testing.T) {
	t.Parallel()
	for _, plugin := range multilingualPlugins {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			items, _ := all(t, open(t, wptest.Languages(t, wptest.New(t, cmssql.SQLite, "wp_", true), plugin, true)))
			rec := func(k cms.Kind, id string) *recordv1.Record { return get(items, k, id).Record }
			for id, want := range map[string]string{"10": "en-US", "12": "fr-FR", "15": "en-US", "16": "fr-FR", "17": ""} {
				if got := rec(recordv1.Kind_KIND_ENTRY, id).GetLocale(); got != want {
					t.Errorf("entry %s is in %q, want %q", id, got, want)
				}
			}
			a, b := rec(recordv1.Kind_KIND_ENTRY, "10"), rec(recordv1.Kind_KIND_ENTRY, "12")
			if a.GetTranslationGroup() == "" || a.GetTranslationGroup() != b.GetTranslationGroup() {
				t.Errorf("groups %q and %q", a.GetTranslationGroup(), b.GetTranslationGroup())
			}
			if g := rec(recordv1.Kind_KIND_ENTRY, "15").GetTranslationGroup(); g != "" {
				t.Errorf("a page that nobody has translated is in group %q", g)
			}
			if n := len(a.GetEntry().GetTerms()); n != 2 {
				t.Errorf("the post has %d terms; its languages are none", n)
			}
			x, y := rec(recordv1.Kind_KIND_TERM, "40"), rec(recordv1.Kind_KIND_TERM, "41")
			if x.GetLocale() != "en-US" || y.GetLocale() != "fr-FR" || x.GetTranslationGroup() == "" || x.GetTranslationGroup() != y.GetTranslationGroup() {
				t.Errorf("categories: %v and %v", x, y)
			}
			if p := get(items, recordv1.Kind_KIND_ENTRY, "16").Paths[0].GetPath(); p != "/fr/about/team/" {
				t.Errorf("a French page is at %s", p)
			}
			if p := get(items, recordv1.Kind_KIND_ENTRY, "15").Paths[0].GetPath(); p != "/about/" {
				t.Errorf("a page in the standard language is at %s", p)
			}
			for key := range items {
				if key.Kind == recordv1.Kind_KIND_TERM && strings.HasPrefix(key.ID, "81") && key.ID != "816" {
					t.Errorf("%s is read as a term", key.ID)
				}
			}
		})
	}
}

// From each plugin into each other: languages arrive, what the plugin derives is there, and a rollback leaves no trace.
func TestLanguagesAreWritten(t *testing.T) {
	t.Parallel()
	for _, from := range multilingualPlugins {
		for _, to := range multilingualPlugins {
			for _, d := range ofDialect {
				t.Run(from+" to "+to+"/"+string(d), func(t *testing.T) {
					t.Parallel()
					s := open(t, wptest.Languages(t, wptest.New(t, d, "wp_", false), to, false))
					before, rows := dump(t, s), languageRows(t, s, to)
					_, books, sc, _ := moved(t, wptest.Languages(t, wptest.New(t, d, "src_", true), from, true), s, 7)
					judgeLanguages(t, s, to)
					if kept := rollback(t, books, sc); len(kept) > 0 {
						t.Errorf("kept %v", kept)
					}
					sameDump(t, before, dump(t, s))
					if now := languageRows(t, s, to); now != rows {
						t.Errorf("languages of rows were %q and are %q", rows, now)
					}
				})
			}
		}
	}
}

func languageRows(t *testing.T, s *Site, plugin string) string {
	t.Helper()
	if plugin == wptest.WPML {
		return ask(t, s, "SELECT COUNT(*) FROM {icl_translations}")
	}
	return ""
}

func judgeLanguages(t *testing.T, s *Site, plugin string) {
	t.Helper()
	items, _ := all(t, s)
	by := map[string]*recordv1.Record{}
	for _, it := range items {
		if e := it.Record.GetEntry(); e.GetType() == "post" || e.GetType() == "page" {
			by[e.GetTitle()] = it.Record
		}
	}
	for title, want := range map[string]string{"First": "en-US", "Later": "fr-FR", "Team": "fr-FR", "A draft": "en-US"} {
		if got := by[title].GetLocale(); got != want {
			t.Errorf("%s is in %q, want %q", title, got, want)
		}
	}
	group := by["First"].GetTranslationGroup()
	if group == "" || group != by["Later"].GetTranslationGroup() {
		t.Errorf("groups %q and %q", group, by["Later"].GetTranslationGroup())
	}
	located, err := s.Locate(t.Context(), s.db, []cms.Want{{Kind: recordv1.Kind_KIND_ENTRY, TargetID: by["Team"].GetRef().GetSourceId()}})
	if err != nil || !slices.Equal(located, []string{wptest.Home + "/fr/about/team/"}) {
		t.Errorf("a French page is at %v, %v", located, err)
	}
	if plugin != wptest.Polylang {
		return
	}
	first, later := by["First"].GetRef().GetSourceId(), by["Later"].GetRef().GetSourceId()
	if got, want := ask(t, s, "SELECT x.description FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id WHERE t.slug = '"+group+"'"),
		`a:2:{s:2:"en";i:`+first+`;s:2:"fr";i:`+later+`;}`; got != want {
		t.Errorf("the group says %s, want %s", got, want)
	}
	if n := ask(t, s, "SELECT x.count FROM {term_taxonomy} x WHERE x.taxonomy IN ('post_translations','term_translations')"); n != "2 2" {
		t.Errorf("groups count %s", n)
	}
}

// Where no plugin keeps languages they are told as a loss; what a plugin does not translate, and languages that it has not, too.
func TestLanguagesThatFindNoPlace(t *testing.T) {
	t.Parallel()
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Locale: "fr-FR", TranslationGroup: "g", Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: "T"}}}
	if _, losses := record.Fit(rec, kindInfos(Driver{})[slices.Index(record.Kinds, recordv1.Kind_KIND_ENTRY)]); len(losses) != 2 {
		t.Errorf("losses: %v", losses)
	}
	site := &tongues{locales: map[string]string{"en": "en-GB", "pt": "pt-BR"}, standard: "en", translated: func(name string) bool { return name == "post" }}
	w := &writer{env: &env{tongues: site}, s: &Site{plugin: polylang{}}}
	for _, c := range []struct{ locale, kind, code, adjusted string }{
		{"en-GB", "post", "en", ""}, {"en-US", "post", "en", "language_matched en-GB"}, {"pt", "post", "pt", "language_matched pt-BR"},
		{"", "post", "en", "language_matched en-GB"}, {"de-DE", "post", "", "language_not_set_up "}, {"en-GB", "book", "", "type_not_translated "},
	} {
		j := &job{rec: &recordv1.Record{Locale: c.locale}}
		x := w.saying(j, c.kind)
		got := ""
		for _, a := range j.res.Adjustments {
			got += a.GetCode() + " " + a.GetValue()
		}
		if x.code != c.code || got != c.adjusted {
			t.Errorf("%s in a %s: code %q, told %q", c.locale, c.kind, x.code, got)
		}
	}
}
