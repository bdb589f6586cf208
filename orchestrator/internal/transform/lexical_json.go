package transform

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendNode writes a node as JSON with its keys sorted; "<", ">" and "&" stay as they are, as the platform writes them. It is by
// hand because encoding/json spends on small values a third of a transformation.
func appendNode(b []byte, n lexNode) []byte {
	b = append(b, '{')
	for i, f := range n.sorted() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, f.key), ':')
		b = appendValue(b, f.value)
	}
	return append(b, '}')
}

// sorted are the fields of a node by key.
func (n lexNode) sorted() []lexField {
	byKey := func(a, b lexField) int { return strings.Compare(a.key, b.key) }
	var fields []lexField
	if n.made != nil {
		if fields = *n.made; slices.IsSortedFunc(fields, byKey) {
			return fields
		}
	}
	for k, v := range n.read {
		fields = append(fields, lexField{k, v})
	}
	slices.SortFunc(fields, byKey)
	return fields
}

// appendValue writes what nodes are built from; anything else would be null.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case lexNode:
		return appendNode(b, v)
	case []lexNode:
		b = append(b, '[')
		for i, n := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendNode(b, n)
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			_, size := utf8.DecodeRuneInString(s[i:])
			if size == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		b = appendEscape(append(b, s[start:i]...), c)
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\t':
		return append(b, '\\', 't')
	case '\r':
		return append(b, '\\', 'r')
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
