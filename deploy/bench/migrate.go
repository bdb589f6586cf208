package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// measured is what one migration took.
type measured struct {
	watch
	copying, total time.Duration
	records        uint64
	peaks          [processes]uint64
	spent          spentLine
	outcomes       string
	// workers is how many shards are worked on side by side.
	workers int
}

const mib = 1024

// print shows the numbers beside what the pipe took before and after.
func (m *measured) print(before, after piped) {
	pipeCPU, cpu := (before.cpu+after.cpu)/2, m.named("copy").spent()
	fmt.Printf("bailey: copied in %.1f s, done and verified in %.1f s; %s\n", m.copying.Seconds(), m.total.Seconds(), m.outcomes)
	m.watch.print()
	fmt.Printf("processor time of copying with %d shards side by side: %.1f s, %.2f of the pipe's %.1f s\n", m.workers, cpu.Seconds(), cpu.Seconds()/pipeCPU.Seconds(), pipeCPU.Seconds())
	m.shares()
	fmt.Printf("peak memory: source agent %d MiB, target agent %d MiB, orchestrator %d MiB\n", m.peaks[source]/mib, m.peaks[target]/mib, m.peaks[conductor]/mib)
}

// result is what one round comes to.
type result struct {
	copying, total, perSecond float64
	agent, orchestrator       uint64
}

// against sets the times against the pipe's.
func (m *measured) against(before, after piped) result {
	pipe := (before.time + after.time).Seconds() / 2
	return result{
		copying: pipe / m.copying.Seconds(), total: pipe / m.total.Seconds(), perSecond: float64(m.records) / m.copying.Seconds(),
		agent: max(m.peaks[source], m.peaks[target]) / mib, orchestrator: m.peaks[conductor] / mib,
	}
}

func (r result) String() string {
	return fmt.Sprintf("copy_ratio=%.2f total_ratio=%.2f records_per_s=%.0f agent_mib=%d orchestrator_mib=%d", r.copying, r.total, r.perSecond, r.agent, r.orchestrator)
}

type rounds []result

// String is the line for programs: the round in the middle, and the most memory of any.
func (all rounds) String() string {
	all = slices.SortedFunc(slices.Values(all), func(a, b result) int { return cmp.Compare(a.copying, b.copying) })
	middle := all[len(all)/2]
	for _, r := range all {
		middle.agent, middle.orchestrator = max(middle.agent, r.agent), max(middle.orchestrator, r.orchestrator)
	}
	return "BENCH " + middle.String()
}

// shares tells what verification and the ledger cost of the whole. Transactions of several shards go on side by side, so the
// ledger's part of their time stands for its part of the copying.
func (m *measured) shares() {
	verifying := m.named("verify").time.Seconds() / m.total.Seconds()
	ledger := float64(m.spent.LedgerMs) / float64(max(1, m.spent.WritingMs))
	whole := (ledger*m.copying.Seconds() + float64(m.spent.StatesMs)/1000) / m.total.Seconds()
	fmt.Printf("verification took %.0f %% of the whole; the ledger %.0f %% of writing, and with the states for a rollback %.0f %% of the whole\n",
		100*verifying, 100*ledger, 100*whole)
}

// spentLine is a line of the target agent's log.
type spentLine struct {
	Msg       string `json:"msg"`
	WritingMs int64  `json:"writing_ms"`
	LedgerMs  int64  `json:"ledger_ms"`
	StatesMs  int64  `json:"states_ms"`
}

// readSpent finds the line in which the agent sums up its time.
func readSpent(log []byte) (found spentLine) {
	for line := range bytes.Lines(log) {
		var s spentLine
		if json.Unmarshal(line, &s) == nil && s.Msg == "time spent" {
			found = s
		}
	}
	return found
}

// migrate runs two agents and bailey and measures them.
func migrate(ctx context.Context, mariadbd int, from, to string, workers int) (*measured, error) {
	dir, err := os.MkdirTemp("", "bailey-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	src, err := serve(ctx, dir, "source", from)
	if err != nil {
		return nil, err
	}
	defer src.stop()
	dst, err := serve(ctx, dir, "target", to)
	if err != nil {
		return nil, err
	}
	defer dst.stop()
	m := &measured{workers: workers, watch: watch{pids: pids{server: mariadbd, source: src.cmd.Process.Pid, target: dst.cmd.Process.Pid}}}
	cmd := exec.CommandContext(ctx, binary("bailey"), "migrate", "--source", src.link, "--target", dst.link, "--data", filepath.Join(dir, "data"),
		"--workers", strconv.Itoa(workers), "--json")
	if err = m.run(cmd); err == nil {
		err = m.clock(ctx, filepath.Join(dir, "data"))
	}
	dst.stop()
	m.spent = readSpent(dst.log.Bytes())
	return m, err
}

// clock sets the times of the stages right: the events tell a stage up to half a second after it has begun, the log at once.
func (m *measured) clock(ctx context.Context, data string) error {
	log, err := exec.CommandContext(ctx, binary("bailey"), "logs", "-n", "100000", "--data", data).Output()
	if err != nil {
		return fmt.Errorf("bailey logs: %w", err)
	}
	begun := map[string]time.Time{}
	for line := range bytes.Lines(log) {
		var l struct {
			Msg, Stage string
			TS         time.Time
		}
		if json.Unmarshal(line, &l) == nil && l.Msg == "stage begins" {
			begun[l.Stage] = l.TS
		}
	}
	m.set(begun)
	if m.copying = m.named("copy").time; m.copying <= 0 {
		return errors.New("the log tells no copying time")
	}
	return nil
}

func binary(name string) string {
	if dir := os.Getenv("BIN"); dir != "" {
		return filepath.Join(dir, name)
	}
	return filepath.Join("bin", name)
}

// process is a running agent.
type process struct {
	link string
	cmd  *exec.Cmd
	log  bytes.Buffer
	once sync.Once
}

func serve(ctx context.Context, dir, role, dsn string) (*process, error) {
	file := filepath.Join(dir, role+".link")
	p := &process{cmd: exec.CommandContext(ctx, binary("bailey-agent"), "serve", "--platform", "wordpress", "--dsn", dsn, "--prefix", "wp_", "--role", role, "--link-file", file)}
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		if b, err := os.ReadFile(file); err == nil && bytes.HasPrefix(b, []byte("bailey://")) {
			p.link = strings.TrimSpace(string(b))
			return p, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.stop()
	return nil, fmt.Errorf("the %s agent gave no link: %s", role, &p.log)
}

// stop ends the agent, gently first.
func (p *process) stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Kill() })
		defer kill.Stop()
		_ = p.cmd.Wait()
	})
}

// run runs bailey, times its stages by its events and samples the memory of all.
func (m *measured) run(bailey *exec.Cmd) error {
	var errs bytes.Buffer
	bailey.Stderr = &errs
	out, err := bailey.StdoutPipe()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := bailey.Start(); err != nil {
		return err
	}
	m.pids[conductor] = bailey.Process.Pid
	stop := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() { m.sample(stop) })
	last := m.events(bufio.NewReaderSize(out, 1<<20))
	err = bailey.Wait()
	close(stop)
	sampling.Wait()
	m.total = time.Since(begun)
	m.ended = bailey.ProcessState.UserTime() + bailey.ProcessState.SystemTime()
	m.leave(begun.Add(m.total))
	if err != nil {
		return fmt.Errorf("bailey migrate: %w\n%s\n%s", err, last, &errs)
	}
	return m.account(last)
}

// events reads the JSON lines and follows the stages that they tell; the last line is the report.
func (m *measured) events(r *bufio.Reader) (last string) {
	for {
		line, err := r.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			last = line
			var e struct{ Event, Stage string }
			if json.Unmarshal([]byte(line), &e) == nil && e.Event != "" && e.Stage != "" {
				m.enter(e.Stage)
			}
		}
		if err != nil {
			return last
		}
	}
}

func (m *measured) account(last string) error {
	var rep struct {
		Kinds []struct {
			Read, Created, Updated, Adopted, Rejected, Verified, Different uint64
		}
	}
	if err := json.Unmarshal([]byte(last), &rep); err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	var created, verified, rejected, different uint64
	for _, k := range rep.Kinds {
		m.records += k.Read
		created, verified, rejected, different = created+k.Created, verified+k.Verified, rejected+k.Rejected, different+k.Different
	}
	m.outcomes = fmt.Sprintf("%d records read, %d created, %d verified, %d rejected, %d different", m.records, created, verified, rejected, different)
	if m.records == 0 {
		return errors.New("nothing was read")
	}
	return nil
}

// sample keeps the peak resident memory of the processes in KiB.
func (m *measured) sample(stop <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for i, pid := range m.pids {
			m.peaks[i] = max(m.peaks[i], peak(pid))
		}
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}
