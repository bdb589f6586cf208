package record

import (
	"strings"
	"unicode/utf8"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// shorten cuts a text to a limit between two characters, and never inside a token: half a token would point elsewhere.
func shorten(s string, l *agentv1.Limit, tokens bool) string {
	end := len(s)
	if b := int(l.GetBytes()); b > 0 && end > b {
		for end = b; end > 0 && !utf8.RuneStart(s[end]); end-- {
		}
	}
	if c := int(l.GetChars()); c > 0 && end > c {
		end = charEnd(s[:end], c)
	}
	if tokens && end < len(s) {
		end = tokenStart(s, end)
	}
	return s[:end]
}

// charEnd is where the first n characters of s end.
func charEnd(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// tokenStart is the start of the token or escape that spans end, or end.
func tokenStart(s string, end int) int {
	for i := 0; ; {
		j := strings.Index(s[i:], Scheme)
		if j < 0 || i+j >= end {
			return end
		}
		start := i + j
		i = start + len(Scheme)
		if strings.HasPrefix(s[i:], ":") {
			i++
		} else if _, n := scanToken(s[i:]); n > 0 {
			i += n
		}
		if i > end {
			return start
		}
	}
}
