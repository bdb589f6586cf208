// Package postgres is the store in a PostgreSQL database (13 or later), which any number of processes share.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres/queries"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore"
	common "github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

//go:embed schema/*.sql
var schema embed.FS

// connections is how many a process keeps at most: its workers save one after the other, and a few look on.
const connections = 8

// Open connects to the database and brings its schema up to date; of several processes that come at once one does so.
// Errors never hold the URL or a part of it.
func Open(ctx context.Context, url string) (*sqlstore.Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, migration.Usage("store_url", "the URL of the store cannot be read", "It has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full")
	}
	// Statements decide on what they find at that moment, rows that were read to be changed are locked.
	config.RuntimeParams["default_transaction_isolation"] = "read committed"
	config.RuntimeParams["application_name"] = "bailey"
	db := sql.OpenDB(connector{stdlib.GetConnector(*config)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := prepare(ctx, db); err != nil {
		_, told := judge(err)
		return nil, errors.Join(told, db.Close())
	}
	return sqlstore.New(db, db, sqlstore.Dialect{Bulk: func(db common.DBTX) sqlstore.Bulk { return bulk{queries.New(db)} }, Judge: judge}), nil
}

func prepare(ctx context.Context, db *sql.DB) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	return sqlstore.Migrate(ctx, db, goose.DialectPostgres, schema, goose.WithSessionLocker(locker), goose.WithGoMigrations(packing()))
}

// connector takes host, user and database out of the errors of connecting.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil || ctx.Err() != nil {
		return conn, err
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return nil, answer
	}
	return nil, errGone
}

// errGone is a server that does not answer.
var errGone = errors.New("the database of the store does not answer")

// refusals are answers to a connection that come again however often it is tried.
var refusals = map[string]string{
	"28P01": "the database of the store refuses the password",
	"28000": "the database of the store does not let this user in",
	"3D000": "the database of the store does not exist on its server",
}

// passing are the classes and codes of failures that pass: two transactions in each other's way, a server that is full, starts or stops.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func passing(code string) bool {
	return code[:2] == "40" || code[:2] == "08" || code[:2] == "53" || code == "57P01" || code == "57P02" || code == "57P03"
}

// judge implements sqlstore.Dialect.
func judge(err error) (again bool, told error) {
	var answer *pgconn.PgError
	var known *migration.Error
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false, err
	case errors.As(err, &answer) && len(answer.Code) == 5:
		if cause, ok := refusals[answer.Code]; ok {
			return false, &migration.Error{Problem: migration.Problem{Code: "store_refused", Cause: cause, Fix: "Correct the URL of --store, or what the server allows."}, Exit: migration.ExitFailed}
		}
		if passing(answer.Code) {
			return true, sqlstore.Unreachable("the database of the store is busy or starting: " + answer.Code)
		}
		return false, err
	case isGone(err):
		return true, sqlstore.Unreachable(errGone.Error())
	}
	return false, err
}

// isGone says that the connection is lost or was not to be had.
func isGone(err error) bool {
	var network net.Error
	for _, lost := range []error{errGone, driver.ErrBadConn, pgconn.ErrConnClosed, sql.ErrConnDone, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return errors.As(err, &network) || pgconn.SafeToRetry(err)
}
