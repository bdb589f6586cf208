package joomla

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// stampLayout is how Joomla writes dates, always UTC.
const stampLayout = "2006-01-02 15:04:05"

// cell takes any column as text; the dialects give different Go types for the same column.
type cell struct {
	s    string
	null bool
}

// Scan implements sql.Scanner.
func (c *cell) Scan(src any) error {
	*c = cell{}
	switch v := src.(type) {
	case nil:
		c.null = true
	case []byte:
		c.s = string(v)
	case string:
		c.s = v
	case bool:
		c.s = "0"
		if v {
			c.s = "1"
		}
	case int64:
		c.s = strconv.FormatInt(v, 10)
	case uint64:
		c.s = strconv.FormatUint(v, 10)
	case float64:
		c.s = strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		c.s = v.UTC().Format(stampLayout)
	default:
		return fmt.Errorf("a column has the unexpected type %T", src)
	}
	return nil
}

// row is one row by column name; a column that this version of Joomla lacks reads as null.
type row struct {
	index map[string]int
	cells []cell
}

func (r row) cell(col string) cell {
	if i, ok := r.index[col]; ok {
		return r.cells[i]
	}
	return cell{null: true}
}

func (r row) text(col string) string { return r.cell(col).s }

func (r row) number(col string) int64 { return atoi(r.text(col)) }

// badText names a column that holds no valid UTF-8; empty: there is none.
func (r row) badText() string {
	for name, i := range r.index {
		if !utf8.ValidString(r.cells[i].s) {
			return name
		}
	}
	return ""
}

// at is a date column; nil for null and zero dates. Joomla keeps UTC; its own clock is a matter of display.
func (s *Site) at(r row, col string) *recordv1.Time {
	t, ok := parseStamp(r.text(col))
	if !ok {
		return nil
	}
	zone, err := time.LoadLocation(s.config["offset"])
	if err != nil {
		zone = time.UTC
	}
	_, offset := t.In(zone).Zone()
	return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset)} //nolint:gosec // offsets are small
}

// parseStamp reads a date; the two that stand for nothing are none.
func parseStamp(s string) (time.Time, bool) {
	t, err := time.Parse(stampLayout, s)
	return t, err == nil && t.Unix() != 0
}

// stamp is a date as Joomla writes it; "" when there is none or no column takes it.
func stamp(t *recordv1.Time) string {
	if t == nil {
		return ""
	}
	at := time.Unix(t.GetSeconds(), 0).UTC()
	if y := at.Year(); y < 1000 || y > 9999 {
		return ""
	}
	return at.Format(stampLayout)
}

// query runs a statement and holds all its rows; callers bound them.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	rows, err := q.Query(ctx, s.sql(query), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	index := make(map[string]int, len(names))
	for i, n := range names {
		index[n] = i
	}
	return scanAll(rows, index, len(names))
}

func scanAll(rows *sql.Rows, index map[string]int, n int) ([]row, error) {
	var all []row
	for rows.Next() {
		r := row{index: index, cells: make([]cell, n)}
		dest := make([]any, n)
		for i := range r.cells {
			dest[i] = &r.cells[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// queryIn runs a query that ends in an IN list once per part of a long list; after stands behind it.
func (s *Site) queryIn(ctx context.Context, q cmssql.Querier, query string, ids []string, after string) ([]row, error) {
	var all []row
	for len(ids) > 0 {
		n := min(len(ids), 500)
		in, args := cmssql.In(ids[:n])
		rows, err := s.query(ctx, q, query+in+after, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		ids = ids[n:]
	}
	return all, nil
}

// one runs a statement that gives one text; "" for no row.
func (s *Site) one(ctx context.Context, q cmssql.Querier, query string, args ...any) (string, error) {
	rows, err := s.query(ctx, q, query, args...)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].cells[0].s, nil
}

// column reads the only column of a query.
func (s *Site) column(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]string, error) {
	rows, err := s.query(ctx, q, query, args...)
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.cells[0].s
	}
	return all, err
}

// atoi is 0 for what is no number.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// isID says that a text is an id of a table: only then may it stand where a number is wanted.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && itoa(n) == s
}
