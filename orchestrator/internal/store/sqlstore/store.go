// Package sqlstore is the store over database/sql: the one logic behind SQLite and PostgreSQL.
package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

// Dialect is what two databases do not have in common.
type Dialect struct {
	// Bulk gives the statements that take many values at once.
	Bulk func(db queries.DBTX) Bulk
	// Judge says whether a statement or transaction that failed may succeed when it is tried again, and what to tell instead.
	// The first is asked before, the second after all attempts.
	Judge func(err error) (again bool, told error)
}

// Bulk is what a database does in a way of its own.
type Bulk interface {
	Index
	// UnmovedOf gives those of the source ids, a JSON list, that had this outcome.
	UnmovedOf(ctx context.Context, migration string, kind recordv1.Kind, outcome agentv1.Outcome, sourceIDs string) ([]string, error)
}

// Index is the link index and what is remembered of records. There is much of it, so each database keeps it as takes the least room.
type Index interface {
	// AddSpace gives the owner of an index its short name, unless it has one.
	AddSpace(ctx context.Context, owner string) error
	// AddLinks adds addresses; of two records with one address the smaller ref counts.
	AddLinks(ctx context.Context, space int64, links []migration.Link) error
	// FindLink gives the record that an address belongs to. sql.ErrNoRows: none.
	FindLink(ctx context.Context, space, hash int64) (migration.Link, error)
	// DropLinksOf removes the addresses of records, and says whether there were any.
	DropLinksOf(ctx context.Context, space int64, gone []migration.Gone) (dropped bool, err error)
	// DropStaleLinks removes, of the addresses that are about to be added, those of records that the run has not seen.
	DropStaleLinks(ctx context.Context, space, run int64, links []migration.Link) (dropped bool, err error)
	// DropUnknownLinks removes the addresses of records of which nothing is remembered: they were listed but came to nothing.
	DropUnknownLinks(ctx context.Context, space int64) error
	// ClearLinks removes all addresses.
	ClearLinks(ctx context.Context, space int64) error
	// See notes that the run lists records.
	See(ctx context.Context, space, run int64, seen []migration.Seen) error
	// Know remembers digests; of what is said of one record the last counts.
	Know(ctx context.Context, space, run int64, known []migration.Known) error
	// Unknow forgets records.
	Unknow(ctx context.Context, space int64, gone []migration.Gone) error
	// KnownOf gives what is remembered, by source id.
	KnownOf(ctx context.Context, space int64, kind recordv1.Kind, sourceIDs []string) (map[string]int64, error)
	// Due lists what the run has seen and is to move, in an order that stays, behind after.
	Due(ctx context.Context, space, run int64, kind recordv1.Kind, after string, limit int) ([]migration.Known, error)
	// Missing lists what only earlier runs have seen.
	Missing(ctx context.Context, space, run int64, kind recordv1.Kind, after string, limit int) ([]string, error)
	// CountSettled counts what the run has seen, is not to move, and remembers.
	CountSettled(ctx context.Context, space, run int64, kind recordv1.Kind) (uint64, error)
	// AllDue makes everything due that is remembered.
	AllDue(ctx context.Context, space int64) error
	// ClearKnown forgets all records.
	ClearKnown(ctx context.Context, space int64) error
}

// Store is a store.Store.
type Store struct {
	write   *sql.DB
	read    *sql.DB
	dialect Dialect
	// spaces remembers the short names of link indexes, by owner.
	spaces sync.Map
}

var _ store.Store = (*Store)(nil)

// New gives the store in a database whose schema is up to date. Reading needs no transaction and may have connections of its own.
func New(write, read *sql.DB, d Dialect) *Store {
	return &Store{write: write, read: read, dialect: d}
}

// Migrate brings the schema up to date with the folder "schema" of the files.
func Migrate(ctx context.Context, db *sql.DB, d goose.Dialect, files fs.FS, opts ...goose.ProviderOption) error {
	dir, err := fs.Sub(files, "schema")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(d, db, dir, opts...)
	if err != nil {
		return err
	}
	// Whoever finds nothing to do waits for nobody.
	if pending, err := p.HasPending(ctx); err != nil || !pending {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close closes all connections.
func (s *Store) Close() error {
	s.spaces.Clear()
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// patience is how long a database that went away is waited for.
const patience = time.Minute

// try runs fn until it succeeds or trying again does not help.
func (s *Store) try(ctx context.Context, name string, fn func() error) error {
	since := time.Now()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := fn()
		if err == nil {
			return nil
		}
		again, told := s.dialect.Judge(err)
		if !again || time.Since(since) > patience || errors.Is(err, errDoubt) {
			return fmt.Errorf("store: %s: %w", name, told)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("store: %s: %w", name, context.Cause(ctx))
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

// errDoubt is in the errors of a transaction that was perhaps committed, when it may not be done twice.
var errDoubt = errors.New("whether it was stored is not known")

// tx runs fn in a writing transaction, again if need be: done twice it must have the effect of once.
func (s *Store) tx(ctx context.Context, name string, fn func(*tx) error) error {
	return s.try(ctx, name, func() error { return s.attempt(ctx, fn) })
}

// once is tx for what must not be done twice.
func (s *Store) once(ctx context.Context, name string, fn func(*tx) error) error {
	return s.try(ctx, name, func() error {
		fresh := true
		err := s.attempt(ctx, func(t *tx) error {
			err := fn(t)
			fresh = err != nil
			return err
		})
		if err != nil && !fresh {
			return errors.Join(err, errDoubt)
		}
		return err
	})
}

// tx is a transaction: the common statements and those of the dialect.
type tx struct {
	*queries.Queries
	Bulk
}

func (s *Store) attempt(ctx context.Context, fn func(*tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(&tx{queries.New(t), s.dialect.Bulk(t)}); err != nil {
		_ = t.Rollback()
		return err
	}
	return t.Commit()
}

// touch runs one statement that changes a row. ErrNotFound: there is none.
func (s *Store) touch(ctx context.Context, name string, fn func(*queries.Queries) (int64, error)) error {
	return s.try(ctx, name, func() error {
		n, err := fn(queries.New(s.write))
		if err == nil && n == 0 {
			err = store.ErrNotFound
		}
		return err
	})
}

// look reads with one statement.
func look[T any](ctx context.Context, s *Store, name string, fn func(*queries.Queries) (T, error)) (v T, err error) {
	err = s.try(ctx, name, func() error {
		v, err = fn(queries.New(s.read))
		return notFound(err)
	})
	return v, err
}

// all reads rows and turns them into what they stand for.
func all[R, T any](ctx context.Context, s *Store, name string, fn func(*queries.Queries) ([]R, error), turn func(R) (T, error)) ([]T, error) {
	rows, err := look(ctx, s, name, fn)
	if err != nil {
		return nil, err
	}
	var ts []T
	for _, r := range rows {
		t, err := turn(r)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", name, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// Unreachable is the error of a store whose database does not answer. It names neither the database nor who asks.
func Unreachable(cause string) error {
	return &migration.Error{
		Problem: migration.Problem{Code: "store_unreachable", Cause: cause, Fix: "See that the database of --store runs and can be reached, then run the same command again; it goes on where it stopped."},
		Exit:    migration.ExitFailed, Transient: true,
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return string(b)
}
