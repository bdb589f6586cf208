//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// report is the last line of bailey migrate --json.
type report struct {
	Migration string `json:"migration"`
	Run       int    `json:"run"`
	Source    system `json:"source"`
	Target    system `json:"target"`
	Kinds     []struct {
		Kind      string `json:"kind"`
		Listed    int    `json:"listed"`
		Read      int    `json:"read"`
		Created   int    `json:"created"`
		Updated   int    `json:"updated"`
		Unchanged int    `json:"unchanged"`
		Adopted   int    `json:"adopted"`
		Skipped   int    `json:"skipped"`
		Rejected  int    `json:"rejected"`
		Verified  int    `json:"verified"`
		Different int    `json:"different"`
	} `json:"kinds"`
	Losses []struct {
		Code  string   `json:"code"`
		Kind  string   `json:"kind"`
		Field string   `json:"field"`
		Count int      `json:"count"`
		Refs  []string `json:"refs"`
	} `json:"losses"`
	Rejected    []reportRejected `json:"rejected"`
	Differences []struct {
		Kind     string `json:"kind"`
		SourceID string `json:"source_id"`
		Field    string `json:"field"`
	} `json:"differences"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Root    string  `json:"root"`
	// held is the most memory that the process held, in KiB.
	held int
}

// reportRejected is one record that was refused.
type reportRejected struct {
	Kind     string `json:"kind"`
	SourceID string `json:"source_id"`
	Code     string `json:"code"`
	Cause    string `json:"cause"`
	Fix      string `json:"fix"`
}

type system struct {
	Platform string `json:"platform"`
	Version  string `json:"version"`
	BaseURL  string `json:"base_url"`
}

// result is how a run of bailey ended.
type result struct {
	code   int
	stdout string
	stderr string
	// held is the most memory that it held, in KiB.
	held int
}

// ended is how a process ended that said so much.
func ended(p *os.ProcessState, out, errs string) result {
	r := result{code: p.ExitCode(), stdout: out, stderr: errs}
	if used, ok := p.SysUsage().(*syscall.Rusage); ok {
		r.held = int(used.Maxrss)
	}
	return r
}

func (r result) text() string { return r.stdout + r.stderr }

// bailey runs the orchestrator to its end.
func bailey(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(baileyBin, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended(cmd.ProcessState, out.String(), errs.String())
}

// migrate moves source to target and gives the report; the run must end with one of codes.
func migrate(t *testing.T, data string, source, target *agent, codes []int, more ...string) *report {
	t.Helper()
	begun := time.Now()
	res := bailey(t, migrateArgs(data, source, target, more...)...)
	t.Logf("bailey migrate took %s, exit code %d", time.Since(begun).Round(time.Millisecond), res.code)
	for _, c := range codes {
		if res.code == c {
			r := parseReport(t, res)
			allExplained(t, data, r.Migration)
			return r
		}
	}
	if res.code == 4 {
		// The report names the fields; the comparison goes on to say what is really there.
		t.Errorf("bailey migrate ended with 4: verification found differences")
		return parseReport(t, res)
	}
	t.Fatalf("bailey migrate ended with %d, want one of %v\n%s\nsource agent:\n%s\ntarget agent:\n%s", res.code, codes, tail(res.text(), 6000), tail(source.out.String(), 3000), tail(target.out.String(), 3000))
	return nil
}

// allExplained checks that no loss is left with nothing but its code for a reason.
func allExplained(t *testing.T, data, id string) {
	t.Helper()
	for line := range strings.Lines(bailey(t, "report", id, "--data", data).stdout) {
		if strings.Contains(line, "The target holds this otherwise:") {
			t.Errorf("the report does not explain: %s", line)
		}
	}
}

func migrateArgs(data string, source, target *agent, more ...string) []string {
	return append([]string{"migrate", "--source", source.link(), "--target", target.link(), "--data", data, "--json"}, more...)
}

func parseReport(t *testing.T, res result) *report {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(res.stdout), "\n")
	last := lines[len(lines)-1]
	if dir := os.Getenv("REPORTS"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".json"), []byte(last), 0o600)
	}
	r := &report{held: res.held}
	if err := json.Unmarshal([]byte(last), r); err != nil || r.Migration == "" {
		t.Fatalf("the last line is no report (%v):\n%s", err, tail(res.text(), 4000))
	}
	return r
}

// reconcile checks Rule 1: what was listed was read, and each record has one outcome.
func (r *report) reconcile(t *testing.T) {
	t.Helper()
	for _, k := range r.Kinds {
		if sum := k.Created + k.Updated + k.Unchanged + k.Adopted + k.Skipped + k.Rejected; sum != k.Read || k.Read != k.Listed {
			t.Errorf("%s: listed %d, read %d, outcomes %d", k.Kind, k.Listed, k.Read, sum)
		}
		if k.Different != 0 {
			t.Errorf("%s: the report counts %d different records", k.Kind, k.Different)
		}
	}
	for i, d := range r.Differences {
		if i < 20 {
			t.Errorf("the report says different: %s/%s %s", d.Kind, d.SourceID, d.Field)
		}
	}
}

// nothingChanged checks that a second run wrote nothing.
func (r *report) nothingChanged(t *testing.T) {
	t.Helper()
	for _, k := range r.Kinds {
		if k.Created+k.Updated != 0 {
			t.Errorf("second run, %s: created %d, updated %d, unchanged %d", k.Kind, k.Created, k.Updated, k.Unchanged)
		}
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}
