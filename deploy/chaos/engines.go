package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// stack is an engine with its store: a row of the table. A run's seed chooses one.
type stack struct {
	name string
	// victims and wires are what can be disturbed beside what every stack has.
	victims, wires []string
	// start makes what a run needs of it.
	start func(r *run) (mover, error)
	// excused are the codes that bailey may end with, beside those that it always may.
	excused []string
}

// mover brings a migration to its end, however often its processes are killed: it is the operator, or the supervisor.
type mover interface {
	// begin starts the processes.
	begin() error
	// victims are what may be killed and frozen, by name.
	victims() map[string]victim
	// rival starts a second process of the one that works, while the first is frozen.
	rival(name string) error
	// wait gives the report when the migration has ended, or why it cannot.
	wait() (*report, error)
	// stop ends every process.
	stop()
	// notes say how processes ended, by exit code or code of the error.
	notes() map[string]int
}

var stacks = []*stack{
	{name: "embedded engine, sqlite store", start: func(r *run) (mover, error) { return newConductor(r), nil }},
	{name: "embedded engine, postgres store", start: startShared, victims: []string{"store database"}, wires: []string{"store"}, excused: []string{"store_unreachable"}},
	{name: "temporal engine, postgres store", start: startTemporal, victims: []string{"store database", "worker", "worker", "temporal server"}, wires: []string{"store", "temporal"},
		excused: []string{"store_unreachable", "temporal_unreachable"}},
}

// report is what bailey report --json prints, as far as it is judged.
type report struct {
	Status string `json:"status"`
	Kinds  []struct {
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
	Bytes int64           `json:"bytes"`
	Loss  json.RawMessage `json:"losses"`
	Root  string          `json:"root"`
}

// conductor is bailey migrate, with workers beside it where the engine has some.
type conductor struct {
	r    *run
	main *supervised
	// workers are processes of an engine that has them.
	workers *supervised
	others  map[string]victim
	rep     *report

	mu     sync.Mutex
	counts map[string]int
}

func newConductor(r *run, more ...string) *conductor {
	c := &conductor{r: r, counts: map[string]int{}, others: map[string]victim{}}
	args := []string{"migrate", "--source", r.sourceLink(), "--target", r.targetLink(), "--data", r.data(), "--json"}
	if r.plan.hurried {
		args = append(args, "--patience", "1s")
	}
	c.main = r.supervise("bailey", c.settle, append(args, more...)...)
	c.main.more = c.resuming
	return c
}

// startShared keeps the state in PostgreSQL.
func startShared(r *run) (mover, error) {
	url, err := r.sharedStore()
	if err != nil {
		return nil, err
	}
	c := newConductor(r, "--store", url)
	c.others["store database"] = r.shared
	return c, nil
}

// startTemporal has two workers do what bailey migrate only begins and follows.
func startTemporal(r *run) (mover, error) {
	url, err := r.sharedStore()
	if err != nil {
		return nil, err
	}
	w, err := newWire("temporal", r.temporal.Address)
	if err != nil {
		return nil, err
	}
	r.wires["temporal"] = w
	c := newConductor(r, "--store", url, "--engine", "temporal", "--temporal", w.from())
	c.others["store database"], c.others["temporal server"] = r.shared, frozen{r.temporal.PID}
	c.workers = r.supervise("worker", c.settleWorker, "worker", "--data", r.data(), "--store", url, "--temporal", w.from())
	return c, nil
}

func (c *conductor) begin() error {
	if c.workers != nil {
		if err := c.workers.begin(); err != nil {
			return err
		}
		if err := c.workers.launch(); err != nil {
			return err
		}
	}
	return c.main.begin()
}

// Exit codes of bailey that a disturbed run may have.
const (
	exitDone, exitFailed, exitUsage, exitRejected, exitUnreachable = 0, 1, 2, 3, 5
)

func (c *conductor) settle(x exit) (over bool, err error) {
	said := tail(x.p.log, 3000)
	switch {
	case x.code == exitDone || x.code == exitRejected:
		c.rep, err = c.r.report()
		return true, err
	case x.code == exitKilled:
		c.note("killed")
		return false, nil
	case x.code == exitUnreachable && (strings.Contains(said, "source's agent") || strings.Contains(said, "target's agent")):
		c.note("unreachable")
		return false, nil
	}
	if x.code == exitUsage && strings.Contains(said, "(migration_over)") {
		// Whoever brought it to its end was killed before it could tell, or is about to.
		c.note("migration_over")
		c.rep, err = c.r.report()
		return true, err
	}
	for _, code := range append([]string{"taken_over"}, c.r.plan.stack.excused...) {
		if x.code == exitFailed && strings.Contains(said, "("+code+")") {
			c.note(code)
			return false, nil
		}
	}
	return true, fmt.Errorf("bailey ended with exit code %d:\n%s", x.code, said)
}

// settleWorker: a worker ends only when it is killed, or when what it needs is away.
func (c *conductor) settleWorker(x exit) (bool, error) {
	if x.code != exitKilled {
		c.note(fmt.Sprintf("worker exit %d", x.code))
	}
	return false, nil
}

func (c *conductor) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what]++
}

func (c *conductor) notes() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// report asks for the report of the newest migration.
func (r *run) report() (*report, error) {
	args := []string{"report", "--json", "--data", r.data()}
	if r.store != "" {
		args = append(args, "--store", r.store)
	}
	out, err := exec.Command(filepath.Join(r.bin, "bailey"), args...).Output()
	if err != nil {
		return nil, fmt.Errorf("bailey report: %w", err)
	}
	rep := &report{}
	return rep, json.Unmarshal(out, rep)
}

func (c *conductor) wait() (*report, error) {
	<-c.main.ended
	return c.rep, c.main.err
}

func (c *conductor) rival(name string) error {
	if name == "worker" {
		return c.workers.launch()
	}
	return c.main.launch()
}

var idOf = regexp.MustCompile(`"migration":"([0-9A-Z]{26})"`)

// resuming are arguments that go on with the migration, as soon as it is known, and begin no other: it may have ended meanwhile.
func (c *conductor) resuming() []string {
	logs, _ := filepath.Glob(filepath.Join(c.r.dir, "bailey-*.log"))
	for _, log := range logs {
		b, _ := os.ReadFile(log)
		if m := idOf.FindSubmatch(b); m != nil {
			return []string{"--resume", string(m[1])}
		}
	}
	return nil
}

func (c *conductor) victims() map[string]victim {
	all := map[string]victim{"orchestrator": c.main}
	if c.workers != nil {
		all["worker"] = oneOf{c.workers}
	}
	for name, v := range c.others {
		all[name] = v
	}
	return all
}

func (c *conductor) stop() {
	c.main.stop()
	if c.workers != nil {
		c.workers.stop()
	}
}
