package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a document that somebody else made.
const maxDepth = 64

// object is a JSON object in canonical order.
type object []member

type member struct {
	name  string
	value any
}

// parse reads one JSON document. Names that occur twice are refused: readers would not agree on what they mean.
func parse(doc []byte) (any, error) {
	if !utf8.Valid(doc) {
		return nil, errors.New("the text is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	v, err := parseValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the document")
	}
	return v, nil
}

func parseValue(dec *json.Decoder, depth int) (any, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("it is nested too deeply")
	}
	switch t {
	case json.Delim('{'):
		return parseObject(dec, depth)
	case json.Delim('['):
		return parseArray(dec, depth)
	}
	return t, nil
}

func parseArray(dec *json.Decoder, depth int) (any, error) {
	all := []any{}
	for dec.More() {
		v, err := parseValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	_, err := dec.Token()
	return all, err
}

func parseObject(dec *json.Decoder, depth int) (any, error) {
	o := object{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := parseValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, member{t.(string), v}) // the decoder takes nothing else for a name
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	slices.SortFunc(o, func(a, b member) int {
		return slices.Compare(utf16.Encode([]rune(a.name)), utf16.Encode([]rune(b.name)))
	})
	for i := 1; i < len(o); i++ {
		if o[i].name == o[i-1].name {
			return nil, fmt.Errorf("the name %q occurs twice", o[i].name)
		}
	}
	return o, nil
}

// canonical writes a document as RFC 8785 says, but whole numbers with all their digits.
func canonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return canonicalString(b, v), nil
	case json.Number:
		return canonicalNumber(b, v.String())
	case []any:
		return canonicalList(b, "[]", len(v), func(b []byte, i int) ([]byte, error) { return canonical(b, v[i]) })
	case object:
		return canonicalList(b, "{}", len(v), func(b []byte, i int) ([]byte, error) {
			return canonical(append(canonicalString(b, v[i].name), ':'), v[i].value)
		})
	}
	return nil, fmt.Errorf("%T has no place in JSON", v)
}

func canonicalList(b []byte, brackets string, n int, item func([]byte, int) ([]byte, error)) ([]byte, error) {
	b = append(b, brackets[0])
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = item(b, i); err != nil {
			return nil, err
		}
	}
	return append(b, brackets[1]), nil
}

func canonicalString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			b = append(b, '\\', "\"\\bfnrt"[at])
		} else if c < ' ' {
			b = fmt.Appendf(b, "\\u%04x", c)
		} else {
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func canonicalNumber(b []byte, n string) ([]byte, error) {
	if n != "-0" && !strings.ContainsAny(n, ".eE") {
		return append(b, n...), nil
	}
	f, err := strconv.ParseFloat(n, 64)
	if err != nil {
		return nil, fmt.Errorf("the number %s is out of range", n)
	}
	if f == 0 {
		return append(b, '0'), nil
	}
	text, err := json.Marshal(f)
	return append(b, text...), err
}
