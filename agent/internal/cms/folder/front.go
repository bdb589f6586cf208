package folder

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// errFront says that front matter or a data file cannot be read. It never quotes what stands there.
var errFront = errors.New("front matter or data cannot be read")

// Bounds of foreign data: how deep it nests, and how many values aliases may make of it.
const (
	maxDepth  = 64
	maxValues = 200_000
)

// splitFront divides a content file. A file without front matter has none.
func splitFront(raw string) (front *doc, body string, found bool, err error) {
	raw = strings.TrimPrefix(raw, "\ufeff")
	for mark, form := range map[string]string{"---": ".yaml", "+++": ".toml"} {
		first, rest, ok := strings.Cut(raw, "\n")
		if !ok || strings.TrimRight(first, " \r") != mark {
			continue
		}
		text, body, ok := cutLine(rest, mark)
		if !ok {
			return &doc{}, raw, false, nil
		}
		front, err = parseData(form, []byte(text))
		return front, trimBlank(body), true, err
	}
	if strings.HasPrefix(raw, "{") {
		return jsonFront(raw)
	}
	return &doc{}, raw, false, nil
}

func jsonFront(raw string) (*doc, string, bool, error) {
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	v, err := jsonValue(dec, 0)
	if err != nil || v.GetArray() == nil {
		return &doc{}, raw, false, nil
	}
	return docOf(v), trimBlank(strings.TrimPrefix(strings.TrimPrefix(raw[dec.InputOffset():], "\r"), "\n")), true, nil
}

// cutLine divides a text at the line that is mark.
func cutLine(s, mark string) (before, after string, ok bool) {
	for at := 0; at < len(s); {
		end := strings.IndexByte(s[at:], '\n')
		next := at + end + 1
		if end < 0 {
			end, next = len(s)-at, len(s)
		}
		if strings.TrimRight(s[at:at+end], " \r") == mark {
			return s[:at], s[next:], true
		}
		at = next
	}
	return "", "", false
}

// trimBlank takes away the blank line behind front matter and the line end at the end of the file.
func trimBlank(s string) string {
	if rest, ok := strings.CutPrefix(s, "\r\n"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "\n")
	}
	return strings.TrimSuffix(s, "\n")
}

// page writes a content file; splitFront gives back both parts exactly.
func page(front *doc, body string) string {
	s := "---\n" + yamlOf(front) + "---\n"
	if body == "" {
		return s
	}
	return s + "\n" + body + "\n"
}

// parseData reads YAML, TOML or JSON, by the ending of the file.
func parseData(ext string, raw []byte) (*doc, error) {
	v, err := parseValue(ext, raw)
	if err != nil {
		return &doc{}, err
	}
	return docOf(v), nil
}

func parseValue(ext string, raw []byte) (*recordv1.Value, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	switch ext {
	case ".toml":
		return parseTOML(raw)
	case ".json":
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		v, err := jsonValue(dec, 0)
		if err != nil {
			return nil, errFront
		}
		return v, nil
	}
	return parseYAML(raw)
}

func parseYAML(raw []byte) (v *recordv1.Value, err error) {
	var n yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := dec.Decode(&n); {
	case errors.Is(err, io.EOF):
		return (&doc{}).value(), nil
	case err != nil:
		return nil, errFront
	}
	left := maxValues
	return yamlValue(&n, 0, &left)
}

func yamlValue(n *yaml.Node, depth int, left *int) (*recordv1.Value, error) {
	if *left--; *left < 0 || depth > maxDepth {
		return nil, errFront
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return yamlValue(n.Content[0], depth+1, left)
	case yaml.AliasNode:
		return yamlValue(n.Alias, depth+1, left)
	case yaml.SequenceNode:
		var all []*recordv1.Value
		for _, c := range n.Content {
			v, err := yamlValue(c, depth+1, left)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return listValue(all...), nil
	case yaml.MappingNode:
		return yamlMap(n, depth, left)
	}
	return yamlScalar(n)
}

func yamlMap(n *yaml.Node, depth int, left *int) (*recordv1.Value, error) {
	a := &recordv1.Array{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, err := yamlValue(n.Content[i], depth+1, left)
		if err != nil {
			return nil, err
		}
		v, err := yamlValue(n.Content[i+1], depth+1, left)
		if err != nil {
			return nil, err
		}
		if n.Content[i].Tag == "!!merge" {
			a.Pairs = append(a.Pairs, v.GetArray().GetPairs()...)
			continue
		}
		if _, whole := k.GetKind().(*recordv1.Value_IntValue); !whole {
			k = textValue(plain(k))
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: k, Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, nil
}

func yamlScalar(n *yaml.Node) (*recordv1.Value, error) {
	switch n.ShortTag() {
	case "!!null":
		return &recordv1.Value{}, nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return boolValue(b), nil
		}
	case "!!int":
		var i int64
		if n.Decode(&i) == nil {
			return intValue(i), nil
		}
	case "!!float":
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: n.Value}}, nil
	case "!!binary":
		var s string
		if n.Decode(&s) == nil {
			return &recordv1.Value{Kind: &recordv1.Value_Data{Data: []byte(s)}}, nil
		}
	}
	return textValue(strings.ToValidUTF8(n.Value, "\ufffd")), nil
}

func jsonValue(dec *json.Decoder, depth int) (*recordv1.Value, error) {
	tok, err := dec.Token()
	if err != nil || depth > maxDepth {
		return nil, errFront
	}
	switch t := tok.(type) {
	case json.Delim:
		return jsonArray(dec, t, depth)
	case string:
		return textValue(t), nil
	case bool:
		return boolValue(t), nil
	case json.Number:
		if i, err := t.Int64(); err == nil {
			return intValue(i), nil
		}
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: t.String()}}, nil
	}
	return &recordv1.Value{}, nil
}

func jsonArray(dec *json.Decoder, open json.Delim, depth int) (*recordv1.Value, error) {
	a := &recordv1.Array{List: open == '['}
	for i := int64(0); dec.More(); i++ {
		key := intValue(i)
		var err error
		if !a.List {
			if key, err = jsonValue(dec, depth+1); err != nil {
				return nil, err
			}
		}
		v, err := jsonValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: key, Value: v})
	}
	_, err := dec.Token()
	if len(a.Pairs) == 1 && a.Pairs[0].GetKey().GetText() == wrapData {
		if raw, bad := base64.StdEncoding.DecodeString(plain(a.Pairs[0].GetValue())); bad == nil {
			return &recordv1.Value{Kind: &recordv1.Value_Data{Data: raw}}, err
		}
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, err
}

func parseTOML(raw []byte) (*recordv1.Value, error) {
	var m map[string]any
	md, err := toml.Decode(string(raw), &m)
	if err != nil {
		return nil, errFront
	}
	d := &doc{}
	// In the order of the file; what a table header alone names comes last.
	for _, k := range md.Keys() {
		if v, ok := m[k[0]]; ok {
			d.set(k[0], tomlValue(v))
			delete(m, k[0])
		}
	}
	return d.value(), nil
}

func tomlValue(v any) *recordv1.Value {
	switch t := v.(type) {
	case string:
		return textValue(t)
	case bool:
		return boolValue(t)
	case int64:
		return intValue(t)
	case float64:
		s := strconv.FormatFloat(t, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: s}}
	case time.Time:
		return textValue(tomlTime(t))
	case map[string]any:
		d := &doc{}
		for _, k := range slices.Sorted(keysOf(t)) {
			d.set(k, tomlValue(t[k]))
		}
		return d.value()
	case []map[string]any:
		var all []*recordv1.Value
		for _, m := range t {
			all = append(all, tomlValue(m))
		}
		return listValue(all...)
	case []any:
		var all []*recordv1.Value
		for _, e := range t {
			all = append(all, tomlValue(e))
		}
		return listValue(all...)
	}
	return &recordv1.Value{}
}

func keysOf(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// tomlTime writes a time as it stood in the file: with its zone, or as a wall clock.
func tomlTime(t time.Time) string {
	switch t.Location().String() {
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05")
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.RFC3339)
}
