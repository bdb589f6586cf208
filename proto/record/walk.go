package record

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Refs visits every ref of a record but its own, in field order, with the path of its field.
func Refs(r *recordv1.Record, fn func(path string, ref *recordv1.Ref)) {
	if body := bodyOf(r); body != nil {
		visitRefs(layoutOf(body), body, "", fn)
	}
	for _, f := range r.GetFields() {
		path := join(fieldsPath, f.GetName())
		visitRefs(layoutOf(f.ProtoReflect()), f.ProtoReflect(), "", func(_ string, ref *recordv1.Ref) { fn(path, ref) })
	}
}

func visitRefs(l *layout, m protoreflect.Message, path string, fn func(string, *recordv1.Ref)) {
	if l.name == nameRef {
		fn(path, m.Interface().(*recordv1.Ref))
		return
	}
	for _, f := range l.fields {
		if f.sub == nil || !f.sub.refs || !m.Has(f.fd) {
			continue
		}
		p := path
		switch l.name {
		case nameValue, nameField, "Array", "Pair":
		default:
			p = join(path, f.name)
		}
		f.each(m, func(sub protoreflect.Message) { visitRefs(f.sub, sub, p, fn) })
	}
}

// Texts replaces every text of a record's body and of the values of its custom fields, as TokenTexts does. Ids, names of
// custom fields and keys of arrays are not visited.
func Texts(r *recordv1.Record, fn func(path, s string) string) {
	w := &textWalk{fn: fn}
	if body := bodyOf(r); body != nil {
		w.message(layoutOf(body), body, "")
	}
	w.customFields(r.GetFields(), fieldsPath)
}

type textWalk struct {
	fn      func(path, s string) string
	changed bool
}

func (w *textWalk) message(l *layout, m protoreflect.Message, path string) {
	for _, f := range l.fields {
		if !wanted(f) || !m.Has(f.fd) {
			continue
		}
		if p := join(path, f.name); f.sub == nil {
			w.text(f, m, p)
		} else {
			f.each(m, func(sub protoreflect.Message) { w.sub(f.sub, sub, p) })
		}
	}
}

// wanted says that texts lie in a field or below it.
func wanted(f *field) bool {
	if f.sub == nil {
		return f.kind == protoreflect.StringKind
	}
	return f.sub.name != nameRef
}

func (w *textWalk) sub(l *layout, m protoreflect.Message, path string) {
	switch v := m.Interface().(type) {
	case *recordv1.Field:
		w.customField(v, path)
	case *recordv1.Value:
		w.value(v, path)
	default:
		w.message(l, m, path)
	}
}

func (w *textWalk) text(f *field, m protoreflect.Message, path string) {
	if !f.list {
		if now := w.replace(path, m.Get(f.fd).String()); w.changed {
			m.Set(f.fd, protoreflect.ValueOfString(now))
		}
		return
	}
	for list, i := m.Get(f.fd).List(), 0; i < list.Len(); i++ {
		if now := w.replace(path, list.Get(i).String()); w.changed {
			list.Set(i, protoreflect.ValueOfString(now))
		}
	}
}

// replace asks for the new text and notes whether it is another.
func (w *textWalk) replace(path, s string) string {
	now := w.fn(path, s)
	w.changed = now != s
	return now
}

func (w *textWalk) customFields(fields []*recordv1.Field, path string) {
	for _, f := range fields {
		w.customField(f, path)
	}
}

func (w *textWalk) customField(f *recordv1.Field, path string) {
	switch f.GetValue().GetKind().(type) {
	case *recordv1.Value_Text, *recordv1.Value_Array:
		if w.value(f.GetValue(), path+"."+f.GetName()) {
			f.Raw = nil
		}
	}
}

// value visits the texts of a value and says whether one changed.
func (w *textWalk) value(v *recordv1.Value, path string) (changed bool) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		k.Text = w.replace(path, k.Text)
		return w.changed
	case *recordv1.Value_Array:
		for _, p := range k.Array.GetPairs() {
			changed = p.GetValue() != nil && w.value(p.GetValue(), path) || changed
		}
	}
	return changed
}
