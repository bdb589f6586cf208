package transform_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// turned gives an entry's body in the markup of a target, and what was lost.
func turned(markup, text, to string) (*recordv1.Body, []transform.Loss) {
	kind := recordv1.Kind_KIND_ENTRY
	tr := transform.New(transform.Context{Source: transform.Site{BaseURLs: []string{"https://old.example"}}, Links: folderLinks{},
		Target: map[recordv1.Kind]*agentv1.KindInfo{kind: {Kind: kind, Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{to}}}}})
	out, losses := tr.Record(&recordv1.Record{Ref: &recordv1.Ref{Kind: kind, SourceId: "1"}, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Content: &recordv1.Body{Markup: markup, Text: text}}}})
	body := out[0].GetEntry().GetContent()
	// What looks like a token in a source is none; here it stands for what earlier steps have put in.
	body.Text = strings.ReplaceAll(body.GetText(), "bailey::", "bailey:")
	return body, losses
}

// madeUp are the ids that headings get of their texts.
var madeUp = regexp.MustCompile(`(<h[1-6]) id="[^"]*"`)

// shape is HTML as a browser understands it, with white space folded outside of code.
func shape(t interface{ Fatal(...any) }, s string) string {
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
	}
	s = strings.NewReplacer("<br/>\n", "<br/>", ">\n<", "><").Replace(madeUp.ReplaceAllString(b.String(), "$1"))
	for _, tag := range []string{"ul", "ol", "li", "p", "blockquote", "table", "thead", "tbody", "tr", "td", "th", "figure", "h1", "h2", "h6"} {
		for _, edge := range []string{"<" + tag + ">", "</" + tag + ">"} {
			s = strings.ReplaceAll(strings.ReplaceAll(s, edge+"\n", edge), "\n"+edge, edge)
		}
	}
	return strings.TrimSpace(s)
}

// What is lowered is lifted to what it was.
func TestMarkdownAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var blocks []string
		for range rapid.IntRange(1, 5).Draw(t, "blocks") {
			blocks = append(blocks, rapid.OneOf(rapid.Custom(canonical), rapid.SampledFrom(only)).Draw(t, "block"))
		}
		want := strings.Join(blocks, "\n")
		md, _ := turned("html", want, "markdown")
		back, _ := turned("markdown", md.GetText(), "html")
		if shape(t, back.GetText()) != shape(t, want) {
			t.Fatalf("lowered %q\nto %q\nlifted to %q", want, md.GetText(), back.GetText())
		}
	})
}

// only are blocks that Markdown has no words for, or that look like its words.
var only = []string{
	`<table><tbody><tr><td colspan="2">wide</td></tr></tbody></table>`, `<iframe src="https://video.example/1"></iframe>`, `<p class="lead">x</p>`,
	`<table><thead><tr><th>a|b</th><th>c</th></tr></thead><tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table>`,
	`<p># no heading</p>`, `<p>1. no list</p>`, `<p>- no list</p>`, `<p>*no* _stress_ snake_case [no](link) ![no](picture)</p>`, `<p>https://plain.example/ and a@b.example</p>`,
	`<p>{{&lt; no_shortcode &gt;}} and {{% this %}}</p>`, `<pre><code>{{&lt; code &gt;}}
</code></pre>`, `<p>&amp;amp; &lt;b&gt; \ ~~x~~ <code>a ` + "`" + ` b</code></p>`, `<p>a<br>b</p>`, `<p>x <span style="color:red">red <em>y</em></span></p>`, `<!--more-->`,
	`<figure class="wp-block-image"><img src="bailey:media/5" alt="x"/><figcaption>A <b>cap</b></figcaption></figure>`, "<pre>a\n\n\nb</pre>", `<div><p>a</p>

<p>b</p></div>`, `<h2 id="part-2">Part {2}</h2>`, `<p>Footnote[^1]</p>`, `<p>: no definition</p>`, `<p><a href="https://x.example/a(b)?c=1&amp;d=2" title="T &quot;q&quot;">x</a></p>`,
	`<p>bailey:entry/_12_ and <em>in</em>word <strong>b </strong>c</p>`, `<ul><li><p>a</p><p>b</p></li><li><p>c</p><ol start="3"><li>d</li></ol></li></ul>`, `<p></p>`, `<hr/>`,
	`<blockquote><p>a</p><ul><li>b</li></ul></blockquote>`, `<video controls=""><source src="bailey:media/7"/></video>`, `<p>Zeile eins
Zeile zwei</p>`, "<script>if (a < b) {\n\n}</script>",
}

func TestMarkdownOfEach(t *testing.T) {
	t.Parallel()
	for _, want := range only {
		md, _ := turned("html", want, "markdown")
		back, _ := turned("markdown", md.GetText(), "html")
		if shape(t, back.GetText()) != shape(t, want) {
			t.Errorf("lowered %q\nto %q\nlifted to %q", want, md.GetText(), back.GetText())
		}
	}
}

// The words of Markdown are used where it has them.
func TestLowerMarkdown(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"<h2>Title</h2>\n<p>One <strong>two</strong> <em>three</em> <a href=\"bailey:entry/5\">four</a>.</p>": "## Title\n\nOne **two** *three* [four](bailey:entry/5).",
		"<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>":                                                    "- a\n- b\n  - c",
		"<pre><code class=\"language-go\">x := 1\n</code></pre>":                                              "```go\nx := 1\n```",
		"<p><img src=\"bailey:media/3\" alt=\"A cat\"/></p>":                                                  "![A cat](bailey:media/3)",
		"<blockquote><p>said</p></blockquote>":                                                                "> said",
		"<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>":                 "| a |\n| --- |\n| 1 |",
		"<p>snake_case costs 5 * 3</p>":                                                                       `snake_case costs 5 \* 3`,
	} {
		if got, _ := turned("html", from, "markdown"); got.GetText() != want {
			t.Errorf("%q\nbecame %q\nnot    %q", from, got.GetText(), want)
		}
	}
}

// folderLinks resolves the addresses of a small folder.
type folderLinks struct{}

func (folderLinks) Resolve(path string) (record.Token, bool) {
	switch path {
	case "/posts/second.md", "/posts/second", "/_posts/2024-01-31-hello.md":
		return parsed("entry/7"), true
	case "/img/cat.png":
		return parsed("media/3"), true
	}
	return record.Token{}, false
}

func parsed(name string) record.Token {
	t, _ := record.ParseToken(name)
	return t
}

func (folderLinks) Known(record.Key) bool { return true }

func TestLiftFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ markup, from, want, losses string }{
		{"markdown", "See [it](/posts/second/) ![c](/img/cat.png)", `<p>See <a href="bailey:entry/7">it</a> <img src="bailey:media/3" alt="c"></p>`, ""},
		{"markdown+hugo", `[it]({{< ref "posts/second.md" >}}) {{< figure src="/img/cat.png" caption="A & B" >}}`,
			`<p><a href="bailey:entry/7">it</a> <figure><img src="bailey:media/3"><figcaption><p>A &amp; B</p></figcaption></figure></p>`, ""},
		{"markdown+hugo", "{{< youtube abc >}}", `<iframe src="https://www.youtube.com/embed/abc" width="560" height="315" allowfullscreen></iframe>`, ""},
		{"markdown+hugo", "a {{% note %}}in{{% /note %}} {{< own a=1 >}}", `<p>a in </p>`, "shortcode:note shortcode:own"},
		{"markdown+hugo", "`{{</* shown */>}}`", `<p><code>{{&lt; shown &gt;}}</code></p>`, ""},
		{"markdown+liquid", "[p]({% post_url 2024-01-31-hello %}) ![c]({{ '/img/cat.png' | relative_url }}) {% include ad.html %}{{ page.x }}",
			`<p><a href="bailey:entry/7">p</a> <img src="bailey:media/3" alt="c"> </p>`, "liquid:include liquid:output"},
		{"markdown+liquid", "{% raw %}{{ x }}{% endraw %}", `<p>{{ x }}</p>`, ""},
		{"markdown+liquid", "{% highlight go %}\nx := 1\n{% endhighlight %}", "<pre><code class=\"language-go\">x := 1\n</code></pre>", ""},
		{"html+liquid", `<a href="{{ site.baseurl }}/posts/second/">x</a>`, `<a href="bailey:entry/7">x</a>`, ""},
		{"markdown", "# A Part\n\n[to](#a-part)\n\n## Über B", "<h1 id=\"a-part\">A Part</h1>\n<p><a href=\"#a-part\">to</a></p>\n<h2 id=\"über-b\">Über B</h2>", ""},
	} {
		got, losses := turned(c.markup, c.from, "html")
		if strings.TrimSpace(strings.ReplaceAll(got.GetText(), " </p>", "</p>")) != strings.ReplaceAll(c.want, " </p>", "</p>") {
			t.Errorf("%q\nbecame %q\nnot    %q", c.from, got.GetText(), c.want)
		}
		var codes []string
		for _, l := range losses {
			codes = append(codes, l.Code)
		}
		if strings.Join(codes, " ") != c.losses {
			t.Errorf("%q lost %v", c.from, losses)
		}
	}
}

// Markdown that stays Markdown keeps its bytes but for its links.
func TestMarkdownStays(t *testing.T) {
	t.Parallel()
	const from = "*a*  \n\n\n{{< own >}} {{< figure src=\"/img/cat.png\" link=\"/posts/second/#x\" >}} {{</* figure src=\"/img/cat.png\" */>}} [b](/posts/second/ \"t\") and https://old.example/posts/second/ [r]\n\n[r]: /img/cat.png\n"
	const want = "*a*  \n\n\n{{< own >}} {{< figure src=\"bailey:media/3\" link=\"bailey:entry/7#x\" >}} {{</* figure src=\"/img/cat.png\" */>}} [b](bailey:entry/7 \"t\") and bailey:entry/7 [r]\n\n[r]: bailey:media/3\n"
	if got, losses := turned("markdown+hugo", from, "markdown+hugo"); got.GetText() != want || len(losses) > 0 {
		t.Errorf("became %q, lost %v", got.GetText(), losses)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range only {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !strings.Contains(s, "\x00") && len(s) < 1<<12 {
			for _, markup := range []string{"html", "markdown", "markdown+hugo", "markdown+liquid"} {
				turned(markup, s, "markdown")
				turned(markup, s, "html")
			}
		}
	})
}
