package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// bits are those of a space; they never change. A space that is not there has nothing in any bucket.
func (b bulk) bits(ctx context.Context, space int64) (int32, error) {
	bits, err := b.Bits(ctx, space)
	if errors.Is(err, sql.ErrNoRows) {
		return 16, nil
	}
	return bits, err
}

// editKnown locks the space and changes what is remembered of records, one after the other: change gets what there is, zero but for kind
// and id when there is nothing, and says what there is to be; not keep: nothing.
func editKnown[R any](ctx context.Context, b bulk, space int64, all []R, key func(R) (recordv1.Kind, string), change func(R, *remembered) (keep bool)) error {
	bits, err := b.LockSpace(ctx, space)
	if err != nil {
		return err
	}
	g := group(all, bits, key)
	for _, part := range sorted(g) {
		err := edit(ctx, b, space, part, sorted(g[part]), decodeRemembered, func(bucket int64, known []remembered) []remembered {
			for _, r := range g[part][bucket] {
				kind, id := key(r)
				i, met := slices.BinarySearchFunc(known, remembered{kind: kind, id: id}, inOrder)
				if !met {
					known = slices.Insert(known, i, remembered{kind: kind, id: id})
				}
				if !change(r, &known[i]) {
					known = slices.Delete(known, i, i+1)
				}
			}
			return known
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inOrder is the order within a bucket: of numbers as numbers, because a shorter one is a smaller one.
func inOrder(a, b remembered) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
}

// See implements sqlstore.Index.
func (b bulk) See(ctx context.Context, space, run int64, seen []migration.Seen) error {
	return editKnown(ctx, b, space, seen, func(s migration.Seen) (recordv1.Kind, string) { return s.Kind, s.SourceID },
		func(s migration.Seen, r *remembered) bool {
			r.seen, r.due = run, r.due || s.Due
			return true
		})
}

func keyOfKnown(k migration.Known) (recordv1.Kind, string) { return k.Kind, k.SourceID }

// Know implements sqlstore.Index.
func (b bulk) Know(ctx context.Context, space, run int64, known []migration.Known) error {
	return editKnown(ctx, b, space, known, keyOfKnown, func(k migration.Known, r *remembered) bool {
		r.digest, r.seen, r.due = k.Digest, run, false
		return true
	})
}

// Unknow implements sqlstore.Index.
func (b bulk) Unknow(ctx context.Context, space int64, gone []migration.Gone) error {
	return editKnown(ctx, b, space, gone, func(g migration.Gone) (recordv1.Kind, string) { return g.Kind, g.SourceID },
		func(migration.Gone, *remembered) bool { return false })
}

// lookUp gives what is remembered of records.
func (b bulk) lookUp(ctx context.Context, space int64, of []migration.Known, found func(remembered)) error {
	bits, err := b.bits(ctx, space)
	if err != nil {
		return err
	}
	asked := map[key]bool{}
	for _, k := range of {
		asked[key{k.Kind, k.SourceID}] = true
	}
	g := group(of, bits, keyOfKnown)
	for _, part := range sorted(g) {
		rows, err := b.Packs(ctx, array(sorted(g[part])), space, part)
		if err != nil {
			return err
		}
		for _, row := range rows {
			all, err := decode(row.Data, decodeRemembered)
			if err != nil {
				return err
			}
			for _, r := range all {
				if asked[key{r.kind, r.id}] {
					found(r)
				}
			}
		}
	}
	return nil
}

// KnownOf implements sqlstore.Index.
func (b bulk) KnownOf(ctx context.Context, space int64, k recordv1.Kind, sourceIDs []string) (map[string]int64, error) {
	of := make([]migration.Known, len(sourceIDs))
	for i, id := range sourceIDs {
		of[i] = migration.Known{Kind: k, SourceID: id}
	}
	known := make(map[string]int64, len(of))
	return known, b.lookUp(ctx, space, of, func(r remembered) { known[r.id] = r.digest })
}

// each gives the records of a kind, numbers first, behind after, until fn wants no more.
func (b bulk) each(ctx context.Context, space int64, k recordv1.Kind, after string, fn func(remembered) (more bool)) error {
	bits, err := b.bits(ctx, space)
	if err != nil {
		return err
	}
	more := true
	for _, part := range []int16{partNumbers + int16(k), partHashed} {
		from, begun := int64(0), after == ""
		if !begun && partOf(k, after) == part {
			from = bucketOf(k, after, bits)
		} else if !begun && part != partHashed {
			continue // after is behind all numbers
		}
		first := !begun && partOf(k, after) == part
		err := scan(ctx, b, space, part, from, decodeRemembered, func(page [][]remembered) (bool, error) {
			for i, all := range page {
				for _, r := range all {
					past := !first || i > 0 || inOrder(r, remembered{kind: k, id: after}) > 0 || bucketOf(r.kind, r.id, bits) != from
					if more && r.kind == k && past {
						more = fn(r)
					}
				}
			}
			first = false
			return more, nil
		}, false)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// Due implements sqlstore.Index.
func (b bulk) Due(ctx context.Context, space, run int64, k recordv1.Kind, after string, limit int) (due []migration.Known, err error) {
	err = b.each(ctx, space, k, after, func(r remembered) bool {
		if r.seen == run && r.due {
			due = append(due, migration.Known{Kind: k, SourceID: r.id, Digest: r.digest})
		}
		return len(due) < limit
	})
	return due, err
}

// Missing implements sqlstore.Index.
func (b bulk) Missing(ctx context.Context, space, run int64, k recordv1.Kind, after string, limit int) (missing []string, err error) {
	err = b.each(ctx, space, k, after, func(r remembered) bool {
		if r.seen < run {
			missing = append(missing, r.id)
		}
		return len(missing) < limit
	})
	return missing, err
}

// CountSettled implements sqlstore.Index.
func (b bulk) CountSettled(ctx context.Context, space, run int64, k recordv1.Kind) (n uint64, err error) {
	err = b.each(ctx, space, k, "", func(r remembered) bool {
		if r.seen == run && !r.due && r.digest != 0 {
			n++
		}
		return true
	})
	return n, err
}

// AllDue implements sqlstore.Index.
func (b bulk) AllDue(ctx context.Context, space int64) error {
	if _, err := b.LockSpace(ctx, space); err != nil {
		return err
	}
	parts := []int16{partHashed}
	for k := range recordv1.Kind_name {
		parts = append(parts, partNumbers+int16(k))
	}
	for _, part := range slices.Sorted(slices.Values(parts)) {
		err := scan(ctx, b, space, part, 0, decodeRemembered, func(page [][]remembered) (bool, error) {
			for _, all := range page {
				for i := range all {
					all[i].due = all[i].due || all[i].digest != 0
				}
			}
			return true, nil
		}, true)
		if err != nil {
			return err
		}
	}
	return nil
}

// ClearKnown implements sqlstore.Index.
func (b bulk) ClearKnown(ctx context.Context, space int64) error {
	return b.ClearPacks(ctx, space, partHashed, partsEnd)
}
