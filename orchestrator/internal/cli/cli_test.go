package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/attest"
	"github.com/baileybridge/bailey/orchestrator/internal/cli"
	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buffer may be written from several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type console struct {
	rig      *enginetest.Rig
	terminal bool
	keyless  bool
	signals  chan os.Signal
	out, err buffer
	in       io.Reader
}

func (c *console) run(args ...string) int {
	c.out, c.err = buffer{}, buffer{}
	return cli.Run(context.Background(), cli.Env{
		Out: &c.out, Err: &c.err, In: c.in, Terminal: c.terminal, Signals: c.signals, Version: "1.2.3",
		Open: func(context.Context, string, string) (*cli.Services, error) {
			return &cli.Services{
				Store: c.rig.Store, Manager: c.rig.Manager, HasKey: func() bool { return !c.keyless }, Close: func() error { return nil },
				Key: func() (*attest.Key, error) { return attest.Open(filepath.Join(c.rig.Dir, "signing-key")) },
			}, nil
		},
	}, args)
}

func (c *console) links() []string {
	return []string{"--source", c.rig.Request.Source, "--target", c.rig.Request.Target}
}

func (c *console) migrate(more ...string) int {
	return c.run(append(append([]string{"migrate"}, c.links()...), more...)...)
}

func clean(n int) *agenttest.Agent {
	a := agenttest.NewSource()
	for _, e := range []string{"1", "2", "3", "4", "5"}[:n] {
		a.Add(&recordv1.Record{Ref: &recordv1.Ref{Kind: recordv1.Kind_KIND_ENTRY, SourceId: e}, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: e, Slug: "e" + e}}})
	}
	return a
}

func TestMigrateThenLook(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5))}
	if code := c.migrate(); code != migration.ExitOK {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	if out := c.out.String(); !strings.Contains(out, "Every record is accounted for; 5 records verified") {
		t.Errorf("report: %s", out)
	}
	id := strings.Fields(c.err.String())[1]
	id = strings.TrimSuffix(id, ":")
	for _, args := range [][]string{{"status"}, {"status", id, "--json"}, {"report"}, {"report", id}, {"logs"}, {"logs", id}} {
		if code := c.run(args...); code != 0 {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
	c.run("report", "--json")
	var rep migration.Report
	if err := json.Unmarshal([]byte(c.out.String()), &rep); err != nil || rep.Migration != id || rep.Status != migration.Done {
		t.Errorf("report --json: %v, %+v", err, rep)
	}
	page := filepath.Join(t.TempDir(), "r.html")
	if code := c.run("report", "--html", page); code != 0 {
		t.Errorf("html: exit %d: %s", code, c.err.String())
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte(id)) {
		t.Errorf("html: %v", err)
	}
}

func TestJSONEndsWithTheReport(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5))}
	if code := c.migrate("--json"); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	for i, line := range lines {
		var v struct {
			Event string
			Root  string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		if last := i == len(lines)-1; last != (v.Root != "") || last == (v.Event != "") {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestBarsOnATerminal(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(5)), terminal: true}
	if code := c.migrate(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if out := c.err.String(); !strings.Contains(out, "entry") || !strings.Contains(out, "5/5") {
		t.Errorf("bars: %q", out)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	reject := func(*recordv1.Record) *agentv1.Problem { return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"} }
	for name, test := range map[string]struct {
		prepare func(*enginetest.Rig)
		args    []string
		want    int
	}{
		"rejected":     {func(r *enginetest.Rig) { r.Target.OnRecord = reject }, nil, migration.ExitRejected},
		"lasting":      {func(r *enginetest.Rig) { r.Target.OnBatch = failing(codes.FailedPrecondition) }, nil, migration.ExitFailed},
		"unreachable":  {func(r *enginetest.Rig) { r.Target.OnBatch = failing(codes.Unavailable) }, nil, migration.ExitUnreachable},
		"patience":     {func(r *enginetest.Rig) { r.Target.OnBatch, r.Manager.Retry.For = failing(codes.Unavailable), time.Hour }, []string{"--patience", "10ms"}, migration.ExitUnreachable},
		"unknown kind": {nil, []string{"--kinds", "cat"}, migration.ExitUsage},
		"unknown flag": {nil, []string{"--cat"}, migration.ExitUsage},
		"workers":      {nil, []string{"--workers", "0"}, migration.ExitUsage},
		"engine":       {nil, []string{"--engine", "cat"}, migration.ExitUsage},
		"no address":   {nil, []string{"--engine", "temporal"}, migration.ExitUsage},
		"no engine":    {nil, []string{"--temporal", "127.0.0.1:1"}, migration.ExitUsage},
		"no temporal":  {nil, []string{"--engine", "temporal", "--temporal", "127.0.0.1:1"}, migration.ExitFailed},
		"argument":     {nil, []string{"cat"}, migration.ExitUsage},
		"wrong link":   {func(r *enginetest.Rig) { r.Request.Source = "bailey://x" }, nil, migration.ExitUsage},
		"no link":      {func(r *enginetest.Rig) { r.Request.Source = "" }, nil, migration.ExitUsage},
		"wrong token":  {func(r *enginetest.Rig) { r.Request.Source = altered(r.Request.Source) }, nil, migration.ExitUnreachable},
		"target reads": {func(r *enginetest.Rig) { r.Request.Target = r.Request.Source }, nil, migration.ExitUsage},
		"resume":       {nil, []string{"--resume", "none"}, migration.ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &console{rig: enginetest.New(t, clean(2))}
			c.rig.Manager.Retry = engine.Retry{First: time.Millisecond, Most: time.Millisecond, For: 10 * time.Millisecond}
			if test.prepare != nil {
				test.prepare(c.rig)
			}
			if code := c.migrate(test.args...); code != test.want {
				t.Errorf("exit %d instead of %d: %s%s", code, test.want, c.out.String(), c.err.String())
			}
			if test.want != migration.ExitRejected && !strings.Contains(c.err.String(), "bailey: ") {
				t.Errorf("says %q", c.err.String())
			}
		})
	}
}

func failing(code codes.Code) func(*agentv1.WriteRecordsRequest) error {
	return func(*agentv1.WriteRecordsRequest) error {
		return &link.Error{Code: "broken", Cause: "it is broken", Fix: "Mend it.", Grpc: code}
	}
}

// altered changes the last letter of the token to another valid one.
func altered(s string) string {
	i := strings.Index(s, "token=") + len("token=")
	first := "A"
	if s[i] == 'A' {
		first = "B"
	}
	return s[:i] + first + s[i+1:]
}

func TestDifferencesAreToldByTheExitCode(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(3))}
	if code := c.migrate(); code != 0 {
		t.Fatal(code)
	}
	// Somebody changes the source after the target was written; verification of a run that is repeated compares with it.
	var changed atomic.Bool
	c.rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if changed.CompareAndSwap(false, true) {
			c.rig.Source.Add(&recordv1.Record{Ref: &recordv1.Ref{Kind: recordv1.Kind_KIND_ENTRY, SourceId: "1"}, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: "edited", Slug: "e1"}}})
		}
		return nil
	}
	if code := c.migrate(); code != migration.ExitDifferent {
		t.Errorf("exit %d: %s", code, c.out.String())
	}
	if !strings.Contains(c.out.String(), "entry/1  title") {
		t.Errorf("report: %s", c.out.String())
	}
}

func TestInterruptStopsAndTellsHowToGoOn(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, enginetest.NewSite(5)), signals: make(chan os.Signal)}
	var once sync.Once
	c.rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		once.Do(func() { c.signals <- os.Interrupt })
		return nil
	}
	if code := c.migrate(); code != migration.ExitFailed {
		t.Fatalf("exit %d", code)
	}
	_, after, found := strings.Cut(c.err.String(), "bailey migrate --resume ")
	if !found {
		t.Fatalf("says %q", c.err.String())
	}
	if code := c.run("migrate", "--resume", strings.Fields(after)[0]); code != migration.ExitRejected {
		t.Errorf("resumed: exit %d: %s", code, c.err.String())
	}
}

func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, enginetest.NewSite(6))}
	if code := c.run(append([]string{"plan", "--json"}, c.links()...)...); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	var plan migration.Plan
	if err := json.Unmarshal([]byte(c.out.String()), &plan); err != nil {
		t.Fatal(err)
	}
	for _, k := range plan.Kinds {
		if k.Looked != k.Listed || k.Moved+k.Skipped+k.Rejected != k.Looked {
			t.Errorf("%+v", k)
		}
		if k.Kind == "entry" && (k.Moved != 6 || k.Rejected != 1 || len(k.Mapping) != 1 || k.Mapping[0] != migration.Mapping{From: "post", To: "post", Count: 6}) {
			t.Errorf("%+v", k)
		}
	}
	if len(c.rig.Target.Written()) != 0 || plan.Bytes == 0 || len(plan.Rejected) != 1 {
		t.Errorf("written %d, plan %+v", len(c.rig.Target.Written()), plan)
	}
	if code := c.run(append([]string{"plan"}, c.links()...)...); code != 0 || !strings.Contains(c.out.String(), "Nothing was written.") {
		t.Errorf("text: exit %d: %s", code, c.out.String())
	}
}

func TestSampleAndKinds(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, enginetest.NewSite(9))}
	if code := c.migrate("--sample", "4", "--kinds", "entry,user", "--json"); code != 0 {
		t.Fatalf("exit %d: %s", code, c.err.String())
	}
	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	var rep migration.Report
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &rep); err != nil {
		t.Fatal(err)
	}
	if e := enginetest.KindOf(&rep, "entry"); len(rep.Kinds) != 2 || e.Listed != 4 || e.Read != 4 || e.Created != 4 || e.Verified != 4 {
		t.Errorf("%+v", rep.Kinds)
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	c := &console{rig: enginetest.New(t, clean(1))}
	if code := c.run("version"); code != 0 || c.out.String() != "bailey 1.2.3\n" {
		t.Errorf("%d %q", code, c.out.String())
	}
	if code := c.run("help"); code != 0 || !strings.Contains(c.out.String(), "migrate") {
		t.Errorf("%d %q", code, c.out.String())
	}
	if code := c.run("cat"); code != migration.ExitUsage {
		t.Errorf("unknown command: %d", code)
	}
	if code := c.run("report"); code != migration.ExitUsage {
		t.Errorf("no migration: %d", code)
	}
}
