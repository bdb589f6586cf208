package cmssql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Cell is a column of a row as text: the dialects give different Go types for the same column.
type Cell struct {
	Name, Text string
	Null       bool
}

// Scan implements sql.Scanner. Truth is "1" or "0", and a time is in UTC.
func (c *Cell) Scan(src any) error {
	*c = Cell{Name: c.Name}
	switch v := src.(type) {
	case nil:
		c.Null = true
	case []byte:
		c.Text = string(v)
	case string:
		c.Text = v
	case bool:
		c.Text = "0"
		if v {
			c.Text = "1"
		}
	case int64:
		c.Text = strconv.FormatInt(v, 10)
	case uint64:
		c.Text = strconv.FormatUint(v, 10)
	case float32:
		c.Text = floatText(float64(v))
	case float64:
		c.Text = floatText(v)
	case time.Time:
		c.Text = v.UTC().Format(time.DateTime)
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

// Row is one row in the order of its columns; a column that is not in it reads as NULL.
type Row []Cell

// Cell is one column; of several with one name, the last.
func (r Row) Cell(col string) Cell {
	for _, c := range slices.Backward(r) {
		if c.Name == col {
			return c
		}
	}
	return Cell{Name: col, Null: true}
}

// Text is a column's text; empty for NULL.
func (r Row) Text(col string) string { return r.Cell(col).Text }

// Null says that a column holds nothing.
func (r Row) Null(col string) bool { return r.Cell(col).Null }

// Flag says that a column holds a truth.
func (r Row) Flag(col string) bool {
	s := r.Text(col)
	return s != "" && s != "0" && s != "false"
}

// Number is a column as a whole number; 0 where it holds none.
func (r Row) Number(col string) int64 {
	n, err := strconv.ParseInt(r.Text(col), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// BadText names a column that holds no valid UTF-8; empty: there is none. Columns in but may hold any bytes.
func (r Row) BadText(but ...string) string {
	for _, c := range r {
		if !utf8.ValidString(c.Text) && !slices.Contains(but, c.Name) {
			return c.Name
		}
	}
	return ""
}

// Rows runs a reading statement and holds all its rows; callers bound them.
func Rows(ctx context.Context, q Querier, query string, args ...any) ([]Row, error) {
	var all []Row
	err := Each(ctx, q, collect(&all), query, args...)
	return all, err
}

// RowsIn is Rows with an IN list between before and after, once per part of a long list.
func RowsIn[T any](ctx context.Context, q Querier, values []T, before, after string) ([]Row, error) {
	var all []Row
	err := EachIn(ctx, q, values, collect(&all), before, after)
	return all, err
}

// One runs a statement that gives one text; empty for no row.
func One(ctx context.Context, q Querier, query string, args ...any) (string, error) {
	cells, err := Column[Cell](ctx, q, query, args...)
	if err != nil || len(cells) == 0 {
		return "", err
	}
	return cells[0].Text, nil
}

func collect(all *[]Row) func(*sql.Rows) error {
	var names []string
	var dest []any
	return func(rows *sql.Rows) (err error) {
		if names == nil {
			if names, err = rows.Columns(); err != nil {
				return err
			}
			dest = make([]any, len(names))
		}
		r := make(Row, len(names))
		for i := range r {
			r[i].Name, dest[i] = names[i], &r[i]
		}
		*all = append(*all, r)
		return rows.Scan(dest...)
	}
}

// By groups rows by a column, each group in their order.
func By[R interface{ Text(col string) string }](rows []R, col string) map[string][]R {
	m := make(map[string][]R, len(rows))
	for _, r := range rows {
		m[r.Text(col)] = append(m[r.Text(col)], r)
	}
	return m
}
