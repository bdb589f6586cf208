package pipeline

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// ledgerWatch remembers what is known of the target's ledger.
type ledgerWatch struct {
	mu      sync.Mutex
	checked bool
	// written: this process has had a batch acknowledged.
	written atomic.Bool
}

// scope says which migration writes, and whether it has written before: a ledger that is lost is then not made anew (Rule 2).
func (e *Env) scope() *agentv1.WriteScope {
	s := proto.CloneOf(e.Scope)
	s.Addresses = e.Selection.KeepAddresses
	s.Continued = e.Continued || e.ledger.written.Load()
	return s
}

// checkLedger asks the target for the ledger of a migration that goes on, before anything else is done.
func (e *Env) checkLedger(ctx context.Context) error {
	if !e.Continued {
		return nil
	}
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	if e.ledger.checked {
		return nil
	}
	err := CheckLedger(ctx, e.Target, e.scope())
	e.ledger.checked = err == nil
	return err
}

// CheckLedger has the target open its ledger: a scope that says "continued" is refused when there is none.
func CheckLedger(ctx context.Context, target Target, scope *agentv1.WriteScope) error {
	_, err := target.Resolve(ctx, scope, nil)
	return err
}

// noteWritten remembers that the ledger has rows.
func (e *Env) noteWritten(c migration.Counts) {
	if c.Held() > 0 {
		e.ledger.written.Store(true)
	}
}
