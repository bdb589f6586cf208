package transform_test

import (
	"regexp"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var word = rapid.SampledFrom([]string{"bridge", "Übergang", "橋", "a &amp; b", "1 &lt; 2", "“so”", "bailey", "x[1]"})

func words(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, "words"), " ")
}

// phrase is inline HTML: formats nested in the order in which the editors write them, none of them over a break.
func phrase(t *rapid.T) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 4).Draw(t, "parts") {
		if i > 0 {
			b.WriteString(rapid.SampledFrom([]string{" ", "<br>then "}).Draw(t, "between"))
		}
		format := rapid.SampledFrom([]string{"%", "<strong>%</strong>", "<em>%</em>", "<strong><em>%</em></strong>", "<code>%</code>", "<s>%</s>",
			`<a href="bailey:entry/12">%</a>`, `<a href="https://example.org/?a=1&amp;b=2" rel="nofollow"><em>%</em></a>`}).Draw(t, "format")
		b.WriteString(strings.Replace(format, "%", words(t), 1))
	}
	return b.String()
}

func list(t *rapid.T, depth int) string {
	tag := rapid.SampledFrom([]string{"ul", "ol"}).Draw(t, "list")
	var b strings.Builder
	b.WriteString("<" + tag + ">")
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		b.WriteString("<li>" + phrase(t))
		if depth < 2 && rapid.Bool().Draw(t, "nested") {
			b.WriteString(list(t, depth+1))
		}
		b.WriteString("</li>")
	}
	return b.String() + "</" + tag + ">"
}

// canonical draws a block of the HTML that every target has nodes for.
func canonical(t *rapid.T) string {
	switch rapid.IntRange(0, 6).Draw(t, "block") {
	case 0:
		h := rapid.SampledFrom([]string{"h1", "h2", "h6"}).Draw(t, "level")
		return "<" + h + ">" + phrase(t) + "</" + h + ">"
	case 1:
		return list(t, 0)
	case 2:
		return "<blockquote><p>" + phrase(t) + "</p></blockquote>"
	case 3:
		return "<pre><code>" + words(t) + "\n  " + words(t) + "</code></pre>"
	case 4:
		return "<hr>"
	case 5:
		return `<figure><img src="bailey:media/5" alt="` + words(t) + `"><figcaption>` + phrase(t) + "</figcaption></figure>"
	}
	return "<p>" + phrase(t) + "</p>"
}

// more are blocks that some syntaxes have words of their own for, and the others hold as they are; and texts that only look like such words.
var more = rapid.SampledFrom([]string{`<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1 <strong>2</strong></td><td><a href="bailey:entry/12">3</a></td></tr></tbody></table>`,
	`<figure><video controls src="bailey:media/7"></video></figure>`, `<figure><audio controls src="bailey:media/7"></audio><figcaption>x</figcaption></figure>`, `<figure><iframe src="https://video.example/1" width="560" height="315"></iframe></figure>`,
	`<div class="box"><p>in <em>it</em></p><ul><li>a</li></ul></div>`, `<figure><a href="https://example.org/?a=1&amp;b=2"><img src="bailey:media/5" alt="x"></a></figure>`, `<figure><img src="https://example.org/a.jpg" alt=""></figure>`,
	`<dl><dt>a</dt><dd>b</dd></dl>`, `<p>a [gallery] b [caption]c[/caption] [box]</p>`, `<p>{loadposition x} {word}</p>`, `<p>[[*pagetitle]] [[~12]] {{x}} [[!S? &amp;a=1]]</p>`, `<pre><code>[gallery] {loadposition x} [[+y]]</code></pre>`})

// breaks are where a text is divided.
var breaks = map[string][]string{"wordpress": {"<!--more-->", "<!--nextpage-->"}, "classic": {"<!--more-->", "<!--nextpage-->"}, "joomla": {"<!--more-->", "<!--nextpage-->"}}

// there is a target of one markup, where "classic" is WordPress without blocks; back is one of HTML only.
func there(markup string) *transform.Transformer {
	classic := markup == "classic"
	if classic {
		markup = "wordpress"
	}
	return transform.New(transform.Context{Classic: classic, Target: map[recordv1.Kind]*agentv1.KindInfo{
		recordv1.Kind_KIND_ENTRY: {Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{markup}}},
	}})
}

func through(tr *transform.Transformer, r *recordv1.Record) *recordv1.Record {
	out, _ := tr.Record(r)
	return out[0]
}

var (
	headingID  = regexp.MustCompile(`(<h[1-6]) id="[^"]*"`)
	ofGhost    = regexp.MustCompile(` class="kg-[^"]*"`)
	betweenTag = regexp.MustCompile(`>\s*\n\s*<`)
	beforeList = regexp.MustCompile(`\n(</?(?:ul|ol))`)
	dressing   = strings.NewReplacer(
		` loading="lazy"`, "",
		` class="wp-block-image"`, "", " />", ">", "/>", ">",
		"<blockquote><p>", "<blockquote>", "</p></blockquote>", "</blockquote>", "&#91;", "[", "&#123;", "{",
	)
)

// bare takes off what the markups put on: classes, ids of headings, line ends between blocks.
func bare(s string) string {
	s = betweenTag.ReplaceAllString(ofGhost.ReplaceAllString(headingID.ReplaceAllString(s, "$1"), ""), "><")
	s = beforeList.ReplaceAllString(s, "$1")
	return strings.TrimSpace(dressing.Replace(strings.ReplaceAll(s, "bailey::", "bailey:")))
}

// Law: what was lowered to a markup and lifted from it again is what it was.
func TestLiftUndoesLower(t *testing.T) {
	t.Parallel()
	for _, markup := range []string{"wordpress", "classic", "lexical", "joomla", "modx"} {
		t.Run(markup, func(t *testing.T) {
			t.Parallel()
			out, back := there(markup), there("html")
			rapid.Check(t, func(t *rapid.T) {
				blocks := []*rapid.Generator[string]{rapid.Custom(canonical), rapid.Custom(canonical), more}
				if b := breaks[markup]; b != nil {
					blocks = append(blocks, rapid.SampledFrom(b))
				}
				want := strings.Join(rapid.SliceOfN(rapid.OneOf(blocks...), 1, 5).Draw(t, "blocks"), "")
				r := entry("html", want)
				lowered := through(out, r)
				body := lowered.GetEntry().GetContent()
				body.Html = "" // Lift the source, not the rendering.
				got := through(back, lowered).GetEntry().GetContent().GetText()
				// Without an index a token is only text: each pass escapes it once more.
				if g, w := bare(bare(got)), bare(want); g != w {
					t.Fatalf("lowered\n%s\ngot\n%s\nwant\n%s", body.GetText(), g, w)
				}
			})
		})
	}
}

// pieces of every syntax, whole and broken, without an address of the source's own.
var pieces = rapid.SampledFrom([]string{"<p>", "</p>", "text ", "\n\n", "  ", "\r\n", "<!-- wp:paragraph {\"a\":[1]} -->", "<!-- /wp:paragraph -->", "<!-- wp:acme/x /-->", "[box a=\"b\"]", "[/box]",
	"[[esc]]", "{tip}", "{/tip}", "{loadposition x}", "<hr id=\"system-readmore\" />", "[[$chunk? &a=`b`]]", "[[*pagetitle]]", "[[+x]]", "{{< own >}}", "{% if x %}", "{{ y }}", "&amp; & &lt;", "<B CLASS=x>",
	"<img src='https://other.example/a.jpg'>", "# ", "* ", "**b**", "é橋", "\\", "`", "<", ">", "\"", "<!--more-->", "<drupal-media>", "[video:1]", "<?php x ?>", "bailey::"})

// Law: what the target takes as it is, and what needs no change, keeps its bytes; policies are for what cannot be lifted, and here nothing is.
func TestBytesThatNeedNoChangeStay(t *testing.T) {
	t.Parallel()
	for _, markup := range []string{"html", "wordpress", "joomla", "drupal", "modx", "markdown", "markdown+hugo", "html+liquid", "text"} {
		c := context(markup)
		c.Policies = map[string]transform.Policy{"*": {Action: transform.ActionDrop}}
		tr := transform.New(c)
		rapid.Check(t, func(t *rapid.T) {
			in := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
			out, _ := tr.Record(entry(markup, in))
			if got, want := out[0].GetEntry().GetContent().GetText(), record.EscapeText(in); got != want {
				t.Fatalf("%s: %q became %q", markup, want, got)
			}
		})
	}
}

var markups = []string{"html", "wordpress", "lexical", "mobiledoc", "markdown", "text", "joomla", drupalLines, "", "modx", "drupal", "markdown+hugo", "html+liquid"}

// FuzzRecord: no text of any markup makes a transformation panic, grow out of bounds, or depend on more than its input.
func FuzzRecord(f *testing.F) {
	for i, seed := range []string{
		"<p>a<p>b<div></p></div><", "<!-- wp:image {\"id\":5} --><!-- /wp:image --><!-- wp:", "[caption][caption]x[/caption][/caption][gallery ids=\"5,\"",
		`{"root":{"children":[{"type":"list","children":[{"type":"listitem","children":[{"type":"list"}]}]}]}}`,
		`{"sections":[[1,"p",[[0,[9],9,"x"],[1,[],0,7]]],[10,-1],[3,"ul",[[]]]],"markups":[[]],"cards":[[]],"atoms":[[]]}`,
		"# a\n\n<b>", "https://old.example/hello/?&#\\/", "<a href='https://old.example/?p=12&amp;'><img srcset=',,/a ,' style='url('>",
		"{tip a=\"b\"}x{/tip}{loadposition y}{", "[[{\"type\":\"media\",\"fid\":\"5\"}]][node:title][video:x]<drupal-media data-entity-uuid=u><script>", "x", "[[*pagetitle:lcase]][[!S? &a=`[[$b]]`]][[~12]]",
		"{{< a b=\"c\" >}}x{{< /a >}}{{% d %}}", "{% if a %}b{% endif %}{{ c }}{% raw %}",
		"<svg><style><a href=/hello/></style></svg><plaintext>", "<ul><li><ul><li><p><figure><img src=/files/a.jpg></figure>", "<figure class=gallery><a><img src=x>",
	} {
		f.Add(seed, uint8(i))
	}
	var all []*transform.Transformer
	for _, m := range []string{"html", "wordpress", "lexical", "markdown", "text", "joomla", "modx"} {
		all = append(all, transform.New(context(m)))
	}
	// Each policy on everything that cannot be lifted.
	for _, a := range transform.Actions {
		c := context("wordpress")
		c.Policies = map[string]transform.Policy{"*": {Action: a, Template: "{{tag}} {{a}} {{content}}"}}
		c.Classic, c.Examples = true, true
		all = append(all, transform.New(c))
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		r := entry(markups[int(n)%len(markups)], strings.ToValidUTF8(text, "?"))
		for _, tr := range all {
			out, losses := tr.Record(r)
			again, _ := tr.Record(r)
			if string(out[0].GetDigest()) != string(again[0].GetDigest()) {
				t.Fatal("two runs differ")
			}
			if n := len(out[0].GetEntry().GetContent().GetText()); n > 1000+100*len(text) {
				t.Fatalf("%d bytes became %d", len(text), n)
			}
			for _, l := range losses {
				if l.Count < 1 || l.Code == "" {
					t.Fatalf("loss %v", l)
				}
			}
		}
	})
}

// hostile are pieces of which many in a row take a careless scan the square of their length: a minute each, where a few milliseconds
// will do.
var hostile = map[string][]string{
	"html":        {"style=", "href='/", "<code>", "&", "<div>", "<b>"},
	"wordpress":   {"<!-- wp:a ", "<!-- wp:query -->", "<!-- wp:acme/x /-->", "[aa x=“", "[caption]", "[a_a]", "[a b=1][/a]", "<pre></pre>", "<blockquote>", "https://old.example/"},
	"lexical":     {`"url":"/`, "[", `{"a":`},
	"joomla":      {"{", "{a}", "{a}{/a}", "{loadposition ", "<hr "},
	drupalLines:   {"<script>", "<drupal-media>", "[node:title]", "[[{", "[video:", "<!--a>", "<!--a\n>", "a@", "http:1", "www.", "bailey:entry/", "<a x=", "<?php "},
	"modx":        {"[[a", "[[a]]", "[[$a? &b=`", "[[~", "[[*a:default=`"},
	"markdown":    {"> ", "- ", "*a", "[a]("},
	"html+hugo":   {"{{< a ", "{{< a >}}", "{{< a \""},
	"html+liquid": {"{% a ", "{% if %}{% endif %}", "{{ "},
}

func TestHostileTextsAreRead(t *testing.T) {
	t.Parallel()
	for markup, pieces := range hostile {
		for i, piece := range pieces {
			in := strings.Repeat(piece, 20_000)
			if i == len(pieces)-1 {
				in = strings.Repeat(piece, 100_000)
			}
			if got, _ := run(t, context("text"), markup, in); len(got) > 2*len(in) {
				t.Errorf("%s: %d bytes became %d", piece, len(in), len(got))
			}
		}
	}
}

// However long a text is, it takes memory by its length: what is allocated for four times as much is four times as much.
func TestMemoryIsByLength(t *testing.T) {
	pieces := typical()
	pieces["modx"] += "[[Own]]"
	pieces["drupal|filter_autop"] = sentence
	for name, piece := range pieces {
		markup := strings.Replace(name, "classic", "wordpress", 1)
		for _, target := range []string{"html", "wordpress", "lexical", "markdown"} {
			if target == markup {
				continue
			}
			allocated := func(n int) uint64 {
				tr, r := transform.New(context(target)), entry(markup, strings.Repeat(piece, (n+len(piece)-1)/len(piece)))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				tr.Take(r)
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			allocated(1)
			// Buffers grow in steps, so it is not exactly four.
			if little, much := allocated(30_000), allocated(120_000); much > 6*little {
				t.Errorf("%s to %s: %d bytes, for four times as much %d", name, target, little, much)
			}
		}
	}
}
