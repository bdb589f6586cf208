package pipeline

import (
	"cmp"
	"context"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// transform turns records into items, which take the records over. It has no other effects, and fails only where a record's live
// page is to be fetched: verification does the same again and gets the same. With an arena, what comes out is packed into it and given
// up, but for records with files, in which the moving of these may change something.
func (e *Env) transform(ctx context.Context, records []*recordv1.Record, to *arena) ([]*item, error) {
	items := make([]*item, 0, len(records))
	for i, r := range records {
		it, err := e.transformOne(ctx, r)
		if err != nil {
			return nil, err
		}
		if to == nil || it.filed() {
			it.check()
		} else {
			it.pack(to)
			it.out, records[i] = nil, nil
		}
		items = append(items, it)
	}
	return items, nil
}

func (e *Env) transformOne(ctx context.Context, r *recordv1.Record) (*item, error) {
	it := &item{ref: record.NewRef(r.GetRef().GetKind(), r.GetRef().GetSourceId()), digest: e.mark(r.GetDigest())}
	if e.Map != nil {
		losses, outcome, problem := e.Map.Apply(r)
		it.loseAll(losses)
		if outcome != agentv1.Outcome_OUTCOME_UNSPECIFIED {
			it.outcome, it.problem = outcome, problem
			return it, nil
		}
	}
	page, err := e.livePage(ctx, it, r)
	if err != nil {
		return nil, err
	}
	out, losses := e.Transform.TakeShown(r, page)
	it.loseAll(losses)
	if len(out) == 0 {
		it.outcome, it.problem = agentv1.Outcome_OUTCOME_SKIPPED, skipped(it)
		return it, nil
	}
	it.out = out
	return it, nil
}

func (it *item) loseAll(losses []transform.Loss) {
	for _, l := range losses {
		it.lose(l.Name(), l.Field, uint64(max(1, l.Count)))
		if l.Example == "" {
			continue
		}
		if it.examples == nil {
			it.examples = map[string]string{}
		}
		it.examples[l.Name()] = cmp.Or(it.examples[l.Name()], l.Example)
	}
}

// check seals what comes out; a record that is not valid rejects the item.
func (it *item) check() {
	for _, o := range it.out {
		var p *agentv1.Problem
		if o.Digest, p = record.Check(o); p != nil {
			it.reject(p)
			return
		}
		it.size += uint64(sizeOf(o))
	}
}

// sizeOf is what a record takes when it is sent. The check has measured it, without the digest.
func sizeOf(r *recordv1.Record) int {
	return proto.MarshalOptions{UseCachedSize: true}.Size(r) + len(r.GetDigest())
}

// skipped says why nothing is written for an item: the loss that the transformation told.
func skipped(it *item) *agentv1.Problem {
	p := &agentv1.Problem{Code: "not_held", Cause: "the target does not hold records like this one"}
	if len(it.losses) > 0 {
		p.Code = it.losses[0].Code
	}
	return p
}
