package app_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/orchestrator/internal/app"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func run(args ...string) (code int, errOut string) {
	var out, e bytes.Buffer
	code = app.Run(context.Background(), args, &out, &e)
	return code, e.String()
}

// TestStoreOption: one file in the data folder, or the database of the URL and no file.
func TestStoreOption(t *testing.T) {
	url := testbed.Postgres(t).Database(t)
	for name, c := range map[string]struct {
		store string
		file  bool
	}{"default": {"", true}, "postgres": {url, false}} {
		dir := t.TempDir()
		if code, e := run("status", "--data", dir, "--store", c.store); code != migration.ExitOK {
			t.Errorf("%s: %d, %s", name, code, e)
		}
		if _, err := os.Stat(filepath.Join(dir, "bailey.db")); (err == nil) != c.file {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, e := run("status", "--data", t.TempDir(), "--store", "oracle://u:sesame@h/d"); code != migration.ExitUsage || strings.Contains(e, "sesame") {
		t.Errorf("unknown store: %d, %s", code, e)
	}
}

// TestStoreIsShared: what one data folder's process stores, another's sees.
func TestStoreIsShared(t *testing.T) {
	ctx := context.Background()
	url := testbed.Postgres(t).Database(t)
	a, err := app.Open(ctx, t.TempDir(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	b, err := app.Open(ctx, t.TempDir(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	m, err := a.Store.Begin(ctx, store.New{ID: "m", Source: migration.Site{ID: "s"}, Target: migration.Site{ID: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Store.Migration(ctx, m.ID); err != nil || !b.Shared {
		t.Errorf("%+v, %v", got, err)
	}
}
