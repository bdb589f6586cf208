package record_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/proto/record"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

var everything = &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true}

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*recordv1.Record)
		want   []string
	}{
		"same":             {func(*recordv1.Record) {}, nil},
		"title":            {func(r *recordv1.Record) { r.GetEntry().Title = "x" }, []string{"title"}},
		"text":             {func(r *recordv1.Record) { r.GetEntry().Content.Text = "x" }, []string{"content.text"}},
		"markup, html":     {func(r *recordv1.Record) { r.GetEntry().Content.Markup, r.GetEntry().Content.Html = "x", "y" }, nil},
		"offset":           {func(r *recordv1.Record) { r.GetEntry().Published.Offset = 5 }, nil},
		"seconds":          {func(r *recordv1.Record) { r.GetEntry().Published.Seconds = 5 }, []string{"published"}},
		"time gone":        {func(r *recordv1.Record) { r.GetEntry().Published = nil }, []string{"published"}},
		"nested":           {func(r *recordv1.Record) { r.GetEntry().Seo.OgImage.Media.SourceId = "9" }, []string{"seo.og_image.media"}},
		"message gone":     {func(r *recordv1.Record) { r.GetEntry().Image = nil }, []string{"image.media", "image.alt", "image.caption"}},
		"empty message":    {func(r *recordv1.Record) { r.GetEntry().CodeInjection = &recordv1.CodeInjection{} }, nil},
		"order":            {func(r *recordv1.Record) { slices.Reverse(r.GetEntry().Authors) }, []string{"authors"}},
		"shorter":          {func(r *recordv1.Record) { r.GetEntry().Terms = nil }, []string{"terms"}},
		"bool":             {func(r *recordv1.Record) { r.GetEntry().Featured = false }, []string{"featured"}},
		"more":             {func(r *recordv1.Record) { r.GetEntry().Guid = "g" }, []string{"guid"}},
		"locale":           {func(r *recordv1.Record) { r.Locale = "" }, []string{"locale"}},
		"translation":      {func(r *recordv1.Record) { r.TranslationGroup = "" }, []string{"translation_group"}},
		"field order":      {func(r *recordv1.Record) { slices.Reverse(r.Fields) }, nil},
		"field value":      {func(r *recordv1.Record) { r.Fields[0].Value = text("blue") }, []string{"fields.color"}},
		"field raw":        {func(r *recordv1.Record) { r.Fields[1].Raw = nil }, []string{"fields.nested"}},
		"field null":       {func(r *recordv1.Record) { r.Fields[2].Value = &recordv1.Value{} }, nil},
		"field gone":       {func(r *recordv1.Record) { r.Fields = r.Fields[1:] }, []string{"fields.color"}},
		"field twice":      {func(r *recordv1.Record) { r.Fields = append(r.Fields, r.Fields[0]) }, []string{"fields.color"}},
		"field unexpected": {func(r *recordv1.Record) { r.Fields = append(r.Fields, &recordv1.Field{Name: "z"}) }, []string{"fields.z"}},
		"notes, digest":    {func(r *recordv1.Record) { r.Notes = nil; record.Seal(r) }, nil},
		"kind":             {func(r *recordv1.Record) { r.Body = user().Body }, []string{"*"}},
	} {
		got := entry()
		tc.change(got)
		if d := record.Diff(entry(), got, everything, nil); !slices.Equal(d, tc.want) {
			t.Errorf("%s: %v, want %v", name, d, tc.want)
		}
	}
	if d := record.Diff(entry(), nil, everything, nil); !slices.Equal(d, []string{"*"}) {
		t.Errorf("nothing to compare with: %v", d)
	}
}

func TestDiffOnlyWhatIsHeld(t *testing.T) {
	t.Parallel()
	other := &recordv1.Record{Ref: ref(kindEntry, "12"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Title: "other"}}}
	h := &agentv1.Holds{Fields: []string{"slug", "content", "content.html", "seo.title", "fields.color"}}
	if d := record.Diff(entry(), other, h, nil); !slices.Equal(d, []string{"slug", "content.text", "content.html", "seo.title", "fields.color"}) {
		t.Errorf("got %v", d)
	}
}

func TestDiffAdjustmentsAndFills(t *testing.T) {
	t.Parallel()
	got := entry()
	got.GetEntry().Slug = "gruesse-2"
	got.GetEntry().Image = nil
	got.GetEntry().Guid = "filled"
	got.GetEntry().Comments = "open"
	got.Fields = append(got.Fields, &recordv1.Field{Name: "own"})
	h := &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Fills: []string{"guid", "slug", "fields.own"}}
	adjusted := []*agentv1.Adjustment{{Field: "slug", Code: "slug_taken"}, {Field: "image"}}
	if d := record.Diff(entry(), got, h, adjusted); !slices.Equal(d, []string{"comments"}) {
		t.Errorf("got %v", d)
	}
	// What want states is compared even when the platform would have filled it.
	if d := record.Diff(entry(), got, h, adjusted[1:]); !slices.Equal(d, []string{"slug", "comments"}) {
		t.Errorf("got %v", d)
	}
	for _, field := range []string{"", "*"} {
		if d := record.Diff(entry(), got, h, []*agentv1.Adjustment{{Field: field, Code: "kept_existing"}}); d != nil {
			t.Errorf("adopted: %v", d)
		}
	}
}

func TestDiffMenuParentsByPosition(t *testing.T) {
	t.Parallel()
	got := menu()
	got.GetMenu().Items[0].Id, got.GetMenu().Items[1].Id, got.GetMenu().Items[1].ParentId = "101", "102", "101"
	if d := record.Diff(menu(), got, everything, nil); d != nil {
		t.Errorf("renumbered: %v", d)
	}
	got.GetMenu().Items[1].ParentId = ""
	if d := record.Diff(menu(), got, everything, nil); !slices.Equal(d, []string{"items.parent_id"}) {
		t.Errorf("flat: %v", d)
	}
	got.GetMenu().Items[1].Fields[0].Value = text("moon")
	got.GetMenu().Items = got.GetMenu().Items[1:]
	if d := record.Diff(menu(), got, everything, nil); !slices.Equal(d, []string{"items"}) {
		t.Errorf("fewer: %v", d)
	}
}

func TestDiffFilesByContent(t *testing.T) {
	t.Parallel()
	want := &recordv1.Record{Ref: ref(kindMedia, "5"), Body: &recordv1.Record_Media{Media: &recordv1.Media{
		Files: []*recordv1.File{{Id: "a", Role: "full", Path: "2020/a.jpg", Bytes: 9}}, Details: list(text("x"))}}}
	got := proto.Clone(want).(*recordv1.Record)
	got.GetMedia().Files[0].Id, got.GetMedia().Files[0].Path = "b", "2020/a-1.jpg"
	if d := record.Diff(want, got, everything, nil); d != nil {
		t.Errorf("moved: %v", d)
	}
	got.GetMedia().Files[0].Bytes, got.GetMedia().Details = 8, list(text("y"))
	if d := record.Diff(want, got, everything, nil); !slices.Equal(d, []string{"files.bytes", "details"}) {
		t.Errorf("changed: %v", d)
	}
}
