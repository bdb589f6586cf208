package folder

import (
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// nested holds the custom fields whose names mean something else at the top of front matter.
const nested = "fields"

// putFields writes custom fields behind the known keys. reserved are names that mean something at the top.
func putFields(d *doc, fields []*recordv1.Field, reserved func(string) bool) {
	var names []string
	byName := map[string][]*recordv1.Value{}
	for _, f := range fields {
		if byName[f.GetName()] == nil {
			names = append(names, f.GetName())
		}
		byName[f.GetName()] = append(byName[f.GetName()], fieldValue(f))
	}
	inner := &doc{}
	for _, name := range names {
		v := byName[name][0]
		if len(byName[name]) > 1 {
			v = one(wrapEach, listValue(byName[name]...))
		}
		if reserved(name) || name == "" || name[0] == '$' || name == "<<" || name == nested {
			inner.set("_"+name, v)
		} else {
			d.set(name, v)
		}
	}
	if len(inner.pairs) > 0 {
		d.set(nested, inner.value())
	}
}

func fieldValue(f *recordv1.Field) *recordv1.Value {
	v := wrapped(f.GetValue())
	if v == nil {
		v = &recordv1.Value{}
	}
	if f.GetEncoding() == "" && len(f.GetRaw()) == 0 {
		return v
	}
	d := &doc{}
	d.set(wrapValue, v)
	d.setText(wrapEncoding, f.GetEncoding())
	if len(f.GetRaw()) > 0 {
		d.set(wrapRaw, &recordv1.Value{Kind: &recordv1.Value_Data{Data: f.GetRaw()}})
	}
	return d.value()
}

// takeFields reads what is left as custom fields.
func takeFields(d *doc) (fields []*recordv1.Field) {
	inner := docOf(d.take(nested))
	for _, p := range d.pairs {
		fields = append(fields, fieldsOf(plain(p.GetKey()), p.GetValue())...)
	}
	for _, p := range inner.pairs {
		fields = append(fields, fieldsOf(strings.TrimPrefix(p.GetKey().GetText(), "_"), p.GetValue())...)
	}
	return fields
}

func fieldsOf(name string, v *recordv1.Value) (all []*recordv1.Field) {
	d := docOf(v)
	if each := d.get(wrapEach); each != nil && len(d.pairs) == 1 {
		for _, it := range items(each) {
			all = append(all, fieldsOf(name, it)...)
		}
		return all
	}
	f := &recordv1.Field{Name: name}
	if in := d.get(wrapValue); in != nil {
		f.Encoding, f.Raw = plain(d.get(wrapEncoding)), d.get(wrapRaw).GetData()
		v = in
	}
	f.Value = unwrapped(v)
	return append(all, f)
}
