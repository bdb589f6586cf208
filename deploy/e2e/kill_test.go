//go:build accept

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// slow is the rate in records per second that makes run (a) last long enough to be interrupted anywhere.
const slow = "400"

// TestKill kills each of the three processes at random moments of run (a) and resumes (Rules 1, 2 and 3).
// KILLS sets how many times each (20), KILL_SEED replays a run.
func TestKill(t *testing.T) {
	seed, kills := uint64(envInt("KILL_SEED", int(time.Now().UnixNano()%1e9))), envInt("KILLS", 20)
	t.Logf("replay with KILL_SEED=%d", seed)
	k := newKills(t)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, victim := range []string{"orchestrator", "source agent", "target agent"} {
		t.Run(strings.ReplaceAll(victim, " ", "-"), func(t *testing.T) {
			for i := range kills {
				at := time.Duration(rnd.Float64() * float64(k.length))
				k.round(t, fmt.Sprintf("%s killed after %s (%d)", victim, at.Round(time.Millisecond), i+1), victim, at)
				if t.Failed() {
					return
				}
			}
		})
	}
}

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// kills is what all rounds share: the source and how an undisturbed run ended.
type kills struct {
	source *wpSite
	want   *wpDump
	root   string
	length time.Duration
	rows   map[string]int
}

func newKills(t *testing.T) *kills {
	t.Helper()
	k := &kills{source: newWordPress(t, "wp-dev")}
	target := newTarget(t)
	src, dst := k.agents(t, target)
	begun := time.Now()
	rep := migrate(t, t.TempDir(), src, dst, []int{0, 3})
	k.length = time.Since(begun)
	rep.reconcile(t)
	k.root, k.want, k.rows = rep.Root, target.dump(t, optionNames(truth(t, "wp-dev")), nil), target.rowCounts(t)
	t.Logf("the undisturbed run takes %s; root %s", k.length.Round(time.Millisecond), k.root)
	src.kill()
	dst.kill()
	return k
}

// agents starts both agents so that a restart has the same link.
func (k *kills) agents(t *testing.T, target *wpSite) (src, dst *agent) {
	t.Helper()
	src = serveFixed(t, freePort(t), "--site", k.source.root, "--role", "source", "--max-rate", slow)
	dst = serveFixed(t, freePort(t), "--site", target.root, "--role", "target")
	return src, dst
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// round is one migration with one kill.
func (k *kills) round(t *testing.T, name, victim string, at time.Duration) {
	t.Helper()
	target := newTarget(t)
	src, dst := k.agents(t, target)
	data := t.TempDir()
	first := startBailey(t, migrateArgs(data, src, dst)...)
	time.Sleep(at)
	switch victim {
	case "orchestrator":
		_ = first.cmd.Process.Kill()
	case "source agent":
		src.kill()
		src.start(t)
	default:
		dst.kill()
		dst.start(t)
	}
	res := first.wait()
	var rep *report
	if res.code == 0 || res.code == 3 {
		// It had ended before, or it waited for the agent by itself.
		rep = parseReport(t, res)
	} else {
		rep = migrate(t, data, src, dst, []int{0, 3})
	}
	rep.reconcile(t)
	if rep.Root != k.root {
		t.Errorf("%s: root %s, undisturbed %s", name, rep.Root, k.root)
	}
	k.same(t, name, target)
	src.kill()
	dst.kill()
}

// same compares the target with that of the undisturbed run, record by record and row by row.
func (k *kills) same(t *testing.T, name string, target *wpSite) {
	t.Helper()
	got := target.dump(t, optionNames(truth(t, "wp-dev")), nil)
	newMove(k.want, nil, got).compare(asideJudge(t, name))
	for table, n := range target.rowCounts(t) {
		if k.rows[table] != n {
			t.Errorf("%s: %s has %d rows, undisturbed %d", name, table, n, k.rows[table])
		}
	}
}

// rowCounts counts the rows of each table; the options differ by WordPress's own caches.
func (s *wpSite) rowCounts(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for table := range checksums(t, s.db.DB) {
		name := strings.TrimPrefix(table, "table ")
		if _, base, _ := strings.Cut(name, "."); strings.HasSuffix(name, "wp_options") || strings.HasSuffix(base, "wp_options") {
			continue
		}
		var n int
		if err := s.db.DB.QueryRow("SELECT COUNT(*) FROM `" + name + "`").Scan(&n); err != nil {
			t.Fatal(err)
		}
		all[name] = n
	}
	return all
}

// running is a bailey that has not ended yet.
type running struct {
	cmd      *exec.Cmd
	out, err lockedBuffer
	done     chan struct{}
}

func startBailey(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(baileyBin, args...), done: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = r.cmd.Wait(); close(r.done) }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); <-r.done })
	return r
}

// wait waits for the end and gives how it ended.
func (r *running) wait() result {
	<-r.done
	return ended(r.cmd.ProcessState, r.out.String(), r.err.String())
}
