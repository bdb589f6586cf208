package folder

import (
	"regexp"
	"strconv"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// doc is an ordered map as front matter and data files hold it.
type doc struct{ pairs []*recordv1.Pair }

// docOf is the map that a value is; empty for anything else.
func docOf(v *recordv1.Value) *doc {
	if a := v.GetArray(); a != nil && !a.GetList() {
		return &doc{a.GetPairs()}
	}
	return &doc{}
}

func (d *doc) value() *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: &recordv1.Array{Pairs: d.pairs}}}
}

func (d *doc) get(key string) *recordv1.Value {
	for _, p := range d.pairs {
		if p.GetKey().GetText() == key {
			return p.GetValue()
		}
	}
	return nil
}

// take removes the first of the keys that is there and gives its value; the others of them stay.
func (d *doc) take(keys ...string) *recordv1.Value {
	for _, key := range keys {
		for i, p := range d.pairs {
			if p.GetKey().GetText() == key {
				d.pairs = append(d.pairs[:i:i], d.pairs[i+1:]...)
				return p.GetValue()
			}
		}
	}
	return nil
}

// set puts a value at the end, or in the place of the one that is there; nil leaves the map as it is.
func (d *doc) set(key string, v *recordv1.Value) {
	if v == nil {
		return
	}
	for _, p := range d.pairs {
		if p.GetKey().GetText() == key {
			p.Value = v
			return
		}
	}
	d.pairs = append(d.pairs, &recordv1.Pair{Key: textValue(key), Value: v})
}

func (d *doc) setText(key, s string) {
	if s != "" {
		d.set(key, textValue(s))
	}
}

func textValue(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func boolValue(b bool) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_BoolValue{BoolValue: b}}
}

func intValue(n int64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: n}}
}

func listValue(items ...*recordv1.Value) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for i, v := range items {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: intValue(int64(i)), Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

func textList(items []string) *recordv1.Value {
	all := make([]*recordv1.Value, len(items))
	for i, s := range items {
		all[i] = textValue(s)
	}
	return listValue(all...)
}

// plain is a scalar as text.
func plain(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10)
	case *recordv1.Value_FloatValue:
		return k.FloatValue
	case *recordv1.Value_BoolValue:
		return strconv.FormatBool(k.BoolValue)
	}
	return ""
}

// items are the elements of a list; a scalar is a list of one.
func items(v *recordv1.Value) []*recordv1.Value {
	a := v.GetArray()
	if a == nil {
		if plain(v) == "" {
			return nil
		}
		return []*recordv1.Value{v}
	}
	var all []*recordv1.Value
	if a.GetList() {
		for _, p := range a.GetPairs() {
			all = append(all, p.GetValue())
		}
	}
	return all
}

func texts(v *recordv1.Value) []string {
	var all []string
	for _, it := range items(v) {
		if s := plain(it); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// Keys of wrapped values: what YAML cannot say of a custom field stands beside its value.
const (
	wrapValue    = "$value"
	wrapEncoding = "$encoding"
	wrapRaw      = "$raw"
	wrapEach     = "$each"
	wrapPairs    = "$pairs"
	wrapRef      = "$ref"
	wrapFloat    = "$float"
	wrapData     = "$data"
)

var floatForm = regexp.MustCompile(`^-?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?$`)

// wrapped is a value in a form that YAML gives back.
func wrapped(v *recordv1.Value) *recordv1.Value {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_FloatValue:
		if !floatForm.MatchString(k.FloatValue) {
			return one(wrapFloat, textValue(k.FloatValue))
		}
	case *recordv1.Value_Ref:
		return one(wrapRef, textValue(refText(k.Ref)))
	case *recordv1.Value_Array:
		return wrappedArray(k.Array)
	}
	return v
}

func one(key string, v *recordv1.Value) *recordv1.Value {
	d := &doc{}
	d.set(key, v)
	return d.value()
}

func wrappedArray(a *recordv1.Array) *recordv1.Value {
	out := &recordv1.Array{List: a.GetList()}
	for _, p := range a.GetPairs() {
		out.Pairs = append(out.Pairs, &recordv1.Pair{Key: p.GetKey(), Value: wrapped(p.GetValue())})
	}
	v := &recordv1.Value{Kind: &recordv1.Value_Array{Array: out}}
	if simpleKeys(a) {
		return v
	}
	return pairsOf(out)
}

// pairsOf writes a map or list as the list of its pairs.
func pairsOf(a *recordv1.Array) *recordv1.Value {
	var pairs []*recordv1.Value
	for _, p := range a.GetPairs() {
		pairs = append(pairs, listValue(p.GetKey(), p.GetValue()))
	}
	return one(wrapPairs, listValue(listValue(pairs...), boolValue(a.GetList())))
}

// simpleKeys says that a list has its natural keys, and that a map's are all different and none of ours.
func simpleKeys(a *recordv1.Array) bool {
	seen := map[string]bool{}
	for i, p := range a.GetPairs() {
		switch k := p.GetKey().GetKind().(type) {
		case *recordv1.Value_IntValue:
			if a.GetList() && k.IntValue != int64(i) {
				return false
			}
		case *recordv1.Value_Text:
			if a.GetList() || k.Text == "" || k.Text[0] == '$' || k.Text == "<<" {
				return false
			}
		default:
			return false
		}
		key := plain(p.GetKey())
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// unwrapped undoes wrapped.
func unwrapped(v *recordv1.Value) *recordv1.Value {
	a := v.GetArray()
	if a == nil {
		return v
	}
	if len(a.GetPairs()) == 1 && !a.GetList() {
		in := a.GetPairs()[0].GetValue()
		switch a.GetPairs()[0].GetKey().GetText() {
		case wrapFloat:
			return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: plain(in)}}
		case wrapRef:
			if ref := parseRef(plain(in)); ref != nil {
				return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref}}
			}
		case wrapPairs:
			return unwrappedPairs(in)
		}
	}
	for _, p := range a.GetPairs() {
		p.Value = unwrapped(p.GetValue())
	}
	return v
}

func unwrappedPairs(v *recordv1.Value) *recordv1.Value {
	parts := items(v)
	if len(parts) != 2 {
		return v
	}
	a := &recordv1.Array{List: parts[1].GetBoolValue()}
	for _, p := range items(parts[0]) {
		if kv := items(p); len(kv) == 2 {
			a.Pairs = append(a.Pairs, &recordv1.Pair{Key: kv[0], Value: unwrapped(kv[1])})
		}
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}
