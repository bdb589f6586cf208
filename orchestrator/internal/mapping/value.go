package mapping

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxDepth is how deep values are nested at most.
const maxDepth = 32

var errDepth = errors.New("it is nested too deeply")

// customFields are a record's custom fields as expressions see them; of fields with one name the first.
func customFields(r *recordv1.Record) map[string]any {
	all := make(map[string]any, len(r.GetFields()))
	for _, f := range r.GetFields() {
		if _, twice := all[f.GetName()]; !twice {
			all[f.GetName()] = plain(f.GetValue())
		}
	}
	return all
}

// plain is a value as CEL knows it.
func plain(v *recordv1.Value) any {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		return k.BoolValue
	case *recordv1.Value_IntValue:
		return k.IntValue
	case *recordv1.Value_FloatValue:
		if n, err := strconv.ParseFloat(k.FloatValue, 64); err == nil {
			return n
		}
		return k.FloatValue
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_Data:
		return k.Data
	case *recordv1.Value_Ref:
		return k.Ref
	case *recordv1.Value_Array:
		return plainArray(k.Array)
	}
	return types.NullValue
}

func plainArray(a *recordv1.Array) any {
	if a.GetList() {
		all := make([]any, 0, len(a.GetPairs()))
		for _, p := range a.GetPairs() {
			all = append(all, plain(p.GetValue()))
		}
		return all
	}
	all := make(map[string]any, len(a.GetPairs()))
	for _, p := range a.GetPairs() {
		all[keyOf(p.GetKey())] = plain(p.GetValue())
	}
	return all
}

// keyOf is the key of a pair as a text.
func keyOf(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10)
	case *recordv1.Value_Data:
		return string(k.Data)
	}
	return v.GetText()
}

func textValue(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func intValue(n int64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: n}}
}

func floatValue(n float64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: strconv.FormatFloat(n, 'f', -1, 64)}}
}

func boolValue(b bool) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_BoolValue{BoolValue: b}}
}

func arrayValue(a *recordv1.Array) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

// valueOf is the result of an expression as a custom field holds it.
func valueOf(v ref.Val, depth int) (*recordv1.Value, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch v := v.(type) {
	case types.Null:
		return &recordv1.Value{}, nil
	case types.Bool:
		return boolValue(bool(v)), nil
	case types.Int:
		return intValue(int64(v)), nil
	case types.Uint:
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: strconv.FormatUint(uint64(v), 10)}}, nil
	case types.Double:
		return floatValue(float64(v)), nil
	case types.String:
		return textValue(string(v)), nil
	case types.Bytes:
		return &recordv1.Value{Kind: &recordv1.Value_Data{Data: v}}, nil
	case types.Timestamp:
		return textValue(v.UTC().Format("2006-01-02T15:04:05Z")), nil
	case traits.Lister:
		return listValue(v, depth)
	case traits.Mapper:
		return tableValue(v, depth)
	}
	if r, ok := v.Value().(*recordv1.Ref); ok {
		return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: r}}, nil
	}
	return nil, errKind
}

func listValue(l traits.Lister, depth int) (*recordv1.Value, error) {
	a := &recordv1.Array{List: true}
	for it := l.Iterator(); it.HasNext() == types.True; {
		v, err := valueOf(it.Next(), depth+1)
		if err != nil {
			return nil, err
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: intValue(int64(len(a.Pairs))), Value: v})
	}
	return arrayValue(a), nil
}

func tableValue(m traits.Mapper, depth int) (*recordv1.Value, error) {
	var keys []string
	for it := m.Iterator(); it.HasNext() == types.True; {
		s, ok := it.Next().(types.String)
		if !ok {
			return nil, errKind
		}
		keys = append(keys, string(s))
	}
	a := &recordv1.Array{}
	for _, key := range sorted(keys) {
		v, err := valueOf(m.Get(types.String(key)), depth+1)
		if err != nil {
			return nil, err
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: textValue(key), Value: v})
	}
	return arrayValue(a), nil
}

// literal is a value as it stands in the file; nil for what is no single value.
func literal(n *yaml.Node) ref.Val {
	switch n.Tag {
	case "!!null":
		return types.NullValue
	case "!!bool":
		return types.Bool(strings.EqualFold(n.Value, "true"))
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return types.Int(i)
		}
	case "!!float":
		if d, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return types.Double(d)
		}
	}
	return types.String(n.Value)
}

// parseJSON reads a JSON text as a value; the order of names stays.
func parseJSON(s string) (*recordv1.Value, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	v, err := decodeJSON(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errKind
	}
	return v, nil
}

func decodeJSON(d *json.Decoder, depth int) (*recordv1.Value, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case bool:
		return boolValue(t), nil
	case string:
		return textValue(t), nil
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return intValue(n), nil
		}
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: t.String()}}, nil
	case json.Delim:
		a := &recordv1.Array{List: t == '['}
		for d.More() {
			p := &recordv1.Pair{Key: intValue(int64(len(a.Pairs)))}
			if !a.List {
				key, err := d.Token()
				if err != nil {
					return nil, err
				}
				name, _ := key.(string)
				p.Key = textValue(name)
			}
			if p.Value, err = decodeJSON(d, depth+1); err != nil {
				return nil, err
			}
			a.Pairs = append(a.Pairs, p)
		}
		_, err := d.Token()
		return arrayValue(a), err
	}
	return &recordv1.Value{}, nil
}

// appendJSON writes a value as JSON; <, > and & are escaped, so that it can stand in a page.
func appendJSON(b []byte, v *recordv1.Value) []byte {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		return strconv.AppendBool(b, k.BoolValue)
	case *recordv1.Value_IntValue:
		return strconv.AppendInt(b, k.IntValue, 10)
	case *recordv1.Value_FloatValue:
		if json.Valid([]byte(k.FloatValue)) {
			return append(b, k.FloatValue...)
		}
		return appendText(b, k.FloatValue)
	case *recordv1.Value_Text:
		return appendText(b, k.Text)
	case *recordv1.Value_Data:
		return appendText(b, base64.StdEncoding.EncodeToString(k.Data))
	case *recordv1.Value_Ref:
		return appendText(b, k.Ref.GetSourceId())
	case *recordv1.Value_Array:
		ends := "{}"
		if k.Array.GetList() {
			ends = "[]"
		}
		b = append(b, ends[0])
		for i, p := range k.Array.GetPairs() {
			if i > 0 {
				b = append(b, ',')
			}
			if !k.Array.GetList() {
				b = append(appendText(b, keyOf(p.GetKey())), ':')
			}
			b = appendJSON(b, p.GetValue())
		}
		return append(b, ends[1])
	}
	return append(b, "null"...)
}

func appendText(b []byte, s string) []byte {
	text, _ := json.Marshal(s)
	return append(b, text...)
}
