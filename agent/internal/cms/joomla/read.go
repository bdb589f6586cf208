package joomla

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// cursorSep stands between a stream's name and an id in a cursor.
const cursorSep = "\x00"

// Read yields the records of a shard in the order of their ids.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		if s.closed.Load() {
			yield(cms.Item{}, errClosed)
			return
		}
		var parts []part
		if err := json.Unmarshal(sh.Range, &parts); err != nil {
			yield(cms.Item{}, errors.Join(cms.ErrCursor, err))
			return
		}
		parts, err := resume(parts, after)
		if err != nil {
			yield(cms.Item{}, err)
			return
		}
		r := s.newReader(s.db, kind)
		r.withPaths = true
		for _, p := range parts {
			for _, st := range s.streams(kind, opt) {
				if st.name == p.Stream && !r.part(ctx, st, p, yield) {
					return
				}
			}
		}
	}
}

// resume drops what lies before a cursor.
func resume(parts []part, after cms.Cursor) ([]part, error) {
	if len(after) == 0 {
		return parts, nil
	}
	name, id, ok := strings.Cut(string(after), cursorSep)
	for i, p := range parts {
		if ok && p.Stream == name {
			p.Lo = id
			return append([]part{p}, parts[i+1:]...), nil
		}
	}
	return nil, cms.ErrCursor
}

// part yields a stretch of one stream; false: the caller wants no more.
func (r *reader) part(ctx context.Context, st stream, p part, yield func(cms.Item, error) bool) bool {
	for after := p.Lo; ; {
		page, err := r.s.page(ctx, st, after, p.Hi)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("list %s: %w", st.name, err))
			return false
		}
		if len(page) == 0 {
			return true
		}
		items, err := r.page(ctx, st, page)
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("read %s: %w", st.name, err))
			return false
		}
		for i, e := range page {
			after = e.id
			items[i].Cursor = cms.Cursor(st.name + cursorSep + e.id)
			if !yield(items[i], nil) {
				return false
			}
		}
	}
}

// page reads the rows of a page in order; each has an item, a record or the reason why there is none.
func (r *reader) page(ctx context.Context, st stream, page []listed) ([]cms.Item, error) {
	var ids []string
	for _, e := range page {
		if e.bytes <= record.MaxBytes {
			ids = append(ids, e.id)
		}
	}
	found, err := st.load(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	items := make([]cms.Item, len(page))
	for i, e := range page {
		it, ok := found[e.id]
		if !ok {
			it = unread(r.kind, st.prefix+e.id, missing(e))
		}
		items[i] = it
	}
	return items, nil
}

func missing(e listed) *agentv1.Problem {
	if e.bytes > record.MaxBytes {
		return &agentv1.Problem{Code: "record_too_large", Cause: fmt.Sprintf("the record has %d bytes; at most %d are moved", e.bytes, record.MaxBytes),
			Fix: "Shorten the record in the source, for example by moving embedded pictures to files, then migrate again."}
	}
	return &agentv1.Problem{Code: "vanished", Cause: "the row was deleted while it was read", Fix: "Nothing to do if it was deleted on purpose."}
}

func unread(kind cms.Kind, id string, p *agentv1.Problem) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(kind, id), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}}
}

// item wraps a record that was read; one that cannot be sent is told as such.
func item(kind cms.Kind, id string, rec *recordv1.Record, paths ...string) cms.Item {
	rec.Ref = record.NewRef(kind, id)
	if p := record.Validate(rec); p != nil {
		return unread(kind, id, p)
	}
	it := cms.Item{Record: rec}
	seen := map[string]bool{}
	for _, p := range paths {
		if p != "" && !seen[p] {
			seen[p] = true
			it.Paths = append(it.Paths, &agentv1.Path{Path: p})
		}
	}
	return it
}

// items makes the items of rows by their key. A row with a text that is no UTF-8 is told as such.
func (r *reader) items(prefix, key string, rows []row, build func(row) (*recordv1.Record, []string)) map[string]cms.Item {
	items := make(map[string]cms.Item, len(rows))
	for _, row := range rows {
		id := row.Text(key)
		if bad := row.BadText(); bad != "" {
			items[id] = unread(r.kind, prefix+id, &agentv1.Problem{Code: "invalid_utf8", Cause: "column " + bad + " is not valid UTF-8",
				Fix: "Open the record in the source, save it again, then migrate again.", Field: bad})
			continue
		}
		rec, paths := build(row)
		items[id] = item(r.kind, prefix+id, rec, paths...)
	}
	return items
}

// Fetch reads records by the site's own ids, in order.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	items := make([]cms.Item, len(ids))
	streams := s.streams(kind, cms.Options{Revisions: true})
	r := s.newReader(q, kind)
	for _, st := range streams {
		raw := map[int]string{}
		var list []string
		for i, id := range ids {
			own, key := streamOf(streams, id)
			if own.name == st.name && (st.table == "" || isID(key)) {
				raw[i] = key
				list = append(list, key)
			}
		}
		if len(list) == 0 {
			continue
		}
		found, err := st.load(ctx, r, list)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", st.name, err)
		}
		for i, key := range raw {
			items[i] = found[key]
		}
	}
	return items, nil
}
