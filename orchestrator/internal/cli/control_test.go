package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// stalled begins a migration whose target does not answer, as another process would. done waits for its end.
func stalled(t *testing.T, rig *enginetest.Rig) (id string, release func(), done func() int) {
	t.Helper()
	free, reached := make(chan struct{}), make(chan struct{})
	var once, freeing sync.Once
	release = func() { freeing.Do(func() { close(free) }) }
	t.Cleanup(release)
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		once.Do(func() { close(reached) })
		<-free
		return nil
	}
	other, code := &console{rig: rig}, make(chan int, 1)
	go func() { code <- other.migrate("--json", "--stall-after", "50ms") }()
	<-reached
	all, err := rig.Store.List(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return all[0].ID, release, func() int {
		c := <-code
		t.Log(other.out.String())
		if !strings.Contains(other.out.String(), `"event":"waiting"`) || !strings.Contains(other.out.String(), "the target's agent to answer WriteRecords") {
			t.Errorf("no word on what is waited for: %s", other.out.String())
		}
		return c
	}
}

// waiting polls status until it says what is waited for.
func waiting(t *testing.T, c *console, id string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
		if code := c.run("status", id); code != 0 || time.Now().After(deadline) {
			t.Fatalf("%d: %s%s", code, c.out.String(), c.err.String())
		}
		if strings.Contains(c.out.String(), "No progress for ") {
			return
		}
	}
}

func TestCancelFromAnotherProcess(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(3))}
	id, _, done := stalled(t, c.rig)
	waiting(t, c, id)
	if code := c.run("resume", id); code != migration.ExitFailed || !strings.Contains(c.err.String(), "already_running") {
		t.Errorf("resumed while it runs: %d: %s", code, c.err.String())
	}
	start := time.Now()
	if code := c.run("cancel", id); code != 0 || c.out.String() != "Migration "+id+" is cancelled.\n" {
		t.Errorf("%d: %s%s", code, c.out.String(), c.err.String())
	}
	if took := time.Since(start); took > 2500*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if code := done(); code != migration.ExitFailed {
		t.Errorf("the run: exit %d", code)
	}
	for _, verb := range []string{"pause", "resume", "retry"} {
		if code := c.run(verb, id); code == 0 || !strings.Contains(c.err.String(), "migration_over") {
			t.Errorf("%s: exit %d: %s", verb, code, c.err.String())
		}
	}
}

func TestPauseResumeFromAnotherProcess(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(3))}
	id, release, done := stalled(t, c.rig)
	waiting(t, c, id)
	time.AfterFunc(500*time.Millisecond, release)
	if code := c.run("pause", id); code != 0 || c.out.String() != "Migration "+id+" is paused.\n" {
		t.Errorf("%d: %s%s", code, c.out.String(), c.err.String())
	}
	if code := done(); code != migration.ExitFailed {
		t.Errorf("the run: exit %d", code)
	}
	if code := c.run("resume", id, "--json"); code != 0 {
		t.Errorf("resume: %d: %s", code, c.err.String())
	}
	if code := c.run("resume", id); code != migration.ExitUsage || !strings.Contains(c.err.String(), "migration_over") {
		t.Errorf("resumed again: %d: %s", code, c.err.String())
	}
}

func TestThrottleIsSetAndShown(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(3))}
	if code := c.migrate(); code != 0 {
		t.Fatal(code)
	}
	all, err := c.rig.Store.List(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	for _, step := range []struct{ args, says string }{
		{"--records 50", "50 records per second"},
		{"--bytes 1000", "50 records and 1000 bytes per second"},
		{"", "50 records and 1000 bytes per second"},
		{"--records 0", "1000 bytes per second"},
		{"--off", "no limit"},
	} {
		if code := c.run(append([]string{"throttle", id}, strings.Fields(step.args)...)...); code != 0 || !strings.HasSuffix(c.out.String(), ": "+step.says+"\n") {
			t.Errorf("%s: %d: %s%s", step.args, code, c.out.String(), c.err.String())
		}
	}
	for _, args := range [][]string{{"throttle"}, {"throttle", "none"}, {"throttle", id, "--off", "--records", "1"}, {"pause"}, {"pause", "none"}, {"resume", "none"}, {"retry", "none"}, {"resume", id, "--workers", "0"}} {
		if code := c.run(args...); code != migration.ExitUsage {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
}

func TestRetryOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(3))}
	c.rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() != "2" {
			return nil
		}
		return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"}
	}
	c.rig.Manager.Retry = engine.Retry{First: time.Millisecond, Most: time.Millisecond, For: 10 * time.Millisecond}
	if code := c.migrate("--json"); code != migration.ExitRejected {
		t.Fatal(code)
	}
	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	var rep migration.Report
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &rep); err != nil {
		t.Fatal(err)
	}
	c.rig.Target.OnRecord = nil
	if code := c.run("retry", rep.Migration); code != 0 {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
	if code := c.run("retry", rep.Migration); code != migration.ExitFailed || !strings.Contains(c.err.String(), "nothing_rejected") {
		t.Errorf("again: exit %d: %s", code, c.err.String())
	}
}
