package postgres_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres"
	"github.com/baileybridge/bailey/orchestrator/internal/store/storetest"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) func() store.Store {
		url := testbed.Postgres(t).Database(t)
		return func() store.Store { return open(t, url) }
	})
}

func open(tb testing.TB, url string) store.Store {
	tb.Helper()
	s, err := postgres.Open(context.Background(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// TestErrorsKeepTheURL: nothing of the URL is in an error, and each says what to do.
func TestErrorsKeepTheURL(t *testing.T) {
	t.Parallel()
	good := testbed.Postgres(t).URL("postgres")
	for name, c := range map[string]struct{ url, code string }{
		"no URL":      {"postgres://visitor:sesame@[::1/garden", "store_url"},
		"no database": {strings.Replace(good, "/postgres?", "/garden?", 1), "store_refused"},
		"no user":     {strings.Replace(good, "postgres@", "visitor:sesame@", 1), "store_refused"},
		"no server":   {"postgres://visitor:sesame@127.0.0.1:1/garden", "store_unreachable"},
	} {
		_, err := postgres.Open(context.Background(), c.url)
		if err == nil {
			t.Errorf("%s: opened", name)
			continue
		}
		if p := migration.ProblemOf(err); p.Code != c.code || p.Fix == "" {
			t.Errorf("%s: %+v", name, p)
		}
		for _, secret := range []string{"visitor", "sesame", "garden", "127.0.0.1", "::1"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// size is what the tables and indexes of a database take.
func size(t *testing.T, url string) (n int64) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRow("SELECT pg_database_size(current_database())").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestServerCrash: the server crashes again and again under processes that save. Each waits for it, or is told that it is not
// known what was stored and looks; no checkpoint is lost, none counts twice (Rule 3).
func TestServerCrash(t *testing.T) {
	t.Parallel()
	server, err := testbed.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	ctx := context.Background()
	s := open(t, server.URL("postgres"))
	m, task := storetest.Made(t, s)
	const crashes, saves = 3, 60
	var saved atomic.Int64
	crash := make(chan struct{}, crashes)
	var saver sync.WaitGroup
	saver.Go(func() {
		defer close(crash)
		for n := int64(0); n < saves; {
			c := &migration.Checkpoint{Counts: migration.Counts{Read: uint64(n + 1)}, Losses: []migration.Loss{{Code: "l", Kind: task.Kind, Count: 1}}}
			err := s.Save(ctx, task.ID, task.Fence, c)
			if migration.IsTransient(err) {
				if task, err = s.Claim(ctx, task.ID, "again"); err == nil {
					n = int64(task.Counts.Read)
					continue
				}
			}
			if err != nil {
				t.Error(err)
				return
			}
			if n++; n%(saves/(crashes+1)) == 0 && n < saves {
				crash <- struct{}{}
			}
			saved.Store(n)
		}
	})
	crashed := 0
	for range crash {
		server.Kill()
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		crashed++
	}
	saver.Wait()
	r, err := s.Results(ctx, m.ID, 10)
	if err != nil || saved.Load() != saves || r.Losses[0].Count != saves || crashed != crashes {
		t.Errorf("%d saved, %d crashes, losses %+v, %v", saved.Load(), crashed, r.Losses, err)
	}
}

// TestLogWaitsForEarlierLines: a line with a later number is not to be seen while one with an earlier number is still being written.
func TestLogWaitsForEarlierLines(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := testbed.Postgres(t).Database(t)
	s := open(t, url)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	slow, err := db.Begin()
	if err == nil {
		_, err = slow.Exec("INSERT INTO logs (migration, line) VALUES ('m', 'first')")
	}
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- s.AppendLog(ctx, "m", "second") }()
	for waiting := 0; waiting == 0 && err == nil && len(written) == 0; {
		err = db.QueryRow("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&waiting)
	}
	if err != nil || len(written) > 0 {
		t.Errorf("the second line did not wait: %v", err)
	}
	if err := slow.Commit(); err != nil {
		t.Error(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	lines, err := s.Logs(ctx, "m", 0, 10)
	if err != nil || len(lines) != 2 || lines[0].Line != "first" || lines[1].Line != "second" {
		t.Errorf("%v, %v", lines, err)
	}
}
