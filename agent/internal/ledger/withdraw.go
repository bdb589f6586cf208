package ledger

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Actions of a withdrawal beside those of a rollback.
const (
	ActionUnpublished = "unpublished"
	ActionAbsent      = "absent"
)

// Withdraw removes from the target, or hides there, what the source no longer has; one answer per ref, in order. Only what a
// migration made is touched, and nothing that people have edited or need. A record, its rows in the ledger and what is said of
// it change in one transaction (Rule 2); files follow it.
func (l *Ledger) Withdraw(ctx context.Context, sc *Scope, req *agentv1.WithdrawRequest, files Discarder) ([]*agentv1.Withdrawn, error) {
	if len(req.GetRefs()) > lookup {
		return nil, tooMany()
	}
	all := make([]*agentv1.Withdrawn, len(req.GetRefs()))
	if err := l.indexTargets(ctx); err != nil {
		return nil, l.told("withdraw", err)
	}
	byKind := map[cms.Kind][]*agentv1.Withdrawn{}
	for i, ref := range req.GetRefs() {
		all[i] = &agentv1.Withdrawn{Ref: ref}
		byKind[ref.GetKind()] = append(byKind[ref.GetKind()], all[i])
	}
	for _, kind := range undoOrder() {
		if len(byKind[kind]) == 0 {
			continue
		}
		w := &withdrawal{l: l, sc: sc, kind: kind, hide: req.GetWithdrawal() == agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH, all: byKind[kind]}
		if err := w.commit(ctx); err != nil {
			return nil, l.told("withdraw", err)
		}
		if err := w.dropFiles(ctx, files); err != nil {
			return nil, l.told("withdraw", err)
		}
	}
	return all, nil
}

// withdrawn is the origin of a record whose row was removed because the source no longer has it. It has no target.
const withdrawn agentv1.Outcome = 101

// nothing is the digest of no record.
var nothing = string(make([]byte, sha256.Size))

// withdrawal takes back records of one kind.
type withdrawal struct {
	l    *Ledger
	sc   *Scope
	kind cms.Kind
	hide bool
	all  []*agentv1.Withdrawn
	// changed says that rows of the ledger were changed.
	changed bool
}

// commit is the transaction of a kind.
func (w *withdrawal) commit(ctx context.Context) error {
	w.sc.rest.mu.RLock()
	defer w.sc.rest.mu.RUnlock()
	return w.l.again(ctx, func() error {
		w.changed = false
		err := w.l.once(ctx, func(tx *cmssql.Tx) error { return w.run(ctx, tx) })
		if w.changed {
			// Also when it failed: then it may have been committed all the same.
			w.l.known.forget()
		}
		if err == nil && w.changed {
			w.sc.struck()
		}
		return err
	})
}

func (w *withdrawal) run(ctx context.Context, tx *cmssql.Tx) error {
	own, err := w.l.own(ctx, tx, w.sc, w.kind, w.ids(func(*agentv1.Withdrawn) bool { return true }))
	if err != nil {
		return err
	}
	mine := map[string]*agentv1.Withdrawn{}
	for _, a := range w.all {
		a.Action, a.Problem = ActionAbsent, nil
		r := own[a.GetRef().GetSourceId()]
		switch {
		case r != nil && r.origin == withdrawn && r.run == w.sc.run:
			// Asked again within the run: its first answer (Rule 2).
			a.Action = ActionRemoved
		case r == nil || r.target == "":
		case int(r.origin) != created || !cms.Removable(w.l.site, w.kind):
			a.Action, a.Problem = ActionKept, wasThere()
		default:
			mine[r.target] = a
		}
	}
	if err := w.judge(ctx, tx, mine); err != nil || len(mine) == 0 {
		return err
	}
	w.changed = true
	if err := w.l.strike(ctx, tx, w.sc); err != nil {
		return err
	}
	if w.hide {
		return w.unpublish(ctx, tx, mine)
	}
	return w.remove(ctx, tx, mine)
}

func wasThere() *agentv1.Problem {
	return &agentv1.Problem{Code: "was_there_before", Cause: "the target had it before the migration", Fix: "remove it by hand if it is not wanted"}
}

// ids are the source ids of the answers chosen.
func (w *withdrawal) ids(chosen func(*agentv1.Withdrawn) bool) []string {
	var ids []string
	for _, a := range w.all {
		if chosen(a) {
			ids = append(ids, a.GetRef().GetSourceId())
		}
	}
	return ids
}

// judge leaves in mine what may go.
func (w *withdrawal) judge(ctx context.Context, tx *cmssql.Tx, mine map[string]*agentv1.Withdrawn) error {
	j := &judge{l: w.l, tx: tx, sc: w.sc, alone: true, keep: map[string]*agentv1.Problem{}}
	targets := slices.Collect(maps.Keys(mine))
	if w.hide {
		edited, err := j.edited(ctx, w.kind, targets)
		if err != nil {
			return err
		}
		for id := range edited {
			j.keep[id] = editedSince()
		}
	} else if err := j.look(ctx, w.kind, targets); err != nil {
		return err
	}
	for id, a := range mine {
		if why := j.keep[id]; why != nil {
			a.Action, a.Problem = ActionKept, why
			delete(mine, id)
		}
	}
	return nil
}

// remove erases rows that stand for no other record; one that does goes over to that record.
func (w *withdrawal) remove(ctx context.Context, tx *cmssql.Tx, mine map[string]*agentv1.Withdrawn) error {
	var sources, shared, heirs []string
	for _, a := range mine {
		sources = append(sources, a.GetRef().GetSourceId())
	}
	err := w.l.pairs(ctx, tx, "target_id", "source_id", w.sc, w.kind, slices.Collect(maps.Keys(mine)), func(target, source string) {
		if !slices.Contains(sources, source) {
			shared, heirs = append(shared, target), append(heirs, source)
		}
	})
	if err != nil {
		return err
	}
	var gone, forget, tombs []string
	for id, a := range mine {
		if source := a.GetRef().GetSourceId(); slices.Contains(shared, id) {
			forget = append(forget, source)
		} else {
			a.Action = ActionRemoved
			gone, tombs = append(gone, id), append(tombs, source)
		}
	}
	settle, err := w.l.beside(ctx, tx, w.sc)
	if err != nil {
		return err
	}
	u := &undo{l: w.l, sc: w.sc}
	if err := u.write(ctx, tx, w.kind, gone, forget, nil); err != nil {
		return err
	}
	if err := settle(); err != nil {
		return err
	}
	if err := w.l.dropPending(ctx, tx, w.sc, w.kind, tombs); err != nil {
		return err
	}
	if err := w.set(ctx, tx, heirs, func(r *row) { r.origin = agentv1.Outcome_OUTCOME_CREATED }); err != nil {
		return err
	}
	return w.set(ctx, tx, tombs, func(r *row) {
		*r = row{outcome: agentv1.Outcome_OUTCOME_SKIPPED, origin: withdrawn, run: w.sc.run, digest: nothing}
	})
}

// unpublish hides rows. Their digest is forgotten, so that a record that comes back at the source is written again.
func (w *withdrawal) unpublish(ctx context.Context, tx *cmssql.Tx, mine map[string]*agentv1.Withdrawn) error {
	var hidden, sources []string
	for _, h := range w.l.byBody(w.kind, slices.Collect(maps.Keys(mine))) {
		if h.body.Hide != nil {
			if err := h.body.Hide(ctx, tx, h.keys); err != nil {
				return err
			}
		}
		for _, key := range h.keys {
			a := mine[h.body.ID(key)]
			if h.body.Hide == nil {
				a.Action, a.Problem = ActionKept, neverHidden()
				continue
			}
			a.Action = ActionUnpublished
			hidden, sources = append(hidden, h.body.ID(key)), append(sources, a.GetRef().GetSourceId())
		}
	}
	if err := w.l.forgetStates(ctx, tx, w.sc, w.kind, hidden); err != nil {
		return err
	}
	return w.set(ctx, tx, sources, func(r *row) { r.digest = nothing })
}

func neverHidden() *agentv1.Problem {
	return &agentv1.Problem{Code: "cannot_unpublish", Cause: "the target cannot hide records of this kind", Fix: "remove it by hand, or synchronise with --deleted delete"}
}

// set changes rows of the ledger, and seals them anew.
func (w *withdrawal) set(ctx context.Context, tx *cmssql.Tx, ids []string, change func(*row)) error {
	rows, err := w.l.own(ctx, tx, w.sc, w.kind, ids)
	if err != nil {
		return err
	}
	entries := make([]entry, 0, len(rows))
	for id, r := range rows {
		change(r)
		entries = append(entries, entry{id: id, row: r})
	}
	return w.l.saveKnown(ctx, tx, w.sc, w.kind, entries)
}

// dropFiles takes back the files of media that are gone, also of those that an interrupted call removed.
func (w *withdrawal) dropFiles(ctx context.Context, files Discarder) error {
	if w.kind != recordv1.Kind_KIND_MEDIA || w.hide {
		return nil
	}
	u := &undo{l: w.l, sc: w.sc, files: files}
	for _, a := range w.all {
		if a.GetAction() == ActionKept {
			continue
		}
		all, err := u.filesWhere(ctx, "media_id = ?", a.GetRef().GetSourceId())
		if err != nil {
			return err
		}
		for _, f := range all {
			if a.Problem, err = u.storedFile(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}
