package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func entryRef(id string) *recordv1.Ref { return record.NewRef(recordv1.Kind_KIND_ENTRY, id) }

func entry(id, title string) *recordv1.Record {
	return &recordv1.Record{Ref: entryRef(id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: title, Slug: "e" + id}}}
}

// moved is a console whose migration is done.
func moved(t *testing.T) (c *console, id string) {
	t.Helper()
	c = &console{rig: enginetest.New(t, clean(5))}
	if code := c.migrate(); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	all, err := c.rig.Store.List(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return c, all[0].ID
}

func TestSyncOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	c.rig.Source.Add(entry("1", "again"), entry("9", "new"))
	c.rig.Source.Remove(entryRef("2"))
	if code := c.run("sync", id, "--deleted", "delete"); code != 0 || !strings.Contains(c.out.String(), "Synchronised: 1 created, 1 updated, 1 removed. 5 records verified on the target.") {
		t.Errorf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	if !strings.HasPrefix(c.err.String(), "Synchronising migration "+id) {
		t.Errorf("says %q", c.err.String())
	}
	c.run("report", id, "--json")
	var rep migration.Report
	if err := json.Unmarshal([]byte(c.out.String()), &rep); err != nil || rep.Mode != "sync" || rep.Totals().Removed != 1 || rep.Recompute() != nil {
		t.Errorf("%v, %+v", err, rep)
	}
	if code := c.run("status", id, "--json"); code != 0 || !strings.Contains(c.out.String(), `"mode":"sync"`) {
		t.Errorf("status: %d: %s", code, c.out.String())
	}
	for _, args := range [][]string{{"sync"}, {"sync", "none"}, {"sync", id, "--deleted", "burn"}, {"sync", id, "--edited", "burn"}, {"sync", id, "--workers", "0"}, {"cutover", id, "--max-passes", "0"}, {"cutover"}} {
		if code := c.run(args...); code != migration.ExitUsage {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
}

func TestCutoverOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	c.rig.Source.Add(entry("1", "again"))
	if code := c.run("cutover", id, "--json"); code != 0 {
		t.Fatalf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	var events []string
	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	for i, line := range lines {
		var v struct {
			Event   string
			Pass    int
			Updated uint64
			Passes  int
			Quiet   bool
			Switch  bool
			Freeze  float64 `json:"freeze_seconds"`
			Root    string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		switch {
		case v.Event == "pass" && (v.Pass == 1) != (v.Updated == 1), v.Event == "cutover" && (v.Passes != 2 || !v.Quiet || !v.Switch || v.Freeze != 0), (i == len(lines)-1) != (v.Root != ""):
			t.Errorf("line %d: %s", i, line)
		}
		if v.Event == "pass" || v.Event == "cutover" {
			events = append(events, v.Event)
		}
	}
	if got := strings.Join(events, " "); got != "pass pass cutover" {
		t.Errorf("events %s", got)
	}
}

// TestCutoverAsks: on a terminal the last pass waits for the word.
func TestCutoverAsks(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	c.terminal = true
	c.in = strings.NewReader("\n")
	if code := c.run("cutover", id, "--wait"); code != 0 || !strings.Contains(c.out.String(), "no freeze was needed. The site may be switched.") || !strings.Contains(c.err.String(), "press Enter") {
		t.Errorf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	c.in = strings.NewReader("")
	if code := c.run("cutover", id, "--wait"); code != migration.ExitFailed || !strings.Contains(c.err.String(), "not_frozen") {
		t.Errorf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	// Without a terminal nobody can be asked.
	c.terminal = false
	if code := c.run("cutover", id, "--wait"); code != 0 || strings.Contains(c.err.String(), "press Enter") {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
}
