package record_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// A packed record is, for whoever reads the message, the sealed record.
func TestPackIsCheckAndEncoding(t *testing.T) {
	t.Parallel()
	onAll(t, func(t rapid.TB, r *recordv1.Record) {
		r.Digest = nil
		want, problem := record.Check(proto.CloneOf(r))
		head := []byte("before")
		packed, digest, p := record.Pack(bytes.Clone(head), record.FieldWrite, r)
		if !proto.Equal(p, problem) || !bytes.Equal(digest, want) || !bytes.HasPrefix(packed, head) {
			t.Fatalf("%v, digest %x; want %v, digest %x", p, digest, problem, want)
		}
		if packed = packed[len(head):]; p != nil {
			if len(packed) > 0 {
				t.Fatal("a record with a problem was packed")
			}
			return
		}
		packed, _, _ = record.Pack(packed, record.FieldWrite, r)
		m := &agentv1.WriteRecordsRequest{Seq: 7}
		record.SetPacked(m, packed)
		if n := record.Packed(m); n != 2 {
			t.Fatalf("%d records are packed", n)
		}
		r.Digest = digest
		if sent := encoded(t, m); len(sent.GetRecords()) != 2 || sent.GetSeq() != 7 || !proto.Equal(sent.GetRecords()[0], r) || !proto.Equal(sent.GetRecords()[1], r) {
			t.Fatalf("arrived as %v, want twice %v", sent, r)
		}
	})
}

func encoded(t rapid.TB, m *agentv1.WriteRecordsRequest) *agentv1.WriteRecordsRequest {
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	sent := &agentv1.WriteRecordsRequest{}
	if err := proto.Unmarshal(b, sent); err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestPackedFieldsAreThoseOfTheRecords(t *testing.T) {
	t.Parallel()
	want := (&recordv1.Record{}).ProtoReflect().Descriptor().FullName()
	for _, m := range []proto.Message{&agentv1.ReadRecordsResponse{}, &agentv1.WriteRecordsRequest{}, &agentv1.DryRunRequest{}} {
		n := record.FieldWrite
		if _, reads := m.(*agentv1.ReadRecordsResponse); reads {
			n = record.FieldRead
		}
		if f := m.ProtoReflect().Descriptor().Fields().ByNumber(n); f.Cardinality() != protoreflect.Repeated || f.Message().FullName() != want {
			t.Errorf("%T: field %d is %s", m, n, f.FullName())
		}
	}
}

func BenchmarkPack(b *testing.B) {
	r := post()
	var to []byte
	b.ReportAllocs()
	for b.Loop() {
		to, _, _ = record.Pack(to[:0], record.FieldWrite, r)
	}
}
