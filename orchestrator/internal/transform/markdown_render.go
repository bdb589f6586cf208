package transform

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
)

// renderer reads Markdown with HTML in it, which stays as authors wrote it, as the platforms do.
type renderer struct {
	full goldmark.Markdown
	// brief makes no links of bare addresses, for which full looks behind each blank.
	brief goldmark.Markdown
}

func newRenderer(options []parser.Option, more ...goldmark.Extender) *renderer {
	with := func(more []goldmark.Extender) goldmark.Markdown {
		return goldmark.New(goldmark.WithExtensions(append([]goldmark.Extender{extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote}, more...)...),
			goldmark.WithRendererOptions(html.WithUnsafe()), goldmark.WithParserOptions(options...))
	}
	return &renderer{brief: with(more), full: with(append(more, extension.Linkify))}
}

var (
	// commonMark renders as Hugo does: CommonMark with GitHub's extensions, footnotes, definition lists, ids of headings.
	commonMark = newRenderer([]parser.Option{parser.WithAttribute(), parser.WithAutoHeadingID()}, extension.DefinitionList)
	// ghostMark renders as Ghost does.
	ghostMark = newRenderer([]parser.Option{parser.WithAutoHeadingID()})
)

// htmlBuffer spares the renderer a buffer of its own.
type htmlBuffer struct{ strings.Builder }

// Available implements util.BufWriter.
func (*htmlBuffer) Available() int { return 0 }

// Buffered implements util.BufWriter.
func (*htmlBuffer) Buffered() int { return 0 }

// Flush implements util.BufWriter.
func (*htmlBuffer) Flush() error { return nil }

func (r *renderer) render(s string, options ...parser.ParseOption) string {
	if costly(s) {
		return "<pre>" + escapeHTML(s) + "</pre>"
	}
	m := r.brief
	if endsBlank(s) || hasBareAddress(s) {
		m = r.full
	}
	var b htmlBuffer
	b.Grow(len(s) + len(s)/4)
	if err := m.Convert([]byte(s), &b, options...); err != nil {
		return "<pre>" + escapeHTML(s) + "</pre>"
	}
	return b.String()
}

func renderMarkdown(s string) string { return ghostMark.render(s) }

func renderCommonMark(s string) string {
	return strings.TrimSuffix(commonMark.render(s, parser.WithContext(parser.NewContext(parser.WithIDs(anchors{})))), "\n")
}

// endsBlank says that a line ends in two or more blanks, of which only full shows some.
func endsBlank(s string) bool {
	for line := range strings.Lines(s) {
		if line = strings.TrimRight(line, "\r\n"); len(line) > 1 && strings.IndexByte(" \t\f\v", line[len(line)-1]) >= 0 && strings.IndexByte(" \t\f\v", line[len(line)-2]) >= 0 {
			return true
		}
	}
	return false
}

// hasBareAddress says that a text may hold addresses that become links by themselves. Those of "[text](address)" do not, where neither
// part holds anything but letters and the like. TestBareAddresses holds it to the renderer.
func hasBareAddress(s string) bool {
	if strings.IndexByte(s, '@') >= 0 {
		return true
	}
	for at := 0; ; {
		i := nextAddress(s, at)
		if i < 0 {
			return false
		}
		n := linkBytes(s, at, i)
		if n == 0 {
			return true
		}
		at = i + n
	}
}

var (
	schemeMark = newNeedle("://")
	wwwMark    = newNeedle("www.")
)

// nextAddress is where the next one begins; -1: nowhere.
func nextAddress(s string, at int) int {
	i, w := schemeMark.index(s, at), wwwMark.index(s, at)
	if i < 0 || w >= 0 && w < i {
		return w
	}
	for i > at && isLetter(s[i-1]) {
		i--
	}
	return i
}

// linkBytes is the length of the address at i when it is one of "[text](address)"; 0: it is another.
func linkBytes(s string, from, i int) int {
	label, ok := strings.CutSuffix(s[from:i], "](")
	open := strings.LastIndexByte(label, '[')
	if !ok || open < 0 || len(label)-open < 3 || open > 0 && strings.IndexByte("\\]", label[open-1]) >= 0 || !sureLabel(label[open+1:]) {
		return 0
	}
	n := strings.IndexByte(s[i:], ')')
	if n < 0 || !sureAddress(s[i:i+n]) {
		return 0
	}
	return n
}

func sureLabel(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(" ,.-'", s[i]) < 0 && s[i] < 0x80 {
			return false
		}
	}
	return true
}

// anchors makes the ids of a page's headings as GitHub, Hugo and Jekyll do. By each id stands the first number that is not known to be
// taken behind it.
type anchors map[string]int

// Generate implements parser.IDs.
func (a anchors) Generate(text []byte, _ ast.NodeKind) []byte {
	id := strings.Map(func(c rune) rune {
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_':
			return unicode.ToLower(c)
		case c == ' ':
			return '-'
		}
		return -1
	}, strings.TrimSpace(string(text)))
	if id == "" {
		id = "heading"
	}
	for first := id; a[id] > 0; a[first]++ {
		id = first + "-" + itoa(a[first])
	}
	a.Put([]byte(id))
	return []byte(id)
}

// Put implements parser.IDs.
func (a anchors) Put(id []byte) { a[string(id)] = max(a[string(id)], 1) }

// maxDelimiters bounds emphasis and links, whose cost grows with the square of their number.
const maxDelimiters = 10_000

// deepest is beyond how deep anybody writes quotes and lists in each other, whose cost grows with the square of their depth.
const deepest = 400

var deepQuotes = regexp.MustCompile(`(?:[>*+-][ \t]*){` + itoa(deepest) + `}`)

func costly(s string) bool {
	count := func(mark string) int { return strings.Count(s, mark) }
	stars := count("*")
	return stars+count("_")+count("[") > maxDelimiters || stars+count(">")+count("+")+count("-") >= deepest && deepQuotes.MatchString(s)
}
