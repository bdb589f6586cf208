package pipeline

import (
	"context"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Each reads every record that is moved, as the source has it. look may be called from several goroutines.
func (e *Env) Each(ctx context.Context, workers int, look func(*recordv1.Record)) error {
	return e.newDryRun(nil).shards(ctx, workers, func(ctx context.Context, p migration.KindPlan, sh *agentv1.Shard) error {
		left := newLimit(&migration.Task{Spec: migration.Spec{Limit: uint64(e.Selection.Sample)}})
		for resp, err := range e.Source.Read(ctx, &agentv1.ReadRecordsRequest{Kind: p.Kind, Shard: sh.GetRange(), Options: e.options()}) {
			if err != nil {
				return err
			}
			left.cut(resp)
			for _, r := range resp.GetRecords() {
				look(r)
			}
			if left.reached() {
				return nil
			}
		}
		return nil
	})
}
