package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// lossUnresolved is told for each pointer whose record is not on the target.
const lossUnresolved = "link_unresolved"

// fieldMissing stands for the whole record in a difference: the target does not hold it.
const fieldMissing = "missing"

// States of a record in the root.
const (
	stateVerified  = "verified"
	stateDifferent = "different"
)

// verify reads a shard again, makes the same of it as before, and compares with what the target holds.
func (e *Env) verify(ctx context.Context, t *migration.Task, j Journal) error {
	held := e.budget()
	defer held.close()
	complete, err := e.extract(ctx, t, j, held, func(b *batch) error {
		defer held.release(b.size)
		c, err := e.verifyBatch(ctx, t, j, b)
		if err != nil {
			return err
		}
		return save(ctx, j, t, c)
	})
	if err != nil {
		return err
	}
	if !complete {
		return migration.ErrStopped
	}
	return end(ctx, j, t)
}

func (e *Env) verifyBatch(ctx context.Context, t *migration.Task, j Journal, b *batch) (*migration.Checkpoint, error) {
	tree, err := migration.DecodeTree(t.Sums)
	if err != nil {
		return nil, err
	}
	v := &verification{env: e, check: checkpoint(t), tree: tree, losses: lossSet{}}
	v.check.Cursor = b.cursor
	v.check.Counts.Read += b.read()
	for _, u := range b.unread {
		v.leaf(u.GetRef(), migration.OutcomeName(u.GetOutcome()), nil, nil)
	}
	if err := v.dropUnmoved(ctx, j, t.Kind, b.items); err != nil {
		return nil, err
	}
	jobs, err := e.statSource(ctx, v.items, true)
	if err != nil {
		return nil, err
	}
	if err := e.statTarget(ctx, jobs, true); err != nil {
		return nil, err
	}
	if err := v.expandTexts(ctx); err != nil {
		return nil, err
	}
	if err := v.readBack(ctx); err != nil {
		return nil, err
	}
	if err := v.loadRefs(ctx); err != nil {
		return nil, err
	}
	v.compare(badFiles(jobs))
	if err := v.blame(ctx); err != nil {
		return nil, err
	}
	v.check.Losses, v.check.Sums = v.losses.list(), v.tree.Encode()
	return v.check, nil
}

// verification is the comparison of one batch.
type verification struct {
	env    *Env
	check  *migration.Checkpoint
	tree   *migration.Tree
	losses lossSet
	items  []*item
	// expected holds, per record of the items in order, its digest as the target should have it.
	expected [][]byte
	// lost counts the tokens of a record that lead nowhere.
	lost map[*recordv1.Record]uint64
	// got holds an answer per record of the items, in order.
	got []*agentv1.ReadBackItem
	// known says what tokens are on the target; a token without an entry is not there.
	known map[string]string
	// alike are the records that were sent back with the same refs: the target's ledger knows where they lead.
	alike map[*recordv1.Record]bool
	// rows are the target's ids of the records that the refs of all others lead to; a record without an entry is not there.
	rows map[record.Key]string
	// fallback holds what tokens became that are not on the target.
	fallback map[string]string
	// suspects are the records that differ.
	suspects []suspect
}

// dropUnmoved leaves out what was skipped or rejected: there is nothing to compare with.
func (v *verification) dropUnmoved(ctx context.Context, j Journal, k recordv1.Kind, items []*item) error {
	ids := make([]string, 0, len(items))
	for _, it := range items {
		ids = append(ids, it.ref.GetSourceId())
	}
	unmoved, err := j.Unmoved(ctx, k, ids)
	if err != nil {
		return err
	}
	for _, it := range items {
		o, found := unmoved[it.ref.GetSourceId()]
		if !found && it.outcome != agentv1.Outcome_OUTCOME_UNSPECIFIED {
			o, found = it.outcome, true
		}
		if found {
			v.leaf(it.ref, migration.OutcomeName(o), nil, nil)
			continue
		}
		v.items = append(v.items, it)
	}
	return nil
}

// records are those of all items, in order.
func (v *verification) records() []*recordv1.Record {
	all := make([]*recordv1.Record, 0, len(v.items))
	for _, it := range v.items {
		all = append(all, it.out...)
	}
	return all
}

// expandTexts makes of each text what the target was to make of it, so that the digests of all records to come are known.
func (v *verification) expandTexts(ctx context.Context) error {
	all := v.records()
	tokens := map[string]bool{}
	marked := make([]bool, len(all))
	for i, r := range all {
		marked[i] = textTokensOf(r, tokens)
	}
	open, err := v.resolve(ctx, slices.Sorted(maps.Keys(tokens)))
	if err != nil {
		return err
	}
	if v.fallback, err = v.env.fallbacks(ctx, open); err != nil {
		return err
	}
	v.lost = map[*recordv1.Record]uint64{}
	for i, r := range all {
		digest := r.GetDigest()
		if marked[i] && v.expand(r) {
			digest = record.Digest(r)
		}
		v.expected = append(v.expected, digest)
	}
	return nil
}

// readBack asks for every record again. One that has the digest expected of it is equal in every field, and is not sent.
func (v *verification) readBack(ctx context.Context) error {
	var refs []*recordv1.Ref
	for _, r := range v.records() {
		refs = append(refs, r.GetRef())
	}
	for part := range chunksOf(refs, maxChunkRecords) {
		at := len(v.got)
		got, err := v.env.Target.ReadBack(ctx, v.env.scope(), part, v.expected[at:at+len(part)])
		if err != nil {
			return err
		}
		v.got = append(v.got, got...)
	}
	return nil
}

// loadRefs asks the target for every record that refs lead to where they are others than were sent.
func (v *verification) loadRefs(ctx context.Context) error {
	refs, tokens := map[record.Key]string{}, map[string]bool{}
	v.alike = map[*recordv1.Record]bool{}
	var want, got []record.Key
	for i, r := range v.records() {
		if v.got[i].GetAsExpected() {
			continue
		}
		want, got = refsOf(r, want[:0]), refsOf(v.got[i].GetRecord(), got[:0])
		if v.alike[r] = slices.Equal(want, got); v.alike[r] {
			continue
		}
		for _, k := range slices.Concat(want, got) {
			if !strings.HasPrefix(k.ID, record.Foreign) {
				refs[k] = ""
			}
		}
	}
	for k := range refs {
		refs[k] = idToken(k)
		tokens[refs[k]] = true
	}
	if _, err := v.resolve(ctx, slices.Sorted(maps.Keys(tokens))); err != nil {
		return err
	}
	v.rows = make(map[record.Key]string, len(refs))
	for k, token := range refs {
		if id, ok := v.known[token]; ok {
			v.rows[k] = id
		}
	}
	return nil
}

// resolve asks the target what tokens became, and gives those that it does not know.
func (v *verification) resolve(ctx context.Context, tokens []string) (open []string, err error) {
	if v.known == nil {
		v.known = make(map[string]string, len(tokens))
	}
	for part := range chunksOf(tokens, maxChunkRecords) {
		resolved, err := v.env.Target.Resolve(ctx, v.env.scope(), part)
		if err != nil {
			return nil, err
		}
		for i, r := range resolved {
			if r.GetFound() {
				v.known[part[i]] = r.GetText()
			} else {
				open = append(open, part[i])
			}
		}
	}
	return open, nil
}

// refsOf adds the refs of a record in field order.
func refsOf(r *recordv1.Record, all []record.Key) []record.Key {
	record.MapRefs(r, func(ref *recordv1.Ref) *recordv1.Ref {
		all = append(all, record.KeyOf(ref))
		return ref
	})
	return all
}

// textTokensOf adds the tokens of a record's texts, and says whether there is a text that is not its own expansion.
func textTokensOf(r *recordv1.Record, all map[string]bool) (marked bool) {
	record.TokenTexts(r, func(_, s string) string {
		if record.HasScheme(s) {
			marked = true
			for _, t := range record.Tokens(s) {
				all[t.Name()] = true
			}
		}
		return s
	})
	return marked
}

// idToken asks whether a record is on the target; its address would not do, because not every kind has one.
func idToken(k record.Key) string { return record.Token{Ref: k, Form: "id"}.Name() }
