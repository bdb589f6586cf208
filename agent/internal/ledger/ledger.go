// Package ledger says which source record became which row of the target, in the target's own database and in the same
// transaction as the record.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// Ledger is the ledger of one target site.
type Ledger struct {
	site   cms.Site
	db     *cmssql.DB
	prefix string
	names  *cms.Names
	log    *zap.Logger
	// wait pauses before an attempt; tests replace it.
	wait func(ctx context.Context, attempt int) error
	now  func() time.Time
	// one lets a single transaction write where the database takes no more (SQLite).
	one sync.Locker

	mu     sync.Mutex
	ready  bool
	scopes map[[2]string]*Scope
}

// Scope is one run of one migration that writes.
type Scope struct {
	site, run int64
	author    string
}

// Open makes the ledger of a site. It touches the database only when a scope is asked for.
func Open(site cms.Site, log *zap.Logger) (*Ledger, error) {
	db := site.DB()
	if db == nil || !db.Writable() {
		return nil, errors.New("the ledger needs a database that it may write to")
	}
	l := &Ledger{site: site, db: db, prefix: site.TablePrefix(), names: cms.NewNames(), log: log, wait: backoff, now: time.Now,
		one: noLock{}, scopes: map[[2]string]*Scope{}}
	if db.Dialect() == cmssql.SQLite {
		l.one = &sync.Mutex{}
	}
	return l, nil
}

type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// backoff pauses 25 ms, 50 ms, … up to 2 s, each ± a half, so that two transactions in each other's way part.
func backoff(ctx context.Context, attempt int) error {
	d := min(25*time.Millisecond<<min(attempt, 10), 2*time.Second)
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Scope finds or makes the rows of a run; the first one makes the ledger's tables.
func (l *Ledger) Scope(ctx context.Context, ws *agentv1.WriteScope) (*Scope, error) {
	if n := len(ws.GetSourceSite()); n == 0 || n > 64 {
		return nil, badScope("the write scope names no source site")
	}
	if n := len(ws.GetRun()); n == 0 || n > 64 {
		return nil, badScope("the write scope names no run")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{ws.GetSourceSite(), ws.GetRun()}
	sc := l.scopes[key]
	if sc == nil {
		var err error
		if sc, err = l.openScope(ctx, key); err != nil {
			return nil, whole(err)
		}
		l.scopes[key] = sc
	}
	return &Scope{site: sc.site, run: sc.run, author: ws.GetFallbackAuthor()}, nil
}

func badScope(cause string) error {
	return &link.Error{Code: "bad_scope", Cause: cause, Fix: "send WriteScope with source_site and run of 1 to 64 bytes", Grpc: codes.InvalidArgument}
}

func (l *Ledger) openScope(ctx context.Context, key [2]string) (*Scope, error) {
	if !l.ready {
		if err := l.createTables(ctx); err != nil {
			return nil, err
		}
		l.ready = true
	}
	sc := &Scope{}
	err := l.tx(ctx, func(tx *cmssql.Tx) (err error) {
		if sc.site, err = l.idOf(ctx, tx, tableSites, []string{"source_site"}, key[0]); err != nil {
			return err
		}
		sc.run, err = l.idOf(ctx, tx, tableRuns, []string{"site", "run", "started"}, sc.site, key[1], l.now().Unix())
		return err
	})
	return sc, err
}

// idOf is the id of the row with the given values in its key columns ("started" is none), made when missing.
func (l *Ledger) idOf(ctx context.Context, tx *cmssql.Tx, table string, cols []string, vals ...any) (int64, error) {
	where, args := "", []any{}
	for i, c := range cols {
		if c != "started" {
			where, args = where+" AND "+c+" = ?", append(args, vals[i])
		}
	}
	var id int64
	err := tx.QueryRow(ctx, "SELECT id FROM "+l.from(table)+" WHERE 1 = 1"+where, args...).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	ids, err := tx.Insert(ctx, l.table(table), cols, [][]any{vals})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// tx runs fn in one transaction, again when it was in another's way.
func (l *Ledger) tx(ctx context.Context, fn func(tx *cmssql.Tx) error) error {
	return l.again(ctx, func() error { return l.once(ctx, fn) })
}

func (l *Ledger) once(ctx context.Context, fn func(tx *cmssql.Tx) error) error {
	l.one.Lock()
	defer l.one.Unlock()
	tx, err := l.db.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
