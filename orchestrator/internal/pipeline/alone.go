package pipeline

import (
	"context"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// lossLeft is told for a comment on what is left behind.
const lossLeft = "entry_left_behind"

// leave skips the records of a batch that cannot be without another one, by their ids.
func (b *batch) leave(alone map[string]bool) {
	for _, it := range b.items {
		if alone[it.ref.GetSourceId()] {
			it.leave()
		}
	}
}

// leftAlone gives the ids of comments on records that this run has skipped: targets would refuse them, or keep them on nothing, and nobody
// has anything to mend.
func (e *Env) leftAlone(ctx context.Context, t *migration.Task, j Journal, records []*recordv1.Record) (map[string]bool, error) {
	if j == nil || t.Stage != migration.StageCopy || t.Kind != recordv1.Kind_KIND_COMMENT {
		return nil, nil
	}
	on := map[recordv1.Kind][]string{}
	for _, r := range records {
		to := r.GetComment().GetEntry()
		on[to.GetKind()] = append(on[to.GetKind()], to.GetSourceId())
	}
	alone := map[string]bool{}
	for kind, ids := range on {
		unmoved, err := j.Unmoved(ctx, kind, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if to := r.GetComment().GetEntry(); to.GetKind() == kind && unmoved[to.GetSourceId()] == agentv1.Outcome_OUTCOME_SKIPPED {
				alone[r.GetRef().GetSourceId()] = true
			}
		}
	}
	return alone, nil
}

// skippedKey stands in a plan's index for a record that is skipped; no record has such an id.
func skippedKey(k recordv1.Kind, id string) record.Key { return record.Key{Kind: k, ID: "\x00" + id} }

// skipped remembers what a plan's batch skips, because comments go with it: in the index, because there may be very much of it
// (Rule 9).
func (d *dryRun) skipped(ctx context.Context, k recordv1.Kind, b *batch) error {
	if k == recordv1.Kind_KIND_COMMENT {
		return nil
	}
	var all []migration.Link
	note := func(ref *recordv1.Ref, o agentv1.Outcome) {
		if o == agentv1.Outcome_OUTCOME_SKIPPED {
			all = append(all, migration.Link{Hash: KeyHash(skippedKey(k, ref.GetSourceId())), Kind: k, SourceID: ref.GetSourceId()})
		}
	}
	for _, it := range b.items {
		note(it.ref, it.outcome)
	}
	for _, u := range b.unread {
		note(u.GetRef(), u.GetOutcome())
	}
	if len(all) == 0 {
		return nil
	}
	return d.links(ctx, all)
}

// alone is leftAlone of a plan, which reads comments after all else.
func (d *dryRun) alone(records []*recordv1.Record) map[string]bool {
	if d.env.Known == nil {
		return nil
	}
	all := map[string]bool{}
	for _, r := range records {
		if to := r.GetComment().GetEntry(); to != nil && d.env.Known(skippedKey(to.GetKind(), to.GetSourceId())) {
			all[r.GetRef().GetSourceId()] = true
		}
	}
	return all
}
