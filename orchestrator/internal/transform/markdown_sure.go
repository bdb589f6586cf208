package transform

import (
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
)

// certainty is what is known of Markdown without rendering it.
type certainty int

const (
	same    certainty = iota // it says what it was written from
	unknown                  // that takes a look
	other                    // it says something else
)

func rendersAs(md string, nodes []*xhtml.Node) bool {
	return form(parseAll(renderCommonMark(md))) == form(nodes)
}

// What is written here says of plain prose, links and lists that Markdown says the same for sure, which spares rendering them to see.
// TestSureIsSure renders what was said to be sure.

// sureInline says of an inline element with nothing but text around it.
func (w *markdownWriter) sureInline(n *xhtml.Node) bool {
	if w.unsure || !standsFree(n) {
		return false
	}
	switch n.Data {
	case "strong", "em":
		return len(n.Attr) == 0 && sureText(n, true)
	case "code":
		s, plain := textOf(n)
		return len(n.Attr) == 0 && plain && sureCode(s)
	case "a":
		// "[x]" at the start of an item is a box that is ticked.
		return only(n, "href") && sureText(n, true) && len(n.FirstChild.Data) > 1 && sureAddress(nodeAttr(n, "href"))
	case "img":
		return only(n, "src", "alt") && hasAttr(n, "alt") && sureAddress(nodeAttr(n, "src")) && sureProse(nodeAttr(n, "alt"))
	case "br":
		next := n.NextSibling
		return len(n.Attr) == 0 && n.PrevSibling != nil && next != nil && strings.TrimSpace(n.PrevSibling.Data) != "" && startsWithLetter(next.Data)
	}
	return false
}

// sureText says that an element holds one plain text; within marks it begins and ends with a letter or digit.
func sureText(n *xhtml.Node, marked bool) bool {
	c := n.FirstChild
	if c == nil || c.Type != xhtml.TextNode || c.NextSibling != nil || !sureProse(c.Data) {
		return false
	}
	return !marked || isAlnum(c.Data[0]) && isAlnum(c.Data[len(c.Data)-1]) && strings.IndexByte(c.Data, '\n') < 0
}

// standsFree says that blanks or the ends of the block are around an element, behind it also punctuation.
func standsFree(n *xhtml.Node) bool {
	if prev := n.PrevSibling; prev != nil {
		if prev.Type != xhtml.TextNode || n.Data != "br" && strings.IndexByte(" \n(", prev.Data[len(prev.Data)-1]) < 0 {
			return false
		}
	}
	next := n.NextSibling
	return next == nil || next.Type == xhtml.TextNode && (n.Data == "br" || strings.IndexByte(" \n.,;:!?)", next.Data[0]) >= 0)
}

// sureProse says that a text means nothing else in Markdown, wherever in a line it stands.
func sureProse(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isAlnum(c), strings.IndexByte(" ,.;'\"()?/%-$", c) >= 0:
			i++
		case strings.HasPrefix(s[i:], "://"):
			i += len("://")
		case c == ':' || c == '!':
			if i++; i >= len(s) || s[i] != ' ' {
				return false
			}
		case c == '\n':
			rest := strings.TrimLeft(s[i:], " \n")
			if rest != "" && !isLetter(rest[0]) {
				return false
			}
			i = len(s) - len(rest)
		case c < utf8.RuneSelf:
			return false
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if size == 1 || !unicode.IsLetter(r) && !strings.ContainsRune("–—‘’“”…«»", r) {
				return false
			}
			i += size
		}
	}
	return true
}

func startsWithLetter(s string) bool {
	s = strings.TrimLeft(s, " \n")
	return s != "" && isLetter(s[0])
}

// sureItem says that an item is a text, perhaps with a list below.
func sureItem(groups [][]*xhtml.Node) bool {
	if len(groups) == 0 || len(groups) > 2 || !isPhrase(groups[0][0]) {
		return false
	}
	return len(groups) == 1 || groups[1][0].Data == "ul" || groups[1][0].Data == "ol"
}

func sureCode(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(" ._-/():=;,'\"+$#@", s[i]) < 0 {
			return false
		}
	}
	return s != "" && isAlnum(s[0]) && isAlnum(s[len(s)-1]) && !strings.Contains(s, "  ")
}

func sureAddress(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(":/.?=#&;,+-_!", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// sureRaw says that HTML written as it is begins a block of HTML and does not end within it, and reads as what it was written from.
func sureRaw(s string, group []*xhtml.Node) bool {
	n := group[0]
	switch {
	case len(group) > 1:
		return false
	case n.Type == xhtml.CommentNode:
		if strings.IndexByte(s, '\n') >= 0 || !strings.HasPrefix(s, "<!--") || strings.Index(s, "-->") != len(s)-len("-->") {
			return false
		}
	case n.Type != xhtml.ElementNode || !blockTags[n.Data]:
		return false
	case !strings.HasPrefix(s, "<"+n.Data+">") && !strings.HasPrefix(s, "<"+n.Data+" ") || hasBlankLine(s):
		return false
	}
	return form(parseAll(s)) == form(group)
}

// blockTags begin a block that ends at a blank line. (https://spec.commonmark.org/0.31.2/#html-blocks, kind 6)
var blockTags = names("address article aside blockquote details div dl figcaption figure footer h1 h2 h3 h4 h5 h6 header iframe main nav ol p section table ul")

func hasBlankLine(s string) bool {
	for i := strings.IndexByte(s, '\n'); i >= 0; {
		rest := strings.TrimLeft(s[i+1:], " \t\r\f\v")
		if rest == "" || rest[0] == '\n' {
			return true
		}
		next := strings.IndexByte(rest, '\n')
		if next < 0 {
			return false
		}
		i = len(s) - len(rest) + next
	}
	return false
}
