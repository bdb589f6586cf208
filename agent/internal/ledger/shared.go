package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"database/sql"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// shared implements cms.Shared in a batch's transaction.
type shared struct {
	l  *Ledger
	tx *cmssql.Tx
	sc *Scope
}

// Keep implements cms.Shared.
func (s *shared) Keep(ctx context.Context, row cms.Row) error {
	known, err := s.again(ctx, row.Name())
	if err != nil || known {
		return err
	}
	img, err := s.l.image(ctx, s.tx, row)
	if err != nil {
		return fmt.Errorf("keep a row of %s: %w", row.Table, err)
	}
	return s.note(ctx, row.Name(), img)
}

// Made implements cms.Shared.
func (s *shared) Made(ctx context.Context, row cms.Row) error {
	known, err := s.again(ctx, row.Name())
	if err != nil || known {
		return err
	}
	return s.note(ctx, row.Name(), nil)
}

// again says whether the row is remembered already; it is about to be written again, so what it became is open anew.
func (s *shared) again(ctx context.Context, name string) (bool, error) {
	var after []byte
	err := s.tx.QueryRow(ctx, "SELECT after_digest FROM "+s.l.from(tableShared)+" WHERE site = ? AND name = ?", s.sc.site, name).Scan(&after)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil && after != nil {
		_, err = s.tx.Exec(ctx, "UPDATE "+s.l.from(tableShared)+" SET after_digest = NULL WHERE site = ? AND name = ?", s.sc.site, name)
	}
	return true, err
}

// Strangers implements cms.Shared.
func (s *shared) Strangers(ctx context.Context, kinds []cms.Kind, ids []string) ([]string, error) {
	for _, k := range kinds {
		ours, err := (&judge{l: s.l, tx: s.tx, sc: s.sc}).ours(ctx, k, ids)
		if err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return ours[id] })
	}
	return ids, nil
}

func (s *shared) note(ctx context.Context, name string, image []byte) error {
	clause := " ON DUPLICATE KEY UPDATE after_digest = NULL"
	if s.tx.Dialect() != cmssql.MySQL {
		clause = " ON CONFLICT DO NOTHING"
	}
	_, err := s.tx.InsertElse(ctx, s.l.table(tableShared), []string{"site", "name", "before_image", "seal"},
		[][]any{{s.sc.site, name, image, sealShared(s.sc.site, name, image)}}, clause)
	return err
}

// imageRow is one row: a value per column; nil is NULL. In SQLite values are SQL literals, because its columns take any type.
type imageRow struct {
	Columns []string  `json:"columns"`
	Values  []*[]byte `json:"values"`
}

// image is the row as it is; nil when it is not there.
func (l *Ledger) image(ctx context.Context, q cmssql.Querier, row cms.Row) ([]byte, error) {
	if err := l.look(ctx, q, 0, row.Value); err != nil {
		return nil, err
	}
	cols, err := l.columns(ctx, q, row.Table)
	if err != nil {
		return nil, err
	}
	what := make([]string, len(cols))
	for i, c := range cols {
		what[i] = literal(q.Dialect(), cmssql.QuoteName(q.Dialect(), c))
	}
	rows, err := q.Query(ctx, "SELECT "+strings.Join(what, ", ")+" FROM "+l.from(row.Table)+" WHERE "+cmssql.QuoteName(q.Dialect(), row.Column)+" = ?", row.Value)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []imageRow
	for rows.Next() {
		r := imageRow{Columns: cols, Values: make([]*[]byte, len(cols))}
		// RawBytes would not tell an empty text from NULL.
		raw, dest := make([][]byte, len(cols)), make([]any, len(cols))
		for i := range dest {
			dest[i] = &raw[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		for i, v := range raw {
			if v != nil {
				r.Values[i] = &v
			}
		}
		all = append(all, r)
	}
	if err := closed(rows); err != nil || len(all) == 0 {
		return nil, err
	}
	return json.Marshal(all)
}

// literal is the SQL for a column's value in a form that an INSERT gives back exactly.
func literal(d cmssql.Dialect, col string) string {
	switch d {
	case cmssql.SQLite:
		return "quote(" + col + ")"
	case cmssql.Postgres:
		return col + "::text"
	}
	return col
}

func (l *Ledger) columns(ctx context.Context, q cmssql.Querier, table string) ([]string, error) {
	rows, err := q.Query(ctx, "SELECT * FROM "+l.from(table)+" WHERE 1 = 0")
	if err != nil {
		return nil, err
	}
	cols, err := rows.Columns()
	return cols, errors.Join(err, closed(rows))
}

// putBack makes the row what its image says, byte by byte.
func (l *Ledger) putBack(ctx context.Context, tx *cmssql.Tx, row cms.Row, image []byte) error {
	now, err := l.image(ctx, tx, row)
	if err != nil || string(now) == string(image) {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM "+l.from(row.Table)+" WHERE "+tx.Quote(row.Column)+" = ?", row.Value); err != nil || len(image) == 0 {
		return err
	}
	var all []imageRow
	if err := json.Unmarshal(image, &all); err != nil {
		return fmt.Errorf("read a before-image: %w", err)
	}
	for _, r := range all {
		if err := l.putRow(ctx, tx, row.Table, r); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) putRow(ctx context.Context, tx *cmssql.Tx, table string, r imageRow) error {
	var cols, marks []string
	var args []any
	for i, c := range r.Columns {
		cols = append(cols, tx.Quote(c))
		switch v := r.Values[i]; {
		case tx.Dialect() == cmssql.SQLite:
			marks = append(marks, string(*v))
		case v == nil:
			marks = append(marks, "NULL")
		default:
			marks, args = append(marks, "?"), append(args, string(*v))
		}
	}
	_, err := tx.Exec(ctx, "INSERT INTO "+l.from(table)+" ("+strings.Join(cols, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
	return err
}

// sharedRow is a remembered row.
type sharedRow struct {
	name          string
	before, after []byte
}

func (l *Ledger) sharedRows(ctx context.Context, q cmssql.Querier, sc *Scope, where string) ([]sharedRow, error) {
	rows, err := q.Query(ctx, "SELECT name, before_image, after_digest, seal FROM "+l.from(tableShared)+" WHERE site = ? AND "+where+" ORDER BY name", sc.site)
	if err != nil {
		return nil, err
	}
	var all []sharedRow
	for rows.Next() {
		var r sharedRow
		var seal int64
		err := rows.Scan(&r.name, &r.before, &r.after, &seal)
		if err == nil && seal != sealShared(sc.site, r.name, r.before) {
			err = ledgerAltered(tableShared)
		}
		if err != nil {
			_ = rows.Close()
			return nil, err
		}
		all = append(all, r)
	}
	return all, closed(rows)
}

// rememberShared notes what shared rows have become.
func (l *Ledger) rememberShared(ctx context.Context, tx *cmssql.Tx, sc *Scope) error {
	open, err := l.sharedRows(ctx, tx, sc, "after_digest IS NULL")
	if err != nil {
		return err
	}
	for _, s := range open {
		row, ok := cms.ParseRow(s.name)
		if !ok || row.Table == folderTable {
			continue
		}
		img, err := l.image(ctx, tx, row)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(img)
		if _, err := tx.Exec(ctx, "UPDATE "+l.from(tableShared)+" SET after_digest = ? WHERE site = ? AND name = ?", sum[:], sc.site, s.name); err != nil {
			return err
		}
	}
	return nil
}
