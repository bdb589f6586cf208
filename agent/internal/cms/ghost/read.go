package ghost

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
		streams := map[string]stream{}
		for _, st := range s.streams(kind, opt) {
			streams[st.name] = st
		}
		for _, p := range parts {
			st, ok := streams[p.Stream]
			if ok && !s.readPart(ctx, kind, st, p, yield) {
				return
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

// readPart yields a stretch of one stream; false: the reader wants no more.
func (s *Site) readPart(ctx context.Context, kind cms.Kind, st stream, p part, yield func(cms.Item, error) bool) bool {
	for after := p.Lo; ; {
		page, err := s.page(ctx, st, after, p.Hi)
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
		items, err := s.loadPage(ctx, s.db, kind, st, page)
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

// loadPage reads the rows of a page in order; each has an item, a record or the reason why there is none.
func (s *Site) loadPage(ctx context.Context, q cmssql.Querier, kind cms.Kind, st stream, page []entryID) ([]cms.Item, error) {
	var ids []string
	for _, e := range page {
		if e.bytes <= record.MaxBytes {
			ids = append(ids, e.id)
		}
	}
	found, err := st.load(s, ctx, q, ids)
	if err != nil {
		return nil, err
	}
	items := make([]cms.Item, len(page))
	for i, e := range page {
		it, ok := found[e.id]
		if !ok {
			it = unread(kind, st.prefix+e.id, missing(e))
		}
		items[i] = it
	}
	return items, nil
}

func missing(e entryID) *agentv1.Problem {
	if e.bytes > record.MaxBytes {
		return &agentv1.Problem{Code: "record_too_large", Cause: fmt.Sprintf("the record has %d bytes; at most %d are moved", e.bytes, record.MaxBytes),
			Fix: "Shorten the record in the source, for example by moving embedded pictures to files, then migrate again."}
	}
	return &agentv1.Problem{Code: "vanished", Cause: "the row was deleted while it was read", Fix: "Nothing to do if it was deleted on purpose."}
}

func unread(kind cms.Kind, id string, p *agentv1.Problem) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(kind, id), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}}
}

// garbled is the item of a row whose text is no valid UTF-8.
func garbled(kind cms.Kind, id, column string) cms.Item {
	return unread(kind, id, &agentv1.Problem{Code: "invalid_utf8", Cause: "column " + column + " is not valid UTF-8",
		Fix: "Open the record in the source, save it again, then migrate again.", Field: column})
}

// Fetch reads records by the site's own ids, in order.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	items := make([]cms.Item, len(ids))
	streams := s.streams(kind, cms.Options{Revisions: true})
	for _, st := range streams {
		raw := map[int]string{}
		var list []string
		for i, id := range ids {
			if own, r := streamOf(streams, id); own.name == st.name {
				raw[i] = r
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			continue
		}
		found, err := st.load(s, ctx, q, list)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", st.name, err)
		}
		for i, r := range raw {
			items[i] = found[r]
		}
	}
	return items, nil
}

// item wraps a record that was read.
// itemsOf makes the items of rows by their own id; prefix begins the ids of their records.
func itemsOf(kind cms.Kind, prefix string, rows []row, build func(row) (*recordv1.Record, []*agentv1.Path)) map[string]cms.Item {
	items := make(map[string]cms.Item, len(rows))
	for _, r := range rows {
		id := r.Text("id")
		if bad := r.BadText(); bad != "" {
			items[id] = garbled(kind, prefix+id, bad)
			continue
		}
		rec, paths := build(r)
		items[id] = item(kind, prefix+id, rec, paths...)
	}
	return items
}

func item(kind cms.Kind, id string, r *recordv1.Record, paths ...*agentv1.Path) cms.Item {
	r.Ref = record.NewRef(kind, id)
	return cms.Item{Record: r, Paths: paths}
}

func address(p string) *agentv1.Path { return &agentv1.Path{Path: p} }
