// Package sqlite is the store in one SQLite file: write-ahead log, and synchronous so that a saved checkpoint survives a power cut.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite/queries"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore"
	common "github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

//go:embed schema/*.sql
var schema embed.FS

// Open opens or makes the database file and brings its schema up to date. One connection writes; a few read beside it.
func Open(ctx context.Context, file string) (*sqlstore.Store, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unwritable(fmt.Errorf("open the store: %w", err))
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	write, read, err := connect(file)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := migrate(ctx, file, write); err != nil {
		_, err = judge(fmt.Errorf("bring the store up to date: %w", err))
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return sqlstore.New(write, read, sqlstore.Dialect{
		Bulk:  func(db common.DBTX) sqlstore.Bulk { return bulk{queries.New(db)} },
		Judge: judge,
	}), nil
}

// judge tells what the owner can mend. Waiting for the lock is left to SQLite's own busy_timeout.
func judge(err error) (again bool, told error) {
	var e *driver.Error
	if !errors.As(err, &e) {
		return false, err
	}
	// The low byte is the class of an extended code: https://www.sqlite.org/rescode.html
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return false, problem("store_full", "the disk of the data folder is full", "Make room there, or move the data folder and name it with --data; then run the same command again, it goes on where it stopped.", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return false, unwritable(err)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return false, problem("store_damaged", "the file bailey.db in the data folder is damaged, or no database", "Bring the data folder back from a copy, or give another one with --data; what was moved is recognised on the target.", err)
	}
	return false, err
}

func unwritable(err error) error {
	return problem("store_unwritable", "the file bailey.db in the data folder cannot be opened or written", "Run bailey as the owner of the data folder, see that it is not read-only, or give another folder with --data.", err)
}

func problem(code, cause, fix string, err error) error {
	return &migration.Error{Problem: migration.Problem{Code: code, Cause: cause, Fix: fix}, Exit: migration.ExitFailed, Err: err}
}

// migrate brings the schema up to date. Of several processes that come at once one does so and the others wait: a lock of the database
// itself would keep out the one that holds it, as it takes a transaction for each step.
func migrate(ctx context.Context, file string, write *sql.DB) error {
	turn, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file + "-turn"}).EscapedPath(), RawQuery: "_txlock=exclusive&_pragma=busy_timeout(300000)"}).String())
	if err != nil {
		return err
	}
	defer func() { _ = turn.Close() }()
	mine, err := turn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(sqlstore.Migrate(ctx, write, goose.DialectSQLite3, schema), mine.Rollback())
}

func connect(file string) (write, read *sql.DB, err error) {
	if write, err = open(file, "immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = open(file, "deferred"); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	return write, read, nil
}

func open(file, lock string) (*sql.DB, error) {
	c, err := driver.NewConnector(dsn(file, lock))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

func dsn(file, lock string) string {
	q := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4096)", "temp_store(MEMORY)"},
		"_txlock": {lock},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}
