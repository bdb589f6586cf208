package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// leaveWithin is how long tasks may take to end their batch when a worker is asked to end.
const leaveWithin = 20 * time.Second

// stickyFor is how long a workflow waits for the worker that knows it before another one takes it.
const stickyFor = 2 * time.Second

// Work runs tasks of any migrations in the store, r.Workers at a time, until ctx ends; the tasks then end after their batch and
// other workers go on with them. Beside it r.Stall and r.Patience count. ready is called when the first can come.
func (c *Client) Work(ctx context.Context, m *engine.Manager, r engine.Request, ready func()) error {
	a := &activities{sessions: newSessions(m, r), log: c.options.Log}
	fatal := make(chan error, 1)
	w := worker.New(c.client, c.options.Queue, worker.Options{
		MaxConcurrentActivityExecutionSize: r.Workers, WorkerStopTimeout: leaveWithin, StickyScheduleToStartTimeout: stickyFor,
		MaxHeartbeatThrottleInterval: heartbeat / 5, DisableRegistrationAliasing: true,
		OnFatalError: func(err error) { fatal <- err },
	})
	w.RegisterWorkflowWithOptions(migrate, workflow.RegisterOptions{Name: workflowName})
	w.RegisterActivityWithOptions(a.advance, activity.RegisterOptions{Name: advanceName})
	w.RegisterActivityWithOptions(a.task, activity.RegisterOptions{Name: taskName})
	if err := w.Start(); err != nil {
		return c.options.unreachable(err)
	}
	ready()
	var err error
	select {
	case <-ctx.Done():
	case err = <-fatal:
		err = c.options.unreachable(err)
	}
	a.sessions.leave()
	w.Stop()
	return errors.Join(err, a.sessions.close())
}

// activities are what workflows call. Errors that they give are codes: Temporal keeps them.
type activities struct {
	sessions *sessions
	log      *zap.Logger
}

// advance says which tasks can be taken up.
func (a *activities) advance(ctx context.Context, id string) (ready []int64, err error) {
	defer a.opaque(&err)
	s, err := a.sessions.enter(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.exit()
	tasks, err := s.Advance(ctx)
	for _, t := range tasks[:min(len(tasks), maxTasks)] {
		ready = append(ready, t.ID)
	}
	return ready, err
}

// task runs a task.
func (a *activities) task(ctx context.Context, t task) (err error) {
	defer a.opaque(&err)
	s, err := a.sessions.enter(ctx, t.Migration)
	if err != nil {
		return err
	}
	defer s.exit()
	defer beat(ctx)()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	return s.Do(ctx, t.Task)
}

// beat tells Temporal that the worker lives until stop is called. The context ends when Temporal has given the task to another.
func beat(ctx context.Context) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(heartbeat / 5)
		defer tick.Stop()
		for {
			activity.RecordHeartbeat(ctx)
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// opaque leaves of an error, or of a panic, what may lie in a history.
func (a *activities) opaque(err *error) {
	if p := recover(); p != nil {
		// What a panic says may hold content (Rule 8).
		a.log.Error("panic", zap.String("type", fmt.Sprintf("%T", p)), zap.Stack("stack"))
		*err = errors.New("panic")
	}
	switch {
	case *err == nil, errors.Is(*err, context.Canceled):
	case errors.Is(*err, store.ErrStaleFence):
		*err = temporal.NewApplicationError("taken_over", "")
	default:
		*err = temporal.NewApplicationError(migration.ProblemOf(*err).Code, "")
	}
}
