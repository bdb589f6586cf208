package cmssql

import (
	"context"
	"database/sql/driver"
	"errors"
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
	return &keeper{modernConn: conn, kept: map[string]keptStmt{}}, nil
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
const maxKept = 32

// keeper is a connection that prepares the same statement once only. What database/sql keeps would need a second connection
// to prepare a statement for a transaction, and there may be none.
type keeper struct {
	modernConn
	kept map[string]keptStmt
}

// PrepareContext implements driver.ConnPrepareContext.
func (k *keeper) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := k.kept[query]; ok {
		return s, nil
	}
	s, err := k.modernConn.PrepareContext(ctx, query)
	if err != nil || len(k.kept) >= maxKept {
		return s, err
	}
	modern, ok := s.(modernStmt)
	if !ok {
		return s, nil
	}
	k.kept[query] = keptStmt{modern}
	return k.kept[query], nil
}

// modernStmt is all that the MySQL driver's statements can do.
type modernStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
	driver.NamedValueChecker
}

// keptStmt lives as long as its connection.
type keptStmt struct{ modernStmt }

// Close implements driver.Stmt.
func (keptStmt) Close() error { return nil }
