package ghost

import (
	"context"
	"iter"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Prefixes of ids beside those of a kind's main table.
const (
	memberPrefix    = "member:"
	revisionPrefix  = "revision:"
	mobiledocPrefix = "mobiledoc-revision:"
)

// revisionTables are the tables of older versions of posts, of either editor.
var revisionTables = []struct{ name, prefix string }{{"post_revisions", revisionPrefix}, {"mobiledoc_revisions", mobiledocPrefix}}

// loader reads rows by id.
type loader func(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error)

// streams are what a kind is made of, in reading order; only what this version of Ghost has.
func (s *Site) streams(q cmssql.Querier, kind cms.Kind, opt cms.Options) []streams.Stream {
	bound := func(load loader) func(context.Context, []string) (map[string]cms.Item, error) {
		return func(ctx context.Context, ids []string) (map[string]cms.Item, error) { return load(ctx, q, ids) }
	}
	var all []streams.Stream
	fixed := func(name string, load loader, ids func(context.Context) ([]string, error)) {
		all = append(all, streams.Stream{Name: name, List: streams.Fixed(ids), Compare: strings.Compare, Load: bound(load)})
	}
	table := func(name, prefix string, load loader, big ...string) {
		if !s.schema.Has(name) {
			return
		}
		st := streams.Stream{Name: name, Prefix: prefix, Table: "`" + name + "`", Key: "`id`", Load: bound(load)}
		for _, c := range big {
			if s.schema.Has(name, c) {
				st.Big = append(st.Big, "`"+c+"`")
			}
		}
		all = append(all, st)
	}
	switch kind {
	case kindSite:
		fixed(siteID, s.loadSite, func(context.Context) ([]string, error) { return []string{siteID}, nil })
	case kindUser:
		table("users", "", s.loadStaff)
		table("members", memberPrefix, s.loadMembers)
	case kindTerm:
		table("tags", "", s.loadTags)
	case kindMedia:
		all = append(all, streams.Stream{Name: imagesStream, List: s.images, Compare: uploads.ByPath, Load: bound(s.loadMedia)})
	case kindEntry:
		table("posts", "", s.loadPosts, "lexical", "mobiledoc", "html")
		if opt.Revisions {
			for _, t := range revisionTables {
				table(t.name, t.prefix, s.loadRevisions, "lexical", "mobiledoc")
			}
		}
	case kindComment:
		table("comments", "", s.loadComments, "html")
	case kindRedirect:
		if s.redirects {
			fixed("redirects", s.loadRedirects, s.redirectIDs)
		}
	case kindMenu:
		fixed("menus", s.loadMenus, func(ctx context.Context) ([]string, error) { return s.menuIDs(ctx, q) })
	}
	return all
}

// Split divides a kind into at most n ranges of about equal counts.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, opt cms.Options) ([]cms.Shard, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	return streams.Split(ctx, s.db, s.streams(s.db, kind, opt), n)
}

// Read yields the records of a shard in the order of their ids.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		if s.closed.Load() {
			yield(cms.Item{}, errClosed)
			return
		}
		streams.Read(ctx, s.db, kind, s.streams(s.db, kind, opt), sh, after)(yield)
	}
}

// Fetch reads records by the site's own ids, in order.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	return streams.Fetch(ctx, q, kind, s.streams(q, kind, cms.Options{Revisions: true}), ids)
}

// itemsOf makes the items of rows by their own id; prefix begins the ids of their records.
func itemsOf(kind cms.Kind, prefix string, rows []row, build func(row) (*recordv1.Record, []*agentv1.Path)) map[string]cms.Item {
	items := make(map[string]cms.Item, len(rows))
	for _, r := range rows {
		id := r.Text("id")
		if bad := r.BadText(); bad != "" {
			items[id] = streams.Garbled(kind, prefix+id, bad)
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

// withFeed are the address of a list of posts, and that of its feed.
func withFeed(p string) []*agentv1.Path {
	return []*agentv1.Path{address(p), {Path: p + "rss/", Form: record.FormFeed}}
}
