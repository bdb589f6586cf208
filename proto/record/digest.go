package record

import (
	"crypto/sha256"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// digestPrefix begins what is hashed, so that no other use of SHA-256 gives the same digest.
const digestPrefix = "bailey.record.v1\n"

// digestField and notesField are left out of the digest of a Record.
const (
	digestField = "digest"
	notesField  = "notes"
)

// Seal sets the record's digest.
func Seal(r *recordv1.Record) { r.Digest = Digest(r) }

// Digest is the SHA-256 of a record's canonical encoding; the digest field does not count. Nor do notes: what a driver saw but
// does not carry, such as locks and caches, comes and goes without anybody editing the record.
//
// The canonical encoding is "bailey.record.v1\n" followed by the Protocol Buffers wire format with all freedom taken out:
// fields ascend by number but a record's body comes last, numbers and lengths take as few bytes as they can, and fields that are not set, or hold a default
// without presence, are left out, and so are unknown fields. An absent message and an empty one differ. A record with text that
// is not UTF-8 cannot be encoded and has the digest of the record with U+FFFD in the place of what is not.
func Digest(r *recordv1.Record) []byte {
	b := takeBuffer()
	defer b.giveBack()
	return b.digest(r, b.canonical(r))
}

// canonical fills an empty buffer with what is hashed, the digest still in it.
func (b *buffer) canonical(r *recordv1.Record) scan {
	b.data = append(b.data, digestPrefix...)
	data, err := encode(b.data, r, r.SizeVT())
	b.data = data
	s := scanned(data[len(digestPrefix):])
	s.garbled = s.garbled || err != nil
	return s
}

// digest hashes what canonical made.
func (b *buffer) digest(r *recordv1.Record, s scan) []byte {
	if s.garbled || s.unknown {
		b.data = b.data[:0]
		r = encodable(r)
		s = b.canonical(r)
	}
	if s.notes > 0 {
		end := len(b.data) - s.behind
		b.data = slices.Delete(b.data, end-s.notes, end)
	}
	if n := len(r.GetDigest()); n > 0 {
		end := len(b.data) - s.digest
		b.data = slices.Delete(b.data, end-protowire.SizeTag(digestNumber())-protowire.SizeBytes(n), end)
	}
	sum := sha256.Sum256(b.data)
	return sum[:]
}

// encodable is a copy of a record without what cannot be encoded canonically.
func encodable(r *recordv1.Record) *recordv1.Record {
	r = proto.CloneOf(r)
	makeEncodable(r.ProtoReflect())
	return r
}

func makeEncodable(m protoreflect.Message) {
	m.SetUnknown(nil)
	for _, f := range layoutOf(m).fields {
		switch {
		case !m.Has(f.fd):
		case f.sub != nil:
			f.each(m, makeEncodable)
		case f.kind == protoreflect.StringKind:
			eachString(f, m, func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") })
		}
	}
}
