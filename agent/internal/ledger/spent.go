package ledger

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// spent sums up the time of all transactions that wrote, and the ledger's part of it.
type spent struct{ writing, ledger, states atomic.Int64 }

// since adds the time from begun until now.
func since(to *atomic.Int64, begun time.Time) { to.Add(int64(time.Since(begun))) }

// tell logs the sums and begins anew.
func (s *spent) tell(log *zap.Logger) {
	ms := func(n *atomic.Int64) int64 { return time.Duration(n.Swap(0)).Milliseconds() }
	log.Info("time spent", zap.Int64("writing_ms", ms(&s.writing)), zap.Int64("ledger_ms", ms(&s.ledger)), zap.Int64("states_ms", ms(&s.states)))
}
