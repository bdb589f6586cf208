package enginetest

import (
	"context"
	"sync"
	"testing"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// readBacks counts how often records are read back, and calls stop at the third call.
type readBacks struct {
	mu    sync.Mutex
	calls int
	times map[record.Key]int
	stop  func()
}

func (b *readBacks) note(req *agentv1.ReadBackRequest) {
	b.mu.Lock()
	b.calls++
	for _, ref := range req.GetRefs() {
		b.times[record.KeyOf(ref)]++
	}
	third := b.calls == 3
	b.mu.Unlock()
	if third {
		b.stop()
	}
}

// expect begins to count.
func (b *readBacks) expect(stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls, b.times, b.stop = 0, map[record.Key]int{}, stop
}

// once wants each record to have been read back once, and more than stop has let through.
func (b *readBacks) once(t *testing.T, what string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls <= 3 {
		t.Errorf("%s: %d calls", what, b.calls)
	}
	for k, n := range b.times {
		if n != 1 {
			t.Errorf("%s: %s was read back %d times", what, k, n)
		}
	}
}

// verified: Rule 3. Verification that is stopped, in a run or later, does not read again what it has compared.
func verified(t *testing.T, r *run) {
	ctx := context.Background()
	reached, closed := make(chan struct{}), make(chan struct{})
	var b readBacks
	b.expect(func() {
		close(reached)
		<-closed
	})
	r.Target.OnReadBack = b.note
	p := r.begin(t)
	wait(t, reached, "the third batch")
	if err := r.Store.Steer(ctx, r.id, migration.WantPause, time.Now()); err != nil {
		t.Fatal(err)
	}
	p.Await(t, "wish")
	close(closed)
	if m := r.ends(t, migration.Paused); m.Stage != migration.StageVerify {
		t.Errorf("paused in %s", m.Stage)
	}
	r.resume(t)
	first := r.same(t)
	b.once(t, "the run")

	r.Manager.Engine = r.Engine
	stop := make(chan struct{})
	b.expect(func() { stop <- struct{}{} })
	verify := func(stop <-chan struct{}, resumed bool) (*migration.Report, error) {
		t.Helper()
		job, err := r.Manager.Verify(ctx, r.id, engine.Request{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if job.Resumed != resumed {
			t.Errorf("resumed: %v", job.Resumed)
		}
		return job.Run(ctx, stop)
	}
	if _, err := verify(stop, false); !engine.Stopped(err) {
		t.Errorf("not stopped: %v", err)
	}
	if again, err := verify(nil, true); err != nil || again.Root != first.Root || again.Reverified == "" {
		t.Errorf("%v: %+v", err, again)
	}
	b.once(t, "the verification")
}
