package cmssql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// maxStatement bounds one multi-row INSERT in bytes, unless one row has more. The MySQL driver makes several copies of a
// statement, and keeps and uses again only buffers of up to 256 KiB.
const maxStatement = 192 << 10

// maxArgs bounds the arguments of one statement; SQLite takes 32,766.
const maxArgs = 30000

// Tx is a transaction.
type Tx struct {
	tx      *sql.Tx
	dialect Dialect
	step    int64
	serials *serials
}

// Dialect of the database.
func (t *Tx) Dialect() Dialect { return t.dialect }

// Query runs a reading statement; placeholders are "?" in every dialect. The rows must be closed before the next call.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, t.dialect.Bind(query), args...)
}

// QueryRow runs a reading statement that gives one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.dialect.Bind(query), args...)
}

// Exec runs a writing statement and gives the number of rows it touched.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, t.dialect.Bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Insert inserts rows with few statements. table and cols are trusted names. It gives the automatic id of each row, in
// order, where the table has one and the rows do not set it: one multi-row INSERT takes ids in even steps in InnoDB and
// in SQLite; PostgreSQL gives them back. Elsewhere the ids mean nothing.
func (t *Tx) Insert(ctx context.Context, table string, cols []string, rows [][]any) ([]int64, error) {
	return t.InsertElse(ctx, table, cols, rows, "")
}

// InsertElse is Insert with a trusted clause behind the values, e.g. what to do when a key is taken. The ids mean nothing
// for rows that were not inserted.
func (t *Tx) InsertElse(ctx context.Context, table string, cols []string, rows [][]any, clause string) ([]int64, error) {
	ids := make([]int64, 0, len(rows))
	for len(rows) > 0 {
		n, kept := t.block(chunk(rows, len(cols)), len(cols))
		got, err := t.insert(ctx, table, cols, rows[:n], clause, kept)
		if err != nil {
			return nil, err
		}
		ids = append(ids, got...)
		rows = rows[n:]
	}
	return ids, nil
}

// blocks are the numbers of rows for which statements are prepared and used again: the server parses them once, and takes
// values as they are instead of finding them in a text. Measured: 0.6 of the server's time for a row of comments or of the
// ledger, and 0.7 of our own.
var blocks = [...]int{512, 128, 32, 8}

// maxKeptArgs bounds the arguments of a statement that is kept: the server holds some hundred bytes for each.
const maxKeptArgs = 5120

// block is how many of n rows go into one statement, and whether that is one to keep.
func (t *Tx) block(n, cols int) (rows int, kept bool) {
	if t.dialect == MySQL {
		for _, b := range blocks {
			if n >= b && b*cols <= maxKeptArgs {
				return b, true
			}
		}
	}
	return n, false
}

func (t *Tx) insert(ctx context.Context, table string, cols []string, rows [][]any, clause string, kept bool) ([]int64, error) {
	query, args := t.insertSQL(table, cols, rows)
	if t.dialect == Postgres {
		return t.insertReturning(ctx, table, t.dialect.Bind(query+clause), args, len(rows))
	}
	res, err := t.exec(ctx, query+clause, args, kept)
	if err != nil {
		return nil, err
	}
	first, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	step := t.step
	if t.dialect == SQLite {
		first, step = first-int64(len(rows))+1, 1
	}
	ids := make([]int64, len(rows))
	for i := range ids {
		ids[i] = first + int64(i)*step
	}
	return ids, nil
}

// exec runs a statement, prepared when it is one to keep. A server that prepares no more statements gets it as a text.
func (t *Tx) exec(ctx context.Context, query string, args []any, kept bool) (sql.Result, error) {
	if kept {
		if s, err := t.tx.PrepareContext(ctx, query); err == nil {
			defer func() { _ = s.Close() }()
			return s.ExecContext(ctx, args...)
		}
	}
	return t.tx.ExecContext(ctx, query, args...)
}

func (t *Tx) insertSQL(table string, cols []string, rows [][]any) (string, []any) {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.Quote(table) + " (")
	for i, c := range cols {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(t.Quote(c))
	}
	b.WriteString(") VALUES ")
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(cols)), ",") + ")"
	b.WriteString(strings.TrimSuffix(strings.Repeat(one+",", len(rows)), ","))
	args := make([]any, 0, len(rows)*len(cols))
	for _, r := range rows {
		args = append(args, r...)
	}
	return b.String(), args
}

func chunk(rows [][]any, cols int) int {
	size, n := 0, 0
	for n < len(rows) && (n == 0 || (n+1)*cols <= maxArgs) {
		for _, v := range rows[n] {
			size += sizeOf(v)
		}
		if n > 0 && size > maxStatement {
			break
		}
		n++
	}
	return n
}

func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 4
	case []byte:
		return len(v) + 4
	}
	return 12
}

// Quote quotes a trusted name.
func (t *Tx) Quote(name string) string { return QuoteName(t.dialect, name) }

// QuoteName quotes a trusted name in a dialect.
func QuoteName(d Dialect, name string) string {
	if d == MySQL {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// In is "(?,?,?)" with the arguments for it; for no values a list that holds nothing.
func In[T any](values []T) (string, []any) {
	if len(values) == 0 {
		return "(NULL)", nil
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?,", len(values)), ",") + ")", args
}

// Commit makes the transaction's writes last.
func (t *Tx) Commit() error { return t.tx.Commit() }

// Rollback drops the transaction's writes; harmless after Commit.
func (t *Tx) Rollback() error {
	if err := t.tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// Savepoint runs fn so that what it wrote is dropped alone when it fails (Rule 4).
func (t *Tx) Savepoint(ctx context.Context, fn func() error) error {
	if _, err := t.tx.ExecContext(ctx, "SAVEPOINT bailey"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		if _, rerr := t.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT bailey"); rerr != nil {
			return errors.Join(err, rerr)
		}
		return err
	}
	_, err := t.tx.ExecContext(ctx, "RELEASE SAVEPOINT bailey")
	return err
}
