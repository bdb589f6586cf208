package pipeline

import (
	"context"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// lossLeft is told for a comment on what the owner leaves behind.
const lossLeft = "entry_left_behind"

// leftAlone gives the ids of comments on records that this run has skipped, where a mapping leaves some behind: the target would
// refuse them, and nobody has anything to mend.
func (e *Env) leftAlone(ctx context.Context, t *migration.Task, j Journal, records []*recordv1.Record) (map[string]bool, error) {
	if e.Map == nil || j == nil || t.Stage != migration.StageCopy || t.Kind != recordv1.Kind_KIND_COMMENT {
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
