package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func refused(t *testing.T, err error) {
	t.Helper()
	if p := migration.ProblemOf(err); p.Code != "ledger_missing" || p.Fix == "" || migration.ExitOf(err) != migration.ExitFailed {
		t.Errorf("%v (exit %d)", err, migration.ExitOf(err))
	}
}

// Rule 2: the target's ledger is lost between two runs. Neither another run nor a verification nor a rollback goes on.
func TestLostLedgerBetweenRuns(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(5))
	rep, err := rig.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rig.Target.Forget()
	written := rig.Target.Batches()
	err = rig.Manager.Rollback(t.Context(), engine.RollbackRequest{ID: rep.Migration}, func(*agentv1.RolledBack) { t.Error("something was taken back") })
	refused(t, err)
	if m, err := rig.Store.Migration(t.Context(), rep.Migration); err != nil || m.Status != migration.Done {
		t.Errorf("after the refused rollback: %v %v", m, err)
	}
	job, err := rig.Manager.Verify(t.Context(), rep.Migration, engine.Request{})
	if err == nil {
		_, err = job.Run(t.Context(), nil)
	}
	refused(t, err)
	for range 2 {
		rep, err = rig.Run(t.Context())
		refused(t, err)
		if rep.Status != migration.Failed || rep.Failure.Code != "ledger_missing" {
			t.Errorf("%s %+v", rep.Status, rep.Failure)
		}
	}
	if n := rig.Target.Batches(); n != written {
		t.Errorf("%d batches were written", n-written)
	}
}

// The ledger is lost in the middle of a run: the batch is refused as a whole, and so is the resumed run.
func TestLostLedgerInTheMiddle(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(20))
	var batches atomic.Int32
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if batches.Add(1) < 6 {
			return nil
		}
		return &link.Error{Code: "ledger_missing", Cause: "c", Fix: "f", Grpc: codes.FailedPrecondition}
	}
	rep, err := rig.Run(t.Context())
	refused(t, err)
	if rep.Status != migration.Failed {
		t.Errorf("%s", rep.Status)
	}
	if n := batches.Load(); n > 12 {
		t.Errorf("%d batches were sent: it was tried again", n)
	}
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error { t.Error("a batch was sent"); return nil }
	rig.Target.Forget()
	_, err = rig.Run(t.Context())
	refused(t, err)
}

// The target's agent is started anew after its ledger was lost, while the same process goes on: it is told that there was one.
func TestLostLedgerWhileTheAgentRestarts(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(20))
	var batches atomic.Int32
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if batches.Add(1) != 6 {
			return nil
		}
		rig.Target.Forget()
		return &link.Error{Code: "gone", Cause: "c", Fix: "f", Grpc: codes.Unavailable}
	}
	_, err := rig.Run(t.Context())
	refused(t, err)
}

// What was taken back has no ledger, and needs none.
func TestRolledBackNeedsNoLedger(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(5))
	rep, err := rig.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	undo := func() error {
		return rig.Manager.Rollback(t.Context(), engine.RollbackRequest{ID: rep.Migration}, func(*agentv1.RolledBack) {})
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	// Asked again, as after an answer that was lost.
	if err := undo(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error { cancel(); return nil }
	if _, err := rig.Run(ctx); !errors.Is(err, context.Canceled) && !engine.Stopped(err) {
		t.Fatal(err)
	}
	rig.Target.OnBatch = nil
	if rep, err = rig.Run(t.Context()); err != nil || rep.Status != migration.Done {
		t.Errorf("%v %v", rep, err)
	}
}
