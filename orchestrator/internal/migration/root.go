package migration

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"strconv"
)

// Root is a SHA-256, or a sum of such modulo 2^256.
type Root [32]byte

// Leaf is one record as verification saw it.
type Leaf struct {
	// Key is the source ref as text.
	Key string
	// State is "verified", "different", "missing", "skipped" or "rejected".
	State string
	// Digest of the record as it was to be held, with tokens in place of the target's addresses, so that ids of the target do not matter.
	Digest []byte
	// Fields that differ.
	Fields []string
}

// Hash is the leaf's SHA-256 over its length-prefixed parts.
func (l Leaf) Hash() Root {
	b := make([]byte, 0, 128)
	b = appendPart(b, l.Key)
	b = appendPart(b, l.State)
	b = appendPart(b, l.Digest)
	for _, f := range l.Fields {
		b = appendPart(b, f)
	}
	return sha256.Sum256(b)
}

func appendPart[T string | []byte](b []byte, p T) []byte {
	return append(append(strconv.AppendInt(b, int64(len(p)), 10), ':'), p...)
}

// Plus is the sum of two roots.
func (r Root) Plus(o Root) Root {
	var carry uint64
	for i := 24; i >= 0; i -= 8 {
		var sum uint64
		sum, carry = bits.Add64(binary.BigEndian.Uint64(r[i:]), binary.BigEndian.Uint64(o[i:]), carry)
		binary.BigEndian.PutUint64(r[i:], sum)
	}
	return r
}

// String is 64 hex digits.
func (r Root) String() string { return hex.EncodeToString(r[:]) }
