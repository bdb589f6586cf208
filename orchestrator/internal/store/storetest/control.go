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

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if err == nil || migration.ProblemOf(err).Code != code {
		t.Errorf("%s: %v instead of %s", what, err, code)
	}
}

func testSteer(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, _ := Made(t, s)
	must(t, s.Steer(ctx, m.ID, migration.WantPause, m.Seen))
	must(t, s.SetStage(ctx, m.ID, migration.StageVerify))
	got, err := open().Migration(ctx, m.ID)
	if err != nil || got.Desired != migration.WantPause || got.Stage != migration.StageVerify || got.Status != migration.Running {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.Steer(ctx, "none", migration.WantRun, m.Seen); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if m := begin(t, s, NewMigration("x")); m.Desired != migration.WantRun {
		t.Errorf("a resumed migration still wants to %s", m.Desired)
	}
	// Nobody works on it any more: the wish is the status.
	later := m.Seen.Add(time.Hour)
	must(t, s.Steer(ctx, m.ID, migration.WantPause, later))
	if got, _ := s.Migration(ctx, m.ID); got.Status != migration.Paused || !got.Ended.Equal(later) {
		t.Errorf("paused: %+v", got)
	}
	must(t, s.Steer(ctx, m.ID, migration.WantCancel, later))
	if got, _ := s.Migration(ctx, m.ID); got.Status != migration.Cancelled || !got.Over() {
		t.Errorf("cancelled: %+v", got)
	}
}

// testRefusals: what the rules refuse changes nothing. The rules themselves are tested where they are.
func testRefusals(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, _ := Made(t, s)
	must(t, s.Steer(ctx, m.ID, migration.WantCancel, m.Seen))
	wantCode(t, "pause while cancelling", s.Steer(ctx, m.ID, migration.WantPause, m.Seen), "cancelling")
	must(t, s.SetStatus(ctx, m.ID, migration.Cancelled, nil, m.Seen))
	before, err := s.Migration(ctx, m.ID)
	must(t, err)
	for _, to := range []migration.Status{migration.Running, migration.Paused, migration.Failed, migration.Done} {
		wantCode(t, string(to), s.SetStatus(ctx, m.ID, to, &migration.Problem{Code: "c"}, time.Time{}), "transition_refused")
	}
	wantCode(t, "run", s.Steer(ctx, m.ID, migration.WantRun, m.Seen), "migration_over")
	if after, err := open().Migration(ctx, m.ID); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("changed all the same: %+v, %v", after, err)
	}
	if err := s.SetStatus(ctx, "none", migration.Done, nil, m.Seen); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func testBeat(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, _ := Made(t, s)
	now := m.Seen.Add(time.Minute)
	waiting := []migration.Wait{{On: migration.OnRetry, Side: migration.OnTarget, Stage: migration.StageCopy, Kind: "entry", Shard: 2,
		Since: now, Idle: m.Seen, NextTry: now.Add(time.Second), Failure: &migration.Problem{Code: "c", Cause: "w", Fix: "f"}}}
	rate := migration.Rate{Records: 10, Bytes: 1 << 40}
	must(t, s.SetRate(ctx, m.ID, rate))
	must(t, s.Beat(ctx, m.ID, migration.Beat{Owner: "a", Seen: m.Seen}))
	must(t, s.Beat(ctx, m.ID, migration.Beat{Owner: "b", Seen: now, Tasks: 2, Waiting: waiting}))
	must(t, s.Beat(ctx, m.ID, migration.Beat{Owner: "c", Seen: now, Tasks: 1}))
	got, err := open().Migration(ctx, m.ID)
	if err != nil || got.Rate != rate || !got.Seen.Equal(now) || !reflect.DeepEqual(got.Waiting, waiting) || !got.Alive(now) || got.Hands(now) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, s.Beat(ctx, m.ID, migration.Beat{Owner: "b", Seen: now, Tasks: 1}))
	if got, err := open().Migration(ctx, m.ID); err != nil || len(got.Waiting) != 0 || got.Hands(now) != 2 {
		t.Errorf("it waits no longer: %+v, %v", got, err)
	}
	must(t, s.SetStatus(ctx, m.ID, migration.Done, nil, now))
	// The rate stays for the next run, the wait does not.
	if got := begin(t, s, NewMigration("x")); got.Run != 2 || got.Rate != rate || len(got.Waiting) != 0 || !got.Seen.Equal(NewMigration("x").Now) {
		t.Errorf("next run: %+v", got)
	}
	for name, err := range map[string]error{"rate": s.SetRate(ctx, "none", rate), "beat": s.Beat(ctx, "none", migration.Beat{Owner: "a", Seen: now})} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}
