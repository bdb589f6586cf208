package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// each runs fn at the same time in so many processes: each has a store of its own on the same data.
func each(n int, open func() store.Store, fn func(s store.Store, i int)) {
	stores := make([]store.Store, n)
	for i := range stores {
		stores[i] = open()
	}
	var g sync.WaitGroup
	for i, s := range stores {
		g.Go(func() { fn(s, i) })
	}
	g.Wait()
}

// testProcesses: several processes in each other's way end where one alone would.
func testProcesses(t *testing.T, open func() store.Store) {
	for name, test := range map[string]func(*testing.T, func() store.Store){
		"begin": raceBegin, "next run": raceNextRun, "claim and save": raceClaim, "counts taken again": raceListed, "steer and end": raceSteer,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// raceBegin: of processes that begin one migration, one makes it and the others find it.
func raceBegin(t *testing.T, open func() store.Store) {
	var ids sync.Map
	each(4, open, func(s store.Store, i int) {
		m, err := s.Begin(context.Background(), NewMigration(fmt.Sprint("b", i)))
		if err != nil || m.Run != 1 {
			t.Errorf("%+v, %v", m, err)
			return
		}
		ids.Store(m.ID, nil)
	})
	found := 0
	ids.Range(func(any, any) bool { found++; return true })
	if found != 1 {
		t.Errorf("%d migrations of one", found)
	}
}

// raceNextRun: a finished migration gets one next run, not one per process.
func raceNextRun(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	n := NewMigration("n")
	n.Selection.Sample = 1
	m := begin(t, s, n)
	must(t, s.Create(ctx, m.ID, []migration.Spec{{Stage: migration.StageSplit, Kind: entry}}))
	must(t, s.SetStatus(ctx, m.ID, migration.Done, nil, n.Now))
	each(4, open, func(s store.Store, _ int) {
		if m, err := s.Begin(ctx, n); err != nil || m.Run != 2 {
			t.Errorf("%+v, %v", m, err)
		}
	})
	if tasks, err := s.Tasks(ctx, m.ID); err != nil || len(tasks) != 0 {
		t.Errorf("tasks of the old run: %v, %v", tasks, err)
	}
}

// raceClaim: processes take one task from each other again and again. Every checkpoint that was not refused counts, no other does:
// with a checkpoint a process adds one to what it found when it claimed.
func raceClaim(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	n := NewMigration("c")
	n.Selection.Sample = 2
	m := begin(t, s, n)
	must(t, s.Create(ctx, m.ID, []migration.Spec{{Stage: migration.StageCopy, Kind: entry}}))
	tasks, err := s.Tasks(ctx, m.ID)
	must(t, err)
	var saved, stale atomic.Int64
	each(4, open, func(s store.Store, i int) {
		for range 15 {
			took, err := s.Claim(ctx, tasks[0].ID, fmt.Sprint(i))
			if err != nil {
				t.Error(err)
				return
			}
			err = s.Save(ctx, took.ID, took.Fence, &migration.Checkpoint{
				Cursor: fmt.Append(nil, took.Fence), Counts: migration.Counts{Read: took.Counts.Read + 1}, Losses: []migration.Loss{{Code: "l", Kind: entry, Count: 1}},
			})
			switch {
			case err == nil:
				saved.Add(1)
			case errors.Is(err, store.ErrStaleFence):
				stale.Add(1)
			default:
				t.Error(err)
			}
		}
	})
	after, err := s.Tasks(ctx, m.ID)
	must(t, err)
	r, err := s.Results(ctx, m.ID, 10)
	must(t, err)
	if got := after[0]; got.Fence != 60 || got.Counts.Read != uint64(saved.Load()) || r.Losses[0].Count != got.Counts.Read || saved.Load()+stale.Load() != 60 {
		t.Errorf("%d saved, %d stale, task %+v, losses %+v", saved.Load(), stale.Load(), got, r.Losses)
	}
}

// raceListed: two tasks that set the counts of two kinds do not undo each other's.
func raceListed(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	n := NewMigration("l")
	n.Selection.Sample = 3
	n.Kinds = []migration.KindPlan{{Kind: entry}, {Kind: term}}
	m := begin(t, s, n)
	kinds := []migration.Spec{{Stage: migration.StageSplit, Kind: entry}, {Stage: migration.StageSplit, Kind: term}}
	must(t, s.Create(ctx, m.ID, kinds))
	tasks, err := s.Tasks(ctx, m.ID)
	must(t, err)
	each(2, open, func(s store.Store, i int) {
		took, err := s.Claim(ctx, tasks[i].ID, "me")
		for n := uint64(1); n <= 20 && err == nil; n++ {
			err = s.Save(ctx, took.ID, took.Fence, &migration.Checkpoint{Listed: map[recordv1.Kind]uint64{kinds[i].Kind: n}})
		}
		if err != nil {
			t.Error(err)
		}
	})
	if m, err := s.Migration(ctx, m.ID); err != nil || m.Listed(entry) != 20 || m.Listed(term) != 20 {
		t.Errorf("%+v, %v", m.Kinds, err)
	}
}

// raceSteer: an operator cancels while the process at work ends the run as done. Whatever comes first, done stays done.
func raceSteer(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	for i := range 10 {
		n := NewMigration(fmt.Sprint("s", i))
		n.Selection.Sample = uint32(10 + i)
		m := begin(t, s, n)
		var steered error
		each(2, open, func(s store.Store, who int) {
			if who == 0 {
				if err := s.SetStatus(ctx, m.ID, migration.Done, nil, n.Now); err != nil {
					t.Error(err)
				}
				return
			}
			steered = s.Steer(ctx, m.ID, migration.WantCancel, n.Now)
		})
		got, err := s.Migration(ctx, m.ID)
		must(t, err)
		if got.Status != migration.Done || (steered == nil) != (got.Desired == migration.WantCancel) {
			t.Errorf("%s, wants to %s, steered: %v", got.Status, got.Desired, steered)
		}
	}
}

// testLogOrder: whoever reads on from the last number that it saw gets every line once, although several processes write.
func testLogOrder(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	const writers, lines = 3, 30
	var written sync.WaitGroup
	reader, last, seen, over := open(), int64(0), map[string]int{}, make(chan struct{})
	read := func() {
		more, err := reader.Logs(ctx, "", last, 1000)
		if err != nil {
			t.Error(err)
		}
		for _, l := range more {
			last = l.Number
			seen[l.Line]++
		}
	}
	written.Go(func() {
		defer close(over)
		each(writers, open, func(s store.Store, i int) {
			for n := range lines {
				if err := s.AppendLog(ctx, "m", fmt.Sprint(i, "/", n)); err != nil {
					t.Error(err)
				}
			}
		})
	})
	for writing := true; writing; {
		read()
		select {
		case <-over:
			writing = false
		default:
		}
	}
	written.Wait()
	read()
	for line, n := range seen {
		if n != 1 {
			t.Errorf("%s: %d times", line, n)
		}
	}
	if len(seen) != writers*lines {
		t.Errorf("%d of %d lines", len(seen), writers*lines)
	}
}

// testUnknownStates: the database itself refuses what is no state.
func testUnknownStates(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m := begin(t, s, NewMigration("m1"))
	if err := s.Steer(ctx, m.ID, "dance", m.Started); err == nil {
		t.Error("a wish that there is not was stored")
	}
	if got, err := s.Migration(ctx, m.ID); err != nil || got.Desired != migration.WantRun {
		t.Errorf("%+v, %v", got, err)
	}
	for _, st := range []migration.Status{migration.Paused, migration.Cancelled, migration.RollingBack, migration.RolledBack} {
		must(t, s.SetStatus(ctx, m.ID, st, nil, m.Started))
	}
}
