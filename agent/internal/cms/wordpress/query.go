package wordpress

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// inList is the longest IN list.
const inList = 500

// each runs a query and calls scan for every row.
func each(ctx context.Context, q cmssql.Querier, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column reads the only column of a query.
func column[T any](ctx context.Context, q cmssql.Querier, query string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, q, func(r *sql.Rows) error {
		var v T
		if err := r.Scan(&v); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	}, query, args...)
	return all, err
}

// eachIn runs a query that ends in an IN list once per part of a long list. before and after stand around the list.
func eachIn[T any](ctx context.Context, q cmssql.Querier, values []T, scan func(*sql.Rows) error, before, after string) error {
	for len(values) > 0 {
		n := min(len(values), inList)
		in, args := cmssql.In(values[:n])
		if err := each(ctx, q, scan, before+in+after, args...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// eachOwned is eachIn for rows of owners with ascending ids. Where these lie close together their rows are read as one range
// of the index, which is many times less work for the server than a list; scan must pass over rows of other owners then.
func eachOwned(ctx context.Context, q cmssql.Querier, ids []int64, scan func(*sql.Rows) error, before, owner, after string) error {
	for len(ids) > 0 {
		part := ids[:min(len(ids), inList)]
		in, args := cmssql.In(part)
		in = " IN " + in
		if dense(part) {
			in, args = " BETWEEN ? AND ?", []any{part[0], part[len(part)-1]}
		}
		if err := each(ctx, q, scan, before+owner+in+after, args...); err != nil {
			return err
		}
		ids = ids[len(part):]
	}
	return nil
}

// dense says that of the ids in the range of an ascending list half are in the list.
func dense(ids []int64) bool {
	return slices.IsSorted(ids) && ids[len(ids)-1]-ids[0] < 2*int64(len(ids))
}

// execIn runs a writing statement that ends in an IN list.
func execIn[T any](ctx context.Context, tx *cmssql.Tx, values []T, before string, first ...any) error {
	for len(values) > 0 {
		n := min(len(values), inList)
		in, args := cmssql.In(values[:n])
		if _, err := tx.Exec(ctx, before+in, append(append([]any{}, first...), args...)...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// set collects distinct positive ids in order.
type set struct {
	ids  []int64
	seen map[int64]bool
}

func (s *set) add(id int64) {
	if id <= 0 || s.seen[id] {
		return
	}
	if s.seen == nil {
		s.seen = map[int64]bool{}
	}
	s.seen[id] = true
	s.ids = append(s.ids, id)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi is a positive id; 0 for anything else.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
