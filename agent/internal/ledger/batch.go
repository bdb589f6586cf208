package ledger

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

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
	results, err := b.drive(ctx, unit, todo)
	if err != nil {
		return err
	}
	return b.keep(ctx, tx, results)
}

// drive lets the driver write accounts with the address of an earlier one of the batch after it, so that it finds that one on the
// target and adopts it: no platform lets two accounts share an address.
func (b *batch) drive(ctx context.Context, unit *cms.Unit, todo []*recordv1.Record) ([]cms.Result, error) {
	first, later := twins(todo)
	if len(later) == 0 {
		return b.l.drive(ctx, unit, b.kind, todo)
	}
	results := make([]cms.Result, len(todo))
	for _, indexes := range [][]int{first, later} {
		part := make([]*recordv1.Record, len(indexes))
		for i, at := range indexes {
			part[i] = todo[at]
		}
		done, err := b.l.drive(ctx, unit, b.kind, part)
		if err != nil {
			return nil, err
		}
		for i, at := range indexes {
			results[at] = done[i]
		}
	}
	return results, nil
}

// twins divides a batch of accounts, by index, into those whose e-mail address is the first of its kind, and the others. Other records
// have no twins.
func twins(recs []*recordv1.Record) (first, later []int) {
	if recs[0].GetUser() == nil {
		return nil, nil
	}
	seen := map[string]bool{}
	for i, r := range recs {
		mail := strings.ToLower(r.GetUser().GetEmail())
		if mail != "" && seen[mail] {
			later = append(later, i)
			continue
		}
		seen[mail] = true
		first = append(first, i)
	}
	return first, later
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
