package migration

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/bits"
	"slices"
)

// Buckets is how many leaves the tree of a kind has. A record's bucket is the first byte of the SHA-256 of its key.
const Buckets = 256

// Bucket is a set of records, whatever their order: how many there are, and the sum of their hashes modulo 2^256.
type Bucket struct {
	Count uint64
	Sum   Root
}

// Tree is the records of a kind, or of a part of it, as verification saw them. Its size does not grow with the site (Rule 9).
// The parts of a kind add up to the same tree however it was divided and wherever the work was interrupted.
type Tree [Buckets]Bucket

// Add takes in a record.
func (t *Tree) Add(l Leaf) {
	b := &t[sha256.Sum256([]byte(l.Key))[0]]
	b.Count++
	b.Sum = b.Sum.Plus(l.Hash())
}

// Plus takes in another part.
func (t *Tree) Plus(o *Tree) {
	for i := range t {
		t[i].Count += o[i].Count
		t[i].Sum = t[i].Sum.Plus(o[i].Sum)
	}
}

// Root is the RFC 6962 Merkle tree hash over the buckets; an entry is the count as 8 bytes, big-endian, and the sum.
func (t *Tree) Root() Root {
	entries := make([][]byte, Buckets)
	for i, b := range t {
		entries[i] = append(binary.BigEndian.AppendUint64(nil, b.Count), b.Sum[:]...)
	}
	return merkle(entries)
}

// RootOf is the root over kinds: the RFC 6962 Merkle tree hash over them in the order of their names; an entry is the name
// behind its length, as in a leaf, and the 32 bytes of the kind's root. An error names a root that is not 64 hex digits.
func RootOf(roots map[string]string) (Root, error) {
	var entries [][]byte
	for _, kind := range slices.Sorted(maps.Keys(roots)) {
		root, err := hex.DecodeString(roots[kind])
		if err != nil || len(root) != len(Root{}) {
			return Root{}, fmt.Errorf("the root of kind %q is not 64 hex digits", kind)
		}
		entries = append(entries, append(appendPart(nil, kind), root...))
	}
	return merkle(entries), nil
}

// merkle is MTH of RFC 6962, section 2.1.
func merkle(entries [][]byte) Root {
	switch n := len(entries); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, entries[0]...))
	default:
		k := 1 << (bits.Len(uint(n-1)) - 1)
		left, right := merkle(entries[:k]), merkle(entries[k:])
		return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
	}
}

// entrySize is an encoded bucket: its number, its count, its sum.
const entrySize = 1 + 8 + len(Root{})

// Encode gives the buckets that are not empty, in order: number, count (8 bytes, big-endian), sum. At most 10,496 bytes.
func (t *Tree) Encode() []byte {
	b := []byte{}
	for i, k := range t {
		if k != (Bucket{}) {
			b = append(b, byte(i))
			b = binary.BigEndian.AppendUint64(b, k.Count)
			b = append(b, k.Sum[:]...)
		}
	}
	return b
}

// unbegun is what older versions gave a task that had not verified anything.
const unbegun = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// DecodeTree reads what Encode gave; nothing is an empty tree.
func DecodeTree(b []byte) (*Tree, error) {
	var t Tree
	if string(b) == unbegun {
		return &t, nil
	}
	last := -1
	for ; len(b) >= entrySize; b = b[entrySize:] {
		i := int(b[0])
		if i <= last {
			return nil, errTree
		}
		last = i
		t[i].Count = binary.BigEndian.Uint64(b[1:])
		copy(t[i].Sum[:], b[9:entrySize])
	}
	if len(b) > 0 {
		return nil, errTree
	}
	return &t, nil
}

var errTree = &Error{
	Problem: Problem{
		Code: "root_unreadable", Cause: "the kept result of a verification is damaged or was made by an older version",
		Fix: "Run bailey migrate with both links: it makes another pass, which writes only what is new or changed, and verifies again.",
	},
	Exit: ExitFailed,
}
