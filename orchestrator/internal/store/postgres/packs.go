package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres/queries"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore"
)

// Parts of a space: the link index; records with an id that is no number, of all kinds; and from here on the records of each kind with
// one that is.
const (
	partLinks   = 0
	partHashed  = 1
	partNumbers = 2
	partsEnd    = 1 << 14
)

// perPack is how many numbers have one bucket: records are mostly listed and moved in the order of their ids, many of one bucket at once.
const perPack = 32

// scanned is how many packs are read at a time.
const scanned = 256

// bulk keeps many entries in a row: PostgreSQL has a head of 28 bytes for each row and the same again in each index.
type bulk struct{ *queries.Queries }

var _ sqlstore.Bulk = bulk{}

func partOf(k recordv1.Kind, id string) int16 {
	if _, ok := number(id); ok {
		return partNumbers + int16(k)
	}
	return partHashed
}

// bucketOf is where in its part a record is; bits are the space's.
func bucketOf(k recordv1.Kind, id string, bits int32) int64 {
	if n, ok := number(id); ok {
		return int64(n / perPack)
	}
	return upper(hashOf(k, id), bits)
}

// upper are the upper bits of a hash.
func upper(hash uint64, bits int32) int64 { return int64(hash >> (64 - bits)) }

// edit changes packs: fn gets the entries of each bucket and gives those that it is to have. The space must be locked.
func edit[E entry](ctx context.Context, b bulk, space int64, part int16, buckets []int64, one func(*decoder) E, fn func(bucket int64, all []E) []E) error {
	rows, err := b.Packs(ctx, array(buckets), space, part)
	if err != nil {
		return err
	}
	data := make(map[int64][]byte, len(rows))
	for _, r := range rows {
		data[r.Bucket] = r.Data
	}
	var changed [][2]any
	for _, bucket := range buckets {
		all, err := decode(data[bucket], one)
		if err != nil {
			return err
		}
		if now := encode(fn(bucket, all)); !bytes.Equal(now, data[bucket]) {
			changed = append(changed, [2]any{bucket, now})
		}
	}
	return b.put(ctx, space, part, changed)
}

func (b bulk) put(ctx context.Context, space int64, part int16, changed [][2]any) error {
	if len(changed) == 0 {
		return nil
	}
	return b.PutPacks(ctx, space, part, list(changed))
}

// array is how PostgreSQL writes one.
func array(all []int64) string {
	text := list(all)
	return "{" + text[1:len(text)-1] + "}"
}

// list is JSON; bytes are in base64.
func list(rows any) string {
	text, err := json.Marshal(rows)
	if err != nil {
		panic(err) // numbers and bytes always marshal
	}
	return string(text)
}

// scan gives the entries of all buckets of a part, in order from one on, until fn wants no more. What fn changes is kept when change
// is set; the space must be locked then.
func scan[E entry](ctx context.Context, b bulk, space int64, part int16, from int64, one func(*decoder) E, fn func(all [][]E) (more bool, err error), change bool) error {
	for {
		rows, err := b.PacksFrom(ctx, space, part, from, scanned)
		if err != nil || len(rows) == 0 {
			return err
		}
		page := make([][]E, len(rows))
		for i, r := range rows {
			if page[i], err = decode(r.Data, one); err != nil {
				return err
			}
		}
		more, err := fn(page)
		if err != nil {
			return err
		}
		if change {
			var changed [][2]any
			for i, r := range rows {
				if now := encode(page[i]); !bytes.Equal(now, r.Data) {
					changed = append(changed, [2]any{r.Bucket, now})
				}
			}
			if err := b.put(ctx, space, part, changed); err != nil {
				return err
			}
		}
		if !more || len(rows) < scanned {
			return nil
		}
		from = rows[len(rows)-1].Bucket + 1
	}
}

// grouped are records by part and bucket.
type grouped[R any] map[int16]map[int64][]R

func group[R any](all []R, bits int32, key func(R) (recordv1.Kind, string)) grouped[R] {
	g := grouped[R]{}
	for _, r := range all {
		k, id := key(r)
		part, bucket := partOf(k, id), bucketOf(k, id, bits)
		if g[part] == nil {
			g[part] = map[int64][]R{}
		}
		g[part][bucket] = append(g[part][bucket], r)
	}
	return g
}

// sorted are keys in order, so that rows are written as they come on disk.
func sorted[K int16 | int64, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
