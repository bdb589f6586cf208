package transform_test

import (
	"cmp"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const sentence = "<p>The bridge was put up in a day, and the river below did not <em>notice</em> it at all.</p>\n"

// context is a target that holds all of every kind, with texts in the given markups.
func context(markups ...string) transform.Context {
	return transform.Context{
		Source: transform.Site{BaseURLs: []string{"https://old.example", "http://older.example"}},
		Links:  site,
		Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {
			Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Markups: markups},
		}},
	}
}

// drupalLines are texts of visitors of a Drupal.
const drupalLines = "drupal|filter_html <a href hreflang> <em> <strong> <cite> <blockquote cite> <code> <ul type> <ol start type> <li> <dl> <dt> <dd> <h2 id> <h3 id> <img src alt>|filter_url 72|filter_autop|filter_htmlcorrector"

// prose is what half a typical entry of 3 KB says, by what its elements look like in a markup.
type prose struct {
	// Each holds a "%": begin and end of a paragraph, a heading, a list, an item, a quotation, strong and emphasized words.
	p, h, ul, li, quote, strong, em string
	// own and other are links of the site's own and to elsewhere; img is a picture of the site's own.
	own, other, img string
}

func put(form string, texts ...string) string {
	return strings.Replace(form, "%", strings.Join(texts, ""), 1)
}

func (m *prose) String() string {
	const long = "The bridge was put up in a day, and the river below did not notice it at all; those who crossed it on the next morning – some forty people, two horses and a cart – "
	return put(m.h, "How it was built") +
		put(m.p, long, "thought that it ", put(m.em, "had always"), " been there. ", put(m.own, "The story of the other one"), " is told elsewhere.") +
		put(m.p, long, "said so to ", put(m.strong, "everybody"), " who asked, and a few who didn’t.") + m.img +
		put(m.ul, put(m.li, "Four panels on each side, pinned"), put(m.li, "Decking of ", put(m.em, "sawn"), " timber"), put(m.li, "Ramps at both ends (see ", put(m.other, "the manual"), ")")) +
		put(m.p, long, "were counted. It carries forty tons; no more than one vehicle at a time, and nobody is to stop on it.") +
		put(m.quote, put(m.p, "It was the best thing in that line that we ever had.")) + put(m.p, long, "went home.")
}

// typical are bodies of 3 KB in each markup of a source.
func typical() map[string]string {
	html := prose{"<p>%</p>\n", "<h2>%</h2>\n", "<ul>\n%</ul>\n", "<li>%</li>\n", "<blockquote>%</blockquote>\n", "<strong>%</strong>", "<em>%</em>",
		`<a href="https://old.example/hello/">%</a>`, `<a href="https://example.org/bridge?a=1&amp;b=2">%</a>`, `<figure><img src="/files/a.jpg" alt="The bridge"></figure>` + "\n"}
	classic := html
	classic.p, classic.img = "%\n\n", `[caption id="attachment_5" width="300"]<img class="wp-image-5" src="https://old.example/files/a.jpg" alt="" /> The bridge[/caption]`+"\n\n"
	block := func(name, inner string) string {
		return "<!-- wp:" + name + " -->\n" + inner + "<!-- /wp:" + strings.Fields(name)[0] + " -->\n\n"
	}
	blocks := html
	blocks.p, blocks.h, blocks.ul = block("paragraph", html.p), block("heading", `<h2 class="wp-block-heading">%</h2>`+"\n"), block("list", "<ul>%</ul>\n")
	blocks.li, blocks.quote = block("list-item", html.li), block("quote", `<blockquote class="wp-block-quote">%</blockquote>`+"\n")
	blocks.img = block(`image {"id":5,"sizeSlug":"large"}`, `<figure class="wp-block-image size-large"><img src="https://old.example/files/a.jpg" alt="The bridge" class="wp-image-5"/></figure>`+"\n")
	lines := html
	lines.p, lines.own = "%\n\n", `<a href="/hello/">%</a>`
	modx := html
	modx.own = `<a href="[[~12]]">%</a>`
	md := prose{"%\n\n", "## %\n\n", "%\n", "- %\n", "> %", "**%**", "*%*", "[%](/hello/)", "[%](https://example.org/bridge?a=1&b=2)", "![The bridge](/files/a.jpg)\n\n"}
	text := prose{"%\n\n", "%\n\n", "%\n", "- %\n", "%", "%", "%", "%", "% (https://example.org/bridge)", ""}
	all := map[string]string{}
	for name, m := range map[string]prose{"html": html, "classic": classic, "wordpress": blocks, "joomla": html, "drupal": html, drupalLines: lines, "modx": modx, "markdown": md, "text": text} {
		all[name] = strings.Repeat(m.String(), 2)
	}
	return all
}

// body is a typical one in a markup, where "classic" is WordPress's without blocks.
func body(markup string) *recordv1.Body {
	switch markup {
	case "lexical", "lexical without html":
		out, _ := transform.New(context("lexical")).Record(entry("html", typical()["html"]))
		b := out[0].GetEntry().GetContent()
		b.Text, b.Html = strings.ReplaceAll(b.GetText(), "bailey:", "https://old.example/?x="), strings.ReplaceAll(b.GetHtml(), "bailey:", "https://old.example/?x=")
		if markup != "lexical" {
			b.Html = ""
		}
		return b
	case "classic":
		return &recordv1.Body{Markup: "wordpress", Text: typical()["classic"]}
	}
	return &recordv1.Body{Markup: markup, Text: typical()[markup]}
}

// target takes one markup, where "classic" is WordPress's without blocks, of every kind.
func target(markup string) *transform.Transformer {
	c := context(strings.Replace(markup, "classic", "wordpress", 1))
	c.Classic = markup == "classic"
	for _, k := range record.Kinds {
		c.Target[k] = c.Target[recordv1.Kind_KIND_ENTRY]
	}
	return transform.New(c)
}

// measure tells of processor time, because other programs run beside it.
func measure(b *testing.B, t *transform.Transformer, r *recordv1.Record, bytes int) {
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		if out, _ := t.Record(r); len(out) != 1 {
			b.Fatal("no record came out")
		}
	}
	took := processorTime(b) - before
	b.ReportMetric(float64(b.N)/took.Seconds(), "records/s")
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*bytes), "ns/byte")
}

func processorTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What typical entries are taken from and to.
var (
	sources = []string{"wordpress", "classic", "html", "joomla", "drupal", drupalLines, "modx", "lexical", "lexical without html", "markdown", "text"}
	targets = []string{"wordpress", "classic", "html", "joomla", "modx", "lexical", "markdown"}
)

// BenchmarkEntry takes a typical entry from each markup to each.
func BenchmarkEntry(b *testing.B) {
	for _, from := range sources {
		for _, to := range targets {
			b.Run(strings.ReplaceAll(from+"/"+to, " ", "_"), func(b *testing.B) {
				r := entry("", "")
				r.GetEntry().Content = body(from)
				measure(b, target(to), r, len(cmp.Or(r.GetEntry().GetContent().GetHtml(), r.GetEntry().GetContent().GetText())))
			})
		}
	}
}

// TestLinear: a text that is 32 times as long takes 32 times the work, from each markup to each. Both are done as often as makes them as
// much, one beside the other; a scan of all for each of its parts would make it 32 times as much.
func TestLinear(t *testing.T) {
	const few, times, most = 4, 32, 6
	for _, from := range sources {
		for _, to := range targets {
			r, tr := entry("", ""), target(to)
			r.GetEntry().Content = body(from)
			work := func(copies, often int) time.Duration {
				long := proto.CloneOf(r)
				b := long.GetEntry().GetContent()
				b.Text, b.Html = lengthened(b.GetText(), copies), strings.Repeat(b.GetHtml(), copies)
				before := processorTime(t)
				for range often {
					tr.Record(long)
				}
				return processorTime(t) - before
			}
			work(few, 1)
			ratio := 0.0
			// What else the machine does is not counted, but takes room in its caches.
			for range 5 {
				if ratio = float64(work(few*times, 1)) / float64(work(few, times)); ratio < most {
					break
				}
			}
			if ratio >= most {
				t.Errorf("%s to %s: as many texts' worth in one takes %.1f times as long", from, to, ratio)
			}
		}
	}
}

// lengthened repeats a body, within its root where it is a tree.
func lengthened(s string, copies int) string {
	const open = `{"root":{"children":[`
	at, end := strings.Index(s, open), strings.LastIndexByte(s, ']')
	if at < 0 {
		return strings.Repeat(s, copies)
	}
	nodes := s[at+len(open) : end]
	return s[:at+len(open)] + strings.Repeat(nodes+",", copies-1) + nodes + s[end:]
}

// BenchmarkMix takes ten records as sites have them: three entries of 3 KB, five comments, a term and an account; the speed is of one core.
func BenchmarkMix(b *testing.B) {
	var all []*recordv1.Record
	for _, markup := range []string{"wordpress", "classic", "html"} {
		e := entry("", "")
		e.GetEntry().Content = body(markup)
		all = append(all, e)
	}
	s := small()
	all = append(all, s["comment"], s["comment"], s["comment"], s["comment"], s["comment"], s["term"], s["user"])
	for _, to := range []string{"html", "wordpress", "joomla", "lexical", "markdown"} {
		b.Run(to, func(b *testing.B) {
			t := target(to)
			before, n := processorTime(b), 0
			for b.Loop() {
				for _, r := range all {
					t.Record(r)
					n++
				}
			}
			b.ReportMetric(float64(n)/(processorTime(b)-before).Seconds(), "records/s")
		})
	}
}

// small are the kinds of which sites have most.
func small() map[string]*recordv1.Record {
	words := "I crossed it twice, and it <em>held</em>. See https://old.example/hello/ for what others say about it; one of them fell into the river, but that was long before, and he is well again."
	return map[string]*recordv1.Record{
		"comment": {Ref: record.NewRef(recordv1.Kind_KIND_COMMENT, "7"), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{
			Entry: record.NewRef(recordv1.Kind_KIND_ENTRY, "12"), AuthorName: "Ann", AuthorUrl: "https://example.org/", Content: &recordv1.Body{Markup: "html", Text: words}}}},
		"term": {Ref: record.NewRef(recordv1.Kind_KIND_TERM, "3"), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: "category", Name: "Bridges", Slug: "bridges",
			Description: &recordv1.Body{Markup: "html", Text: "All that was written about bridges."}}}},
		"user": {Ref: record.NewRef(recordv1.Kind_KIND_USER, "2"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "ann", Email: "ann@example.org", DisplayName: "Ann"}}},
	}
}

func BenchmarkSmall(b *testing.B) {
	for name, r := range small() {
		for _, to := range []string{"wordpress", "joomla", "lexical", "markdown"} {
			b.Run(name+"/"+to, func(b *testing.B) { measure(b, target(to), r, proto.Size(r)) })
		}
	}
}
