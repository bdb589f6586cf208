package cmssql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// Tx is a transaction.
type Tx struct {
	tx *sql.Tx
	// conn is the connection that the transaction has for itself; nil where statements are not kept.
	conn    *sql.Conn
	dialect Dialect
	step    int64
	serials *serials
	after   []func()
	// kept holds until something is written.
	kept any
}

// Keep remembers a value until the transaction writes: what was read before that need not be read again.
func (t *Tx) Keep(v any) { t.kept = v }

// Kept is the value that was remembered last; nil once something was written since.
func (t *Tx) Kept() any { return t.kept }

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
	t.kept = nil
	res, err := t.tx.ExecContext(ctx, t.dialect.Bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
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
func (t *Tx) Commit() error {
	defer t.release()
	err := t.tx.Commit()
	if err == nil {
		for _, fn := range t.after {
			fn()
		}
	}
	return err
}

// After has fn called once the transaction is committed, and never when it is not.
func (t *Tx) After(fn func()) { t.after = append(t.after, fn) }

// release gives the connection back; once more is harmless.
func (t *Tx) release() {
	if t.conn != nil {
		_ = t.conn.Close()
	}
}

// Rollback drops the transaction's writes; harmless after Commit.
func (t *Tx) Rollback() error {
	defer t.release()
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
