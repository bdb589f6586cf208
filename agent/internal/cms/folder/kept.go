package folder

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// pathOf is where a record says at which address it stands; nil: its kind has none of its own choice.
func pathOf(rec *recordv1.Record) *string {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Entry:
		return &b.Entry.Path
	case *recordv1.Record_Term:
		return &b.Term.Path
	}
	return nil
}

// answering is the file of the built site that answers at an address: two addresses with one file cannot both be had.
func answering(at string) string { return "/" + strings.ToLower(builtFile(at)) }

// address puts a record where it says that it stood, unless the builder cannot or something else stands there.
func (d *draft) address(ctx context.Context) error {
	at := pathOf(d.rec)
	if at == nil || *at == "" {
		return nil
	}
	asked := cms.AddressOf(d.rec)
	if *at = keepable(asked); *at == "" {
		d.adjust("path", "address_not_kept", "")
		return nil
	}
	code := ""
	_, err := d.u.Names.Choose("files", func(reserved func(string) bool) ([]string, error) {
		key := answering(*at)
		own, err := d.s.stands(ctx, d.u.Tx, key)
		switch {
		case err != nil || own != "" && own == d.path:
			return nil, err
		case d.lists(ctx, *at):
			code = "address_not_kept"
			return nil, nil
		case own == "" && !reserved(key):
			var there bool
			if there, err = d.s.there(ctx, d.u.Tx, key); !there {
				return []string{key}, err
			}
		}
		code = "address_taken"
		return nil, err
	})
	switch {
	case code != "":
		*at = ""
	case *at != asked:
		code = "slash_added"
	}
	if code != "" {
		d.adjust("path", code, "")
	}
	return err
}

// builders are the addresses at the top that builders and their servers give to files of their own.
var builders = map[string]bool{"index.html": true, "404.html": true, "index.xml": true, "feed.xml": true, "sitemap.xml": true, "robots.txt": true}

// keepable is an address as front matter has it, such that a file of the built site answers at it; empty: no builder puts a page there. A
// name without the ending of pages becomes a folder's: servers lead visitors on to it.
// (https://gohugo.io/content-management/urls/, https://jekyllrb.com/docs/permalinks/, https://www.11ty.dev/docs/permalinks/)
func keepable(at string) string {
	rest := strings.Trim(at, "/")
	// A colon begins a placeholder, and a brace a template.
	if rest == "" || path.Clean("/"+rest) != strings.TrimSuffix(at, "/") || strings.ContainsAny(at, `:?#%\{}`) || strings.ContainsFunc(at, unicode.IsControl) || builders[strings.ToLower(rest)] {
		return ""
	}
	for part := range strings.SplitSeq(rest, "/") {
		if len(part) > 200 || strings.TrimSpace(part) != part {
			return ""
		}
	}
	if path.Ext(at) == ".html" {
		return at
	}
	return "/" + rest + "/"
}

// shown says that everybody sees an entry's page now.
func shown(e *recordv1.Entry) bool {
	return e.GetStatus() == recordv1.Status_STATUS_PUBLISHED && !closed(e)
}

// lists says that Hugo lists something at an address: the terms of a taxonomy, or the pages of a section.
func (d *draft) lists(ctx context.Context, at string) bool {
	c, name := d.s.config, strings.Trim(at, "/")
	if c.flavour != hugo || strings.Contains(name, "/") {
		return false
	}
	held, err := d.holds(ctx, path.Join(c.content, name))
	return held || err != nil || c.taxonomies[name] != "" || c.hasTerms(name)
}

// stands is the file of a record that was written and answers at an address.
func (s *Site) stands(ctx context.Context, q cmssql.Querier, key string) (file string, err error) {
	err = q.QueryRow(ctx, "SELECT path FROM addresses WHERE at = ?", key).Scan(&file)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return file, err
}

// there says that something of the folder's own answers at an address.
func (s *Site) there(ctx context.Context, q cmssql.Querier, key string) (bool, error) {
	if err := s.first(ctx); err != nil {
		return false, err
	}
	files, err := cmssql.Column[string](ctx, s.index, "SELECT path FROM items WHERE address = ?", key)
	for _, file := range files {
		if file == "" {
			return true, nil
		}
		// The index may know files that are gone, or were written and stand elsewhere now.
		var ours int
		if err := q.QueryRow(ctx, "SELECT COUNT(*) FROM files WHERE path = ?", file).Scan(&ours); err != nil {
			return false, err
		}
		if _, err := s.root.Lstat(file); ours == 0 && !errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
	}
	return false, err
}

// standsAt is where a record will stand that is written to a file.
func (c *config) standsAt(rec *recordv1.Record, id, file string) string {
	if at := pathOf(rec); at == nil || *at != "" {
		return *at
	}
	if e := rec.GetEntry(); e != nil {
		return c.public(c.placeOf(file), &doc{}, &recordv1.Entry{Published: e.GetPublished(), Terms: e.GetTerms()})
	}
	return termAddress(id)
}

// settle notes at which address a record stands now.
func (d *draft) settle(ctx context.Context) error {
	if pathOf(d.rec) == nil {
		return nil
	}
	if _, err := d.u.Tx.Exec(ctx, "DELETE FROM addresses WHERE path = ?", d.path); err != nil {
		return err
	}
	_, err := d.u.Tx.InsertElse(ctx, "addresses", []string{"at", "path"}, [][]any{{answering(d.s.config.standsAt(d.rec, d.id, d.path)), d.path}}, " ON CONFLICT DO NOTHING")
	return err
}
