package php

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// ErrNotLiteral says that bytes are no serialize() of scalars and arrays in PHP's own spelling: keep them as they are.
var ErrNotLiteral = errors.New("not a serialized literal")

// Text is a string value: text when it is valid UTF-8, otherwise data.
func Text(s string) *recordv1.Value {
	if utf8.ValidString(s) {
		return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
	}
	return &recordv1.Value{Kind: &recordv1.Value_Data{Data: []byte(s)}}
}

// Int is a whole number.
func Int(n int64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: n}}
}

// Bool is true or false.
func Bool(b bool) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_BoolValue{BoolValue: b}}
}

// Unserialize reads serialize()'s format strictly: byte lengths must fit and nothing may follow. Objects, references and
// custom formats are ErrNotLiteral, as is everything that Serialize would not write in exactly these bytes.
func Unserialize(s []byte) (*recordv1.Value, error) {
	d := &decoder{s: s}
	v, ok := d.value(0)
	if !ok || d.at != len(s) {
		return nil, ErrNotLiteral
	}
	if back, err := Serialize(v); err != nil || !bytes.Equal(back, s) {
		return nil, ErrNotLiteral
	}
	return v, nil
}

type decoder struct {
	s  []byte
	at int
}

func (d *decoder) lit(text string) bool {
	if bytes.HasPrefix(d.s[d.at:], []byte(text)) {
		d.at += len(text)
		return true
	}
	return false
}

// until gives the bytes before the next c, at most 32, and goes behind it.
func (d *decoder) until(c byte) (string, bool) {
	rest := d.s[d.at:]
	i := bytes.IndexByte(rest[:min(len(rest), 40)], c)
	if i < 0 {
		return "", false
	}
	d.at += i + 1
	return string(rest[:i]), true
}

func (d *decoder) value(depth int) (*recordv1.Value, bool) {
	if depth > maxNesting || d.at+1 >= len(d.s) {
		return nil, false
	}
	switch {
	case d.lit("N;"):
		return &recordv1.Value{}, true
	case d.lit("b:0;"):
		return Bool(false), true
	case d.lit("b:1;"):
		return Bool(true), true
	case d.lit("i:"):
		return d.integer()
	case d.lit("d:"):
		return d.float()
	case d.lit("s:"):
		return d.text()
	case d.lit("a:"):
		return d.array(depth)
	}
	return nil, false
}

func (d *decoder) integer() (*recordv1.Value, bool) {
	text, ok := d.until(';')
	if !ok {
		return nil, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return Int(n), err == nil
}

var float = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?|-?INF|NAN)$`)

func (d *decoder) float() (*recordv1.Value, bool) {
	text, ok := d.until(';')
	if !ok || !float.MatchString(text) {
		return nil, false
	}
	return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: text}}, true
}

func (d *decoder) text() (*recordv1.Value, bool) {
	n, ok := d.length()
	if !ok || !d.lit(`"`) || n > len(d.s)-d.at {
		return nil, false
	}
	v := Text(string(d.s[d.at : d.at+n]))
	d.at += n
	return v, d.lit(`";`)
}

func (d *decoder) length() (int, bool) {
	text, ok := d.until(':')
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err == nil
}

func (d *decoder) array(depth int) (*recordv1.Value, bool) {
	n, ok := d.length()
	// The smallest pair is "i:0;N;".
	if !ok || !d.lit("{") || n > (len(d.s)-d.at)/6 {
		return nil, false
	}
	a := &recordv1.Array{Pairs: make([]*recordv1.Pair, 0, n), List: n > 0}
	for i := range n {
		k, ok := d.key()
		if !ok {
			return nil, false
		}
		v, ok := d.value(depth + 1)
		if !ok {
			return nil, false
		}
		num, isInt := k.GetKind().(*recordv1.Value_IntValue)
		a.List = a.List && isInt && num.IntValue == int64(i)
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: k, Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, d.lit("}")
}

func (d *decoder) key() (*recordv1.Value, bool) {
	switch {
	case d.lit("i:"):
		return d.integer()
	case d.lit("s:"):
		return d.text()
	}
	return nil, false
}

// Serialize writes a value as serialize() does. Refs have no such form and are an error, as is what is nested too deep.
func Serialize(v *recordv1.Value) ([]byte, error) { return appendValue(nil, v, 0) }

func appendValue(b []byte, v *recordv1.Value, depth int) ([]byte, error) {
	switch k := v.GetKind().(type) {
	case nil:
		return append(b, "N;"...), nil
	case *recordv1.Value_BoolValue:
		if k.BoolValue {
			return append(b, "b:1;"...), nil
		}
		return append(b, "b:0;"...), nil
	case *recordv1.Value_IntValue:
		return append(strconv.AppendInt(append(b, "i:"...), k.IntValue, 10), ';'), nil
	case *recordv1.Value_FloatValue:
		return appendFloat(b, k.FloatValue)
	case *recordv1.Value_Text:
		return appendText(b, k.Text), nil
	case *recordv1.Value_Data:
		return appendText(b, string(k.Data)), nil
	case *recordv1.Value_Array:
		return appendArray(b, k.Array, depth)
	}
	return nil, ErrNotLiteral
}

func appendFloat(b []byte, s string) ([]byte, error) {
	if !float.MatchString(s) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, ErrNotLiteral
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	return append(append(append(b, "d:"...), s...), ';'), nil
}

func appendText(b []byte, s string) []byte {
	b = append(strconv.AppendInt(append(b, "s:"...), int64(len(s)), 10), ':', '"')
	return append(append(b, s...), '"', ';')
}

func appendArray(b []byte, a *recordv1.Array, depth int) ([]byte, error) {
	if depth >= maxNesting {
		return nil, ErrNotLiteral
	}
	b = append(strconv.AppendInt(append(b, "a:"...), int64(len(a.GetPairs())), 10), ':', '{')
	for _, p := range a.GetPairs() {
		var err error
		if b, err = appendKey(b, p.GetKey()); err != nil {
			return nil, err
		}
		if b, err = appendValue(b, p.GetValue(), depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendKey(b []byte, k *recordv1.Value) ([]byte, error) {
	switch k.GetKind().(type) {
	case *recordv1.Value_IntValue, *recordv1.Value_Text, *recordv1.Value_Data:
		return appendValue(b, k, 0)
	}
	return nil, ErrNotLiteral
}

var (
	looksSized  = regexp.MustCompile(`^[saOE]:[0-9]+:`)
	looksScalar = regexp.MustCompile(`^[bid]:[0-9.E+-]+;$`)
)

// object begins a value of a class; within a string it may stand for nothing, which does no harm.
var object = regexp.MustCompile(`[OCE]:\+?[0-9]+:"([^":]*)`)

// HoldsObjects says that PHP would make objects of classes of the site's own of a serialized value: what their methods do then is up
// to whoever wrote the value. stdClass has no methods.
func HoldsObjects(s []byte) bool {
	for _, m := range object.FindAllSubmatch(s, -1) {
		if m[0][0] != 'O' || !strings.EqualFold(string(m[1]), "stdClass") {
			return true
		}
	}
	return false
}

// LooksSerialized is the test by which WordPress decides that a stored string is serialized, and, when it is about to store
// a plain string that looks so, serializes it once more. (is_serialized in wp-includes/functions.php)
func LooksSerialized(s string) bool {
	s = string(bytes.Trim([]byte(s), " \n\r\t\v\x00"))
	if s == "N;" {
		return true
	}
	if len(s) < 4 || s[1] != ':' || s[len(s)-1] != ';' && s[len(s)-1] != '}' {
		return false
	}
	switch s[0] {
	case 's':
		return s[len(s)-2] == '"' && looksSized.MatchString(s)
	case 'a', 'O', 'E':
		return looksSized.MatchString(s)
	case 'b', 'i', 'd':
		return looksScalar.MatchString(s)
	}
	return false
}
