package wordpress

import (
	"sort"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// sortTimes orders a cron array as WordPress does: by time, the version last.
func sortTimes(a *recordv1.Array) {
	at := func(p *recordv1.Pair) (int64, bool) {
		k, ok := p.GetKey().GetKind().(*recordv1.Value_IntValue)
		if !ok {
			return 0, false
		}
		return k.IntValue, true
	}
	sort.SliceStable(a.Pairs, func(i, j int) bool {
		x, okX := at(a.Pairs[i])
		y, okY := at(a.Pairs[j])
		return okX && (!okY || x < y)
	})
}
