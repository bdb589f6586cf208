package ghost

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func textOf(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func pointer(kind recordv1.Kind, id string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(kind, id)}}
}

// Custom fields of another system come back from the front matter as they were; those that visitors were not to see stay behind.
func TestCustomFieldsAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		one := entry("1", &recordv1.Entry{Type: "post", Title: "One", Slug: "one", Status: recordv1.Status_STATUS_PUBLISHED})
		list := &recordv1.Array{List: true}
		for i, v := range []*recordv1.Value{pointer(kindEntry, "2"), textOf("a\n\"b\" </script>"), {Kind: &recordv1.Value_IntValue{IntValue: 1 << 60}}, {}} {
			list.Pairs = append(list.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(i)}}, Value: v})
		}
		one.Fields = []*recordv1.Field{
			{Name: "price", Value: textOf("12 €"), Encoding: "php"}, {Name: "price", Value: textOf("13")}, {Name: "_secret", Value: textOf("hidden")},
			{Name: "next", Value: pointer(kindEntry, "2")}, {Name: "list", Value: &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}}},
			{Name: "link", Value: textOf(`<a href="bailey:entry/2">two</a>`)}, {Name: "odd", Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: "x"}}, Raw: []byte{0, 255}},
		}
		sent, res := g.write(t, one, entry("2", &recordv1.Entry{Type: "post", Title: "Two", Slug: "two", Status: recordv1.Status_STATUS_PUBLISHED}))
		if got := codes(res[0]); strings.Contains(got, "fields.") {
			t.Errorf("adjustments %s", got)
		}
		if open := g.relink(t, true); len(open) > 0 {
			t.Errorf("open: %v", open)
		}
		g.verify(t, sent)
		text := ask(t, s, "SELECT m.frontmatter FROM posts_meta m JOIN posts p ON p.id = m.post_id WHERE p.slug = 'one'")
		if strings.Contains(text, "hidden") || strings.Contains(text, record.Scheme) || !strings.Contains(text, "12 €") || !strings.Contains(text, "__GHOST_URL__/two/") {
			t.Errorf("front matter %s", text)
		}
		if len(sent[0].GetFields()) != len(one.GetFields())-1 {
			t.Errorf("%d fields were sent", len(sent[0].GetFields()))
		}
	})
}

// A pointer that leads nowhere is none; what has no room stays behind and is told; front matter of one's own stays what it is.
func TestFrontMatterHasItsBounds(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		if d == cmssql.MySQL {
			// As Ghost makes it. (core/server/data/schema/schema.js: text, 65535)
			_, err := s.DB.Exec("ALTER TABLE posts_meta MODIFY frontmatter text")
			must(t, err)
		}
		g := newTarget(t, s, "one")
		one := entry("1", &recordv1.Entry{Type: "post", Title: "One", Slug: "one", Status: recordv1.Status_STATUS_PUBLISHED})
		one.Fields = []*recordv1.Field{{Name: "next", Value: pointer(kindEntry, "99")}, {Name: "huge", Value: textOf(strings.Repeat("x", 80<<10))}, {Name: "small", Value: textOf("y")}}
		own := entry("2", &recordv1.Entry{Type: "post", Title: "Two", Slug: "two", Status: recordv1.Status_STATUS_PUBLISHED})
		own.Fields = []*recordv1.Field{{Name: frontMatter, Value: textOf("layout: wide")}}
		sent, res := g.write(t, one, own)
		if told := strings.Contains(codes(res[0]), "fields.huge:custom_field_not_held"); told != (d == cmssql.MySQL) {
			t.Errorf("adjustments %q", codes(res[0]))
		}
		g.relink(t, true)
		items, err := g.ledger.ReadBack(t.Context(), g.scope, []*recordv1.Ref{sent[0].GetRef(), sent[1].GetRef()})
		must(t, err)
		got := items[0].GetRecord().GetFields()
		if got[0].GetName() != "next" || got[0].GetValue().GetKind() != nil || got[len(got)-1].GetValue().GetText() != "y" {
			t.Errorf("came back: %.300v", got)
		}
		if f := items[1].GetRecord().GetFields(); len(f) != 1 || f[0].GetName() != frontMatter || f[0].GetValue().GetText() != "layout: wide" {
			t.Errorf("front matter of its own came back as %v", f)
		}
		if text := ask(t, s, "SELECT m.frontmatter FROM posts_meta m JOIN posts p ON p.id = m.post_id WHERE p.slug = 'two'"); text != "layout: wide" {
			t.Errorf("it is kept as %q", text)
		}
	})
}
