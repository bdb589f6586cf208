package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
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

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	st, err := os.Stat(filepath.Join(dir, "bailey.db"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
}

// TestLinkIndexIsCompact: below 100 bytes per record that has one address.
func TestLinkIndexIsCompact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const records = 20000
	s, err := sqlite.Open(context.Background(), filepath.Join(dir, "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	before := size(t, dir)
	for at := 0; at < records; at += 1000 {
		var links []migration.Link
		for i := at; i < at+1000; i++ {
			// Hashes in no order, as real ones: two per record, its existence and its address.
			h := int64(i+1) * -0x61c8864680b583eb
			l := migration.Link{Hash: h, Kind: recordv1.Kind_KIND_ENTRY, SourceID: strconv.Itoa(100000 + i)}
			links = append(links, l)
			l.Hash ^= 0x5555555555555555
			links = append(links, l)
		}
		if err := s.AddLinks(context.Background(), "m", links); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if per := (size(t, dir) - before) / records; per >= 100 {
		t.Errorf("%d bytes per record", per)
	} else {
		t.Logf("%d bytes per record", per)
	}
}

func size(t *testing.T, dir string) int64 {
	t.Helper()
	st, err := os.Stat(filepath.Join(dir, "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}
