package engine

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Engine has begun migrations worked on by other processes.
type Engine interface {
	// Start has the workers take up a migration. One that was started before is started anew: the workers of before find their
	// tasks claimed by others.
	Start(ctx context.Context, migration string) error
}

// ErrLeaving is the reason of a process that ends: others go on with its tasks.
var ErrLeaving = &migration.Error{Problem: migration.Problem{Code: "worker_ends", Cause: "this worker ends", Fix: "Another one goes on."}, Exit: migration.ExitFailed}

// Advance says which tasks worker processes can take up now. It gives none, and concludes the run, when all are done or the
// operator or a failed task has ended it. It may be called again at any time.
func (w *Work) Advance(ctx context.Context) ([]migration.Task, error) {
	m, err := w.Store.Migration(ctx, w.Migration)
	switch {
	case err != nil:
		return nil, err
	case m.Status != migration.Running:
		return nil, nil
	case wishes[m.Desired] != nil:
		return nil, w.end(ctx, wishes[m.Desired])
	case m.Failure != nil:
		return nil, w.end(ctx, m.Failure.Err())
	}
	next, err := w.Next(ctx)
	if err == nil && next.Stage == migration.StageDone {
		err = w.end(ctx, nil)
	}
	return next.Ready, err
}

// end concludes; only what kept it from being noted is an error.
func (w *Work) end(ctx context.Context, why error) error {
	if _, err := w.Conclude(ctx, why); err != nil {
		m, serr := w.Store.Migration(ctx, w.Migration)
		if serr != nil {
			return serr
		}
		if m.Status == migration.Running {
			return err
		}
	}
	return nil
}

// Do runs a task for an engine of several processes. A failure that lasts is noted in the store, where Advance and the other
// processes find it; an error that is given back means that the task has to be run again, here or elsewhere.
func (w *Work) Do(ctx context.Context, task int64) error {
	if going, err := w.going(ctx); err != nil || !going {
		return err
	}
	err := w.RunTask(ctx, task)
	switch {
	case err == nil, errors.Is(err, errCancelled), errors.Is(err, store.ErrNotFound):
		// Not found: the next run has begun, with tasks of its own.
		return nil
	case errors.Is(err, migration.ErrStopped):
		return w.left()
	case errors.Is(err, store.ErrStaleFence), ctx.Err() != nil:
		return err
	}
	return w.fail(ctx, err)
}

// going says whether tasks are to be begun. When the run has been told to end, Advance concludes it.
func (w *Work) going(ctx context.Context) (bool, error) {
	if w.Stopped() {
		return false, w.left()
	}
	m, err := w.Store.Migration(ctx, w.Migration)
	if err != nil {
		return false, err
	}
	return m.Status == migration.Running && m.RunID() == w.run && m.Failure == nil && wishes[m.Desired] == nil, nil
}

// left is ErrLeaving when only this process stops.
func (w *Work) left() error {
	if errors.Is(w.asked.cause(), ErrLeaving) {
		return ErrLeaving
	}
	return nil
}

// fail notes the first failure of a run that goes on until the other tasks have ended their batch.
func (w *Work) fail(ctx context.Context, err error) error {
	m, serr := w.Store.Migration(ctx, w.Migration)
	if serr != nil {
		return errors.Join(err, serr)
	}
	w.asked.stop(nil)
	if m.Status != migration.Running || m.Failure != nil {
		return nil
	}
	p := migration.FailureOf(err)
	w.Log.Error("task failed", zap.String(keyCode, p.Code))
	return w.Store.SetStatus(ctx, w.Migration, migration.Running, &p, time.Time{})
}

// follow waits until worker processes have ended a run, and tells the stages that it sees. stop asks them to pause; ending ctx
// only ends the waiting.
func (m *Manager) follow(ctx context.Context, id string, stop <-chan struct{}, reached func(migration.Stage)) (*migration.Report, error) {
	tick := time.NewTicker(steerEvery)
	defer tick.Stop()
	for {
		mig, err := m.Store.Migration(ctx, id)
		if err != nil {
			return nil, err
		}
		reached(mig.Stage)
		if mig.Status != migration.Running {
			rep, err := BuildReport(ctx, m.Store, id)
			return rep, errors.Join(endOf(mig), err)
		}
		select {
		case <-stop:
			stop = nil
			if err := m.Store.Steer(ctx, id, migration.WantPause, m.Now()); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// endOf is the error that a run of this process would have ended with.
func endOf(m *migration.Migration) error {
	switch m.Status {
	case migration.Done:
		return nil
	case migration.Paused:
		return errPaused
	case migration.Cancelled:
		return errCancelled
	}
	p := migration.Problem{Code: "taken_over", Cause: "the migration is " + string(m.Status), Fix: "See what became of it with: bailey status " + m.ID}
	if m.Failure != nil {
		p = *m.Failure
	}
	return p.Err()
}
