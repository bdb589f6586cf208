package wordpress

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// What a structured field points to may come later, or never: then nothing is left of it, and not the id that it has elsewhere.
func TestPointersWithinFields(t *testing.T) {
	t.Parallel()
	s := open(t, wptest.New(t, cmssql.SQLite, "wp_", false))
	books, err := ledger.Open(s, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat("1", 32), Run: "r"})
	if err != nil {
		t.Fatal(err)
	}
	entry := func(id string, to ...string) *recordv1.Record {
		list := &recordv1.Array{List: true}
		for i, of := range to {
			ref := &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, of)}}
			list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: ref})
		}
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
			Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: "Of " + id, Slug: "of-" + id, Content: &recordv1.Body{Markup: "html"}}}}
		if len(to) > 0 {
			r.Fields = []*recordv1.Field{{Name: "related", Value: &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}}, Encoding: "php"}}
		}
		record.Seal(r)
		return r
	}
	write(t, books, sc, []*recordv1.Record{entry("7001", "7002", "7003")})
	write(t, books, sc, []*recordv1.Record{entry("7002")})
	for _, last := range []bool{false, true} {
		if _, err := books.Relink(t.Context(), sc, &agentv1.RelinkRequest{Last: last, Fallbacks: map[string]string{"entry/7003;id": "7003"}}); err != nil {
			t.Fatal(err)
		}
	}
	var id, value string
	row := s.db.QueryRow(t.Context(), "SELECT p.ID, m.meta_value FROM wp_postmeta m, wp_posts p WHERE m.meta_key = 'related' AND p.post_name = 'of-7002'")
	if err := row.Scan(&id, &value); err != nil {
		t.Fatal(err)
	}
	if want := serialized(&recordv1.Value{Kind: &recordv1.Value_Array{Array: &recordv1.Array{List: true, Pairs: []*recordv1.Pair{
		{Key: php.Int(0), Value: php.Text(id)}, {Key: php.Int(1), Value: php.Text("")}}}}}); value != want {
		t.Errorf("%s, want %s", value, want)
	}
}
