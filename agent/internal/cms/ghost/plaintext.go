package ghost

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// blocks are elements that begin a new line.
var blocks = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Blockquote: true, atom.Pre: true, atom.Tr: true, atom.Table: true, atom.Figure: true,
	atom.Figcaption: true, atom.Hr: true, atom.Section: true}

// plainText is what the column plaintext holds, for search and excerpts: the words of the HTML.
func plainText(src string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	for hidden := 0; ; {
		switch typ := z.Next(); typ {
		case html.ErrorToken:
			return tidyLines(b.String())
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			hidden = max(hidden+hides(atom.Lookup(name), typ), 0)
			breakLine(&b, atom.Lookup(name))
		}
	}
}

// hides counts the depth inside elements whose text nobody sees.
func hides(tag atom.Atom, typ html.TokenType) int {
	if tag != atom.Script && tag != atom.Style {
		return 0
	}
	return map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[typ]
}

func breakLine(b *strings.Builder, tag atom.Atom) {
	switch {
	case tag == atom.Br:
		b.WriteString("\n")
	case blocks[tag]:
		b.WriteString("\n\n")
	}
}

// tidyLines decodes entities, trims lines and keeps at most one empty line in a row.
func tidyLines(s string) string {
	var out []string
	for line := range strings.SplitSeq(html.UnescapeString(s), "\n") {
		line = strings.TrimSpace(line)
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
