package cmssql

import (
	"context"
	"database/sql"
	"strings"
)

// InList is the longest IN list that one statement gets. MySQL and MariaDB look into an index for fewer than 200 values
// (eq_range_index_dive_limit); for longer lists they trust statistics, which say nothing of rows that were just written, and
// may read the whole table. Measured with 50,000 posts and 200,000 comments: 11 to 12 s of the server's processor time for
// copying them, instead of 27 s.
const InList = 150

// Each runs a reading statement and calls scan for every row.
func Each(ctx context.Context, q Querier, scan func(*sql.Rows) error, query string, args ...any) (err error) {
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

// Column reads the only column of a query.
func Column[T any](ctx context.Context, q Querier, query string, args ...any) ([]T, error) {
	var all []T
	err := Each(ctx, q, func(r *sql.Rows) error {
		var v T
		if err := r.Scan(&v); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	}, query, args...)
	return all, err
}

// EachIn runs a query with an IN list once per part of a long list. before and after stand around the list.
func EachIn[T any](ctx context.Context, q Querier, values []T, scan func(*sql.Rows) error, before, after string) error {
	for len(values) > 0 {
		n := min(len(values), InList)
		in, args := In(values[:n])
		if err := Each(ctx, q, scan, before+in+after, args...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// ExecIn runs a writing statement that ends in an IN list; first are the arguments before it.
func ExecIn[T any](ctx context.Context, tx *Tx, values []T, before string, first ...any) error {
	for len(values) > 0 {
		n := min(len(values), InList)
		in, args := In(values[:n])
		if _, err := tx.Exec(ctx, before+in, append(append([]any{}, first...), args...)...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// Named puts quoted full names in place of {name}, so that statements can be written without a site's prefix.
func (d Dialect) Named(prefix, query string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(query, '{')
		j := strings.IndexByte(query, '}')
		if i < 0 || j < i {
			return b.String() + query
		}
		b.WriteString(query[:i] + QuoteName(d, prefix+query[i+1:j]))
		query = query[j+1:]
	}
}
