package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// rechecking gives the tasks of a recheck.
func rechecking(t *testing.T, s store.Store, id string) (of []migration.Task) {
	t.Helper()
	all, err := s.Tasks(context.Background(), id)
	must(t, err)
	for _, task := range all {
		if task.Stage == migration.StageRecheck {
			of = append(of, task)
		}
	}
	return of
}

// testRecheck: its checkpoints are fenced as any, what it finds is kept apart from what the run has found, and it ends with the
// report, with the next run, or when it is to begin anew.
func testRecheck(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m := begin(t, s, NewMigration("m1"))
	must(t, s.Create(ctx, m.ID, []migration.Spec{
		{Stage: migration.StageCopy, Kind: entry}, {Stage: migration.StageVerify, Kind: entry, Seq: 2, Range: []byte("r"), Estimate: 5, Limit: 9},
	}))
	if err := s.Recheck(ctx, m.ID, 1, false); !errors.Is(err, store.ErrStaleFence) {
		t.Errorf("of an unfinished run: %v", err)
	}
	tasks, err := s.Tasks(ctx, m.ID)
	must(t, err)
	own, err := s.Claim(ctx, tasks[1].ID, "run")
	must(t, err)
	left := []migration.Difference{{Kind: entry, SourceID: "4", Field: "title"}}
	must(t, s.Save(ctx, own.ID, own.Fence, &migration.Checkpoint{Done: true, Differences: left}))
	must(t, s.SetStatus(ctx, m.ID, migration.Done, nil, time.UnixMilli(5)))
	if err := s.Recheck(ctx, m.ID, 2, false); !errors.Is(err, store.ErrStaleFence) {
		t.Errorf("of another run: %v", err)
	}
	must(t, s.Recheck(ctx, m.ID, 1, false))
	made := rechecking(t, s, m.ID)
	if len(made) != 1 || made[0].Seq != 2 || string(made[0].Range) != "r" || made[0].Limit != 9 || made[0].Done {
		t.Fatalf("made %+v", made)
	}
	task, err := s.Claim(ctx, made[0].ID, "again")
	must(t, err)
	found := []migration.Difference{{Kind: entry, SourceID: "4", Field: "title", Altered: migration.AlteredOnTarget}, {Kind: entry, SourceID: "5", Field: "slug"}}
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Cursor: []byte("c"), Differences: found, Known: []migration.Known{known("5", migration.Anew)}}))
	if err := s.Save(ctx, task.ID, task.Fence-1, &migration.Checkpoint{}); !errors.Is(err, store.ErrStaleFence) {
		t.Errorf("stale fence: %v", err)
	}
	other := open()
	must(t, other.Recheck(ctx, m.ID, 1, false))
	if r, err := other.Results(ctx, m.ID, 10); err != nil || !reflect.DeepEqual(r.Differences, left) || !reflect.DeepEqual(r.Rechecked, found) {
		t.Errorf("found %+v, %v", r, err)
	}
	if now := rechecking(t, other, m.ID); len(now) != 1 || string(now[0].Cursor) != "c" {
		t.Errorf("goes on with %+v", now)
	}
	gone := func(why string) {
		t.Helper()
		if r, err := s.Results(ctx, m.ID, 10); err != nil || len(rechecking(t, s, m.ID))+len(r.Rechecked) != 0 {
			t.Errorf("%s: %+v, %v", why, r, err)
		}
	}
	must(t, s.Recheck(ctx, m.ID, 1, true))
	if now := rechecking(t, s, m.ID); len(now) != 1 || now[0].Cursor != nil || now[0].ID == made[0].ID {
		t.Errorf("begun anew: %+v", now)
	}
	// Whoever sees that the run is done may verify it before its own report is kept.
	must(t, s.SaveReport(ctx, m.ID, 1, []byte("{}")))
	if now := rechecking(t, s, m.ID); len(now) != 1 {
		t.Errorf("after the report of the run itself: %+v", now)
	}
	must(t, s.EndRecheck(ctx, m.ID, 1, []byte("{}")))
	gone("reported")
	must(t, s.Recheck(ctx, m.ID, 1, false))
	begin(t, s, NewMigration("m1"))
	gone("the next run")
}
