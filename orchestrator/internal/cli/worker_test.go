package cli_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/secret"
)

// TestWorkerRefuses to take tasks that it could only fail.
func TestWorkerRefuses(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(1))}
	if code := c.migrate(); code != migration.ExitOK {
		t.Fatal(code)
	}
	at := []string{"--temporal", "127.0.0.1:1"}
	refused := func(code string, exit int, args ...string) {
		t.Helper()
		if got := c.run(append([]string{"worker"}, args...)...); got != exit || !strings.Contains(c.err.String(), "("+code+")") {
			t.Errorf("%s: exit %d, %s", code, got, c.err.String())
		}
	}
	refused("usage", migration.ExitUsage)
	refused("usage", migration.ExitUsage, append(at, "--workers", "65")...)
	refused("temporal_unreachable", migration.ExitFailed, at...)
	c.keyless = true
	refused("key_missing", migration.ExitUsage, at...)
	c.keyless = false
	other, err := secret.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Seal("", nil); err != nil {
		t.Fatal(err)
	}
	own := c.rig.Manager.Secret
	c.rig.Manager.Secret = other
	refused("key_differs", migration.ExitUsage, at...)
	c.rig.Manager.Secret = own
	if err := c.rig.Manager.CheckKey(context.Background()); err != nil {
		t.Error(err)
	}
}
