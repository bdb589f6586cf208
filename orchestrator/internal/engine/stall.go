package engine

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// maxWaits is how many waiting tasks are told at a time; the others mostly wait for the same.
const maxWaits = 8

// stalls remembers which waits have been logged.
type stalls map[stallKey]bool

type stallKey struct {
	on, kind string
	stage    migration.Stage
	shard    int
	idle     time.Time
}

func keyOf(w migration.Wait) stallKey { return stallKey{w.On, w.Kind, w.Stage, w.Shard, w.Idle} }

// beat tells the store that this process lives and what it waits for. A store that cannot be written is told by the run itself.
func (w *Work) beat(ctx context.Context) {
	waiting := w.Waits.Stalled(w.Stall)
	waiting = waiting[:min(len(waiting), maxWaits)]
	_ = w.Store.Beat(ctx, w.Migration, migration.Beat{Owner: w.Owner, Seen: w.Now(), Tasks: w.Waits.Busy(), Waiting: waiting})
	seen := stalls{}
	for _, wait := range waiting {
		k := keyOf(wait)
		if seen[k] = true; !w.stalls[k] {
			w.Log.Warn("no progress", stallFields(wait)...)
		}
	}
	w.stalls = seen
}

func stallFields(w migration.Wait) []zap.Field {
	f := []zap.Field{zap.String(keyOn, w.On), zap.String(keySide, w.Side), zap.String(keyCall, w.Call), zap.String(keyStage, string(w.Stage)),
		zap.String(keyKind, w.Kind), zap.Int(keyShard, w.Shard), zap.Time(keySince, w.Since)}
	if !w.NextTry.IsZero() {
		f = append(f, zap.Time(keyNextTry, w.NextTry))
	}
	if w.Failure != nil {
		f = append(f, zap.String(keyCode, w.Failure.Code))
	}
	return f
}
