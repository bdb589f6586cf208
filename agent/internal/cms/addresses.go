package cms

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Addresser is a site whose Fetch leaves addresses out, because they take looks at other tables.
type Addresser interface {
	// FetchPaths is Fetch with each item's addresses as Read gives them.
	FetchPaths(ctx context.Context, q cmssql.Querier, kind Kind, ids []string) ([]Item, error)
}

// FetchPaths is Fetch with the addresses of each item.
func FetchPaths(ctx context.Context, site Site, q cmssql.Querier, kind Kind, ids []string) ([]Item, error) {
	if a, ok := site.(Addresser); ok {
		return a.FetchPaths(ctx, q, kind, ids)
	}
	return site.Fetch(ctx, q, kind, ids)
}

// FetchTold is Fetch; with addresses, entries and terms say at which they stand.
func FetchTold(ctx context.Context, site Site, q cmssql.Querier, kind Kind, ids []string, addresses bool) ([]Item, error) {
	if !addresses {
		return site.Fetch(ctx, q, kind, ids)
	}
	items, err := FetchPaths(ctx, site, q, kind, ids)
	for i := range items {
		TellAddress(&items[i])
	}
	return items, err
}

// TellAddress lets an item's entry or term say at which address it stands.
func TellAddress(it *Item) {
	at := escapedAlike(addressOf(it.Paths, ""))
	switch b := it.Record.GetBody().(type) {
	case *recordv1.Record_Entry:
		b.Entry.Path = at
	case *recordv1.Record_Term:
		b.Term.Path = at
	}
}

// escapedAlike is a path with its letters escaped as all platforms are taken to: they differ in it, and mean the same. One with a query
// stays as it is.
func escapedAlike(path string) string {
	if plain, err := url.PathUnescape(path); err == nil && !strings.Contains(path, "?") {
		return (&url.URL{Path: plain}).EscapedPath()
	}
	return path
}

// AddressOf is the address at which an entry or term is to stand, from the site's root without its escapes; empty: none is asked for, or
// it is none of a page.
func AddressOf(rec *recordv1.Record) string {
	at, err := url.PathUnescape(rec.GetEntry().GetPath() + rec.GetTerm().GetPath())
	if err != nil || !strings.HasPrefix(at, "/") {
		return ""
	}
	return at
}

// Addresses gives the addresses that visitors of a site ask for, for tokens without "bailey:", in order. own holds the site's own
// id of each record that a token names; a record that is not in it has none.
func Addresses(ctx context.Context, site Site, q cmssql.Querier, names []string, own map[record.Key]string) ([]*agentv1.Resolved, error) {
	ids := map[Kind][]string{}
	for k, id := range own {
		if id != "" {
			ids[k.Kind] = append(ids[k.Kind], id)
		}
	}
	paths := map[record.Key][]*agentv1.Path{}
	for kind, part := range ids {
		items, err := FetchPaths(ctx, site, q, kind, part)
		if err != nil {
			return nil, fmt.Errorf("read addresses: %w", err)
		}
		for i, it := range items {
			if i < len(part) {
				paths[record.Key{Kind: kind, ID: part[i]}] = it.Paths
			}
		}
	}
	out := make([]*agentv1.Resolved, len(names))
	for i, n := range names {
		t, _ := record.ParseToken(n)
		text := addressOf(paths[record.Key{Kind: t.Ref.Kind, ID: own[t.Ref]}], t.Form)
		out[i] = &agentv1.Resolved{Found: text != "", Text: text}
	}
	return out, nil
}

// addressOf picks the public address of a form, else that of the record: of the copies of a picture, a target has its own.
func addressOf(paths []*agentv1.Path, form string) string {
	for _, f := range []string{form, ""} {
		for _, p := range paths {
			if p.GetForm() == f && !p.GetMadeUp() {
				return p.GetPath()
			}
		}
	}
	return ""
}
