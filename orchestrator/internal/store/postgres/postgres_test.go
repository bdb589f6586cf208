package postgres_test

import (
	"context"
	"strings"
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
