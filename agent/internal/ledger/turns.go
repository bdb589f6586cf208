package ledger

import (
	"context"
	"strconv"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// turns lets one stream at a time write a record. A stream that was cut off may still be writing a batch when the next one
// brings the same: it would find the names of its own records taken, and choose others.
type turns struct {
	mu   sync.Mutex
	free *sync.Cond
	busy map[string]bool
}

func newTurns() *turns {
	t := &turns{busy: map[string]bool{}}
	t.free = sync.NewCond(&t.mu)
	return t
}

// take waits until nobody writes any of the records, and takes them all at once, so that two never wait for one another.
// waited says that another stream has had one of them.
func (t *turns) take(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record) (release func(), waited bool, err error) {
	keys := make([]string, len(recs))
	for i, rec := range recs {
		keys[i] = strconv.FormatInt(sc.site, 10) + " " + strconv.Itoa(int(kind)) + " " + rec.GetRef().GetSourceId()
	}
	defer context.AfterFunc(ctx, t.wake)()
	t.mu.Lock()
	defer t.mu.Unlock()
	for ctx.Err() == nil && t.anyBusy(keys) {
		waited = true
		t.free.Wait()
	}
	if err := ctx.Err(); err != nil {
		return nil, waited, err
	}
	for _, k := range keys {
		t.busy[k] = true
	}
	return func() { t.release(keys) }, waited, nil
}

func (t *turns) anyBusy(keys []string) bool {
	for _, k := range keys {
		if t.busy[k] {
			return true
		}
	}
	return false
}

func (t *turns) release(keys []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.busy, k)
	}
	t.free.Broadcast()
}

// wake lets those that wait look whether their context has ended. The lock keeps it from falling between look and wait.
func (t *turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free.Broadcast()
}
