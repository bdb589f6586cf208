package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// errEnded means that a run took too long.
var errEnded = errors.New("the run did not end in time")

// exitKilled is the exit code of a process that a signal has ended.
const exitKilled = -1

// exit is how a process ended.
type exit struct {
	p    *process
	code int
}

// supervised is a program that is started again whenever all its processes have ended. Rivals make it more than one.
type supervised struct {
	r    *run
	name string
	bin  string
	args []string
	// more gives further arguments of the next process; may be nil.
	more func() []string
	// settle looks at an end; over: it is not started again.
	settle func(exit) (over bool, err error)

	exits chan exit
	ended chan struct{}
	quit  chan struct{}
	err   error

	mu    sync.Mutex
	live  []*process
	held  bool
	count int
}

func (r *run) supervise(name string, settle func(exit) (bool, error), args ...string) *supervised {
	return &supervised{
		r: r, name: name, bin: filepath.Join(r.bin, "bailey"), args: args, settle: settle,
		exits: make(chan exit, 64), ended: make(chan struct{}), quit: make(chan struct{}),
	}
}

func (s *supervised) begin() error {
	if err := s.launch(); err != nil {
		return err
	}
	go s.loop()
	return nil
}

// launch starts a process.
func (s *supervised) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	p := &process{bin: s.bin, args: slices.Clone(s.args), log: filepath.Join(s.r.dir, fmt.Sprintf("%s-%d.log", s.name, s.count))}
	if s.more != nil {
		p.args = append(p.args, s.more()...)
	}
	if err := p.start(); err != nil {
		return err
	}
	s.live = append(s.live, p)
	s.r.tell("%s starts", filepath.Base(p.log))
	cmd, done := p.now()
	go func() {
		<-done
		s.exits <- exit{p, cmd.ProcessState.ExitCode()}
	}()
	return nil
}

func (s *supervised) loop() {
	defer close(s.ended)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-s.quit:
			return
		case <-s.r.ended:
			s.err = errEnded
			return
		case x := <-s.exits:
			s.forget(x.p)
			over, s.err = s.settle(x)
		case <-tick.C:
			if s.idle() {
				s.err = s.launch()
			}
		}
		if over || s.err != nil {
			return
		}
	}
}

func (s *supervised) forget(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = slices.DeleteFunc(s.live, func(x *process) bool { return x == p })
}

func (s *supervised) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live) == 0 && !s.held
}

func (s *supervised) processes() []*process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.live)
}

func (s *supervised) hold(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = on
}

// stop ends all processes for good.
func (s *supervised) stop() {
	close(s.quit)
	<-s.ended
	s.killAll()
}

func (s *supervised) killAll() {
	for _, p := range s.processes() {
		p.kill()
	}
}

// kill implements victim: nobody starts it again before restart.
func (s *supervised) kill() {
	s.hold(true)
	s.killAll()
}

func (s *supervised) restart() error {
	s.hold(false)
	return nil
}

func (s *supervised) signal(x syscall.Signal) {
	for _, p := range s.processes() {
		p.signal(x)
	}
}

// oneOf is one of several processes as a victim: the oldest.
type oneOf struct{ s *supervised }

func (o oneOf) first() *process {
	if all := o.s.processes(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (o oneOf) kill() {
	if p := o.first(); p != nil {
		p.kill()
	}
}

// restart starts another, as a supervisor of several would.
func (o oneOf) restart() error { return o.s.launch() }

// signal goes to the oldest at its first call; the second one wakes whatever is frozen.
func (o oneOf) signal(x syscall.Signal) {
	if x == syscall.SIGSTOP {
		if p := o.first(); p != nil {
			p.signal(x)
		}
		return
	}
	o.s.signal(x)
}
