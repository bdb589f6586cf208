package ledger

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// ReadBack re-reads what was written for source refs, with the target's ids turned back into source refs; one answer per
// ref, in order.
func (l *Ledger) ReadBack(ctx context.Context, sc *Scope, refs []*recordv1.Ref) ([]*agentv1.ReadBackItem, error) {
	if len(refs) > lookup {
		return nil, tooMany()
	}
	if err := l.indexTargets(ctx); err != nil {
		return nil, whole(err)
	}
	items := make([]*agentv1.ReadBackItem, len(refs))
	byKind := map[cms.Kind][]*agentv1.ReadBackItem{}
	for i, ref := range refs {
		items[i] = &agentv1.ReadBackItem{Ref: ref}
		byKind[ref.GetKind()] = append(byKind[ref.GetKind()], items[i])
	}
	var recs []*recordv1.Record
	for kind, part := range byKind {
		got, err := l.fetch(ctx, sc, kind, part)
		if err != nil {
			return nil, whole(err)
		}
		recs = append(recs, got...)
	}
	if err := l.backwards(ctx, sc, recs); err != nil {
		return nil, l.told("read back", err)
	}
	for _, it := range items {
		if it.GetRecord() != nil {
			sealed(it)
		}
	}
	return items, nil
}

// sealed sets the digest of what was read; what cannot be sent is told as a problem.
func sealed(it *agentv1.ReadBackItem) {
	digest, p := record.Check(it.Record)
	if it.Record.Digest = digest; p != nil {
		it.Record, it.Problem = nil, p
	}
}

func tooMany() error {
	return &link.Error{Code: "too_many", Cause: "the call names more than 1,000 items", Fix: "ask for fewer at a time", Grpc: codes.InvalidArgument}
}

// fetch fills the items of one kind with ledger and site; it gives the records it found.
func (l *Ledger) fetch(ctx context.Context, sc *Scope, kind cms.Kind, items []*agentv1.ReadBackItem) ([]*recordv1.Record, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.GetRef().GetSourceId()
	}
	rows := make(map[string]*row, len(ids))
	if err := l.rows(ctx, l.db, sc, kind, ids, "", func(id string, r *row) { rows[id] = r }); err != nil {
		return nil, err
	}
	var targets []string
	var wanted []*agentv1.ReadBackItem
	for _, it := range items {
		r := rows[it.GetRef().GetSourceId()]
		if r == nil {
			continue
		}
		res, err := r.result()
		if err != nil {
			return nil, err
		}
		it.Outcome, it.Adjustments, it.Problem, it.Digest = r.outcome, res.GetAdjustments(), res.GetProblem(), []byte(r.digest)
		if r.target != "" {
			targets, wanted = append(targets, r.target), append(wanted, it)
		}
	}
	return l.fill(ctx, sc, kind, targets, wanted)
}

func (l *Ledger) fill(ctx context.Context, sc *Scope, kind cms.Kind, targets []string, wanted []*agentv1.ReadBackItem) ([]*recordv1.Record, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	found, err := cms.FetchTold(ctx, l.site, l.db, kind, targets, sc.addresses)
	if err != nil {
		return nil, err
	}
	if len(found) != len(targets) {
		return nil, &driverFault{"Fetch answered another number than asked"}
	}
	var recs []*recordv1.Record
	for i, f := range found {
		switch {
		case f.Record != nil:
			wanted[i].Record = f.Record
			f.Record.Ref = wanted[i].GetRef()
			recs = append(recs, f.Record)
		case f.Unread != nil:
			wanted[i].Problem = f.Unread.GetProblem()
		}
	}
	return recs, nil
}

// backwards turns the target's ids in records into the source's.
func (l *Ledger) backwards(ctx context.Context, sc *Scope, recs []*recordv1.Record) error {
	known, err := l.sources(ctx, sc, recs)
	if err != nil {
		return err
	}
	files, err := l.fileSources(ctx, sc, recs)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
			if id, ok := known[record.KeyOf(ref)]; ok {
				return record.NewRef(ref.GetKind(), id)
			}
			return record.NewRef(ref.GetKind(), foreign(ref.GetSourceId()))
		})
		for _, f := range rec.GetMedia().GetFiles() {
			f.Id = files[pathKey(f.GetPath())]
		}
	}
	return nil
}

func foreign(id string) string {
	return record.Foreign + id[:min(len(id), record.MaxSourceID-len(record.Foreign))]
}

// sources finds the source ids of all rows that records of the target point to.
func (l *Ledger) sources(ctx context.Context, sc *Scope, recs []*recordv1.Record) (map[record.Key]string, error) {
	keys, known := map[record.Key]struct{}{}, map[record.Key]string{}
	for _, rec := range recs {
		record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
			keys[record.KeyOf(ref)] = struct{}{}
			return ref
		})
	}
	missing, epoch := l.known.find(sc.site, true, keys, known)
	byKind := map[cms.Kind][]string{}
	for _, k := range missing {
		byKind[k.Kind] = append(byKind[k.Kind], k.ID)
	}
	for kind, ids := range byKind {
		read := make(map[string]string, len(ids))
		err := l.pairs(ctx, l.db, "target_id", "source_id", sc, kind, ids, func(target, source string) {
			known[record.Key{Kind: kind, ID: target}], read[target] = source, source
		})
		if err != nil {
			return nil, err
		}
		l.known.learn(epoch, herdKey{sc.site, kind, true}, maps.All(read))
	}
	return known, nil
}

// AddStates says of records that were read back what became of their rows since the migration was finished.
func (l *Ledger) AddStates(ctx context.Context, sc *Scope, items []*agentv1.ReadBackItem) error {
	byKind := map[cms.Kind]map[string]*agentv1.ReadBackItem{}
	for _, it := range items {
		kind := it.GetRef().GetKind()
		if byKind[kind] == nil {
			byKind[kind] = map[string]*agentv1.ReadBackItem{}
		}
		byKind[kind][it.GetRef().GetSourceId()] = it
	}
	for kind, of := range byKind {
		if err := l.addStates(ctx, sc, kind, of); err != nil {
			return whole(err)
		}
	}
	return nil
}

func (l *Ledger) addStates(ctx context.Context, sc *Scope, kind cms.Kind, items map[string]*agentv1.ReadBackItem) error {
	targets := map[string]string{}
	err := l.rows(ctx, l.db, sc, kind, slices.Collect(maps.Keys(items)), "", func(id string, r *row) {
		if r.target != "" && r.origin == agentv1.Outcome_OUTCOME_CREATED {
			targets[id] = r.target
		}
	})
	if err != nil {
		return err
	}
	ids := slices.Collect(maps.Values(targets))
	was, err := l.remembered(ctx, l.db, sc, kind, ids)
	if err != nil {
		return err
	}
	now, err := l.states(ctx, l.db, kind, ids)
	if err != nil {
		return err
	}
	for id, target := range targets {
		items[id].State = stateOf(was[target], now[target])
	}
	return nil
}

func stateOf(was, now string) agentv1.RowState {
	switch {
	case was == "":
		return agentv1.RowState_ROW_STATE_UNSPECIFIED
	case now == "":
		return agentv1.RowState_ROW_STATE_GONE
	case now != was:
		return agentv1.RowState_ROW_STATE_EDITED
	}
	return agentv1.RowState_ROW_STATE_AS_LEFT
}

// Resolve gives the text that each token's name stands for on the target, in order.
func (l *Ledger) Resolve(ctx context.Context, sc *Scope, names []string) ([]*agentv1.Resolved, error) {
	if len(names) > lookup {
		return nil, tooMany()
	}
	r := l.newRefs(l.db, sc, 0)
	tokens := map[record.Token]struct{}{}
	for _, n := range names {
		if t, ok := record.ParseToken(n); ok {
			tokens[t] = struct{}{}
		}
	}
	if err := r.lookup(ctx, map[record.Key]struct{}{}, tokens); err != nil {
		return nil, whole(err)
	}
	out := make([]*agentv1.Resolved, len(names))
	for i, n := range names {
		t, _ := record.ParseToken(n)
		text := r.texts[t]
		out[i] = &agentv1.Resolved{Found: text != "", Text: text}
	}
	return out, nil
}

// Addresses gives the addresses on the target of what the source's records became, for tokens without "bailey:", in order.
func (l *Ledger) Addresses(ctx context.Context, sc *Scope, names []string) ([]*agentv1.Resolved, error) {
	keys := map[record.Key]struct{}{}
	for _, n := range names {
		if t, ok := record.ParseToken(n); ok {
			keys[t.Ref] = struct{}{}
		}
	}
	targets := map[record.Key]string{}
	if err := l.targets(ctx, l.db, sc, keys, targets); err != nil {
		return nil, whole(err)
	}
	return cms.Addresses(ctx, l.site, l.db, names, targets)
}
