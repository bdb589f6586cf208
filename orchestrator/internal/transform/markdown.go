package transform

import (
	"regexp"
	"strings"

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

// Shortcodes of Hugo's own, and of most themes, name addresses like this.
var (
	folderShortcode   = regexp.MustCompile(`\{\{[<%](?:[^}/]|/[^}*])[^}]*[%>]\}\}`)
	shortcodesAddress = regexp.MustCompile(`\b(?:src|link|href|url|poster)="([^"\s]+)"`)
)

// shortcodeAddresses replaces own addresses without a host in shortcodes that stay as they are.
func (p *pass) shortcodeAddresses(s string) string {
	if !strings.Contains(s, "{{") {
		return s
	}
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
	for start, end := range markdownAddresses(s) {
		p.address(&e, s, start, s[start:end], true)
	}
	return e.done(s)
}

// markdownAddresses yields the places where Markdown names addresses beside those that text finds: "[a](here)" and "[a]: here".
func markdownAddresses(s string) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		for from := 0; ; {
			n := strings.IndexByte(s[from:], ']')
			if n < 0 {
				return
			}
			i, not := from+n+1, " \t\r\n\f<>"
			switch {
			case strings.HasPrefix(s[i:], "("):
				from, not = i+1, not+"()"
			case strings.HasPrefix(s[i:], ":") && beginsLine(s[from:i-1], from == 0 || s[from-1] == '\n'):
				for from = i + 1; from < len(s) && (s[from] == ' ' || s[from] == '\t'); from++ {
				}
			default:
				from = i
				continue
			}
			if strings.HasPrefix(s[from:], "<") {
				from++
			}
			start := from
			if n := strings.IndexAny(s[start:], not); n >= 0 {
				from += n
			} else {
				from = len(s)
			}
			if start < from && !yield(start, from) {
				return
			}
		}
	}
}

// beginsLine says that a text ends in a line of "[" and a label, which start says the text may begin with.
func beginsLine(s string, start bool) bool {
	if n := strings.LastIndexByte(s, '\n'); n >= 0 {
		s, start = s[n+1:], true
	}
	for n := 0; n < 3; n++ {
		s = strings.TrimPrefix(s, " ")
	}
	return start && len(s) > 1 && s[0] == '['
}
