package record

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxKeptBuffer is the largest buffer that is kept for the next record.
const maxKeptBuffer = 1 << 20

// coder is the table-driven coder of the library; the tests hold its output against an encoder of their own.
var coder = proto.MarshalOptions{Deterministic: true, AllowPartial: true}

// buffer holds the encoding of one record; a pointer, because a pool of slices allocates.
type buffer struct{ data []byte }

var buffers = sync.Pool{New: func() any { return &buffer{} }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) giveBack() {
	if cap(b.data) <= maxKeptBuffer {
		b.data = b.data[:0]
		buffers.Put(b)
	}
}

// encode adds the encoding of a message; text that is not UTF-8 is an error.
func (b *buffer) encode(m proto.Message) (err error) {
	b.data, err = coder.MarshalAppend(b.data, m)
	return err
}

// scan is a look over an encoded record, which is many times faster than to look over the record by reflection.
type scan struct {
	// unknown: there are fields that this version of the contract does not have.
	unknown bool
	// suspect: a ref is not valid, or messages are nested too deep.
	suspect bool
	// size of the whole encoding.
	size int
	// digest is how many bytes follow the digest's value.
	digest int
	// notes is how many bytes the notes take, all in one place, and behind how many follow them.
	notes, behind int
}

// scanned looks over a whole record.
func scanned(encoded []byte) scan {
	s := scan{size: len(encoded)}
	s.message(recordLayout(), encoded, 0)
	return s
}

func (s *scan) message(l *layout, b []byte, depth int) {
	if l.name == nameRef {
		s.ref(b)
		return
	}
	if depth > MaxDepth*messagesPerLevel {
		s.suspect = true
	}
	for len(b) > 0 {
		from := len(b)
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			s.suspect = true
			return
		}
		b = b[n:]
		f := l.byNumber(num)
		if f == nil || typ != f.wire {
			s.unknown = true
		}
		if n = s.value(f, num, typ, b, depth); n < 0 {
			s.suspect = true
			return
		}
		b = b[n:]
		switch {
		case depth > 0:
		case num == digestNumber():
			s.digest = len(b)
		case num == notesNumber():
			s.notes, s.behind = s.notes+from-len(b), len(b)
		}
	}
}

// value looks over one value and gives its length.
func (s *scan) value(f *field, num protowire.Number, typ protowire.Type, b []byte, depth int) int {
	if typ != protowire.BytesType {
		return protowire.ConsumeFieldValue(num, typ, b)
	}
	v, n := protowire.ConsumeBytes(b)
	if n >= 0 && f != nil && f.sub != nil {
		s.message(f.sub, v, depth+1)
	}
	return n
}

// ref checks a ref as validateRef does; its text was checked by the encoder.
func (s *scan) ref(b []byte) {
	kind, id := uint64(0), 0
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			break
		}
		b = b[n:]
		switch {
		case num == 1 && typ == protowire.VarintType:
			kind, n = protowire.ConsumeVarint(b)
		case num == 2 && typ == protowire.BytesType:
			var v []byte
			v, n = protowire.ConsumeBytes(b)
			id = len(v)
		default:
			s.unknown = true
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			break
		}
		b = b[n:]
	}
	if kind == 0 || kind > uint64(recordv1.Kind_KIND_REDIRECT) || id == 0 || id > MaxSourceID || len(b) > 0 {
		s.suspect = true
	}
}
