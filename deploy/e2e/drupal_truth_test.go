//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// drupalThing is one thing of a truth file, as decoded.
type drupalThing map[string]any

func drupalTruth(t *testing.T, fixture, name string) []drupalThing {
	t.Helper()
	var items []drupalThing
	drupalFile(t, fixture, name, &items)
	if len(items) == 0 {
		t.Fatalf("no truth in %s", name)
	}
	return items
}

// drupalFile decodes a truth file, which holds a bare list or map.
func drupalFile(t *testing.T, fixture, name string, to any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, fixture, "truth", name+".json"))
	need(t, err)
	need(t, json.Unmarshal(b, to))
}

// phpWord is a value as PHP prints it; empty for null and lists.
func phpWord(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "1"
		}
	}
	return ""
}

func (d drupalThing) word(key string) string { return phpWord(d[key]) }

// fieldProps are the properties of fields that a site stores; Drupal 7's loader adds others.
var fieldProps = strings.Fields("value summary format tid fid alt title width height description display target_id uri options end_value")

// rowsOf writes the values of a field in one form: "alt=x target_id=5", one line per value.
func rowsOf(v any) string {
	var lines []string
	list, _ := v.([]any)
	for _, row := range list {
		m, _ := row.(map[string]any)
		var parts []string
		for _, p := range fieldProps {
			// Drupal 7's loader adds the address of the file.
			if text := cents(m, p); text != "" && (p != "uri" || m["fid"] == nil) {
				parts = append(parts, p+"="+text)
			}
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, "\n")
}

// price has its cents in every database but SQLite.
var price = regexp.MustCompile(`^[0-9]+\.[0-9]$`)

// long is a number as PostgreSQL and SQLite keep it; MySQL, and the records of all three, have six digits of it.
var long = regexp.MustCompile(`^[0-9]+\.[0-9]{4,}$`)

// cents is a property; what SQLite keeps as a binary number has the two digits that the field has.
func cents(m map[string]any, p string) string {
	text := spelt(m[p])
	if p == "value" && len(m) == 1 && price.MatchString(text) && text != "0.5" && text != "1.5" {
		return text + "0"
	}
	if x, err := strconv.ParseFloat(text, 64); p == "value" && err == nil && long.MatchString(text) {
		return strconv.FormatFloat(x, 'g', 6, 64)
	}
	return text
}

// spelt writes nested lists and maps as well.
func spelt(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return phpWord(v)
	}
	var parts []string
	for k, x := range m {
		parts = append(parts, k+":"+spelt(x))
	}
	sort.Strings(parts)
	return strings.Join(parts, ",")
}

// drupalIDs turns refs of records back into the ids that fields hold.
type drupalIDs struct {
	// shown maps media to the file that they show.
	shown map[string]string
	// files says that refs to media stand for the file.
	files bool
}

// file is the number of the file that a media record stands for.
func (ids drupalIDs) file(ref *recordv1.Ref) string {
	ids.files = true
	return ids.own(ref)
}

// asRows writes a custom field as rowsOf does; names are the properties that scalars and refs stand for.
func (ids drupalIDs) asRows(v *recordv1.Value, scalar, ref string) string {
	if v == nil {
		return ""
	}
	if a := v.GetArray(); a != nil && a.GetList() {
		var lines []string
		for _, p := range a.GetPairs() {
			lines = append(lines, ids.asRows(p.GetValue(), scalar, ref))
		}
		return strings.Join(lines, "\n")
	}
	if v.GetArray() == nil {
		name := scalar
		if v.GetRef() != nil {
			name = ref
		}
		if text := ids.text(v); text != "" {
			return name + "=" + text
		}
		return ""
	}
	props := map[string]string{}
	for _, p := range v.GetArray().GetPairs() {
		props[p.GetKey().GetText()] = ids.text(p.GetValue())
	}
	var parts []string
	for _, p := range fieldProps {
		if props[p] != "" {
			parts = append(parts, p+"="+props[p])
		}
	}
	return strings.Join(parts, " ")
}

func (ids drupalIDs) text(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10)
	case *recordv1.Value_FloatValue:
		return k.FloatValue
	case *recordv1.Value_BoolValue:
		return map[bool]string{true: "1", false: "0"}[k.BoolValue]
	case *recordv1.Value_Ref:
		return ids.own(k.Ref)
	case *recordv1.Value_Array:
		var parts []string
		for _, p := range k.Array.GetPairs() {
			parts = append(parts, ids.text(p.GetKey())+":"+ids.text(p.GetValue()))
		}
		sort.Strings(parts)
		return strings.Join(parts, ",")
	}
	return ""
}

// own is the id within its own table. A picture field holds the file, a media reference the media.
func (ids drupalIDs) own(ref *recordv1.Ref) string {
	id := ref.GetSourceId()
	if file := ids.shown[id]; file != "" && ids.files {
		return file
	}
	return strings.TrimPrefix(strings.TrimPrefix(id, "media:"), "block:")
}

func customOf(rec *recordv1.Record, name string) *recordv1.Value {
	for _, f := range rec.GetFields() {
		if f.GetName() == name {
			return f.GetValue()
		}
	}
	return nil
}

func (ids drupalIDs) custom(rec *recordv1.Record, name string) string {
	return ids.text(customOf(rec, name))
}

func secondsOf(t *recordv1.Time) string {
	if t == nil {
		return "0"
	}
	return strconv.FormatInt(t.GetSeconds(), 10)
}

func refIDs(refs []*recordv1.Ref) string {
	var all []string
	for _, r := range refs {
		all = append(all, r.GetSourceId())
	}
	return strings.Join(all, " ")
}

func oneIf(b bool) string { return map[bool]string{true: "1", false: "0"}[b] }

// twins collects the same facts of both sides.
type twins struct{ want, got []fact }

func (p *twins) add(field, path, want, got string) {
	p.want, p.got = append(p.want, fact{field, path, want}), append(p.got, fact{field, path, got})
}

// reachable says that a record answers to a path.
func (r *readSite) reachable(key, path string) string {
	escaped := (&url.URL{Path: path}).EscapedPath()
	return oneIf(slices.Contains(r.paths[key], escaped))
}

func firstRow(v any) map[string]any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		m, _ := list[0].(map[string]any)
		return m
	}
	return nil
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func printed(v any) string { return fmt.Sprint(v) }
