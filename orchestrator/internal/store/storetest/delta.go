package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

func known(id string, digest int64) migration.Known {
	return migration.Known{Kind: entry, SourceID: id, Digest: digest}
}

func seen(id string, due bool) migration.Seen {
	return migration.Seen{Kind: entry, SourceID: id, Due: due}
}

// list pages through due or missing records, two at a time.
func list(t *testing.T, page func(ctx context.Context, after string, limit int) ([]string, error)) (all []string) {
	t.Helper()
	for after := ""; ; after = all[len(all)-1] {
		part, err := page(context.Background(), after, 2)
		must(t, err)
		if len(part) == 0 {
			return all
		}
		all = append(all, part...)
	}
}

func wantDelta(t *testing.T, s store.Store, id string, due, missing []string, settled uint64) {
	t.Helper()
	if got := list(t, func(ctx context.Context, after string, limit int) ([]string, error) {
		all, err := s.Due(ctx, id, entry, after, limit)
		var ids []string
		for _, r := range all {
			if was, _ := s.Known(ctx, id, entry, []string{r.SourceID}); r.Kind != entry || was[r.SourceID] != r.Digest {
				t.Errorf("due is %+v, known %v", r, was)
			}
			ids = append(ids, r.SourceID)
		}
		return ids, err
	}); !sameIDs(got, due) {
		t.Errorf("due %v, want %v", got, due)
	}
	if got := list(t, func(ctx context.Context, after string, limit int) ([]string, error) {
		return s.Missing(ctx, id, entry, after, limit)
	}); !sameIDs(got, missing) {
		t.Errorf("missing %v, want %v", got, missing)
	}
	if n, err := s.Settled(context.Background(), id, entry); err != nil || n != settled {
		t.Errorf("settled %d, %v, want %d", n, err, settled)
	}
}

// sameIDs compares sets: their order is the store's.
func sameIDs(got, want []string) bool {
	return reflect.DeepEqual(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

// renewed ends the run of a migration and begins the next one, with a task.
func renewed(t *testing.T, s store.Store, id string, ended migration.Status, mode migration.Mode) *migration.Task {
	t.Helper()
	ctx := context.Background()
	if ended == migration.RolledBack {
		must(t, s.SetStatus(ctx, id, migration.RollingBack, nil, NewMigration("").Now))
	}
	must(t, s.SetStatus(ctx, id, ended, nil, NewMigration("").Now))
	n := NewMigration(id)
	n.Mode = mode
	m := begin(t, s, n)
	if m.Mode != mode || m.ID != id {
		t.Fatalf("begun: %+v", m)
	}
	must(t, s.Create(ctx, id, []migration.Spec{{Stage: migration.StageIndex, Kind: entry}}))
	tasks, err := s.Tasks(ctx, id)
	must(t, err)
	task, err := s.Claim(ctx, tasks[0].ID, "me")
	must(t, err)
	return task
}

func testDelta(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	wantDelta(t, s, m.ID, nil, nil, 0)
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Known: []migration.Known{known("1", 7), known("1", 11), known("10", 1<<62), known("9", 99), known("x", 5), known("007", 0)}}))
	if err := s.Save(ctx, task.ID, task.Fence-1, &migration.Checkpoint{Known: []migration.Known{known("1", 0)}}); !errors.Is(err, store.ErrStaleFence) {
		t.Errorf("stale fence: %v", err)
	}
	got, err := open().Known(ctx, m.ID, entry, []string{"1", "10", "x", "007", "7", "2"})
	if err != nil || !reflect.DeepEqual(got, map[string]int64{"1": 11, "10": 1 << 62, "x": 5, "007": 0}) {
		t.Errorf("known %v, %v", got, err)
	}
	wantDelta(t, s, m.ID, nil, nil, 4)

	task = renewed(t, s, m.ID, migration.Done, migration.Mode{Sync: true, Deleted: migration.DeletedDelete})
	wantDelta(t, s, m.ID, nil, []string{"1", "10", "9", "x", "007"}, 0)
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Seen: []migration.Seen{seen("1", false), seen("9", true), seen("2", true), seen("x", false), seen("y", true)}}))
	wantDelta(t, open(), m.ID, []string{"2", "9", "y"}, []string{"10", "007"}, 2)
	// Seen again, as after a kill: what is due stays due.
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Seen: []migration.Seen{seen("9", false)}, Known: []migration.Known{known("2", 22)},
		Gone: []migration.Gone{{Kind: entry, SourceID: "10"}}}))
	wantDelta(t, s, m.ID, []string{"9", "y"}, []string{"007"}, 3)

	// The mode is kept by a resume, whatever it asks for; a rollback makes that nothing is remembered.
	must(t, s.SetStatus(ctx, m.ID, migration.Failed, &migration.Problem{}, m.Seen))
	if m := begin(t, s, NewMigration(m.ID)); !m.Mode.Sync || m.Mode.Deleted != migration.DeletedDelete {
		t.Errorf("resumed in mode %+v", m.Mode)
	}
	renewed(t, s, m.ID, migration.RolledBack, migration.Mode{})
	wantDelta(t, s, m.ID, nil, nil, 0)
	for name, err := range map[string]error{
		"due":     func() error { _, err := s.Due(ctx, "none", entry, "", 1); return err }(),
		"settled": func() error { _, err := s.Settled(ctx, "none", entry); return err }(),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}

// testAddresses: in a sync an address goes over from a record that is not listed any more to one that is, and whatever may link
// to it is due.
func testAddresses(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	leads := func(hash int64, want string) {
		t.Helper()
		l, found, err := open().FindLink(ctx, m.ID, hash)
		if must(t, err); !found {
			l.SourceID = ""
		}
		if l.SourceID != want {
			t.Errorf("%d leads to %q, want %q", hash, l.SourceID, want)
		}
	}
	link := func(hash int64, id string) migration.Link {
		return migration.Link{Hash: hash, Kind: entry, SourceID: id}
	}
	first := &migration.Checkpoint{}
	for i := 1; i <= 4; i++ {
		id := strconv.Itoa(i)
		first.Known = append(first.Known, known(id, int64(i)))
		first.Links = append(first.Links, link(int64(i), id))
	}
	first.Links = append(first.Links, link(9, "9"))
	must(t, s.Save(ctx, task.ID, task.Fence, first))
	leads(9, "9")

	task = renewed(t, s, m.ID, migration.Done, migration.Mode{Sync: true})
	leads(2, "2")
	// It was listed, but nothing became of it.
	leads(9, "")
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Seen: []migration.Seen{seen("1", false), seen("4", false)}, Links: []migration.Link{link(1, "1"), link(4, "4")}}))
	wantDelta(t, s, m.ID, nil, []string{"2", "3"}, 2)
	// The record with the smaller id is still there, so it keeps its address.
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Seen: []migration.Seen{seen("5", true)}, Links: []migration.Link{link(1, "5"), link(5, "5")}}))
	leads(1, "1")
	wantDelta(t, s, m.ID, []string{"5"}, []string{"2", "3"}, 2)
	// The one that had this address is not listed.
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Seen: []migration.Seen{seen("6", true)}, Links: []migration.Link{link(2, "6")}}))
	leads(2, "6")
	wantDelta(t, s, m.ID, []string{"1", "4", "5", "6"}, []string{"2", "3"}, 0)
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Known: []migration.Known{known("1", 1), known("4", 4), known("5", 5), known("6", 0)}}))
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Gone: []migration.Gone{{Kind: entry, SourceID: "3", Linked: true}}}))
	leads(3, "3")
	wantDelta(t, s, m.ID, nil, []string{"2"}, 3)
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Gone: []migration.Gone{{Kind: entry, SourceID: "3"}}}))
	leads(3, "")
	wantDelta(t, s, m.ID, []string{"1", "4", "5"}, []string{"2"}, 0)
}
