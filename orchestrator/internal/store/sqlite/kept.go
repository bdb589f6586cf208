package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// connector makes connections that keep the statements of queries/: to read one takes as long as to run it.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := raw.(modern)
	if !ok {
		return nil, errors.Join(errors.New("the database driver lacks what is needed"), raw.Close())
	}
	return &keeper{modern: conn, kept: map[string]*kept{}}, nil
}

// modern is all that the driver's connections can do.
type modern interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keeper is a connection that reads each statement of ours once. They are as many as the folder queries has: texts are never put together.
type keeper struct {
	modern
	kept map[string]*kept
}

// statement is all that the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// kept is a statement that was read. While its rows are looked through it is busy, and cannot be run.
type kept struct {
	statement
	busy bool
}

// ours begins what sqlc has made.
const ours = "-- name: "

// keep gives the statement for a query; nil: it is not to be kept, or busy.
func (k *keeper) keep(ctx context.Context, query string) *kept {
	s := k.kept[query]
	if s == nil && strings.HasPrefix(query, ours) {
		// What is wrong with it, running it tells.
		stmt, _ := k.PrepareContext(ctx, query)
		if modern, ok := stmt.(statement); ok {
			s = &kept{statement: modern}
			k.kept[query] = s
		}
	}
	if s == nil || s.busy {
		return nil
	}
	return s
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if s := k.keep(ctx, query); s != nil {
		return s.ExecContext(ctx, args)
	}
	return k.modern.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := k.keep(ctx, query)
	if s == nil {
		return k.modern.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return looked{rows, s}, nil
}

// looked are the rows of a kept statement.
type looked struct {
	driver.Rows
	of *kept
}

// Close implements driver.Rows.
func (l looked) Close() error {
	l.of.busy = false
	return l.Rows.Close()
}

// Close implements driver.Conn.
func (k *keeper) Close() error {
	var errs []error
	for _, s := range k.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, k.modern.Close())...)
}
