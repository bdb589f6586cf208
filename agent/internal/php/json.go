package php

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

var errJSON = errors.New("not one JSON value")

// ReadJSON reads one JSON value, keeping the order of keys and the spelling of numbers.
func ReadJSON(text string) (*recordv1.Value, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, err := jsonValue(dec, 0)
	if err != nil {
		return nil, errJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON
	}
	return v, nil
}

func jsonValue(dec *json.Decoder, depth int) (*recordv1.Value, error) {
	tok, err := dec.Token()
	if err != nil || depth > maxNesting {
		return nil, errJSON
	}
	switch t := tok.(type) {
	case json.Delim:
		return jsonArray(dec, t == '[', depth+1)
	case bool:
		return Bool(t), nil
	case string:
		return Text(t), nil
	case json.Number:
		if n, err := strconv.ParseInt(t.String(), 10, 64); err == nil && strconv.FormatInt(n, 10) == t.String() {
			return Int(n), nil
		}
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: t.String()}}, nil
	}
	return &recordv1.Value{}, nil
}

func jsonArray(dec *json.Decoder, list bool, depth int) (*recordv1.Value, error) {
	a := &recordv1.Array{List: list}
	for dec.More() {
		key := Int(int64(len(a.Pairs)))
		if !list {
			var err error
			if key, err = jsonValue(dec, depth); err != nil {
				return nil, err
			}
		}
		v, err := jsonValue(dec, depth)
		if err != nil {
			return nil, err
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: key, Value: v})
	}
	_, err := dec.Token()
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, err
}

// WriteJSON writes a value as PHP's json_encode does without flags: slashes escaped, ASCII only. What JSON has no form for
// (bytes, pointers) is null.
func WriteJSON(v *recordv1.Value) string {
	var b bytes.Buffer
	writeJSON(&b, v)
	return b.String()
}

func writeJSON(b *bytes.Buffer, v *recordv1.Value) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		b.WriteString(strconv.FormatBool(k.BoolValue))
	case *recordv1.Value_IntValue:
		b.WriteString(strconv.FormatInt(k.IntValue, 10))
	case *recordv1.Value_FloatValue:
		b.WriteString(k.FloatValue)
	case *recordv1.Value_Text:
		jsonText(b, k.Text)
	case *recordv1.Value_Array:
		writeJSONArray(b, k.Array)
	default:
		b.WriteString("null")
	}
}

func writeJSONArray(b *bytes.Buffer, a *recordv1.Array) {
	ends := "{}"
	if a.GetList() {
		ends = "[]"
	}
	b.WriteByte(ends[0])
	for i, p := range a.GetPairs() {
		if i > 0 {
			b.WriteByte(',')
		}
		if !a.GetList() {
			key, _ := printed(p.GetKey())
			jsonText(b, key)
			b.WriteByte(':')
		}
		writeJSON(b, p.GetValue())
	}
	b.WriteByte(ends[1])
}

var jsonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func jsonText(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch e, ok := jsonEscapes[r]; {
		case ok:
			b.WriteString(e)
		case r >= 0x20 && r < 0x7f || r == 0x7f:
			b.WriteRune(r)
		case r >= 0x10000:
			hi, lo := utf16.EncodeRune(r)
			unit(b, hi)
			unit(b, lo)
		default:
			unit(b, r)
		}
	}
	b.WriteByte('"')
}

func unit(b *bytes.Buffer, r rune) {
	hex := strconv.FormatInt(int64(r), 16)
	b.WriteString(`\u` + strings.Repeat("0", 4-len(hex)) + hex)
}
