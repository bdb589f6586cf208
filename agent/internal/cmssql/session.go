package cmssql

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// session sets up each new connection by statements.
type session struct {
	driver.Connector
	setup []string
}

// Connect implements driver.Connector.
func (s *session) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := raw.(modernConn)
	if !ok {
		return nil, errors.Join(errors.New("the database driver lacks what is needed"), raw.Close())
	}
	for _, q := range s.setup {
		if _, err := conn.ExecContext(ctx, q, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return &keeper{modernConn: conn, kept: map[keptKey]modernStmt{}}, nil
}

// modernConn is all that the MySQL driver's connections can do.
type modernConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// maxKept bounds the statements that the server keeps for one connection.
const maxKept = 96

// keeper is a connection that prepares the same INSERT once only. What database/sql keeps would need a second connection to
// prepare a statement for a transaction, and there may be none.
type keeper struct {
	modernConn
	kept map[keptKey]modernStmt
}

// keptKey is an INSERT of a number of rows.
type keptKey struct {
	insertion
	rows int
}

// modernStmt is all that the MySQL driver's statements can do.
type modernStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.NamedValueChecker
}

// insert runs a kept statement. No result and no error: the server prepares no more statements.
func (k *keeper) insert(ctx context.Context, ins insertion, rows [][]any) (driver.Result, error) {
	stmt, err := k.keep(ctx, keptKey{ins, len(rows)})
	if err != nil || stmt == nil {
		return nil, err
	}
	args := takeArgs()
	defer args.giveBack()
	for _, r := range rows {
		for c, v := range r {
			if ins.within>>c&1 != 0 {
				continue
			}
			n := len(args.values)
			args.values = append(args.values, driver.NamedValue{Ordinal: n + 1, Value: v})
			if err := usual(stmt, &args.values[n]); err != nil {
				return nil, err
			}
		}
	}
	return stmt.ExecContext(ctx, args.values)
}

// usual brings a value into a form that drivers take.
func usual(stmt modernStmt, nv *driver.NamedValue) error {
	switch nv.Value.(type) {
	case string, []byte, int64, nil:
		return nil
	}
	return stmt.CheckNamedValue(nv)
}

// keep gives the statement for key, prepared at the first time. When there are too many, all make room.
func (k *keeper) keep(ctx context.Context, key keptKey) (modernStmt, error) {
	if s := k.kept[key]; s != nil {
		return s, nil
	}
	if len(k.kept) >= maxKept {
		for _, s := range k.kept {
			if err := s.Close(); err != nil {
				return nil, err
			}
		}
		clear(k.kept)
	}
	s, err := k.PrepareContext(ctx, key.text(key.rows))
	if ClassOf(err) == Other {
		// What is wrong with it, its text will tell.
		err = nil
	}
	modern, _ := s.(modernStmt)
	if modern != nil {
		k.kept[key] = modern
	}
	return modern, err
}

// arguments are used again: there are thousands in one statement.
type arguments struct{ values []driver.NamedValue }

var argumentsPool = sync.Pool{New: func() any { return &arguments{make([]driver.NamedValue, 0, maxKeptArgs)} }}

func takeArgs() *arguments { return argumentsPool.Get().(*arguments) }

func (a *arguments) giveBack() {
	clear(a.values)
	a.values = a.values[:0]
	argumentsPool.Put(a)
}
