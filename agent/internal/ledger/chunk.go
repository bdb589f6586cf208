package ledger

import (
	"database/sql"
	"iter"
	"slices"
)

// chunks divides values into parts of at most n.
func chunks[T any](values []T, n int) iter.Seq[[]T] { return slices.Chunk(values, n) }

// closed ends reading rows and gives the error that ended them, if any.
func closed(rows *sql.Rows) error {
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return err
	}
	return rows.Close()
}
