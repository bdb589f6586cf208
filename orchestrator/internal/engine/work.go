package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// steerEvery is how often the operator's wish is looked at; with cancelGrace it keeps a cancel below two seconds.
const steerEvery = 250 * time.Millisecond

// cancelGrace is how long a cancelled batch may take to be answered.
const cancelGrace = time.Second

// beatEvery is how often the store gets a sign of life.
const beatEvery = time.Second

// DefaultStall is how long a task may go without progress before it is told what it waits for.
const DefaultStall = 20 * time.Second

var (
	errPaused    = errors.New("paused")
	errCancelled = errors.New("cancelled")
)

// wishes are the reasons to stop that operators have.
var wishes = map[migration.Desired]error{migration.WantPause: errPaused, migration.WantCancel: errCancelled}

// Work is one process's part in a run. Every engine uses it: it says what comes next, runs tasks, follows the operator's wishes,
// gives signs of life, and concludes.
type Work struct {
	Runner
	// Stall is how long a task may go without progress before it is told what it waits for.
	Stall time.Duration
	Now   func() time.Time

	run      string
	throttle *pipeline.Throttle
	asked    *stopper
	stalls   stalls
	close    func() error
}

// Close ends the connections to the agents.
func (w *Work) Close() error { return w.close() }

// Run names the migration's run that this is a part of.
func (w *Work) Run() string { return w.run }

// Stopped says that no further task is to be begun: operator, another process or Leave asked for it.
func (w *Work) Stopped() bool { return w.asked.stopped() }

// Leave asks the tasks to end after their batch, so that other processes go on with them.
func (w *Work) Leave() { w.asked.stop(ErrLeaving) }

// Attend follows the operator's wishes and gives signs of life until leave is called. The context that it gives ends when a
// cancel has waited for the batch long enough. stop asks to end after the batch.
func (w *Work) Attend(ctx context.Context, stop <-chan struct{}) (_ context.Context, leave func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w.beat(ctx)
	if m, err := w.Store.Migration(ctx, w.Migration); err == nil {
		w.share(m)
		if m.Desired != migration.WantRun {
			// Asked before the first task: nothing is begun.
			w.asked.stop(wishes[m.Desired])
		}
	}
	var watcher sync.WaitGroup
	quit := make(chan struct{})
	watcher.Go(func() { w.watch(ctx, stop, quit, cancel) })
	return ctx, func() {
		close(quit)
		watcher.Wait()
		cancel(nil)
	}
}

// watch follows the operator's wish until quit.
func (w *Work) watch(ctx context.Context, stop, quit <-chan struct{}, cancel context.CancelCauseFunc) {
	tick, beat := time.NewTicker(steerEvery), time.NewTicker(beatEvery)
	defer tick.Stop()
	defer beat.Stop()
	for {
		select {
		case <-quit:
			return
		case <-stop:
			w.asked.stop(errPaused)
			stop = nil
		case <-tick.C:
			w.steer(ctx, quit, cancel)
		case <-beat.C:
			w.beat(ctx)
		}
	}
}

func (w *Work) steer(ctx context.Context, quit <-chan struct{}, cancel context.CancelCauseFunc) {
	m, err := w.Store.Migration(ctx, w.Migration)
	if err != nil {
		return // the tasks meet the same error and tell it
	}
	w.share(m)
	switch {
	case m.Desired == migration.WantPause:
		w.asked.stop(errPaused)
	case m.Desired == migration.WantCancel:
		w.asked.stop(errCancelled)
		select {
		case <-quit:
		case <-time.After(cancelGrace):
			cancel(errCancelled)
		}
	case m.Status != migration.Running || m.RunID() != w.run:
		// It was taken for dead, and the migration has come to another end since.
		w.asked.stop(store.ErrStaleFence)
		cancel(store.ErrStaleFence)
	case m.Failure != nil:
		// A task of another process has failed.
		w.asked.stop(nil)
	}
}

// share takes this process's part of the rate.
func (w *Work) share(m *migration.Migration) { w.throttle.Set(m.Rate.Share(m.Hands(w.Now()))) }

// Next says what can be worked on now; it moves the stage on and makes the tasks that are due.
func (w *Work) Next(ctx context.Context) (migration.Next, error) {
	for {
		m, err := w.present(ctx)
		if err != nil {
			return migration.Next{}, err
		}
		tasks, err := w.Store.Tasks(ctx, w.Migration)
		if err != nil {
			return migration.Next{}, err
		}
		next := migration.Advance(migration.Snapshot{Mode: m.Mode, Kinds: m.Kinds, Tasks: tasks})
		if next.Stage != m.Stage {
			if err := w.Store.SetStage(ctx, w.Migration, next.Stage); err != nil {
				return migration.Next{}, err
			}
			w.Log.Info("stage begins", zap.String(keyStage, string(next.Stage)))
		}
		if len(next.Create) == 0 {
			return next, nil
		}
		if err := w.Store.Create(ctx, w.Migration, next.Create); err != nil {
			return migration.Next{}, err
		}
	}
}

// present is the migration, as long as it is in the run that this is a part of: a process that has slept through the end of
// its run must neither work on the next one nor conclude it.
func (w *Work) present(ctx context.Context) (*migration.Migration, error) {
	m, err := w.Store.Migration(ctx, w.Migration)
	if err == nil && m.RunID() != w.run {
		err = store.ErrStaleFence
	}
	return m, err
}

// Conclude notes how the run ended and makes the report, which is there whenever the store could be read, also beside an error.
func (w *Work) Conclude(ctx context.Context, err error) (*migration.Report, error) {
	if _, perr := w.present(ctx); errors.Is(err, store.ErrStaleFence) || errors.Is(perr, store.ErrStaleFence) {
		// Someone else works on it now; the state is theirs.
		return nil, &migration.Error{Problem: migration.Problem{
			Code: "taken_over", Cause: "another bailey process has taken over this migration", Fix: "Follow it with: bailey status " + w.Migration,
		}, Exit: migration.ExitFailed, Err: store.ErrStaleFence}
	}
	status, problem := w.verdict(ctx, err)
	if serr := w.Store.SetStatus(ctx, w.Migration, status, problem, w.Now()); serr != nil {
		return nil, errors.Join(err, serr)
	}
	fields := []zap.Field{zap.String(keyStatus, string(status))}
	if problem != nil {
		fields = append(fields, zap.String(keyCode, problem.Code))
	}
	w.Log.Info("run ends", fields...)
	rep, rerr := BuildReport(ctx, w.Store, w.Migration)
	if rerr != nil {
		return nil, errors.Join(err, rerr)
	}
	if rep.Stage == migration.StageDone {
		rerr = saveReport(ctx, w.Store, rep)
	}
	if err == nil && problem != nil {
		err = &migration.Error{Problem: *problem, Exit: migration.ExitFailed}
	}
	return rep, errors.Join(err, rerr)
}

// verdict is the status that an ended run gets. Rule 1: counts that do not add up are a failure.
func (w *Work) verdict(ctx context.Context, err error) (migration.Status, *migration.Problem) {
	switch {
	case err == nil:
		rep, rerr := BuildReport(ctx, w.Store, w.Migration)
		if rerr != nil {
			p := migration.ProblemOf(rerr)
			return migration.Failed, &p
		}
		if p := rep.Reconcile(); p != nil {
			return migration.Failed, p
		}
		return migration.Done, nil
	case errors.Is(err, errCancelled):
		return migration.Cancelled, nil
	case errors.Is(err, errPaused), errors.Is(err, context.Canceled):
		return migration.Paused, nil
	}
	p := migration.FailureOf(err)
	return migration.Failed, &p
}

// Stopped says that an error of Run means that the run was asked to end.
func Stopped(err error) bool {
	return errors.Is(err, errPaused) || errors.Is(err, errCancelled) || errors.Is(err, context.Canceled)
}

// BuildReport makes the report of the present run from the store.
func BuildReport(ctx context.Context, st store.Store, id string) (*migration.Report, error) {
	m, err := st.Migration(ctx, id)
	if err != nil {
		return nil, err
	}
	tasks, err := st.Tasks(ctx, id)
	if err != nil {
		return nil, err
	}
	results, err := st.Results(ctx, id, migration.MaxListed)
	if err != nil {
		return nil, err
	}
	return migration.NewReport(m, tasks, results)
}

func saveReport(ctx context.Context, st store.Store, rep *migration.Report) error {
	b, err := json.Marshal(rep)
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return st.SaveReport(ctx, rep.Migration, rep.Run, b)
}
