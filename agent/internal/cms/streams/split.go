package streams

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// part is a stretch of one stream: ids after Lo up to and including Hi; empty: open.
type part struct {
	Stream string `json:"s"`
	Lo     string `json:"lo,omitempty"`
	Hi     string `json:"hi,omitempty"`
}

// Split divides streams into at most n ranges of about equal counts.
func Split(ctx context.Context, q cmssql.Querier, all []Stream, n int) ([]cms.Shard, error) {
	counts := make([]int, len(all))
	total := 0
	for i, st := range all {
		c, err := st.Count(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", st.Name, err)
		}
		counts[i] = c
		total += c
	}
	if len(all) == 0 {
		return nil, nil
	}
	size := max((total+max(n, 1)-1)/max(n, 1), 1)
	var shards []cms.Shard
	for from := 0; from < max(total, 1); from += size {
		sh, err := shard(ctx, q, all, counts, from, min(from+size, max(total, 1)), from+size >= total)
		if err != nil {
			return nil, err
		}
		shards = append(shards, sh)
	}
	return shards, nil
}

// shard covers the positions from … to of all streams in a row. The last one is open at its end, for what is added meanwhile.
func shard(ctx context.Context, q cmssql.Querier, all []Stream, counts []int, from, to int, last bool) (cms.Shard, error) {
	var parts []part
	base := 0
	for i, st := range all {
		lo, hi := max(from-base, 0), min(to-base, counts[i])
		ends := to-base >= counts[i] // this shard has the stream's end
		base += counts[i]
		if lo > hi || lo >= counts[i] && (!last || counts[i] != 0) || hi <= lo && counts[i] > 0 {
			continue
		}
		p := part{Stream: st.Name}
		var err error
		if p.Lo, err = st.boundary(ctx, q, lo); err == nil && !ends {
			p.Hi, err = st.boundary(ctx, q, hi)
		}
		if err != nil {
			return cms.Shard{}, fmt.Errorf("split %s: %w", st.Name, err)
		}
		parts = append(parts, p)
	}
	data, err := json.Marshal(parts)
	return cms.Shard{Range: data, Count: uint64(min(to, base) - min(from, base))}, err
}
