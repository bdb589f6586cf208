package ledger

import (
	"context"
	"hash/maphash"
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
	// recent are hashes of records whose turn is over, the last of each slot (Rule 9).
	recent [slots]uint64
	seed   maphash.Seed
}

func newTurns() *turns {
	t := &turns{busy: map[string]bool{}, seed: maphash.MakeSeed()}
	t.free = sync.NewCond(&t.mu)
	return t
}

// take waits until nobody writes any of the records, and takes them all at once, so that two never wait for one another.
// again says that one of them has had its turn before, as far as that is remembered.
func (t *turns) take(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record) (release func(), again bool, err error) {
	keys := make([]string, len(recs))
	for i, rec := range recs {
		keys[i] = strconv.FormatInt(sc.site, 10) + " " + strconv.Itoa(int(kind)) + " " + rec.GetRef().GetSourceId()
	}
	defer context.AfterFunc(ctx, t.wake)()
	t.mu.Lock()
	defer t.mu.Unlock()
	for ctx.Err() == nil && t.anyBusy(keys) {
		t.free.Wait()
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	for _, k := range keys {
		t.busy[k] = true
		hash := maphash.String(t.seed, k)
		again = again || t.recent[hash%slots] == hash
		t.recent[hash%slots] = hash
	}
	return func() { t.release(keys) }, again, nil
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
