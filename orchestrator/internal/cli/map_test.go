package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestMapInitThenCheckThenMigrate(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5))}
	file := filepath.Join(t.TempDir(), "m.yaml")
	if code := c.run(append([]string{"map", "init", "--out", file}, c.links()...)...); code != 0 {
		t.Fatalf("init: exit %d: %s", code, c.err.String())
	}
	if code := c.run(append([]string{"map", "init", "--out", file}, c.links()...)...); code != migration.ExitUsage || !strings.Contains(c.err.String(), "mapping_not_written") {
		t.Errorf("a file that is there is overwritten: exit %d", code)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "\n  post: post ") {
		t.Fatalf("%v: %s", err, text)
	}
	if code := c.run(append([]string{"map", "check", file}, c.links()...)...); code != 0 || !strings.Contains(c.out.String(), "is right for these sites") {
		t.Errorf("check: exit %d: %s", code, c.out.String())
	}
	mapped := strings.Replace(string(text), "filters: []", "filters: [{kind: entry, skip: 'entry.title == \"3\"'}]", 1)
	if err := os.WriteFile(file, []byte(mapped), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := c.run("map", "check", file); code != 0 || !strings.Contains(c.out.String(), "not compared with the sites") {
		t.Errorf("check without sites: exit %d: %s", code, c.out.String())
	}
	if code := c.run(append([]string{"plan", "--map", file}, c.links()...)...); code != 0 || !strings.Contains(c.out.String(), "The mapping leaves the record behind.") {
		t.Errorf("plan: exit %d: %s", code, c.out.String())
	}
	if code := c.migrate("--map", file); code != 0 || !strings.Contains(c.out.String(), "4 records verified") || !strings.Contains(c.out.String(), "as the mapping says") {
		t.Errorf("migrate: exit %d: %s%s", code, c.out.String(), c.err.String())
	}
}

func TestMapMistakes(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(1))}
	file := filepath.Join(t.TempDir(), "m.yaml")
	if err := os.WriteFile(file, []byte("version: 1\ntypes:\n  psot: page\nkinds:\n  entri: move\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := c.run("map", "check", file); code != migration.ExitUsage || !strings.Contains(c.out.String(), file+`:5:3: there is no kind "entri" (unknown). Did you mean "entry"?`) {
		t.Errorf("exit %d: %s", code, c.out.String())
	}
	if code := c.migrate("--map", file); code != migration.ExitUsage || !strings.Contains(c.err.String(), ":5:3: there is no kind") || !strings.Contains(c.err.String(), "mapping_unknown") {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
	if err := os.WriteFile(file, []byte("version: 1\ntypes:\n  psot: page\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := c.run(append([]string{"map", "check", file}, c.links()...)...); code != migration.ExitUsage || !strings.Contains(c.out.String(), `:3:3: the source has no type "psot" (unknown_on_source). Did you mean "post"?`) {
		t.Errorf("exit %d: %s", code, c.out.String())
	}
	if code := c.migrate("--map", filepath.Join(t.TempDir(), "none")); code != migration.ExitUsage || !strings.Contains(c.err.String(), "mapping_unreadable") {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
}
