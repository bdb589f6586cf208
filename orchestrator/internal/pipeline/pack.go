package pipeline

import (
	"slices"
	"sync"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Sizes of an arena: most batches fit into the first, and one that has become larger than the other is not kept (Rule 9).
const (
	usualArena   = 1 << 20
	maxKeptArena = 2 << 20
)

// arena holds the packed records of one batch, side by side.
type arena struct{ data []byte }

// piece is a packed record in an arena, or several.
type piece struct {
	kind     recordv1.Kind
	from, to int
}

var arenas = sync.Pool{New: func() any { return &arena{data: make([]byte, 0, usualArena)} }}

func newArena() *arena { return arenas.Get().(*arena) }

// giveBack ends the use of an arena whose batch was sent.
func (a *arena) giveBack() {
	if cap(a.data) <= maxKeptArena {
		a.data = a.data[:0]
		arenas.Put(a)
	}
}

func (a *arena) bytes(p piece) []byte { return a.data[p.from:p.to] }

// pack puts what is sent for an item into an arena. A record that is not valid rejects the item.
func (it *item) pack(to *arena) {
	if len(it.pieces) > 0 {
		return
	}
	size, from := uint64(0), len(to.data)
	for _, r := range it.out {
		p := piece{kind: r.GetRef().GetKind(), from: len(to.data)}
		packed, digest, problem := record.Pack(to.data, record.FieldWrite, r)
		if problem != nil {
			to.data = to.data[:from]
			it.reject(problem)
			return
		}
		r.Digest, to.data, p.to = digest, packed, len(packed)
		it.pieces = append(it.pieces, p)
		size += uint64(p.to - p.from)
	}
	it.size = size
}

// filed says that files belong to what is sent.
func (it *item) filed() bool {
	return slices.ContainsFunc(it.out, func(r *recordv1.Record) bool { return r.GetMedia() != nil })
}
