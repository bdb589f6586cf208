package transform

import (
	"strings"

	xhtml "golang.org/x/net/html"
)

// tokens cuts HTML as a browser does, and nothing of it is copied. Scripts, doctypes, broken tags and the like are left to the
// tokenizer of x/net/html, from where the first of them stands; TestTokens holds the two to one another.
type tokens struct {
	s string
	// kind of the token at s[start:end].
	kind       xhtml.TokenType
	start, end int
	// name of a tag, in lower case.
	name string
	// rest is set from the first unusual token on.
	rest *xhtml.Tokenizer
}

// next is false at the end, where start stays behind the last whole token.
func (t *tokens) next() bool {
	t.start, t.name = t.end, ""
	if t.rest == nil && t.plain() {
		return t.kind != xhtml.ErrorToken
	}
	if t.rest == nil {
		t.rest = xhtml.NewTokenizer(strings.NewReader(t.s[t.start:]))
	}
	if t.kind = t.rest.Next(); t.kind == xhtml.ErrorToken {
		return false
	}
	t.end = t.start + len(t.rest.Raw())
	if t.isTag() {
		name, _ := t.rest.TagName()
		t.name = string(name)
	}
	return true
}

func (t *tokens) isTag() bool { return t.isStart() || t.kind == xhtml.EndTagToken }

func (t *tokens) isStart() bool {
	return t.kind == xhtml.StartTagToken || t.kind == xhtml.SelfClosingTagToken
}

// plain reads a token of the usual kind; false: it is another.
func (t *tokens) plain() bool {
	s := t.s[t.start:]
	switch {
	case s == "":
		t.kind = xhtml.ErrorToken
		return true
	case s[0] != '<' || !isMarkup(s):
		t.kind, t.end = xhtml.TextToken, t.start+textBytes(s)
		return true
	case strings.HasPrefix(s, "<!--"):
		n := plainComment(s)
		t.kind, t.end = xhtml.CommentToken, t.start+n
		return n > 0
	}
	return t.tag(s)
}

// isMarkup says that the "<" at the start of s begins a tag, a comment or the like.
func isMarkup(s string) bool {
	return len(s) > 1 && (isLetter(s[1]) || s[1] == '/' || s[1] == '!' || s[1] == '?')
}

func textBytes(s string) int {
	for i := 0; ; {
		n := strings.IndexByte(s[i:], '<')
		if n < 0 {
			return len(s)
		}
		if i += n; isMarkup(s[i:]) {
			return i
		}
		i++
	}
}

// plainComment is the length of a comment with no two hyphens in it; 0: it is another.
func plainComment(s string) int {
	const head = len("<!--")
	n := strings.Index(s[head:], "--")
	if n < 0 || s[head] == '>' || s[head] == '-' || !strings.HasPrefix(s[head+n:], "-->") {
		return 0
	}
	return head + n + len("-->")
}

// rawElements hold no tags: what is in them ends with their own end tag, or not at all.
var rawElements = names("iframe noembed noframes noscript plaintext script style textarea title xmp")

func (t *tokens) tag(s string) bool {
	at := 1
	if s[1] == '/' {
		at = 2
	}
	n := at
	for n < len(s) && (isAlnum(s[n]) || s[n] == '-') {
		n++
	}
	if n == at || !isLetter(s[at]) {
		return false
	}
	end, closed := attrsEnd(s, n)
	if end == 0 {
		return false
	}
	t.name, t.end = lower(s[at:n]), t.start+end
	switch {
	case at == 2:
		t.kind = xhtml.EndTagToken
	case rawElements[t.name]:
		return false
	case closed:
		t.kind = xhtml.SelfClosingTagToken
	default:
		t.kind = xhtml.StartTagToken
	}
	return true
}

// attrsEnd is where the tag ends whose attributes begin at i, and whether "/" stands there; 0: it is unusual.
func attrsEnd(s string, i int) (end int, closed bool) {
	if i < len(s) && strings.IndexByte(" \t\r\n\f/>", s[i]) < 0 {
		return 0, false
	}
	for {
		if i = skipBlanks(s, i); i >= len(s) {
			return 0, false
		}
		switch s[i] {
		case '>':
			return i + 1, s[i-1] == '/'
		case '/':
			i++
			continue
		}
		a, next := nextAttr(s, i)
		if unquoted := a.start > i && a.value != "" && a.start+len(a.value) == next; next >= len(s) || unquoted && s[next-1] == '/' {
			return 0, false
		}
		i = next
	}
}
