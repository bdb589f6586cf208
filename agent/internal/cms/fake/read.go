package fake

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// page is how many rows are held at a time. Bodies may be large, so a real driver also bounds the page by bytes.
const page = 100

// Probe implements cms.Site. Counts must be exactly what Read yields.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f := &cms.Facts{Version: s.version, BaseURL: s.base, Identity: []string{s.uuid, s.prefix}, Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	if opt.Brief {
		return f, s.product(ctx, f)
	}
	for _, k := range record.Kinds {
		rows, err := s.db.Query(ctx, "SELECT scope, COUNT(*) FROM "+s.kindTable(k)+" GROUP BY scope ORDER BY scope")
		if err != nil {
			return nil, fmt.Errorf("count: %w", err)
		}
		err = each(rows, func() error {
			t := &agentv1.TypeCount{}
			if err := rows.Scan(&t.Type, &t.Count); err != nil {
				return err
			}
			f.Counts[k] += t.GetCount()
			f.Types[k] = append(f.Types[k], t)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("count: %w", err)
		}
	}
	return f, s.product(ctx, f)
}

func (s *Site) product(ctx context.Context, f *cms.Facts) error {
	var err error
	f.Database, err = s.db.Product(ctx)
	return err
}

// each reads all rows; it closes them before it returns, which a transaction needs.
func each(rows *sql.Rows, fn func() error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Split implements cms.Site: ranges of ids of about the same number of rows. A shard is written as "first-last".
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, _ cms.Options) ([]cms.Shard, error) {
	rows, err := s.db.Query(ctx, "SELECT id FROM "+s.kindTable(kind)+" ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	var ids []int64
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	var shards []cms.Shard
	for i := range min(n, len(ids)) {
		lo, hi := i*len(ids)/min(n, len(ids)), (i+1)*len(ids)/min(n, len(ids))
		shards = append(shards, cms.Shard{Range: fmt.Appendf(nil, "%d-%d", ids[lo], ids[hi-1]), Count: uint64(hi - lo)})
	}
	return shards, nil
}

// Read implements cms.Site. The cursor is the last id, so reading resumes anywhere, and the order never changes.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, _ cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		at, last, err := position(sh, after)
		if err != nil {
			yield(cms.Item{}, err)
			return
		}
		for {
			rows, err := s.page(ctx, s.db, kind, "id > ? AND id <= ? ORDER BY id LIMIT "+strconv.Itoa(page), at, last)
			if err != nil {
				yield(cms.Item{}, err)
				return
			}
			for _, r := range rows {
				at = r.id
				if !yield(s.item(kind, r), nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
		}
	}
}

// position reads shard and cursor; both come from outside and may be anything.
func position(sh cms.Shard, after cms.Cursor) (at, last int64, err error) {
	var first int64
	if n, err := fmt.Sscanf(string(sh.Range), "%d-%d", &first, &last); n != 2 || err != nil {
		return 0, 0, cms.ErrCursor
	}
	if len(after) == 0 {
		return first - 1, last, nil
	}
	if at, err = strconv.ParseInt(string(after), 10, 64); err != nil {
		return 0, 0, cms.ErrCursor
	}
	return at, last, nil
}

func (s *Site) page(ctx context.Context, q cmssql.Querier, kind cms.Kind, where string, args ...any) ([]row, error) {
	rows, err := q.Query(ctx, "SELECT id, name, scope, slug, body FROM "+s.kindTable(kind)+" WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	var all []row
	err = each(rows, func() error {
		var r row
		err := rows.Scan(&r.id, &r.name, &r.scope, &r.slug, &r.body)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return all, nil
}

func (s *Site) item(kind cms.Kind, r row) cms.Item {
	rec, unread := decode(kind, r)
	it := cms.Item{Record: rec, Unread: unread, Cursor: strconv.AppendInt(nil, r.id, 10)}
	if p := address(kind, r.scope, r.slug, r.id); p != "" {
		it.Paths = []*agentv1.Path{{Path: p}}
	}
	return it
}

// address is where visitors find a row, from the site's root.
func address(kind cms.Kind, scope, slug string, id int64) string {
	switch kind {
	case recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_TERM:
		return "/" + scope + "/" + slug + "/"
	case recordv1.Kind_KIND_MEDIA:
		return "/media/" + strconv.FormatInt(id, 10)
	}
	return ""
}

// Fetch implements cms.Site: what Read would give, by id, in the order asked for.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	rows, err := s.byID(ctx, q, kind, ids)
	if err != nil {
		return nil, err
	}
	items := make([]cms.Item, len(ids))
	for i, id := range ids {
		if r, ok := rows[id]; ok {
			items[i] = s.item(kind, r)
		}
	}
	return items, nil
}

// byID reads rows by ids in few statements.
func (s *Site) byID(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]row, error) {
	found := make(map[string]row, len(ids))
	for len(ids) > 0 {
		part := ids[:min(page, len(ids))]
		ids = ids[len(part):]
		in, args := cmssql.In(part)
		rows, err := s.page(ctx, q, kind, "id IN "+in, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[strconv.FormatInt(r.id, 10)] = r
		}
	}
	return found, nil
}

// Locate implements cms.Site: what stands in content for a row. The form "id" is the bare id.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	byKind := map[cms.Kind][]string{}
	for _, w := range wants {
		byKind[w.Kind] = append(byKind[w.Kind], w.TargetID)
	}
	rows := map[cms.Kind]map[string]row{}
	for kind, ids := range byKind {
		found, err := s.byID(ctx, q, kind, ids)
		if err != nil {
			return nil, err
		}
		rows[kind] = found
	}
	out := make([]string, len(wants))
	for i, w := range wants {
		r, ok := rows[w.Kind][w.TargetID]
		switch p := address(w.Kind, r.scope, r.slug, r.id); {
		case !ok:
		case w.Form == "id":
			out[i] = w.TargetID
		case p != "":
			out[i] = s.base + p
		}
	}
	return out, nil
}
