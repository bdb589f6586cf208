package transform

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/baileybridge/bailey/proto/record"
)

// Source of the rules: _filter_url of modules/filter/filter.module, Drupal 7.105.

// defaultURLLength is how much of an address is shown where the filter says nothing else. (Drupal 7.105, filter_filter_info)
const defaultURLLength = 72

// notLinked are elements in which addresses are left alone.
var notLinked = names("a script style code pre")

// linked makes links of addresses that stand in text; seven: as Drupal 7 shortens them.
func linked(s, settings string, seven bool) string {
	if !mayLink(s) {
		return s
	}
	length, err := strconv.Atoi(settings)
	if err != nil {
		length = defaultURLLength
	}
	var e edits
	inside := ""
	for t := (tokens{s: s}); t.next(); {
		switch {
		case t.isStart() && inside == "" && notLinked[t.name]:
			inside = t.name
		case t.isTag() && t.name == inside:
			inside = ""
		case inside == "" && t.kind == xhtml.TextToken && mayLink(s[t.start:t.end]):
			l := linkable{s: s, done: t.start, end: t.end}
			for i := t.start; i < t.end; i++ {
				if l.at(i) {
					e.replace(s, l.from, l.done, l.link(length, seven))
					i = l.done - 1
				}
			}
		}
	}
	return e.done(s)
}

func mayLink(s string) bool {
	return strings.IndexByte(s, ':') >= 0 || strings.IndexByte(s, '@') >= 0 || strings.Contains(s, "www.")
}

const (
	urlHost  = `(?:(?:[A-Za-z0-9._+-]+\.)?[A-Za-z]{2,64}\b|(?:[0-9]{1,3}\.){3}[0-9]{1,3})`
	urlTrail = `(?:[a-zA-Z0-9:%_+*~#&\[\]=/;?!\.,-]*[a-zA-Z0-9:%_+*~#&\[\]=/;-])?`
)

var (
	urlSchemes  = []string{"ftp", "http", "https", "irc", "mailto", "news", "nntp", "rtsp", "sftp", "ssh", "tel", "telnet", "webcal"}
	behindColon = regexp.MustCompile(`^(?://)?` + urlHost + `/?` + urlTrail)
	// withName also takes who asks: it looks far, so it is asked only where there is an "@".
	withName    = regexp.MustCompile(`^(?://)?(?:[a-zA-Z0-9:%_+*~#?&=.,/;-]+@)?` + urlHost + `/?` + urlTrail)
	behindToken = regexp.MustCompile(`^[a-z_]+/[a-zA-Z0-9_%-]+(?:;[a-z0-9]+)?!?(?:[?#]` + urlTrail + `)?`)
	behindWWW   = regexp.MustCompile(`^www\.(?:[A-Za-z0-9._+-]+\.)?[A-Za-z]{2,64}\b/?` + urlTrail)
	behindAt    = regexp.MustCompile(`^@(?:[\p{L}\p{M}\p{N}._+-]+\.)+[\p{L}\p{M}]{2,64}\b`)
	beforeAt    = regexp.MustCompile(`[\p{L}\p{M}\p{N}._+-]{1,64}$`)
)

// maxAddress bounds how far an address is followed, in bytes.
const maxAddress = 4096

// linkable looks for addresses in s[done:end].
type linkable struct {
	s         string
	done, end int
	// from is where the address begins that was found last, which ends at done; before stands in front of it in its link.
	from   int
	before string
}

// at says that an address is known by the byte at i.
func (l *linkable) at(i int) bool {
	rest := l.s[i:min(l.end, i+maxAddress)]
	switch rest[0] {
	case ':':
		head := l.s[l.done:i]
		if strings.HasSuffix(head, strings.TrimSuffix(record.Scheme, ":")) && !strings.HasPrefix(rest, "::") {
			return l.found(i-len(record.Scheme)+1, i+1, behindToken.FindString(rest[1:]), "")
		}
		for _, scheme := range slices.Backward(urlSchemes) {
			if strings.HasSuffix(head, scheme) {
				address := behindColon
				if strings.IndexByte(rest, '@') >= 0 {
					address = withName
				}
				return l.found(i-len(scheme), i+1, address.FindString(rest[1:]), "")
			}
		}
	case 'w':
		return strings.HasPrefix(rest, "www.") && l.found(i, i, behindWWW.FindString(rest), "http://")
	case '@':
		head := beforeAt.FindString(l.s[max(l.done, i-256):i])
		return head != "" && l.found(i-len(head), i, behindAt.FindString(rest), "mailto:")
	}
	return false
}

// found notes an address of which the part from at on is known; false: there is none.
func (l *linkable) found(from, at int, part, before string) bool {
	if part == "" {
		return false
	}
	l.from, l.done, l.before = from, at+len(part), before
	return true
}

// link is the address that was found as a link.
func (l *linkable) link(length int, seven bool) string {
	at := l.s[l.from:l.done]
	if isOwnToken(at) {
		return `<a href="` + at + `">` + at + `</a>`
	}
	shown := html.UnescapeString(at)
	href := l.before + shown
	switch letters := []rune(shown); {
	case length <= 0:
	case seven && len(shown) > length+len("..."):
		shown = strings.ToValidUTF8(shown[:length], "") + "..."
	case !seven && len(letters) > length:
		shown = string(letters[:length-1]) + "…"
	}
	return `<a href="` + escapeAttr(href) + `">` + escapeHTML(shown) + `</a>`
}

// isOwnToken says that a text begins with a token, which stands for an address of the site's.
func isOwnToken(s string) bool {
	rest, ok := strings.CutPrefix(s, record.Scheme)
	return ok && !strings.HasPrefix(rest, ":")
}
