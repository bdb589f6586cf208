package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Embedded works on a migration with a pool of workers in this process.
type Embedded struct {
	*Work
	Workers int
	// moved is when everything had been moved and verification, if any, was left.
	moved time.Time
}

// Run works until the migration is done, stopped or failed, and gives the report. stop asks to end after the batch; ending ctx
// ends at once. The report is there whenever the store could be read, also beside an error.
func (e *Embedded) Run(ctx context.Context, stop <-chan struct{}) (*migration.Report, error) {
	attended, leave := e.Attend(ctx, stop)
	err := e.loop(attended)
	leave()
	if cause := e.asked.cause(); cause != nil && (err == nil || errors.Is(err, migration.ErrStopped)) {
		err = cause
	}
	return e.Conclude(context.WithoutCancel(ctx), err)
}

// loop asks what comes next until nothing does.
func (e *Embedded) loop(ctx context.Context) error {
	for {
		next, err := e.Next(ctx)
		if err != nil {
			return err
		}
		if e.reached(next.Stage); next.Stage == migration.StageDone {
			return nil
		}
		if err := e.runAll(ctx, next.Ready); err != nil {
			return err
		}
	}
}

// reached notes the first time that nothing was left to be moved.
func (e *Embedded) reached(s migration.Stage) {
	if (s == migration.StageVerify || s == migration.StageDone) && e.moved.IsZero() {
		e.moved = e.Now()
	}
}

// runAll works on tasks side by side. When one fails the others stop after their batch, so that nothing is cut off needlessly.
func (e *Embedded) runAll(ctx context.Context, tasks []migration.Task) error {
	var g errgroup.Group
	g.SetLimit(max(1, e.Workers))
	var first failure
	for _, t := range tasks {
		g.Go(func() error {
			if e.Stopped() {
				return nil
			}
			if err := e.RunTask(ctx, t.ID); err != nil {
				first.note(err)
				e.asked.stop(nil)
			}
			return nil
		})
	}
	_ = g.Wait()
	if err := first.err; err != nil {
		return err
	}
	if e.Stopped() {
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
