package transform

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// writeNode writes a node as JSON with its keys sorted; "<", ">" and "&" stay as they are, as the platform writes them. It is by
// hand because encoding/json spends on small values a third of a transformation.
func writeNode(b *strings.Builder, n lexNode) {
	if n.made != nil {
		n.made.write(b)
		return
	}
	fields := make([]lexField, 0, len(n.read))
	for _, key := range slices.Sorted(maps.Keys(n.read)) {
		fields = append(fields, lexField{key, n.read[key]})
	}
	writeFields(b, '{', fields)
	b.WriteByte('}')
}

func (n *madeNode) write(b *strings.Builder) {
	switch {
	case n.kind == lexText:
		b.WriteString(`{"detail":0,"format":`)
		b.WriteString(itoa(n.format))
		b.WriteString(`,"mode":"normal","style":"","text":`)
		writeString(b, n.text)
		b.WriteString(`,"type":"extended-text","version":1}`)
	case n.children != nil:
		b.WriteString(`{"children":`)
		writeValue(b, n.children)
		b.WriteString(`,"direction":"ltr","format":"","indent":`)
		b.WriteString(itoa(n.indent))
		at := 0
		for at < len(n.more) && n.more[at].key < "type" {
			at++
		}
		writeFields(b, ',', n.more[:at])
		b.WriteString(`,"type":`)
		writeString(b, n.kind)
		writeFields(b, ',', n.more[at:])
		b.WriteString(`,"version":1}`)
	default:
		writeFields(b, '{', n.more)
		b.WriteByte('}')
	}
}

// writeFields writes fields behind a bracket, which is there in any case, or behind others.
func writeFields(b *strings.Builder, before byte, fields []lexField) {
	if before == '{' && len(fields) == 0 {
		b.WriteByte('{')
	}
	for _, f := range fields {
		b.WriteByte(before)
		writeString(b, f.key)
		b.WriteByte(':')
		writeValue(b, f.value)
		before = ','
	}
}

// writeValue writes what nodes are built from; anything else would be null.
func writeValue(b *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		writeString(b, v)
	case int:
		b.WriteString(itoa(v))
	case lexNode:
		writeNode(b, v)
	case []lexNode:
		b.WriteByte('[')
		for i, n := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeNode(b, n)
		}
		b.WriteByte(']')
	default:
		b.WriteString("null")
	}
}

func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
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
				b.WriteString(s[start:i])
				b.WriteString("\ufffd")
				start = i + 1
			}
			i += size
			continue
		}
		b.WriteString(s[start:i])
		writeEscape(b, c)
		i++
		start = i
	}
	b.WriteString(s[start:])
	b.WriteByte('"')
}

func writeEscape(b *strings.Builder, c byte) {
	b.WriteByte('\\')
	switch c {
	case '"', '\\':
		b.WriteByte(c)
	case '\n':
		b.WriteByte('n')
	case '\t':
		b.WriteByte('t')
	case '\r':
		b.WriteByte('r')
	default:
		const hex = "0123456789abcdef"
		b.WriteString(`u00`)
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}
