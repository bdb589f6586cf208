package pipeline

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// throttleStep is the most that a wait under the throttle reserves at a time: a change of the rate is felt after it.
const throttleStep = time.Second / 2

// Throttle holds all tasks of a run to a rate. The rate can be changed at any time; the nil Throttle is no limit.
type Throttle struct {
	mu             sync.Mutex
	rate           migration.Rate
	records, bytes *rate.Limiter
}

// NewThrottle makes one.
func NewThrottle(r migration.Rate) *Throttle {
	t := &Throttle{records: rate.NewLimiter(rate.Inf, 0), bytes: rate.NewLimiter(rate.Inf, 0)}
	t.Set(r)
	return t
}

// Set changes the rate; batches that wait feel it within a second.
func (t *Throttle) Set(r migration.Rate) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rate != r {
		set(t.records, t.rate.Records, r.Records)
		set(t.bytes, t.rate.Bytes, r.Bytes)
		t.rate = r
	}
}

func set(l *rate.Limiter, was, n uint64) {
	switch {
	case was == n:
	case n == 0:
		l.SetLimit(rate.Inf)
	default:
		l.SetLimit(rate.Limit(n))
		l.SetBurst(max(1, int(float64(n)*throttleStep.Seconds())))
	}
}

// now gives the present rate.
func (t *Throttle) now() migration.Rate {
	if t == nil {
		return migration.Rate{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rate
}

// wait lets so many records and bytes pass. ErrStopped: stop was closed first.
func (t *Throttle) wait(ctx context.Context, stop <-chan struct{}, records, bytes uint64) error {
	if t == nil {
		return nil
	}
	if err := t.pass(ctx, stop, t.records, records); err != nil {
		return err
	}
	return t.pass(ctx, stop, t.bytes, bytes)
}

func (t *Throttle) pass(ctx context.Context, stop <-chan struct{}, l *rate.Limiter, n uint64) error {
	var done func(error)
	for n > 0 {
		pause, took := t.reserve(l, n)
		n -= took
		if pause <= 0 {
			continue
		}
		if done == nil {
			done = waits.For(ctx, migration.OnThrottle, t.now().String(), 0)
			defer func() { done(nil) }()
		}
		if err := sleep(ctx, stop, pause); err != nil {
			return err
		}
	}
	return nil
}

// reserve takes at most the limiter's burst.
func (t *Throttle) reserve(l *rate.Limiter, n uint64) (pause time.Duration, took uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.Limit() == rate.Inf {
		return 0, n
	}
	took = min(n, uint64(l.Burst()))
	return l.ReserveN(time.Now(), int(took)).Delay(), took
}

func sleep(ctx context.Context, stop <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-stop:
		return migration.ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
