package joomla

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

// Prefixes of ids beside those of a kind's main table, and names of streams that are no table.
const (
	tagPrefix      = "tag:"
	modulePrefix   = "module:"
	contactPrefix  = "contact:"
	revisionPrefix = "revision:"
	siteID         = "site"
	filesStream    = "files"
)

// loader reads rows by id.
type loader func(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error)

// streams are what a kind is made of, in reading order; only what this version of Joomla has.
func (r *reader) streams(opt cms.Options) []streams.Stream {
	bound := func(load loader) func(context.Context, []string) (map[string]cms.Item, error) {
		return func(ctx context.Context, ids []string) (map[string]cms.Item, error) { return load(ctx, r, ids) }
	}
	var all []streams.Stream
	table := func(name, prefix, key, where string, load loader, big ...string) {
		if !r.s.schema.Has(name) {
			return
		}
		for i := range big {
			big[i] = r.s.name(big[i])
		}
		all = append(all, streams.Stream{Name: name, Prefix: prefix, Table: r.s.sql("{" + name + "}"), Key: key, Where: where, Numeric: true, Big: big, Load: bound(load)})
	}
	switch r.kind {
	case kindSite:
		one := func(context.Context) ([]string, error) { return []string{siteID}, nil }
		all = append(all, streams.Stream{Name: siteID, List: streams.Fixed(one), Compare: strings.Compare, Load: bound(loadSite)})
	case kindUser:
		table("users", "", "id", "", loadUsers)
	case kindTerm:
		table("categories", "", "id", "parent_id > 0", loadCategories, "description")
		table("tags", tagPrefix, "id", "parent_id > 0", loadTags, "description")
	case kindMedia:
		all = append(all, streams.Stream{Name: filesStream, List: r.s.files, Compare: uploads.ByPath, Load: bound(loadMedia)})
	case kindEntry:
		table("content", "", "id", "", loadArticles, "introtext", "fulltext")
		table("modules", modulePrefix, "id", "module = 'mod_custom' AND client_id = 0", loadModules, "content")
		table("contact_details", contactPrefix, "id", "", loadContacts, "misc")
		if opt.Revisions {
			name, where := r.s.history()
			table(name, revisionPrefix, "version_id", where, loadRevisions, "version_data")
		}
	case kindMenu:
		table("menu_types", "", "id", "client_id = 0", loadMenus)
	case kindRedirect:
		table("redirect_links", "", "id", "", loadRedirects)
	}
	return all
}

// history is the table of older versions, and which of them are articles': Joomla 4 renamed it and names the article by a word.
func (s *Site) history() (table, where string) {
	if s.schema.Has("history") {
		return "history", "item_id LIKE 'com_content.article.%'"
	}
	return "ucm_history", "ucm_type_id = " + itoa(atoi(s.articleType))
}

// Split divides a kind into at most n ranges of about equal counts.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, opt cms.Options) ([]cms.Shard, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	return streams.Split(ctx, s.db, s.newReader(s.db, kind).streams(opt), n)
}

// Read yields the records of a shard in the order of their ids.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		if s.closed.Load() {
			yield(cms.Item{}, errClosed)
			return
		}
		r := s.newReader(s.db, kind)
		r.withPaths = true
		streams.Read(ctx, s.db, kind, r.streams(opt), sh, after)(yield)
	}
}

// Fetch reads records by the site's own ids, in order.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	return streams.Fetch(ctx, q, kind, s.newReader(q, kind).streams(cms.Options{Revisions: true}), ids)
}

// FetchPaths implements cms.Addresser.
func (s *Site) FetchPaths(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	r := s.newReader(q, kind)
	r.withPaths = true
	return streams.Fetch(ctx, q, kind, r.streams(cms.Options{Revisions: true}), ids)
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

// item wraps a record that was read; one that cannot be sent is told as such.
func item(kind cms.Kind, id string, rec *recordv1.Record, paths ...string) cms.Item {
	rec.Ref = record.NewRef(kind, id)
	if p := record.Validate(rec); p != nil {
		return streams.Unread(kind, id, p)
	}
	it := cms.Item{Record: rec}
	seen := map[string]bool{}
	for _, p := range paths {
		if p != "" && !seen[p] {
			seen[p] = true
			it.Paths = append(it.Paths, &agentv1.Path{Path: p})
		}
	}
	// Lists of articles have a feed at their own address. (HtmlView::addFeed of com_content and com_tags)
	if len(it.Paths) > 0 && (kind == kindSite || kind == kindTerm) {
		first, mark := it.Paths[0].GetPath(), "?"
		if strings.Contains(first, "?") {
			mark = "&"
		}
		it.Paths = append(it.Paths, &agentv1.Path{Path: first + mark + "format=feed&type=rss", Form: record.FormFeed})
	}
	return it
}

// items makes the items of rows by their key. A row with a text that is no UTF-8 is told as such.
func (r *reader) items(prefix, key string, rows []row, build func(row) (*recordv1.Record, []string)) map[string]cms.Item {
	items := make(map[string]cms.Item, len(rows))
	for _, row := range rows {
		id := row.Text(key)
		if bad := row.BadText(); bad != "" {
			items[id] = streams.Garbled(r.kind, prefix+id, bad)
			continue
		}
		rec, paths := build(row)
		items[id] = item(r.kind, prefix+id, rec, paths...)
	}
	return items
}
