package record

import (
	"cmp"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Names of the messages that walks treat as one thing.
const (
	nameRef      protoreflect.Name = "Ref"
	nameTime     protoreflect.Name = "Time"
	nameValue    protoreflect.Name = "Value"
	nameField    protoreflect.Name = "Field"
	nameBody     protoreflect.Name = "Body"
	nameMenuItem protoreflect.Name = "MenuItem"
)

// tokenFields are the texts that may hold tokens, beside Value.text inside custom fields.
var tokenFields = map[string]bool{
	"Body.text": true, "Body.html": true, "Entry.excerpt": true, "Media.caption": true, "Media.description": true,
	"Image.url": true, "Image.caption": true, "MenuItem.url": true, "User.bio": true, "CodeInjection.head": true,
	"CodeInjection.foot": true, "Seo.canonical_url": true, "Redirect.to_url": true,
}

// layout is a message's descriptor made ready for walking: fields by ascending number, child layouts one pointer away.
type layout struct {
	name protoreflect.Name
	// ref: it is a Ref.
	ref    bool
	fields []*field
	// numbers are the fields by number.
	numbers []*field
	// refs: a Ref lies in or below it.
	refs bool
}

type field struct {
	fd    protoreflect.FieldDescriptor
	name  string
	num   protowire.Number
	kind  protoreflect.Kind
	list  bool
	token bool
	// text: its values are UTF-8.
	text bool
	// wire is the type that the encoding has.
	wire protowire.Type
	sub  *layout
}

var layouts = sync.OnceValue(func() map[protoreflect.FullName]*layout {
	all := map[protoreflect.FullName]*layout{}
	addLayout(all, (&recordv1.Record{}).ProtoReflect().Descriptor())
	for changed := true; changed; {
		changed = false
		for _, l := range all {
			changed = l.mark() || changed
		}
	}
	return all
})

// recordLayout is the layout of Record.
var recordLayout = sync.OnceValue(func() *layout { return layoutOf((&recordv1.Record{}).ProtoReflect()) })

// digestNumber and notesNumber are the numbers of a record's digest and notes.
var (
	digestNumber = numberOf(digestField)
	notesNumber  = numberOf(notesField)
)

func numberOf(name protoreflect.Name) func() protowire.Number {
	return sync.OnceValue(func() protowire.Number {
		return (&recordv1.Record{}).ProtoReflect().Descriptor().Fields().ByName(name).Number()
	})
}

func layoutOf(m protoreflect.Message) *layout { return layouts()[m.Descriptor().FullName()] }

func addLayout(all map[protoreflect.FullName]*layout, d protoreflect.MessageDescriptor) *layout {
	if l, ok := all[d.FullName()]; ok {
		return l
	}
	l := &layout{name: d.Name(), ref: d.Name() == nameRef}
	all[d.FullName()] = l
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		f := &field{
			fd: fd, name: string(fd.Name()), num: fd.Number(), kind: fd.Kind(), list: fd.IsList(), text: fd.Kind() == protoreflect.StringKind,
			token: tokenFields[string(d.Name())+"."+string(fd.Name())], wire: wireType(fd),
		}
		if fd.Message() != nil {
			f.sub = addLayout(all, fd.Message())
		}
		l.fields = append(l.fields, f)
	}
	slices.SortFunc(l.fields, func(a, b *field) int { return cmp.Compare(a.num, b.num) })
	if last := len(l.fields) - 1; last >= 0 {
		l.numbers = make([]*field, l.fields[last].num+1)
	}
	for _, f := range l.fields {
		l.numbers[f.num] = f
	}
	return l
}

// wireType is how a field is encoded. The contract knows no fixed-width or floating-point fields, and no packed ones.
func wireType(fd protoreflect.FieldDescriptor) protowire.Type {
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.StringKind, protoreflect.BytesKind:
		return protowire.BytesType
	case protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Sint32Kind,
		protoreflect.Sint64Kind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		if !fd.IsPacked() {
			return protowire.VarintType
		}
	}
	panic("record: the canonical encoding does not know fields like " + string(fd.FullName()))
}

// byNumber is the field with a number, or nil.
func (l *layout) byNumber(n protowire.Number) *field {
	if int(n) >= len(l.numbers) {
		return nil
	}
	return l.numbers[n]
}

// mark sets refs from the fields and says whether that changed anything.
func (l *layout) mark() bool {
	refs := l.name == nameRef
	for _, f := range l.fields {
		refs = refs || f.sub != nil && f.sub.refs
	}
	changed := refs != l.refs
	l.refs = refs
	return changed
}

// leaf says that paths end at the field.
func (f *field) leaf() bool {
	if f.sub == nil {
		return true
	}
	switch f.sub.name {
	case nameRef, nameTime, nameValue, nameField:
		return true
	}
	return false
}

// each calls fn with every message of a populated message field, repeated or not.
func (f *field) each(m protoreflect.Message, fn func(protoreflect.Message)) {
	v := m.Get(f.fd)
	if !f.list {
		fn(v.Message())
		return
	}
	for list, i := v.List(), 0; i < list.Len(); i++ {
		fn(list.Get(i).Message())
	}
}

// bodyOf is the set message of the oneof; nil for a record without one.
func bodyOf(r *recordv1.Record) protoreflect.Message {
	if m := bodyMessage(r); m != nil {
		return m.ProtoReflect()
	}
	return nil
}

func bodyMessage(r *recordv1.Record) message {
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Site:
		return present(b.Site)
	case *recordv1.Record_User:
		return present(b.User)
	case *recordv1.Record_Term:
		return present(b.Term)
	case *recordv1.Record_Media:
		return present(b.Media)
	case *recordv1.Record_Entry:
		return present(b.Entry)
	case *recordv1.Record_Comment:
		return present(b.Comment)
	case *recordv1.Record_Menu:
		return present(b.Menu)
	case *recordv1.Record_Redirect:
		return present(b.Redirect)
	}
	return nil
}

// present makes a nil pointer a nil message.
func present[T any, P interface {
	*T
	message
}](m P) message {
	if m == nil {
		return nil
	}
	return m
}

// BodyKind is the kind of what a record holds, whatever its ref says; unspecified for an empty record.
func BodyKind(r *recordv1.Record) recordv1.Kind {
	switch r.GetBody().(type) {
	case *recordv1.Record_Site:
		return recordv1.Kind_KIND_SITE
	case *recordv1.Record_User:
		return recordv1.Kind_KIND_USER
	case *recordv1.Record_Term:
		return recordv1.Kind_KIND_TERM
	case *recordv1.Record_Media:
		return recordv1.Kind_KIND_MEDIA
	case *recordv1.Record_Entry:
		return recordv1.Kind_KIND_ENTRY
	case *recordv1.Record_Comment:
		return recordv1.Kind_KIND_COMMENT
	case *recordv1.Record_Menu:
		return recordv1.Kind_KIND_MENU
	case *recordv1.Record_Redirect:
		return recordv1.Kind_KIND_REDIRECT
	}
	return recordv1.Kind_KIND_UNSPECIFIED
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
