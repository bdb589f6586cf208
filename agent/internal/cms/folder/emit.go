package folder

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// yamlOf writes a map as YAML that Hugo, Jekyll and Eleventy read alike.
func yamlOf(d *doc) string {
	var b strings.Builder
	block(&b, d.pairs, "")
	return b.String()
}

// jsonOf writes a value as JSON. A value of bytes becomes a map with one key; see wrapped.
func jsonOf(v *recordv1.Value) string {
	var raw, out bytes.Buffer
	jsonValueOf(&raw, v)
	if err := json.Indent(&out, raw.Bytes(), "", "  "); err != nil {
		return raw.String()
	}
	return out.String() + "\n"
}

func jsonValueOf(b *bytes.Buffer, v *recordv1.Value) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Array:
		if !textKeys(k.Array) {
			jsonValueOf(b, pairsOf(k.Array))
			return
		}
		ends := map[bool]string{true: "[]", false: "{}"}[k.Array.GetList()]
		b.WriteByte(ends[0])
		for i, p := range k.Array.GetPairs() {
			if i > 0 {
				b.WriteByte(',')
			}
			if !k.Array.GetList() {
				jsonText(b, plain(p.GetKey()))
				b.WriteByte(':')
			}
			jsonValueOf(b, p.GetValue())
		}
		b.WriteByte(ends[1])
	case *recordv1.Value_Data:
		jsonValueOf(b, one(wrapData, textValue(base64.StdEncoding.EncodeToString(k.Data))))
	case *recordv1.Value_FloatValue:
		if !json.Valid([]byte(k.FloatValue)) {
			jsonValueOf(b, one(wrapFloat, textValue(k.FloatValue)))
			return
		}
		b.WriteString(k.FloatValue)
	case *recordv1.Value_BoolValue, *recordv1.Value_IntValue:
		b.WriteString(plain(v))
	case *recordv1.Value_Text:
		jsonText(b, k.Text)
	default:
		b.WriteString("null")
	}
}

// textKeys says that JSON can hold the keys of a map.
func textKeys(a *recordv1.Array) bool {
	return a.GetList() || !slices.ContainsFunc(a.GetPairs(), func(p *recordv1.Pair) bool {
		_, text := p.GetKey().GetKind().(*recordv1.Value_Text)
		return !text
	})
}

func jsonText(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	// A text is always encoded; the line end behind it is white space between the parts.
	_ = enc.Encode(s)
}

func block(b *strings.Builder, pairs []*recordv1.Pair, indent string) {
	for _, p := range pairs {
		b.WriteString(indent + scalar(p.GetKey()) + ":")
		below(b, p.GetValue(), indent)
	}
}

// below writes a value behind its key or dash.
func below(b *strings.Builder, v *recordv1.Value, indent string) {
	a := v.GetArray()
	switch {
	case a == nil:
		b.WriteString(" " + scalar(v) + "\n")
	case len(a.GetPairs()) == 0 && a.GetList():
		b.WriteString(" []\n")
	case len(a.GetPairs()) == 0:
		b.WriteString(" {}\n")
	case a.GetList():
		b.WriteString("\n")
		for _, p := range a.GetPairs() {
			b.WriteString(indent + "-")
			element(b, p.GetValue(), indent)
		}
	default:
		b.WriteString("\n")
		block(b, a.GetPairs(), indent+"  ")
	}
}

// element writes an element of a list behind its dash; a map begins in the same line.
func element(b *strings.Builder, v *recordv1.Value, indent string) {
	a := v.GetArray()
	if a == nil || len(a.GetPairs()) == 0 {
		below(b, v, indent)
		return
	}
	var in strings.Builder
	if a.GetList() {
		for _, p := range a.GetPairs() {
			in.WriteString(indent + "  -")
			element(&in, p.GetValue(), indent+"  ")
		}
	} else {
		block(&in, a.GetPairs(), indent+"  ")
	}
	b.WriteString(" " + strings.TrimPrefix(in.String(), indent+"  "))
}

func scalar(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return quoted(k.Text)
	case *recordv1.Value_Data:
		return "!!binary " + quoted(base64.StdEncoding.EncodeToString(k.Data))
	case *recordv1.Value_BoolValue, *recordv1.Value_IntValue, *recordv1.Value_FloatValue:
		return plain(v)
	}
	return "null"
}

var (
	// plainForm are texts that nobody takes for anything but a text. Words follow below.
	plainForm = regexp.MustCompile(`^[\p{L}](?:[\p{L}\p{N} _./@+-]*[\p{L}\p{N}_./+-])?$`)
	dateForm  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?$`)
)

// words are plain scalars that YAML 1.1 or 1.2 takes for something else.
var words = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, "null": true, "nan": true, "inf": true}

func quoted(s string) string {
	if len(s) < 200 && (dateForm.MatchString(s) || plainForm.MatchString(s) && !words[strings.ToLower(s)]) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == ' ' || r > ' ' && r != utf8.RuneError && unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			_, _ = fmt.Fprintf(&b, `\U%08X`, r)
		default:
			_, _ = fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String() + `"`
}
