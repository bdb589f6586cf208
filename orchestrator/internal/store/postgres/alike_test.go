package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite"
	"github.com/baileybridge/bailey/orchestrator/internal/store/storetest"
)

// remembering is what a store tells of all records.
type remembering struct {
	Known        []map[string]int64
	Due, Missing [][]string
	Settled      []uint64
	Links        []migration.Link
}

var (
	alikeKinds = []recordv1.Kind{recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_TERM}
	// alikeIDs are in one bucket and in others, and are no numbers.
	alikeIDs = []string{"1", "2", "31", "32", "0032", "320000", "18446744073709551615", "b3f1", "b3f2", "é", "-1"}
)

// tell asks for everything, lists two at a time.
func tell(t *rapid.T, s store.Store, id string) (all remembering) {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range alikeKinds {
		known, err := s.Known(ctx, id, k, alikeIDs)
		must(err)
		n, err := s.Settled(ctx, id, k)
		must(err)
		var due, missing []string
		for after := ""; ; after = due[len(due)-1] {
			page, err := s.Due(ctx, id, k, after, 2)
			must(err)
			for _, r := range page {
				if r.Digest != known[r.SourceID] {
					t.Fatalf("%+v, known %v", r, known)
				}
				due = append(due, r.SourceID)
			}
			if len(page) == 0 {
				break
			}
		}
		for after := ""; ; after = missing[len(missing)-1] {
			page, err := s.Missing(ctx, id, k, after, 2)
			must(err)
			if missing = append(missing, page...); len(page) == 0 {
				break
			}
		}
		slices.Sort(due)
		slices.Sort(missing)
		all.Known, all.Settled, all.Due, all.Missing = append(all.Known, known), append(all.Settled, n), append(all.Due, due), append(all.Missing, missing)
	}
	for hash := range int64(len(alikeIDs)) {
		l, found, err := s.FindLink(ctx, id, hash)
		if must(err); found {
			all.Links = append(all.Links, l)
		}
	}
	return all
}

// anyCheckpoint changes what is remembered of some records, and some addresses.
func anyCheckpoint(t *rapid.T) *migration.Checkpoint {
	c := &migration.Checkpoint{}
	for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(alikeIDs), 0, 6, rapid.ID).Draw(t, "ids") {
		k := rapid.SampledFrom(alikeKinds).Draw(t, "kind")
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			c.Seen = append(c.Seen, migration.Seen{Kind: k, SourceID: id, Due: rapid.Bool().Draw(t, "due")})
		case 1:
			c.Known = append(c.Known, migration.Known{Kind: k, SourceID: id, Digest: rapid.Int64Range(-1, 3).Draw(t, "digest")})
		case 2:
			c.Gone = append(c.Gone, migration.Gone{Kind: k, SourceID: id, Linked: rapid.Bool().Draw(t, "linked")})
		default:
			c.Links = append(c.Links, migration.Link{Kind: k, SourceID: id, Hash: rapid.Int64Range(0, int64(len(alikeIDs)-1)).Draw(t, "hash"),
				Form: rapid.SampledFrom([]string{"", "thumb"}).Draw(t, "form")})
		}
	}
	return c
}

// TestBothStoresRememberAlike: one keeps a row for each record, the other packs of them.
func TestBothStoresRememberAlike(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, packs := store.Store(file), open(t, testbed.Postgres(t).Database(t))
	checks := 0
	rapid.Check(t, func(rt *rapid.T) {
		checks++
		next := storetest.NewMigration(fmt.Sprintf("m%d", checks))
		next.Source.ID = next.ID
		for run := range rapid.IntRange(1, 4).Draw(rt, "runs") {
			saved := rapid.SliceOfN(rapid.Custom(anyCheckpoint), 1, 5).Draw(rt, "checkpoints")
			next.Mode.Sync = rapid.Bool().Draw(rt, "sync")
			undone := run > 0 && rapid.IntRange(0, 4).Draw(rt, "undone") == 0
			for _, s := range []store.Store{rows, packs} {
				if err := renew(ctx, s, next, undone, saved); err != nil {
					rt.Fatal(err)
				}
			}
			if want, got := tell(rt, rows, next.ID), tell(rt, packs, next.ID); !reflect.DeepEqual(want, got) {
				rt.Fatalf("rows remember %+v\npacks remember %+v", want, got)
			}
		}
	})
}

// renew begins the next run and saves its checkpoints.
func renew(ctx context.Context, s store.Store, n store.New, undone bool, saved []*migration.Checkpoint) error {
	if undone {
		for _, status := range []migration.Status{migration.RollingBack, migration.RolledBack} {
			if err := s.SetStatus(ctx, n.ID, status, nil, n.Now); err != nil {
				return err
			}
		}
	}
	if _, err := s.Begin(ctx, n); err != nil {
		return err
	}
	if err := s.Create(ctx, n.ID, []migration.Spec{{Stage: migration.StageIndex, Kind: alikeKinds[0]}}); err != nil {
		return err
	}
	tasks, err := s.Tasks(ctx, n.ID)
	if err != nil {
		return err
	}
	task, err := s.Claim(ctx, tasks[0].ID, "me")
	for _, c := range saved {
		if err == nil {
			err = s.Save(ctx, task.ID, task.Fence, c)
		}
	}
	return errors.Join(err, s.SetStatus(ctx, n.ID, migration.Done, nil, n.Now))
}
