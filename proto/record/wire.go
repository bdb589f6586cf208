package record

import (
	"slices"
	"sync"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxKeptBuffer is the largest buffer that is kept for the next record.
const maxKeptBuffer = 1 << 20

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

// message is what code is generated for: a record and all that lies in it.
type message interface {
	proto.Message
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
}

// encode adds the encoding of a message that takes this many bytes. It is what the library's coder makes of it, in a sixth of the
// time; but nobody looks whether texts are UTF-8: scanned does. The tests hold it against an encoder of their own.
func encode(to []byte, m message, size int) ([]byte, error) {
	from := len(to)
	to = slices.Grow(to, size)[:from+size]
	_, err := m.MarshalToSizedBufferVT(to[from:])
	return to, err
}

// scan is a look over an encoded record, which is many times faster than to look over the record by reflection.
type scan struct {
	// unknown: there are fields that this version of the contract does not have.
	unknown bool
	// suspect: a ref is not valid, or messages are nested too deep.
	suspect bool
	// garbled: there is text that is not UTF-8, or something else that cannot be encoded.
	garbled bool
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
	if l.ref {
		s.ref(b)
		return
	}
	if depth > MaxDepth*messagesPerLevel {
		s.suspect = true
	}
	if depth > protowire.DefaultRecursionLimit {
		// The library decodes nothing that is nested deeper, either.
		return
	}
	for at := 0; at < len(b); {
		num, typ, from, to := next(b, at)
		if to <= at {
			s.suspect = true
			return
		}
		f := l.byNumber(num)
		switch {
		case f == nil || typ != f.wire:
			s.unknown = true
		case f.sub != nil:
			s.message(f.sub, b[from:to], depth+1)
		case f.text && !utf8.Valid(b[from:to]):
			s.garbled = true
		}
		if depth == 0 {
			s.mark(num, to-at, len(b)-to)
		}
		at = to
	}
}

// mark notes where a field of the record is: how many bytes it takes, and how many follow it.
func (s *scan) mark(num protowire.Number, takes, behind int) {
	switch num {
	case digestNumber():
		s.digest = behind
	case notesNumber():
		s.notes, s.behind = s.notes+takes, behind
	}
}

// next finds the field that begins at a place, and from where to where its value goes; a place not behind: there is none. It is
// protowire.ConsumeField with a short way for what is usual, numbers and lengths of one byte.
func next(b []byte, at int) (num protowire.Number, typ protowire.Type, from, to int) {
	tag := uint64(b[at])
	at++
	if tag >= 0x80 {
		long, n := protowire.ConsumeVarint(b[at-1:])
		if n < 0 || long>>3 > uint64(protowire.MaxValidNumber) {
			return 0, 0, 0, 0
		}
		tag, at = long, at-1+n
	}
	num, typ = protowire.Number(tag>>3), protowire.Type(tag&7)
	if at < len(b) && b[at] < 0x80 {
		switch n := at + 1 + int(b[at]); {
		case typ == protowire.VarintType:
			return num, typ, at, at + 1
		case typ == protowire.BytesType && n <= len(b):
			return num, typ, at + 1, n
		}
	}
	n := protowire.ConsumeFieldValue(num, typ, b[at:])
	if n < 0 {
		return 0, 0, 0, 0
	}
	from, to = at, at+n
	if typ == protowire.BytesType {
		_, head := protowire.ConsumeVarint(b[at:])
		from += head
	}
	return num, typ, from, to
}

// ref checks a ref as validateRef does.
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
			s.garbled = s.garbled || !utf8.Valid(v)
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
