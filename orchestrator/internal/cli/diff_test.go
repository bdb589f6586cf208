package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestPlanDiff(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5))}
	plan := func(more ...string) int {
		return c.run(append(append([]string{"plan", "--diff"}, c.links()...), more...)...)
	}
	if code := plan("--titles"); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	if out := c.out.String(); !strings.Contains(out, "entry create: 5 would be created") || strings.Contains(out, "\x1b") {
		t.Errorf("text: %s", out)
	}
	page := filepath.Join(t.TempDir(), "d.html")
	if code := plan("--json", "--html", page); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	var doc struct {
		Records []migration.Foreseen
		Plan    migration.Plan
	}
	if err := json.Unmarshal([]byte(c.out.String()), &doc); err != nil || len(doc.Records) != 5 || doc.Plan.Diff[0].Of(migration.ActionCreate) != 5 {
		t.Errorf("json: %v, %+v", err, doc)
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte("entry/5")) {
		t.Errorf("html: %v", err)
	}
	if n := len(c.rig.Target.Written()); n != 0 {
		t.Errorf("planning wrote %d records", n)
	}
	for _, wrong := range [][]string{{"--titles"}, {"--quick", "--diff"}} {
		if code := c.run(append(append([]string{"plan"}, wrong...), c.links()...)...); code != migration.ExitUsage {
			t.Errorf("%v: exit %d", wrong, code)
		}
	}
}

func TestPlanWithAndWithoutALookAtTheRecords(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, clean(5))
	page := filepath.Join(t.TempDir(), "plan.html")
	for _, quick := range []bool{false, true} {
		c := &console{rig: rig}
		if code := c.run(append([]string{"plan", "--json", "--html", page, fmt.Sprintf("--quick=%v", quick)}, c.links()...)...); code != migration.ExitOK {
			t.Fatalf("exit %d: %s", code, c.err.String())
		}
		var plan migration.Plan
		if err := json.Unmarshal([]byte(c.out.String()), &plan); err != nil || plan.Quick != quick || plan.Sampled || (plan.DiskBytes == 0) != quick {
			t.Errorf("quick %v: %v, %+v", quick, err, plan)
		}
		for _, k := range plan.Kinds {
			if k.Kind == "entry" && (k.Listed != 5 || (k.Looked == 0) != quick) {
				t.Errorf("quick %v: %+v", quick, k)
			}
		}
		if b, err := os.ReadFile(page); err != nil || bytes.Contains(b, []byte("No record was looked at")) != quick {
			t.Errorf("quick %v: html: %v", quick, err)
		}
	}
}
