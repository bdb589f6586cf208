package folder

import (
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The fields of records are written under their own names in the contract, but for those that have a usual name in front
// matter: see names in entries.go.

// encode puts the fields of a message that are set into d, by ascending number; rename gives their keys, "" leaves one out.
func encode(d *doc, m protoreflect.Message, rename func(string) string) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) {
			continue
		}
		if key := rename(string(fd.Name())); key != "" {
			d.set(key, fieldOf(fd, m.Get(fd)))
		}
	}
}

func same(name string) string { return name }

func fieldOf(fd protoreflect.FieldDescriptor, v protoreflect.Value) *recordv1.Value {
	if !fd.IsList() {
		return single(fd, v)
	}
	var all []*recordv1.Value
	for i := range v.List().Len() {
		if e := single(fd, v.List().Get(i)); e != nil {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return listValue(all...)
}

func single(fd protoreflect.FieldDescriptor, v protoreflect.Value) *recordv1.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return textValue(v.String())
	case protoreflect.BoolKind:
		return boolValue(v.Bool())
	case protoreflect.EnumKind:
		return textValue(enumName(fd.Enum(), v.Enum()))
	case protoreflect.BytesKind:
		return &recordv1.Value{Kind: &recordv1.Value_Data{Data: v.Bytes()}}
	case protoreflect.MessageKind:
		return message(v.Message())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return intValue(int64(v.Uint()))
	}
	return intValue(v.Int())
}

// message writes a message below another one. A ref that leads nowhere yet is left out.
func message(m protoreflect.Message) *recordv1.Value {
	switch t := m.Interface().(type) {
	case *recordv1.Ref:
		if whole.Open(t) {
			return nil
		}
		return textValue(refText(t))
	case *recordv1.Time:
		return timeValue(t)
	case *recordv1.Value:
		return wrapped(t)
	case *recordv1.Field:
		return one(t.GetName(), fieldValue(t))
	}
	d := &doc{}
	encode(d, m, same)
	if len(d.pairs) == 0 {
		return nil
	}
	return d.value()
}

// decode fills a message from the keys that fit its fields, and takes them out of d. names gives keys for fields.
func decode(d *doc, m protoreflect.Message, rename func(string) string) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		key := rename(string(fd.Name()))
		if key == "" {
			continue
		}
		if v := d.get(key); v != nil && fill(m, fd, v) {
			d.take(key)
		}
	}
}

// fill sets a field when the value is of its type.
func fill(m protoreflect.Message, fd protoreflect.FieldDescriptor, v *recordv1.Value) bool {
	if !fd.IsList() {
		pv, ok := scan(m.NewField, fd, v)
		if ok && pv.IsValid() {
			m.Set(fd, pv)
		}
		return ok
	}
	list := m.NewField(fd).List()
	for _, it := range items(v) {
		pv, ok := scan(func(protoreflect.FieldDescriptor) protoreflect.Value { return list.NewElement() }, fd, it)
		if !ok {
			return false
		}
		list.Append(pv)
	}
	m.Set(fd, protoreflect.ValueOfList(list))
	return true
}

func scan(fresh func(protoreflect.FieldDescriptor) protoreflect.Value, fd protoreflect.FieldDescriptor, v *recordv1.Value) (pv protoreflect.Value, ok bool) {
	_, whole := v.GetKind().(*recordv1.Value_IntValue)
	n := v.GetIntValue()
	switch fd.Kind() {
	case protoreflect.StringKind:
		_, isMap := v.GetKind().(*recordv1.Value_Array)
		return protoreflect.ValueOfString(plain(v)), !isMap
	case protoreflect.BoolKind:
		b, is := v.GetKind().(*recordv1.Value_BoolValue)
		return protoreflect.ValueOfBool(is && b.BoolValue), is
	case protoreflect.EnumKind:
		e, known := record.EnumNumber(fd.Enum(), plain(v))
		return protoreflect.ValueOfEnum(e), known
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(v.GetData()), true
	case protoreflect.MessageKind:
		return scanMessage(fresh(fd), v)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n)), whole && n >= 0 && n < 1<<32
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(n)), whole && n >= 0
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(int32(n)), whole && n == int64(int32(n))
	}
	return protoreflect.ValueOfInt64(n), whole
}

func scanMessage(pv protoreflect.Value, v *recordv1.Value) (protoreflect.Value, bool) {
	switch t := pv.Message().Interface().(type) {
	case *recordv1.Ref:
		ref := parseRef(plain(v))
		if ref == nil {
			return pv, false
		}
		t.Kind, t.SourceId = ref.GetKind(), ref.GetSourceId()
		return pv, true
	case *recordv1.Time:
		at := parseTime(v, time.UTC)
		if at == nil {
			return pv, false
		}
		t.Seconds, t.Offset, t.Floating = at.GetSeconds(), at.GetOffset(), at.GetFloating()
		return pv, true
	case *recordv1.Value:
		t.Kind = unwrapped(v).GetKind()
		return pv, true
	case *recordv1.Field:
		if len(docOf(v).pairs) == 1 {
			p := docOf(v).pairs[0]
			all := fieldsOf(p.GetKey().GetText(), p.GetValue())
			t.Name, t.Value, t.Encoding, t.Raw = all[0].GetName(), all[0].GetValue(), all[0].GetEncoding(), all[0].GetRaw()
			return pv, true
		}
		return pv, false
	}
	d := &doc{pairs: append([]*recordv1.Pair(nil), docOf(v).pairs...)}
	decode(d, pv.Message(), same)
	return pv, v.GetArray() != nil && len(d.pairs) == 0
}

// enumName is record.EnumName, but empty for a value that has no name: nothing is written for it.
func enumName(d protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	if d.Values().ByNumber(n) == nil {
		return ""
	}
	return record.EnumName(d, n)
}

// refText is a pointer as files hold it: kind and id.
func refText(r *recordv1.Ref) string { return record.KindName(r.GetKind()) + "/" + r.GetSourceId() }

func parseRef(s string) *recordv1.Ref {
	word, id, ok := strings.Cut(s, "/")
	kind, known := record.ParseKind(word)
	if !ok || !known || id == "" || len(id) > record.MaxSourceID {
		return nil
	}
	return record.NewRef(kind, id)
}

// years that every reader of dates understands; other instants are written as seconds since 1970.
const firstSecond, lastSecond = -62135596800, 253402300799 - 86400

func timeValue(t *recordv1.Time) *recordv1.Value {
	if t.GetSeconds() < firstSecond+86400 || t.GetSeconds() > lastSecond || t.GetOffset()%60 != 0 || t.GetOffset() > 86340 || t.GetOffset() < -86340 {
		return intValue(t.GetSeconds())
	}
	zone := time.UTC
	if t.GetOffset() != 0 {
		zone = time.FixedZone("", int(t.GetOffset()))
	}
	return textValue(time.Unix(t.GetSeconds(), 0).In(zone).Format(time.RFC3339))
}

var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", time.RFC1123Z}

var wallLayouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

// parseTime reads an instant; one without a zone is the wall clock of the site. nil: it is none.
func parseTime(v *recordv1.Value, zone *time.Location) *recordv1.Time {
	if n, ok := v.GetKind().(*recordv1.Value_IntValue); ok {
		return &recordv1.Time{Seconds: n.IntValue}
	}
	s := strings.TrimSpace(plain(v))
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			_, offset := t.Zone()
			return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset)}
		}
	}
	for _, layout := range wallLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			_, offset := t.Zone()
			return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset), Floating: true}
		}
	}
	return nil
}
