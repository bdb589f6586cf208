package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres/queries"
)

// packing is the step of the schema that fills packs from the tables of before.
func packing() *goose.Migration {
	return goose.NewGoMigration(9, &goose.GoFunc{RunTx: pack}, &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }})
}

// packed is how many rows are packed at a time.
const packed = 1000

// pack goes through both tables by their keys.
func pack(ctx context.Context, tx *sql.Tx) error {
	b := bulk{queries.New(tx)}
	if err := packLinks(ctx, tx, b); err != nil {
		return fmt.Errorf("pack the links: %w", err)
	}
	if err := packKnown(ctx, tx, b); err != nil {
		return fmt.Errorf("pack what is known: %w", err)
	}
	return nil
}

func packLinks(ctx context.Context, tx *sql.Tx, b bulk) error {
	return byPages(ctx, tx, "SELECT space, hash, kind, source_id, coalesce(form, '') FROM links ORDER BY space, hash LIMIT $1 OFFSET $2",
		func(rows *sql.Rows) (space int64, l migration.Link, err error) {
			err = rows.Scan(&space, &l.Hash, &l.Kind, &l.SourceID, &l.Form)
			return space, l, err
		}, func(space int64, links []migration.Link) error { return b.AddLinks(ctx, space, links) })
}

func packKnown(ctx context.Context, tx *sql.Tx, b bulk) error {
	return byPages(ctx, tx, "SELECT space, kind, source_id, digest, seen, due = 1 FROM known ORDER BY space, kind, source_id LIMIT $1 OFFSET $2",
		func(rows *sql.Rows) (space int64, r remembered, err error) {
			err = rows.Scan(&space, &r.kind, &r.id, &r.digest, &r.seen, &r.due)
			return space, r, err
		}, func(space int64, all []remembered) error {
			return editKnown(ctx, b, space, all, func(r remembered) (recordv1.Kind, string) { return r.kind, r.id }, func(r remembered, to *remembered) bool {
				*to = r
				return true
			})
		})
}

// byPages reads a table and gives its rows, those of one space at a time.
func byPages[R any](ctx context.Context, tx *sql.Tx, query string, scan func(*sql.Rows) (int64, R, error), put func(space int64, rows []R) error) error {
	for offset := 0; ; offset += packed {
		by := map[int64][]R{}
		n := 0
		rows, err := tx.QueryContext(ctx, query, packed, offset)
		if err != nil {
			return err
		}
		for ; rows.Next(); n++ {
			space, r, serr := scan(rows)
			by[space], err = append(by[space], r), errors.Join(err, serr)
		}
		if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, space := range sorted(by) {
			if err := put(space, by[space]); err != nil {
				return err
			}
		}
		if n < packed {
			return nil
		}
	}
}
