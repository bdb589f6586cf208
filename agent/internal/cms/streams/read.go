package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// cursorSep stands between a stream's name and an id in a cursor.
const cursorSep = "\x00"

// Read yields the records of a shard in the order of their streams and ids.
func Read(ctx context.Context, q cmssql.Querier, kind cms.Kind, all []Stream, sh cms.Shard, after cms.Cursor) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		parts, err := resume(sh, after)
		if err != nil {
			yield(cms.Item{}, err)
			return
		}
		for _, p := range parts {
			for _, st := range all {
				if st.Name == p.Stream && !st.read(ctx, q, kind, p, yield) {
					return
				}
			}
		}
	}
}

// resume drops what lies before a cursor.
func resume(sh cms.Shard, after cms.Cursor) ([]part, error) {
	var parts []part
	if err := json.Unmarshal(sh.Range, &parts); err != nil {
		return nil, errors.Join(cms.ErrCursor, err)
	}
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

// read yields a stretch of a stream; false: the reader wants no more.
func (st Stream) read(ctx context.Context, q cmssql.Querier, kind cms.Kind, p part, yield func(cms.Item, error) bool) bool {
	for after := p.Lo; ; {
		page, err := st.page(ctx, q, after, p.Hi)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("list %s: %w", st.Name, err))
			return false
		}
		if len(page) == 0 {
			return true
		}
		items, err := st.load(ctx, kind, page)
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("read %s: %w", st.Name, err))
			return false
		}
		for i, e := range page {
			after = e.id
			items[i].Cursor = cms.Cursor(st.Name + cursorSep + e.id)
			if !yield(items[i], nil) {
				return false
			}
		}
	}
}

// load reads the rows of a page in order; each has an item, a record or the reason why there is none.
func (st Stream) load(ctx context.Context, kind cms.Kind, page []listed) ([]cms.Item, error) {
	var ids []string
	for _, e := range page {
		if e.bytes <= record.MaxBytes {
			ids = append(ids, e.id)
		}
	}
	found, err := st.Load(ctx, ids)
	if err != nil {
		return nil, err
	}
	items := make([]cms.Item, len(page))
	for i, e := range page {
		it, ok := found[e.id]
		switch {
		case e.bytes > record.MaxBytes:
			it = TooLarge(kind, st.Prefix+e.id, e.bytes)
		case !ok:
			it = Unread(kind, st.Prefix+e.id, &agentv1.Problem{Code: "vanished", Cause: "the row was deleted while it was read", Fix: "Nothing to do if it was deleted on purpose."})
		}
		items[i] = it
	}
	return items, nil
}

// TooLarge is the item of a row whose long texts have so many bytes. It is found by asking for their lengths: a table of such rows is
// never in memory (Rule 9).
func TooLarge(kind cms.Kind, id string, bytes int64) cms.Item {
	return Unread(kind, id, &agentv1.Problem{Code: "record_too_large", Cause: fmt.Sprintf("the record has %d bytes; at most %d are moved", bytes, record.MaxBytes),
		Fix: "Shorten the record in the source, for example by moving embedded pictures to files, then migrate again."})
}

// Unread is the item of a record that is not handed over.
func Unread(kind cms.Kind, id string, p *agentv1.Problem) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(kind, id), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}}
}

// Garbled is the item of a row whose text is no valid UTF-8.
func Garbled(kind cms.Kind, id, column string) cms.Item {
	return Unread(kind, id, &agentv1.Problem{Code: "invalid_utf8", Cause: "column " + column + " is not valid UTF-8",
		Fix: "Open the record in the source, save it again, then migrate again.", Field: column})
}

// Fetch reads records by the site's own ids, in order.
func Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, all []Stream, ids []string) ([]cms.Item, error) {
	items := make([]cms.Item, len(ids))
	for _, st := range all {
		raw := map[int]string{}
		var list []string
		for i, id := range ids {
			own, key := of(all, id)
			if own.Name == st.Name && (!st.Numeric || isID(key)) {
				raw[i] = key
				list = append(list, key)
			}
		}
		found, err := st.fetch(ctx, q, kind, list)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", st.Name, err)
		}
		for i, key := range raw {
			items[i] = found[key]
		}
	}
	return items, nil
}

// fetch loads rows by their ids, as many at a time as a page has; what is not there has no item.
func (st Stream) fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]cms.Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	page, err := st.named(ctx, q, ids)
	all := map[string]cms.Item{}
	for len(page) > 0 && err == nil {
		var small []string
		n := together(page)
		for _, e := range page[:n] {
			if e.bytes > record.MaxBytes {
				all[e.id] = TooLarge(kind, st.Prefix+e.id, e.bytes)
			} else {
				small = append(small, e.id)
			}
		}
		var found map[string]cms.Item
		found, err = st.Load(ctx, small)
		maps.Copy(all, found)
		page = page[n:]
	}
	return all, err
}
