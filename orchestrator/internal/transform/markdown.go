package transform

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Markdown, and content of folders that a builder fills in before it is shown: with Hugo's shortcodes or with Liquid.
const (
	markupMarkdownHugo   = "markdown+hugo"
	markupMarkdownLiquid = "markdown+liquid"
	markupHTMLHugo       = "html+hugo"
	markupHTMLLiquid     = "html+liquid"
)

func isMarkdown(markup string) bool {
	return markup == markupMarkdown || markup == markupMarkdownHugo || markup == markupMarkdownLiquid
}

// ofFolder says that links in a body may be of a kind that only rendering shows.
func ofFolder(markup string) bool {
	return isMarkdown(markup) || markup == markupHTMLHugo || markup == markupHTMLLiquid
}

// commonMark renders as Hugo does: CommonMark with GitHub's extensions, footnotes, definition lists, ids of headings. HTML in it stays.
var commonMark = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList), goldmark.WithRendererOptions(html.WithUnsafe()),
	goldmark.WithParserOptions(parser.WithAttribute(), parser.WithAutoHeadingID()))

func renderCommonMark(s string) string {
	var b bytes.Buffer
	if costly(s) {
		return "<pre>" + escapeHTML(s) + "</pre>"
	}
	if err := commonMark.Convert([]byte(s), &b, parser.WithContext(parser.NewContext(parser.WithIDs(anchors{})))); err != nil {
		return "<pre>" + escapeHTML(s) + "</pre>"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// anchors makes the ids of a page's headings as GitHub, Hugo and Jekyll do.
type anchors map[string]bool

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
	for n, first := 1, id; a[id]; n++ {
		id = first + "-" + itoa(n)
	}
	a[id] = true
	return []byte(id)
}

// Put implements parser.IDs.
func (a anchors) Put(id []byte) { a[string(id)] = true }

// folderText gives a body of a folder as canonical HTML with tokens, or, where the target takes Markdown, as that.
func (j *job) folderText(p *pass, body *recordv1.Body, s string) string {
	if j.takes(body.Markup) {
		return p.markdown(s)
	}
	switch body.Markup {
	case markupMarkdownHugo, markupHTMLHugo:
		s = j.shortcodesOfHugo(s, "content")
	case markupMarkdownLiquid, markupHTMLLiquid:
		s = j.liquid(s, "content")
	}
	if isMarkdown(body.Markup) {
		s = renderCommonMark(s)
	}
	body.Markup = markupHTML
	return p.html(literal.replace(s))
}

// liftMarkdown is for Markdown that is no folder's: what it holds is shown as it is.
func liftMarkdown(_ *job, b *recordv1.Body, _ string) string { return renderCommonMark(b.Text) }

// Where Markdown names addresses beside those that text finds.
var markdownLinks = regexp.MustCompile(`\]\(<?([^\s()<>]+)|(?m:^ {0,3}\[[^\]\n]+\]:[ \t]*<?([^\s<>]+))`)

// Shortcodes of Hugo's own, and of most themes, name addresses like this.
var (
	folderShortcode   = regexp.MustCompile(`\{\{[<%](?:[^}/]|/[^}*])[^}]*[%>]\}\}`)
	shortcodesAddress = regexp.MustCompile(`\b(?:src|link|href|url|poster)="([^"\s]+)"`)
)

// shortcodeAddresses replaces own addresses without a host in shortcodes that stay as they are.
func (p *pass) shortcodeAddresses(s string) string {
	var e edits
	for _, code := range folderShortcode.FindAllStringIndex(s, -1) {
		for _, m := range shortcodesAddress.FindAllStringSubmatchIndex(s[code[0]:code[1]], -1) {
			at, end := code[0]+m[2], code[0]+m[3]
			p.address(&e, s, at, s[at:end], true)
		}
	}
	return e.done(s)
}

// markdown replaces own addresses in Markdown; all other bytes stay.
func (p *pass) markdown(s string) string {
	s = p.shortcodeAddresses(p.html(s))
	var e edits
	for _, m := range markdownLinks.FindAllStringSubmatchIndex(s, -1) {
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 && isLocal(s[m[i]:m[i+1]]) {
				p.address(&e, s, m[i], s[m[i]:m[i+1]], true)
			}
		}
	}
	return e.done(s)
}
