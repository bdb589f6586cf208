package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Bounds of one message of records, below what an agent takes.
const (
	maxChunkRecords = 1000
	maxChunkBytes   = 4 << 20
)

// chunk is one message of a batch: records of one kind that lie side by side.
type chunk struct {
	piece
	seq     uint64
	records int
	anew    bool
}

// copy moves a shard: one goroutine reads and transforms, one moves files and sends, one takes the answers and saves.
// Up to Limits.Window batches are unanswered at a time; what is saved is always a prefix of what was acknowledged (Rule 3).
func (e *Env) copy(ctx context.Context, t *migration.Task, j Journal) error {
	if err := e.settled(ctx, t, j); err != nil {
		return err
	}
	held := e.budget()
	defer held.close()
	g, ctx := errgroup.WithContext(ctx)
	read := make(chan *batch, 1)
	sent := make(chan *batch, max(1, e.Limits.Window))
	var complete atomic.Bool
	g.Go(func() error {
		defer close(read)
		ok, err := e.extract(ctx, t, j, held, func(b *batch) error { return put(ctx, read, b) })
		complete.Store(ok)
		return err
	})
	g.Go(func() error {
		defer close(sent)
		return e.send(ctx, read, sent)
	})
	// The task is a copy here: extract goes on reading from where the task began.
	done := *t
	g.Go(func() error { return e.receive(ctx, &done, j, sent, held) })
	if err := g.Wait(); err != nil {
		return err
	}
	*t = done
	if !complete.Load() {
		return migration.ErrStopped
	}
	return end(context.WithoutCancel(ctx), j, t)
}

func put(ctx context.Context, ch chan<- *batch, b *batch) error {
	select {
	case ch <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// send moves the files of each batch and then sends its records.
func (e *Env) send(ctx context.Context, read <-chan *batch, sent chan<- *batch) error {
	var w Writer
	var seq uint64
	for b := range read {
		if err := e.moveFiles(ctx, b.items); err != nil {
			return err
		}
		b.cut()
		if w == nil && len(b.chunks) > 0 {
			var err error
			if w, err = e.Target.Write(ctx); err != nil {
				return err
			}
		}
		b.writer = w
		for i := range b.chunks {
			seq++
			b.chunks[i].seq = seq
		}
		// Handed over first, so that a refusal is read as the answer it is.
		if err := put(ctx, sent, b); err != nil {
			return err
		}
		if err := e.sendChunks(w, b.packed, b.chunks); err != nil {
			return err
		}
		b.packed.giveBack()
	}
	if w != nil {
		return w.CloseSend()
	}
	return nil
}

func (e *Env) sendChunks(w Writer, packed *arena, chunks []chunk) error {
	for _, c := range chunks {
		req := &agentv1.WriteRecordsRequest{Seq: c.seq, Anew: c.anew}
		record.SetPacked(req, packed.bytes(c.piece))
		if c.seq == 1 {
			req.Scope = e.scope()
		}
		switch err := w.Send(req); {
		case errors.Is(err, io.EOF):
			// The stream has failed; Recv gives the reason.
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// cut makes messages of the records of a batch; it packs what is not yet.
func (b *batch) cut() {
	if b.packed == nil {
		b.packed = newArena()
	}
	for _, it := range b.items {
		it.pack(b.packed)
		for _, p := range it.pieces {
			if last := len(b.chunks) - 1; last < 0 || !b.chunks[last].takes(p, it.anew) {
				b.chunks = append(b.chunks, chunk{piece: piece{kind: p.kind, from: p.from}, anew: it.anew})
			}
			c := &b.chunks[len(b.chunks)-1]
			c.records, c.to = c.records+1, p.to
		}
	}
}

// takes says that a record may stand in the same message: records of one kind, not too many.
func (c *chunk) takes(p piece, anew bool) bool {
	return c.records < maxChunkRecords && p.to-c.from <= maxChunkBytes && c.kind == p.kind && c.to == p.from && c.anew == anew
}

// receive takes the answers in order and saves each batch.
func (e *Env) receive(ctx context.Context, t *migration.Task, j Journal, sent <-chan *batch, held *budget) error {
	for b := range sent {
		results, err := answers(b)
		if err != nil {
			return err
		}
		c, err := account(t, b, results)
		if err != nil {
			return err
		}
		// Rule 3: saved only now, after the target committed; and saved even when the run is being cancelled.
		if err := save(context.WithoutCancel(ctx), j, t, c); err != nil {
			return err
		}
		e.noteWritten(c.Counts)
		held.release(b.size)
	}
	return nil
}

// answers reads the results of all messages of a batch.
func answers(b *batch) ([]*agentv1.Result, error) {
	var all []*agentv1.Result
	for _, c := range b.chunks {
		resp, err := b.writer.Recv()
		if errors.Is(err, io.EOF) {
			err = &migration.Error{
				Problem: migration.Problem{Code: "stream_ended", Cause: "the target's agent ended the stream before it answered", Fix: "Look at the target agent's log."},
				Exit:    migration.ExitUnreachable, Transient: true,
			}
		}
		if err != nil {
			return nil, err
		}
		if resp.GetSeq() != c.seq || len(resp.GetResults()) != c.records {
			return nil, fmt.Errorf("the target answered batch %d with %d results where batch %d with %d was due",
				resp.GetSeq(), len(resp.GetResults()), c.seq, c.records)
		}
		all = append(all, resp.GetResults()...)
	}
	return all, nil
}

// account turns a batch and its results into a checkpoint. Rule 1: each record gets exactly one outcome.
func account(t *migration.Task, b *batch, results []*agentv1.Result) (*migration.Checkpoint, error) {
	c := checkpoint(t)
	c.Cursor = b.cursor
	c.Counts.Read += b.read()
	losses := lossSet{}
	for _, it := range b.items {
		own := results[:it.records()]
		results = results[it.records():]
		if err := it.settle(own); err != nil {
			return nil, err
		}
		c.Counts.Add(it.outcome)
		c.Counts.Bytes += it.bytes()
		if it.outcome != agentv1.Outcome_OUTCOME_REJECTED {
			losses.add(it.losses...)
		}
		if it.records() > 0 {
			losses.skipped(it.ref, it.outcome, it.problem)
		}
		addUnmoved(c, it.ref, it.outcome, it.problem)
		c.Known = append(c.Known, remembered(it))
	}
	for _, u := range b.unread {
		c.Counts.Add(u.GetOutcome())
		losses.skipped(u.GetRef(), u.GetOutcome(), u.GetProblem())
		addUnmoved(c, u.GetRef(), u.GetOutcome(), u.GetProblem())
		c.Known = append(c.Known, forgotten(u.GetRef()))
	}
	c.Losses = losses.list()
	return c, nil
}

// settle finds the outcome of an item: that of its first record, unless one derived from it was rejected.
func (it *item) settle(results []*agentv1.Result) error {
	for i, r := range results {
		if r.GetOutcome() == agentv1.Outcome_OUTCOME_UNSPECIFIED {
			return fmt.Errorf("the target gave no outcome for a record of kind %s", it.ref.GetKind())
		}
		if i == 0 || r.GetOutcome() == agentv1.Outcome_OUTCOME_REJECTED {
			it.outcome, it.problem = r.GetOutcome(), r.GetProblem()
		}
	}
	return nil
}

// bytes counts the records and their files, whether or not an interrupted run had moved them before.
func (it *item) bytes() uint64 {
	n := it.size
	for _, r := range it.out {
		for _, f := range r.GetMedia().GetFiles() {
			if !f.GetMissing() {
				n += f.GetBytes()
			}
		}
	}
	return n
}

func addUnmoved(c *migration.Checkpoint, ref *recordv1.Ref, o agentv1.Outcome, p *agentv1.Problem) {
	if o != agentv1.Outcome_OUTCOME_SKIPPED && o != agentv1.Outcome_OUTCOME_REJECTED {
		return
	}
	c.Unmoved = append(c.Unmoved, migration.Unmoved{
		Kind: ref.GetKind(), SourceID: ref.GetSourceId(), Outcome: o,
		Problem: migration.ProblemFrom(p),
	})
}
