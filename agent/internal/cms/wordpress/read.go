package wordpress

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	// firstPage rows are read before the size of rows is known; maxPage at most.
	firstPage = 50
	maxPage   = 500
	// pageBytes bounds the texts of one page in memory.
	pageBytes = 2 << 20
	// shardMin is the smallest shard worth making.
	shardMin = 50
	// rowMax is the longest row that can become a record, with room for the rest of the record.
	rowMax = record.MaxBytes - 1<<16
)

// source says where the rows of a kind are.
type source struct {
	// table is followed by its alias, if it has one.
	table, key, where string
}

func (s *Site) source(kind cms.Kind, opt cms.Options) (source, bool) {
	switch kind {
	case recordv1.Kind_KIND_USER:
		return source{"{users}", "ID", "1=1"}, true
	case recordv1.Kind_KIND_TERM:
		own := []string{"nav_menu", "post_format"}
		if s.plugin != nil {
			own = append(own, s.plugin.hidden()...)
		}
		return source{"{term_taxonomy}", "term_taxonomy_id", "taxonomy NOT IN ('" + strings.Join(own, "','") + "')"}, true
	case recordv1.Kind_KIND_MEDIA:
		return source{"{posts}", "ID", "post_type = 'attachment'"}, true
	case recordv1.Kind_KIND_ENTRY:
		if opt.Revisions {
			return source{"{posts}", "ID", "post_type NOT IN ('attachment','nav_menu_item')"}, true
		}
		return source{"{posts}", "ID", "post_type NOT IN ('attachment','nav_menu_item','revision')"}, true
	case recordv1.Kind_KIND_COMMENT:
		return source{"{comments} c", "c.comment_ID", "1=1"}, true
	case recordv1.Kind_KIND_MENU:
		return source{"{term_taxonomy}", "term_taxonomy_id", "taxonomy = 'nav_menu'"}, true
	case recordv1.Kind_KIND_REDIRECT:
		return source{"{" + itemsTable + "} i", "i.id", "1=1"}, s.redirects
	}
	return source{}, false
}

// siteID is the source id of the only record of KIND_SITE.
const siteID = "site"

// span is the key range (after, to] of a shard.
type span struct{ after, to int64 }

func (s span) encode() []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, s.after), s.to)
}

var errShard = fmt.Errorf("%w; split the kind again", cms.ErrCursor)

func decodeSpan(b []byte) (span, error) {
	after, n := binary.Varint(b)
	if n <= 0 {
		return span{}, errShard
	}
	to, m := binary.Varint(b[n:])
	if m <= 0 || n+m != len(b) {
		return span{}, errShard
	}
	return span{after, to}, nil
}

// Split implements cms.Site.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, opt cms.Options) ([]cms.Shard, error) {
	if kind == recordv1.Kind_KIND_SITE {
		// There is one always; asking finds out that the database is still there.
		if _, err := s.options(ctx, s.db, []string{"home"}); err != nil {
			return nil, fmt.Errorf("read the options: %w", err)
		}
		return []cms.Shard{{Range: span{0, 1}.encode(), Count: 1}}, nil
	}
	src, ok := s.source(kind, opt)
	if !ok {
		return nil, nil
	}
	var count int64
	if err := s.db.QueryRow(ctx, s.sql("SELECT COUNT(*) FROM "+src.table+" WHERE "+src.where)).Scan(&count); err != nil {
		return nil, fmt.Errorf("count %s: %w", record.KindName(kind), err)
	}
	step := max(count/int64(max(n, 1))+1, shardMin)
	var shards []cms.Shard
	var last, cut, seen int64
	err := cmssql.Each(ctx, s.db, func(r *sql.Rows) error {
		if err := r.Scan(&last); err != nil {
			return err
		}
		if seen++; seen == step {
			shards = append(shards, cms.Shard{Range: span{cut, last}.encode(), Count: uint64(seen)})
			cut, seen = last, 0
		}
		return nil
	}, s.sql("SELECT "+src.key+" FROM "+src.table+" WHERE "+src.where+" AND "+src.key+" > 0 ORDER BY "+src.key))
	if seen > 0 {
		shards = append(shards, cms.Shard{Range: span{cut, last}.encode(), Count: uint64(seen)})
	}
	return shards, err
}

// Read implements cms.Site.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		r, err := s.newReader(ctx, s.db, kind, opt)
		if err == nil {
			r.withPaths = true
			err = r.shard(ctx, sh, after, func(it cms.Item) bool { return yield(it, nil) })
		}
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("read %s: %w", record.KindName(kind), err))
		}
	}
}

// Fetch implements cms.Site.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	return s.fetch(ctx, q, kind, ids, false)
}

// FetchPaths implements cms.Addresser.
func (s *Site) FetchPaths(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	return s.fetch(ctx, q, kind, ids, true)
}

func (s *Site) fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string, withPaths bool) ([]cms.Item, error) {
	r, err := s.newReader(ctx, q, kind, cms.Options{Revisions: true})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", record.KindName(kind), err)
	}
	r.withPaths = withPaths
	items := make([]cms.Item, len(ids))
	at := make(map[string][]int, len(ids))
	var nums set
	for i, id := range ids {
		at[id] = append(at[id], i)
		nums.add(atoi(id))
	}
	if kind == recordv1.Kind_KIND_SITE && len(at[siteID]) > 0 {
		nums.ids = []int64{1}
	}
	for rest := nums.ids; len(rest) > 0; {
		part := rest[:min(len(rest), maxPage)]
		found, err := r.byIDs(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", record.KindName(kind), err)
		}
		for _, it := range found {
			for _, i := range at[refOf(it).GetSourceId()] {
				items[i] = it
			}
		}
		rest = rest[len(part):]
	}
	return items, nil
}

func refOf(it cms.Item) *recordv1.Ref {
	if it.Record != nil {
		return it.Record.GetRef()
	}
	return it.Unread.GetRef()
}

// reader reads one kind.
type reader struct {
	s         *Site
	q         cmssql.Querier
	kind      cms.Kind
	opt       cms.Options
	src       source
	env       *env
	link      *linker
	withPaths bool
	roles     map[string]bool
}

func (s *Site) newReader(ctx context.Context, q cmssql.Querier, kind cms.Kind, opt cms.Options) (*reader, error) {
	src, ok := s.source(kind, opt)
	if !ok && kind != recordv1.Kind_KIND_SITE {
		return nil, errors.New("WordPress has no records of this kind")
	}
	e, err := s.env(ctx, q)
	if err != nil {
		return nil, err
	}
	return &reader{s: s, q: q, kind: kind, opt: opt, src: src, env: e, link: newLinker(s, q, e)}, nil
}

// scope chooses rows: a key range in order, or a list of ids.
type scope struct {
	where string
	args  []any
	order string
}

func (r *reader) shard(ctx context.Context, sh cms.Shard, after cms.Cursor, yield func(cms.Item) bool) error {
	sp, err := decodeSpan(sh.Range)
	if err != nil {
		return err
	}
	if len(after) > 0 {
		pos, n := binary.Varint(after)
		if n <= 0 {
			return errShard
		}
		sp.after = max(sp.after, pos)
	}
	limit := firstPage
	for sp.after < sp.to {
		p, err := r.page(ctx, scope{
			where: r.src.where + " AND " + r.src.key + " > ? AND " + r.src.key + " <= ?", args: []any{sp.after, sp.to},
			order: fmt.Sprintf(" ORDER BY %s LIMIT %d", r.src.key, limit),
		})
		if err != nil || len(p.items) == 0 {
			return err
		}
		for i, it := range p.items {
			// A page's records are given up one by one: whoever takes them may be done with each.
			p.items[i] = cms.Item{}
			it.Cursor = binary.AppendVarint(nil, p.keys[i])
			if !yield(it) {
				return nil
			}
		}
		sp.after = p.keys[len(p.keys)-1]
		limit = nextLimit(limit, len(p.items), p.bytes)
	}
	return nil
}

// nextLimit grows pages as long as their texts stay small.
func nextLimit(limit, rows int, size int64) int {
	fit := int64(maxPage)
	if size > 0 {
		fit = int64(rows) * pageBytes / size
	}
	return int(min(max(fit, 1), int64(2*limit), maxPage))
}

func (r *reader) byIDs(ctx context.Context, ids []int64) ([]cms.Item, error) {
	var all []cms.Item
	for len(ids) > 0 {
		in, args := cmssql.In(ids)
		sc := scope{where: r.src.where + " AND " + r.src.key + " IN " + in, args: args, order: " ORDER BY " + r.src.key}
		p, err := r.page(ctx, sc)
		if err != nil || len(p.items) == 0 {
			return all, err
		}
		all = append(all, p.items...)
		ids = beyond(ids, p.keys)
	}
	return all, nil
}

// beyond are the ids that a page cut short did not give.
func beyond(ids, got []int64) []int64 {
	have := make(map[int64]bool, len(got))
	for _, id := range got {
		have[id] = true
	}
	last := got[len(got)-1]
	var rest []int64
	for _, id := range ids {
		if !have[id] && id > last {
			rest = append(rest, id)
		}
	}
	return rest
}

// page is one page of items with the keys of their rows and the bytes of their texts.
type page struct {
	items []cms.Item
	keys  []int64
	bytes int64
}

func (p *page) add(key int64, it cms.Item) {
	p.items = append(p.items, it)
	p.keys = append(p.keys, key)
}

func (r *reader) page(ctx context.Context, sc scope) (*page, error) {
	switch r.kind {
	case recordv1.Kind_KIND_SITE:
		return r.site(ctx)
	case recordv1.Kind_KIND_USER:
		return r.users(ctx, sc)
	case recordv1.Kind_KIND_TERM:
		return r.terms(ctx, sc)
	case recordv1.Kind_KIND_MEDIA, recordv1.Kind_KIND_ENTRY:
		return r.posts(ctx, sc)
	case recordv1.Kind_KIND_COMMENT:
		return r.comments(ctx, sc)
	case recordv1.Kind_KIND_REDIRECT:
		return r.redirects(ctx, sc)
	}
	return r.menus(ctx, sc)
}

func (r *reader) ref(id int64) *recordv1.Ref { return record.NewRef(r.kind, itoa(id)) }

func unread(ref *recordv1.Ref, o agentv1.Outcome, code, cause, fix string) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: ref, Outcome: o, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix}}}
}

func tooLarge(ref *recordv1.Ref, size int64) cms.Item {
	return unread(ref, agentv1.Outcome_OUTCOME_REJECTED, "record_too_large",
		fmt.Sprintf("the record holds %d bytes; at most %d can be moved", size, record.MaxBytes),
		"shorten it in the source, for example by moving embedded pictures into the media library, and run the migration again")
}

func note(rec *recordv1.Record, code, field string) {
	rec.Notes = append(rec.Notes, &recordv1.Note{Code: code, Field: field})
}

// position is a menu_order within 32 bits.
func position(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

func path(p, form string) *agentv1.Path { return &agentv1.Path{Path: p, Form: form} }
