package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Limits of one batch.
const (
	MaxBatchRecords = 1000
)

// Write writes a batch of sealed records of one kind and answers each in order, after the commit (Rule 3). An error means
// that the target as a whole cannot be written; what is not answered may be sent again (Rule 2).
func (l *Ledger) Write(ctx context.Context, sc *Scope, batch []*recordv1.Record) ([]*agentv1.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	if len(batch) > MaxBatchRecords {
		return nil, &link.Error{Code: "batch_too_large", Cause: "the batch holds more than 1,000 records", Fix: "send smaller batches", Grpc: codes.InvalidArgument}
	}
	kind := batch[0].GetRef().GetKind()
	answers := make(map[*recordv1.Record]*agentv1.Result, len(batch))
	good, err := screen(kind, batch, answers)
	if err != nil {
		return nil, err
	}
	release, waited, err := l.turns.take(ctx, sc, kind, good)
	if err != nil {
		return nil, err
	}
	if waited {
		l.known.written(sc.site, kind)
	}
	defer release()
	sc.rest.mu.RLock()
	defer sc.rest.mu.RUnlock()
	if err := l.write(ctx, sc, kind, good, answers); err != nil {
		return nil, l.told("write", err)
	}
	results := make([]*agentv1.Result, len(batch))
	for i, rec := range batch {
		results[i] = answers[rec]
	}
	return results, nil
}

// screen keeps what is valid and answers the rest at once.
func screen(kind cms.Kind, batch []*recordv1.Record, answers map[*recordv1.Record]*agentv1.Result) ([]*recordv1.Record, error) {
	good := make([]*recordv1.Record, 0, len(batch))
	seen := make(map[string]bool, len(batch))
	for _, rec := range batch {
		if rec.GetRef().GetKind() != kind {
			return nil, &link.Error{Code: "mixed_batch", Cause: "the batch holds records of several kinds", Fix: "send one kind per batch", Grpc: codes.InvalidArgument}
		}
		if p := flaw(rec, seen); p != nil {
			answers[rec] = &agentv1.Result{Ref: rec.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
			continue
		}
		seen[rec.GetRef().GetSourceId()] = true
		good = append(good, rec)
	}
	return good, nil
}

func flaw(rec *recordv1.Record, seen map[string]bool) *agentv1.Problem {
	digest, p := record.Check(rec)
	if p != nil {
		return p
	}
	if !bytes.Equal(rec.GetDigest(), digest) {
		return &agentv1.Problem{Code: "bad_digest", Cause: "the record's digest does not fit its content", Fix: "seal the record before sending it", Field: "digest"}
	}
	if seen[rec.GetRef().GetSourceId()] {
		return &agentv1.Problem{Code: "duplicate_ref", Cause: "the batch holds the same record twice", Fix: "check the source for a doubled id", Field: "ref"}
	}
	return nil
}

// write writes records together, or, when one of them is bad, in ever smaller parts until the bad one is alone (Rule 4).
func (l *Ledger) write(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record, answers map[*recordv1.Record]*agentv1.Result) error {
	if len(recs) == 0 {
		return nil
	}
	blank, err := l.isBlank(ctx, sc, kind)
	if err != nil {
		return err
	}
	var done []*agentv1.Result
	err = l.again(ctx, func() (err error) {
		done, err = l.attempt(ctx, sc, kind, recs, blank)
		// Some of it is there, as after a batch that was sent again: look first.
		blank = blank && !errors.Is(err, errTaken)
		return err
	})
	switch {
	case err == nil:
		for i, rec := range recs {
			answers[rec] = done[i]
		}
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case lasting(err):
		return err
	case len(recs) > 1:
		half := len(recs) / 2
		if err := l.write(ctx, sc, kind, recs[:half], answers); err != nil {
			return err
		}
		return l.write(ctx, sc, kind, recs[half:], answers)
	}
	l.log.Warn("record rejected", zap.String("kind", record.KindName(kind)), zap.String("source_id", recs[0].GetRef().GetSourceId()), zap.String("error", safe(err)))
	res, err := l.reject(ctx, sc, kind, recs[0], alone(err))
	answers[recs[0]] = res
	return err
}

// safe is an error without the content that a database quotes in its messages.
func safe(err error) string {
	var fault *driverFault
	if errors.As(err, &fault) {
		return fault.Error()
	}
	return fmt.Sprintf("class %d, code %s", cmssql.ClassOf(err), cmssql.Number(err))
}

// attempt is one transaction of a batch. blank: the ledger is taken to hold none of it; its keys tell otherwise (Rule 2).
func (l *Ledger) attempt(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record, blank bool) ([]*agentv1.Result, error) {
	names := l.names.Reserve()
	defer names.Release()
	b := &batch{l: l, sc: sc, kind: kind, recs: recs, blank: blank}
	epoch := l.known.now()
	defer since(&l.spent.writing, time.Now())
	err := l.once(ctx, func(tx *cmssql.Tx) error {
		b.results = make([]*agentv1.Result, len(recs))
		return b.run(ctx, tx, names)
	})
	if b.moved {
		// Also when it failed: then it may have been committed all the same.
		l.known.forget()
	}
	if err != nil {
		return nil, err
	}
	if b.changed {
		sc.struck()
	}
	l.known.learn(epoch, herdKey{site: sc.site, kind: kind}, b.written)
	return b.results, nil
}

// batch is the work of one transaction.
type batch struct {
	l    *Ledger
	sc   *Scope
	kind cms.Kind
	recs []*recordv1.Record
	// blank: own need not be read.
	blank bool
	own   map[string]*row
	// healed are records with a pointer that led nowhere when an earlier run ended, and now leads somewhere.
	healed map[string]bool
	// edited are rows of the target that people have edited since.
	edited map[string]bool
	// todo are indexes into recs of what the driver gets.
	todo []int
	// extra are rows to be written beside those of todo.
	extra   []entry
	results []*agentv1.Result
	// changed says that rows of the ledger were written.
	changed bool
	// saved are the rows written; moved says that one of them has another target than before.
	saved []entry
	moved bool
}

func (b *batch) run(ctx context.Context, tx *cmssql.Tx, names *cms.Reservation) (err error) {
	todo, refs, err := b.prepare(ctx, tx)
	if err != nil {
		return err
	}
	if len(todo) == 0 {
		return b.keep(ctx, tx, nil)
	}
	unit := &cms.Unit{Tx: tx, Refs: refs, FallbackAuthor: b.sc.author, Names: names, Shared: &shared{b.l, tx, b.sc}}
	results, err := b.l.drive(ctx, unit, b.kind, todo)
	if err != nil {
		return err
	}
	return b.keep(ctx, tx, results)
}

// prepare gives what the driver gets, and what that points to.
func (b *batch) prepare(ctx context.Context, tx *cmssql.Tx) ([]*recordv1.Record, *refs, error) {
	defer since(&b.l.spent.ledger, time.Now())
	if err := b.recall(ctx, tx); err != nil {
		return nil, nil, err
	}
	if err := b.split(); err != nil {
		return nil, nil, err
	}
	todo := make([]*recordv1.Record, len(b.todo))
	for i, at := range b.todo {
		todo[i] = b.recs[at]
	}
	refs := b.l.newRefs(tx, b.sc, b.kind)
	refs.own = b.own
	return todo, refs, refs.gather(ctx, todo)
}

// recall reads what the ledger holds of the batch.
func (b *batch) recall(ctx context.Context, tx *cmssql.Tx) (err error) {
	if b.blank {
		return nil
	}
	ids := make([]string, len(b.recs))
	for i, rec := range b.recs {
		ids[i] = rec.GetRef().GetSourceId()
	}
	if b.own, err = b.l.own(ctx, tx, b.sc, b.kind, ids); err != nil {
		return err
	}
	if err := b.heal(ctx, tx, ids); err != nil {
		return err
	}
	return b.findEdited(ctx, tx)
}

// split answers what needs no writing: what people have edited is kept, a batch sent again gets its first answers, what the target holds is unchanged
// (Rule 2), and what was adopted stays adopted.
func (b *batch) split() error {
	for i, rec := range b.recs {
		row := b.own[rec.GetRef().GetSourceId()]
		adopted := row != nil && row.target != "" && row.origin == agentv1.Outcome_OUTCOME_ADOPTED
		edited := b.isEdited(row)
		switch {
		case row == nil || edited && b.sc.overwrite:
			b.todo = append(b.todo, i)
			continue
		case edited:
			// The ledger keeps what was written last: whoever undoes one of the two edits is no longer told.
			b.results[i] = &agentv1.Result{Ref: rec.GetRef(), Outcome: agentv1.Outcome_OUTCOME_SKIPPED, Problem: editedOnTarget()}
			continue
		case !adopted && !b.settled(row, rec):
			b.todo = append(b.todo, i)
			continue
		}
		res, err := row.result()
		if err != nil {
			return err
		}
		res.Ref = rec.GetRef()
		b.results[i] = res
		switch {
		case !b.settled(row, rec):
			if err := b.keepAdopted(row, rec, res); err != nil {
				return err
			}
		case row.run != b.sc.run:
			res.Outcome, res.Problem = agentv1.Outcome_OUTCOME_UNCHANGED, nil
		}
	}
	return nil
}

// keepAdopted answers a changed record whose row is the target's own and stays as it is, whatever fields have changed.
func (b *batch) keepAdopted(was *row, rec *recordv1.Record, res *agentv1.Result) (err error) {
	res.Outcome, res.Problem = agentv1.Outcome_OUTCOME_ADOPTED, nil
	res.Adjustments = []*agentv1.Adjustment{{Field: record.WholeRecord, Code: "kept_existing"}}
	next := *was
	next.run, next.digest, next.outcome = b.sc.run, string(rec.GetDigest()), res.Outcome
	if next.detail, err = detail(nil, res.Adjustments); err != nil {
		return err
	}
	b.extra = append(b.extra, entry{id: rec.GetRef().GetSourceId(), row: &next})
	return nil
}

func (b *batch) settled(r *row, rec *recordv1.Record) bool {
	if r.digest != string(rec.GetDigest()) || b.healed[rec.GetRef().GetSourceId()] {
		return false
	}
	// What could not be written before may be possible in a later run.
	return r.run == b.sc.run || !b.sc.anew && r.outcome != agentv1.Outcome_OUTCOME_REJECTED && r.outcome != agentv1.Outcome_OUTCOME_SKIPPED
}

// heal finds records whose cleared pointers can be filled by now, as after a sample was followed by the whole site: they
// are written again although they are the same.
func (b *batch) heal(ctx context.Context, tx *cmssql.Tx, ids []string) (err error) {
	known := make([]string, 0, len(b.own))
	for _, id := range ids {
		if r := b.own[id]; r != nil && r.run != b.sc.run {
			known = append(known, id)
		}
	}
	b.healed, err = b.l.fillable(ctx, tx, b.sc, b.kind, known)
	return err
}

// keep checks the driver's answers and writes them down beside the records (Rule 2).
func (b *batch) keep(ctx context.Context, tx *cmssql.Tx, results []cms.Result) error {
	defer since(&b.l.spent.ledger, time.Now())
	entries := make([]entry, 0, len(results)+len(b.extra))
	for i, res := range results {
		at := b.todo[i]
		if wrote(res.Outcome) && b.isEdited(b.own[b.recs[at].GetRef().GetSourceId()]) {
			res.Adjustments = append(res.Adjustments, overwritten())
		}
		e, err := b.entry(b.recs[at], res)
		if err != nil {
			return err
		}
		old := b.own[e.id]
		if old == nil || !old.refusedAlike(e.row) {
			entries = append(entries, e)
		}
		b.moved = b.moved || old != nil && old.target != e.row.target
		b.results[at] = &agentv1.Result{Ref: b.recs[at].GetRef(), Outcome: res.Outcome, Problem: res.Problem, Adjustments: res.Adjustments}
	}
	b.saved = append(entries, b.extra...)
	if b.changed = len(b.saved) > 0; b.changed {
		if err := b.l.strike(ctx, tx, b.sc); err != nil {
			return err
		}
	}
	return b.l.save(ctx, tx, b.sc, b.kind, b.saved)
}

func (b *batch) entry(rec *recordv1.Record, res cms.Result) (entry, error) {
	id := rec.GetRef().GetSourceId()
	old := b.own[id]
	if what := broken(res); what != "" {
		return entry{}, &driverFault{what}
	}
	text, err := detail(res.Problem, res.Adjustments)
	if err != nil {
		return entry{}, err
	}
	e := entry{id: id, fresh: old == nil, before: res.Before, open: res.Open,
		row: &row{target: res.TargetID, outcome: res.Outcome, origin: origin(old, res), run: b.sc.run, digest: string(rec.GetDigest()), detail: text}}
	if res.TargetID == "" && old != nil {
		// What an earlier run wrote is still there, and still ours.
		e.row.target = old.target
	}
	if e.row.origin == agentv1.Outcome_OUTCOME_CREATED {
		e.before = nil
	}
	return e, nil
}

// origin is what the target's row is to us for good. Another row than before is a new beginning: one that is adopted after
// ours was removed is not ours.
func origin(old *row, res cms.Result) agentv1.Outcome {
	if old != nil && old.target != "" && (res.TargetID == "" || res.TargetID == old.target) {
		return old.origin
	}
	if res.Outcome == agentv1.Outcome_OUTCOME_UNCHANGED {
		return agentv1.Outcome_OUTCOME_UPDATED
	}
	return res.Outcome
}

// broken says how an answer breaks the contract; empty: it does not.
func broken(res cms.Result) string {
	switch res.Outcome {
	case agentv1.Outcome_OUTCOME_CREATED, agentv1.Outcome_OUTCOME_UPDATED, agentv1.Outcome_OUTCOME_UNCHANGED, agentv1.Outcome_OUTCOME_ADOPTED:
		if res.TargetID == "" || len(res.TargetID) > record.MaxSourceID {
			return "a written record has no usable target id"
		}
	case agentv1.Outcome_OUTCOME_SKIPPED, agentv1.Outcome_OUTCOME_REJECTED:
		if res.Problem.GetCode() == "" {
			return "a record was left out without a reason"
		}
	default:
		return "an outcome is not set"
	}
	return ""
}

// drive calls the driver once for the batch; a panic is an error of this batch.
func (l *Ledger) drive(ctx context.Context, u *cms.Unit, kind cms.Kind, recs []*recordv1.Record) (results []cms.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("driver panicked", zap.String("kind", record.KindName(kind)), zap.ByteString("stack", debug.Stack()))
			err = &driverFault{"panic"}
		}
	}()
	results, err = l.site.Write(ctx, u, kind, recs)
	if err == nil && len(results) != len(recs) {
		return nil, &driverFault{fmt.Sprintf("%d answers for %d records", len(results), len(recs))}
	}
	return results, err
}

// reject writes down that a record was left out; an earlier row of it on the target stays.
func (l *Ledger) reject(ctx context.Context, sc *Scope, kind cms.Kind, rec *recordv1.Record, p *agentv1.Problem) (*agentv1.Result, error) {
	b := &batch{l: l, sc: sc, kind: kind, recs: []*recordv1.Record{rec}, todo: []int{0}, results: make([]*agentv1.Result, 1)}
	err := l.tx(ctx, func(tx *cmssql.Tx) (err error) {
		if b.own, err = l.own(ctx, tx, sc, kind, []string{rec.GetRef().GetSourceId()}); err != nil {
			return err
		}
		return b.keep(ctx, tx, []cms.Result{{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}})
	})
	if err == nil && b.changed {
		sc.struck()
	}
	return b.results[0], err
}
