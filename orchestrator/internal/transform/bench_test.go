package transform_test

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const sentence = "<p>The bridge was put up in a day, and the river below did not <em>notice</em> it at all.</p>\n"

// post is a typical one of about 3 KB.
func post(markup, body string) *recordv1.Record {
	return entry(markup, strings.Repeat(sentence, 30)+body)
}

func context(markups ...string) transform.Context {
	return transform.Context{
		Source: transform.Site{BaseURLs: []string{"https://old.example", "http://older.example"}},
		Links:  site,
		Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {
			Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Markups: markups},
		}},
	}
}

func BenchmarkRecord(b *testing.B) {
	for name, c := range map[string]struct {
		r       *recordv1.Record
		markups []string
	}{
		"nothing to rewrite": {post("wordpress", `<a href="https://example.org/">x</a>`), []string{"wordpress"}},
		"links":              {post("wordpress", `<a href="https://old.example/hello/">x</a><img src="/files/a.jpg">`), []string{"wordpress"}},
		"classic to lexical": {post("wordpress", `[caption]<img src="/files/a.jpg"> x[/caption]`), []string{"lexical"}},
		"html to markdown":   {post("html", "<p>The end.</p>"), []string{"markdown"}},
		"html to blocks":     {post("markdown", ""), []string{"wordpress"}},
	} {
		b.Run(name, func(b *testing.B) {
			t := transform.New(context(c.markups...))
			b.SetBytes(int64(len(c.r.GetEntry().GetContent().GetText())))
			b.ReportAllocs()
			for b.Loop() {
				if out, _ := t.Record(c.r); len(out) != 1 {
					b.Fatal("no record came out")
				}
			}
		})
	}
}
