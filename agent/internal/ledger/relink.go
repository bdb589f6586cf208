package ledger

import (
	"context"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// pending is one open pointer.
type pending struct {
	id     int64
	rec    record.Key
	target string
	slot   string
	token  record.Token
}

// group are the open pointers of one slot of one record; the driver gets them together.
type group struct {
	rows []pending
	// ready: every token stands for something, or this is the last round.
	ready bool
}

// Relink fills the pointers of one page of up to 1,000: those of slots whose tokens are all known or, in the last round,
// all. A text's token that stands for nothing becomes its fallback or "#". What is still open is told whole.
func (l *Ledger) Relink(ctx context.Context, sc *Scope, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error) {
	after, err := position(req.GetAfter())
	if err != nil {
		return nil, err
	}
	var resp *agentv1.RelinkResponse
	err = l.tx(ctx, func(tx *cmssql.Tx) error {
		round := &round{l: l, sc: sc, tx: tx, req: req, resp: &agentv1.RelinkResponse{}}
		resp = round.resp
		return round.run(ctx, after)
	})
	return resp, l.told("relink", err)
}

// round is one call of Relink.
type round struct {
	l    *Ledger
	sc   *Scope
	tx   *cmssql.Tx
	req  *agentv1.RelinkRequest
	resp *agentv1.RelinkResponse
	refs *refs
}

func (r *round) run(ctx context.Context, after place) error {
	rows, next, err := r.page(ctx, after)
	if err != nil || len(rows) == 0 {
		return err
	}
	r.resp.Cursor = next
	r.refs = r.l.newRefs(r.tx, r.sc, 0)
	r.refs.final, r.refs.fallbacks = true, r.req.GetFallbacks()
	tokens := map[record.Token]struct{}{}
	for _, p := range rows {
		tokens[p.token] = struct{}{}
	}
	if err := r.refs.lookup(ctx, map[record.Key]struct{}{}, tokens); err != nil {
		return err
	}
	byKind := map[cms.Kind][]group{}
	for _, g := range r.groups(rows) {
		kind := g.rows[0].rec.Kind
		byKind[kind] = append(byKind[kind], g)
	}
	for _, kind := range record.Kinds {
		if err := r.kind(ctx, kind, byKind[kind]); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) groups(rows []pending) []group {
	type key struct {
		rec  record.Key
		slot string
	}
	at := map[key]int{}
	var all []group
	for _, p := range rows {
		k := key{p.rec, p.slot}
		i, ok := at[k]
		if !ok {
			i = len(all)
			at[k] = i
			all = append(all, group{ready: true})
		}
		all[i].rows = append(all[i].rows, p)
		if r.refs.texts[p.token] == "" && !r.req.GetLast() {
			all[i].ready = false
		}
	}
	return all
}

// kind hands the ready slots of one kind to the driver, together or, when that fails, one by one.
func (r *round) kind(ctx context.Context, kind cms.Kind, groups []group) error {
	var ready []group
	for _, g := range groups {
		if g.ready {
			ready = append(ready, g)
		} else {
			r.stillOpen(g)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	err := r.fill(ctx, kind, ready)
	if err == nil || lasting(err) {
		return err
	}
	for _, g := range ready {
		if err := r.fill(ctx, kind, []group{g}); lasting(err) {
			return err
		} else if err != nil {
			r.l.log.Warn("pointers not filled", zap.String("kind", record.KindName(kind)), zap.String("source_id", g.rows[0].rec.ID), zap.String("error", safe(err)))
			r.stillOpen(g)
		}
	}
	return nil
}

// fill writes the pointers of some slots and takes them off the list, both or neither (Rule 2).
func (r *round) fill(ctx context.Context, kind cms.Kind, groups []group) error {
	var links []cms.Link
	var done, lost []int64
	for _, g := range groups {
		for _, p := range g.rows {
			target := r.refs.targets[p.token.Ref]
			ok := target != ""
			links = append(links, cms.Link{TargetID: p.target, Slot: p.slot, Token: p.token, Found: ok, Target: target})
			if ok {
				done = append(done, p.id)
			} else {
				lost = append(lost, p.id)
			}
		}
	}
	names := r.l.names.Reserve()
	defer names.Release()
	unit := &cms.Unit{Tx: r.tx, Refs: r.refs, FallbackAuthor: r.sc.author, Names: names, Shared: &shared{r.l, r.tx, r.sc}}
	err := r.tx.Savepoint(ctx, func() error {
		if err := r.l.site.Relink(ctx, unit, kind, links); err != nil {
			return err
		}
		if err := r.l.forgetStates(ctx, r.tx, r.sc, kind, targetsOf(links)); err != nil {
			return err
		}
		return r.l.settle(ctx, r.tx, done, lost)
	})
	if err != nil {
		return err
	}
	r.count(groups)
	return nil
}

func (r *round) count(groups []group) {
	recs := map[record.Key]struct{}{}
	for _, g := range groups {
		recs[g.rows[0].rec] = struct{}{}
		for _, p := range g.rows {
			if r.refs.targets[p.token.Ref] == "" {
				r.open(p)
			}
		}
	}
	r.resp.Filled += uint64(len(recs))
}

func (r *round) stillOpen(g group) {
	for _, p := range g.rows {
		r.open(p)
	}
}

func (r *round) open(p pending) {
	r.resp.Open = append(r.resp.Open, &agentv1.OpenLink{From: p.rec.Ref(), Field: p.slot, Token: p.token.Name()})
}

// settle takes filled pointers off the list; those that lead nowhere for good stay as cleared, for the report.
func (l *Ledger) settle(ctx context.Context, tx *cmssql.Tx, done, lost []int64) error {
	if err := l.onPending(ctx, tx, "DELETE FROM "+l.from(tablePending), done); err != nil {
		return err
	}
	return l.onPending(ctx, tx, "UPDATE "+l.from(tablePending)+" SET cleared = 1", lost)
}

func (l *Ledger) onPending(ctx context.Context, tx *cmssql.Tx, do string, ids []int64) error {
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		if _, err := tx.Exec(ctx, do+" WHERE id IN "+in, args...); err != nil {
			return err
		}
	}
	return nil
}

// Finish lets the driver recount, clear caches and rebuild what is derived.
func (l *Ledger) Finish(ctx context.Context, sc *Scope) (found []*agentv1.Finding, err error) {
	if err := l.indexTargets(ctx); err != nil {
		return nil, whole(err)
	}
	err = l.tx(ctx, func(tx *cmssql.Tx) error {
		names := l.names.Reserve()
		defer names.Release()
		found, err = l.site.Finish(ctx, &cms.Unit{Tx: tx, Refs: l.newRefs(tx, sc, 0), FallbackAuthor: sc.author, Names: names, Shared: &shared{l, tx, sc}})
		return err
	})
	if err == nil {
		err = l.remember(ctx, sc)
		l.spent.tell(l.log)
	}
	if err == nil {
		// The next run finds rows of this one: each of its batches has to look.
		l.known.forget()
		err = l.note(ctx, sc)
	}
	return found, l.told("finish", err)
}
