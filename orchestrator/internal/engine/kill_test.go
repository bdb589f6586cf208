package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// errKilled is what a process sees that is gone.
var errKilled = errors.New("killed")

// mortal is a store whose process dies at its nth checkpoint, before or after it is saved.
type mortal struct {
	store.Store
	left  atomic.Int64
	after bool
	dead  atomic.Bool
	saves atomic.Int64
}

func (m *mortal) Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error {
	m.saves.Add(1)
	if m.dead.Load() {
		return errKilled
	}
	if m.left.Add(-1) != 0 {
		return m.Store.Save(ctx, task, fence, c)
	}
	m.dead.Store(true)
	if m.after {
		if err := m.Store.Save(ctx, task, fence, c); err != nil {
			return err
		}
	}
	return errKilled
}

// SetStatus is not reached by a process that is gone.
func (m *mortal) SetStatus(ctx context.Context, id string, s migration.Status, p *migration.Problem, ended time.Time) error {
	if m.dead.Load() {
		return errKilled
	}
	return m.Store.SetStatus(ctx, id, s, p, ended)
}

const killEntries = 7

// TestKilledAtEveryCheckpoint: Rules 1 to 3. Whatever checkpoint the process dies at, a resume gives the same end and exact counts.
func TestKilledAtEveryCheckpoint(t *testing.T) {
	t.Parallel()
	want, saves := plainRun(t)
	if saves < 20 {
		t.Fatalf("only %d checkpoints", saves)
	}
	for n := int64(1); n <= saves; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d after=%v", n, after), func(t *testing.T) {
				t.Parallel()
				rig := enginetest.New(t, enginetest.NewSite(killEntries))
				kill(t, rig, n, after)
				same(t, want, resume(t, rig))
			})
		}
	}
}

func plainRun(t *testing.T) (*migration.Report, int64) {
	t.Helper()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	counting := &mortal{Store: rig.Store}
	rig.Manager.Store = counting
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rep, counting.saves.Load()
}

// kill runs until the nth checkpoint. Parallel shards make the number of checkpoints vary little; a run that ends before is fine.
func kill(t rapid.TB, rig *enginetest.Rig, n int64, after bool) {
	t.Helper()
	st := &mortal{Store: rig.Store, after: after}
	st.left.Store(n)
	rig.Manager.Store = st
	if _, err := rig.Run(context.Background()); err != nil && !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	rig.Manager.Store = rig.Store
}

func resume(t rapid.TB, rig *enginetest.Rig) *migration.Report {
	t.Helper()
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// same compares all that may not depend on interruptions.
func same(t rapid.TB, want, got *migration.Report) {
	t.Helper()
	if got.Run != 1 {
		return // the first run had ended before it could be killed; the second run is another test's matter
	}
	if got.Root != want.Root {
		t.Errorf("root %s instead of %s", got.Root, want.Root)
	}
	for name, pair := range map[string][2]any{
		"roots": {want.Roots, got.Roots}, "kinds": {want.Kinds, got.Kinds}, "losses": {want.Losses, got.Losses}, "rejected": {want.Rejected, got.Rejected},
		"differences": {want.Differences, got.Differences}, "bytes": {want.Bytes, got.Bytes}, "status": {want.Status, got.Status},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: want %+v\ngot %+v", name, pair[0], pair[1])
		}
	}
}

// TestAnyKillsGiveTheSameEnd kills several times in a row, and lets the agent fail in between.
func TestAnyKillsGiveTheSameEnd(t *testing.T) {
	t.Parallel()
	want, saves := plainRun(t)
	rapid.Check(t, func(rt *rapid.T) {
		rig := enginetest.New(t, enginetest.NewSite(killEntries))
		var failing atomic.Int64
		failing.Store(rapid.Int64Range(-1, 10).Draw(rt, "agent fails at batch"))
		rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
			if failing.Add(-1) == 0 {
				return &link.Error{Code: "database_gone", Cause: "the database went away", Fix: "Start it.", Grpc: codes.Unavailable}
			}
			return nil
		}
		for range rapid.IntRange(1, 4).Draw(rt, "kills") {
			kill(rt, rig, rapid.Int64Range(1, saves).Draw(rt, "checkpoint"), rapid.Bool().Draw(rt, "after"))
		}
		same(rt, want, resume(t, rig))
	})
}

func TestStaleFenceEndsTheRun(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	rig.Manager.Store = &thief{Store: rig.Store}
	_, err := rig.Run(context.Background())
	if p := migration.ProblemOf(err); p.Code != "taken_over" {
		t.Fatalf("%v", err)
	}
	rig.Manager.Store = rig.Store
	want, _ := plainRun(t)
	same(t, want, resume(t, rig))
}

// thief claims a copying task behind its worker's back.
type thief struct {
	store.Store
	done atomic.Bool
}

func (th *thief) Claim(ctx context.Context, task int64, owner string) (*migration.Task, error) {
	t, err := th.Store.Claim(ctx, task, owner)
	if err == nil && t.Stage == migration.StageCopy && th.done.CompareAndSwap(false, true) {
		_, err = th.Store.Claim(ctx, task, "thief")
	}
	return t, err
}

// TestSleeperLeavesTheNextRunAlone: a process that was taken for dead, and slept until the run was finished by another and the
// next one begun, neither works on that nor says that it is done.
func TestSleeperLeavesTheNextRunAlone(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	ctx := context.Background()
	sleeper, err := rig.Manager.Begin(ctx, rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	resume(t, rig)
	next, err := rig.Manager.Begin(ctx, rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sleeper.Run(ctx, nil); migration.ProblemOf(err).Code != "taken_over" {
		t.Errorf("%v", err)
	}
	m, err := rig.Store.Migration(ctx, next.Migration.ID)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := rig.Store.Tasks(ctx, m.ID)
	if err != nil || len(tasks) > 0 || m.Run != 2 || m.Status != migration.Running {
		t.Errorf("run %d is %s, with %d tasks: %v", m.Run, m.Status, len(tasks), err)
	}
	rep, err := next.Run(ctx, nil)
	if err != nil || rep.Run != 2 || rep.Status != migration.Done {
		t.Errorf("the next run: %v", err)
	}
}
