package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// version is the form of the ledger's tables that this agent reads and writes.
const version = 1

// sealOf is a checksum over all of a row but its before-image, which nothing reads back: it shows a row that other hands have
// altered. It is no proof against somebody who knows how it is made: whoever may write to the ledger may write to the site.
func sealOf(site int64, kind cms.Kind, id string, r *row) int64 {
	b := make([]byte, 0, 192)
	for _, n := range []int64{site, int64(kind), int64(r.outcome), int64(r.origin), r.run} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, s := range []string{id, r.target, r.digest} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return checksum(append(b, r.detail...))
}

// sealShared is the same for a row that no record consists of; what it has become since may change.
func sealShared(site int64, name string, before []byte) int64 {
	b := binary.BigEndian.AppendUint64(nil, uint64(site))
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(name))), name...)
	if before != nil {
		b = append(b, 1)
	}
	return checksum(append(b, before...))
}

func checksum(b []byte) int64 {
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// holding is how many rows the ledger has of a source, and the sum of their seals.
type holding struct{ rows, seals int64 }

// rest guards what is noted of a source's rows: it is made while nothing is written.
type rest struct {
	mu    sync.RWMutex
	noted atomic.Bool
}

// prepare makes the ledger's tables where there are none. Some that are missing beside others that hold something are not
// made anew: what the others say would then be wrong.
func (l *Ledger) prepare(ctx context.Context, continued bool) error {
	missing, holding := 0, false
	for _, table := range tables {
		where := ""
		if table == tableSites {
			where = " WHERE held_rows > 0"
		}
		var one int
		switch err := l.db.QueryRow(ctx, "SELECT 1 FROM "+l.from(table)+where+" LIMIT 1").Scan(&one); {
		case cmssql.ClassOf(err) == cmssql.Missing:
			missing++
		case err == nil:
			holding = true
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	switch {
	case missing == 0:
		return nil
	case continued && missing == len(tables):
		return ledgerMissing()
	case continued || holding:
		return ledgerIncomplete()
	}
	return l.createTables(ctx)
}

// inspect reads all rows of a source and checks their seals.
func (l *Ledger) inspect(ctx context.Context, sc *Scope) (h holding, err error) {
	err = l.read(ctx, l.db, sc, "1 = 1", nil, func(_ cms.Kind, _ string, r *row) {
		h.rows++
		h.seals += r.seal
	})
	if err == nil {
		_, err = l.sharedRows(ctx, l.db, sc, "1 = 1")
	}
	return h, err
}

// note writes down what the ledger holds when a run is finished: whoever opens it next finds what is missing by then.
func (l *Ledger) note(ctx context.Context, sc *Scope) error {
	sc.rest.mu.Lock()
	defer sc.rest.mu.Unlock()
	h, err := l.inspect(ctx, sc)
	if err != nil {
		return err
	}
	sc.rest.noted.Store(true)
	return l.tx(ctx, func(tx *cmssql.Tx) error { return l.setHolding(ctx, tx, sc, h.rows, h.seals) })
}

func (l *Ledger) setHolding(ctx context.Context, tx *cmssql.Tx, sc *Scope, rows, seals any) error {
	_, err := tx.Exec(ctx, "UPDATE "+l.from(tableSites)+" SET held_rows = ?, held_seals = ? WHERE id = ?", rows, seals, sc.site)
	return err
}

// strike takes the note out in the transaction that is about to change rows; after its commit comes struck. It costs one
// statement in a run.
func (l *Ledger) strike(ctx context.Context, tx *cmssql.Tx, sc *Scope) error {
	if !sc.rest.noted.Load() {
		return nil
	}
	return l.setHolding(ctx, tx, sc, nil, nil)
}

func (sc *Scope) struck() { sc.rest.noted.Store(false) }

// change runs a transaction that adds, changes or removes rows of the ledger outside of a batch.
func (l *Ledger) change(ctx context.Context, sc *Scope, fn func(*cmssql.Tx) error) error {
	sc.rest.mu.RLock()
	defer sc.rest.mu.RUnlock()
	err := l.tx(ctx, func(tx *cmssql.Tx) error {
		if err := l.strike(ctx, tx, sc); err != nil {
			return err
		}
		return fn(tx)
	})
	if err == nil {
		sc.struck()
	}
	return err
}
