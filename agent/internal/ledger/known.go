package ledger

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/proto/record"
)

// slots bound how many targets of a kind are remembered: 512 KiB (Rule 9).
const slots = 1 << 16

// known remembers what recent records became, so that the ledger is not asked for the same authors, terms and posts with
// every batch. It holds committed rows only. All of it is forgotten whenever a row's target changes or goes away.
type known struct {
	mu     sync.RWMutex
	epoch  uint64
	tables map[herdKey]*[slots]pair
	// blank says of a kind whether the ledger held nothing of it when this process looked first.
	blank map[herdKey]bool
}

type herdKey struct {
	site int64
	kind cms.Kind
	// back: from the target's ids to the source's.
	back bool
}

// pair is a record's id with its target's, or the other way round. Both are numbers above 0; others, and larger ones, are not
// remembered.
type pair struct{ from, to uint32 }

func newKnown() *known {
	return &known{tables: map[herdKey]*[slots]pair{}, blank: map[herdKey]bool{}}
}

// numeric is an id that is the usual text of a number above 0.
func numeric(id string) (uint32, bool) {
	n, err := strconv.ParseUint(id, 10, 32)
	return uint32(n), err == nil && id[0] != '0'
}

// find moves what is remembered from keys to found. What is read because it is missing may be learned with the epoch.
func (k *known) find(site int64, back bool, keys map[record.Key]struct{}, found map[record.Key]string) (missing []record.Key, epoch uint64) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for key := range keys {
		n, ok := numeric(key.ID)
		table := k.tables[herdKey{site, key.Kind, back}]
		if !ok || table == nil || table[n%slots].from != n {
			missing = append(missing, key)
			continue
		}
		found[key] = strconv.FormatUint(uint64(table[n%slots].to), 10)
	}
	return missing, k.epoch
}

// now is the epoch to learn with.
func (k *known) now() uint64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.epoch
}

// learn remembers committed rows, unless something was forgotten since the epoch: then they may be old.
func (k *known) learn(epoch uint64, of herdKey, rows func(yield func(from, to string) bool)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if epoch != k.epoch {
		return
	}
	for a, b := range rows {
		from, ok := numeric(a)
		to, numbered := numeric(b)
		if ok && numbered {
			k.table(of)[from%slots] = pair{from, to}
		}
	}
}

func (k *known) table(of herdKey) *[slots]pair {
	t := k.tables[of]
	if t == nil {
		if len(k.tables) > len(record.Kinds) {
			clear(k.tables)
		}
		t = new([slots]pair)
		k.tables[of] = t
	}
	return t
}

// forget drops everything.
func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.epoch++
	clear(k.tables)
	clear(k.blank)
}

// isBlank says that the ledger held nothing of a kind when it was looked at first. As long as a migration runs for the first
// time this spares every batch a look for its records; once some may be there, each batch looks.
func (l *Ledger) isBlank(ctx context.Context, sc *Scope, kind cms.Kind) (blank bool, err error) {
	of := herdKey{site: sc.site, kind: kind}
	l.known.mu.RLock()
	blank, seen := l.known.blank[of]
	l.known.mu.RUnlock()
	if seen {
		return blank, nil
	}
	there, err := l.holds(ctx, tableLedger, sc, kind)
	if err == nil {
		l.known.mu.Lock()
		defer l.known.mu.Unlock()
		l.known.blank[of] = !there
	}
	return !there, err
}

// holds says that a table of the ledger has rows of a kind.
func (l *Ledger) holds(ctx context.Context, table string, sc *Scope, kind cms.Kind) (there bool, err error) {
	err = l.again(ctx, func() error {
		var one int
		err := l.db.QueryRow(ctx, "SELECT 1 FROM "+l.from(table)+" WHERE site = ? AND kind = ? LIMIT 1", sc.site, int(kind)).Scan(&one)
		if there = err == nil; errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return there, err
}

// written yields what the records of the batch became.
func (b *batch) written(yield func(source, target string) bool) {
	for _, e := range b.saved {
		if e.row.target != "" && !yield(e.id, e.row.target) {
			return
		}
	}
}
