package pipeline

import (
	"cmp"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

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
		for _, ref := range l.Refs {
			if len(sum.Refs) < migration.MaxLossRefs && !slices.Contains(sum.Refs, ref) {
				sum.Refs = append(sum.Refs, ref)
			}
		}
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
