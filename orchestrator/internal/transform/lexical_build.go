package transform

import (
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/baileybridge/bailey/proto/record"
)

// maxTree is the longest text that becomes nodes: of short paragraphs these take 25 times as much, and a record has a limit. A longer one is
// a single HTML card, which shows the same.
const maxTree = record.MaxBytes / 32

// lowerLexical builds a lexical tree from canonical HTML: real nodes for what lexical has nodes for, HTML cards for the rest; and the
// rendering that the platform stores beside it.
func lowerLexical(j *job, canonical, field string) (text, html string) {
	b := &lexBuild{job: j, field: field}
	if len(canonical) > maxTree {
		b.htmlCard(canonical)
	} else {
		for _, c := range chunks(canonical) {
			b.chunk(c)
		}
	}
	if len(b.nodes) == 0 {
		b.nodes = []lexNode{block("paragraph", nil)}
	}
	b.linkLosses(b.nodes)
	root := block("root", b.nodes)
	// What nodes say beside their texts is some three times as long.
	var tree strings.Builder
	tree.Grow(4 * len(canonical))
	tree.WriteString(`{"root":`)
	writeNode(&tree, root)
	tree.WriteByte('}')
	return tree.String(), renderLexical(b.nodes, len(canonical))
}

// linkLosses counts what the editor keeps of a link but the platform's rendering leaves out.
func (b *lexBuild) linkLosses(nodes []lexNode) {
	for _, n := range nodes {
		if n.kind() == "link" {
			for _, key := range []string{"target", "title"} {
				if n.str(key) != "" {
					b.lose("link_"+key, b.field, 1)
				}
			}
		}
		b.linkLosses(n.children())
	}
}

type lexBuild struct {
	*job
	field string
	nodes []lexNode
	tree  plainTree
}

func (b *lexBuild) add(nodes ...lexNode) { b.nodes = append(b.nodes, nodes...) }

// chunk turns one top-level piece into nodes.
func (b *lexBuild) chunk(c chunk) {
	switch c.name {
	case chunkComment:
		b.comment(c.raw)
		return
	case chunkCard:
		b.htmlCard(c.raw)
		return
	case chunkText:
		if !b.run(c.raw) {
			b.htmlCard(c.raw)
		}
		return
	}
	c.raw = b.comments(c)
	if n := b.tree.one(c.raw); n == nil || !b.element(n) {
		b.htmlCard(c.raw)
	}
}

// comment: the break of a preview has no counterpart; a paywall has.
func (b *lexBuild) comment(raw string) {
	switch {
	case raw == paywallMark:
		b.add(card("paywall"))
	case strings.HasPrefix(raw, "<!--more"):
		b.lose("more_break", b.field, 1)
	case strings.HasPrefix(raw, "<!--nextpage"):
		b.lose("page_break", b.field, 1)
	default:
		b.lose("html_comment", b.field, 1)
	}
}

// comments takes comments out of elements that become real nodes.
func (b *lexBuild) comments(c chunk) string {
	if !strings.Contains(c.raw, "<!--") || c.name != "p" && c.name != "ul" && c.name != "ol" && c.name != "blockquote" {
		return c.raw
	}
	var e edits
	for at := 0; ; {
		i := strings.Index(c.raw[at:], "<!--")
		if i < 0 {
			return e.done(c.raw)
		}
		at += i
		end := at + tagBytes(c.raw[at:])
		b.comment(c.raw[at:end])
		e.replace(c.raw, at, end, "")
		at = end
	}
}

func (b *lexBuild) htmlCard(raw string) {
	if strings.TrimSpace(raw) != "" {
		b.add(card("html", lexField{"html", raw}))
	}
}

// run is text without an element around it; false as well where it is nested beyond what a browser's parser takes.
func (b *lexBuild) run(raw string) bool {
	nodes := b.tree.all(raw)
	if nodes == nil && strings.TrimSpace(raw) != "" {
		return false
	}
	p := &xhtml.Node{Type: xhtml.ElementNode, Data: "p"}
	for _, n := range nodes {
		p.AppendChild(n)
	}
	return b.element(p)
}

// element adds the nodes for an element; false: lexical has none that say the same.
func (b *lexBuild) element(n *xhtml.Node) bool {
	switch n.Data {
	case "p":
		return b.paragraph(n)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		return b.heading(n)
	case "ul", "ol":
		return b.list(n)
	case "blockquote":
		return b.quote(n)
	case "pre":
		return b.pre(n)
	case "hr":
		b.add(card("horizontalrule"))
		return true
	case "figure":
		return b.figure(n)
	case "div":
		return b.picture(n) || b.gallery(n) || b.buttons(n)
	case "iframe":
		b.embed(n, "")
		return true
	}
	return false
}

func (b *lexBuild) paragraph(n *xhtml.Node) bool {
	if b.picture(n) {
		return true
	}
	kids, ok := inline(n)
	if !ok {
		return false
	}
	if len(kids) > 0 {
		b.plainStyle(n)
		b.add(block("paragraph", kids))
	}
	return true
}

// plainStyle counts styles of elements that become real nodes, which have none.
func (b *lexBuild) plainStyle(n *xhtml.Node) {
	for _, a := range n.Attr {
		if a.Key == "style" || a.Key == "align" || a.Key == "class" && strings.Contains(a.Val, "has-") {
			b.lose("style_dropped", b.field, 1)
			return
		}
	}
}

func (b *lexBuild) heading(n *xhtml.Node) bool {
	kids, ok := inline(n)
	if !ok {
		return false
	}
	if len(kids) == 0 {
		return true
	}
	if id := nodeAttr(n, "id"); id != "" && id != headingID(lexPlain(kids)) && !strings.HasPrefix(id, "h-") {
		b.lose("anchor", b.field, 1)
	}
	b.plainStyle(n)
	b.add(block("extended-heading", kids, lexField{"tag", n.Data}))
	return true
}

func (b *lexBuild) list(n *xhtml.Node) bool {
	node, ok := listNode(n, 0)
	if ok {
		b.plainStyle(n)
		b.add(node)
	}
	return ok
}

// listNode: a list inside an item becomes an item of its own, as the editor keeps it.
func listNode(n *xhtml.Node, indent int) (lexNode, bool) {
	kids, textless := elements(n)
	if !textless || indent > maxLexicalDepth || nodeAttr(n, "type") != "" || nodeAttr(n, "reversed") != "" {
		return lexNode{}, false
	}
	start := max(number(nodeAttr(n, "start")), 1)
	var items []lexNode
	value := start
	for _, li := range kids {
		if li.Data != "li" {
			return lexNode{}, false
		}
		more, ok := listItems(li, indent, value)
		if !ok {
			return lexNode{}, false
		}
		items = append(items, more...)
		value++
	}
	kind := "bullet"
	if n.Data == "ol" {
		kind = "number"
	}
	return block("list", items, lexField{"listType", kind}, lexField{"start", start}, lexField{"tag", n.Data}), len(items) > 0
}

func listItems(li *xhtml.Node, indent, value int) ([]lexNode, bool) {
	text := &xhtml.Node{Type: xhtml.ElementNode, Data: "li"}
	var lists []*xhtml.Node
	for c := li.FirstChild; c != nil; c = li.FirstChild {
		li.RemoveChild(c)
		switch {
		case c.Type == xhtml.ElementNode && (c.Data == "ul" || c.Data == "ol"):
			lists = append(lists, c)
		case c.Type == xhtml.ElementNode && c.Data == "p" && text.FirstChild == nil:
			for k := c.FirstChild; k != nil; k = c.FirstChild {
				c.RemoveChild(k)
				text.AppendChild(k)
			}
		case len(lists) > 0 && (c.Type != xhtml.TextNode || strings.TrimSpace(c.Data) != ""):
			return nil, false
		default:
			text.AppendChild(c)
		}
	}
	kids, ok := inline(text)
	if !ok {
		return nil, false
	}
	items := []lexNode{listItem(kids, indent, value)}
	for _, l := range lists {
		nested, ok := listNode(l, indent+1)
		if !ok {
			return nil, false
		}
		items = append(items, listItem([]lexNode{nested}, indent, value+1))
	}
	return items, true
}

func listItem(children []lexNode, indent, value int) lexNode {
	item := block("listitem", children, lexField{"value", value})
	item.made.indent = indent
	return item
}

// quote takes paragraphs and plain text; paragraphs are kept apart by breaks.
func (b *lexBuild) quote(n *xhtml.Node) bool {
	var all []lexNode
	kids, textless := elements(n)
	if textless && len(kids) > 0 && kids[0].Data == "p" {
		for i, p := range kids {
			part, ok := inline(p)
			if !ok || p.Data != "p" {
				return false
			}
			if i > 0 {
				all = append(all, lineBreak(), lineBreak())
			}
			all = append(all, part...)
		}
	} else {
		var ok bool
		if all, ok = inline(n); !ok {
			return false
		}
	}
	kind := "extended-quote"
	if hasClass(n, "kg-blockquote-alt") {
		kind = "aside"
	}
	b.plainStyle(n)
	if len(all) > 0 {
		b.add(block(kind, all))
	}
	return true
}

func lineBreak() lexNode { return card("linebreak") }

func (b *lexBuild) pre(n *xhtml.Node) bool {
	if hasClass(n, "wp-block-verse") {
		return false
	}
	code := n
	if kids, ok := elements(n); ok && len(kids) == 1 && kids[0].Data == "code" {
		code = kids[0]
	}
	text, ok := textOf(code)
	if !ok {
		return false
	}
	language := ""
	for class := range strings.FieldsSeq(nodeAttr(code, "class") + " " + nodeAttr(n, "class")) {
		if lang, ok := strings.CutPrefix(class, "language-"); ok {
			language = lang
		}
	}
	b.add(card("codeblock", lexField{"code", text}, lexField{"language", language}, lexField{"caption", ""}))
	return true
}

func (b *lexBuild) figure(n *xhtml.Node) bool {
	if b.picture(n) || b.gallery(n) {
		return true
	}
	kids, ok := elements(n)
	if !ok || len(kids) == 0 || len(kids) > 2 || kids[0].Data != "iframe" {
		return false
	}
	caption := ""
	if len(kids) == 2 {
		if kids[1].Data != "figcaption" {
			return false
		}
		caption = innerHTML(kids[1])
	}
	b.embed(kids[0], caption)
	return true
}

func (b *lexBuild) embed(iframe *xhtml.Node, caption string) {
	var s strings.Builder
	if xhtml.Render(&s, iframe) == nil {
		b.add(card("embed", lexField{"url", nodeAttr(iframe, "src")}, lexField{"embedType", "video"}, lexField{"html", s.String()},
			lexField{"metadata", newNode()}, lexField{"caption", caption}))
	}
}

// buttons reads a row of links that are marked as buttons.
func (b *lexBuild) buttons(n *xhtml.Node) bool {
	if !hasClass(n, "wp-block-buttons") && !hasClass(n, "wp-block-button") && !hasClass(n, "kg-button-card") {
		return false
	}
	if kids, ok := elements(n); !ok || len(kids) == 0 {
		return false
	}
	var all []lexNode
	for _, a := range find(n, "a") {
		text, ok := textOf(a)
		if !ok || nodeAttr(a, "href") == "" {
			return false
		}
		all = append(all, card("button", lexField{"buttonText", strings.TrimSpace(text)}, lexField{"alignment", "center"},
			lexField{"buttonUrl", nodeAttr(a, "href")}))
	}
	if plainText(n) != len(all) {
		return false
	}
	b.add(all...)
	return len(all) > 0
}

// plainText counts texts that are not blank.
func plainText(n *xhtml.Node) (count int) {
	for c := range n.Descendants() {
		if c.Type == xhtml.TextNode && strings.TrimSpace(c.Data) != "" {
			count++
		}
	}
	return count
}
