package engine_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/baileybridge/bailey/proto/agenttest"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// changedSite is a rig whose first run is done and whose source has other records since.
func changedSite(t *testing.T) *enginetest.Rig {
	t.Helper()
	rig := migrated(t, enginetest.NewSite(killEntries))
	rig.Request.Mode.Deleted = migration.DeletedDelete
	for i := 1; i <= 4; i++ {
		rig.Source.Add(post(fmt.Sprint(i), fmt.Sprintf("again %d", i)), post(fmt.Sprint(100+i), "new"))
	}
	for i := 5; i <= killEntries; i++ {
		rig.Source.Remove(record.NewRef(recordv1.Kind_KIND_COMMENT, fmt.Sprint(i)))
	}
	rig.Source.Remove(record.NewRef(kindEntry, "6"))
	return rig
}

// TestSyncKilledAtEveryCheckpoint: Rules 1 to 3 hold for a sync as for a migration.
func TestSyncKilledAtEveryCheckpoint(t *testing.T) {
	t.Parallel()
	rig := changedSite(t)
	counting := &mortal{Store: rig.Store}
	rig.Manager.Store = counting
	want, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if e := enginetest.KindOf(want, "entry"); e.Created != 4 || e.Updated < 4 || e.Removed != 1 || enginetest.KindOf(want, "comment").Removed != 3 {
		t.Fatalf("%+v", want.Kinds)
	}
	held := onTarget(rig)
	saves := counting.saves.Load()
	for n := int64(1); n <= saves; n++ {
		// Before or after the checkpoint is saved, in turn: a migration is tried with both.
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			rig := changedSite(t)
			kill(t, rig, n, n%2 == 0)
			got := resume(t, rig)
			if got.Run != 2 {
				return // it had ended before it could be killed
			}
			got.Run = 1
			same(t, want, got)
			if now := onTarget(rig); !maps.Equal(now, held) {
				t.Errorf("on the target %v, want %v", now, held)
			}
			if rep := resume(t, rig); rep.Totals().Changed() != 0 || rep.Run != 3 {
				t.Errorf("run %d after it: %+v", rep.Run, rep.Totals())
			}
		})
	}
}

// cutting makes a cut-over whose nth pass is preceded by an edit.
func cutting(rig *enginetest.Rig, passes int, edit func(pass int)) engine.CutoverRequest {
	pass := 0
	return engine.CutoverRequest{
		Request: rig.Request, Passes: passes, Passed: func(int, *migration.Report) {}, Freeze: func() error { edit(0); return nil },
		Run: func(j *engine.Job) (*migration.Report, error) {
			rep, err := j.Run(context.Background(), nil)
			pass++
			edit(pass)
			return rep, err
		},
	}
}

func TestCutover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edits  map[int]bool
		most   int
		passes int
		quiet  bool
		found  uint64
	}{
		"quiet at once":            {nil, 5, 1, true, 0},
		"quiet in the end":         {map[int]bool{1: true, 2: true}, 5, 4, true, 0},
		"never quiet":              {map[int]bool{1: true, 2: true, 3: true, 4: true}, 3, 3, false, 1},
		"edited before the freeze": {map[int]bool{0: true}, 5, 1, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := migrated(t, agenttest.NewSource(post("1", "one"), post("2", "two")))
			if c.edits[1] {
				rig.Source.Add(post("1", "first edit"))
			}
			var ticks atomic.Int64
			rig.Manager.Now = func() time.Time { return time.Unix(1_700_000_000+ticks.Add(1), 0) }
			done, err := rig.Manager.Cutover(context.Background(), cutting(rig, c.most, func(pass int) {
				if c.edits[pass] {
					rig.Source.Add(post("1", fmt.Sprintf("edit %d", pass)))
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			if done.Passes != c.passes || done.Quiet != c.quiet || done.Found != c.found || (done.FreezeSeconds > 0) != (c.found > 0) {
				t.Errorf("%+v", done)
			}
			if t2 := done.Report.Totals(); t2.Verified != 2 || done.Report.Exit() != migration.ExitOK || done.Report.Unverified {
				t.Errorf("%+v", t2)
			}
		})
	}
}

// TestCutoverGoesOn: a cut-over that was interrupted takes up its pass.
func TestCutoverGoesOn(t *testing.T) {
	t.Parallel()
	rig := changedSite(t)
	st := &mortal{Store: rig.Store}
	st.left.Store(9)
	rig.Manager.Store = st
	if _, err := rig.Manager.Cutover(context.Background(), cutting(rig, 5, func(int) {})); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
	rig.Manager.Store = rig.Store
	done, err := rig.Manager.Cutover(context.Background(), cutting(rig, 5, func(int) {}))
	if err != nil || done.Passes != 2 || !done.Quiet || done.Report.Run != 4 || len(done.Report.Differences) != 0 {
		t.Errorf("%v, %+v, run %d, %v", err, done, done.Report.Run, done.Report.Differences)
	}
}
