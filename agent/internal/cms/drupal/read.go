package drupal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	runs "github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// reader makes records of rows.
type reader struct {
	s    *Site
	q    cmssql.Querier
	kind cms.Kind
}

// position is where a reader stands: stream, key, and how many records of that key it has given.
type position struct {
	Stream string `json:"s"`
	Key    int64  `json:"k"`
	N      int    `json:"n"`
}

// Read yields the records of a shard in the order of its streams and their keys.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		parts, at, err := start(sh, after)
		if err == nil && s.closed.Load() {
			err = errClosed
		}
		if err != nil {
			yield(cms.Item{}, err)
			return
		}
		streams := map[string]stream{}
		for _, st := range s.streams(kind, opt) {
			streams[st.name] = st
		}
		r := &reader{s: s, q: s.db, kind: kind}
		for _, p := range parts {
			if st, ok := streams[p.Stream]; ok && !r.part(ctx, st, p, at, yield) {
				return
			}
			at = position{}
		}
	}
}

// strict decodes JSON that nothing may follow; both shard and cursor come from outside.
func strict(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return errors.Join(cms.ErrCursor, err)
	}
	return nil
}

// start drops what lies before a cursor.
func start(sh cms.Shard, after cms.Cursor) (parts []part, at position, err error) {
	if err := strict(sh.Range, &parts); err != nil || len(after) == 0 {
		return parts, at, err
	}
	if err := strict(after, &at); err != nil {
		return nil, at, err
	}
	for i, p := range parts {
		if p.Stream == at.Stream {
			// The key is read again: some of its records may still be due.
			p.Lo = max(p.Lo, at.Key-1)
			return append([]part{p}, parts[i+1:]...), at, nil
		}
	}
	return nil, at, cms.ErrCursor
}

// part yields a stretch of one stream; false: the reader wants no more.
func (r *reader) part(ctx context.Context, st stream, p part, at position, yield func(cms.Item, error) bool) bool {
	for lo := p.Lo; ; {
		page, err := r.s.page(ctx, r.q, st, lo, p.Hi)
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
		items, err := r.load(ctx, st, page)
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("read %s: %w", st.name, err))
			return false
		}
		for _, k := range page {
			lo = k.key
			if !give(st, items[k.key], k.key, at, yield) {
				return false
			}
		}
	}
}

// give yields the records of one key.
func give(st stream, items []cms.Item, key int64, at position, yield func(cms.Item, error) bool) bool {
	for n, it := range items {
		if key == at.Key && n < at.N {
			continue
		}
		it.Cursor, _ = json.Marshal(position{st.name, key, n + 1})
		if !yield(it, nil) {
			return false
		}
	}
	return true
}

// load makes the items of a page; a row that is too large or gives no record has the reason instead.
func (r *reader) load(ctx context.Context, st stream, page []sized) (map[int64][]cms.Item, error) {
	items, err := r.small(ctx, st, page)
	for _, k := range page {
		if err == nil && len(items[k.key]) == 0 {
			items[k.key] = []cms.Item{r.unread(st.prefix+itoa(k.key), "vanished", "the row was deleted while it was read, or lacks the rows that belong to it",
				"Nothing to do if it was deleted on purpose; otherwise repair it in the source.")}
		}
	}
	return items, err
}

// small makes the items of rows that are not too large, and gives the reason for the others.
func (r *reader) small(ctx context.Context, st stream, page []sized) (map[int64][]cms.Item, error) {
	var keys []int64
	large := map[int64][]cms.Item{}
	for _, k := range page {
		if k.bytes > record.MaxBytes {
			large[k.key] = []cms.Item{runs.TooLarge(r.kind, st.prefix+itoa(k.key), k.bytes)}
		} else {
			keys = append(keys, k.key)
		}
	}
	if len(keys) == 0 {
		return large, nil
	}
	items, err := st.build(r, ctx, keys)
	if err == nil && len(large) > 0 {
		maps.Copy(items, large)
	}
	return items, err
}

// unread is a record that is not handed over.
func (r *reader) unread(id, code, cause, fix string) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(r.kind, id), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix}}}
}

// skipped is a record that the platform itself does not show any more.
func (r *reader) skipped(id, code, cause, fix string) cms.Item {
	it := r.unread(id, code, cause, fix)
	it.Unread.Outcome = agentv1.Outcome_OUTCOME_SKIPPED
	return it
}

// item is a record, unless some of its texts cannot be carried.
func (r *reader) item(rec *recordv1.Record, paths []*agentv1.Path, base row) cms.Item {
	if col := base.badText(); col != "" {
		return r.unread(rec.GetRef().GetSourceId(), "invalid_utf8", "the column "+col+" is not valid UTF-8", "Repair the text in the source, then migrate again.")
	}
	return cms.Item{Record: rec, Paths: paths}
}

// Fetch reads records by the site's own ids, in order.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	s, err := s.fresh(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read the site's types and fields: %w", err)
	}
	r := &reader{s: s, q: q, kind: kind}
	streams := s.streams(kind, cms.Options{Revisions: true})
	wanted := make([]map[int64][]int, len(streams))
	for i, id := range ids {
		if n, key, ok := locate(streams, id); ok {
			if wanted[n] == nil {
				wanted[n] = map[int64][]int{}
			}
			wanted[n][key] = append(wanted[n][key], i)
		}
	}
	items := make([]cms.Item, len(ids))
	for n, at := range wanted {
		if err := r.fetch(ctx, streams[n], at, ids, items); err != nil {
			return nil, fmt.Errorf("read %s: %w", streams[n].name, err)
		}
	}
	return items, nil
}

func (r *reader) fetch(ctx context.Context, st stream, at map[int64][]int, ids []string, items []cms.Item) error {
	keys := make([]int64, 0, len(at))
	for k := range at {
		keys = append(keys, k)
	}
	for len(keys) > 0 {
		page, err := r.s.together(ctx, r.q, st, keys[:min(len(keys), pageRows)])
		if err != nil {
			return err
		}
		found, err := r.small(ctx, st, page)
		if err != nil {
			return err
		}
		for key, list := range found {
			for _, it := range list {
				for _, i := range at[key] {
					if refOf(it).GetSourceId() == ids[i] {
						items[i] = it
					}
				}
			}
		}
		keys = keys[len(page):]
	}
	return nil
}

func refOf(it cms.Item) *recordv1.Ref {
	if it.Record != nil {
		return it.Record.GetRef()
	}
	return it.Unread.GetRef()
}

// locate finds the stream that an own id belongs to, and its key. The longest prefix counts; an id may end in a language.
func locate(streams []stream, id string) (n int, key int64, ok bool) {
	n = -1
	for i, st := range streams {
		if strings.HasPrefix(id, st.prefix) && (n < 0 || len(st.prefix) > len(streams[n].prefix)) {
			n = i
		}
	}
	if n < 0 {
		return 0, 0, false
	}
	if streams[n].fixed != nil {
		return n, hashKey(id), true
	}
	digits, _, _ := strings.Cut(id[len(streams[n].prefix):], ":")
	key, err := strconv.ParseInt(digits, 10, 64)
	return n, key, err == nil && key > 0
}
