package transform

import (
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/baileybridge/bailey/proto/record"
)

// phrase writes texts and inline elements.
func (w *markdownWriter) phrase(nodes []*xhtml.Node, cell bool) string {
	var b strings.Builder
	for _, n := range nodes {
		w.inline(&b, n, cell)
	}
	s := strings.TrimSpace(b.String())
	if strings.Contains(s, "\n") {
		s = breaks.ReplaceAllString(s, "\n")
	}
	escaped := lineStarts(s)
	w.unsure = w.unsure || s == "" || escaped != s
	return escaped
}

var breaks = regexp.MustCompile(`[ \t]*\n[ \t\n]*`)

func (w *markdownWriter) inline(b *strings.Builder, n *xhtml.Node, cell bool) {
	switch n.Type {
	case xhtml.TextNode:
		w.unsure = w.unsure || !sureProse(n.Data)
		b.WriteString(escapeMarkdown(n.Data, cell))
		return
	case xhtml.ElementNode:
	default:
		w.ok = false
		return
	}
	if w.depth++; w.depth > 50 {
		w.ok = false
	}
	defer func() { w.depth-- }()
	w.unsure = w.unsure || !w.sureInline(n)
	mark := ""
	switch n.Data {
	case "strong":
		mark = "**"
	case "em":
		mark = "*"
	case "del":
		mark = "~~"
	}
	switch {
	case mark != "" && len(n.Attr) == 0:
		b.WriteString(mark)
		w.below(b, n, cell)
		b.WriteString(mark)
	case n.Data == "br" && len(n.Attr) == 0 && !cell:
		b.WriteString("\\\n")
	case n.Data == "code" && len(n.Attr) == 0 && !cell:
		w.span(b, n)
	case n.Data == "a" && only(n, "href", "title") && nodeAttr(n, "href") != "" && n.FirstChild != nil:
		b.WriteString("[")
		w.below(b, n, cell)
		b.WriteString("](" + w.destination(nodeAttr(n, "href"), nodeAttr(n, "title")) + ")")
	case n.Data == "img" && only(n, "src", "alt", "title") && hasAttr(n, "alt") && nodeAttr(n, "src") != "":
		b.WriteString("![" + escapeMarkdown(nodeAttr(n, "alt"), cell) + "](" + w.destination(nodeAttr(n, "src"), nodeAttr(n, "title")) + ")")
	case phrasing[n.DataAtom]:
		w.raw(b, n, cell)
	default:
		w.ok = false
	}
}

func (w *markdownWriter) below(b *strings.Builder, n *xhtml.Node, cell bool) {
	for c := range children(n) {
		w.inline(b, c, cell)
	}
}

// raw writes the tags of an inline element as they are, and what is between them as Markdown.
func (w *markdownWriter) raw(b *strings.Builder, n *xhtml.Node, cell bool) {
	empty := &xhtml.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr}
	var tag strings.Builder
	if err := xhtml.Render(&tag, empty); err != nil || cell && strings.Contains(tag.String(), "|") {
		w.ok = false
		return
	}
	open, closing := tag.String(), ""
	if i := strings.LastIndex(open, "</"); i > 0 {
		open, closing = open[:i], open[i:]
	}
	if n.Data == "code" {
		// Between the tags of code Markdown would still be read.
		w.ok = w.ok && cell
	}
	b.WriteString(open)
	w.below(b, n, cell)
	b.WriteString(closing)
}

// span writes a span of code.
func (w *markdownWriter) span(b *strings.Builder, n *xhtml.Node) {
	text, plain := textOf(n)
	fence := strings.Repeat("`", longestTicks(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	w.ok = w.ok && plain && strings.TrimSpace(text) != "" && !strings.Contains(text, "\n") && noTags.replace(text) == text
	b.WriteString(fence + text + fence)
}

// longestTicks is the length of the longest row of "`" in a text.
func longestTicks(s string) (most int) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '`')
		if i < 0 {
			return most
		}
		at += i
		n := len(s) - at - len(strings.TrimLeft(s[at:], "`"))
		most = max(most, n)
		at += n
	}
}

func only(n *xhtml.Node, names ...string) bool {
	for _, a := range n.Attr {
		found := false
		for _, name := range names {
			found = found || a.Key == name
		}
		if !found {
			return false
		}
	}
	return true
}

func hasAttr(n *xhtml.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// destination writes an address and a title.
func (w *markdownWriter) destination(address, title string) string {
	d := address
	if strings.ContainsAny(d, " \t\r\n\f()<>\\\"&*_[]|`{}") {
		w.ok = w.ok && !strings.ContainsAny(d, "<>\n\\|")
		d = "<" + strings.ReplaceAll(d, "&", "&amp;") + ">"
	}
	if title != "" {
		w.ok = w.ok && !strings.ContainsAny(title, "\n|")
		d += ` "` + titleEscapes.Replace(title) + `"`
	}
	return d
}

var titleEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;", "<", "&lt;", "{", "&#123;")

var (
	tokenForm = regexp.MustCompile(record.Scheme + `[a-z]+/[A-Za-z0-9_%-]+(?:;[a-z0-9]+)?!?`)
	addresses = regexp.MustCompile(`(?i)\b(https?|ftp):`)
)

// escapeMarkdown writes a text so that Markdown reads nothing into it. Tokens stay as they are.
func escapeMarkdown(s string, cell bool) string {
	if !record.HasScheme(s) {
		return escapePlain(s, cell)
	}
	var b strings.Builder
	at := 0
	for _, m := range tokenForm.FindAllStringIndex(s, -1) {
		b.WriteString(escapePlain(s[at:m[0]], cell))
		b.WriteString(s[m[0]:m[1]])
		at = m[1]
	}
	b.WriteString(escapePlain(s[at:], cell))
	return b.String()
}

func escapePlain(s string, cell bool) string {
	var e edits
	address := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\', '`', '*', '[', ']', '<', '~', '{':
			e.replace(s, i, i, `\`)
		case '|':
			if cell {
				e.replace(s, i, i, `\`)
			}
		case '_', '@':
			// Within a word "_" means nothing, and outside of one "@".
			if within := i > 0 && isAlnum(s[i-1]) && i+1 < len(s) && isAlnum(s[i+1]); within == (c == '@') {
				e.replace(s, i, i, `\`)
			}
		case '&':
			if i+1 < len(s) && (s[i+1] == '#' || isLetter(s[i+1])) {
				e.replace(s, i, i+1, "&amp;")
				i++
			}
		case 'w':
			if strings.HasPrefix(s[i:], "www.") && (i == 0 || !isAlnum(s[i-1]) && s[i-1] != '_') {
				i += len("www")
				e.replace(s, i, i, `\`)
			}
		case ':':
			address = address || i > 0 && (s[i-1]|0x20 == 's' || s[i-1]|0x20 == 'p' || s[i-1] >= 0x80)
		}
	}
	if s = e.done(s); address {
		s = addresses.ReplaceAllString(s, `$1\:`)
	}
	return s
}

// lineStarts escapes what would begin a list, a heading, a quotation or a definition. Pictures begin lines as they are.
func lineStarts(s string) string {
	var e edits
	for i := 0; i < len(s); {
		n := i
		for n < len(s) && n-i < 10 && s[n]-'0' < 10 {
			n++
		}
		switch {
		case n == i && strings.IndexByte("-+=:#>", s[i]) >= 0, n > i && n-i < 10 && n < len(s) && (s[n] == '.' || s[n] == ')'):
			e.replace(s, n, n, `\`)
		}
		end := strings.IndexByte(s[i:], '\n')
		if end < 0 {
			break
		}
		i += end + 1
	}
	return e.done(s)
}
