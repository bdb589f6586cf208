package drupal

import (
	"math"
	"regexp"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// shape7 is what a custom field is made of.
type shape7 struct {
	kind   fieldKind
	values []*recordv1.Value
}

// shapeOf7 finds the type of field that holds a value: of a list of equal things, one of many values.
func (w *writer) shapeOf7(list []*recordv1.Field) shape7 {
	if len(list) > 1 {
		all := make([]*recordv1.Value, len(list))
		for i, f := range list {
			all[i] = f.GetValue()
		}
		return w.many7(all, list[0].GetEncoding())
	}
	v, encoding := list[0].GetValue(), list[0].GetEncoding()
	a := v.GetArray()
	if a == nil {
		return shape7{w.kindOf7(v), []*recordv1.Value{v}}
	}
	if k := w.kindOf7(v); k.typ != "" {
		k.many = 1
		return shape7{k, []*recordv1.Value{v}}
	}
	if a.GetList() && len(a.GetPairs()) > 0 && encoding != "php" {
		all := make([]*recordv1.Value, len(a.GetPairs()))
		for i, p := range a.GetPairs() {
			all[i] = p.GetValue()
		}
		return w.many7(all, encoding)
	}
	return structured7(v, encoding)
}

func (w *writer) many7(all []*recordv1.Value, encoding string) shape7 {
	first := w.kindOf7(all[0])
	for _, v := range all {
		if k := w.kindOf7(v); k.typ != first.typ || k.vocabulary != first.vocabulary || k.typ == "" {
			return structured7(list7(all...), encoding)
		}
	}
	first.many = -1
	return shape7{first, all}
}

// structured7 is a value that is kept as text for programs to read.
func structured7(v *recordv1.Value, encoding string) shape7 {
	if encoding == "" {
		encoding = "json"
	}
	return shape7{fieldKind{typ: "text_long", many: 1, encoding: encoding}, []*recordv1.Value{v}}
}

var plainDecimal = regexp.MustCompile(`^-?[0-9]{1,9}\.([0-9]{1,9})$`)

// kindOf7 is the type of field for one value; without a type where only text can hold it.
func (w *writer) kindOf7(v *recordv1.Value) fieldKind {
	k := fieldKind{many: 1}
	switch x := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		k.typ = "list_boolean"
	case *recordv1.Value_IntValue:
		if k.typ = "number_integer"; x.IntValue > math.MaxInt32 || x.IntValue < math.MinInt32 {
			k.typ = "text_long"
		}
	case *recordv1.Value_FloatValue:
		k.typ = "text_long"
		if m := plainDecimal.FindStringSubmatch(x.FloatValue); m != nil {
			k.typ, k.scale = "number_decimal", len(m[1])
		}
	case *recordv1.Value_Ref:
		k = w.kindOfRef7(x.Ref)
	case *recordv1.Value_Array:
		k = w.kindOfMap7(x.Array)
	default:
		k.typ = "text_long"
	}
	return k
}

func (w *writer) kindOfRef7(ref *recordv1.Ref) fieldKind {
	switch ref.GetKind() {
	case kindMedia:
		return fieldKind{typ: "file", many: 1}
	case kindTerm:
		// All terms of a node's fields are its terms: a pointer that means something else is kept as a number.
		if id, ok := w.u.Refs.Target(ref); ok && w.kind != kindEntry {
			if vocabulary := w.vocabularyOf[atoi(id)]; vocabulary != "" {
				return fieldKind{typ: "taxonomy_term_reference", many: 1, vocabulary: vocabulary}
			}
		}
	}
	// Drupal 7 itself has no field that points to nodes or accounts: their number is kept.
	return fieldKind{typ: "number_integer", many: 1}
}

// kindOfMap7 knows the properties of the fields of Drupal's own modules.
func (w *writer) kindOfMap7(a *recordv1.Array) fieldKind {
	has := map[string]*recordv1.Value{}
	for _, p := range a.GetPairs() {
		has[scalar(p.GetKey())] = p.GetValue()
	}
	only := func(names ...string) bool {
		for n := range has {
			if !slices.Contains(names, n) {
				return false
			}
		}
		return len(has) > 0
	}
	to := has["fid"]
	if to == nil {
		to = has["target_id"]
	}
	switch {
	case has["value"].GetArray() != nil, has["value"].GetRef() != nil:
	case has["value"] != nil && only("value", "format"):
		return fieldKind{typ: "text_long", many: 1}
	case has["value"] != nil && has["summary"] != nil && only("value", "summary", "format"):
		return fieldKind{typ: "text_with_summary", many: 1}
	case to.GetRef().GetKind() == kindMedia && only("fid", "target_id", "alt", "title", "width", "height") && (has["width"] != nil || has["alt"] != nil):
		return fieldKind{typ: "image", many: 1}
	case to.GetRef().GetKind() == kindMedia && only("fid", "target_id", "display", "description"):
		return fieldKind{typ: "file", many: 1}
	case only("tid") && has["tid"].GetRef() != nil:
		return w.kindOfRef7(has["tid"].GetRef())
	case only("target_id") && has["target_id"].GetRef() != nil:
		return w.kindOfRef7(has["target_id"].GetRef())
	}
	return fieldKind{}
}
