package fake

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Each kind has one table of the same shape. name is the title or the like, slug the last part of the address and unique
// within its scope (a taxonomy; the e-mail address of a user is kept as slug), body the rest, encoded.
const shape = `CREATE TABLE %s (
	id %s,
	name %s NOT NULL,
	scope VARCHAR(60) NOT NULL,
	slug VARCHAR(120) NOT NULL,
	body %s NOT NULL,
	UNIQUE (scope, slug))`

// Install does what the platform's own installer would: tables, and one row of settings.
func Install(ctx context.Context, db *cmssql.DB, prefix, base, uuid string) error {
	s := &Site{db: db, prefix: prefix}
	id, text, blob := "BIGINT AUTO_INCREMENT PRIMARY KEY", "VARCHAR(500)", "LONGBLOB"
	switch db.Dialect() {
	case cmssql.SQLite:
		id, text, blob = "INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "BLOB"
	case cmssql.Postgres:
		id, text, blob = "BIGSERIAL PRIMARY KEY", "TEXT", "BYTEA"
	}
	stmts := []string{"CREATE TABLE " + s.table("install") + " (base VARCHAR(200) NOT NULL, uuid VARCHAR(60) NOT NULL)"}
	for _, k := range record.Kinds {
		stmts = append(stmts, fmt.Sprintf(shape, s.kindTable(k), id, text, blob))
	}
	for _, q := range stmts {
		if err := db.Exec(ctx, q); err != nil {
			return err
		}
	}
	if err := db.Exec(ctx, "INSERT INTO "+s.table("install")+" (base, uuid) VALUES (?, ?)", base, uuid); err != nil {
		return err
	}
	return s.insertFirst(ctx, base)
}

// insertFirst makes the row of settings that every site has.
func (s *Site) insertFirst(ctx context.Context, base string) error {
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_SITE, "1"), Body: &recordv1.Record_Site{Site: &recordv1.Site{Title: "A new site", BaseUrl: base}}}
	r, err := encode(rec)
	if err != nil {
		return err
	}
	return s.db.Exec(ctx, "INSERT INTO "+s.kindTable(recordv1.Kind_KIND_SITE)+" (name, scope, slug, body) VALUES (?, ?, ?, ?)", r.name, r.scope, "settings", r.body)
}

func (s *Site) table(name string) string { return cmssql.QuoteName(s.db.Dialect(), s.prefix+name) }

func (s *Site) kindTable(k cms.Kind) string { return s.table(tableOf(k)) }

// tableOf is a kind's table without the prefix.
func tableOf(k cms.Kind) string { return record.KindName(k) + "s" }
