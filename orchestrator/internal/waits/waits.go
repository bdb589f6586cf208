// Package waits knows what each running task waits for, so that a run without progress can say so.
package waits

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Book holds the tasks of a run and what they wait for.
type Book struct {
	now   func() time.Time
	mu    sync.Mutex
	tasks map[*Task]bool
}

// NewBook makes an empty book.
func NewBook(now func() time.Time) *Book { return &Book{now: now, tasks: map[*Task]bool{}} }

// Task is one task that is being worked on.
type Task struct {
	book *Book
	spec migration.Spec
	// moved is when it last made progress; failed is the side whose call failed last.
	moved  time.Time
	failed string
	open   map[*wait]bool
}

// wait is a call that has not come back.
type wait struct{ migration.Wait }

type taskKey struct{}

// Enter notes that a task is worked on; calls with the context are its calls. leave ends it. The nil Book
// forgets it.
func (b *Book) Enter(ctx context.Context, spec migration.Spec) (_ context.Context, t *Task, leave func()) {
	if b == nil {
		b = NewBook(time.Now)
	}
	t = &Task{book: b, spec: spec, moved: b.now(), open: map[*wait]bool{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks[t] = true
	return context.WithValue(ctx, taskKey{}, t), t, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.tasks, t)
	}
}

// Busy is how many tasks are worked on.
func (b *Book) Busy() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.tasks)
}

// Moved notes that the context's task has made progress.
func Moved(ctx context.Context) {
	if t, ok := ctx.Value(taskKey{}).(*Task); ok {
		t.book.mu.Lock()
		defer t.book.mu.Unlock()
		t.moved = t.book.now()
	}
}

// For notes what the context's task waits for from now on, until done is called with how it ended. nextTry may be zero.
func For(ctx context.Context, on, call string, patience time.Duration) (done func(error)) {
	t, ok := ctx.Value(taskKey{}).(*Task)
	if !ok {
		return func(error) {}
	}
	w := migration.Wait{On: on, Side: on, Call: call}
	if patience > 0 {
		w.NextTry = t.book.now().Add(patience)
	}
	return t.begin(w)
}

// Retry notes that the task waits out a failure.
func (t *Task) Retry(pause time.Duration, p migration.Problem) (done func(error)) {
	w := migration.Wait{On: migration.OnRetry, NextTry: t.book.now().Add(pause), Failure: &p}
	t.book.mu.Lock()
	w.Side = t.failed
	t.book.mu.Unlock()
	return t.begin(w)
}

func (t *Task) begin(w migration.Wait) (done func(error)) {
	open := &wait{w}
	t.book.mu.Lock()
	defer t.book.mu.Unlock()
	open.Since = t.book.now()
	t.open[open] = true
	return func(err error) {
		t.book.mu.Lock()
		defer t.book.mu.Unlock()
		delete(t.open, open)
		// What follows the first failure of a try only follows from it: contexts end.
		if err != nil && t.failed == "" {
			t.failed = open.Side
		}
	}
}

// Try begins another try of the task.
func (t *Task) Try() {
	t.book.mu.Lock()
	defer t.book.mu.Unlock()
	t.failed = ""
}

// Stalled gives what tasks wait for that have made no progress for a time: for each the wait that has lasted longest. Oldest first.
func (b *Book) Stalled(after time.Duration) []migration.Wait {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []migration.Wait
	for t := range b.tasks {
		if b.now().Sub(t.moved) < after || len(t.open) == 0 {
			continue
		}
		all = append(all, t.longest())
	}
	slices.SortFunc(all, func(x, y migration.Wait) int { return x.Since.Compare(y.Since) })
	return all
}

func (t *Task) longest() migration.Wait {
	var first *wait
	for w := range t.open {
		if first == nil || w.Since.Before(first.Since) {
			first = w
		}
	}
	w := first.Wait
	w.Stage, w.Shard, w.Idle = t.spec.Stage, t.spec.Seq, t.moved
	if t.spec.Kind != recordv1.Kind_KIND_UNSPECIFIED {
		w.Kind = record.KindName(t.spec.Kind)
	}
	return w
}
