package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite"
	"github.com/baileybridge/bailey/orchestrator/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) func() store.Store {
		dir := t.TempDir()
		return func() store.Store { return open(t, dir) }
	})
}

func open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(dir, "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestOpenedByManyAtOnce: whoever comes while another one makes the store waits for it.
func TestOpenedByManyAtOnce(t *testing.T) {
	t.Parallel()
	for range 2 {
		file := filepath.Join(t.TempDir(), "bailey.db")
		var g errgroup.Group
		for range 6 {
			g.Go(func() error {
				s, err := sqlite.Open(context.Background(), file)
				if err != nil {
					return err
				}
				return s.Close()
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	st, err := os.Stat(filepath.Join(dir, "bailey.db"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
}

// TestStoreIsCompact: see storetest.Compact.
func TestStoreIsCompact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	storetest.Compact(t, s, func() int64 { return size(t, dir) }, 100)
}

func size(t *testing.T, dir string) int64 {
	t.Helper()
	st, err := os.Stat(filepath.Join(dir, "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}
