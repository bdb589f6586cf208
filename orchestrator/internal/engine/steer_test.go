package engine_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

func TestStopEndsAfterTheBatchAndResumes(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	stop := make(chan struct{})
	var once atomic.Bool
	rig.Target.OnBatch = func(r *agentv1.WriteRecordsRequest) error {
		if r.GetRecords()[0].GetRef().GetKind() == recordv1.Kind_KIND_ENTRY && once.CompareAndSwap(false, true) {
			close(stop)
		}
		return nil
	}
	job, err := rig.Manager.Begin(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := job.Run(context.Background(), stop)
	if !engine.Stopped(err) || rep.Status != migration.Paused {
		t.Fatalf("%v, %+v", err, rep)
	}
	// By its id alone: the links are kept.
	rig.Request = engine.Request{Resume: job.Migration.ID}
	want, _ := plainRun(t)
	same(t, want, resume(t, rig))
	if _, err := rig.Run(context.Background()); migration.ProblemOf(err).Code != "migration_over" {
		t.Errorf("resumed a finished one: %v", err)
	}
}

// watched counts looks at the migration, so that a test knows that a wish has been seen.
type watched struct {
	store.Store
	looks atomic.Int64
}

func (w *watched) Migration(ctx context.Context, id string) (*migration.Migration, error) {
	w.looks.Add(1)
	return w.Store.Migration(ctx, id)
}

// TestPauseAndCancelAreObeyed: a pause waits for the batch; a cancel does not, and arrives within two seconds or so.
func TestPauseAndCancelAreObeyed(t *testing.T) {
	t.Parallel()
	for wish, status := range map[migration.Desired]migration.Status{migration.WantPause: migration.Paused, migration.WantCancel: migration.Cancelled} {
		t.Run(string(wish), func(t *testing.T) {
			t.Parallel()
			rig := enginetest.New(t, enginetest.NewSite(killEntries))
			st := &watched{Store: rig.Store}
			rig.Manager.Store = st
			job, err := rig.Manager.Begin(context.Background(), rig.Request)
			if err != nil {
				t.Fatal(err)
			}
			release := make(chan struct{})
			var steered sync.Once
			rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
				steered.Do(func() {
					if err := rig.Store.Steer(context.Background(), job.Migration.ID, wish, time.Now()); err != nil {
						t.Error(err)
					}
					if wish == migration.WantPause {
						for seen := st.looks.Load(); st.looks.Load() < seen+2; {
							runtime.Gosched()
						}
						close(release)
					}
				})
				<-release
				return nil
			}
			if wish == migration.WantCancel {
				t.Cleanup(func() { close(release) })
			}
			start := time.Now()
			rep, err := job.Run(context.Background(), nil)
			if !engine.Stopped(err) || rep.Status != status {
				t.Errorf("%v, status %s", err, rep.Status)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
			if wish == migration.WantPause {
				rig.Target.OnBatch = nil
				if rep := resume(t, rig); rep.Run != 1 || rep.Status != migration.Done {
					t.Errorf("resumed: run %d, %s", rep.Run, rep.Status)
				}
			}
		})
	}
}

func TestFailingAgentIsWaitedForThenGivenUp(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	rig.Manager.Retry = engine.Retry{First: time.Millisecond, Most: 2 * time.Millisecond, For: time.Second}
	var tries atomic.Int64
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		tries.Add(1)
		return &link.Error{Code: "database_gone", Cause: "the database went away", Fix: "Start it.", Grpc: codes.Unavailable}
	}
	rep, err := rig.Run(context.Background())
	if migration.ExitOf(err) != migration.ExitUnreachable || rep.Status != migration.Failed || rep.Failure.Fix != "Start it." {
		t.Errorf("exit %d, %+v", migration.ExitOf(err), rep.Failure)
	}
	if tries.Load() < 3 {
		t.Errorf("tried %d times", tries.Load())
	}
	rig.Target.OnBatch = nil
	want, _ := plainRun(t)
	same(t, want, resume(t, rig))
}

func TestLastingFailureIsNotRetried(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(2))
	var tries atomic.Int64
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		tries.Add(1)
		return &link.Error{Code: "disk_full", Cause: "the disk is full", Fix: "Make room.", Grpc: codes.FailedPrecondition}
	}
	_, err := rig.Run(context.Background())
	var e *migration.Error
	if !errors.As(err, &e) || e.Code != "disk_full" || migration.ExitOf(err) != migration.ExitFailed || tries.Load() != 1 {
		t.Errorf("%v after %d tries", err, tries.Load())
	}
}
