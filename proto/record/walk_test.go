package record_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestMapRefsVisitsAllButItsOwn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		r    *recordv1.Record
		want []string
	}{
		{entry(), []string{"user/1", "user/2", "term/3", "entry/4", "media/5", "media/6", "media/7"}},
		{menu(), []string{"entry/12"}},
		{user(), nil},
	} {
		before := proto.Clone(tc.r)
		var got []string
		record.MapRefs(tc.r, func(r *recordv1.Ref) *recordv1.Ref {
			got = append(got, record.KeyOf(r).String())
			return r
		})
		if !slices.Equal(got, tc.want) || !proto.Equal(before, tc.r) {
			t.Errorf("visited %v, want %v", got, tc.want)
		}
	}
}

func TestRefsHavePaths(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range []*recordv1.Record{entry(), menu(), {}} {
		record.Refs(r, func(path string, ref *recordv1.Ref) { got = append(got, path+"="+record.KeyOf(ref).String()) })
	}
	want := []string{"authors=user/1", "authors=user/2", "terms=term/3", "parent=entry/4", "image.media=media/5",
		"seo.og_image.media=media/6", "fields.nested=media/7", "items.target=entry/12"}
	if !slices.Equal(got, want) {
		t.Errorf("visited %q, want %q", got, want)
	}
}

func TestMapRefsReplacesAndClears(t *testing.T) {
	t.Parallel()
	r := entry()
	record.MapRefs(r, func(ref *recordv1.Ref) *recordv1.Ref {
		if ref.SourceId == "1" || ref.SourceId == "4" || ref.SourceId == "7" {
			return nil
		}
		return record.NewRef(ref.Kind, "n"+ref.SourceId)
	})
	e := r.GetEntry()
	if len(e.Authors) != 1 || e.Authors[0].SourceId != "n2" || e.Parent != nil || e.Image.Media.SourceId != "n5" || r.Ref.SourceId != "12" {
		t.Errorf("got %v", e)
	}
	inner := r.Fields[1].Value.GetArray().Pairs[1].Value.GetArray().Pairs[1].Value
	if inner.GetKind() != nil {
		t.Errorf("the ref inside the custom field is %v", inner)
	}
}

func paths(walk func(*recordv1.Record, func(path, s string) string), r *recordv1.Record) (all []string) {
	walk(r, func(p, s string) string { all = append(all, p+"="+s); return s })
	return all
}

func TestTokenTexts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		r    *recordv1.Record
		want []string
	}{
		{entry(), []string{"content.text=<p>Hallo</p>", "content.html=<p>Hallo</p>", "excerpt=Kurz", "image.caption=<i>c</i>",
			"seo.canonical_url=https://example.org/", "fields.color=red", "fields.nested=a", "fields.nested=b"}},
		{menu(), []string{"items.url=/", "items.fields.icon=star"}},
		{user(), []string{"bio=Writes."}},
		{&recordv1.Record{Ref: ref(kindTerm, "1"), Body: &recordv1.Record_Term{Term: &recordv1.Term{Name: "n", Description: &recordv1.Body{Text: "d"},
			CodeInjection: &recordv1.CodeInjection{Head: "h", Foot: "f"}}}}, []string{"description.text=d", "code_injection.head=h", "code_injection.foot=f"}},
		{&recordv1.Record{Ref: ref(kindMedia, "1"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "t", Caption: "c", Description: "d",
			Details: text("camera")}}}, []string{"caption=c", "description=d"}},
		{&recordv1.Record{Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/a", ToUrl: "/b"}}}, []string{"to_url=/b"}},
		{&recordv1.Record{}, nil},
	} {
		before := proto.Clone(tc.r)
		if got := paths(record.TokenTexts, tc.r); !slices.Equal(got, tc.want) {
			t.Errorf("visited %q, want %q", got, tc.want)
		}
		if !proto.Equal(before, tc.r) {
			t.Error("looking changed the record")
		}
	}
}

func TestTokenTextsReplaces(t *testing.T) {
	t.Parallel()
	r := entry()
	record.TokenTexts(r, func(_, s string) string { return s + "!" })
	if r.GetEntry().Content.Text != "<p>Hallo</p>!" || r.GetEntry().Title != "Grüße" || r.Fields[0].Value.GetText() != "red!" {
		t.Errorf("got %v", r)
	}
	if r.Fields[1].Raw != nil {
		t.Error("raw bytes are left of a value that changed")
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	want := []string{"name=Main", "locations=primary", "items.id=a", "items.title=Home", "items.url=/",
		"items.id=b", "items.parent_id=a", "items.title=Sub", "items.fields.icon=star"}
	if got := paths(record.Texts, menu()); !slices.Equal(got, want) {
		t.Errorf("visited %q, want %q", got, want)
	}
	r := user()
	record.Texts(r, func(p, s string) string {
		if p == "roles" {
			return s + "2"
		}
		return s
	})
	if got := r.GetUser().Roles; !slices.Equal(got, []string{"administrator2", "shop_manager2", "editor2"}) {
		t.Errorf("roles %v", got)
	}
}

func BenchmarkTokenTexts(b *testing.B) {
	r := post()
	b.ReportAllocs()
	for b.Loop() {
		record.TokenTexts(r, func(_, s string) string { return s })
	}
}
