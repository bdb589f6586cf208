// Package engine decides who works on which task and starts it again when it failed: here what all engines share, and the
// embedded one, a pool of workers in one process.
package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// Keys of log lines.
const (
	keyRun     = "run"
	keyStage   = "stage"
	keyKind    = "kind"
	keyShard   = "shard"
	keyTask    = "task"
	keyCode    = "code"
	keyAttempt = "attempt"
	keyWait    = "wait"
	keyStatus  = "status"
	keyOn      = "on"
	keySide    = "side"
	keyCall    = "call"
	keySince   = "since"
	keyNextTry = "next_try"
)

// Retry says how long transient failures are waited out.
type Retry struct {
	// First and Most bound the pause between two attempts; it doubles.
	First, Most time.Duration
	// For is how long a task may go without a checkpoint before it is given up.
	For time.Duration
}

// DefaultRetry waits two minutes for an agent to come back.
var DefaultRetry = Retry{First: 200 * time.Millisecond, Most: 5 * time.Second, For: 2 * time.Minute}

// Runner works on tasks of one migration. Every engine uses it.
type Runner struct {
	Store store.Store
	// Connect gives what tasks use of the two sites; the first call may have to reach them.
	Connect func(ctx context.Context) (*pipeline.Env, error)
	// Stop is closed when work is to end after the batch.
	Stop <-chan struct{}
	// Migration is the id.
	Migration string
	// Owner names this process in the store.
	Owner string
	Retry Retry
	Log   *zap.Logger
	// Check is asked before each checkpoint; an error of the link index must not pass for links that do not resolve.
	Check func() error
	// Waits knows what tasks wait for.
	Waits *waits.Book
}

// RunTask claims a task and works on it until it is finished, again and again while failures are transient.
func (r *Runner) RunTask(ctx context.Context, task int64) error {
	last := time.Now()
	var watched *waits.Task
	for attempt := 1; ; attempt++ {
		t, err := r.Store.Claim(ctx, task, r.Owner)
		if err != nil {
			return err
		}
		if watched == nil {
			var leave func()
			ctx, watched, leave = r.Waits.Enter(ctx, t.Spec)
			defer leave()
		}
		watched.Try()
		j := &journal{r: r, task: t}
		err = r.try(ctx, t, j)
		if j.saved {
			last, attempt = time.Now(), 1
		}
		if err == nil || !migration.IsTransient(err) || ctx.Err() != nil {
			return ended(ctx, err)
		}
		if time.Since(last) > r.Retry.For {
			return err
		}
		wait := r.pause(attempt)
		r.Log.Warn("task interrupted, trying again", append(taskFields(t), zap.String(keyCode, migration.ProblemOf(err).Code),
			zap.Int(keyAttempt, attempt), zap.Duration(keyWait, wait))...)
		done := watched.Retry(wait, migration.ProblemOf(err))
		err = r.wait(ctx, wait)
		if done(nil); err != nil {
			return err
		}
	}
}

// try is one attempt.
func (r *Runner) try(ctx context.Context, t *migration.Task, j *journal) error {
	env, err := r.Connect(ctx)
	if err != nil {
		return err
	}
	return env.RunTask(ctx, t, j)
}

// ended prefers the reason why work was cut off to what it looked like from inside.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(err, store.ErrStaleFence) {
		return context.Cause(ctx)
	}
	return err
}

func (r *Runner) pause(attempt int) time.Duration {
	d := r.Retry.Most
	if attempt < 16 {
		d = min(d, r.Retry.First<<(attempt-1))
	}
	// Half of it by chance, so that workers do not come back all at once.
	return d/2 + rand.N(d/2+1)
}

func (r *Runner) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.Stop:
		return migration.ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func taskFields(t *migration.Task) []zap.Field {
	f := []zap.Field{zap.Int64(keyTask, t.ID), zap.String(keyStage, string(t.Stage))}
	if t.Kind != recordv1.Kind_KIND_UNSPECIFIED {
		f = append(f, zap.String(keyKind, record.KindName(t.Kind)), zap.Int(keyShard, t.Seq))
	}
	return f
}

// journal saves the checkpoints of one claimed task.
type journal struct {
	r     *Runner
	task  *migration.Task
	saved bool
}

var _ pipeline.Journal = (*journal)(nil)

// Save implements pipeline.Journal with the fence of the claim.
func (j *journal) Save(ctx context.Context, c *migration.Checkpoint) error {
	if j.r.Check != nil {
		if err := j.r.Check(); err != nil {
			return err
		}
	}
	done := waits.For(ctx, migration.OnStore, "Save", 0)
	err := j.r.Store.Save(ctx, j.task.ID, j.task.Fence, c)
	if done(err); err != nil {
		return err
	}
	waits.Moved(ctx)
	j.saved = true
	return nil
}

// Unmoved implements pipeline.Journal.
func (j *journal) Unmoved(ctx context.Context, k recordv1.Kind, ids []string) (map[string]agentv1.Outcome, error) {
	return j.r.Store.Unmoved(ctx, j.r.Migration, k, ids)
}

// Known implements pipeline.Journal.
func (j *journal) Known(ctx context.Context, k recordv1.Kind, ids []string) (map[string]int64, error) {
	return j.r.Store.Known(ctx, j.r.Migration, k, ids)
}

// Due implements pipeline.Journal.
func (j *journal) Due(ctx context.Context, k recordv1.Kind, after string, limit int) ([]migration.Known, error) {
	return j.r.Store.Due(ctx, j.r.Migration, k, after, limit)
}

// Missing implements pipeline.Journal.
func (j *journal) Missing(ctx context.Context, k recordv1.Kind, after string, limit int) ([]string, error) {
	return j.r.Store.Missing(ctx, j.r.Migration, k, after, limit)
}

// Settled implements pipeline.Journal.
func (j *journal) Settled(ctx context.Context, k recordv1.Kind) (uint64, error) {
	return j.r.Store.Settled(ctx, j.r.Migration, k)
}

// Totals implements pipeline.Journal.
func (j *journal) Totals(ctx context.Context) (map[recordv1.Kind]migration.Counts, error) {
	tasks, err := j.r.Store.Tasks(ctx, j.r.Migration)
	if err != nil {
		return nil, err
	}
	return migration.CountKinds(tasks), nil
}
