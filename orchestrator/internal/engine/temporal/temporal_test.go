package temporal_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
)

func TestMain(m *testing.M) {
	enginetest.Main(m, func(ctx context.Context, m *engine.Manager, w enginetest.Worker) error {
		var o temporal.Options
		if err := json.Unmarshal([]byte(w.Settings), &o); err != nil {
			return err
		}
		c, err := temporal.Dial(ctx, o)
		if err != nil {
			return err
		}
		defer c.Close()
		return c.Work(ctx, m, engine.Request{Workers: w.Workers}, func() {})
	})
}

// subject has a queue of its own: each test has its own store.
func subject(t testing.TB) enginetest.Subject {
	t.Helper()
	o := temporal.Options{Address: testbed.Temporal(t).Address, Queue: rand.Text()}
	settings, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := temporal.Dial(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return enginetest.Subject{Engine: c, Settings: string(settings), StoreURL: testbed.Postgres(t).Database(t)}
}

func TestTemporal(t *testing.T) {
	t.Parallel()
	enginetest.Suite(t, subject)
}
