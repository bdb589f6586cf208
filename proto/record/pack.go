package record

import (
	"crypto/sha256"
	"hash"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Numbers of the fields that hold the records of messages.
const (
	// FieldRead is that of ReadRecordsResponse.
	FieldRead protowire.Number = 1
	// FieldWrite is that of WriteRecordsRequest and of DryRunRequest.
	FieldWrite protowire.Number = 3
)

// sealBytes is how many bytes a digest takes in an encoded record.
var sealBytes = sync.OnceValue(func() int { return protowire.SizeTag(digestNumber()) + protowire.SizeBytes(sha256.Size) })

// hashers are those of SHA-256, for what does not lie in one place.
var hashers = sync.Pool{New: func() any { return sha256.New() }}

// Pack is Check that also gives the record as it is sent: it adds to some bytes what stands for the sealed record in a message
// whose field with this number holds records. What is encoded for the digest is thus not encoded again, and the record need not
// be kept until it is sent. Its own digest does not count and is taken away. With a problem nothing is added.
func Pack(to []byte, field protowire.Number, r *recordv1.Record) (packed, digest []byte, p *agentv1.Problem) {
	if p := outline(r); p != nil {
		return to, nil, p
	}
	r.Digest = nil
	size := r.SizeVT()
	packed = slices.Grow(to, protowire.SizeTag(field)+protowire.SizeBytes(size+sealBytes()))
	packed = protowire.AppendVarint(protowire.AppendTag(packed, field, protowire.BytesType), uint64(size+sealBytes()))
	from := len(packed)
	packed, err := encode(packed, r, size)
	if err != nil {
		return to, nil, invalid("record_unencodable", "", "the record cannot be encoded")
	}
	s := scanned(packed[from:])
	switch p := flaw(r, s); {
	case p != nil:
		return to, nil, p
	case s.unknown:
		digest = Digest(r)
	default:
		digest = s.hash(packed[from:])
	}
	return protowire.AppendBytes(protowire.AppendTag(packed, digestNumber(), protowire.BytesType), digest), digest, nil
}

// hash is the digest of an encoded record that has none yet.
func (s *scan) hash(encoded []byte) []byte {
	h := hashers.Get().(hash.Hash)
	defer hashers.Put(h)
	h.Reset()
	end := len(encoded) - s.behind
	_, _ = h.Write(prefixBytes)
	_, _ = h.Write(encoded[:end-s.notes])
	_, _ = h.Write(encoded[end:])
	return h.Sum(nil)
}

var prefixBytes = []byte(digestPrefix)

// SetPacked puts packed records into a message that holds no others; it keeps the bytes, which must not change until the message
// was sent. On the wire the message is no other than one with the records themselves.
func SetPacked(m proto.Message, packed []byte) { m.ProtoReflect().SetUnknown(packed) }

// Packed counts the packed records of a message.
func Packed(m proto.Message) (n int) {
	for rest := m.ProtoReflect().GetUnknown(); len(rest) > 0; n++ {
		_, _, size := protowire.ConsumeField(rest)
		if size < 0 {
			return n
		}
		rest = rest[size:]
	}
	return n
}
