package ghost

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// stream is one ascending run of ids of a kind: a table, the folder of images, or a fixed list.
type stream struct {
	name string
	// prefix goes before ids in records, so that ids of one kind's tables do not meet.
	prefix string
	table  string
	// where limits the rows of table.
	where string
	// big are the columns that make a row large.
	big []string
	// load reads rows by id.
	load func(s *Site, ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error)
}

// Prefixes of ids beside those of a kind's main table.
const (
	memberPrefix    = "member:"
	revisionPrefix  = "revision:"
	mobiledocPrefix = "mobiledoc-revision:"
)

// streams are what a kind is made of, in reading order; only what this version of Ghost has.
func (s *Site) streams(kind cms.Kind, opt cms.Options) []stream {
	var all []stream
	for _, st := range allStreams(kind) {
		revision := st.prefix == revisionPrefix || st.prefix == mobiledocPrefix
		if (st.table == "" || s.schema.has(st.table)) && (opt.Revisions || !revision) {
			all = append(all, st)
		}
	}
	return all
}

func allStreams(kind cms.Kind) []stream {
	switch kind {
	case kindSite:
		return []stream{{name: siteID, load: (*Site).loadSite}}
	case kindUser:
		return []stream{{name: "users", table: "users", load: (*Site).loadStaff},
			{name: "members", prefix: memberPrefix, table: "members", load: (*Site).loadMembers}}
	case kindTerm:
		return []stream{{name: "tags", table: "tags", load: (*Site).loadTags}}
	case kindMedia:
		return []stream{{name: imagesStream, load: (*Site).loadMedia}}
	case kindEntry:
		return []stream{{name: "posts", table: "posts", big: []string{"lexical", "mobiledoc", "html"}, load: (*Site).loadPosts},
			{name: "post_revisions", prefix: revisionPrefix, table: "post_revisions", big: []string{"lexical"}, load: (*Site).loadRevisions},
			{name: "mobiledoc_revisions", prefix: mobiledocPrefix, table: "mobiledoc_revisions", big: []string{"mobiledoc"}, load: (*Site).loadRevisions}}
	case kindComment:
		return []stream{{name: "comments", table: "comments", big: []string{"html"}, load: (*Site).loadComments}}
	case kindMenu:
		return []stream{{name: "menus", load: (*Site).loadMenus}}
	}
	return nil
}

// part is a stretch of one stream: ids after Lo up to and including Hi; empty: open.
type part struct {
	Stream string `json:"s"`
	Lo     string `json:"lo,omitempty"`
	Hi     string `json:"hi,omitempty"`
}

// Split divides a kind into at most n ranges of about equal counts.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, opt cms.Options) ([]cms.Shard, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	streams := s.streams(kind, opt)
	counts := make([]int, len(streams))
	total := 0
	for i, st := range streams {
		c, err := s.count(ctx, st)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", st.name, err)
		}
		counts[i] = c
		total += c
	}
	if len(streams) == 0 {
		return nil, nil
	}
	size := max((total+max(n, 1)-1)/max(n, 1), 1)
	var shards []cms.Shard
	for from := 0; from < max(total, 1); from += size {
		sh, err := s.shard(ctx, streams, counts, from, min(from+size, max(total, 1)), from+size >= total)
		if err != nil {
			return nil, err
		}
		shards = append(shards, sh)
	}
	return shards, nil
}

// shard covers the positions from … to of all streams in a row. The last one is open at its end, for what is added meanwhile.
func (s *Site) shard(ctx context.Context, streams []stream, counts []int, from, to int, last bool) (cms.Shard, error) {
	var parts []part
	base := 0
	for i, st := range streams {
		lo, hi := max(from-base, 0), min(to-base, counts[i])
		ends := to-base >= counts[i] // this shard has the stream's end
		base += counts[i]
		if lo > hi || lo >= counts[i] && (!last || counts[i] != 0) || hi <= lo && counts[i] > 0 {
			continue
		}
		p := part{Stream: st.name}
		var err error
		if p.Lo, err = s.boundary(ctx, st, lo); err != nil {
			return cms.Shard{}, err
		}
		if !ends {
			if p.Hi, err = s.boundary(ctx, st, hi); err != nil {
				return cms.Shard{}, err
			}
		}
		parts = append(parts, p)
	}
	data, err := json.Marshal(parts)
	return cms.Shard{Range: data, Count: uint64(min(to, base) - min(from, base))}, err
}

// boundary is the id at a position, counted from 1; "" for 0.
func (s *Site) boundary(ctx context.Context, st stream, at int) (string, error) {
	switch {
	case at == 0:
		return "", nil
	case st.table != "":
		id, err := cmssql.One(ctx, s.db, "SELECT `id` FROM `"+st.table+"`"+st.filter(" WHERE ")+" ORDER BY `id` LIMIT 1 OFFSET ?", at-1)
		if err != nil {
			return "", fmt.Errorf("split %s: %w", st.name, err)
		}
		return id, nil
	case st.name == imagesStream:
		return s.imageAt(at)
	}
	ids, err := s.fixed(ctx, s.db, st)
	if err != nil || at > len(ids) {
		return "", err
	}
	return ids[at-1], nil
}

func (st stream) filter(word string) string {
	if st.where == "" {
		return ""
	}
	return word + st.where
}

func (s *Site) count(ctx context.Context, st stream) (int, error) {
	switch {
	case st.table != "":
		rows, err := cmssql.Rows(ctx, s.db, "SELECT COUNT(*) AS `n` FROM `"+st.table+"`"+st.filter(" WHERE "))
		if err != nil {
			return 0, err
		}
		return int(rows[0].Number("n")), nil
	case st.name == imagesStream:
		return s.countImages()
	}
	ids, err := s.fixed(ctx, s.db, st)
	return len(ids), err
}

// fixed lists a stream that is no table.
func (s *Site) fixed(ctx context.Context, q cmssql.Querier, st stream) ([]string, error) {
	if st.name == siteID {
		return []string{siteID}, nil
	}
	return s.menuIDs(ctx, q)
}

// Limits of what is held in memory at a time.
const (
	pageRows  = 200
	pageBytes = 1 << 20
)

// entryID is an id with the size of its row.
type entryID struct {
	id    string
	bytes int
}

// page lists the ids after a position that are loaded together.
func (s *Site) page(ctx context.Context, st stream, after, hi string) ([]entryID, error) {
	switch {
	case st.table != "":
		return s.tablePage(ctx, st, after, hi)
	case st.name == imagesStream:
		return s.imagePage(after, hi)
	}
	ids, err := s.fixed(ctx, s.db, st)
	if err != nil {
		return nil, err
	}
	var page []entryID
	for _, id := range ids {
		if id > after && (hi == "" || id <= hi) {
			page = append(page, entryID{id: id})
		}
	}
	return page, nil
}

func (s *Site) tablePage(ctx context.Context, st stream, after, hi string) ([]entryID, error) {
	size := "0"
	for _, c := range st.big {
		if s.schema.has(st.table, c) {
			size += " + COALESCE(OCTET_LENGTH(`" + c + "`), 0)"
		}
	}
	query, args := "SELECT `id`, "+size+" AS `bytes` FROM `"+st.table+"` WHERE `id` > ?"+st.filter(" AND "), []any{after}
	if hi != "" {
		query, args = query+" AND `id` <= ?", append(args, hi)
	}
	rows, err := cmssql.Rows(ctx, s.db, query+" ORDER BY `id` LIMIT ?", append(args, pageRows)...)
	if err != nil {
		return nil, err
	}
	var page []entryID
	sum := 0
	for _, r := range rows {
		e := entryID{r.Text("id"), int(r.Number("bytes"))}
		if sum += e.bytes; len(page) > 0 && sum > pageBytes {
			break
		}
		page = append(page, e)
	}
	return page, nil
}

// streamOf finds the stream that an own id belongs to, and the id without its prefix.
func streamOf(streams []stream, id string) (stream, string) {
	var main stream
	for _, st := range streams {
		if st.prefix == "" {
			main = st
		} else if raw, ok := strings.CutPrefix(id, st.prefix); ok {
			return st, raw
		}
	}
	return main, id
}
