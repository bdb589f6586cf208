package joomla

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func textValue(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func intValue(n int64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: n}}
}

func refValue(r *recordv1.Ref) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: r}}
}

func arrayValue(list bool, pairs ...*recordv1.Pair) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: &recordv1.Array{List: list, Pairs: pairs}}}
}

func pair(key string, v *recordv1.Value) *recordv1.Pair {
	return &recordv1.Pair{Key: textValue(key), Value: v}
}

var errJSON = errors.New("not JSON")

// parseJSON reads a JSON text whole, with the order of its keys.
func parseJSON(s string) (*recordv1.Value, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return nil, errJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON
	}
	return v, nil
}

// maxNesting is what PHP's json_decode reads at least and a record holds.
const maxNesting = 100

func jsonValue(d *json.Decoder, depth int) (*recordv1.Value, error) {
	t, err := d.Token()
	if err != nil || depth > maxNesting {
		return nil, errJSON
	}
	switch t := t.(type) {
	case nil:
		return &recordv1.Value{}, nil
	case bool:
		return &recordv1.Value{Kind: &recordv1.Value_BoolValue{BoolValue: t}}, nil
	case string:
		return textValue(t), nil
	case json.Number:
		if n, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return intValue(n), nil
		}
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: t.String()}}, nil
	case json.Delim:
		return jsonArray(d, t == '[', depth+1)
	}
	return nil, errJSON
}

func jsonArray(d *json.Decoder, list bool, depth int) (*recordv1.Value, error) {
	out := arrayValue(list)
	a := out.GetArray()
	for n := int64(0); d.More(); n++ {
		key := intValue(n)
		if !list {
			t, err := d.Token()
			name, ok := t.(string)
			if err != nil || !ok {
				return nil, errJSON
			}
			key = textValue(name)
		}
		v, err := jsonValue(d, depth)
		if err != nil {
			return nil, err
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: key, Value: v})
	}
	_, err := d.Token()
	return out, err
}

// formatJSON writes as PHP's json_encode does: slashes and letters beyond ASCII are escaped. Refs are written by ref.
func formatJSON(v *recordv1.Value, ref func(*recordv1.Ref) string) string {
	var b bytes.Buffer
	writeJSON(&b, v, ref)
	return b.String()
}

func writeJSON(b *bytes.Buffer, v *recordv1.Value, ref func(*recordv1.Ref) string) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		b.WriteString(strconv.FormatBool(k.BoolValue))
	case *recordv1.Value_IntValue:
		b.WriteString(itoa(k.IntValue))
	case *recordv1.Value_FloatValue:
		if !json.Valid([]byte(k.FloatValue)) {
			writeString(b, k.FloatValue)
			return
		}
		b.WriteString(k.FloatValue)
	case *recordv1.Value_Text:
		writeString(b, k.Text)
	case *recordv1.Value_Data:
		writeString(b, strings.ToValidUTF8(string(k.Data), "\uFFFD"))
	case *recordv1.Value_Ref:
		writeString(b, ref(k.Ref))
	case *recordv1.Value_Array:
		writeArray(b, k.Array, ref)
	default:
		b.WriteString("null")
	}
}

func writeArray(b *bytes.Buffer, a *recordv1.Array, ref func(*recordv1.Ref) string) {
	open, end := byte('{'), byte('}')
	if a.GetList() {
		open, end = '[', ']'
	}
	b.WriteByte(open)
	for i, p := range a.GetPairs() {
		if i > 0 {
			b.WriteByte(',')
		}
		if !a.GetList() {
			key := p.GetKey().GetText()
			if n, ok := p.GetKey().GetKind().(*recordv1.Value_IntValue); ok {
				key = itoa(n.IntValue)
			}
			writeString(b, key)
			b.WriteByte(':')
		}
		writeJSON(b, p.GetValue(), ref)
	}
	b.WriteByte(end)
}

var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func writeString(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch short, ok := shortEscapes[r]; {
		case ok:
			b.WriteString(short)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			_, _ = fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
		case r < 0x20 || r > 0x7e:
			_, _ = fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// look finds the value of a key of an object; nil: there is none.
func look(v *recordv1.Value, key string) *recordv1.Value {
	for _, p := range v.GetArray().GetPairs() {
		if p.GetKey().GetText() == key {
			return p.GetValue()
		}
	}
	return nil
}

// put sets a key of an object.
func put(v *recordv1.Value, key string, to *recordv1.Value) {
	a := v.GetArray()
	for _, p := range a.GetPairs() {
		if p.GetKey().GetText() == key {
			p.Value = to
			return
		}
	}
	a.List = false
	a.Pairs = append(a.Pairs, pair(key, to))
}

// blank says that nothing is in a value but empty texts.
func blank(v *recordv1.Value) bool {
	switch k := v.GetKind().(type) {
	case nil:
		return true
	case *recordv1.Value_Text:
		return k.Text == ""
	case *recordv1.Value_Array:
		return len(k.Array.GetPairs()) == 0
	}
	return false
}

// mapTexts replaces the texts of a value, deep, where fn gives something else.
func mapTexts(v *recordv1.Value, fn func(string) *recordv1.Value) *recordv1.Value {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		if to := fn(k.Text); to != nil {
			return to
		}
	case *recordv1.Value_Array:
		for _, p := range k.Array.GetPairs() {
			p.Value = mapTexts(p.GetValue(), fn)
		}
	}
	return v
}

func cloneValue(v *recordv1.Value) *recordv1.Value { return proto.CloneOf(v) }
