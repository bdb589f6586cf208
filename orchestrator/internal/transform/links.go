package transform

import (
	"html"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// base is one address of the source's own.
type base struct {
	// host in lower case without "www."; of a placeholder, the placeholder itself.
	host string
	// path of the site below the host: "" or "/blog".
	path string
	// placeholder says that host is no host but a word that stands for the site's address.
	placeholder bool
}

// linker rewrites addresses; one per transformer, shared by all goroutines.
type linker struct {
	links Links
	bases []base
	// hosts are those of the bases.
	hosts []needle
	// public is the first real address of the site, for placeholders whose link does not resolve.
	public string
}

func newLinker(site Site, links Links) *linker {
	l := &linker{links: links}
	for _, u := range site.BaseURLs {
		l.add(strings.TrimRight(u, "/"))
	}
	for i := range l.bases {
		l.hosts = append(l.hosts, newNeedle(l.bases[i].host))
	}
	return l
}

func (l *linker) add(u string) {
	if u == "" {
		return
	}
	_, rest, ok := strings.Cut(u, "//")
	if !ok {
		l.bases = append(l.bases, base{host: u, placeholder: true})
		return
	}
	if l.public == "" {
		l.public = u
	}
	host, path, _ := strings.Cut(rest, "/")
	b := base{host: strings.TrimPrefix(strings.ToLower(host), "www.")}
	if path != "" {
		b.path = "/" + path
	}
	for _, have := range l.bases {
		if have == b {
			return
		}
	}
	l.bases = append(l.bases, b)
}

// pass is one text being rewritten.
type pass struct {
	*linker
	// resolved, unresolved and feeds count links.
	resolved, unresolved, feeds int
	// absolute replaces placeholders of links that lead nowhere by the site's public address.
	absolute bool
}

// text replaces every own absolute address in a text of any syntax: attributes, JSON, style sheets, shortcodes, prose.
func (p *pass) text(s string) string {
	var few [8]int
	hosts := p.hostsIn(s, few[:0])
	var e edits
	for at := 0; ; {
		b, i := hosts.next(at)
		if b == nil {
			return e.done(s)
		}
		start, ok := b.start(s, i)
		end := i + len(b.host)
		if !ok || start < e.at || !b.ends(s, end) {
			at = i + 1
			continue
		}
		to, stop, ok := p.absoluteAt(b, s, start, end)
		if ok {
			e.replace(s, start, stop, to)
		} else if p.unresolved++; p.absolute && b.placeholder {
			e.replace(s, start, end, p.public)
		}
		at = max(stop, i+1)
	}
}

// hostsIn looks for the own hosts in a text.
func (l *linker) hostsIn(s string, buf []int) hostsIn {
	h := hostsIn{linker: l, s: s, at: buf}
	for i := range l.hosts {
		h.at = append(h.at, l.hosts[i].index(s, 0))
	}
	return h
}

// hostsIn knows where in a text each own host stands next; -1: nowhere.
type hostsIn struct {
	*linker
	s  string
	at []int
}

// next finds the first own host at or behind from, which ascends from call to call.
func (h *hostsIn) next(from int) (found *base, first int) {
	for i, at := range h.at {
		if at >= 0 && at < from {
			at = h.hosts[i].index(h.s, from)
			h.at[i] = at
		}
		if at >= 0 && (found == nil || at < first || at == first && len(h.bases[i].host) > len(found.host)) {
			found, first = &h.bases[i], at
		}
	}
	return found, first
}

// start is where the address begins whose host stands at i.
func (b *base) start(s string, i int) (int, bool) {
	if b.placeholder {
		return i, true
	}
	head := strings.TrimSuffix(s[:i], "www.")
	head, ok := cutSuffixes(head, "//", `\/\/`)
	if !ok {
		return 0, false
	}
	if rest, ok := strings.CutSuffix(head, ":"); ok {
		return schemeStart(rest)
	}
	// Scheme-relative: only where an address can begin, or "a//example.org" would match.
	if head == "" || strings.IndexByte("\"'(= \t\r\n,>]", head[len(head)-1]) >= 0 {
		return len(head), true
	}
	return 0, false
}

func cutSuffixes(s string, suffixes ...string) (string, bool) {
	for _, x := range suffixes {
		if r, ok := strings.CutSuffix(s, x); ok {
			return r, true
		}
	}
	return s, false
}

func schemeStart(s string) (int, bool) {
	for _, scheme := range []string{"https", "http"} {
		if n := len(s) - len(scheme); n >= 0 && strings.EqualFold(s[n:], scheme) && (n == 0 || !isAlnum(s[n-1])) {
			return n, true
		}
	}
	return 0, false
}

// ends says that the host ends at i, rather than being the start of a longer one.
func (b *base) ends(s string, i int) bool {
	if i >= len(s) || b.placeholder {
		return true
	}
	c := s[i]
	if c == '.' || c == ':' || c == '@' {
		return i+1 >= len(s) || !isAlnum(s[i+1])
	}
	return !isAlnum(c) && c != '-'
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// urlEnd is where an address that goes on at i ends, whatever it stands in: an attribute, JSON, prose, a shortcode, a style.
func urlEnd(s string, i int) int {
	start, depth := i, 0
	for i < len(s) {
		n := urlBytes(s, i)
		if n == 0 {
			break
		}
		if s[i] == '(' {
			depth++
		} else if s[i] == ')' {
			if depth--; depth < 0 {
				break
			}
		}
		i += n
	}
	for i > start && strings.IndexByte(".,;:!?*", s[i-1]) >= 0 {
		i--
	}
	return i
}

// urlBytes is how many bytes at i belong together to the address; 0: it ends.
func urlBytes(s string, i int) int {
	switch c := s[i]; {
	case c <= ' ' || strings.IndexByte("\"'<>[]{}|^`", c) >= 0:
		return 0
	case c == '\\':
		return escapedURLBytes(s[i:])
	case c == '&':
		return entityURLBytes(s[i:])
	case c >= 0x80:
		return wideURLBytes(s[i:])
	}
	return 1
}

// escapedURLBytes knows the JSON escapes that can stand for a byte of an address.
func escapedURLBytes(s string) int {
	for _, e := range []string{`\/`, `\u0026`, `\u002d`, `\u002D`} {
		if strings.HasPrefix(s, e) {
			return len(e)
		}
	}
	return 0
}

// entityURLBytes knows the character references of "&"; any other ends the address, as &quot; does.
func entityURLBytes(s string) int {
	for _, e := range []string{"&amp;", "&#038;", "&#38;"} {
		if strings.HasPrefix(s, e) {
			return len(e)
		}
	}
	if n := strings.IndexByte(s[:min(len(s), 9)], ';'); n > 1 && isReference(s[1:n]) {
		return 0
	}
	return 1
}

func isReference(name string) bool {
	for i := 0; i < len(name); i++ {
		if !isAlnum(name[i]) && (i > 0 || name[i] != '#') {
			return false
		}
	}
	return true
}

// wideURLBytes lets letters of all scripts through, and stops at typographic punctuation and blanks.
func wideURLBytes(s string) int {
	for _, stop := range []string{"\u00a0", "\u00bb", "\u00ab"} {
		if strings.HasPrefix(s, stop) {
			return 0
		}
	}
	if strings.HasPrefix(s, "\xe2\x80") || strings.HasPrefix(s, "\xe3\x80") {
		return 0
	}
	return 1
}

// resolve turns what follows an own host into a token with what must stay behind it. rest is the text that follows.
func (p *pass) resolve(b *base, raw, rest string) (string, bool) {
	if b.path != "" {
		if below, ok := strings.CutPrefix(raw, b.path); ok && (below == "" || strings.IndexByte("/?#", below[0]) >= 0) {
			if to, ok := p.path(below, rest); ok {
				return to, true
			}
		}
	}
	return p.path(raw, rest)
}

// path resolves a path from the site's root as it stands in a text.
func (p *pass) path(raw, rest string) (string, bool) {
	tok, suffix, ok := p.lookUp(raw)
	if !ok {
		return "", false
	}
	p.resolved++
	return tok.Before(suffix+rest) + suffix, true
}

// lookUp tries the whole path, then each parameter of the query by itself (the others stay), then the path without query.
func (p *pass) lookUp(raw string) (tok record.Token, suffix string, ok bool) {
	if p.links == nil {
		return tok, "", false
	}
	raw, fragment := cutFragment(raw)
	path, query, hasQuery := strings.Cut(plain(raw), "?")
	if !hasQuery {
		tok, ok = p.known(path, "")
		return tok, fragment, ok
	}
	if tok, ok = p.known(path, query); ok {
		return tok, fragment, true
	}
	params := strings.Split(query, "&")
	for i, param := range params {
		if tok, ok = p.known(path, param); ok && param != "" && len(params) > 1 {
			return tok, "?" + htmlAmp(raw, otherParams(params, i)) + fragment, true
		}
	}
	if tok, ok = p.known(path, ""); ok && NormalPath(path) != "/" {
		_, rawQuery, _ := strings.Cut(raw, "?")
		return tok, "?" + rawQuery + fragment, true
	}
	return tok, "", false
}

func otherParams(params []string, without int) string {
	var rest []string
	for i, q := range params {
		if i != without && q != "" {
			rest = append(rest, q)
		}
	}
	return strings.Join(rest, "&")
}

// htmlAmp writes "&" the way the original did.
func htmlAmp(raw, query string) string {
	for _, e := range []string{"&amp;", "&#038;", "&#38;", `\u0026`} {
		if strings.Contains(raw, e) {
			return strings.ReplaceAll(query, "&", e)
		}
	}
	return query
}

func (p *pass) known(path, query string) (record.Token, bool) {
	if query != "" {
		query = "?" + query
	}
	key := NormalPath(path + query)
	tok, ok := p.links.Resolve(key)
	if ok && tok.Form == record.FormFeed {
		tok.Form = ""
		p.feeds++
		return tok, true
	}
	if ok && path == "" && query == "" && tok.Ref.Kind == recordv1.Kind_KIND_SITE {
		tok.Form = "base"
	}
	if ok && query == "" {
		if _, feed := splitFeed(cleanSegments(path)); feed != "" {
			p.feeds++
		}
	}
	return tok, ok
}

// cutFragment splits at "#", which is not one when it belongs to a character reference.
func cutFragment(raw string) (rest, fragment string) {
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && (i == 0 || raw[i-1] != '&') {
			return raw[:i], raw[i:]
		}
	}
	return raw, ""
}

var unescapeJSON = strings.NewReplacer(`\/`, "/", `\u0026`, "&", `\u002d`, "-", `\u002D`, "-")

// plain is an address as the browser sees it.
func plain(raw string) string {
	if strings.IndexByte(raw, '&') >= 0 {
		raw = html.UnescapeString(raw)
	}
	if strings.IndexByte(raw, '\\') >= 0 {
		raw = unescapeJSON.Replace(raw)
	}
	return strings.ReplaceAll(raw, record.Scheme+":", record.Scheme)
}
