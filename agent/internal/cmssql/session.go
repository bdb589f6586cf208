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
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, q := range s.setup {
		if err := exec(ctx, conn, q); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func exec(ctx context.Context, conn driver.Conn, query string) error {
	e, ok := conn.(driver.ExecerContext)
	if !ok {
		return errors.New("the database driver cannot run a statement")
	}
	_, err := e.ExecContext(ctx, query, nil)
	return err
}
