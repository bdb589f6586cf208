package drupal

import (
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// target is a site that is written through its ledger.
type target struct {
	*testing.T
	s     *Site
	books *ledger.Ledger
}

func newTarget(t *testing.T, site *drupaltest.Site) *target {
	t.Helper()
	site.Settings.Writable = true
	s, err := Driver{}.Open(t.Context(), site.Settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	books, err := ledger.Open(s, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return &target{t, s.(*Site), books}
}

func (x *target) scope(source string) *ledger.Scope {
	x.Helper()
	sc, err := x.books.Scope(x.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat(source, 32), Run: "r"})
	if err != nil {
		x.Fatal(err)
	}
	return sc
}

// write writes records, each in a transaction of its own.
func (x *target) write(sc *ledger.Scope, recs ...*recordv1.Record) {
	x.Helper()
	kinds := Driver{}.Of(x.s).Describe().Kinds
	for _, r := range recs {
		r = proto.CloneOf(r)
		record.Fit(r, kinds[slices.Index(ownKinds, r.GetRef().GetKind())])
		record.Seal(r)
		outs, err := x.books.Write(x.Context(), sc, []*recordv1.Record{r})
		if err != nil || outs[0].GetProblem() != nil {
			x.Fatal(outs, err)
		}
	}
}

func (x *target) ask(query string) string {
	x.Helper()
	rows, err := x.s.query(x.Context(), x.s.db, query)
	if err != nil {
		x.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		all = append(all, r.text("v"))
	}
	return strings.Join(all, " ")
}

func said(id, group, locale, title string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Locale: locale, TranslationGroup: group, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: "article", Title: title, Status: recordv1.Status_STATUS_PUBLISHED, Slug: "same", Content: &recordv1.Body{Markup: "html", Text: "<p>" + title + "</p>"}}}}
}

// The translations of a group become one node, whatever comes first; those of another source's group of the same name another one;
// and each is changed and taken back without the others.
func TestTranslationsShareANode(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Translate(t)
	x := newTarget(t, site)
	first, second := x.scope("1"), x.scope("2")
	x.write(first, said("1", "g", "fr-CA", "Un"), said("2", "g", "en", "One"), said("3", "g", "en", "Another"), said("4", "g", "de", "Eins"))
	x.write(second, said("1", "g", "en", "Else"), said("2", "g", "fr", "Autre"))
	for query, want := range map[string]string{
		"SELECT target_id AS v FROM {bailey_ledger} ORDER BY site, source_id":                                                                   "1 1:en 2 3 4 4:fr",
		"SELECT langcode || default_langcode || content_translation_source AS v FROM {node_field_data} WHERE nid = 1 ORDER BY langcode":         "en0fr fr1und",
		"SELECT COUNT(*) AS v FROM {node_field_revision} d JOIN {node} n ON n.vid = d.vid WHERE n.nid = 1":                                      "2",
		"SELECT b.langcode || b.body_value AS v FROM {node_revision__body} b JOIN {node} n ON n.vid = b.revision_id WHERE n.nid = 1 ORDER BY 1": "en<p>One</p> fr<p>Un</p>",
		"SELECT langcode || alias AS v FROM {path_alias} WHERE path = '/node/1' ORDER BY langcode":                                              "en/same fr/same",
		"SELECT COUNT(*) AS v FROM {config} WHERE name = 'language.content_settings.node.article'":                                              "1",
		"SELECT langcode AS v FROM {node} WHERE nid = 3":                                                                                        "en",
	} {
		if got := x.ask(query); got != want {
			t.Errorf("%s\n is %q, want %q", query, got, want)
		}
	}
	if at, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindEntry, TargetID: "4:fr"}}); err != nil || at[0] != "/fr/node/4" {
		t.Errorf("the French one is at %v, %v", at, err)
	}
	x.write(first, said("1", "g", "fr-CA", "Deux"))
	if got := x.ask("SELECT title AS v FROM {node_field_data} WHERE nid = 1 ORDER BY langcode"); got != "One Deux" {
		t.Errorf("titles are %q", got)
	}
	if err := x.books.Rollback(t.Context(), first, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := x.ask("SELECT nid || langcode AS v FROM {node_field_data} ORDER BY 1"); got != "4en 4fr" {
		t.Errorf("left are %q", got)
	}
}

// The translations of a group of terms become one term, below which and on which no language is told from the other; and those of a menu
// the texts of its links, which are still there when the first is written again.
func TestTranslationsShareTermsAndMenus(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Translate(t)
	x := newTarget(t, site)
	first := x.scope("1")
	said := termsSaid()
	said[4].TranslationGroup = ""
	x.write(first, said...)
	menus := menusSaid()[:2]
	x.write(first, menus...)
	menus[0].GetMenu().Items[1].Title = "Deux"
	x.write(first, menus[0])
	for query, want := range map[string]string{
		"SELECT target_id AS v FROM {bailey_ledger} WHERE kind = 3 ORDER BY source_id":                                                                 "1 1:fr 2 2:en 3 4",
		"SELECT target_id AS v FROM {bailey_ledger} WHERE kind = 7 ORDER BY source_id":                                                                 "said-n-1 said-n-1:fr",
		"SELECT tid || langcode || default_langcode || weight AS v FROM {taxonomy_term_field_data} WHERE tid < 3 ORDER BY tid, langcode":               "1en14 1fr04 2en06 2fr16",
		"SELECT entity_id || parent_target_id AS v FROM {taxonomy_term__parent} ORDER BY entity_id":                                                    "10 21 31 41",
		"SELECT langcode || title || default_langcode || content_translation_source AS v FROM {menu_link_content_data} ORDER BY weight, langcode":      "enOne1und frUn0en enDeux1und enTerm1und frTerme0en",
		"SELECT COUNT(*) AS v FROM {menu_link_content_field_revision} r JOIN {menu_link_content} m ON m.revision_id = r.revision_id WHERE m.id = r.id": "5",
		"SELECT COUNT(*) AS v FROM {config} WHERE name LIKE 'language.content_settings.%'":                                                             "2",
		"SELECT COUNT(*) AS v FROM {menu_tree} WHERE provider = 'menu_link_content'":                                                                   "3",
	} {
		if got := x.ask(query); got != want {
			t.Errorf("%s\n is %q, want %q", query, got, want)
		}
	}
	if at, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindTerm, TargetID: "1:fr"}}); err != nil || at[0] != "/fr/taxonomy/term/1" {
		t.Errorf("the French one is at %v, %v", at, err)
	}
	if err := x.books.Rollback(t.Context(), first, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"taxonomy_term_field_data", "taxonomy_term_field_revision", "taxonomy_term__parent", "menu_link_content_data", "menu_link_content_field_revision", "menu_link_content"} {
		if got := x.ask("SELECT COUNT(*) AS v FROM {" + table + "}"); got != "0" {
			t.Errorf("left in %s: %s", table, got)
		}
	}
}

// The contributed modules that translate in Drupal 7: terms of several languages are told as such, and what is kept elsewhere is counted.
func TestTranslationsOfSeven(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 7)
	site.Fill7(t)
	x := newTarget(t, site)
	for _, query := range []string{
		"ALTER TABLE {taxonomy_term_data} ADD COLUMN language VARCHAR(12) NOT NULL DEFAULT 'und'", "ALTER TABLE {taxonomy_term_data} ADD COLUMN i18n_tsid INT NOT NULL DEFAULT 0", "UPDATE {taxonomy_term_data} SET language = 'fr', i18n_tsid = 7 WHERE tid = 2",
		"ALTER TABLE {menu_links} ADD COLUMN language VARCHAR(12) NOT NULL DEFAULT 'und'", "UPDATE {menu_links} SET language = 'fr'", "CREATE TABLE {locales_source} (lid INT, textgroup TEXT)", "CREATE TABLE {locales_target} (lid INT, translation TEXT, language TEXT)",
		"INSERT INTO {locales_source} VALUES (1, 'menu'), (2, 'default'), (3, 'menu')", "INSERT INTO {locales_target} VALUES (1, 'Un', 'fr'), (2, 'Deux', 'fr'), (3, 'Trois', 'fr')",
		"CREATE TABLE {entity_translation} (entity_id INT, source TEXT)", "INSERT INTO {entity_translation} VALUES (1, ''), (1, 'en')",
	} {
		if err := x.s.db.Exec(t.Context(), x.s.sql(query)); err != nil {
			t.Fatal(query, err)
		}
	}
	x = newTarget(t, &drupaltest.Site{Settings: site.Settings})
	terms, err := x.s.Fetch(t.Context(), x.s.db, kindTerm, []string{"1", "2"})
	if err != nil || terms[0].Record.GetLocale() != "" || terms[0].Record.GetTranslationGroup() != "" || terms[1].Record.GetLocale() != "fr" || terms[1].Record.GetTranslationGroup() != "terms:7" {
		t.Errorf("terms %v, %v", terms, err)
	}
	menus, err := x.s.Fetch(t.Context(), x.s.db, kindMenu, []string{"main-menu"})
	if err != nil || len(menus[0].Record.GetMenu().GetItems()) == 0 {
		t.Fatalf("menus %v, %v", menus, err)
	}
	for _, it := range menus[0].Record.GetMenu().GetItems() {
		if fs := it.GetFields(); len(fs) == 0 || fs[len(fs)-1].GetValue().GetText() != "fr" {
			t.Errorf("a link without its language: %v", it)
		}
	}
	f, err := x.s.Probe(t.Context(), cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, g := range f.Findings {
		counts[g.GetCode()] += g.GetCount()
	}
	if counts["translated_strings_not_moved"] != 2 || counts["field_translations_not_moved"] != 1 {
		t.Errorf("told are %v", counts)
	}
}
