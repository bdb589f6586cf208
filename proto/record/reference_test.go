package record_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// canonical is the documented canonical encoding without the digest and the notes, read from the descriptors alone: what the library's coder
// gives must never become anything else, or every record of every site would count as changed.
func canonical(m protoreflect.Message) (b []byte) {
	for _, fd := range encodingOrder(m) {
		if fd.Name() == "digest" || fd.FullName() == "bailey.record.v1.Record.notes" || !m.Has(fd) {
			continue
		}
		if v := m.Get(fd); !fd.IsList() {
			b = canonicalValue(b, fd, v)
		} else {
			for i := range v.List().Len() {
				b = canonicalValue(b, fd, v.List().Get(i))
			}
		}
	}
	return b
}

func ascending(m protoreflect.Message) (fds []protoreflect.FieldDescriptor) {
	for i := range m.Descriptor().Fields().Len() {
		fds = append(fds, m.Descriptor().Fields().Get(i))
	}
	slices.SortFunc(fds, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	return fds
}

// encodingOrder is ascending, but the body comes last.
func encodingOrder(m protoreflect.Message) []protoreflect.FieldDescriptor {
	fds := ascending(m)
	slices.SortStableFunc(fds, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(ofOneof(a), ofOneof(b)) })
	return fds
}

func ofOneof(fd protoreflect.FieldDescriptor) int {
	if fd.ContainingOneof() != nil {
		return 1
	}
	return 0
}

func canonicalValue(b []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	var data []byte
	switch fd.Kind() {
	case protoreflect.MessageKind:
		data = canonical(v.Message())
	case protoreflect.StringKind:
		data = []byte(v.String())
	case protoreflect.BytesKind:
		data = v.Bytes()
	default:
		return protowire.AppendVarint(protowire.AppendTag(b, fd.Number(), protowire.VarintType), canonicalNumber(fd, v))
	}
	return protowire.AppendBytes(protowire.AppendTag(b, fd.Number(), protowire.BytesType), data)
}

func canonicalNumber(fd protoreflect.FieldDescriptor, v protoreflect.Value) uint64 {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protowire.EncodeBool(v.Bool())
	case protoreflect.EnumKind:
		return uint64(int64(v.Enum()))
	case protoreflect.Sint32Kind:
		return protowire.EncodeZigZag(v.Int())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return v.Uint()
	}
	return uint64(v.Int())
}

// anyRecord draws a record with any fields of the contract set, some ten in each message.
func anyRecord(t *rapid.T) *recordv1.Record {
	r := &recordv1.Record{}
	drawMessage(t, r.ProtoReflect(), 6)
	return r
}

func drawMessage(t *rapid.T, m protoreflect.Message, depth int) {
	fds := ascending(m)
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(fds)-1), 0, 10).Draw(t, "fields") {
		fd := fds[i]
		switch {
		case fd.Message() != nil && depth == 0:
		case fd.IsList():
			list := m.Mutable(fd).List()
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				v := list.NewElement()
				list.Append(drawValue(t, fd, v, depth))
			}
		default:
			m.Set(fd, drawValue(t, fd, m.NewField(fd), depth))
		}
	}
}

func drawValue(t *rapid.T, fd protoreflect.FieldDescriptor, v protoreflect.Value, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.MessageKind:
		drawMessage(t, v.Message(), depth-1)
		return v
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.String().Draw(t, "s"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "b"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(-1, 9).Draw(t, "e")))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "i32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "i64"))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "u32"))
	}
	return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "u64"))
}

// fullRecords are records, one of each kind, with every field of the contract set.
func fullRecords() (all []*recordv1.Record) {
	bodies := (&recordv1.Record{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
	for i := range bodies.Len() {
		r := &recordv1.Record{}
		fill(r.ProtoReflect(), bodies.Get(i))
		all = append(all, r)
	}
	return all
}

// fill sets every field; of a record's bodies that one only. Values are arrays with refs and texts, as keys and as values.
func fill(m protoreflect.Message, body protoreflect.FieldDescriptor) {
	if v, ok := m.Interface().(*recordv1.Value); ok {
		to := &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref(kindMedia, "7")}}
		v.Kind = &recordv1.Value_Array{Array: &recordv1.Array{Pairs: []*recordv1.Pair{{Key: to, Value: text("v")}, {Key: text("k"), Value: proto.CloneOf(to)}}}}
		return
	}
	for _, fd := range ascending(m) {
		switch {
		case fd.ContainingOneof() != nil && fd != body:
		case fd.IsList() && fd.Message() != nil:
			fill(m.Mutable(fd).List().AppendMutable().Message(), body)
		case fd.IsList():
			m.Mutable(fd).List().Append(protoreflect.ValueOfString("s"))
		case fd.Message() != nil:
			fill(m.Mutable(fd).Message(), body)
		default:
			m.Set(fd, sample(fd))
		}
	}
}

func sample(fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("s")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("b"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(-1)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(-1)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(1)
	}
	return protoreflect.ValueOfUint64(1)
}

// onAll checks a law on full records and on any others.
func onAll(t *testing.T, law func(rapid.TB, *recordv1.Record)) {
	for _, r := range fullRecords() {
		law(t, r)
	}
	rapid.Check(t, func(t *rapid.T) { law(t, anyRecord(t)) })
}

func TestDigestIsThatOfTheReference(t *testing.T) {
	t.Parallel()
	onAll(t, func(t rapid.TB, r *recordv1.Record) {
		if got, want := record.Digest(r), sha([]byte("bailey.record.v1\n"), canonical(r.ProtoReflect())); !bytes.Equal(got, want) {
			t.Fatalf("digest %x, want %x", got, want)
		}
	})
}

func TestDigestOfWhatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	a, b, c := entry(), entry(), entry()
	a.GetEntry().Title, b.GetEntry().Title, c.GetEntry().Title = "a\xff", "a\uFFFD", "b\xff"
	if !bytes.Equal(record.Digest(a), record.Digest(b)) || bytes.Equal(record.Digest(a), record.Digest(c)) {
		t.Error("text that is not UTF-8 is not digested as documented")
	}
	if a.GetEntry().Title != "a\xff" {
		t.Error("the digest changed the record")
	}
}

// eachRef visits refs in field order by reflection, but the record's own.
func eachRef(m protoreflect.Message, fn func(*recordv1.Ref)) {
	for _, fd := range ascending(m) {
		if fd.Message() == nil || !m.Has(fd) || m.Descriptor().Name() == "Record" && fd.Name() == "ref" {
			continue
		}
		eachMessage(m, fd, func(sub protoreflect.Message) {
			if ref, ok := sub.Interface().(*recordv1.Ref); ok {
				fn(ref)
			} else {
				eachRef(sub, fn)
			}
		})
	}
}

func eachMessage(m protoreflect.Message, fd protoreflect.FieldDescriptor, fn func(protoreflect.Message)) {
	if !fd.IsList() {
		fn(m.Get(fd).Message())
		return
	}
	for list, i := m.Get(fd).List(), 0; i < list.Len(); i++ {
		fn(list.Get(i).Message())
	}
}

func TestMapRefsSeesAllThatTheContractHas(t *testing.T) {
	t.Parallel()
	onAll(t, func(t rapid.TB, r *recordv1.Record) {
		before := proto.CloneOf(r)
		var want, got []*recordv1.Ref
		eachRef(r.ProtoReflect(), func(ref *recordv1.Ref) { want = append(want, ref) })
		record.MapRefs(r, func(ref *recordv1.Ref) *recordv1.Ref {
			got = append(got, ref)
			return ref
		})
		if !slices.Equal(want, got) {
			t.Fatalf("visited %v, want %v", got, want)
		}
		if !proto.Equal(r, before) {
			t.Fatal("looking changed the record")
		}
		record.MapRefs(r, func(*recordv1.Ref) *recordv1.Ref { return nil })
		eachRef(r.ProtoReflect(), func(ref *recordv1.Ref) { t.Fatalf("%v is left", ref) })
	})
}

// tokenTexts are the texts that the contract says may hold tokens, beside those of custom fields.
var tokenTexts = []string{
	"Body.text", "Body.html", "Entry.excerpt", "Media.caption", "Media.description", "Image.url", "Image.caption", "MenuItem.url",
	"User.bio", "CodeInjection.head", "CodeInjection.foot", "Seo.canonical_url", "Redirect.to_url",
}

// eachTokenText visits token texts in field order by reflection.
func eachTokenText(m protoreflect.Message, path string, inField bool, fn func(path, s string)) {
	for _, fd := range ascending(m) {
		name := string(m.Descriptor().Name()) + "." + string(fd.Name())
		p := path
		switch {
		case !m.Has(fd) || name == "Pair.key":
			continue
		case name == "Record.fields" || name == "MenuItem.fields" || fd.ContainingOneof() == nil && !inField:
			p = joined(path, string(fd.Name()))
		}
		switch {
		case fd.Message() != nil:
			eachMessage(m, fd, func(sub protoreflect.Message) {
				if f, ok := sub.Interface().(*recordv1.Field); ok {
					eachTokenText(sub, p+"."+f.GetName(), true, fn)
				} else {
					eachTokenText(sub, p, inField, fn)
				}
			})
		case slices.Contains(tokenTexts, name), name == "Value.text" && inField:
			fn(p, m.Get(fd).String())
		}
	}
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func TestTokenTextsSeesAllThatTheContractHas(t *testing.T) {
	t.Parallel()
	onAll(t, func(t rapid.TB, r *recordv1.Record) {
		before := proto.CloneOf(r)
		var want []string
		eachTokenText(r.ProtoReflect(), "", false, func(p, s string) { want = append(want, p+"="+s) })
		if got := paths(record.TokenTexts, r); !slices.Equal(want, got) {
			t.Fatalf("visited %q, want %q", got, want)
		}
		if !proto.Equal(r, before) {
			t.Fatal("looking changed the record")
		}
	})
}
