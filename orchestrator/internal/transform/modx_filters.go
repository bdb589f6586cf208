package transform

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var filterName = regexp.MustCompile(`^:(!?\w+)`)

// nextFilter takes one output filter off; name is empty when none begins there. Tags in its argument have backticks of their own.
func nextFilter(call string) (name, arg, rest string) {
	f := filterName.FindStringSubmatch(call)
	if f == nil {
		return "", "", call
	}
	rest = call[len(f[0]):]
	if !strings.HasPrefix(rest, "=`") {
		return f[1], "", rest
	}
	depth := 0
	for i := 2; i < len(rest); i++ {
		switch {
		case rest[i] == '`' && depth == 0:
			return f[1], rest[2:i], rest[i+1:]
		case strings.HasPrefix(rest[i:], "[["):
			depth++
			i++
		case strings.HasPrefix(rest[i:], "]]"):
			depth = max(0, depth-1)
			i++
		}
	}
	if i := strings.IndexByte(rest[2:], '`'); i >= 0 {
		// A tag that does not end is text.
		return f[1], rest[2 : 2+i], rest[3+i:]
	}
	return "", "", call
}

// filterWords are the names of a filter that have others, or decide what is shown.
// Source: core/model/modx/filters/modoutputfilter.class.php.
var filterWords = map[string]string{
	"default": "default", "empty": "default", "ifempty": "default", "isempty": "default",
	"notempty": "notempty", "!empty": "notempty", "ifnotempty": "notempty", "isnotempty": "notempty",
	"is": "is", "eq": "is", "equals": "is", "equalto": "is", "isequal": "is", "isequalto": "is",
	"ne": "ne", "neq": "ne", "isnot": "ne", "isnt": "ne", "notequals": "ne", "notequalto": "ne",
	"gt": "gt", "isgt": "gt", "greaterthan": "gt", "isgreaterthan": "gt",
	"lt": "lt", "islt": "lt", "lessthan": "lt", "lowerthan": "lt", "islessthan": "lt", "islowerthan": "lt",
	"contains": "contains", "containsnot": "containsnot", "then": "then", "else": "else",
}

// filtered applies output filters; ok is false when one is not known. What is not shown is not looked at, so what it calls is no loss.
func (m *modxLift) filtered(v, call string) (string, bool) {
	var met *bool
	for call != "" && call[0] == ':' {
		name, arg, rest := nextFilter(call)
		if call = rest; name == "" {
			return "", false
		}
		isEmpty, known := v == "" || v == "0", true
		switch word := filterWords[name]; {
		case word == "":
			v, known = textFilter(name, v, arg, m.within)
		case word == "default" || word == "notempty":
			if isEmpty == (word == "default") {
				v = m.within(arg)
			}
		case word != "then" && word != "else":
			// Conditions that are joined are not evaluated.
			known = met == nil
			holds, sure := condition(word, v, m.within(arg))
			met, known = &holds, known && sure
		case met == nil:
			known = false
		case *met == (word == "then"):
			v = m.within(arg)
		case word == "then":
			v = ""
		}
		if !known {
			return "", false
		}
	}
	return v, true
}

// condition compares as PHP does: numbers as numbers. ok is false for texts whose order depends on its version.
func condition(word, v, with string) (holds, ok bool) {
	a, errA := strconv.ParseFloat(v, 64)
	b, errB := strconv.ParseFloat(with, 64)
	numbers := errA == nil && errB == nil
	switch word {
	case "is":
		return v == with || numbers && a == b, true
	case "ne":
		return v != with && (!numbers || a != b), true
	case "gt":
		return a > b, numbers
	case "lt":
		return a < b, numbers
	}
	return strings.Contains(strings.ToLower(v), strings.ToLower(with)) == (word == "contains"), with != ""
}

// textFilter changes a text; ok is false when the filter is not known.
func textFilter(name, v, arg string, within func(string) string) (string, bool) {
	switch name {
	case "lcase", "lowercase", "strtolower":
		return strings.ToLower(v), true
	case "ucase", "uppercase", "strtoupper":
		return strings.ToUpper(v), true
	case "ucfirst":
		_, n := utf8.DecodeRuneInString(v)
		return strings.ToUpper(v[:n]) + v[n:], true
	case "ucwords":
		return capitals(v), true
	case "limit":
		return string([]rune(v)[:min(max(number(arg), 0), len([]rune(v)))]), true
	case "ellipsis":
		return ellipsis(v, cmpOr(arg, "100")), !strings.ContainsAny(v, "<&")
	case "htmlent", "htmlentities", "hsc", "htmlspecial", "htmlspecialchars":
		return escapeAttr(v), true
	case "nl2br":
		return strings.ReplaceAll(v, "\n", "<br />\n"), true
	case "stripTags", "striptags", "strip_tags", "notags":
		v, _ = lowerText(nil, v, "")
		return v, true
	}
	return joinFilter(name, v, within(arg))
}

// joinFilter is textFilter for those that put another text beside or into the first.
func joinFilter(name, v, arg string) (string, bool) {
	switch name {
	case "cat":
		return v + arg, true
	case "after", "append":
		if v != "" && v != "0" {
			v += arg
		}
		return v, true
	case "before", "prepend":
		if v != "" && v != "0" {
			v = arg + v
		}
		return v, true
	case "strip":
		return whitespace.ReplaceAllLiteralString(v, " "), true
	case "stripString":
		return strings.ReplaceAll(v, arg, ""), arg != ""
	case "replace":
		from, to, ok := strings.Cut(arg, "==")
		return strings.ReplaceAll(v, from, to), ok && from != ""
	}
	return "", false
}

var whitespace = regexp.MustCompile(`\s+`)

// capitals begins every word with a capital letter and makes the others small.
func capitals(v string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		was := inWord
		if inWord = unicode.IsLetter(r) || unicode.IsMark(r) || inWord && r == '\''; was {
			return unicode.ToLower(r)
		}
		return unicode.ToTitle(r)
	}, v)
}

// ellipsis cuts a plain text at the last blank before a number of letters.
func ellipsis(v, letters string) string {
	r := []rune(v)
	n := number(letters)
	if len(r) <= n {
		return v
	}
	head := string(r[:n])
	if i := strings.LastIndexByte(head, ' '); i > 0 {
		head = head[:i]
	}
	return head + "&#8230;"
}
