package pipeline

import (
	"context"
	"crypto/sha256"
	"iter"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// duePage is how many records are asked for by name in one call.
const duePage = 500

// Codes of losses that a sync tells.
const (
	// lossGone is told for records that the source no longer has and that stay on the target.
	lossGone = "deleted_on_source"
	// codeEdited is why a target leaves a record as it is that people have edited there.
	codeEdited = "edited_on_target"
	// codeVanished is why a record is skipped that was deleted between the look at it and its reading.
	codeVanished = "vanished"
)

// scan compares what a page of the index says with what is remembered: a record is due when its digest differs, when nothing is
// remembered of it, or when edits on the target are to be overwritten. What cannot be read is told here, because reading by name
// does not come to it.
func (e *Env) scan(ctx context.Context, k recordv1.Kind, j Journal, resp *agentv1.ReadIndexResponse, c *migration.Checkpoint) error {
	ids := make([]string, len(resp.GetItems()))
	for i, it := range resp.GetItems() {
		ids[i] = it.GetRef().GetSourceId()
	}
	known, err := j.Known(ctx, k, ids)
	if err != nil {
		return err
	}
	for i, it := range resp.GetItems() {
		digest := e.mark(it.GetDigest())
		due := digest == 0 || known[ids[i]] != digest || e.Mode.Edited == migration.EditedOverwrite
		c.Seen = append(c.Seen, migration.Seen{Kind: k, SourceID: ids[i], Due: due})
	}
	losses := lossSet{}
	for _, u := range resp.GetUnread() {
		c.Counts.Add(u.GetOutcome())
		losses.skipped(u.GetRef(), u.GetOutcome(), u.GetProblem())
		addUnmoved(c, u.GetRef(), u.GetOutcome(), u.GetProblem())
		c.Known = append(c.Known, migration.Known{Kind: k, SourceID: u.GetRef().GetSourceId()})
	}
	c.Counts.Read += uint64(len(resp.GetUnread()))
	c.Losses = losses.list()
	return nil
}

// mark is what is remembered of a record of the source: another one when its content has changed, or the mapping.
func (e *Env) mark(digest []byte) int64 {
	if e.Map == nil || len(digest) == 0 {
		return migration.DigestOf(digest)
	}
	both := sha256.Sum256(append(slices.Clone(digest), e.Map.Digest()...))
	return migration.DigestOf(both[:])
}

// settled counts what the scan found unchanged, when the copying of a kind begins; it is saved with the first checkpoint.
func (e *Env) settled(ctx context.Context, t *migration.Task, j Journal) error {
	if !e.Mode.Sync || len(t.Cursor) > 0 {
		return nil
	}
	n, err := j.Settled(ctx, t.Kind)
	t.Counts.Read += n
	t.Counts.Unchanged += n
	return err
}

// batches reads what a task works on: a shard, or the records that are due. anew is filled with the ids of records that are to be
// written even if the target's ledger knows them.
func (e *Env) batches(ctx context.Context, t *migration.Task, j Journal, anew map[string]bool) iter.Seq2[*agentv1.ReadRecordsResponse, error] {
	if e.Mode.Sync && t.Stage == migration.StageCopy {
		return e.due(ctx, t, j, anew)
	}
	return e.Source.Read(ctx, &agentv1.ReadRecordsRequest{Kind: t.Kind, Shard: t.Range, After: t.Cursor, Options: e.options()})
}

// due reads the records that are to be moved, in the order of their ids. The cursor is the last id that is accounted for.
func (e *Env) due(ctx context.Context, t *migration.Task, j Journal, anew map[string]bool) iter.Seq2[*agentv1.ReadRecordsResponse, error] {
	return func(yield func(*agentv1.ReadRecordsResponse, error) bool) {
		after := string(t.Cursor)
		for {
			page, err := j.Due(ctx, t.Kind, after, duePage)
			if err != nil {
				yield(nil, err)
			}
			if err != nil || len(page) == 0 {
				return
			}
			rest := &named{kind: t.Kind}
			clear(anew)
			for _, r := range page {
				after = r.SourceID
				rest.ids = append(rest.ids, r.SourceID)
				anew[r.SourceID] = r.Digest == migration.Anew
			}
			for resp, err := range e.Source.Read(ctx, &agentv1.ReadRecordsRequest{Kind: t.Kind, Refs: rest.refs(), Options: e.options()}) {
				if err == nil {
					rest.take(resp)
				}
				if !yield(resp, err) || err != nil {
					return
				}
			}
			if last := rest.end(); last != nil && !yield(last, nil) {
				return
			}
		}
	}
}

// named are records that were asked for by name and not answered yet.
type named struct {
	kind recordv1.Kind
	ids  []string
}

func (n *named) refs() []*recordv1.Ref {
	refs := make([]*recordv1.Ref, len(n.ids))
	for i, id := range n.ids {
		refs[i] = record.NewRef(n.kind, id)
	}
	return refs
}

// take accounts for all ids up to the last that a batch holds: those left out are not at the source any more (Rule 1).
func (n *named) take(resp *agentv1.ReadRecordsResponse) {
	there := map[string]bool{}
	for _, r := range resp.GetRecords() {
		there[r.GetRef().GetSourceId()] = true
	}
	for _, u := range resp.GetUnread() {
		there[u.GetRef().GetSourceId()] = true
	}
	for i, left := 0, len(there); left > 0 && i < len(n.ids); i++ {
		if there[n.ids[i]] {
			left--
		}
		if left == 0 {
			n.answer(resp, i+1, there)
			return
		}
	}
}

// end accounts for the ids behind the last batch.
func (n *named) end() *agentv1.ReadRecordsResponse {
	if len(n.ids) == 0 {
		return nil
	}
	resp := &agentv1.ReadRecordsResponse{}
	n.answer(resp, len(n.ids), nil)
	return resp
}

func (n *named) answer(resp *agentv1.ReadRecordsResponse, upTo int, there map[string]bool) {
	for _, id := range n.ids[:upTo] {
		if !there[id] {
			resp.Unread = append(resp.Unread, &agentv1.Unread{Ref: record.NewRef(n.kind, id), Outcome: agentv1.Outcome_OUTCOME_SKIPPED,
				Problem: &agentv1.Problem{Code: codeVanished, Cause: "it was deleted on the source while this run went on", Fix: "Synchronise again."}})
		}
	}
	resp.Cursor, n.ids = []byte(n.ids[upTo-1]), n.ids[upTo:]
}

// remembered is what a later run is told of a record. Rule 3: its digest only once the target holds what became of it; and not
// when a link of it leads nowhere, because it may lead somewhere later.
func remembered(it *item) migration.Known {
	k := migration.Known{Kind: it.ref.GetKind(), SourceID: it.ref.GetSourceId()}
	switch it.outcome {
	case agentv1.Outcome_OUTCOME_SKIPPED, agentv1.Outcome_OUTCOME_REJECTED:
		if it.problem.GetCode() == codeEdited {
			// Should people undo their edit, the record is written.
			k.Digest = migration.Anew
		}
		return k
	}
	if !slices.ContainsFunc(it.losses, func(l migration.Loss) bool { return l.Code == lossUnresolved }) {
		k.Digest = it.digest
	}
	return k
}

// forgotten makes that the next sync looks at a record again.
func forgotten(ref *recordv1.Ref) migration.Known {
	return migration.Known{Kind: ref.GetKind(), SourceID: ref.GetSourceId()}
}

// withdraw goes through the records of a kind that earlier runs have seen and this one has not.
func (e *Env) withdraw(ctx context.Context, t *migration.Task, j Journal) error {
	for {
		ids, err := j.Missing(ctx, t.Kind, string(t.Cursor), maxChunkRecords)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return end(ctx, j, t)
		}
		c := checkpoint(t)
		c.Cursor = []byte(ids[len(ids)-1])
		if err := e.withdrawPage(ctx, &named{t.Kind, ids}, c); err != nil {
			return err
		}
		// Rule 3: the target has committed.
		if err := save(context.WithoutCancel(ctx), j, t, c); err != nil {
			return err
		}
		if e.stopped() {
			return migration.ErrStopped
		}
	}
}

func (e *Env) withdrawPage(ctx context.Context, page *named, c *migration.Checkpoint) error {
	losses := lossSet{}
	tell := func(id, code string) {
		losses.add(migration.Loss{Code: code, Kind: page.kind, Field: record.WholeRecord, Count: 1, Refs: []string{id}})
	}
	how, ok := withdrawals[e.Mode.Deleted]
	if !ok {
		for _, id := range page.ids {
			tell(id, lossGone)
		}
		c.Losses = losses.list()
		return nil
	}
	results, err := e.Target.Withdraw(ctx, &agentv1.WithdrawRequest{Scope: e.scope(), Refs: page.refs(), Withdrawal: how})
	if err != nil {
		return err
	}
	for i, r := range results {
		if code := r.GetProblem().GetCode(); code != "" {
			tell(page.ids[i], code)
		}
		switch r.GetAction() {
		case "kept":
			// It is looked at again in the next sync.
			continue
		case "removed", "unpublished":
			c.Counts.Read++
		}
		c.Gone = append(c.Gone, migration.Gone{Kind: page.kind, SourceID: page.ids[i], Linked: r.GetAction() == "unpublished"})
	}
	c.Losses = losses.list()
	return nil
}

var withdrawals = map[migration.Deleted]agentv1.Withdrawal{
	migration.DeletedUnpublish: agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH, migration.DeletedDelete: agentv1.Withdrawal_WITHDRAWAL_DELETE,
}
