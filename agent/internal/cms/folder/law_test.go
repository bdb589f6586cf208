package folder

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

var anyText = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"true", "No", "null", "~", "1.5", "0x1F", "017", "2024-01-02", "2024-01-02T03:04:05+02:00", "a: b", "# x", "- x", "---", "\u2028", "\x00", "\u0085", "\ufeff", "é", "a #b", "{x}", "{{ x }}", "{% raw %}{{{% endraw %}", `{{ "{{" }}`,
	"[x]", "!x", "*x", "&x", " x ", "x:", "=", "<<", "", "\n\n", "multi\nline", "\t", "😀", "\u202e", "o'clock", `"`, `\`}))

// anyValue draws a value of a custom field.
func anyValue(depth int) *rapid.Generator[*recordv1.Value] {
	return rapid.Custom(func(t *rapid.T) *recordv1.Value {
		top := 9
		if depth > 2 {
			top = 6
		}
		switch rapid.IntRange(0, top).Draw(t, "kind") {
		case 0:
			return boolValue(rapid.Bool().Draw(t, "bool"))
		case 1:
			return intValue(rapid.Int64().Draw(t, "int"))
		case 2:
			return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: rapid.SampledFrom([]string{"0.10", "-1.5e10", "1e3", "NaN", "7"}).Draw(t, "float")}}
		case 3:
			return &recordv1.Value{Kind: &recordv1.Value_Data{Data: rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "data")}}
		case 4:
			return &recordv1.Value{}
		case 5:
			return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: &recordv1.Ref{Kind: kindEntry, SourceId: "content/posts/x.md"}}}
		case 6:
			return textValue(anyText.Draw(t, "text"))
		}
		a := &recordv1.Array{List: rapid.Bool().Draw(t, "list")}
		for i := range rapid.IntRange(0, 3).Draw(t, "length") {
			key := intValue(int64(i))
			if !a.List || rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				key = rapid.OneOf(rapid.Map(anyText, textValue), rapid.Map(rapid.Int64(), intValue)).Draw(t, "key")
			}
			a.Pairs = append(a.Pairs, &recordv1.Pair{Key: key, Value: anyValue(depth+1).Draw(t, "value")})
		}
		return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
	})
}

// What is written into front matter is read from it again: every type of custom field, whatever it is called, and every text.
func TestFrontMatterAndBack(t *testing.T) {
	t.Parallel()
	for flavour, file := range map[string]string{hugo: "content/posts/x.md", jekyll: "_posts/2024-01-02-x.md", eleventy: "posts/x.md"} {
		t.Run(flavour, func(t *testing.T) {
			t.Parallel()
			frontMatterAndBack(t, flavour, file)
		})
	}
}

func frontMatterAndBack(t *testing.T, flavour, file string) {
	c, err := newConfig(flavour, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := &recordv1.Entry{Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: anyText.Draw(t, "title"), Slug: "x", Excerpt: anyText.Draw(t, "excerpt"),
			Visibility: recordv1.Visibility_VISIBILITY_PUBLIC, Featured: rapid.Bool().Draw(t, "featured"), Position: int32(rapid.IntRange(-5, 5).Draw(t, "position")),
			Published: &recordv1.Time{Seconds: rapid.Int64Range(-62_000_000_000, 1<<37).Draw(t, "seconds"), Offset: int32(rapid.IntRange(-14, 14).Draw(t, "hours") * 3600)}}
		e.Content = &recordv1.Body{Markup: "markdown", Text: anyText.Draw(t, "body")}
		if text := anyText.Draw(t, "description"); text != "" {
			e.Seo = &recordv1.Seo{Description: text, OgTitle: "x"}
		}
		want := &recordv1.Record{Ref: &recordv1.Ref{Kind: kindEntry, SourceId: file}, Body: &recordv1.Record_Entry{Entry: e}}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			f := &recordv1.Field{Name: rapid.OneOf(anyText, rapid.SampledFrom([]string{"title", "tags", "draft", "url", "fields", "seo", "colour", "$value", "Date"})).Draw(t, "name"), Value: anyValue(0).Draw(t, "value")}
			if rapid.IntRange(0, 4).Draw(t, "encoded") == 0 {
				f.Encoding, f.Raw = "php", []byte("a:0:{}")
			}
			want.Fields = append(want.Fields, f)
		}
		got, _, err := c.decodeEntry(file, c.encodeEntry(want, file))
		if err != nil {
			t.Fatalf("%v in\n%s", err, c.encodeEntry(want, file))
		}
		got.GetEntry().GetContent().Markup = "markdown"
		if len(got.GetFields()) != len(want.GetFields()) {
			t.Fatalf("%d fields became %d in\n%s", len(want.GetFields()), len(got.GetFields()), c.encodeEntry(want, file))
		}
		sameFields(t, want, got)
		want.Fields, got.Fields = nil, nil
		if !proto.Equal(want, got) {
			t.Fatalf("wrote %v\nread %v\nin\n%s", want, got, c.encodeEntry(want, file))
		}
	})
}

// Data files give back every value in both forms that builders read.
func TestDataAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := wrapped(anyValue(0).Draw(t, "value"))
		for _, flavour := range []string{jekyll, eleventy} {
			c := &config{shape: shapes[flavour]}
			text := c.dataText(one("x", want))
			got, err := parseData(c.shape.ext, []byte(text))
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if a, b := unwrapped(proto.CloneOf(want)), unwrapped(got.get("x")); !proto.Equal(a, b) && (a.GetKind() != nil || b.GetKind() != nil) {
				t.Fatalf("wrote %v\nread %v\nin\n%s", a, b, text)
			}
		}
	})
}

// sameFields compares by name; fields of one name in their order.
func sameFields(t *rapid.T, want, got *recordv1.Record) {
	byName := map[string][]*recordv1.Field{}
	for _, f := range got.GetFields() {
		byName[f.GetName()] = append(byName[f.GetName()], f)
	}
	for _, f := range want.GetFields() {
		have := byName[f.GetName()]
		if len(have) == 0 || !proto.Equal(have[0], f) && (f.GetValue().GetKind() != nil || have[0].GetValue().GetKind() != nil) {
			t.Fatalf("wrote %v\nread %v", f, have)
		}
		byName[f.GetName()] = have[1:]
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]int64{"2024-03-01T10:00:00+01:00": 1709283600, "2024-03-01 10:00:00 +0100": 1709283600, "2024-03-01T09:00:00Z": 1709283600, "2024-03-01 10:00": 1709283600, "2024-07-01": 1719784800} {
		if got := parseTime(textValue(s), berlin); got.GetSeconds() != want {
			t.Errorf("%s is %d, not %d", s, got.GetSeconds(), want)
		}
	}
}

func FuzzContentFile(f *testing.F) {
	for _, s := range []string{"---\ntitle: x\n---\n\nbody", "+++\na = 1\n+++\n", `{"a": [1, {"b": null}]} x`, "---\na: &x [*x]\n---\n", "---\n<<: {a: 1}\n---\n", "{{< x >}}"} {
		f.Add(s)
	}
	c, err := newConfig(hugo, "", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rec, _, err := c.decodeEntry("content/posts/x.md", s)
		if err != nil {
			return
		}
		// What was read once is written and read again without a change.
		again, _, err := c.decodeEntry("content/posts/x.md", c.encodeEntry(rec, "content/posts/x.md"))
		if err != nil {
			t.Fatalf("%v in\n%s", err, c.encodeEntry(rec, "content/posts/x.md"))
		}
		if again.GetEntry().GetTitle() != rec.GetEntry().GetTitle() || again.GetEntry().GetContent().GetText() != rec.GetEntry().GetContent().GetText() {
			t.Errorf("%v\nthen %v", rec, again)
		}
	})
}
