package transform

import (
	"encoding/json"
	"regexp"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Format bits of a lexical text node, in the order in which their elements nest.
// Source: packages/lexical/src/LexicalConstants.ts and Ghost's kg-lexical-html-renderer.
var lexFormats = []struct {
	bit int
	tag string
}{{1, "strong"}, {2, "em"}, {4, "s"}, {8, "u"}, {16, "code"}, {32, "sub"}, {64, "sup"}, {128, "mark"}}

const maxLexicalDepth = 100

// lexRender writes a lexical tree as HTML, the way the platform stores its rendering.
type lexRender struct {
	b   strings.Builder
	ids map[string]int
	// job counts cards that have no HTML, for a field, and knows the policies for them; nil: nobody does.
	job   *job
	field string
}

func newLexRender(j *job, field string) *lexRender {
	return &lexRender{ids: map[string]int{}, job: j, field: field}
}

// foreign is what stands for a card that has no HTML, or not all of it: usual, unless there is a policy.
func (r *lexRender) foreign(kind string, n lexNode, usual string) string {
	if r.job == nil {
		return usual
	}
	if kind == "" || len(kind) > maxCardName {
		kind = "card"
	}
	c := &construct{tag: "card:" + kind, field: r.field, attr: n.str, content: func() string { return cardText(n) }}
	if a := r.job.ctx.action(c.tag); a == ActionKeepRaw || r.job.ctx.Examples {
		var tag strings.Builder
		writeNode(&tag, n)
		c.text, c.end = tag.String(), tag.Len()
	}
	with, ok := r.job.instead(c)
	switch {
	case !ok:
		return usual
	case r.job.ctx.action(c.tag) == ActionKeepRaw:
		return "<pre><code>" + escapeHTML(with) + "</code></pre>"
	}
	return with
}

const maxCardName = 64

// cardText is what there is to read in a card of any kind.
func cardText(n lexNode) string {
	s := n.str("html")
	for _, key := range []string{"title", "heading", "header", "text", "content", "description", "caption"} {
		if v := n.str(key); v != "" {
			s += "<p>" + escapeHTML(stripTags(v)) + "</p>"
		}
	}
	return s
}

// liftLexical prefers the platform's own rendering.
func liftLexical(j *job, b *recordv1.Body, field string) string {
	if strings.TrimSpace(b.Html) != "" || b.Text == "" {
		return j.rendering(b, field)
	}
	var doc lexNode
	if err := json.Unmarshal([]byte(b.Text), &doc.read); err != nil {
		j.lose(LossBody, field, 1)
		return looseTexts(b.Text, func(key, before string) bool { return key == "text" && before == ":" })
	}
	r := newLexRender(j, field)
	r.nodes(doc.sub("root").children(), 0)
	return strings.TrimSpace(r.b.String())
}

// gated is a part of the platform's rendering that it shows only to some. Source: _renderWithWebVisibility of Ghost's kg-default-nodes.
var gated = regexp.MustCompile(`(?s)<!--kg-gated-block:begin ([^\n]*?)\s*-->(.*?)<!--kg-gated-block:end-->`)

// rendering is the platform's own rendering as canonical HTML. What is only for members nobody else may see elsewhere; what is only in
// mails it does not hold.
func (j *job) rendering(b *recordv1.Body, field string) string {
	for _, card := range []string{"email", "email-cta", "signup"} {
		j.lose("card:"+card, field, strings.Count(b.Text, `"type":"`+card+`"`)+strings.Count(b.Text, `["`+card+`",{`))
	}
	if !strings.Contains(b.Html, "<!--kg-gated-block") {
		return strings.TrimSpace(b.Html)
	}
	return strings.TrimSpace(gated.ReplaceAllStringFunc(b.Html, func(block string) string {
		parts := gated.FindStringSubmatch(block)
		if strings.Contains(parts[1], "nonMember:true") {
			j.lose("card:for_visitors", field, 1)
			return parts[2]
		}
		j.lose("card:for_members", field, 1)
		return ""
	}))
}

// hidden says that a card is shown to members or in mails only, in the newer or the older form of the setting.
func hidden(n lexNode) bool {
	v := n.sub("visibility")
	web := v.sub("web")
	return !web.isNone() && !web.yes("nonMember") || v.yes("emailOnly") || v.get("showOnWeb") == false
}

// renderLexical is the rendering of top-level nodes as the platform would store it, of about a size: a blank paragraph at the end is the editor's.
func renderLexical(nodes []lexNode, size int) string {
	r := newLexRender(nil, "")
	r.b.Grow(size + size/8)
	if last := len(nodes) - 1; last >= 0 && nodes[last].kind() == "paragraph" && strings.TrimSpace(lexPlain(nodes[last:])) == "" {
		nodes = nodes[:last]
	}
	r.nodes(nodes, 0)
	return r.b.String()
}

func (r *lexRender) nodes(nodes []lexNode, depth int) {
	if depth > maxLexicalDepth {
		r.deep(nodes)
		return
	}
	for _, n := range nodes {
		r.node(n, depth)
	}
}

// deep writes what is nested deeper than anybody nests as plain text.
func (r *lexRender) deep(nodes []lexNode) { r.b.WriteString(escapeHTML(lexPlain(nodes))) }

func (r *lexRender) node(n lexNode, depth int) {
	if hidden(n) {
		if r.job != nil {
			r.job.lose("card:for_members", r.field, 1)
		}
		return
	}
	children := n.children()
	switch kind := n.kind(); kind {
	case "paragraph":
		if len(children) > 0 {
			r.element("p", "", children, depth)
		}
	case "heading", "extended-heading":
		r.heading(n.str("tag"), children, depth)
	case "quote", "extended-quote":
		r.element("blockquote", "", children, depth)
	case "aside":
		r.element("blockquote", ` class="kg-blockquote-alt"`, children, depth)
	case "list":
		r.lexList(n, depth)
	case "code", "code-block":
		r.element("pre", "", children, depth)
	case "text", lexText, "link", "autolink", "linebreak":
		writeInline(&r.b, []lexNode{n}, depth)
	default:
		if card := cards[kind]; card != nil {
			r.b.WriteString(card(r, n))
		} else if len(children) > 0 {
			r.nodes(children, depth+1)
		} else {
			r.b.WriteString(r.foreign(kind, n, ""))
		}
	}
}

func (r *lexRender) element(tag, attrs string, children []lexNode, depth int) {
	r.b.WriteString("<")
	r.b.WriteString(tag)
	r.b.WriteString(attrs)
	r.b.WriteString(">")
	writeInline(&r.b, children, depth+1)
	r.b.WriteString("</")
	r.b.WriteString(tag)
	r.b.WriteString(">")
}

func (r *lexRender) heading(tag string, children []lexNode, depth int) {
	if len(tag) != 2 || tag[0] != 'h' || tag[1] < '1' || tag[1] > '6' {
		tag = "h2"
	}
	attrs := ""
	if id := headingID(lexPlain(children)); id != "" {
		if n := r.ids[id]; n > 0 {
			attrs = ` id="` + id + "-" + itoa(n) + `"`
		} else {
			attrs = ` id="` + id + `"`
		}
		r.ids[id]++
	}
	r.element(tag, attrs, children, depth)
}

// lexList writes a list; an item that holds only a list belongs into the item before.
func (r *lexRender) lexList(n lexNode, depth int) {
	if depth > maxLexicalDepth {
		r.deep(n.children())
		return
	}
	tag, attrs := "ul", ""
	if n.str("tag") == "ol" || n.str("listType") == "number" {
		tag = "ol"
		if start := n.num("start"); start > 1 {
			attrs = ` start="` + itoa(start) + `"`
		}
	}
	r.b.WriteString("<" + tag + attrs + ">")
	open := false
	for _, item := range n.children() {
		children := item.children()
		nested := len(children) > 0 && children[0].kind() == "list"
		if open && !nested {
			r.b.WriteString("</li>")
		}
		if !open || !nested {
			r.b.WriteString("<li>")
		}
		open = true
		r.item(children, depth)
	}
	if open {
		r.b.WriteString("</li>")
	}
	r.b.WriteString("</" + tag + ">")
}

func (r *lexRender) item(children []lexNode, depth int) {
	for i, c := range children {
		if c.kind() == "list" {
			r.lexList(c, depth+1)
			continue
		}
		if i == 0 || children[i-1].kind() == "list" {
			end := i
			for end < len(children) && children[end].kind() != "list" {
				end++
			}
			writeInline(&r.b, children[i:end], depth+1)
		}
	}
}

// writeInline writes text, links and breaks; elements of formats that go on are not closed in between.
func writeInline(b *strings.Builder, nodes []lexNode, depth int) {
	w := &inlineWriter{b: b}
	w.nodes(nodes, depth)
	w.format(0)
}

type inlineWriter struct {
	b    *strings.Builder
	open []int
}

func (w *inlineWriter) nodes(nodes []lexNode, depth int) {
	if depth > maxLexicalDepth {
		w.b.WriteString(escapeHTML(lexPlain(nodes)))
		return
	}
	breaks := 0 // is where the last row of breaks ends.
	for i, n := range nodes {
		switch n.kind() {
		case "text", lexText:
			w.format(n.format())
			w.b.WriteString(escapeHTML(n.text()))
		case "linebreak":
			for breaks = max(breaks, i); breaks < len(nodes) && nodes[breaks].kind() == "linebreak"; breaks++ {
			}
			if breaks < len(nodes) {
				w.close(nodes[breaks].format())
			} else {
				w.close(0)
			}
			w.b.WriteString("<br>")
		case "tab":
			w.b.WriteString("\t")
		case "link", "autolink", "at-link":
			w.format(0)
			w.b.WriteString("<a" + attrIf("href", n.str("url")) + attrIf("rel", n.str("rel")) + ">")
			writeInline(w.b, n.children(), depth+1)
			w.b.WriteString("</a>")
		case "html":
			w.format(0)
			w.b.WriteString(n.str("html"))
		default:
			w.nodes(n.children(), depth+1)
		}
	}
}

// close closes elements until none but the wanted formats are open.
func (w *inlineWriter) close(want int) {
	keep := 0
	for keep < len(w.open) && want&lexFormats[w.open[keep]].bit != 0 {
		keep++
	}
	for i := len(w.open) - 1; i >= keep; i-- {
		w.b.WriteString("</" + lexFormats[w.open[i]].tag + ">")
	}
	w.open = w.open[:keep]
}

// format closes and opens elements until exactly the wanted formats are open.
func (w *inlineWriter) format(want int) {
	w.close(want)
	have := 0
	for _, i := range w.open {
		have |= lexFormats[i].bit
	}
	for i, f := range lexFormats {
		if want&f.bit != 0 && have&f.bit == 0 {
			w.b.WriteString("<" + f.tag + ">")
			w.open = append(w.open, i)
		}
	}
}

// lexPlain is the text without formats.
func lexPlain(nodes []lexNode) string {
	var b strings.Builder
	writePlain(&b, nodes)
	return b.String()
}

func writePlain(b *strings.Builder, nodes []lexNode) {
	for _, n := range nodes {
		if !hidden(n) {
			b.WriteString(n.text())
			writePlain(b, n.children())
		}
	}
}

func unquoteJSON(quoted string) string {
	var s string
	if json.Unmarshal([]byte(quoted), &s) != nil {
		return ""
	}
	return s
}
