package storetest

import (
	"context"
	"strconv"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// links are the link index of so many records from the n-th on: two each, one for its existence and one for its address.
// Hashes are in no order, as real ones.
func links(n, records int) []migration.Link {
	all := make([]migration.Link, 0, 2*records)
	for i := n; i < n+records; i++ {
		h := int64(i+1) * -0x61c8864680b583eb
		l := migration.Link{Hash: h, Kind: recordv1.Kind_KIND_ENTRY, SourceID: strconv.Itoa(100000 + i)}
		all = append(all, l)
		l.Hash ^= 0x5555555555555555
		all = append(all, l)
	}
	return all
}

// Checkpoints are those that a migration saves most, by name; n counts them.
func Checkpoints() map[string]func(n int) *migration.Checkpoint {
	return map[string]func(int) *migration.Checkpoint{
		"copy": func(n int) *migration.Checkpoint {
			return &migration.Checkpoint{
				Cursor: strconv.AppendInt(nil, int64(n), 10), Counts: migration.Counts{Read: uint64(n), Created: uint64(n)},
				Losses: []migration.Loss{{Code: "l", Kind: entry, Count: 1, Refs: []string{strconv.Itoa(n)}}},
			}
		},
		"verify": func(n int) *migration.Checkpoint {
			return &migration.Checkpoint{Cursor: strconv.AppendInt(nil, int64(n), 10), Counts: migration.Counts{Verified: uint64(n)}, Sums: make([]byte, 10496)}
		},
		"index": func(n int) *migration.Checkpoint {
			return &migration.Checkpoint{Cursor: strconv.AppendInt(nil, int64(n), 10), Counts: migration.Counts{Read: uint64(n)}, Links: links(1000*n, 1000)}
		},
	}
}

// Compact measures the bytes that a store, which it closes, needs for a record that has one address, with what is remembered of it: below so many.
func Compact(t *testing.T, s store.Store, size func() int64, most int64) {
	t.Helper()
	const records = 20000
	before := size()
	_, task := MadeOf(t, s, records)
	for at := 0; at < records; at += 1000 {
		c := &migration.Checkpoint{Links: links(at, 1000)}
		for i := 0; i < len(c.Links); i += 2 {
			l := c.Links[i]
			c.Known = append(c.Known, migration.Known{Kind: l.Kind, SourceID: l.SourceID, Digest: max(l.Hash, -l.Hash)})
		}
		must(t, s.Save(context.Background(), task.ID, task.Fence, c))
	}
	must(t, s.Close())
	if per := (size() - before) / records; per >= most {
		t.Errorf("%d bytes per record", per)
	} else {
		t.Logf("%d bytes per record", per)
	}
}
