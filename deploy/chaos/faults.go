package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// plan is what a seed means.
type plan struct {
	seed   uint64
	stack  *stack
	target *targetKind
	// keep gives agents an identity, so that their links outlive them; otherwise bailey reads their link files.
	keep bool
	// hurried makes bailey give up on what is away after a moment, with exit code 5, and the operator start it again.
	hurried bool
	faults  []fault
}

// fault is one disturbance.
type fault struct {
	// at is when it begins, in parts of the length of an undisturbed run.
	at float64
	// how: kill, freeze, rival (freeze, and another process goes on), or one of wired.
	how string
	// on is a process or a wire.
	on    string
	lasts time.Duration
	seed  uint64
}

func (f fault) String() string {
	return fmt.Sprintf("%s %s at %.0f%% for %s", f.how, f.on, 100*f.at, f.lasts.Round(time.Millisecond))
}

func (p *plan) String() string {
	links := "link files"
	if p.keep {
		links = "kept links"
	}
	if p.hurried {
		links += ", no patience"
	}
	var faults []string
	for _, f := range p.faults {
		faults = append(faults, f.String())
	}
	return fmt.Sprintf("seed %d: %s, %s, %s; %s", p.seed, p.target.name, p.stack.name, links, strings.Join(faults, "; "))
}

// last is when the last fault ends.
func (p *plan) last(length time.Duration) time.Duration {
	var last time.Duration
	for _, f := range p.faults {
		last = max(last, time.Duration(f.at*float64(length))+f.lasts)
	}
	return last + length
}

// newPlan makes a plan of a seed.
func newPlan(seed uint64) *plan {
	rnd := rand.New(rand.NewPCG(seed, 3))
	p := &plan{seed: seed, stack: stacks[rnd.IntN(len(stacks))], target: targetKinds[rnd.IntN(len(targetKinds))], keep: rnd.IntN(2) == 0, hurried: rnd.IntN(4) == 0}
	for range 1 + rnd.IntN(4) {
		p.faults = append(p.faults, newFault(rnd, p))
	}
	sort.Slice(p.faults, func(i, j int) bool { return p.faults[i].at < p.faults[j].at })
	return p
}

// processes and wires that every stack has.
var processes = []string{"orchestrator", "source agent", "target agent", "source database", "target database"}
var wires = []string{"source agent", "target agent", "source agent's database", "target agent's database"}

func newFault(rnd *rand.Rand, p *plan) fault {
	f := fault{at: rnd.Float64(), lasts: time.Duration(rnd.Int64N(int64(3 * time.Second))), seed: rnd.Uint64()}
	switch n := rnd.IntN(20); {
	case n < 8:
		f.how, f.on = "kill", pick(rnd, append(p.stack.victims, processes...))
	case n < 11:
		f.how, f.on = "freeze", pick(rnd, append(p.stack.victims, processes...))
		if rnd.IntN(4) == 0 {
			// Longer than any sign of life is waited for.
			f.lasts += 11 * time.Second
		}
	case n < 13:
		f.how, f.on = "rival", pick(rnd, processes[:3])
		f.lasts += 2 * time.Second
		if f.on == "orchestrator" && slices.Contains(p.stack.victims, "worker") {
			f.on = "worker"
		}
	default:
		f.how, f.on = pick(rnd, wired), pick(rnd, append(p.stack.wires, wires...))
		if f.how == "stall" && rnd.IntN(6) == 0 {
			f.lasts += 25 * time.Second
		}
	}
	if p.target.make == nil && strings.HasPrefix(f.on, "target") {
		// An SQLite file has neither a server nor a wire.
		f.on = "target agent"
	}
	return f
}

func pick(rnd *rand.Rand, of []string) string { return of[rnd.IntN(len(of))] }

// disturb lets the faults happen; wait gives what went wrong with the disturbing itself, after all have ended.
func (r *run) disturb(length time.Duration) (wait func() error) {
	var all sync.WaitGroup
	locks := map[string]*sync.Mutex{}
	errs := make([]error, len(r.plan.faults))
	for i, f := range r.plan.faults {
		key := f.on
		if slices.Contains(wired, f.how) {
			key = "wire " + f.on
		}
		if locks[key] == nil {
			locks[key] = &sync.Mutex{}
		}
		lock := locks[key]
		all.Go(func() {
			if !r.sleep(time.Duration(f.at * float64(length))) {
				return
			}
			lock.Lock()
			defer lock.Unlock()
			if !r.over.Load() {
				errs[i] = r.strike(f)
			}
		})
	}
	return func() error { all.Wait(); return errors.Join(errs...) }
}

// sleep waits; false: the run has ended.
func (r *run) sleep(d time.Duration) bool {
	select {
	case <-r.ended:
		return false
	case <-time.After(d):
		return true
	}
}

// strike does one fault and heals it.
func (r *run) strike(f fault) error {
	if w := r.wires[f.on]; slices.Contains(wired, f.how) {
		r.tell("%s", f)
		r.cuts.Add(1)
		return w.disturb(f.how, f.lasts, rand.New(rand.NewPCG(f.seed, 4)))
	}
	v := r.victim(f.on)
	r.tell("%s", f)
	switch f.how {
	case "kill":
		r.kills.Add(1)
		v.kill()
		time.Sleep(f.lasts)
		return v.restart()
	case "freeze":
		r.freezes.Add(1)
		v.signal(syscall.SIGSTOP)
		time.Sleep(f.lasts)
		v.signal(syscall.SIGCONT)
		return nil
	}
	r.freezes.Add(1)
	return r.replace(f, v)
}

// tell logs what happens and when.
func (r *run) tell(format string, args ...any) {
	r.note(fmt.Sprintf("%d+%.2fs %s", r.plan.seed, time.Since(r.begun).Seconds(), fmt.Sprintf(format, args...)))
}

func (r *run) victim(name string) victim {
	switch name {
	case "source agent":
		return r.src
	case "target agent":
		return r.dst
	case "source database":
		return server{r.source}
	case "target database":
		return server{r.lane.target}
	}
	return r.mover.victims()[name]
}

// replace freezes a process, starts another that does the same, and wakes the first beside it.
func (r *run) replace(f fault, v victim) error {
	v.signal(syscall.SIGSTOP)
	defer v.signal(syscall.SIGCONT)
	a, ok := v.(*agent)
	if !ok {
		if err := r.mover.rival(f.on); err != nil {
			return err
		}
		time.Sleep(f.lasts)
		return nil
	}
	return r.replaceAgent(f, a)
}

// replaceAgent starts another agent on another port and leads the link there. The first wakes, and is ended later.
func (r *run) replaceAgent(f fault, a *agent) error {
	old, oldDone := a.now()
	port, err := freePort()
	if err != nil {
		return err
	}
	a.link.proxy.Stop()
	for i, arg := range a.args {
		if arg == a.link.to {
			a.args[i] = address(port)
		}
	}
	a.link.to, a.link.proxy.Upstream = address(port), address(port)
	// The first may hold what the other needs: a lock on an SQLite file.
	waking := time.AfterFunc(f.lasts, func() { _ = old.Process.Signal(syscall.SIGCONT) })
	err = a.restart()
	if err == nil {
		err = a.link.open()
	}
	time.Sleep(f.lasts + f.lasts/2)
	waking.Stop()
	_ = old.Process.Kill()
	<-oldDone
	return err
}

// server is a database server as a victim.
type server struct{ s *testbed.Server }

func (s server) kill()                   { s.s.Kill() }
func (s server) restart() error          { return s.s.Restart() }
func (s server) signal(x syscall.Signal) { _ = syscall.Kill(s.s.PID(), x) }
