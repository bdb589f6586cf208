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
	"sync/atomic"
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
	known  *known
	spent  spent
	log    *zap.Logger
	// wait pauses before an attempt; tests replace it.
	wait func(ctx context.Context, attempt int) error
	// one lets a single transaction write where the database takes no more (SQLite).
	one sync.Locker
	// turns keep two streams from writing one record at the same time.
	turns *turns

	mu     sync.Mutex
	scopes map[[2]string]*Scope
	rests  map[int64]*rest
	// indexed says that the ledger's rows can be found by their target.
	indexed atomic.Bool
}

// Scope is one run of one migration that writes.
type Scope struct {
	site, run int64
	author    string
	rest      *rest
	// overwrite: what people have edited on the target is written over.
	overwrite bool
	// anew: what the ledger says of earlier runs is not relied on.
	anew bool
	// addresses: records that are read back say at which addresses they stand.
	addresses bool
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
	l := &Ledger{site: site, db: db, prefix: site.TablePrefix(), names: cms.NewNames(), known: newKnown(), log: log, wait: backoff,
		one: noLock{}, turns: newTurns(), scopes: map[[2]string]*Scope{}, rests: map[int64]*rest{}}
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

// Scope finds or makes the rows of a run; the first one makes the ledger's tables. A ledger that is not as it was left is
// refused: without it, what is already there would be written again (Rule 2).
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
		if sc, err = l.openScope(ctx, key, ws.GetContinued()); err != nil {
			return nil, l.told("open", err)
		}
		l.scopes[key] = sc
	}
	return &Scope{site: sc.site, run: sc.run, author: ws.GetFallbackAuthor(), rest: sc.rest, overwrite: ws.GetEdited() == agentv1.Edited_EDITED_OVERWRITE, addresses: ws.GetAddresses()}, nil
}

func badScope(cause string) error {
	return &link.Error{Code: "bad_scope", Cause: cause, Fix: "send WriteScope with source_site and run of 1 to 64 bytes", Grpc: codes.InvalidArgument}
}

func (l *Ledger) openScope(ctx context.Context, key [2]string, continued bool) (*Scope, error) {
	if err := l.prepare(ctx, continued); err != nil {
		return nil, err
	}
	sc := &Scope{run: runNumber(key[1])}
	err := l.tx(ctx, func(tx *cmssql.Tx) (err error) {
		sc.site, err = l.siteNumber(ctx, tx, key[0], continued)
		return err
	})
	if err == nil {
		err = l.check(ctx, sc, continued)
	}
	if cmssql.ClassOf(err) == cmssql.Missing {
		// The tables are there: it is a column that is not.
		err = ledgerForm()
	}
	return sc, err
}

// check compares what the ledger holds with what is known of it.
func (l *Ledger) check(ctx context.Context, sc *Scope, continued bool) error {
	if l.rests[sc.site] == nil {
		l.rests[sc.site] = &rest{}
	}
	sc.rest = l.rests[sc.site]
	sc.rest.mu.Lock()
	defer sc.rest.mu.Unlock()
	var rows, seals sql.NullInt64
	if err := l.db.QueryRow(ctx, "SELECT held_rows, held_seals FROM "+l.from(tableSites)+" WHERE id = ?", sc.site).Scan(&rows, &seals); err != nil {
		return err
	}
	h, err := l.inspect(ctx, sc)
	if err != nil {
		return err
	}
	sc.rest.noted.Store(rows.Valid)
	switch {
	case rows.Valid && h != holding{rows.Int64, seals.Int64}:
		return ledgerAltered("the number of its rows or their sum")
	case continued && h.rows == 0:
		return ledgerMissing()
	}
	return nil
}

// runNumber tells runs apart in the ledger's rows. It is made from the run's name, so that a run which writes nothing
// leaves nothing, not even a row that says that it was there.
func runNumber(run string) int64 {
	sum := sha256.Sum256([]byte(run))
	return int64(binary.BigEndian.Uint64(sum[:]) &^ (1 << 63))
}

// siteNumber is the id of a source's row, made when missing.
func (l *Ledger) siteNumber(ctx context.Context, tx *cmssql.Tx, source string, continued bool) (id int64, err error) {
	var newest int
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(version), 0) FROM "+l.from(tableSites)).Scan(&newest); err != nil {
		return 0, err
	}
	if newest > version {
		return 0, ledgerNewer()
	}
	find := func() error {
		return tx.QueryRow(ctx, "SELECT id FROM "+l.from(tableSites)+" WHERE source_site = ?", source).Scan(&id)
	}
	if err = find(); !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	if continued {
		return 0, ledgerMissing()
	}
	if _, err := tx.Insert(ctx, l.table(tableSites), []string{"source_site", "version"}, [][]any{{source, version}}); err != nil {
		return 0, err
	}
	// Looked up: where the table is a temporary copy, not every database tells the id that it gave.
	err = find()
	return id, err
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
	if err := tx.Commit(); err != nil {
		return err
	}
	if m, ok := l.site.(cms.Mirror); ok {
		return m.Carry(ctx)
	}
	return nil
}

// look brings rows in step with the files that they stand for.
func (l *Ledger) look(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids ...string) error {
	if m, ok := l.site.(cms.Mirror); ok {
		return m.Look(ctx, q, kind, ids)
	}
	return nil
}
