package cli_test

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestRollback(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5))}
	if code := c.migrate(); code != migration.ExitOK {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	all, err := c.rig.Store.List(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	if code := c.run("rollback", id, "--dry-run"); code != migration.ExitOK || !strings.Contains(c.out.String(), "Would remove        5  entry") {
		t.Errorf("dry run: exit %d: %s %s", code, c.out.String(), c.err.String())
	}
	if m, err := c.rig.Store.Migration(t.Context(), id); err != nil || m.Status != migration.Done {
		t.Errorf("after the dry run: %v, %v", m, err)
	}
	if code := c.run("rollback", id); code != migration.ExitOK || !strings.Contains(c.out.String(), "Everything is undone") {
		t.Errorf("exit %d: %s %s", code, c.out.String(), c.err.String())
	}
	m, err := c.rig.Store.Migration(t.Context(), id)
	if err != nil || m.Status != migration.RolledBack || m.Ended.IsZero() {
		t.Errorf("after the rollback: %v, %v", m, err)
	}
	// The next start of the same pair creates everything anew.
	if code := c.migrate(); code != migration.ExitOK || !strings.Contains(c.out.String(), "5 records verified") {
		t.Errorf("again: exit %d: %s %s", code, c.out.String(), c.err.String())
	}
	if m, err := c.rig.Store.Migration(t.Context(), id); err != nil || m.Run != 2 || m.Status != migration.Done {
		t.Errorf("the second run: %v, %v", m, err)
	}
	for _, args := range [][]string{{"rollback"}, {"rollback", "nobody"}} {
		if code := c.run(args...); code != migration.ExitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

// A pair that is half taken back is not migrated until that is finished.
func TestMigrateWaitsForRollback(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(2))}
	if code := c.migrate(); code != migration.ExitOK {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	all, err := c.rig.Store.List(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.rig.Store.SetStatus(t.Context(), all[0].ID, migration.RollingBack, nil, all[0].Ended); err != nil {
		t.Fatal(err)
	}
	if code := c.migrate(); code != migration.ExitUsage || !strings.Contains(c.err.String(), "rollback_unfinished") {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
	if code := c.run("cancel", all[0].ID); code == migration.ExitOK {
		t.Error("a rollback was cancelled")
	}
}
