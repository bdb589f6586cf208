package pipeline

import (
	"cmp"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// lossSet sums losses by kind, code and field.
type lossSet map[lossKey]*migration.Loss

type lossKey struct {
	kind        recordv1.Kind
	code, field string
}

func (s lossSet) add(losses ...migration.Loss) {
	for _, l := range losses {
		k := lossKey{l.Kind, l.Code, l.Field}
		sum := s[k]
		if sum == nil {
			sum = &migration.Loss{Code: l.Code, Kind: l.Kind, Field: l.Field}
			s[k] = sum
		}
		sum.Count += l.Count
		sum.Instead = cmp.Or(l.Instead, sum.Instead)
		for _, ref := range l.Refs {
			if len(sum.Refs) < migration.MostRefs(l.Code) && !slices.Contains(sum.Refs, ref) {
				sum.Refs = append(sum.Refs, ref)
			}
		}
	}
}

// adjusted tells what the target has changed in a record, or would change. Rule 8: of its value only what stands in is kept, as a ref.
func (s lossSet) adjusted(ref *recordv1.Ref, a *agentv1.Adjustment) {
	l := migration.Loss{Code: a.GetCode(), Kind: ref.GetKind(), Field: a.GetField(), Count: 1, Refs: []string{ref.GetSourceId()}}
	if in := a.GetInstead(); in.GetSourceId() != "" {
		l.Instead = record.KeyOf(in).String()
	}
	s.add(l)
}

// skipped tells of a record that an agent left out on purpose. What the transformation leaves out has told its loss already.
func (s lossSet) skipped(ref *recordv1.Ref, o agentv1.Outcome, p *agentv1.Problem) {
	if o == agentv1.Outcome_OUTCOME_SKIPPED {
		s.add(migration.Loss{Code: p.GetCode(), Kind: ref.GetKind(), Field: "*", Count: 1, Refs: []string{ref.GetSourceId()}})
	}
}

// list gives the sums in a fixed order.
func (s lossSet) list() []migration.Loss {
	all := make([]migration.Loss, 0, len(s))
	for _, l := range s {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b migration.Loss) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Field, b.Field))
	})
	return all
}
