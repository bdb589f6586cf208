// Package sqlite is the store in one SQLite file: write-ahead log, and synchronous so that a saved checkpoint survives a power cut.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver

	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Store is a store.Store. One connection writes; a few read beside it.
type Store struct {
	write, read *sql.DB
	// findLink is asked for every link of every text.
	findLink *sql.Stmt
	spaces   spaceCache
}

var _ store.Store = (*Store)(nil)

// Open opens or makes the database file and brings its schema up to date.
func Open(ctx context.Context, file string) (*Store, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s, err := connect(file)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.write); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the store up to date: %w", err), s.Close())
	}
	if s.findLink, err = s.read.PrepareContext(ctx, q("find_link")); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the store: %w", err), s.Close())
	}
	return s, nil
}

func connect(file string) (*Store, error) {
	write, err := sql.Open("sqlite", dsn(file, "immediate"))
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(file, "deferred"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the store: %w", err), write.Close())
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	return &Store{write: write, read: read}, nil
}

func dsn(file, lock string) string {
	q := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4096)", "temp_store(MEMORY)"},
		"_txlock": {lock},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close closes all connections.
func (s *Store) Close() error {
	var err error
	if s.findLink != nil {
		err = s.findLink.Close()
	}
	return errors.Join(err, s.read.Close(), s.write.Close())
}

// tx runs fn in a writing transaction.
func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// exec runs one writing statement and says whether it touched a row.
func (s *Store) exec(ctx context.Context, name string, args ...any) (bool, error) {
	res, err := s.write.ExecContext(ctx, q(name), args...)
	if err != nil {
		return false, fmt.Errorf("store: %s: %w", name, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func txExec(ctx context.Context, tx *sql.Tx, name string, args ...any) error {
	if _, err := tx.ExecContext(ctx, q(name), args...); err != nil {
		return fmt.Errorf("store: %s: %w", name, err)
	}
	return nil
}

// each runs fn over the rows of a reading statement.
func (s *Store) each(ctx context.Context, name string, fn func(scan func(...any) error) error, args ...any) error {
	rows, err := s.read.QueryContext(ctx, q(name), args...)
	if err != nil {
		return fmt.Errorf("store: %s: %w", name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return fmt.Errorf("store: %s: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: %s: %w", name, err)
	}
	return nil
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}
