package postgres_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite"
	"github.com/baileybridge/bailey/orchestrator/internal/store/storetest"
)

// BenchmarkCheckpoint saves each checkpoint in both stores, both durable, and reports PostgreSQL's time over SQLite's.
func BenchmarkCheckpoint(b *testing.B) {
	server, err := testbed.StartPostgres()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Stop)
	for name, c := range storetest.Checkpoints() {
		b.Run(name, func(b *testing.B) {
			file, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "bailey.db"))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = file.Close() })
			stores := []store.Store{file, open(b, server.Database(b))}
			var took [2]time.Duration
			tasks := make([]*migration.Task, len(stores))
			for i, s := range stores {
				_, tasks[i] = storetest.MadeOf(b, s, 100_000)
			}
			for n := 0; b.Loop(); n++ {
				for i, s := range stores {
					since := time.Now()
					if err := s.Save(context.Background(), tasks[i].ID, tasks[i].Fence, c(n)); err != nil {
						b.Fatal(err)
					}
					took[i] += time.Since(since)
				}
			}
			for i, name := range []string{"sqlite-µs/op", "postgres-µs/op"} {
				b.ReportMetric(float64(took[i].Microseconds())/float64(b.N), name)
			}
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x-sqlite")
		})
	}
}

// TestStoreIsCompact: see storetest.Compact.
func TestStoreIsCompact(t *testing.T) {
	url := testbed.Postgres(t).Database(t)
	storetest.Compact(t, open(t, url), func() int64 { return size(t, url) }, 100)
}
