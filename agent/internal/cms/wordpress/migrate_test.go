package wordpress

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func open(t *testing.T, set cms.Settings) *Site {
	t.Helper()
	s, err := Driver{}.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*Site)
}

// onBlank runs a test on an empty site of each dialect.
func onBlank(t *testing.T, fn func(t *testing.T, s *Site)) {
	t.Parallel()
	for _, d := range ofDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			set := wptest.New(t, d, "wp_", false)
			set.Writable = true
			fn(t, open(t, set))
		})
	}
}

// all reads a site whole, by kind and id.
func all(t *testing.T, s *Site) (map[record.Key]cms.Item, []*recordv1.Record) {
	t.Helper()
	items, recs := map[record.Key]cms.Item{}, []*recordv1.Record{}
	opt := cms.Options{Revisions: true}
	for _, k := range record.Kinds {
		shards, err := s.Split(t.Context(), k, 4, opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, sh := range shards {
			for it, err := range s.Read(t.Context(), k, sh, nil, opt) {
				if err != nil {
					t.Fatal(err)
				}
				items[record.KeyOf(refOf(it))] = it
				if it.Record != nil {
					recs = append(recs, it.Record)
				}
			}
		}
	}
	return items, recs
}

func get(items map[record.Key]cms.Item, k cms.Kind, id string) cms.Item {
	return items[record.Key{Kind: k, ID: id}]
}

func TestReading(t *testing.T) {
	t.Parallel()
	items, _ := all(t, open(t, wptest.New(t, cmssql.SQLite, "wp_", true)))
	first := get(items, recordv1.Kind_KIND_ENTRY, "10")
	e := first.Record.GetEntry()
	if !e.GetFeatured() || e.GetFormat() != "aside" || e.GetSeo().GetTitle() != "SEO %%sep%%" || !e.GetSeo().GetNoindex() || e.GetImage().GetMedia().GetSourceId() != "30" {
		t.Errorf("entry: %v", e)
	}
	var names []string
	for _, f := range first.Record.GetFields() {
		names = append(names, f.GetName()+"/"+f.GetEncoding())
	}
	if want := []string{"multi/", "multi/", "multi/", "settings/php", "looks/php", "object/php", "empty/", "nothing/", primaryCategory + "/", "_wp_old_slug/"}; !slices.Equal(names, want) {
		t.Errorf("custom fields %v; want %v", names, want)
	}
	var notes []string
	for _, n := range first.Record.GetNotes() {
		notes = append(notes, n.GetCode()+" "+n.GetField())
	}
	if want := []string{"cache_not_moved fields._edit_lock", "nameless_custom_field fields"}; !slices.Equal(notes, want) {
		t.Errorf("notes %v; want %v", notes, want)
	}
	for id, code := range map[record.Key]string{
		{Kind: recordv1.Kind_KIND_ENTRY, ID: "14"}: "auto_draft", {Kind: recordv1.Kind_KIND_TERM, ID: "47"}: "orphan_term", {Kind: recordv1.Kind_KIND_COMMENT, ID: "8"}: "orphan_comment",
	} {
		if got := items[id].Unread.GetProblem().GetCode(); got != code {
			t.Errorf("%v: %q; want %q", id, got, code)
		}
	}
	author := e.GetAuthors()[0].GetSourceId()
	for _, id := range []string{author, "3"} {
		if got := get(items, recordv1.Kind_KIND_USER, id).Record.GetUser().GetAuthor(); got != (id == author) {
			t.Errorf("user %s is an author: %v", id, got)
		}
	}
	if n := get(items, recordv1.Kind_KIND_TERM, "40").Record.GetTerm().GetName(); n != "Go & Rust" {
		t.Errorf("a term's name is not unescaped: %q", n)
	}
	if d := get(items, recordv1.Kind_KIND_ENTRY, "11").Record.GetEntry().GetPublished(); !d.GetFloating() || d.GetOffset() != 3600 {
		t.Errorf("a draft's date: %v", d)
	}
	a, b := get(items, recordv1.Kind_KIND_TERM, "43").Record.GetTerm(), get(items, recordv1.Kind_KIND_TERM, "44").Record.GetTerm()
	if a.GetSharedId() != "23" || b.GetSharedId() != "23" || a.GetTaxonomy() != "category" || b.GetTaxonomy() != "tag" {
		t.Errorf("terms sharing a row: %v and %v", a, b)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	items, _ := all(t, open(t, wptest.New(t, cmssql.SQLite, "wp_", true)))
	for key, want := range map[record.Key][]string{
		{Kind: recordv1.Kind_KIND_ENTRY, ID: "10"}:  {"/first/", "/?p=10", "/premier/"},
		{Kind: recordv1.Kind_KIND_ENTRY, ID: "16"}:  {"/about/team/", "/?p=16", "/?page_id=16"},
		{Kind: recordv1.Kind_KIND_ENTRY, ID: "17"}:  {"/library/dune/", "/?p=17", "/?post_type=book&p=17", "/?book=dune"},
		{Kind: recordv1.Kind_KIND_SITE, ID: siteID}: {"/", "/feed/;feed"},
		{Kind: recordv1.Kind_KIND_TERM, ID: "41"}:   {"/category/go-rust/below/", "/?cat=21", "/category/go-rust/below/feed/;feed"},
		{Kind: recordv1.Kind_KIND_USER, ID: "2"}:    {"/author/mira/", "/?author=2", "/author/mira/feed/;feed"},
		{Kind: recordv1.Kind_KIND_MEDIA, ID: "30"}:  {"/wp-content/uploads/2024/05/lake.jpg", "/wp-content/uploads/2024/05/lake-300x200.jpg;300x200", "/first/lake/;page", "/?attachment_id=30;page", "/?p=30;page"},
	} {
		var got []string
		for _, p := range items[key].Paths {
			s := p.GetPath()
			if p.GetForm() != "" {
				s += ";" + p.GetForm()
			}
			got = append(got, s)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v; want %v", key, got, want)
		}
	}
}

// migrated is a target into which the full site was written as a migration does, in batches of size.
func migrated(t *testing.T, d cmssql.Dialect, size int) (*Site, *ledger.Ledger, *ledger.Scope, []*recordv1.Record) {
	t.Helper()
	return moved(t, wptest.New(t, d, "src_", true), open(t, wptest.New(t, d, "wp_", false)), size)
}

func moved(t *testing.T, from cms.Settings, s *Site, size int) (*Site, *ledger.Ledger, *ledger.Scope, []*recordv1.Record) {
	t.Helper()
	_, recs := all(t, open(t, from))
	holds := map[cms.Kind]*agentv1.KindInfo{}
	for _, info := range (Driver{}).Of(s).Describe().Kinds {
		holds[info.GetKind()] = info
	}
	books, err := ledger.Open(s, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat("1", 32), Run: "r"})
	if err != nil {
		t.Fatal(err)
	}
	recs = slices.DeleteFunc(recs, func(r *recordv1.Record) bool {
		keep, _ := record.Fit(r, holds[r.GetRef().GetKind()])
		record.Seal(r)
		return !keep
	})
	for len(recs) > 0 {
		n := 1
		for n < min(size, len(recs)) && recs[n].GetRef().GetKind() == recs[0].GetRef().GetKind() {
			n++
		}
		write(t, books, sc, recs[:n])
		recs = recs[n:len(recs):len(recs)]
	}
	_, recs = all(t, open(t, from))
	for _, r := range recs {
		record.Fit(r, holds[r.GetRef().GetKind()])
	}
	for _, last := range []bool{false, false, true} {
		if _, err := books.Relink(t.Context(), sc, &agentv1.RelinkRequest{Last: last}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := books.Finish(t.Context(), sc); err != nil {
		t.Fatal(err)
	}
	return s, books, sc, recs
}

func write(t *testing.T, books *ledger.Ledger, sc *ledger.Scope, recs []*recordv1.Record) {
	t.Helper()
	sent := make([]*recordv1.Record, len(recs))
	for i, r := range recs {
		sent[i] = proto.CloneOf(r)
	}
	results, err := books.Write(t.Context(), sc, sent)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.GetProblem() != nil {
			t.Errorf("%v: %v", r.GetRef(), r.GetProblem())
		}
	}
}

func TestMigrationBetweenWordPressSites(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.MySQL, cmssql.SQLite} {
		for name, size := range map[string]int{"alone": 1, "together": 500} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				t.Parallel()
				s, books, sc, recs := migrated(t, d, size)
				for _, r := range recs {
					items, err := books.ReadBack(t.Context(), sc, []*recordv1.Ref{r.GetRef()})
					if err != nil || items[0].GetRecord() == nil {
						t.Fatalf("%v: not there: %v", r.GetRef(), err)
					}
					if paths := record.Diff(r, items[0].GetRecord(), ownHolds()[r.GetRef().GetKind()], items[0].GetAdjustments()); len(paths) > 0 {
						t.Errorf("%v: other %v\nsent %v\nback %v", r.GetRef(), paths, r, items[0].GetRecord())
					}
				}
				checkDerived(t, s)
			})
		}
	}
}

// checkDerived asks the database for what no record shows.
func checkDerived(t *testing.T, s *Site) {
	t.Helper()
	for query, want := range map[string]string{
		"SELECT option_value FROM {options} WHERE option_name = 'home'":                                           "https://blog.example",
		"SELECT option_value FROM {options} WHERE option_name = 'blogname'":                                       "Lakes &amp; Hills",
		"SELECT comment_count FROM {posts} WHERE post_name = 'first'":                                             "2",
		"SELECT COUNT(*) FROM {posts} WHERE post_parent > 1000000":                                                "0",
		"SELECT x.count FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id WHERE t.slug = 'below'":    "1",
		"SELECT COUNT(*) FROM {options} WHERE option_name = 'rewrite_rules'":                                      "0",
		"SELECT COUNT(*) FROM {options} WHERE option_name = 'cron' AND option_value LIKE '%publish_future_post%'": "1",
		"SELECT COUNT(*) FROM {usermeta} WHERE meta_key = 'session_tokens'":                                       "1",
		"SELECT meta_value FROM {usermeta} WHERE meta_key = 'wp_user-settings'":                                   "editor=html",
		"SELECT meta_value FROM {postmeta} WHERE meta_key = 'object'":                                             `O:8:"stdClass":1:{s:1:"p";i:1;}`,
		"SELECT meta_value FROM {postmeta} WHERE meta_key = 'looks'":                                              `s:20:"a:1:{i:0;s:3:"foo";}";`,
		"SELECT COUNT(*) FROM {term_taxonomy} WHERE taxonomy = 'post_format'":                                     "1",
		"SELECT user_pass FROM {users} WHERE user_login = 'owner'":                                                "$P$BaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA",
		"SELECT p.post_name FROM {posts} p JOIN {posts} r ON r.post_parent = p.ID WHERE r.post_type = 'revision'": "first",
		"SELECT COUNT(*) FROM {posts} p JOIN {postmeta} m ON m.post_id = p.ID JOIN {posts} above ON above.ID = m.meta_value AND above.post_title = 'Out' WHERE m.meta_key = '_menu_item_menu_item_parent' AND p.post_title = 'Both'": "1",
	} {
		var got sql.NullString
		if err := s.db.QueryRow(t.Context(), s.sql(query)).Scan(&got); err != nil || got.String != want {
			t.Errorf("%s: %q, %v; want %q", query, got.String, err, want)
		}
	}
}
