package pipeline

import (
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// transform turns records into items, which take the records over. It has no other effects: verification does the same again
// and gets the same. With an arena, what comes out is packed into it and given up, but for records with files, in which the moving
// of these may change something.
func (e *Env) transform(records []*recordv1.Record, to *arena) []*item {
	items := make([]*item, 0, len(records))
	for i, r := range records {
		it := e.transformOne(r)
		if to == nil || it.filed() {
			it.check()
		} else {
			it.pack(to)
			it.out, records[i] = nil, nil
		}
		items = append(items, it)
	}
	return items
}

func (e *Env) transformOne(r *recordv1.Record) *item {
	it := &item{ref: record.NewRef(r.GetRef().GetKind(), r.GetRef().GetSourceId()), digest: e.mark(r.GetDigest())}
	if e.Map != nil {
		losses, outcome, problem := e.Map.Apply(r)
		it.loseAll(losses)
		if outcome != agentv1.Outcome_OUTCOME_UNSPECIFIED {
			it.outcome, it.problem = outcome, problem
			return it
		}
	}
	out, losses := e.Transform.Take(r)
	it.loseAll(losses)
	if len(out) == 0 {
		it.outcome, it.problem = agentv1.Outcome_OUTCOME_SKIPPED, skipped(it)
		return it
	}
	it.out = out
	return it
}

func (it *item) loseAll(losses []transform.Loss) {
	for _, l := range losses {
		it.lose(l.Code, l.Field, uint64(max(1, l.Count)))
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
