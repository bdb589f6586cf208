package transform_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// oddity is a text of n pieces that nobody writes, with "kept" in it.
type oddity struct {
	markup string
	make   func(n int) string
	// sized is how many pieces, of which a scan of all for each would take minutes; 0: as few as for the rest.
	sized int
}

func around(open, closing string) func(n int) string {
	return func(n int) string { return strings.Repeat(open, n) + "kept" + strings.Repeat(closing, n) }
}

func lexicalOf(open, closing string) func(n int) string {
	return func(n int) string {
		return `{"root":{"children":[` + strings.Repeat(open, n) + `{"type":"text","text":"kept"}` + strings.Repeat(closing, n) + `]}}`
	}
}

func mobiledocOf(marker string) func(n int) string {
	return func(n int) string {
		return `{"markups":[["b"]],"atoms":[],"cards":[],"sections":[[1,"p",[` + strings.Repeat(marker+",", n) + `[0,[],0,"kept"]]]]}`
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&b, " a%d=b", i)
	}
	return "<p" + b.String() + ">kept</p>"
}

var oddities = map[string]oddity{
	"unclosed paragraphs": {"html", around("<p><em>", ""), 20_000}, "closed by others": {"html", around("<b>", "</i>"), 100_000}, "attributes": {"html", attributes, 20_000}, "comment": {"html", func(n int) string { return "kept<!-- " + strings.Repeat("<p>a", n) }, 0},
	"columns": {"html", func(n int) string {
		return "<table><thead><tr>" + strings.Repeat("<th>kept</th>", n) + "</tr></thead></table>"
	}, 10_000},
	"ticks": {"html", func(n int) string { return "<p>kept<code>" + strings.Repeat("`", n) + "</code></p>" }, 50_000}, "spans": {"html", around("a <span>b</span>", ""), 20_000}, "formats": {"html", around("a <em>b</em>", ""), 0},
	"long paragraph":    {"html", func(n int) string { return "<p>" + strings.Repeat("kept and more, ", n) + "</p>" }, 100_000},
	"tags without ends": {"wordpress", func(n int) string { return "kept " + strings.Repeat("<style", n) }, 100_000}, "galleries": {"wordpress", around("[gallery ", ""), 100_000}, "shortcodes": {"wordpress", around("[a]", ""), 20_000}, "blocks": {"wordpress", around("<!-- wp:quote -->", ""), 0},
	"braces": {"joomla", around("{", ""), 100_000}, "plugins": {"joomla", around("{a}", ""), 20_000}, "drupal": {"drupal", around("[[{", ""), 100_000},
	"brackets": {"modx", around("[[", ""), 100_000}, "closed brackets": {"modx", func(n int) string { return "kept " + around("[[", "]]")(n) }, 100_000}, "nested tags": {"modx", func(n int) string { return around("[[$a? &b=`", "`]]")(n) + "kept" }, 10_000},
	"quotes": {"markdown", around("> ", ""), 20_000}, "lists": {"markdown", around("- ", ""), 0}, "emphasis": {"markdown", around("*a", ""), 20_000}, "headings": {"markdown", around("# a\n\n", ""), 20_000},
	"markdown columns": {"markdown", func(n int) string { return strings.Repeat("|kept", n) + "|\n" + strings.Repeat("|-", n) + "|\n" }, 10_000},
	"hugo":             {"markdown+hugo", around("{{< a >}}", ""), 10_000}, "liquid": {"html+liquid", around("{% if %}", ""), 10_000},
	"lexical":       {"lexical", lexicalOf(`{"type":"a","children":[`, "]}"), 50_000},
	"lexical lists": {"lexical", lexicalOf(`{"type":"list","children":[{"type":"listitem","children":[`, "]}]}"), 0},
	"lexical links": {"lexical", lexicalOf(`{"type":"paragraph","children":[{"type":"link","children":[`, "]}]}"), 0},
	"breaks": {"lexical", func(n int) string {
		return lexicalOf(`{"type":"paragraph","children":[`+strings.Repeat(`{"type":"linebreak"},`, n), "]}")(1)
	}, 50_000},
	"broken lexical": {"lexical", func(n int) string {
		return strings.TrimSuffix(lexicalOf(`{"type":"paragraph","children":[],"x":"y"},`, "")(n), "}")
	}, 0},
	"markers": {"mobiledoc", mobiledocOf(`[0,[0],1,"a"]`), 20_000}, "open markers": {"mobiledoc", mobiledocOf(`[0,[0],0,"a"]`), 0}, "broken markers": {"mobiledoc", func(n int) string { return strings.TrimSuffix(mobiledocOf(`[0,[0],1,"a"]`)(n), "}") }, 0},
}

// However odd a text is, what is to be read in it arrives, and it takes memory by its length.
func TestOddTexts(t *testing.T) {
	const few = 500
	for name, s := range oddities {
		for _, to := range []string{"html", "wordpress", "lexical", "markdown", "text"} {
			if to == s.markup {
				continue
			}
			allocated := func(n int) uint64 {
				tr, in := target(to), s.make(n)
				r := entry(s.markup, in)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				out, losses := tr.Take(r)
				runtime.ReadMemStats(&after)
				if got := out[0].GetEntry().GetContent().GetText(); !strings.Contains(got, "kept") {
					t.Errorf("%s to %s: %d pieces became %.80q; losses %v", name, to, n, got, losses)
				}
				return after.TotalAlloc - before.TotalAlloc
			}
			allocated(1)
			// Below a megabyte it is noise.
			if little, much := allocated(few), allocated(4*few); much > 8*little && much > 1<<20 {
				t.Errorf("%s to %s: %d bytes, for four times as much %d", name, to, little, much)
			}
			if s.sized > 0 && to != "markdown" {
				allocated(s.sized)
			}
		}
	}
}

// A text whose nodes would be longer than a record may be becomes one card that shows it.
func TestLongTextIsOneCard(t *testing.T) {
	long := strings.Repeat("<p>a</p>", record.MaxBytes/32/8)
	for _, in := range []string{long, long + "<p>b</p>"} {
		out, _ := target("lexical").Take(entry("html", in))
		b := out[0].GetEntry().GetContent()
		if n := proto.Size(out[0]); n > record.MaxBytes {
			t.Errorf("%d bytes became %d", len(in), n)
		}
		if cards := strings.Count(b.GetText(), `"type":"html"`); cards != min(1, len(in)-len(long)) || strings.Count(b.GetHtml(), "<p>a</p>") != len(long)/8 {
			t.Errorf("%d bytes became %d cards and %d bytes of HTML", len(in), cards, len(b.GetHtml()))
		}
		back, _ := target("html").Take(&recordv1.Record{Ref: out[0].GetRef(), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Content: b}}})
		if got := back[0].GetEntry().GetContent().GetText(); strings.Count(got, "<p>a</p>") != len(long)/8 {
			t.Errorf("%d bytes came back as %d", len(in), len(got))
		}
	}
}
