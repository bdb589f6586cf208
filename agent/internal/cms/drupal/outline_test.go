package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// pagesOfABook are a book of three depths, its pages before what they stand below, and a page of no book that stands below another.
func pagesOfABook() []*recordv1.Record {
	at := &recordv1.Time{Seconds: 1_600_000_000}
	page := func(id, above, book string, weight int32) *recordv1.Record {
		e := &recordv1.Entry{Type: "page", Purpose: recordv1.Purpose_PURPOSE_PAGE, Status: recordv1.Status_STATUS_PUBLISHED, Title: "Page " + id, Created: at, Published: at, Modified: at, Comments: "closed", Position: weight}
		if above != "" {
			e.Parent = record.NewRef(kindEntry, above)
		}
		r := &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: e}}
		if book != "" {
			r.Fields = []*recordv1.Field{{Name: bookField, Encoding: "json", Value: pairs("bid", &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(kindEntry, book)}})}}
		}
		return r
	}
	return []*recordv1.Record{page("b-3", "b-2", "b-1", 4), page("b-2", "b-1", "b-1", -3), page("b-1", "", "b-1", 0), page("b-4", "b-1", "", 5)}
}

// finish fills what was open, and derives the rest.
func (x *target) finish(sc *ledger.Scope) {
	x.Helper()
	for _, last := range []bool{false, true} {
		if _, err := x.books.Relink(x.Context(), sc, &agentv1.RelinkRequest{Last: last}); err != nil {
			x.Fatal(err)
		}
	}
	if _, err := x.books.Finish(x.Context(), sc); err != nil {
		x.Fatal(err)
	}
}

// Pages stand in their book as Drupal would have put them, whatever comes first, and leave it with the records.
func TestPagesStandInTheirBook(t *testing.T) {
	t.Parallel()
	for major, query := range map[int]string{
		7: "SELECT m.link_title || '<' || COALESCE((SELECT p.link_title FROM {menu_links} p WHERE p.mlid = m.plid), '') || m.depth || m.has_children || (m.p1 > 0) || (m.p2 > 0) || (m.p3 > 0) || m.weight || (m.menu_name = 'book-toc-' || b.bid) || " +
			"(m.mlid = CASE m.depth WHEN 1 THEN m.p1 WHEN 2 THEN m.p2 ELSE m.p3 END) AS v FROM {book} b JOIN {menu_links} m ON m.mlid = b.mlid AND m.link_path = 'node/' || b.nid ORDER BY m.link_title",
		8: "SELECT n.title || '<' || COALESCE((SELECT p.title FROM {node_field_data} p WHERE p.nid = b.pid), '') || b.depth || b.has_children || (b.p1 > 0) || (b.p2 > 0) || (b.p3 > 0) || b.weight || (b.p1 = b.bid) || " +
			"(b.nid = CASE b.depth WHEN 1 THEN b.p1 WHEN 2 THEN b.p2 ELSE b.p3 END) AS v FROM {book} b JOIN {node_field_data} n ON n.nid = b.nid ORDER BY n.title",
	} {
		x := newTarget(t, drupaltest.New(t, cmssql.SQLite, "", major))
		sc := x.scope("1")
		x.write(sc, pagesOfABook()...)
		x.finish(sc)
		const want = "Page b-1<11100011 Page b-2<Page b-121110-311 Page b-3<Page b-230111411"
		if got := x.ask(query); got != want {
			t.Errorf("%d: the book is %q, want %q", major, got, want)
		}
		if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got := x.ask("SELECT nid AS v FROM {book}"); got != "" {
			t.Errorf("%d: left are %q", major, got)
		}
		if got := x.ask(map[int]string{7: "SELECT link_title AS v FROM {menu_links} WHERE module = 'book'", 8: "SELECT title AS v FROM {node_field_data}"}[major]); got != "" {
			t.Errorf("%d: left are %q", major, got)
		}
	}
}

// Topics are listed in their forums, with the comments that everybody sees, and containers are told from forums.
func TestTopicsStandInTheirForum(t *testing.T) {
	t.Parallel()
	for _, major := range []int{7, 8} {
		site := drupaltest.New(t, cmssql.SQLite, "", major)
		site.Forum(t)
		x := newTarget(t, site)
		sc := x.scope("1")
		term := func(id, name string, container bool) *recordv1.Record {
			r := &recordv1.Record{Ref: record.NewRef(kindTerm, id), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: "forums", Name: name, Slug: id}}}
			if container {
				r.Fields = []*recordv1.Field{{Name: containerField, Value: php.Bool(true)}}
			}
			return r
		}
		topic := func(id string, status recordv1.Status) *recordv1.Record {
			return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "article", Title: "Topic " + id, Status: status, Comments: "open", Created: &recordv1.Time{Seconds: 1_600_000_000},
				Published: &recordv1.Time{Seconds: 1_600_000_000}, Terms: []*recordv1.Ref{record.NewRef(kindTerm, "f")}}}}
		}
		comment := func(id string, status recordv1.CommentStatus, at int64) *recordv1.Record {
			return &recordv1.Record{Ref: record.NewRef(kindComment, id), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{Entry: record.NewRef(kindEntry, "1"), AuthorName: "A", Status: status,
				Created: &recordv1.Time{Seconds: at}, Content: &recordv1.Body{Markup: "html", Text: "c"}}}}
		}
		x.write(sc, term("c", "Container", true), term("f", "Forum", false), topic("1", recordv1.Status_STATUS_PUBLISHED), topic("2", recordv1.Status_STATUS_DRAFT),
			comment("1", recordv1.CommentStatus_COMMENT_STATUS_APPROVED, 1_600_000_100), comment("2", recordv1.CommentStatus_COMMENT_STATUS_APPROVED, 1_600_000_200), comment("3", recordv1.CommentStatus_COMMENT_STATUS_PENDING, 1_600_000_300))
		x.finish(sc)
		if got := x.ask("SELECT title || ':' || comment_count || ':' || last_comment_timestamp || ':' || created || sticky AS v FROM {forum_index}"); got != "Topic 1:2:1600000200:16000000000" {
			t.Errorf("%d: listed is %q", major, got)
		}
		if got := x.ask("SELECT COUNT(*) AS v FROM {forum} f JOIN {node} n ON n.nid = f.nid AND n.vid = f.vid JOIN {taxonomy_term_data} t ON t.tid = f.tid"); got != "2" {
			t.Errorf("%d: %s topics are in a forum", major, got)
		}
		query := map[int]string{7: "SELECT value AS v FROM {variable} WHERE name = 'forum_containers'", 8: "SELECT forum_container_value AS v FROM {taxonomy_term__forum_container}"}[major]
		tid := x.ask(map[int]string{7: "SELECT tid AS v FROM {taxonomy_term_data} WHERE name = 'Container'", 8: "SELECT tid AS v FROM {taxonomy_term_field_data} WHERE name = 'Container'"}[major])
		if got := x.ask(query); got != map[int]string{7: `a:1:{i:0;s:1:"` + tid + `";}`, 8: "1"}[major] {
			t.Errorf("%d: the containers are %q", major, got)
		}
		if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got := x.ask("SELECT nid AS v FROM {forum} UNION SELECT nid FROM {forum_index}"); got != "" {
			t.Errorf("%d: left are %q", major, got)
		}
	}
}
