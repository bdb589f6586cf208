package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// batch is one batch of the source on its way to the target.
type batch struct {
	cursor []byte
	unread []*agentv1.Unread
	items  []*item
	// packed holds the records as they are sent.
	packed *arena
	// chunks are the messages that the batch is sent in.
	chunks []chunk
	writer Writer
	// size is what the batch holds of the memory budget.
	size int64
	// last ends the task although the source has more (a sample).
	last bool
}

// read is the number of records that the batch accounts for.
func (b *batch) read() uint64 { return uint64(len(b.items) + len(b.unread)) }

// bytes is what the batch's records take when they are sent.
func (b *batch) bytes() (n uint64) {
	for _, it := range b.items {
		n += it.size
	}
	return n
}

// extract yields the batches of a shard from the task's cursor on, cut at its limit, until done, stopped or failed.
// The budget is held for each batch that is handed over.
func (e *Env) extract(ctx context.Context, t *migration.Task, j Journal, held *budget, out func(*batch) error) (complete bool, err error) {
	return e.extractFrom(ctx, t, j, held, func([]*recordv1.Record) {}, out)
}

// extractFrom is extract with a look at the records before they are transformed.
func (e *Env) extractFrom(ctx context.Context, t *migration.Task, j Journal, held *budget, look func([]*recordv1.Record), out func(*batch) error) (complete bool, err error) {
	left := newLimit(t)
	if left.reached() {
		return true, nil
	}
	anew := map[string]bool{}
	for resp, err := range e.batches(ctx, t, j, anew) {
		if err != nil {
			return false, err
		}
		left.cut(resp)
		look(resp.GetRecords())
		b := &batch{cursor: resp.GetCursor(), unread: resp.GetUnread(), last: left.reached()}
		if t.Stage == migration.StageCopy {
			b.packed = newArena()
		}
		alone, err := e.leftAlone(ctx, t, j, resp.GetRecords())
		if err != nil {
			return false, err
		}
		found, err := e.fetchMissing(ctx, resp.GetRecords())
		if err != nil {
			return false, err
		}
		if b.items, err = e.transform(ctx, resp.GetRecords(), b.packed); err != nil {
			return false, err
		}
		b.leave(alone)
		// Whatever waits from here on holds what is to be sent, and not what was read as well.
		resp.Records = nil
		bytes := b.bytes()
		if b.size, err = held.acquire(ctx, int64(bytes)); err != nil {
			return false, err
		}
		if err := e.Throttle.wait(ctx, e.Stop, b.read(), bytes); err != nil {
			// Stopped while this batch waited: it is read again when the run goes on.
			return false, unlessStopped(err)
		}
		for _, it := range b.items {
			it.anew, it.fetched = anew[it.ref.GetSourceId()], found
		}
		if err := out(b); err != nil {
			return false, err
		}
		if b.last {
			return true, nil
		}
		if e.stopped() {
			return false, nil
		}
	}
	return true, nil
}

func unlessStopped(err error) error {
	if errors.Is(err, migration.ErrStopped) {
		return nil
	}
	return err
}

// limit counts down to a sample's end.
type limit struct {
	on   bool
	left uint64
}

func newLimit(t *migration.Task) *limit {
	if t.Limit == 0 {
		return &limit{}
	}
	return &limit{on: true, left: t.Limit - min(t.Limit, t.Counts.Read)}
}

func (l *limit) reached() bool { return l.on && l.left == 0 }

// cut drops what lies behind the limit; the cursor is not used again then.
func (l *limit) cut(resp *agentv1.ReadRecordsResponse) {
	if !l.on {
		return
	}
	n := min(l.left, uint64(len(resp.GetRecords())))
	resp.Records = resp.GetRecords()[:n]
	m := min(l.left-n, uint64(len(resp.GetUnread())))
	resp.Unread = resp.GetUnread()[:m]
	l.left -= n + m
}

// budget is one task's share of the memory that batches may hold (Rule 9).
type budget struct {
	sem  *semaphore.Weighted
	most int64
	held atomic.Int64
}

func (e *Env) budget() *budget { return &budget{sem: e.memory, most: max(1, e.Limits.MemoryBytes)} }

// acquire waits for room; a batch larger than the whole budget gets all of it.
func (b *budget) acquire(ctx context.Context, n int64) (int64, error) {
	n = min(max(n, 1), b.most)
	if err := b.sem.Acquire(ctx, n); err != nil {
		return 0, err
	}
	b.held.Add(n)
	return n, nil
}

func (b *budget) release(n int64) {
	b.held.Add(-n)
	b.sem.Release(n)
}

// close gives back what batches held that were given up.
func (b *budget) close() {
	if n := b.held.Swap(0); n > 0 {
		b.sem.Release(n)
	}
}

// item is one record of the source with what became of it.
type item struct {
	ref *recordv1.Ref
	// out is what is sent; the first is the record itself, further ones were derived from it. Empty once it is packed.
	out []*recordv1.Record
	// pieces are the same packed.
	pieces []piece
	// outcome is set as soon as it is known without asking the target.
	outcome agentv1.Outcome
	problem *agentv1.Problem
	losses  []migration.Loss
	// examples are what stands in the source of constructs that are lost, by code. They are content, and of plans only (Rule 8).
	examples map[string]string
	// digest stands for the source's record.
	digest int64
	// anew: written even if the target's ledger knows it.
	anew bool
	// fetched are the files of the batch that were looked for at their addresses, by id.
	fetched map[string]*fetched
	// size is what the records take when they are sent, in bytes.
	size uint64
}

func (it *item) reject(p *agentv1.Problem) {
	it.outcome, it.problem, it.out, it.pieces, it.size = agentv1.Outcome_OUTCOME_REJECTED, p, nil, nil, 0
}

// leave skips a record that cannot be without another one.
func (it *item) leave() {
	it.outcome, it.out, it.pieces, it.size = agentv1.Outcome_OUTCOME_SKIPPED, nil, nil, 0
	it.problem = &agentv1.Problem{Code: lossLeft, Cause: "what it was written to is left behind", Fix: "Look for that record's own outcome; both move together."}
	it.losses = nil
	it.lose(lossLeft, record.WholeRecord, 1)
}

// records is how many are sent.
func (it *item) records() int { return max(len(it.out), len(it.pieces)) }

// told says that the transformation has told what the target tells as well.
func (it *item) told(a *agentv1.Adjustment) bool {
	return slices.ContainsFunc(it.losses, func(l migration.Loss) bool { return l.Code == a.GetCode() && l.Field == a.GetField() })
}

// lose counts a loss of the item, or of one of its fields.
func (it *item) lose(code, field string, n uint64) {
	it.losses = append(it.losses, migration.Loss{Code: code, Kind: it.ref.GetKind(), Field: field, Count: n, Refs: []string{it.ref.GetSourceId()}})
}
