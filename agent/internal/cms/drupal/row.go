package drupal

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

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
		c.s = floatText(v)
	case float32:
		c.s = floatText(float64(v))
	case time.Time:
		c.s = v.UTC().Format("2006-01-02T15:04:05")
	default:
		return fmt.Errorf("a column has the unexpected type %T", src)
	}
	return nil
}

// floatText is a number as MySQL prints it: what came from a column of 4 bytes has no more digits than these hold.
func floatText(v float64) string {
	if float64(float32(v)) == v {
		return strconv.FormatFloat(v, 'f', -1, 32)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// row is one row by column name; a column that this version lacks reads as null.
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

func (r row) flag(col string) bool { s := r.text(col); return s != "" && s != "0" }

// number is a column as a whole number; 0 where it holds none.
func (r row) number(col string) int64 {
	n, err := strconv.ParseInt(r.text(col), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// badText names a column that holds no valid UTF-8; empty: there is none. Serialized values may hold bytes.
func (r row) badText() string {
	for name, i := range r.index {
		if !utf8.ValidString(r.cells[i].s) && name != "options" && name != "data" {
			return name
		}
	}
	return ""
}

// query runs a statement and holds all its rows; callers bound them.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
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

// queryIn is query with an IN list behind it; values are few.
func queryIn[T any](ctx context.Context, s *Site, q cmssql.Querier, values []T, before, after string) ([]row, error) {
	if len(values) == 0 {
		return nil, nil
	}
	in, args := cmssql.In(values)
	return s.query(ctx, q, before+in+after, args...)
}

// by groups rows by a column.
func by(rows []row, col string) map[string][]row {
	m := make(map[string][]row, len(rows))
	for _, r := range rows {
		m[r.text(col)] = append(m[r.text(col)], r)
	}
	return m
}

// at is a column of unix seconds; nil for 0, Drupal's word for never.
func (s *Site) at(r row, col string) *recordv1.Time {
	n := r.number(col)
	if n == 0 {
		return nil
	}
	_, offset := time.Unix(n, 0).In(s.zone).Zone()
	return &recordv1.Time{Seconds: n, Offset: int32(offset)}
}

// unserialize reads a serialized value; nil when it is none that PHP arrays and scalars make.
func unserialize(b string) *recordv1.Value {
	v, err := php.Unserialize([]byte(b))
	if err != nil {
		return nil
	}
	return v
}

// dig walks into arrays by keys; nil where there is nothing.
func dig(v *recordv1.Value, keys ...string) *recordv1.Value {
	for _, k := range keys {
		var next *recordv1.Value
		for _, p := range v.GetArray().GetPairs() {
			if scalar(p.GetKey()) == k {
				next = p.GetValue()
			}
		}
		v = next
	}
	return v
}

// scalar is a value as PHP prints it; empty for arrays.
func scalar(v *recordv1.Value) string {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10)
	case *recordv1.Value_FloatValue:
		return k.FloatValue
	case *recordv1.Value_BoolValue:
		if k.BoolValue {
			return "1"
		}
	}
	return ""
}

func truthy(v *recordv1.Value) bool { s := scalar(v); return s != "" && s != "0" }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
