// Command chaos migrates again and again while it kills, freezes and cuts off every process that takes part, and proves after
// each run that nothing was lost, nothing doubled, and nothing left behind.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/rs/zerolog"
)

func main() {
	c := &chaos{}
	n := flag.Int("n", 20, "runs")
	seed := flag.Uint64("seed", 0, "seed of the first run; the next has the next number (0: by the clock)")
	lanes := flag.Int("lanes", 2, "runs side by side")
	limit := flag.Duration("for", 55*time.Minute, "begin no further run after this time")
	flag.StringVar(&c.bin, "bin", "bin", "folder of the programs")
	flag.StringVar(&c.keep, "keep", "", "folder that logs of failed runs are copied to")
	flag.DurationVar(&c.grace, "grace", 3*time.Minute, "how long a run may take after its last fault")
	flag.StringVar(&c.only, "only", "", "do only runs whose plan holds this text")
	flag.BoolVar(&c.loud, "v", false, "tell every fault when it happens")
	flag.Parse()
	zerolog.SetGlobalLevel(zerolog.Disabled)
	if *seed == 0 {
		*seed = uint64(time.Now().Unix() % 1_000_000 * 1000)
	}
	// All processes of a run open links with one key.
	if err := os.Setenv("BAILEY_KEY", strings.Repeat("0f", 32)); err != nil {
		panic(err)
	}
	if err := c.main(*n, *seed, max(1, min(*lanes, *n)), *limit); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// chaos is what all runs share.
type chaos struct {
	bin, dir, keep, only string
	loud                 bool
	grace                time.Duration
	samples              *samples

	made, kills, cuts, freezes, runs, lost, duplicated, failed atomic.Int64

	mu sync.Mutex
	// want is how undisturbed runs end, by target.
	want map[*targetKind]*ending
	// roots seen, by target.
	roots  map[*targetKind]map[string]bool
	length time.Duration
}

func (c *chaos) note(text string) {
	if c.loud {
		fmt.Println(text)
	}
}

func (c *chaos) main(n int, seed uint64, lanes int, limit time.Duration) (err error) {
	if c.dir, err = os.MkdirTemp("", "bailey-chaos-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(c.dir) }()
	if c.samples, err = makeSamples(filepath.Join(c.dir, "samples")); err != nil {
		return err
	}
	c.want, c.roots = map[*targetKind]*ending{}, map[*targetKind]map[string]bool{}
	all := make([]*lane, lanes)
	defer func() {
		for _, l := range all {
			if l != nil {
				err = errors.Join(err, l.close())
			}
		}
	}()
	for i := range all {
		if all[i], err = c.newLane(i); err != nil {
			return err
		}
	}
	if err := c.calm(all); err != nil {
		return err
	}
	c.storm(all, n, seed, time.Now().Add(limit))
	return c.verdict()
}

// calm runs each target undisturbed, on as many lanes as there will be.
func (c *chaos) calm(lanes []*lane) error {
	var g sync.WaitGroup
	errs := make([]error, len(targetKinds))
	next := make(chan int, len(targetKinds))
	for i := range targetKinds {
		next <- i
	}
	close(next)
	for _, l := range lanes {
		g.Go(func() {
			for i := range next {
				errs[i] = l.undisturbed(targetKinds[i], stacks[i%len(stacks)])
			}
		})
	}
	g.Wait()
	return errors.Join(errs...)
}

func (l *lane) undisturbed(k *targetKind, on *stack) error {
	r, err := l.newRun(&plan{stack: on, target: k, keep: true})
	if err != nil {
		return err
	}
	e, err := r.move(0)
	if err == nil {
		var f *findings
		if f, err = judge(e, e, r.target); err == nil && len(f.said) > 0 {
			err = fmt.Errorf("the undisturbed run to %s: %q", k.name, f.said)
		}
	}
	if err != nil {
		c := l.saved(r)
		return errors.Join(fmt.Errorf("%s: %w %s", k.name, err, c), r.close())
	}
	took := r.settled.Sub(r.begun)
	l.mu.Lock()
	l.want[k], l.roots[k] = e, map[string]bool{e.report.Root: true}
	if l.length == 0 || took < l.length {
		l.length = took
	}
	l.mu.Unlock()
	fmt.Printf("undisturbed: %s, %s in %.1f s, root %.16s\n", k.name, on.name, took.Seconds(), e.report.Root)
	return r.close()
}

// storm does the disturbed runs.
func (c *chaos) storm(lanes []*lane, n int, seed uint64, until time.Time) {
	var g sync.WaitGroup
	plans := c.plans(n, seed)
	for _, l := range lanes {
		g.Go(func() {
			for p := range plans {
				if time.Now().Before(until) {
					l.one(p)
				}
			}
		})
	}
	g.Wait()
}

// plans gives the plans of n runs.
func (c *chaos) plans(n int, seed uint64) <-chan *plan {
	all := make(chan *plan, n)
	defer close(all)
	for len(all) < n {
		if p := newPlan(seed); strings.Contains(p.String(), c.only) {
			all <- p
		}
		seed++
	}
	return all
}

// one does a run and tells how it ended.
func (l *lane) one(p *plan) {
	begun := time.Now()
	said, ends, kept := l.disturbed(p)
	l.runs.Add(1)
	verdict := "ok"
	if len(said) > 0 {
		l.failed.Add(1)
		verdict = "FAILED " + kept
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Printf("%s: %s in %.1f s %v\n", p, verdict, time.Since(begun).Seconds(), ends)
	for _, s := range said {
		fmt.Println("   ", s)
	}
}

func (l *lane) disturbed(p *plan) (said []string, ends map[string]int, kept string) {
	r, err := l.newRun(p)
	if err != nil {
		return []string{err.Error()}, nil, ""
	}
	defer func() {
		if len(said) > 0 {
			kept = l.saved(r)
		}
		if err := r.close(); err != nil {
			said = append(said, err.Error())
		}
		_ = os.RemoveAll(r.dir)
	}()
	e, err := r.move(l.length)
	ends = r.mover.notes()
	if err != nil {
		return []string{err.Error()}, ends, ""
	}
	f, err := judge(e, l.want[p.target], r.target)
	if err != nil {
		return []string{err.Error()}, ends, ""
	}
	l.lost.Add(int64(f.lost))
	l.duplicated.Add(int64(f.duplicated))
	l.mu.Lock()
	l.roots[p.target][e.report.Root] = true
	l.mu.Unlock()
	return append(f.said, l.unchanged()...), ends, ""
}

// unchanged says how the source differs from what it was (Rule 5).
func (l *lane) unchanged() []string {
	now, err := state(l.db.DB, l.uploads)
	if err != nil {
		return []string{err.Error()}
	}
	lost, more := difference(l.before, now)
	f := &findings{}
	f.sayAll("the source had", lost)
	f.sayAll("the source has", more)
	return f.said
}

// saved copies a run's folder where it can be looked at.
func (l *lane) saved(r *run) string {
	if l.keep == "" {
		return ""
	}
	to := filepath.Join(l.keep, filepath.Base(r.dir))
	if err := os.CopyFS(to, os.DirFS(r.dir)); err != nil {
		return err.Error()
	}
	return to
}

func (c *chaos) verdict() error {
	roots := 0
	for _, r := range c.roots {
		roots = max(roots, len(r))
	}
	fmt.Printf("CHAOS runs=%d kills=%d freezes=%d cuts=%d lost=%d duplicated=%d roots=%d\n", c.runs.Load(), c.kills.Load(), c.freezes.Load(), c.cuts.Load(), c.lost.Load(), c.duplicated.Load(), roots)
	if n := c.failed.Load(); n > 0 || roots != 1 {
		return fmt.Errorf("%d runs failed; replay one with make chaos N=1 SEED=…", n)
	}
	return nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func freePort() (int, error) { return testbed.FreePort() }
