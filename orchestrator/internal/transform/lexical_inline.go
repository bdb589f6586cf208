package transform

import (
	"strings"

	xhtml "golang.org/x/net/html"
)

// inlineFormats are the bits of elements that only format.
var inlineFormats = map[string]int{
	"strong": 1, "b": 1, "em": 2, "i": 2, "s": 4, "del": 4, "strike": 4, "u": 8, "ins": 8, "code": 16, "tt": 16, "sub": 32, "sup": 64, "mark": 128,
}

// inlineBuild collects the nodes inside one block.
type inlineBuild struct {
	nodes []lexNode
	// spaced says that a blank here would follow another one, a break, or the start of the block.
	spaced bool
	// joined is the text of the last node where it came in pieces.
	joined strings.Builder
}

// inline turns the children of a block into text, links and breaks; false: something in it is more than that.
func inline(n *xhtml.Node) ([]lexNode, bool) {
	b := &inlineBuild{nodes: forChildren(n), spaced: true}
	if !b.children(n, 0, false) {
		return nil, false
	}
	return trimInline(b.nodes), true
}

// forChildren has room for what most elements hold.
func forChildren(n *xhtml.Node) []lexNode {
	count := 0
	for c := n.FirstChild; c != nil && count < 8; c = c.NextSibling {
		count++
	}
	return make([]lexNode, 0, count)
}

func (b *inlineBuild) children(n *xhtml.Node, format int, link bool) bool {
	for c := range children(n) {
		if !b.node(c, format, link) {
			return false
		}
	}
	return true
}

func (b *inlineBuild) node(n *xhtml.Node, format int, link bool) bool {
	switch n.Type {
	case xhtml.TextNode:
		b.text(n.Data, format)
		return true
	case xhtml.ElementNode:
	default:
		return false
	}
	if bit := inlineFormats[n.Data]; bit != 0 {
		return b.children(n, format|bit, link)
	}
	switch n.Data {
	case "br":
		b.trimEnd()
		b.nodes, b.spaced = append(b.nodes, lineBreak()), true
		return true
	case "span":
		return nodeAttr(n, "style") == "" && b.children(n, format, link)
	case "a":
		return !link && b.link(n, format)
	}
	return false
}

func (b *inlineBuild) link(n *xhtml.Node, format int) bool {
	if nodeAttr(n, "href") == "" {
		return len(n.Attr) == 0 && b.children(n, format, true)
	}
	inner := &inlineBuild{nodes: forChildren(n), spaced: b.spaced}
	if !inner.children(n, format, true) {
		return false
	}
	b.spaced = inner.spaced
	if len(inner.nodes) == 0 {
		return true
	}
	attr := func(key string) lexField {
		if v := nodeAttr(n, key); v != "" {
			return lexField{key, v}
		}
		return lexField{key, nil}
	}
	b.nodes = append(b.nodes, block("link", inner.nodes, attr("rel"), attr("target"), attr("title"), lexField{"url", nodeAttr(n, "href")}))
	return true
}

// text adds text with its white space collapsed, joined to what stands before when that has the same format.
func (b *inlineBuild) text(s string, format int) {
	// A no-break space is no blank.
	if s = foldBlanks(s, " \t\r\n\f"); b.spaced {
		s = strings.TrimPrefix(s, " ")
	}
	if s == "" {
		return
	}
	b.spaced = s[len(s)-1] == ' '
	if last := b.last(); last != nil && last.kind == lexText && last.format == format {
		if b.joined.Len() == 0 {
			b.joined.WriteString(last.text)
		}
		b.joined.WriteString(s)
		last.text = b.joined.String()
		return
	}
	b.joined.Reset()
	b.nodes = append(b.nodes, textNode(s, format))
}

func (b *inlineBuild) last() *madeNode {
	if len(b.nodes) == 0 {
		return nil
	}
	return b.nodes[len(b.nodes)-1].made
}

func (b *inlineBuild) trimEnd() {
	if last := b.last(); last != nil && last.kind == lexText {
		if last.text = strings.TrimRight(last.text, " "); last.text == "" {
			b.nodes = b.nodes[:len(b.nodes)-1]
		}
	}
}

// foldBlanks makes one blank of each run of the named bytes, a blank among them.
func foldBlanks(s, blanks string) string {
	var e edits
	for i := 0; i < len(s); i++ {
		if s[i] > ' ' || s[i] == ' ' && (i+1 == len(s) || s[i+1] > ' ') {
			continue
		}
		start := i
		for i < len(s) && strings.IndexByte(blanks, s[i]) >= 0 {
			i++
		}
		if i > start+1 || i > start && s[start] != ' ' {
			e.replace(s, start, i, " ")
		}
	}
	return e.done(s)
}

// trimInline takes blanks and breaks from both ends of a block.
func trimInline(nodes []lexNode) []lexNode {
	for len(nodes) > 0 {
		n := nodes[len(nodes)-1].made
		if n.kind == lexText {
			n.text = strings.TrimRight(n.text, " ")
		}
		if n.kind != "linebreak" && (n.kind != lexText || n.text != "") {
			break
		}
		nodes = nodes[:len(nodes)-1]
	}
	for len(nodes) > 0 && nodes[0].made.kind == lexText {
		n := nodes[0].made
		if n.text = strings.TrimLeft(n.text, " "); n.text != "" {
			break
		}
		nodes = nodes[1:]
	}
	return nodes
}
