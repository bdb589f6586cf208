package transform

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	xhtml "golang.org/x/net/html"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// What Drupal itself gives is in testdata/drupal_formats.json: the programs of 7.105, 9.5.11 and 11.2.10 were asked to run the filters
// that the markup names over the texts. Left out is where the outcome is another on purpose: an address that runs something goes whole,
// not by its scheme alone; broken nesting is mended as browsers do it, not as libxml does; and line ends become paragraphs by the rules
// of WordPress's autop, which differ at the edges of block elements.
func TestFormatsShowWhatDrupalShows(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/drupal_formats.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Of, Markup, Text, Shown string }
	if err := json.Unmarshal(raw, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		j := &job{Transformer: New(Context{})}
		got := j.lift(&recordv1.Body{Markup: c.Markup, Text: c.Text}, "content")
		if g, w := asShown(got), asShown(c.Shown); g != w {
			t.Errorf("Drupal %s, %s\ntext  %q\ngot   %q\nwant  %q", c.Of, c.Markup, c.Text, g, w)
		}
	}
}

var anyBlanks = regexp.MustCompile(`[ \t\r\n]+`)

// asShown is HTML as a browser takes it: without comments, and without blanks that nobody sees.
func asShown(s string) string {
	var b strings.Builder
	for _, n := range parseAll(s) {
		shownNode(&b, n, false)
	}
	return strings.TrimSpace(b.String())
}

func shownNode(b *strings.Builder, n *xhtml.Node, pre bool) {
	switch n.Type {
	case xhtml.TextNode:
		if s := n.Data; pre {
			b.WriteString(s)
		} else if s = strings.TrimSpace(anyBlanks.ReplaceAllString(s, " ")); s != "" {
			b.WriteString("⟨" + s + "⟩")
		}
	case xhtml.ElementNode:
		b.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key + "=" + a.Val)
		}
		b.WriteString(">")
		for c := range n.ChildNodes() {
			shownNode(b, c, pre || n.Data == "pre")
		}
		b.WriteString("</>")
	}
}
