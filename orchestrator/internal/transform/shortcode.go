package transform

import (
	"strings"
)

// shortcode is one tag in square brackets as it stands in a text.
type shortcode struct {
	name string
	// start and end of the opening tag.
	start, end int
	attrs      []attr
	// arg is the first value without a name: [audio ADDRESS].
	arg string
	// selfClosing is [x /], closing is [/x].
	selfClosing, closing bool
	// escaped is [[x]]: shown as [x].
	escaped bool
}

// get is the value of an attribute.
func (sc *shortcode) get(name string) string {
	for _, a := range sc.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// shortcodes yields all tags of a text in order, whether anybody registered them or not.
// Source of the grammar: get_shortcode_regex and shortcode_parse_atts, wp-includes/shortcodes.php.
func shortcodes(s string) func(yield func(*shortcode) bool) {
	return func(yield func(*shortcode) bool) {
		for at := 0; ; {
			i := strings.IndexByte(s[at:], '[')
			if i < 0 {
				return
			}
			at += i
			sc := parseShortcode(s, at)
			if sc == nil {
				at++
				continue
			}
			if !yield(sc) {
				return
			}
			at = sc.end
		}
	}
}

const maxShortcode = 1 << 14

// parseShortcode reads the tag whose bracket stands at start.
func parseShortcode(s string, start int) *shortcode {
	sc := &shortcode{start: start}
	i := start + 1
	if i < len(s) && s[i] == '/' {
		sc.closing = true
		i++
	}
	n := i
	for n < len(s) && (isAlnum(s[n]) || s[n] == '_' || s[n] == '-') {
		n++
	}
	if n-i < 2 || n >= len(s) || !isLetter(s[i]) || strings.IndexByte("] /\t\r\n", s[n]) < 0 {
		return nil
	}
	sc.name = s[i:n]
	end := closingBracket(s, n)
	if end < 0 {
		return nil
	}
	inner := end
	if s[inner-1] == '/' && inner-1 >= n {
		sc.selfClosing = true
		inner--
	}
	sc.end = end + 1
	sc.attrs = shortcodeAttrs(s, n, inner)
	sc.arg = firstArg(s[n:inner])
	sc.escaped = start > 0 && s[start-1] == '[' && sc.end < len(s) && s[sc.end] == ']'
	return sc
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// closingBracket is the first "]" behind i; like the original it does not look at quotes, and a "[" ends the search.
func closingBracket(s string, i int) int {
	for limit := min(len(s), i+maxShortcode); i < limit; i++ {
		if s[i] == ']' {
			return i
		}
		if s[i] == '[' {
			return -1
		}
	}
	return -1
}

// firstArg is a first value without name and quotes.
func firstArg(s string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(s, " \t\r\n"), " ")
	if strings.ContainsAny(first, "=\"'") && !strings.Contains(first, "://") {
		return ""
	}
	return strings.TrimSpace(first)
}

// shortcodeAttrs reads name="value", name='value', name=value; values without a name are passed over. Quotes may have
// been written as character references by an editor.
func shortcodeAttrs(s string, i, end int) (all []attr) {
	for i < end {
		i = skipBlanks(s[:end], i)
		start := i
		for i < end && (isAlnum(s[i]) || s[i] == '_' || s[i] == '-') {
			i++
		}
		name := lower(s[start:i])
		i = skipBlanks(s[:end], i)
		if name == "" || i >= end || s[i] != '=' {
			i = max(i, start+1)
			if name == "" && i < end && (s[start] == '"' || s[start] == '\'') {
				if n := strings.IndexByte(s[i:end], s[start]); n >= 0 {
					i += n + 1
				}
			}
			continue
		}
		a := attr{name: name}
		a.value, a.start, i = shortcodeValue(s[:end], skipBlanks(s[:end], i+1))
		all = append(all, a)
	}
	return all
}

var shortcodeQuotes = []string{`"`, `'`, "&quot;", "&#8221;", "&#8220;", "&#8243;", "&#039;", "”", "“", "″"}

func shortcodeValue(s string, i int) (value string, start, next int) {
	for _, q := range shortcodeQuotes {
		if !strings.HasPrefix(s[i:], q) {
			continue
		}
		i += len(q)
		for _, closing := range shortcodeQuotes {
			if n := strings.Index(s[i:], closing); n >= 0 && (len(q) > 1) == (len(closing) > 1) && (len(q) > 1 || closing == q) {
				return s[i : i+n], i, i + n + len(closing)
			}
		}
	}
	end := i
	for end < len(s) && strings.IndexByte(" \t\r\n", s[end]) < 0 {
		end++
	}
	return s[i:end], i, end
}
