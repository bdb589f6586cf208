package transform

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// lowerMarkdown writes canonical HTML as Markdown. Each block is rendered again and compared: where Markdown would say something
// else, as of tables with spans, frames and classes, the block stays as HTML, which Markdown may hold. So lifting gives back what
// was lowered by construction.
func lowerMarkdown(j *job, canonical, field string) (text, html string) {
	s, _ := lowerHTML(j, canonical, field)
	if strings.TrimSpace(s) == "" {
		return "", ""
	}
	nodes := parseAll(s)
	if nodes == nil {
		// Nested beyond what a browser's parser takes.
		return noTags.replace(oneBlock(s)), ""
	}
	// Nearly always all of it can be written at once; block by block is looked only where something came out otherwise.
	groups := shownBlocks(nodes)
	nodes = slices.Concat(groups...)
	var md string
	for _, lower := range []func([]*xhtml.Node) (string, certainty){writtenBlock, lowerBlock} {
		var is certainty
		if md, is = joinBlocks(groups, lower); is == same || is == unknown && rendersAs(md, nodes) {
			return noTags.replace(md), ""
		}
	}
	md, _ = joinBlocks(groups, rawBlock)
	return noTags.replace(md), ""
}

func joinBlocks(groups [][]*xhtml.Node, lower func([]*xhtml.Node) (string, certainty)) (string, certainty) {
	var out []string
	last, all := "", same
	for _, group := range groups {
		// Two lists in a row would become one.
		write := lower
		if tag := group[0].Data; (tag == "ul" || tag == "ol") && (last == "ul" || last == "ol") {
			write = rawBlock
		}
		md, is := write(group)
		if md != "" {
			out = append(out, md)
		}
		last, all = group[0].Data, max(all, is)
	}
	return strings.Join(out, "\n\n"), all
}

// noTags keeps braces of a text from being taken for shortcodes, whose builder would stop at an unknown one.
var noTags = newRareReplacer([]string{"{{"}, "{{<", "&#123;{<", "{{%", "&#123;{%")

// phrasing are elements that stand in a paragraph; everything else is a block.
var phrasing = map[atom.Atom]bool{atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Br: true, atom.Cite: true, atom.Code: true, atom.Data: true, atom.Del: true,
	atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Img: true, atom.Ins: true, atom.Kbd: true, atom.Label: true, atom.Mark: true, atom.Q: true, atom.S: true,
	atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true}

// blocksOf divides nodes into blocks; texts and inline elements between blocks are one together.
func blocksOf(nodes []*xhtml.Node) (all [][]*xhtml.Node) {
	var run []*xhtml.Node
	flush := func() {
		if len(run) > 0 {
			all = append(all, run)
		}
		run = nil
	}
	for _, n := range nodes {
		switch {
		case n.Type == xhtml.TextNode && strings.TrimSpace(n.Data) == "" && len(run) == 0:
		case n.Type == xhtml.TextNode, n.Type == xhtml.ElementNode && phrasing[n.DataAtom]:
			run = append(run, n)
		default:
			flush()
			all = append(all, []*xhtml.Node{n})
		}
	}
	flush()
	return all
}

// writtenBlock is a block in Markdown as far as can be seen without rendering it.
func writtenBlock(group []*xhtml.Node) (string, certainty) {
	w := &markdownWriter{ok: true}
	if w.block(group, ""); !w.ok {
		return rawBlock(group)
	}
	md := strings.TrimRight(w.b.String(), "\n")
	switch {
	case w.unsure || md == "":
		return md, unknown
	case w.other:
		return md, other
	}
	return md, same
}

// isPhrase says that a group is text and inline elements, of which Markdown makes a paragraph.
func isPhrase(n *xhtml.Node) bool {
	return n.Type == xhtml.TextNode || n.Type == xhtml.ElementNode && phrasing[n.DataAtom]
}

// shownBlocks are blocks as a browser shows them: of a phrase a paragraph, which Markdown makes of it too.
func shownBlocks(nodes []*xhtml.Node) [][]*xhtml.Node {
	groups := blocksOf(nodes)
	for i, group := range groups {
		if !isPhrase(group[0]) {
			continue
		}
		p := &xhtml.Node{Type: xhtml.ElementNode, Data: "p", DataAtom: atom.P}
		for _, n := range group {
			p.AppendChild(n)
		}
		groups[i] = []*xhtml.Node{p}
	}
	return groups
}

// lowerBlock is a block in Markdown, or as the HTML that it is where it would be rendered otherwise.
func lowerBlock(group []*xhtml.Node) (string, certainty) {
	md, is := writtenBlock(group)
	if is == same || is == unknown && rendersAs(md, group) {
		return md, is
	}
	return rawBlock(group)
}

// rawBlock is HTML that Markdown takes as one block: without blank lines, and with its first tag alone where the element is not one
// that begins a block by itself.
func rawBlock(group []*xhtml.Node) (string, certainty) {
	var b strings.Builder
	for _, n := range group {
		if err := xhtml.Render(&b, n); err != nil {
			return "", unknown
		}
	}
	s := strings.TrimSpace(b.String())
	if tag := group[0].Data; tag != "script" && tag != "style" && tag != "pre" && tag != "textarea" {
		s = oneBlock(s)
	}
	if sureRaw(s, group) {
		return s, same
	}
	if rendersAs(s, group) {
		return s, unknown
	}
	if i := strings.IndexByte(s, '>'); i > 0 && rendersAs(s[:i+1]+"\n"+s[i+1:], group) {
		return s[:i+1] + "\n" + s[i+1:], unknown
	}
	return s, unknown
}

var (
	emptyLines = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)
	preformed  = regexp.MustCompile(`(?is)<(pre|textarea)\b.*?</(?:pre|textarea)>`)
)

// oneBlock takes the blank lines out, which would end the block; within preformatted text they are written as references.
func oneBlock(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return strings.TrimSpace(s)
	}
	s = preformed.ReplaceAllStringFunc(s, func(m string) string {
		return emptyLines.ReplaceAllStringFunc(m, func(lines string) string { return "\n" + strings.ReplaceAll(lines[1:], "\n", "&#10;") })
	})
	return strings.TrimSpace(emptyLines.ReplaceAllString(s, "\n"))
}

// markdownWriter writes what Markdown has; ok turns false at anything else.
type markdownWriter struct {
	b     strings.Builder
	ok    bool
	depth int
	// unsure says that only rendering shows what was written, other that it is something else for sure.
	unsure, other bool
}

func (w *markdownWriter) block(group []*xhtml.Node, indent string) {
	n := group[0]
	if w.depth++; w.depth > 50 {
		w.ok = false
	}
	defer func() { w.depth-- }()
	if isPhrase(n) {
		w.line(w.phrase(group, false), indent)
		return
	}
	if n.Type != xhtml.ElementNode || !bare(n) {
		w.ok = false
		return
	}
	switch n.Data {
	case "p":
		w.line(w.phrase(slices.Collect(children(n)), false), indent)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		text := w.phrase(slices.Collect(children(n)), false)
		w.ok = w.ok && !strings.Contains(text, "\n")
		if id := nodeAttr(n, "id"); id != "" && !w.namedSo(n, text, id) {
			text += " {#" + id + "}"
		}
		w.line(strings.Repeat("#", int(n.Data[1]-'0'))+" "+text, indent)
	case "hr":
		w.line("---", indent)
	case "blockquote":
		w.nested(n, indent+"> ")
	case "ul", "ol":
		w.list(n, indent)
	case "pre":
		w.code(n, indent)
	case "table":
		w.table(n, indent)
	default:
		w.ok = false
	}
}

// namedSo says that Markdown gives a heading an id by itself.
func (w *markdownWriter) namedSo(n *xhtml.Node, text, id string) bool {
	if !w.unsure && sureText(n, false) {
		return string(anchors{}.Generate([]byte(text), ast.KindHeading)) == id
	}
	return strings.Contains(renderCommonMark("# "+text), ` id="`+id+`"`)
}

// bare says that an element has no attributes but those that Markdown writes.
func bare(n *xhtml.Node) bool {
	for _, a := range n.Attr {
		heading := len(n.Data) == 2 && n.Data[0] == 'h' && a.Key == "id" && plainID.MatchString(a.Val)
		if !heading && (n.Data != "ol" || a.Key != "start") {
			return false
		}
	}
	return true
}

var plainID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// line writes lines of text at their indentation.
func (w *markdownWriter) line(text, indent string) {
	w.b.WriteString(strings.ReplaceAll(text, "\n", "\n"+indent) + "\n")
}

// nested writes the blocks of an element; indent begins each of their lines but the first, whose beginning is written here.
func (w *markdownWriter) nested(n *xhtml.Node, indent string) {
	w.b.WriteString(indent[len(indent)-2:])
	groups := blocksOf(slices.Collect(children(n)))
	w.unsure = w.unsure || len(groups) == 0 || len(indent) > 2
	for i, group := range groups {
		w.other = w.other || isPhrase(group[0])
		w.unsure = w.unsure || group[0].Data != "p" && !isPhrase(group[0])
		if i > 0 {
			w.b.WriteString(strings.TrimRight(indent, " ") + "\n" + indent)
		}
		w.block(group, indent)
	}
}

// list writes items; a list is loose when its items hold paragraphs.
func (w *markdownWriter) list(n *xhtml.Node, indent string) {
	first := 1
	if s := nodeAttr(n, "start"); s != "" {
		first, w.unsure = number(s), true
	}
	items, textless := elements(n)
	w.ok = w.ok && textless && len(items) > 0
	for i, item := range items {
		if item.Data != "li" || len(item.Attr) > 0 {
			w.ok = false
			return
		}
		mark := "- "
		if n.Data == "ol" {
			mark = itoa(first+i) + ". "
		}
		groups := blocksOf(slices.Collect(children(item)))
		loose := len(groups) > 0 && groups[0][0].Data == "p"
		w.unsure = w.unsure || !sureItem(groups)
		if i > 0 {
			if loose {
				w.b.WriteString(strings.TrimRight(indent, " ") + "\n")
			}
			w.b.WriteString(indent)
		}
		w.b.WriteString(mark)
		inner := indent + strings.Repeat(" ", len(mark))
		for k, group := range groups {
			if k > 0 && loose {
				w.b.WriteString(strings.TrimRight(inner, " ") + "\n")
			}
			if k > 0 {
				w.b.WriteString(inner)
			}
			w.block(group, inner)
		}
		if len(groups) == 0 {
			w.b.WriteString("\n")
		}
	}
}

// code writes a fenced block.
func (w *markdownWriter) code(n *xhtml.Node, indent string) {
	kids, _ := elements(n)
	if len(kids) != 1 || kids[0].Data != "code" || n.FirstChild != kids[0] || n.LastChild != kids[0] {
		w.ok = false
		return
	}
	text, plain := textOf(kids[0])
	language := ""
	for _, a := range kids[0].Attr {
		var is bool
		if language, is = strings.CutPrefix(a.Val, "language-"); a.Key != "class" || !is || !plainID.MatchString(language) {
			plain = false
		}
	}
	fence := strings.Repeat("`", max(longestTicks(text)+1, 3))
	w.ok = w.ok && plain && strings.HasSuffix(text, "\n") && noTags.replace(text) == text
	w.unsure = w.unsure || indent != "" || strings.ContainsAny(text, "\t\r") || strings.TrimSpace(text) == "" || text[0] == '\n'
	w.line(fence+language+"\n"+text+fence, indent)
}

// table writes a table of plain cells with a head.
func (w *markdownWriter) table(n *xhtml.Node, indent string) {
	rows := find(n, "tr")
	w.unsure = true
	if len(rows) == 0 {
		w.ok = false
		return
	}
	for i, row := range rows {
		cells, textless := elements(row)
		w.ok = w.ok && textless
		var line strings.Builder
		line.WriteString("|")
		for _, c := range cells {
			w.ok = w.ok && bare(c)
			text := w.phrase(slices.Collect(children(c)), true)
			w.ok = w.ok && !strings.Contains(text, "\n")
			line.WriteString(" " + text + " |")
		}
		if i == 0 {
			line.WriteString("\n|" + strings.Repeat(" --- |", len(cells)))
		}
		if i > 0 {
			w.b.WriteString(indent)
		}
		w.line(line.String(), indent)
	}
}

// form is what two HTML texts have in common when a browser shows the same: attributes in order, white space folded.
func form(nodes []*xhtml.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		formOfNode(&b, n, false)
	}
	return strings.TrimSpace(b.String())
}

func formOfNode(b *strings.Builder, n *xhtml.Node, pre bool) {
	switch n.Type {
	case xhtml.TextNode:
		if pre {
			b.WriteString(escapeHTML(n.Data))
			return
		}
		s := foldBlanks(n.Data, " \t\r\n")
		if edge(n.PrevSibling, n.Parent) {
			s = strings.TrimLeft(s, " ")
		}
		if edge(n.NextSibling, n.Parent) {
			s = strings.TrimRight(s, " ")
		}
		b.WriteString(escapeHTML(s))
	case xhtml.CommentNode:
		b.WriteString("<!--" + n.Data + "-->")
	case xhtml.ElementNode:
		attrs := slices.Clone(n.Attr)
		slices.SortFunc(attrs, func(a, c xhtml.Attribute) int { return cmp.Compare(a.Key, c.Key) })
		b.WriteString("<" + n.Data)
		for _, a := range attrs {
			if a.Key == "id" && len(n.Data) == 2 && n.Data[0] == 'h' {
				continue // Made of the text where there is none.
			}
			b.WriteString(" " + a.Key + `="` + escapeAttr(decodeEscapes(a.Val, "/?#%")) + `"`)
		}
		b.WriteString(">")
		for c := range children(n) {
			formOfNode(b, c, pre || n.Data == "pre" || n.Data == "textarea" || n.Data == "script" || n.Data == "style" || n.Data == "code")
		}
		b.WriteString("</" + n.Data + ">")
	}
}

// edge says that white space beside a sibling means nothing: at the border of a block, beside another one, and around a line break.
func edge(sibling, parent *xhtml.Node) bool {
	if sibling == nil {
		return parent == nil || !phrasing[parent.DataAtom]
	}
	return sibling.Type == xhtml.ElementNode && (!phrasing[sibling.DataAtom] || sibling.DataAtom == atom.Br)
}
