package wordpress

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSlug is the width of post_name and of terms' slug in bytes.
const maxSlug = 200

// decodeSlug turns a stored slug (percent-encoded, lower-case hex) into text; a slug that would not come back the same stays.
func decodeSlug(stored string) string {
	if !strings.Contains(stored, "%") {
		return stored
	}
	s, err := url.PathUnescape(stored)
	if err != nil || !utf8.ValidString(s) || encodeSlug(s) != stored {
		return stored
	}
	return s
}

const lowerHex = "0123456789abcdef"

// encodeSlug is a slug as WordPress stores it: percent-encoded in lower-case hex, at most 200 bytes, cut at a whole character.
func encodeSlug(s string) string { return encodeSlugTo(s, maxSlug) }

func encodeSlugTo(s string, most int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		part, n := encodeChar(s[i:])
		if b.Len()+len(part) > most {
			return strings.TrimRight(b.String(), "-")
		}
		b.WriteString(part)
		i += n
	}
	return b.String()
}

// encodeChar encodes the first character of s and says how many bytes of s it took.
func encodeChar(s string) (string, int) {
	c := s[0]
	switch {
	case isSlugByte(c):
		return s[:1], 1
	case c == '%' && len(s) > 2 && isHex(s[1]) && isHex(s[2]):
		return strings.ToLower(s[:3]), 3
	case c < utf8.RuneSelf:
		return "-", 1
	}
	_, n := utf8.DecodeRuneInString(s)
	var b strings.Builder
	for i := range n {
		b.WriteByte('%')
		b.WriteByte(lowerHex[s[i]>>4])
		b.WriteByte(lowerHex[s[i]&15])
	}
	return b.String(), n
}

func isSlugByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

var tags = regexp.MustCompile(`<[^>]*>`)

// slugify makes a slug of a title in the way of sanitize_title: lower case, words joined by "-".
func slugify(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(unescapeAll(tags.ReplaceAllString(title, ""))) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_':
			b.WriteRune(r)
		case unicode.IsSpace(r) || unicode.IsPunct(r) && r != '\'' && r != '’':
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
	}
	return strings.Trim(b.String(), "-")
}

// suffixed is an encoded slug with a number, within the width. (_truncate_post_slug)
func suffixed(slug string, n int) string {
	tail := "-" + itoa(int64(n))
	if len(slug)+len(tail) > maxSlug {
		slug = encodeSlugTo(slugText(slug), maxSlug-len(tail))
	}
	return slug + tail
}

// slugText is decodeSlug without the test, for cutting at whole characters.
func slugText(stored string) string {
	if s, err := url.PathUnescape(stored); err == nil && utf8.ValidString(s) {
		return s
	}
	return stored
}

// In names of terms and menus WordPress escapes & < >; in the site's name quotes as well.
var (
	unescapeName = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace
	escapeName   = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;").Replace
	unescapeAll  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`, "&#039;", "'").Replace
	escapeAll    = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "'", "&#039;").Replace
)
