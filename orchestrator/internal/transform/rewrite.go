package transform

import (
	"html"
	"strings"
)

// use says how an attribute holds addresses.
type use byte

const (
	useURL   use = iota + 1 // one address
	useMaybe                // perhaps an address: rewritten when it resolves, never counted
	useList                 // candidates with descriptors, as srcset has them
	useStyle                // a style sheet with url()
)

var attributes = map[string]use{
	"href": useURL, "src": useURL, "poster": useURL, "action": useURL, "cite": useURL, "background": useURL,
	"longdesc": useURL, "formaction": useURL, "data": useURL, "data-src": useURL, "data-href": useURL,
	"data-link": useMaybe, "data-url": useMaybe, "data-full-url": useMaybe, "data-permalink": useMaybe,
	"data-orig-file": useMaybe, "data-medium-file": useMaybe, "data-large-file": useMaybe, "data-lazy-src": useMaybe,
	"data-bg": useMaybe, "data-thumb": useMaybe,
	"srcset": useList, "data-srcset": useList, "imagesrcset": useList, "data-lazy-srcset": useList,
	"style": useStyle,
}

// html replaces own addresses in HTML: absolute ones anywhere, those without a host in attributes. All other bytes stay.
func (p *pass) html(s string) string {
	s = p.text(s)
	if !hasLocal(s) {
		return s
	}
	return startTags(s, func(e *edits, t *tokens) { p.tag(e, s, t.start, t.end) })
}

// startTags gives fn every start tag of a text. Bytes that it does not replace stay.
func startTags(s string, fn func(e *edits, t *tokens)) string {
	var e edits
	t := tokens{s: s} // Made in the loop's head, there would be one of it for each token.
	for t.next() {
		if t.isStart() {
			fn(&e, &t)
		}
	}
	return e.done(s)
}

// hasLocal is the cheap test for an address without a host in an attribute.
func hasLocal(s string) bool {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '=')
		if i < 0 {
			return false
		}
		at += i + 1
		if u := attributes[nameBefore(s, at-1)]; u != 0 && localValue(u, s[at:]) {
			return true
		}
	}
}

// nameBefore is the attribute name that ends at i, in lower case.
func nameBefore(s string, i int) string {
	for i > 0 && s[i-1] == ' ' {
		i--
	}
	j := i
	for j > 0 && i-j < 20 && (isAlnum(s[j-1]) || s[j-1] == '-') {
		j--
	}
	return lower(s[j:i])
}

// lower is strings.ToLower without its cost for what is lower case already.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i]-'A' < 26 {
			return strings.ToLower(s)
		}
	}
	return s
}

// maxStyle bounds the look into a style attribute, whose end is not known here.
const maxStyle = 4096

func localValue(u use, v string) bool {
	v = strings.TrimLeft(v, " \t\r\n\"'")
	switch u {
	case useStyle:
		return strings.Contains(v[:min(len(v), maxStyle)], "url(")
	case useList:
		return true
	}
	return isLocal(v)
}

// isLocal says that an address has no scheme and no host and is more than a fragment, or has an own host in capitals.
func isLocal(v string) bool {
	if v == "" || strings.IndexByte("#{[<%$\"'>", v[0]) >= 0 || strings.HasPrefix(v, "//") {
		return false
	}
	for i := 0; i < len(v); i++ {
		if c := v[i]; c == ':' {
			return hasCapitals(v, i)
		} else if !isAlnum(c) && c != '+' && c != '-' && c != '.' {
			return true
		}
	}
	return true
}

// hasCapitals says that the scheme ending at i is http(s) with capitals in it or in the host behind it.
func hasCapitals(v string, i int) bool {
	if !strings.EqualFold(v[:i], "http") && !strings.EqualFold(v[:i], "https") || !strings.HasPrefix(v[i+1:], "//") {
		return false
	}
	end := i + 3
	for end < len(v) && (isAlnum(v[end]) || v[end] == '.' || v[end] == '-' || v[end] == ':') {
		end++
	}
	return lower(v[:end]) != v[:end]
}

// tag rewrites the attributes of the tag at s[start:end].
func (p *pass) tag(e *edits, s string, start, end int) {
	for a := range attrs(s[start:end]) {
		u := attributes[lower(a.name)]
		if u == 0 || a.value == "" {
			continue
		}
		at := start + a.start
		switch u {
		case useList:
			p.list(e, s, at, a.value)
		case useStyle:
			p.style(e, s, at, a.value)
		default:
			p.address(e, s, at, a.value, u == useURL)
		}
	}
}

// absoluteAt resolves the absolute address at s[start:], whose host ends at end, and says where it stops. An attribute that holds one
// address is all of it, also with the blanks and brackets that file names have and that end an address in prose.
func (p *pass) absoluteAt(b *base, s string, start, end int) (to string, stop int, ok bool) {
	stop = urlEnd(s, end)
	if whole := valueEnd(s, start, stop); whole > stop {
		if to, ok = p.resolve(b, s[end:whole], s[whole:]); ok || s[stop] == ' ' {
			return to, whole, ok
		}
	}
	to, ok = p.resolve(b, s[end:stop], s[stop:])
	return to, stop, ok
}

// valueEnd is where the value ends that begins at start, without blanks behind it, when it is that of an attribute for one address;
// else 0. What ends an address in prose ends it at stop.
func valueEnd(s string, start, stop int) int {
	if start < 2 || stop == len(s) || s[start-2] != '=' || s[start-1] != '"' && s[start-1] != '\'' || s[stop] == s[start-1] ||
		attributes[nameBefore(s, start-2)] != useURL {
		return 0
	}
	near := s[stop:min(len(s), stop+maxAddress)]
	n := strings.IndexByte(near, s[start-1])
	if n < 0 || strings.ContainsAny(near[:n], "<>\n") {
		return 0
	}
	return stop + len(strings.TrimRight(near[:n], " "))
}

// list rewrites the candidates of a srcset.
func (p *pass) list(e *edits, s string, at int, v string) {
	for i := 0; i < len(v); {
		for i < len(v) && strings.IndexByte(" \t\r\n,", v[i]) >= 0 {
			i++
		}
		j := i
		for j < len(v) && strings.IndexByte(" \t\r\n", v[j]) < 0 {
			j++
		}
		p.address(e, s, at+i, strings.TrimRight(v[i:j], ","), true)
		for j < len(v) && v[j-1] != ',' && v[j] != ',' {
			j++
		}
		i = j
	}
}

// style rewrites url() in a style attribute.
func (p *pass) style(e *edits, s string, at int, v string) {
	for i := 0; ; {
		j := strings.Index(v[i:], "url(")
		if j < 0 {
			return
		}
		i += j + len("url(")
		for _, quote := range []string{"&quot;", "&#039;", "&#39;", "'", `"`} {
			if strings.HasPrefix(v[i:], quote) {
				i += len(quote)
				break
			}
		}
		end := i + urlEnd(v[i:], 0)
		p.address(e, s, at+i, v[i:end], true)
		i = end
	}
}

// address rewrites one address that stands at s[at:].
func (p *pass) address(e *edits, s string, at int, v string, count bool) {
	trimmed := strings.TrimLeft(v, " \t\r\n")
	at += len(v) - len(trimmed)
	v = strings.TrimRight(trimmed, " \t\r\n")
	if !isLocal(v) {
		return
	}
	end := at + len(v)
	to, ok, own := p.local(v, s[end:])
	if ok {
		e.replace(s, at, end, to)
	} else if count && own {
		p.unresolved++
	}
}

// local resolves an address that text does not see. own says that it is one of the site's.
func (p *pass) local(v, rest string) (to string, ok, own bool) {
	if i := strings.Index(v, "://"); i > 0 && hasCapitals(v, i) {
		return p.foldedHost(v[i+3:], rest)
	}
	if v[0] != '/' {
		v = "/" + v
	}
	for i := range p.bases {
		if p.bases[i].path != "" {
			if to, ok = p.resolve(&p.bases[i], v, rest); ok {
				return to, true, true
			}
		}
	}
	to, ok = p.path(v, rest)
	return to, ok, true
}

func (p *pass) foldedHost(v, rest string) (to string, ok, own bool) {
	n := strings.IndexAny(v, "/?#")
	if n < 0 {
		n = len(v)
	}
	host := strings.TrimPrefix(strings.ToLower(v[:n]), "www.")
	for i := range p.bases {
		if b := &p.bases[i]; b.host == host && !b.placeholder {
			to, ok = p.resolve(b, v[n:], rest)
			return to, ok, true
		}
	}
	return "", false, false
}

// attr is an attribute of a tag as it stands in the text.
type attr struct {
	name, value string
	// start of the value in the tag.
	start int
}

// attrs yields the attributes of one tag with their places, cut as a browser cuts them.
func attrs(tag string) func(yield func(attr) bool) {
	return func(yield func(attr) bool) {
		i := tagNameEnd(tag)
		for {
			for i < len(tag) && strings.IndexByte(" \t\r\n\f/", tag[i]) >= 0 {
				i++
			}
			if i >= len(tag) || tag[i] == '>' {
				return
			}
			var a attr
			if a, i = nextAttr(tag, i); !yield(a) {
				return
			}
		}
	}
}

func tagNameEnd(tag string) int {
	i := min(1, len(tag))
	for i < len(tag) && strings.IndexByte(" \t\r\n\f/>", tag[i]) < 0 {
		i++
	}
	return i
}

func nextAttr(tag string, i int) (attr, int) {
	start := i
	for i++; i < len(tag) && strings.IndexByte(" \t\r\n\f/=>", tag[i]) < 0; {
		i++
	}
	a := attr{name: tag[start:i], start: i}
	j := skipBlanks(tag, i)
	if j >= len(tag) || tag[j] != '=' {
		return a, i
	}
	j = skipBlanks(tag, j+1)
	if j < len(tag) && (tag[j] == '"' || tag[j] == '\'') {
		end := strings.IndexByte(tag[j+1:], tag[j])
		if end < 0 {
			return a, len(tag)
		}
		a.value, a.start = tag[j+1:j+1+end], j+1
		return a, j + end + 2
	}
	end := j
	for end < len(tag) && strings.IndexByte(" \t\r\n\f>", tag[end]) < 0 {
		end++
	}
	a.value, a.start = tag[j:end], j
	return a, end
}

func skipBlanks(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n\f", s[i]) >= 0 {
		i++
	}
	return i
}

// attrOf is the decoded value of an attribute of a tag.
func attrOf(tag, name string) string {
	for a := range attrs(tag) {
		if strings.EqualFold(a.name, name) {
			return html.UnescapeString(a.value)
		}
	}
	return ""
}
