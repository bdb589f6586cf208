package joomla

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// stream is one ascending run of ids of a kind: a table, the folders of files, or the one record of settings.
type stream struct {
	name string
	// prefix goes before ids in records, so that ids of one kind's tables do not meet.
	prefix string
	// table has numbers as ids, in the column key; where limits its rows.
	table, key, where string
	// big are the columns that make a row large.
	big []string
	// load reads rows by id.
	load func(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error)
}

// Prefixes of ids beside those of a kind's main table, and names of streams that are no table.
const (
	tagPrefix      = "tag:"
	modulePrefix   = "module:"
	contactPrefix  = "contact:"
	revisionPrefix = "revision:"
	siteID         = "site"
	filesStream    = "files"
)

// streams are what a kind is made of, in reading order.
func (s *Site) streams(kind cms.Kind, opt cms.Options) []stream {
	var all []stream
	switch kind {
	case kindSite:
		all = []stream{{name: siteID, load: loadSite}}
	case kindUser:
		all = []stream{{table: "users", load: loadUsers}}
	case kindTerm:
		all = []stream{{table: "categories", where: "parent_id > 0", big: []string{"description"}, load: loadCategories},
			{table: "tags", prefix: tagPrefix, where: "parent_id > 0", big: []string{"description"}, load: loadTags}}
	case kindMedia:
		all = []stream{{name: filesStream, load: loadMedia}}
	case kindEntry:
		all = []stream{{table: "content", big: []string{"introtext", "fulltext"}, load: loadArticles},
			{table: "modules", prefix: modulePrefix, where: "module = 'mod_custom' AND client_id = 0", big: []string{"content"}, load: loadModules},
			{table: "contact_details", prefix: contactPrefix, big: []string{"misc"}, load: loadContacts}}
		if opt.Revisions {
			all = append(all, s.history())
		}
	case kindMenu:
		all = []stream{{table: "menu_types", where: "client_id = 0", load: loadMenus}}
	case kindRedirect:
		all = []stream{{table: "redirect_links", load: loadRedirects}}
	}
	for i := range all {
		if all[i].table != "" {
			all[i].name = all[i].table
		}
		if all[i].key == "" {
			all[i].key = "id"
		}
	}
	return slices.DeleteFunc(all, func(st stream) bool { return st.table != "" && !s.schema.has(st.table) })
}

// history is the table of older versions: Joomla 4 renamed it and names the article by a word.
func (s *Site) history() stream {
	st := stream{table: "history", prefix: revisionPrefix, key: "version_id", where: "item_id LIKE 'com_content.article.%'", big: []string{"version_data"}, load: loadRevisions}
	if !s.schema.has("history") {
		st.table, st.where = "ucm_history", "ucm_type_id = "+itoa(atoi(s.articleType))
	}
	return st
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
	return cms.Shard{Range: data, Count: uint64(min(to, base) - min(from, base))}, err //nolint:gosec // to is not below from
}

// boundary is the id at a position, counted from 1; "" for 0.
func (s *Site) boundary(ctx context.Context, st stream, at int) (string, error) {
	switch {
	case at == 0:
		return "", nil
	case st.table != "":
		id, err := s.one(ctx, s.db, "SELECT "+st.key+" FROM {"+st.table+"}"+st.filter(" WHERE ")+" ORDER BY "+st.key+" LIMIT 1 OFFSET ?", at-1)
		if err != nil {
			return "", fmt.Errorf("split %s: %w", st.name, err)
		}
		return id, nil
	case st.name == filesStream:
		return s.fileNumber(at)
	}
	return siteID, nil
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
		n, err := s.one(ctx, s.db, "SELECT COUNT(*) FROM {"+st.table+"}"+st.filter(" WHERE "))
		return int(atoi(n)), err
	case st.name == filesStream:
		return s.countFiles()
	}
	return 1, nil
}

// Limits of what is held in memory at a time.
const (
	pageRows  = 200
	pageBytes = 1 << 20
)

// listed is an id with the size of its row.
type listed struct {
	id    string
	bytes int64
}

// page lists the ids after a position that are loaded together.
func (s *Site) page(ctx context.Context, st stream, after, hi string) ([]listed, error) {
	switch {
	case st.table != "":
		return s.tablePage(ctx, st, after, hi)
	case st.name == filesStream:
		return s.filePage(after, hi)
	case after == "":
		return []listed{{id: siteID}}, nil
	}
	return nil, nil
}

func (s *Site) tablePage(ctx context.Context, st stream, after, hi string) ([]listed, error) {
	if after == "" {
		after = "0"
	}
	if !isID(after) && after != "0" || hi != "" && !isID(hi) {
		return nil, cms.ErrCursor
	}
	size := "0"
	for _, c := range st.big {
		size += " + COALESCE(OCTET_LENGTH(" + s.name(c) + "), 0)"
	}
	query, args := "SELECT "+st.key+" AS id, "+size+" AS bytes FROM {"+st.table+"} WHERE "+st.key+" > ?"+st.filter(" AND "), []any{atoi(after)}
	if hi != "" {
		query, args = query+" AND "+st.key+" <= ?", append(args, atoi(hi))
	}
	rows, err := s.query(ctx, s.db, query+fmt.Sprintf(" ORDER BY %s LIMIT %d", st.key, pageRows), args...)
	if err != nil {
		return nil, err
	}
	var page []listed
	sum := int64(0)
	for _, r := range rows {
		e := listed{r.Text("id"), r.Number("bytes")}
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

// reader is what one call of reading knows; what it looks up it keeps until the call ends.
type reader struct {
	s    *Site
	q    cmssql.Querier
	kind cms.Kind
	// paths are wanted, not only records.
	withPaths bool
	cats      map[string]*category
	routes    *routes
	levels    map[string]string
	defs      map[string]*fieldDef
	byContext map[string][]*fieldDef
}

func (s *Site) newReader(q cmssql.Querier, kind cms.Kind) *reader {
	return &reader{s: s, q: q, kind: kind}
}
