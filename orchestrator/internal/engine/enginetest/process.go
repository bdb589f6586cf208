package enginetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// workerVar holds the Worker of a process that the suite has started.
const workerVar = "BAILEY_ENGINETEST_WORKER"

// Worker is what a worker process is told.
type Worker struct {
	// Store is the folder or URL of the store, Key the file of the key.
	Store, Key string
	// Migration is the one it is started for; engines that schedule by themselves need none.
	Migration string
	// Workers is how many tasks it runs side by side.
	Workers int
	// Batch is how many records a batch has; 0: as few as a rig's have.
	Batch uint32
	// Settings are the engine's own.
	Settings string
	// Hold waits for a line of input before the first checkpoint of entries.
	Hold bool
}

// Main runs a package's tests; in a process that the suite has started it runs work instead. SIGTERM ends the context of work.
func Main(m *testing.M, work func(context.Context, *engine.Manager, Worker) error) {
	text, is := os.LookupEnv(workerVar)
	if !is {
		testbed.Main(m)
		return
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	context.AfterFunc(ctx, func() { say("leaving") })
	var w Worker
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		panic(err)
	}
	if err := w.run(ctx, work); err != nil && !engine.Stopped(err) {
		say("failed %s", migration.ProblemOf(err).Code)
		os.Exit(1)
	}
}

func (w Worker) run(ctx context.Context, work func(context.Context, *engine.Manager, Worker) error) error {
	m, done, err := open(w.Store, w.Key)
	if err != nil {
		return err
	}
	told := &told{Store: m.Store}
	told.hold.Store(w.Hold)
	m.Store = told
	if w.Batch > 0 {
		m.Limits = func(workers int) pipeline.Limits {
			l := pipeline.DefaultLimits(workers)
			l.BatchRecords = w.Batch
			return l
		}
	}
	return errors.Join(work(ctx, m, w), done())
}

// say tells the test something, a line each.
func say(format string, args ...any) { _, _ = fmt.Printf(format+"\n", args...) }

// told is a store that tells the test what a worker process does with it.
type told struct {
	store.Store
	// hold is for the first checkpoint of a task in copies: those that copy entries.
	hold   atomic.Bool
	copies sync.Map
	wishes sync.Map
}

func (s *told) Migration(ctx context.Context, id string) (*migration.Migration, error) {
	m, err := s.Store.Migration(ctx, id)
	if err == nil && m.Desired != migration.WantRun {
		if _, before := s.wishes.LoadOrStore(m.Desired, true); !before {
			say("wish %s", m.Desired)
		}
	}
	return m, err
}

func (s *told) Claim(ctx context.Context, task int64, owner string) (*migration.Task, error) {
	t, err := s.Store.Claim(ctx, task, owner)
	if err == nil && t.Stage == migration.StageCopy && t.Kind == entryKind {
		s.copies.Store(task, true)
		say("claim %d", task)
	}
	return t, err
}

func (s *told) Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error {
	if _, is := s.copies.Load(task); is && s.hold.CompareAndSwap(true, false) {
		say("saving")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}
	err := s.Store.Save(ctx, task, fence, c)
	if errors.Is(err, store.ErrStaleFence) {
		say("refused")
	}
	return err
}

// Process is a worker process.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	mu     sync.Mutex
	lines  []string
	news   chan struct{}
	ended  chan struct{}
	errors strings.Builder
}

// Start starts a worker process; it is killed when the test ends.
func (w Worker) Start(t testing.TB) *Process {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{cmd: exec.Command(os.Args[0]), news: make(chan struct{}, 1), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerVar+"="+string(text))
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.errors
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.in, err = p.cmd.StdinPipe()
	}
	if err = errors.Join(err, p.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	go p.listen(out)
	t.Cleanup(func() {
		p.Signal(syscall.SIGKILL)
		<-p.ended
		if t.Failed() {
			t.Logf("worker %d said %q\n%s", p.cmd.Process.Pid, p.lines, p.errors.String())
		}
	})
	return p
}

func (p *Process) listen(out io.Reader) {
	defer close(p.ended)
	for s := bufio.NewScanner(out); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		p.mu.Unlock()
		select {
		case p.news <- struct{}{}:
		default:
		}
	}
	_ = p.cmd.Wait()
}

// Signal sends a signal: SIGKILL ends it without farewell, SIGSTOP makes it silent.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Go lets a held checkpoint go on.
func (p *Process) Go() { _, _ = io.WriteString(p.in, "\n") }

// Said gives the lines that begin with a word.
func (p *Process) Said(word string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, l := range p.lines {
		if first, _, _ := strings.Cut(l, " "); first == word {
			all = append(all, l)
		}
	}
	return all
}

// Await waits until the process has said a word.
func (p *Process) Await(t testing.TB, word string) {
	t.Helper()
	deadline := time.After(patience)
	for len(p.Said(word)) == 0 {
		select {
		case <-p.news:
		case <-p.ended:
			t.Fatalf("the worker ended without saying %q", word)
		case <-deadline:
			t.Fatalf("the worker did not say %q", word)
		}
	}
}

// patience is how long something may take that has to come.
const patience = 90 * time.Second

// open opens what a process has of its own.
func open(at, key string) (*engine.Manager, func() error, error) {
	st, err := openStore(at)
	if err != nil {
		return nil, nil, err
	}
	m, err := manager(st, key)
	return m, st.Close, err
}
