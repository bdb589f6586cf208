package record_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/agenttest"
	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// The digests of ledgers in the field depend on these: a change of the encoding makes every record of every site count as
// changed, so these may only change together with a new version of the prefix.
func TestDigestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		record *recordv1.Record
		want   string
	}{
		"empty": {&recordv1.Record{}, "094043df0e7e2633e31e76045bdb76f0fd27019f4beee5a23329e18469e57083"},
		"entry": {entry(), "4009bd54a886033f423b23de3bcbec5489f052405ea4ddc0f9b1e1324b415e95"},
		"menu":  {menu(), "932f9e988e3daec5b1870068c7748634bdc7dfef30ebf1f797bdd736ee6c4e08"},
		"user":  {user(), "8f26f93e5b1f189bb6c0614c1ad9b93618a3acb0031275b2f399ac5ab49e1d0a"},
	} {
		if got := hex.EncodeToString(record.Digest(tc.record)); got != tc.want {
			t.Errorf("%s: digest %s, want %s", name, got, tc.want)
		}
	}
}

// One record of every kind with all that such records hold: see agenttest.Make.
func TestDigestGoldenOfEveryKind(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"site":     "d2a4292cdd14997467d96799c307583cff027ff56632fdd4f9cb111ff407cdca",
		"user":     "c359870ceb1201c84f1bc5723c2bbf53bdc8a5ec77c4173efbad908804adfba2",
		"term":     "b1914b4d3bc644c1bb802b425b145eab65c173b3e2e7749db46b5b11e9feef84",
		"media":    "e4a38288b2e5bd778507a2279bb602d0d91b44ef92ee2128e90c1eb54de8793d",
		"entry":    "cc56d7d98f32792371699db2ca86ccdeaa52b44958930ba819dc6f5e53c5dcf3",
		"comment":  "bc4726544d48df98158eed00c29b6d047160742375d027c22b7deb1016496034",
		"menu":     "0a93382c0b9f5dade571acee58e5393160eff6dff33fdf7fa1dfe0042d94d668",
		"redirect": "17afb1221a8abe1f665d3f1a0ddacd01a22a8c554a015e863710a44057b5f3e5",
	}
	for _, k := range record.Kinds {
		if got := hex.EncodeToString(record.Digest(agenttest.Make(k, 1))); got != want[record.KindName(k)] {
			t.Errorf("%q: %q,", record.KindName(k), got)
		}
	}
}

// An independent reading of the documented encoding, by hand, for one small record.
func TestDigestEncodingByHand(t *testing.T) {
	t.Parallel()
	r := &recordv1.Record{Ref: ref(kindEntry, "12"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Title: "ä", Position: -1, Published: &recordv1.Time{Offset: -1},
	}}, Digest: []byte("ignored")}
	want := sha([]byte("bailey.record.v1\n"), []byte{
		0x0a, 6, 0x08, 5, 0x12, 2, '1', '2', // ref: field 1, 6 bytes
		0x72, 19, // entry: field 14, 19 bytes
		0x2a, 2, 0xc3, 0xa4, // title
		0x60, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, // position
		0x6a, 2, 0x10, 1, // published: field 13, offset in zigzag
	})
	if got := record.Digest(r); !bytes.Equal(got, want) {
		t.Errorf("digest %x, want %x", got, want)
	}
}

func TestDigestSeesEveryField(t *testing.T) {
	t.Parallel()
	for _, r := range []*recordv1.Record{entry(), menu(), user()} {
		base := record.Digest(r)
		eachSet(r.ProtoReflect(), "", func(path string, m protoreflect.Message, fd protoreflect.FieldDescriptor) {
			if strings.HasPrefix(path, ".notes") {
				return
			}
			old := kept(m, fd)
			m.Clear(fd)
			if bytes.Equal(record.Digest(r), base) {
				t.Errorf("clearing %s does not change the digest", path)
			}
			m.Set(fd, old)
		})
		if !bytes.Equal(record.Digest(r), base) {
			t.Fatal("the record was not put back")
		}
	}
}

// kept is a field's value as it outlives Clear, which empties the list that Get gave.
func kept(m protoreflect.Message, fd protoreflect.FieldDescriptor) protoreflect.Value {
	if !fd.IsList() {
		return m.Get(fd)
	}
	v := m.NewField(fd)
	for i := range m.Get(fd).List().Len() {
		v.List().Append(m.Get(fd).List().Get(i))
	}
	return v
}

func eachSet(m protoreflect.Message, path string, fn func(string, protoreflect.Message, protoreflect.FieldDescriptor)) {
	var fds []protoreflect.FieldDescriptor
	m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool { fds = append(fds, fd); return true })
	for _, fd := range fds {
		p := path + "." + string(fd.Name())
		fn(p, m, fd)
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range m.Get(fd).List().Len() {
				eachSet(m.Get(fd).List().Get(i).Message(), p, fn)
			}
		default:
			eachSet(m.Get(fd).Message(), p, fn)
		}
	}
}

func TestDigestIgnoresItselfAndUnknownFields(t *testing.T) {
	t.Parallel()
	r := entry()
	base := record.Digest(r)
	record.Seal(r)
	if !bytes.Equal(r.Digest, base) || !bytes.Equal(record.Digest(r), base) {
		t.Error("sealing changes the digest")
	}
	r.ProtoReflect().SetUnknown([]byte{0x98, 0x06, 1})
	r.GetEntry().ProtoReflect().SetUnknown([]byte{0x98, 0x06, 1})
	if !bytes.Equal(record.Digest(r), base) {
		t.Error("unknown fields change the digest")
	}
}

// TestDigestIgnoresNotes: a lock that an editor leaves at the source is no edit.
func TestDigestIgnoresNotes(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*recordv1.Record{"entry": entry(), "sealed": entry(), "not encodable": entry(), "unknown": entry()} {
		switch name {
		case "sealed":
			record.Seal(r)
		case "not encodable":
			r.GetEntry().Title = "\xff"
		case "unknown":
			r.ProtoReflect().SetUnknown([]byte{0x98, 0x06, 1})
		}
		r.Notes = nil
		want := record.Digest(r)
		for _, n := range []*recordv1.Note{{Code: "cache_not_moved", Field: "fields._edit_lock"}, {}, {Code: "orphan_meta", Count: 300}} {
			r.Notes = append(r.Notes, n)
			if !bytes.Equal(record.Digest(r), want) {
				t.Errorf("%s: %d notes change the digest", name, len(r.GetNotes()))
			}
		}
	}
}

func TestDigestSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := entry()
		r.GetEntry().Title = rapid.String().Draw(t, "title")
		r.GetEntry().Content.Text = strings.Repeat(rapid.String().Draw(t, "text"), rapid.IntRange(0, 5000).Draw(t, "times"))
		r.Fields = append(r.Fields, &recordv1.Field{Name: "n", Value: integer(rapid.Int64().Draw(t, "n"))})
		wire, err := proto.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back recordv1.Record
		if err := proto.Unmarshal(wire, &back); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(record.Digest(r), record.Digest(&back)) {
			t.Fatal("the digest changed on the wire")
		}
	})
}

func TestDigestTellsFieldsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(rapid.String(), 2, 2).Draw(t, "a"), rapid.SliceOfN(rapid.String(), 2, 2).Draw(t, "b")
		same := a[0] == b[0] && a[1] == b[1]
		one, two := user(), user()
		one.GetUser().FirstName, one.GetUser().LastName = a[0], a[1]
		two.GetUser().FirstName, two.GetUser().LastName = b[0], b[1]
		if bytes.Equal(record.Digest(one), record.Digest(two)) != same {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	r := post()
	b.SetBytes(int64(proto.Size(r)))
	b.ReportAllocs()
	for b.Loop() {
		record.Digest(r)
	}
}

func BenchmarkValidate(b *testing.B) {
	r := post()
	b.ReportAllocs()
	for b.Loop() {
		if record.Validate(r) != nil {
			b.Fatal("invalid")
		}
	}
}
