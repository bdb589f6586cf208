package ghost

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

// stampLayout is how Ghost writes dates, always UTC.
const stampLayout = "2006-01-02 15:04:05"

// cell takes any column as text; both dialects give different Go types for the same column.
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
		c.s = strconv.Itoa(int(bit(v)))
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

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// row is one row by column name; a column that this version of Ghost lacks reads as null.
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

func (r row) null(col string) bool { return r.cell(col).null }

func (r row) flag(col string) bool {
	s := r.text(col)
	return s != "" && s != "0" && s != "false"
}

func (r row) number(col string) int {
	n, err := strconv.Atoi(r.text(col))
	if err != nil {
		return 0
	}
	return n
}

// badText names a column that holds no valid UTF-8; empty: there is none.
func (r row) badText() string {
	for name, i := range r.index {
		if !utf8.ValidString(r.cells[i].s) {
			return name
		}
	}
	return ""
}

// query runs a statement and holds all its rows; callers bound them.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	rows, err := q.Query(ctx, query, args...)
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

// one runs a statement that gives one text; "" for no row.
func (s *Site) one(ctx context.Context, q cmssql.Querier, query string, args ...any) (string, error) {
	rows, err := s.query(ctx, q, query, args...)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].cells[0].s, nil
}

// parseStamp reads the forms in which a date can stand in the database: text, ISO 8601, milliseconds.
func parseStamp(s string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) > 8 {
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{stampLayout, "2006-01-02T15:04:05Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// at is a date column; nil for null and for zero dates.
func (s *Site) at(r row, col string) *recordv1.Time {
	t, ok := parseStamp(r.text(col))
	if !ok {
		return nil
	}
	return s.instant(t)
}

func (s *Site) instant(t time.Time) *recordv1.Time {
	_, offset := t.In(s.zone).Zone()
	return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset)}
}

// stamp is a date as Ghost writes it; nil when there is none or no column takes it.
func stamp(t *recordv1.Time) any {
	if t == nil {
		return nil
	}
	at := time.Unix(t.GetSeconds(), 0).UTC()
	if y := at.Year(); y < 1000 || y > 9999 {
		return nil
	}
	return at.Format(stampLayout)
}

// orNull is nil for the empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// set is a map of the given words.
func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// byID groups rows by a column.
func byID(rows []row, col string) map[string][]row {
	m := make(map[string][]row, len(rows))
	for _, r := range rows {
		m[r.text(col)] = append(m[r.text(col)], r)
	}
	return m
}

// lower is the form in which names are compared.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
