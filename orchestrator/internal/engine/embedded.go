package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
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

// Embedded works on a migration with a pool of workers in this process.
type Embedded struct {
	Runner
	Workers int
	// Stall is how long a task may go without progress before it is told what it waits for.
	Stall time.Duration
	Now   func() time.Time

	stalls stalls
	// moved is when everything had been moved and verification, if any, was left.
	moved time.Time
}

// Run works until the migration is done, stopped or failed, and gives the report. stop asks to end after the batch; ending ctx
// ends at once. The report is there whenever the store could be read, also beside an error.
func (e *Embedded) Run(ctx context.Context, stop <-chan struct{}) (*migration.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := newStopper()
	e.Env.Stop = s.ch
	e.beat(ctx)
	var watchers sync.WaitGroup
	quit := make(chan struct{})
	if m, err := e.Store.Migration(ctx, e.Migration); err == nil && m.Desired != migration.WantRun {
		// Asked before the first task: nothing is begun.
		s.stop(wishes[m.Desired])
	}
	watchers.Go(func() { e.watch(ctx, s, stop, quit, cancel) })
	err := e.loop(ctx, s)
	close(quit)
	watchers.Wait()
	if cause := s.cause(); cause != nil && (err == nil || errors.Is(err, migration.ErrStopped)) {
		err = cause
	}
	return e.conclude(context.WithoutCancel(ctx), err)
}

// wishes are the reasons to stop that operators have.
var wishes = map[migration.Desired]error{migration.WantPause: errPaused, migration.WantCancel: errCancelled}

// loop asks Advance what comes next until nothing does.
func (e *Embedded) loop(ctx context.Context, s *stopper) error {
	var stage migration.Stage
	for {
		next, err := e.next(ctx)
		if err != nil {
			return err
		}
		if next.Stage != stage {
			stage = next.Stage
			if err := e.Store.SetStage(ctx, e.Migration, stage); err != nil {
				return err
			}
			e.Log.Info("stage begins", zap.String(keyStage, string(stage)))
		}
		if (stage == migration.StageVerify || stage == migration.StageDone) && e.moved.IsZero() {
			e.moved = e.Now()
		}
		switch {
		case stage == migration.StageDone:
			return nil
		case len(next.Create) > 0:
			err = e.Store.Create(ctx, e.Migration, next.Create)
		default:
			err = e.runAll(ctx, s, next.Ready)
		}
		if err != nil {
			return err
		}
	}
}

func (e *Embedded) next(ctx context.Context) (migration.Next, error) {
	m, err := e.Store.Migration(ctx, e.Migration)
	if err != nil {
		return migration.Next{}, err
	}
	tasks, err := e.Store.Tasks(ctx, e.Migration)
	if err != nil {
		return migration.Next{}, err
	}
	return migration.Advance(migration.Snapshot{Mode: m.Mode, Kinds: m.Kinds, Tasks: tasks}), nil
}

// runAll works on tasks side by side. When one fails the others stop after their batch, so that nothing is cut off needlessly.
func (e *Embedded) runAll(ctx context.Context, s *stopper, tasks []migration.Task) error {
	var g errgroup.Group
	g.SetLimit(max(1, e.Workers))
	var first failure
	for _, t := range tasks {
		g.Go(func() error {
			if s.stopped() {
				return nil
			}
			if err := e.RunTask(ctx, t.ID); err != nil {
				first.note(err)
				s.stop(nil)
			}
			return nil
		})
	}
	_ = g.Wait()
	if err := first.err; err != nil {
		return err
	}
	if s.stopped() {
		return migration.ErrStopped
	}
	return nil
}

// failure keeps the first error that is more than being asked to stop.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || errors.Is(f.err, migration.ErrStopped) {
		f.err = err
	}
}

// watch follows the operator's wish until quit.
func (e *Embedded) watch(ctx context.Context, s *stopper, stop, quit <-chan struct{}, cancel context.CancelCauseFunc) {
	tick, beat := time.NewTicker(steerEvery), time.NewTicker(beatEvery)
	defer tick.Stop()
	defer beat.Stop()
	for {
		select {
		case <-quit:
			return
		case <-stop:
			s.stop(errPaused)
			stop = nil
		case <-tick.C:
			e.steer(ctx, s, quit, cancel)
		case <-beat.C:
			e.beat(ctx)
		}
	}
}

func (e *Embedded) steer(ctx context.Context, s *stopper, quit <-chan struct{}, cancel context.CancelCauseFunc) {
	m, err := e.Store.Migration(ctx, e.Migration)
	if err != nil {
		return // the loop meets the same error and tells it
	}
	e.Env.Throttle.Set(m.Rate)
	switch m.Desired {
	case migration.WantPause:
		s.stop(errPaused)
	case migration.WantCancel:
		s.stop(errCancelled)
		select {
		case <-quit:
		case <-time.After(cancelGrace):
			cancel(errCancelled)
		}
	}
}

// conclude notes how the run ended and makes the report.
func (e *Embedded) conclude(ctx context.Context, err error) (*migration.Report, error) {
	if errors.Is(err, store.ErrStaleFence) {
		// Someone else works on it now; the state is theirs.
		return nil, &migration.Error{Problem: migration.Problem{
			Code: "taken_over", Cause: "another bailey process has taken over this migration", Fix: "Follow it with: bailey status " + e.Migration,
		}, Exit: migration.ExitFailed, Err: err}
	}
	status, problem := e.verdict(ctx, err)
	if serr := e.Store.SetStatus(ctx, e.Migration, status, problem, e.Now()); serr != nil {
		return nil, errors.Join(err, serr)
	}
	fields := []zap.Field{zap.String(keyStatus, string(status))}
	if problem != nil {
		fields = append(fields, zap.String(keyCode, problem.Code))
	}
	e.Log.Info("run ends", fields...)
	rep, rerr := BuildReport(ctx, e.Store, e.Migration)
	if rerr != nil {
		return nil, errors.Join(err, rerr)
	}
	if rep.Stage == migration.StageDone {
		rerr = saveReport(ctx, e.Store, rep)
	}
	if err == nil && problem != nil {
		err = &migration.Error{Problem: *problem, Exit: migration.ExitFailed}
	}
	return rep, errors.Join(err, rerr)
}

// verdict is the status that an ended run gets. Rule 1: counts that do not add up are a failure.
func (e *Embedded) verdict(ctx context.Context, err error) (migration.Status, *migration.Problem) {
	switch {
	case err == nil:
		rep, rerr := BuildReport(ctx, e.Store, e.Migration)
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
	p := migration.ProblemOf(err)
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
