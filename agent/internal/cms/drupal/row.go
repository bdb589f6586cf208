package drupal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// row is one row by column name; a column that this version lacks reads as null.
type row struct{ cmssql.Row }

// cell is one column as text.
type cell = cmssql.Cell

func (r row) cell(col string) cell { return r.Cell(col) }

func (r row) text(col string) string { return r.Text(col) }

func (r row) null(col string) bool { return r.Null(col) }

func (r row) flag(col string) bool { return r.Flag(col) }

func (r row) number(col string) int64 { return r.Number(col) }

// badText names a column that holds no valid UTF-8; empty: there is none. Serialized values may hold bytes.
func (r row) badText() string { return r.BadText("options", "data") }

// query runs a statement and holds all its rows; callers bound them.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	rows, err := cmssql.Rows(ctx, q, s.sql(query), args...)
	all := make([]row, len(rows))
	for i, r := range rows {
		all[i] = row{r}
	}
	return all, err
}

// maxIn is how many values one statement names at most.
const maxIn = 1000

// queryIn is query with an IN list behind it, once per part of a long list: after orders and groups the rows of a part.
func queryIn[T any](ctx context.Context, s *Site, q cmssql.Querier, values []T, before, after string) ([]row, error) {
	var all []row
	for part := range slices.Chunk(values, maxIn) {
		in, args := cmssql.In(part)
		rows, err := s.query(ctx, q, before+in+after, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// by groups rows by a column.
func by(rows []row, col string) map[string][]row { return cmssql.By(rows, col) }

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
