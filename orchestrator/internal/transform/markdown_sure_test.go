package transform

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// proseParts are what texts are made of, and what Markdown reads something into.
var proseParts = rapid.SampledFrom([]string{"words", "a", " ", " ", " ", "\n", ". ", ", ", ": ", "! ", "!", ":", "1. ", "2) ", "- ", "-", "(x)", "“q” ", "é", "橋", "’s", " – ", "…", "$5", "50%", "#", "+ ", "*", "_", "[", "]", "&amp;", "&lt;", "\\", "`", "~", "|", "=",
	"www.", "http://x.de", "a@b.de", "{x}", "{{&lt;", "bailey:entry/12", "\t", "&nbsp;", "\u2003", "^1", "---", "===", "    ", "/", "'", "\"", ";", "?",
	"<br>", "<br/>\n", "<em>x</em>", "<em>some words</em>", "<em> x</em>", "<strong>x</strong>", "<strong>x.</strong>", "<em><strong>x</strong></em>", "<code>a b</code>", "<code> a</code>", "<code>`</code>", "<del>x</del>", "<u>x</u>", "<span>x</span>",
	`<a href="/x_y_z/">link</a>`, `<a href="bailey:entry/12;id!">x</a>`, `<a href="https://x.de/?a=1&amp;copy=2#c">a link</a>`, `<a href="/a(b)">x</a>`, `<a href="/a b">x</a>`, `<a href="/x" title="t">x</a>`, `<a href="/x">x!</a>`, `<a name="x">x</a>`,
	`<img src="/a.jpg" alt="b">`, `<img src="/a.jpg" alt="">`, `<img src="/a.jpg">`, `<img src="/a.jpg" alt="*">`, `<img class="c" src="/a.jpg">`})

// plainParts are those of them that are sure in most places.
var plainParts = rapid.SampledFrom([]string{"words", "a", " ", " and ", " ", "\n", ". ", ", ", ": ", "! ", "2", "é", " – ", "-", "(", ") ", "<br>", "<em>x</em>", "<strong>some words</strong>", "<code>a b</code>", `<a href="/x_y/">link</a>`, `<img src="/a.jpg" alt="b">`})

func proseOf(t *rapid.T) string {
	parts := plainParts
	if rapid.IntRange(0, 3).Draw(t, "plain") == 0 {
		parts = rapid.OneOf(plainParts, plainParts, proseParts)
	}
	return strings.Join(rapid.SliceOfN(parts, 0, 6).Draw(t, "prose"), "")
}

func blockOf(t *rapid.T, depth int) string {
	form := rapid.SampledFrom([]string{"<p>%</p>", "<p>%</p>", "%", "<h2>%</h2>", `<h3 id="words">%</h3>`, "<li>", "<ol>", "<blockquote>%</blockquote>", "<blockquote><p>%</p></blockquote>", "<blockquote>", "<hr>", "<pre><code>%\n</code></pre>", `<pre><code class="language-go">x
	%
</code></pre>`, "<div>%</div>", `<figure class="c"><img src="/a.jpg" alt="b"><figcaption>%</figcaption></figure>`, "<!--more-->", "<!-- % -->", "<table><tbody><tr><td>%</td></tr></tbody></table>", "<section>\n\n%</section>", "<p></p>", `<p class="c">%</p>`}).Draw(t, "form")
	if depth > 2 {
		form = "%"
	}
	var b strings.Builder
	switch form {
	case "<li>", "<ol>":
		list := rapid.SampledFrom([]string{"ul", "ol", `ol start="3"`}).Draw(t, "list")
		b.WriteString("<" + list + ">")
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			b.WriteString("<li>" + proseOf(t))
			if rapid.IntRange(0, 3).Draw(t, "below") == 0 {
				b.WriteString(blockOf(t, depth+1))
			}
			b.WriteString("</li>\n")
		}
		b.WriteString("</" + list[:2] + ">")
	case "<blockquote>":
		b.WriteString(form + blockOf(t, depth+1) + blockOf(t, depth+1) + "</blockquote>")
	default:
		b.WriteString(strings.Replace(form, "%", proseOf(t), 1))
	}
	return b.String()
}

// Law: what is said to come out the same does, and what is said to come out otherwise does.
func TestSureIsSure(t *testing.T) {
	t.Parallel()
	sure := 0
	rapid.Check(t, func(t *rapid.T) {
		s := blockOf(t, 0)
		if rapid.Bool().Draw(t, "more") {
			s += "\n" + blockOf(t, 0)
		}
		groups := shownBlocks(parseAll(s))
		nodes := slices.Concat(groups...)
		md, is := joinBlocks(groups, writtenBlock)
		if is == unknown {
			return
		}
		sure++
		if rendersAs(md, nodes) != (is == same) {
			t.Fatalf("%s\nis written as\n%s\nand reads as\n%s", form(nodes), md, form(parseAll(renderCommonMark(md))))
		}
	})
	if sure == 0 {
		t.Error("nothing was sure")
	}
}
