package transform

import (
	"fmt"
	"strings"
	"testing"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

// markupPieces are tags as they come, and as they should not.
var markupPieces = rapid.SampledFrom([]string{
	"<p>", "</p>", "<p class=x>", "<h2 id=\"a\">", "</h2>", "<h3>", "</h3>", "<ul>", "</ul>", "<li>", "</li>", "<blockquote>", "</blockquote>", "<pre>", "</pre>", "<pre>\n", "<code>", "</code>",
	"<a href=\"/x?a=1&amp;b=2\">", "<a href='/x' HREF=y>", "<a title=x href=y class=z>", "<img src=a alt=b>", "</a>", "<strong>", "</strong>", "<em>", "</em>", "<br>", "<br/>", "<hr>", "<img src=x alt=\"a &quot;b\">", "<img src=/>", "<img src=x/ >",
	"<table>", "</table>", "<tbody>", "</tbody>", "<tr>", "</tr>", "<td>", "</td>", "<span>", "</span>", "<div>", "</div>", "<div/>", "<figure>", "</figure>", "<script>", "</script>", "<svg>", "</svg>",
	"<textarea>", "<!-- c -->", "<!---->", "<!-->", "<!--a--b-->", "<!doctype x>", "<?x?>", "</>", "</ p>", "<p/x=\"1\">", "<p x y = z>", "<p =a>", "<P>", "</P>", "<x-y>", "<p\t>", "<p a=\"", "<p a='>'>", "<é>", "<pé>",
	"text", " ", "\n", "\r\n", "\r", "&amp;", "&ampx", "&#13;", "<", "< b", "\"", "x\x00y", "<option>", "<form>", "<button>", "<dd>", "<col>",
})

func markupOf(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(markupPieces, 0, 12).Draw(t, "pieces"), "")
}

// Law: tokens cuts where the tokenizer of x/net/html cuts.
func TestTokens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := markupOf(t)
		got, z := tokens{s: s}, xhtml.NewTokenizer(strings.NewReader(s))
		for kind := z.Next(); kind != xhtml.ErrorToken; kind = z.Next() {
			raw := string(z.Raw())
			name, _ := z.TagName()
			if !got.next() || got.kind != kind || s[got.start:got.end] != raw || got.name != string(name) {
				t.Fatalf("%q: %v %q is %v %q", s, kind, raw, got.kind, s[got.start:got.end])
			}
		}
		if got.next() {
			t.Fatalf("%q: %q is too much", s, s[got.start:got.end])
		}
	})
}

// Law: what is built without the parser is what the parser builds.
func TestPlainTrees(t *testing.T) {
	t.Parallel()
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		s := markupOf(t)
		if rapid.Bool().Draw(t, "closed") {
			s = closeAll(s)
		}
		var p plainTree
		if !p.parse(s) {
			return
		}
		got := p.all(s)
		plain++
		want, err := xhtml.ParseFragment(strings.NewReader(s), &xhtml.Node{Type: xhtml.ElementNode, Data: "body", DataAtom: atom.Body})
		if g, w := dumped(got), dumped(want); err != nil || g != w {
			t.Fatalf("%q\nis   %s\nwant %s %v", s, g, w, err)
		}
	})
	if plain == 0 {
		t.Error("none was plain")
	}
}

// closeAll leaves out what closes nothing and closes what is open, so that more texts are plain.
func closeAll(s string) string {
	var b strings.Builder
	var open []string
	for z := (tokens{s: s}); z.next(); {
		last := len(open) - 1
		switch {
		case z.kind == xhtml.EndTagToken && (last < 0 || open[last] != z.name):
			continue
		case z.kind == xhtml.EndTagToken:
			open = open[:last]
		case z.kind == xhtml.StartTagToken && !voidElements[z.name]:
			open = append(open, z.name)
		}
		b.WriteString(s[z.start:z.end])
	}
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</" + open[i] + ">")
	}
	return b.String()
}

func dumped(nodes []*xhtml.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&b, "(%d %v %q %q", n.Type, n.DataAtom, n.Data, n.Attr)
		for c := range n.ChildNodes() {
			b.WriteString(dumped([]*xhtml.Node{c}))
		}
		b.WriteString(")")
	}
	return b.String()
}
