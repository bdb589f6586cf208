package record_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// sameAsLibrary decodes a message twice.
func sameAsLibrary(t interface{ Fatalf(string, ...any) }, wire []byte, m proto.Message) {
	got, want := m.ProtoReflect().New().Interface(), m.ProtoReflect().New().Interface()
	err, wantErr := record.Unpack(wire, got), proto.Unmarshal(wire, want)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: %v, want %v", wire, err, wantErr)
	}
	if err == nil && !proto.Equal(got, want) {
		t.Fatalf("%x: %v, want %v", wire, got, want)
	}
}

// holders are a message that lists records, one that holds a record otherwise, and one that holds none.
var holders = []proto.Message{&agentv1.ReadRecordsResponse{}, &agentv1.WriteRecordsRequest{}, &agentv1.DryRunRequest{}, &agentv1.ReadBackResponse{}, &agentv1.WriteRecordsResponse{}}

func TestUnpackIsUnmarshal(t *testing.T) {
	t.Parallel()
	onAll(t, func(t rapid.TB, r *recordv1.Record) {
		broken := proto.CloneOf(r)
		broken.Locale = "\xff"
		unknown := proto.CloneOf(r)
		unknown.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 9999, protowire.VarintType), 1))
		for _, records := range [][]*recordv1.Record{{r}, {r, unknown}, {r, broken}, nil} {
			var read, written []byte
			for _, r := range records {
				one, _ := proto.MarshalOptions{AllowPartial: true}.Marshal(r)
				if r.Locale == "\xff" {
					one = append(bytes.Clone(must(proto.Marshal(unknown))), 0x12, 1, 0xff)
				}
				read = protowire.AppendBytes(protowire.AppendTag(read, record.FieldRead, protowire.BytesType), one)
				written = protowire.AppendBytes(protowire.AppendTag(written, record.FieldWrite, protowire.BytesType), one)
			}
			rest := must(proto.Marshal(&agentv1.WriteRecordsRequest{Seq: 7, Scope: &agentv1.WriteScope{SourceSite: "s", Run: "1"}}))
			for _, m := range holders {
				sameAsLibrary(t, append(bytes.Clone(read), rest...), m)
				sameAsLibrary(t, append(bytes.Clone(rest), written...), m)
			}
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What is nested without end is refused, as the library does; it must not use up the stack.
func TestUnpackRefusesWhatIsNestedWithoutEnd(t *testing.T) {
	t.Parallel()
	// Value.array, Array.pairs, Pair.value, over and over: built from the inside, into a buffer that is filled from its end.
	const levels = 1 << 20
	buf := make([]byte, levels*3*6)
	at := len(buf)
	for i := range levels * 3 {
		head := protowire.AppendTag(nil, []protowire.Number{2, 1, 6}[i%3], protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(len(buf)-at))
		at -= copy(buf[at-len(head):], head)
	}
	field := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), buf[at:])
	rec := protowire.AppendBytes(protowire.AppendTag(nil, 30, protowire.BytesType), field)
	wire := protowire.AppendBytes(protowire.AppendTag(nil, record.FieldWrite, protowire.BytesType), rec)
	if err := record.Unpack(wire, &agentv1.WriteRecordsRequest{}); err == nil {
		t.Error("decoded")
	}
}

// Foreign bytes are decoded as the library decodes them.
func FuzzUnpack(f *testing.F) {
	for _, r := range []*recordv1.Record{entry(), menu(), user(), {}} {
		for _, m := range []proto.Message{
			&agentv1.ReadRecordsResponse{Records: []*recordv1.Record{r, r}}, &agentv1.WriteRecordsRequest{Seq: 1, Records: []*recordv1.Record{r}},
		} {
			f.Add(must(proto.Marshal(m)))
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		for _, m := range holders {
			sameAsLibrary(t, wire, m)
		}
	})
}

func BenchmarkUnpack(b *testing.B) {
	wire := must(proto.Marshal(&agentv1.WriteRecordsRequest{Records: []*recordv1.Record{post()}}))
	for name, decode := range map[string]func([]byte, proto.Message) error{"unpack": record.Unpack, "library": proto.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if decode(wire, &agentv1.WriteRecordsRequest{}) != nil {
					b.Fatal("not decoded")
				}
			}
		})
	}
}
