package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Limits of a run.
const (
	// pace in records per second lets faults hit in the middle.
	pace = "260"
)

// run is one migration.
type run struct {
	*lane
	dir    string
	plan   *plan
	target *target
	// ended is closed when the run is given up; over says that the migration is at its end.
	ended chan struct{}
	over  atomic.Bool

	src, dst *agent
	wires    map[string]*wire
	// store is the URL of a shared store without a wire before it.
	store          string
	mover          mover
	started        bool
	begun, settled time.Time
}

func (r *run) data() string { return filepath.Join(r.dir, "data") }

func (r *run) sourceLink() string { return r.src.given(r.plan.keep) }
func (r *run) targetLink() string { return r.dst.given(r.plan.keep) }

// given is the link as it is given to bailey: itself when it stays the same, else the file.
func (a *agent) given(keep bool) string {
	if keep {
		return a.text()
	}
	return "@" + a.over
}

// newRun sets the stage: an empty target, links, agents.
func (l *lane) newRun(p *plan) (*run, error) {
	name := fmt.Sprintf("run%d_%d", l.number, l.made.Add(1))
	r := &run{lane: l, plan: p, dir: filepath.Join(l.dir, name), ended: make(chan struct{}), wires: map[string]*wire{}}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}
	var err error
	if r.target, err = p.target.newTarget(l.samples, l.target, r.dir, name); err != nil {
		return nil, err
	}
	if err := r.connect(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	if r.mover, err = p.stack.start(r); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// connect makes the links and starts the agents.
func (r *run) connect() error {
	for name, to := range map[string]int{"source agent's database": r.source.Port, "target agent's database": r.lane.target.Port} {
		w, err := newWire(name, address(to))
		if err != nil {
			return err
		}
		r.wires[name] = w
	}
	for _, name := range []string{"source agent", "target agent"} {
		port, err := freePort()
		if err != nil {
			return err
		}
		if r.wires[name], err = newWire(name, address(port)); err != nil {
			return err
		}
	}
	var err error
	dsn := "mysql://root@" + r.wires["source agent's database"].from() + "/" + r.db.Name
	if r.src, err = r.newAgent("source", r.plan.keep, r.wires["source agent"], "--platform", "wordpress", "--dsn", dsn, "--prefix", "wp_", "--files", r.uploads, "--max-rate", pace); err != nil {
		return err
	}
	t := r.target
	dsn = "sqlite:" + t.file
	if t.database != nil {
		dsn = "mysql://root@" + r.wires["target agent's database"].from() + "/" + t.database.Name
	}
	args := []string{"--platform", t.kind.platform, "--dsn", dsn, "--files", t.files, "--base-url", "http://new.example"}
	if t.kind.platform == "wordpress" {
		args = append(args, "--prefix", "wp_")
	}
	r.dst, err = r.newAgent("target", r.plan.keep, r.wires["target agent"], args...)
	return err
}

// close ends all processes and links and removes the target's database.
func (r *run) close() error {
	if r.mover != nil && r.started {
		r.mover.stop()
	}
	for _, a := range []*agent{r.src, r.dst} {
		if a != nil {
			a.kill()
		}
	}
	for _, w := range r.wires {
		w.close()
	}
	return r.target.drop()
}

// move runs the migration with its faults and gives how it left the target.
func (r *run) move(length time.Duration) (*ending, error) {
	r.begun, r.started = time.Now(), true
	if err := r.mover.begin(); err != nil {
		return nil, err
	}
	wait := r.disturb(length)
	late := time.AfterFunc(r.plan.last(length)+r.grace, r.giveUp)
	rep, err := r.mover.wait()
	late.Stop()
	r.over.Store(true)
	r.settled = time.Now()
	if ferr := wait(); err == nil {
		err = ferr
	}
	if err != nil {
		return nil, err
	}
	return look(rep, r.target)
}

// giveUp ends a run that hangs; the logs then say where.
func (r *run) giveUp() {
	for _, v := range r.mover.victims() {
		v.signal(syscall.SIGQUIT)
	}
	r.src.signal(syscall.SIGQUIT)
	r.dst.signal(syscall.SIGQUIT)
	time.Sleep(time.Second)
	close(r.ended)
}

// sharedStore puts a wire before the lane's PostgreSQL and gives the URL of the store behind it.
func (r *run) sharedStore() (string, error) {
	w, err := newWire("store", address(r.shared.Port))
	if err != nil {
		return "", err
	}
	r.wires["store"], r.store = w, r.shared.URL("postgres")
	return strings.Replace(r.store, w.to, w.from(), 1), nil
}
