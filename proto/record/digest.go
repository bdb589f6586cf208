package record

import (
	"crypto/sha256"
	"hash"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// digestPrefix begins what is hashed, so that no other use of SHA-256 gives the same digest.
const digestPrefix = "bailey.record.v1\n"

// digestField is left out of the digest of a Record.
const digestField = "digest"

// hashChunk is how many bytes are collected before they are hashed.
const hashChunk = 16 << 10

var encoders = sync.Pool{New: func() any { return &encoder{hash: sha256.New(), buf: make([]byte, 0, hashChunk)} }}

type encoder struct {
	hash hash.Hash
	buf  []byte
}

// Seal sets the record's digest.
func Seal(r *recordv1.Record) { r.Digest = Digest(r) }

// Digest is the SHA-256 of a record's canonical encoding; the digest field does not count.
//
// The canonical encoding is "bailey.record.v1\n" followed by the Protocol Buffers wire format with all freedom taken out:
// fields ascend by number, repeated fields are not packed, messages are groups (so no length precedes them), fields that
// are not set or hold a default without presence are left out, and so are unknown fields. An absent message and an
// empty one differ.
func Digest(r *recordv1.Record) []byte {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.hash.Reset()
	e.buf = append(e.buf[:0], digestPrefix...)
	if r != nil {
		e.message(recordLayout(), r.ProtoReflect())
	}
	e.flush()
	return e.hash.Sum(nil)
}

func (e *encoder) message(l *layout, m protoreflect.Message) {
	for _, f := range l.fields {
		if f.undigested || !m.Has(f.fd) {
			continue
		}
		v := m.Get(f.fd)
		if !f.list {
			e.value(f, v)
			continue
		}
		for list, i := v.List(), 0; i < list.Len(); i++ {
			e.value(f, list.Get(i))
		}
	}
}

func (e *encoder) value(f *field, v protoreflect.Value) {
	switch f.kind {
	case protoreflect.MessageKind:
		e.tag(f, protowire.StartGroupType)
		e.message(f.sub, v.Message())
		e.tag(f, protowire.EndGroupType)
	case protoreflect.StringKind:
		appendData(e, f, v.String())
	case protoreflect.BytesKind:
		appendData(e, f, v.Bytes())
	default:
		e.tag(f, protowire.VarintType)
		e.buf = protowire.AppendVarint(e.buf, varint(f.kind, v))
	}
}

// varint is a number as the wire format has it; the contract knows no fixed-width or floating-point fields.
func varint(k protoreflect.Kind, v protoreflect.Value) uint64 {
	switch k {
	case protoreflect.BoolKind:
		return protowire.EncodeBool(v.Bool())
	case protoreflect.EnumKind:
		return uint64(int64(v.Enum()))
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return uint64(v.Int())
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.EncodeZigZag(v.Int())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return v.Uint()
	}
	panic("record: the canonical encoding does not know fields of kind " + k.String())
}

func (e *encoder) tag(f *field, t protowire.Type) {
	e.buf = protowire.AppendTag(e.buf, f.num, t)
	if len(e.buf) >= hashChunk {
		e.flush()
	}
}

// appendData adds a length and the bytes in pieces, so that the buffer stays small however long the text is.
func appendData[T string | []byte](e *encoder, f *field, data T) {
	e.tag(f, protowire.BytesType)
	e.buf = protowire.AppendVarint(e.buf, uint64(len(data)))
	for len(data) > hashChunk {
		e.buf = append(e.buf, data[:hashChunk]...)
		e.flush()
		data = data[hashChunk:]
	}
	e.buf = append(e.buf, data...)
}

func (e *encoder) flush() {
	e.hash.Write(e.buf)
	e.buf = e.buf[:0]
}
