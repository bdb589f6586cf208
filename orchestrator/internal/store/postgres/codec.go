package postgres

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"strconv"
	"unicode/utf8"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// errPack is a row of packs that this version cannot read.
var errPack = errors.New("a row of the table packs is damaged")

// entry is one of a pack.
type entry interface {
	// encode appends the entry.
	encode(b []byte) []byte
}

// remembered is what is known of a record; see migration.Known and migration.Seen.
type remembered struct {
	kind   recordv1.Kind
	id     string
	digest int64
	seen   int64
	due    bool
}

// encode writes kind, id, run and due, digest.
func (r remembered) encode(b []byte) []byte {
	b = encodeID(append(b, byte(r.kind)), r.id)
	due := uint64(0)
	if r.due {
		due = 1
	}
	b = binary.AppendUvarint(b, uint64(r.seen)<<1|due)
	return binary.BigEndian.AppendUint64(b, uint64(r.digest))
}

func decodeRemembered(d *decoder) remembered {
	r := remembered{kind: recordv1.Kind(d.byte()), id: d.id()}
	seen := d.uvarint()
	r.seen, r.due, r.digest = int64(seen>>1), seen&1 == 1, int64(d.uint64())
	return r
}

// address is an entry of the link index.
type address struct{ migration.Link }

// formed in the byte of the kind says that a form follows.
const formed = 0x80

// encode writes hash, kind, id, and the form if there is one.
func (a address) encode(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(a.Hash))
	kind := byte(a.Kind)
	if a.Form != "" {
		kind |= formed
	}
	b = encodeID(append(b, kind), a.SourceID)
	if a.Form != "" {
		b = append(binary.AppendUvarint(b, uint64(len(a.Form))), a.Form...)
	}
	return b
}

func decodeAddress(d *decoder) address {
	a := address{migration.Link{Hash: int64(d.uint64())}}
	kind := d.byte()
	a.Kind, a.SourceID = recordv1.Kind(kind&^formed), d.id()
	if kind&formed != 0 {
		a.Form = d.text(d.uvarint())
	}
	return a
}

// before orders the records that have one address: the first has it. Length is in characters, as databases count it.
func (a address) before(o address) bool {
	length := cmp.Compare(utf8.RuneCountInString(a.SourceID), utf8.RuneCountInString(o.SourceID))
	return cmp.Or(cmp.Compare(a.Kind, o.Kind), length, cmp.Compare(a.SourceID, o.SourceID), cmp.Compare(a.Form, o.Form)) < 0
}

// maxNumber bounds the ids that are kept as numbers.
const maxNumber = 1 << 62

// number is a decimal id as a number, when that gives the same text back.
func number(id string) (uint64, bool) {
	n, err := strconv.ParseUint(id, 10, 64)
	return n, err == nil && n < maxNumber && strconv.FormatUint(n, 10) == id
}

// encodeID writes a number, or the length of a text and the text; the last bit tells which.
func encodeID(b []byte, id string) []byte {
	if n, ok := number(id); ok {
		return binary.AppendUvarint(b, n<<1|1)
	}
	return append(binary.AppendUvarint(b, uint64(len(id))<<1), id...)
}

// hashOf spreads ids over buckets.
func hashOf(k recordv1.Kind, id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(append([]byte{byte(k)}, id...))
	// The upper bits of FNV hardly depend on the last bytes.
	return h.Sum64() * 0x9e3779b97f4a7c15
}

// decoder reads a pack; after an error it gives zeros.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) take(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.b) {
		d.b, d.err = nil, errPack
		return make([]byte, 8)
	}
	part := d.b[:n]
	d.b = d.b[n:]
	return part
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		n = -1
	}
	d.take(n)
	return v
}

func (d *decoder) text(n uint64) string {
	if n > uint64(len(d.b)) {
		d.take(-1)
		return ""
	}
	return string(d.take(int(n)))
}

func (d *decoder) id() string {
	v := d.uvarint()
	if v&1 == 1 {
		return strconv.FormatUint(v>>1, 10)
	}
	return d.text(v >> 1)
}

// decode reads all entries of a pack.
func decode[E entry](data []byte, one func(*decoder) E) ([]E, error) {
	d := &decoder{b: data}
	var all []E
	for len(d.b) > 0 {
		all = append(all, one(d))
	}
	return all, d.err
}

func encode[E entry](all []E) []byte {
	b := []byte{}
	for _, e := range all {
		b = e.encode(b)
	}
	return b
}
