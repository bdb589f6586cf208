// Package ledger says which source record became which row of the target, in the target's own database and in the same
// transaction as the record.
package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
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
	// overwrite: what people have edited on the target is written over.
	overwrite bool
	// anew: what the ledger says of earlier runs is not relied on.
	anew bool
}

// Anew is the scope for records that the target was found to hold otherwise than the ledger says.
func (s *Scope) Anew() *Scope {
	c := *s
	c.anew = true
	return &c
}

// Open makes the ledger of a site. It touches the database only when a scope is asked for.
func Open(site cms.Site, log *zap.Logger) (*Ledger, error) {
	db := site.DB()
	if db == nil || !db.Writable() {
		return nil, errors.New("the ledger needs a database that it may write to")
	}
	l := &Ledger{site: site, db: db, prefix: site.TablePrefix(), names: cms.NewNames(), log: log, wait: backoff,
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
	return &Scope{site: sc.site, run: sc.run, author: ws.GetFallbackAuthor(), overwrite: ws.GetEdited() == agentv1.Edited_EDITED_OVERWRITE}, nil
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
	sc := &Scope{run: runNumber(key[1])}
	err := l.tx(ctx, func(tx *cmssql.Tx) (err error) {
		sc.site, err = l.siteNumber(ctx, tx, key[0])
		return err
	})
	return sc, err
}

// runNumber tells runs apart in the ledger's rows. It is made from the run's name, so that a run which writes nothing
// leaves nothing, not even a row that says that it was there.
func runNumber(run string) int64 {
	sum := sha256.Sum256([]byte(run))
	return int64(binary.BigEndian.Uint64(sum[:]) &^ (1 << 63))
}

// siteNumber is the id of a source's row, made when missing.
func (l *Ledger) siteNumber(ctx context.Context, tx *cmssql.Tx, source string) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, "SELECT id FROM "+l.from(tableSites)+" WHERE source_site = ?", source).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	ids, err := tx.Insert(ctx, l.table(tableSites), []string{"source_site"}, [][]any{{source}})
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
