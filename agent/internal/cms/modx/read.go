package modx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Limits of what is held in memory at a time.
const (
	pageRows  = 200
	pageBytes = 1 << 20
)

// siteID is the source id of the only record of KIND_SITE.
const siteID = "site"

// loader makes items of own ids.
type loader func(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error)

func (s *Site) loader(kind cms.Kind) loader {
	return map[cms.Kind]loader{kindSite: s.loadSite, kindUser: s.loadUsers, kindMedia: s.loadMedia, kindEntry: s.loadEntries, kindMenu: s.loadMenus, kindRedirect: s.loadRedirects}[kind]
}

// big is the size of a row's texts in SQL, for kinds that are tables with automatic ids.
var big = map[cms.Kind][2]string{
	kindUser: {"users", "0"},
	kindEntry: {"site_content", "COALESCE(LENGTH(content),0) + COALESCE(LENGTH(introtext),0) + COALESCE(LENGTH(properties),0)" +
		" + COALESCE((SELECT SUM(LENGTH(v.value)) FROM {site_tmplvar_contentvalues} v WHERE v.contentid = {site_content}.id),0)"},
}

// span is a shard: ids behind After up to and including To.
type span struct{ After, To string }

func (s *Site) compare(kind cms.Kind, a, b string) int {
	switch {
	case big[kind][0] != "":
		return int(min(max(atoi(a)-atoi(b), -1), 1))
	case kind == kindMedia:
		return uploads.ByPath(a, b)
	}
	return strings.Compare(a, b)
}

// Split implements cms.Site.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, _ cms.Options) ([]cms.Shard, error) {
	count, err := s.count(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("count %s: %w", record.KindName(kind), err)
	}
	n = max(min(n, count), 1)
	step := (count + n - 1) / n
	var shards []cms.Shard
	var sp span
	var seen, inside int
	end := func(id string) error {
		sp.To = id
		b, err := json.Marshal(sp)
		shards = append(shards, cms.Shard{Range: b, Count: uint64(inside)})
		sp, inside = span{After: id}, 0
		return err
	}
	for id, err := range s.ids(ctx, s.db, kind, span{}) {
		if err != nil {
			return nil, fmt.Errorf("split %s: %w", record.KindName(kind), err)
		}
		seen, inside, sp.To = seen+1, inside+1, id
		if inside == step && len(shards) < n-1 {
			if err := end(id); err != nil {
				return nil, err
			}
		}
	}
	if inside > 0 {
		return shards, end(sp.To)
	}
	return shards, nil
}

func (s *Site) count(ctx context.Context, kind cms.Kind) (int, error) {
	if t := big[kind][0]; t != "" {
		rows, err := s.query(ctx, s.db, "SELECT COUNT(*) AS n FROM {"+t+"}")
		if err != nil {
			return 0, err
		}
		return int(rows[0].Number("n")), nil
	}
	n := 0
	for _, err := range s.ids(ctx, s.db, kind, span{}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// ids yields the ids of a span in order; an empty To is open.
func (s *Site) ids(ctx context.Context, q cmssql.Querier, kind cms.Kind, sp span) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := s.alive(ctx); err != nil {
			yield("", err)
			return
		}
		for p, err := range s.pages(ctx, q, kind, sp) {
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range p {
				if !yield(id, nil) {
					return
				}
			}
		}
	}
}

// alive makes reading what is no table fail like the rest does.
func (s *Site) alive(ctx context.Context) error {
	if s.closed.Load() {
		return errClosed
	}
	return ctx.Err()
}

// pages yields ids that are loaded together.
func (s *Site) pages(ctx context.Context, q cmssql.Querier, kind cms.Kind, sp span) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for {
			p, err := s.page(ctx, q, kind, sp)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(p) == 0 || !yield(p, nil) {
				return
			}
			sp.After = p[len(p)-1]
		}
	}
}

func (s *Site) page(ctx context.Context, q cmssql.Querier, kind cms.Kind, sp span) ([]string, error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	switch kind {
	case kindUser, kindEntry:
		return s.tablePage(ctx, q, kind, sp)
	case kindMedia:
		return s.filePage(ctx, q, sp)
	}
	all := []string{siteID}
	if kind == kindMenu {
		var err error
		if all, err = s.menuIDs(ctx, q); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(id string) bool { return id <= sp.After || sp.To != "" && id > sp.To }), nil
}

func (s *Site) tablePage(ctx context.Context, q cmssql.Querier, kind cms.Kind, sp span) ([]string, error) {
	where, args := "", []any{atoi(sp.After)}
	if sp.To != "" {
		where, args = " AND id <= ?", append(args, atoi(sp.To))
	}
	rows, err := s.query(ctx, q, "SELECT id, "+big[kind][1]+" AS size FROM {"+big[kind][0]+"} WHERE id > ?"+where+fmt.Sprintf(" ORDER BY id LIMIT %d", pageRows), args...)
	if err != nil {
		return nil, err
	}
	var ids []string
	sum := int64(0)
	for _, r := range rows {
		if sum += streams.Weight(r.Number("size")); len(ids) > 0 && sum > pageBytes {
			break
		}
		ids = append(ids, r.Text("id"))
	}
	return ids, nil
}

// Read implements cms.Site.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, _ cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		err := s.read(ctx, kind, sh, after, func(it cms.Item) bool { return yield(it, nil) })
		if err != nil {
			yield(cms.Item{}, fmt.Errorf("read %s: %w", record.KindName(kind), err))
		}
	}
}

func (s *Site) read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, yield func(cms.Item) bool) error {
	var sp span
	if json.Unmarshal(sh.Range, &sp) != nil || sp.To == "" {
		return cms.ErrCursor
	}
	if len(after) > 0 && s.compare(kind, string(after), sp.After) > 0 {
		sp.After = string(after)
	}
	for ids, err := range s.pages(ctx, s.db, kind, sp) {
		if err != nil {
			return err
		}
		items, err := s.items(ctx, s.db, kind, ids)
		if err != nil {
			return err
		}
		for i, it := range items {
			it.Cursor = cms.Cursor(ids[i])
			if it.Record == nil && it.Unread == nil {
				it.Unread = gone(kind, ids[i])
			}
			if !yield(it) {
				return nil
			}
		}
	}
	return nil
}

// gone is a record that was deleted between listing and reading it.
func gone(kind cms.Kind, id string) *agentv1.Unread {
	return unread(kind, id, agentv1.Outcome_OUTCOME_SKIPPED, "deleted_meanwhile", "the record was deleted while the site was read", "nothing needs to be done")
}

// Fetch implements cms.Site.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	items, err := s.items(ctx, q, kind, ids)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", record.KindName(kind), err)
	}
	return items, nil
}

func (s *Site) items(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	load := s.loader(kind)
	if load == nil {
		return nil, errors.New("MODX has no records of this kind")
	}
	large, err := s.large(ctx, q, kind, ids)
	if err != nil {
		return nil, err
	}
	found, err := load(ctx, q, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return large[id] > 0 }))
	if err != nil {
		return nil, err
	}
	items := make([]cms.Item, len(ids))
	for i, id := range ids {
		it := found[id]
		if it.Record != nil {
			if p := record.Validate(it.Record); p != nil {
				it = cms.Item{Unread: &agentv1.Unread{Ref: it.Record.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}, Paths: it.Paths}
			}
		}
		if n := large[id]; n > 0 {
			it = streams.TooLarge(kind, id, n)
		}
		items[i] = it
	}
	return items, nil
}

// large are the bytes of rows that have too many for a record, by id.
func (s *Site) large(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]int64, error) {
	if big[kind][0] == "" {
		return nil, nil
	}
	numbers := make([]any, len(ids))
	for i, id := range ids {
		numbers[i] = atoi(id)
	}
	rows, err := cmssql.RowsIn(ctx, q, numbers, s.sql("SELECT id, "+big[kind][1]+" AS size FROM {"+big[kind][0]+"} WHERE id IN "), "")
	all := map[string]int64{}
	for _, r := range rows {
		if n := r.Number("size"); n > record.MaxBytes {
			all[r.Text("id")] = n
		}
	}
	return all, err
}

func unread(kind cms.Kind, id string, o agentv1.Outcome, code, cause, fix string) *agentv1.Unread {
	return &agentv1.Unread{Ref: ref(kind, id), Outcome: o, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix}}
}
