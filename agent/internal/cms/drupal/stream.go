package drupal

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	runs "github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// stream is one ascending run of numbered rows of a kind. One row may give several records: one per language.
type stream struct {
	name string
	// prefix goes before ids in records, so that ids of one kind's tables do not meet.
	prefix string
	// from, key and where list the rows that are read; alias t is the row's own.
	from, key, where string
	// typ is the type of a record as an expression.
	typ string
	// counted lists the records instead of from and where, where a row gives several.
	counted string
	// sizes select the bytes of a row's long texts as (id, n); they are followed by an IN list.
	sizes []string
	// fixed lists a stream that is no table.
	fixed func(s *Site, ctx context.Context, q cmssql.Querier) ([]fixedItem, error)
	// build makes the items of rows, by key and in order.
	build func(r *reader, ctx context.Context, keys []int64) (map[int64][]cms.Item, error)
}

// fixedItem is one record of a stream that is no table.
type fixedItem struct {
	key     int64
	id, typ string
}

// hashKey orders what has a name and no number; a language behind it is that of another record of the same.
func hashKey(name string) int64 {
	name, _, _ = strings.Cut(name, ":")
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int64(h.Sum32())
}

// count counts the records of a stream by type.
func (s *Site) count(ctx context.Context, q cmssql.Querier, st stream) (map[string]uint64, error) {
	sums := map[string]uint64{}
	if st.fixed != nil {
		items, err := st.fixed(s, ctx, q)
		for _, it := range items {
			sums[it.typ]++
		}
		return sums, err
	}
	from := st.counted
	if from == "" {
		from = st.from + " WHERE " + st.where
	}
	if !strings.HasPrefix(st.typ, "'") {
		// PostgreSQL does not group by a constant.
		from += " GROUP BY " + st.typ
	}
	rows, err := s.query(ctx, q, "SELECT "+st.typ+" AS typ, COUNT(*) AS n FROM "+from)
	for _, r := range rows {
		if n := r.number("n"); n > 0 {
			sums[r.text("typ")] += uint64(n)
		}
	}
	return sums, err
}

// keys lists up to limit keys after lo, up to and including hi; hi 0: open.
func (s *Site) keys(ctx context.Context, q cmssql.Querier, st stream, lo, hi int64, limit int) ([]int64, error) {
	if st.fixed != nil {
		return s.fixedKeys(ctx, q, st, lo, hi)
	}
	query, args := "SELECT "+st.key+" AS k FROM "+st.from+" WHERE "+st.where+" AND "+st.key+" > ?", []any{lo}
	if hi > 0 {
		query, args = query+" AND "+st.key+" <= ?", append(args, hi)
	}
	query += " ORDER BY " + st.key
	if limit > 0 {
		query += " LIMIT " + strconv.Itoa(limit)
	}
	rows, err := s.query(ctx, q, query, args...)
	keys := make([]int64, len(rows))
	for i, r := range rows {
		keys[i] = r.number("k")
	}
	return keys, err
}

func (s *Site) fixedKeys(ctx context.Context, q cmssql.Querier, st stream, lo, hi int64) ([]int64, error) {
	items, err := st.fixed(s, ctx, q)
	var keys []int64
	for _, it := range items {
		if it.key > lo && (hi == 0 || it.key <= hi) {
			keys = append(keys, it.key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), err
}

// part is a stretch of one stream: keys after Lo up to and including Hi; Hi 0: open.
type part struct {
	Stream string `json:"s"`
	Lo     int64  `json:"lo,omitempty"`
	Hi     int64  `json:"hi,omitempty"`
}

// Split divides a kind into at most n ranges of about equal counts of rows.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, opt cms.Options) ([]cms.Shard, error) {
	streams := s.streams(kind, opt)
	lists := make([][]int64, len(streams))
	total := 0
	for i, st := range streams {
		keys, err := s.keys(ctx, s.db, st, 0, 0, 0)
		if err != nil {
			return nil, fmt.Errorf("split %s: %w", st.name, err)
		}
		lists[i] = keys
		total += len(keys)
	}
	size := max((total+max(n, 1)-1)/max(n, 1), 1)
	var shards []cms.Shard
	var open []part
	room, held, left := size, 0, total
	flush := func() error {
		data, err := json.Marshal(open)
		shards = append(shards, cms.Shard{Range: data, Count: uint64(held)})
		open, room, held = nil, size, 0
		return err
	}
	for i, st := range streams {
		lo := int64(0)
		for keys := lists[i]; ; {
			take := min(room, len(keys))
			p := part{Stream: st.name, Lo: lo}
			if take < len(keys) {
				p.Hi = keys[take-1]
				lo = p.Hi
			}
			open, held, room, left = append(open, p), held+take, room-take, left-take
			if room == 0 && left > 0 {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			if keys = keys[take:]; len(keys) == 0 {
				break
			}
		}
	}
	if len(streams) == 0 {
		return nil, nil
	}
	if len(open) == 0 {
		return shards, nil
	}
	return shards, flush()
}

// Limits of what is held in memory at a time.
const (
	pageRows  = 100
	pageBytes = 1 << 20
)

// sized is a key with the bytes of its row's texts.
type sized struct{ key, bytes int64 }

// page lists the keys after a position that are loaded together.
func (s *Site) page(ctx context.Context, q cmssql.Querier, st stream, lo, hi int64) ([]sized, error) {
	keys, err := s.keys(ctx, q, st, lo, hi, pageRows)
	if err != nil {
		return nil, err
	}
	return s.together(ctx, q, st, keys)
}

// together are the first of some keys, as many as are loaded at a time.
func (s *Site) together(ctx context.Context, q cmssql.Querier, st stream, keys []int64) ([]sized, error) {
	bytes, err := s.weigh(ctx, q, st, keys)
	if err != nil {
		return nil, err
	}
	var page []sized
	var sum int64
	for _, k := range keys {
		if sum += runs.Weight(bytes[k]); len(page) > 0 && sum > pageBytes {
			break
		}
		page = append(page, sized{k, bytes[k]})
	}
	return page, nil
}

// weigh sums the bytes of the long texts of rows.
func (s *Site) weigh(ctx context.Context, q cmssql.Querier, st stream, keys []int64) (map[int64]int64, error) {
	sums := map[int64]int64{}
	if len(st.sizes) == 0 || len(keys) == 0 {
		return sums, nil
	}
	in, args := cmssql.In(keys)
	var parts []string
	var all []any
	for _, part := range st.sizes {
		parts = append(parts, part+in)
		all = append(all, args...)
	}
	rows, err := s.query(ctx, q, "SELECT id, SUM(n) AS n FROM ("+strings.Join(parts, " UNION ALL ")+") w GROUP BY id", all...)
	for _, r := range rows {
		sums[r.number("id")] = r.number("n")
	}
	return sums, err
}
