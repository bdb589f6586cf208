package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// lane is where one run after the other takes place: two database servers that may be killed, and a source.
type lane struct {
	*chaos
	number         int
	source, target *testbed.Server
	db             *testbed.Database
	// shared and temporal are what the grown-up stacks need.
	shared   *postgres
	temporal *testbed.TemporalServer
	// uploads are the source's files; before is what the source was like.
	uploads string
	before  []string
}

// small keeps the memory of the servers small and their recovery short.
var small = []string{"--innodb-buffer-pool-size=48M", "--innodb-log-file-size=16M", "--performance-schema=OFF", "--max-allowed-packet=64M"}

func (c *chaos) newLane(number int) (*lane, error) {
	l := &lane{chaos: c, number: number, uploads: filepath.Join(c.dir, fmt.Sprintf("source-files-%d", number))}
	var err error
	if l.source, err = testbed.Start(small...); err != nil {
		return nil, fmt.Errorf("start mariadbd (make deps): %w", err)
	}
	if l.target, err = testbed.Start(small...); err == nil {
		err = l.grow()
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	if l.db, err = l.source.Create("source"); err == nil {
		if err = c.samples.source(l.db, l.uploads); err == nil {
			l.before, err = state(l.db.DB, l.uploads)
		}
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lane) close() error {
	var err error
	if l.db != nil {
		err = l.db.DB.Close()
	}
	for _, s := range []*testbed.Server{l.source, l.target} {
		if s != nil {
			s.Stop()
		}
	}
	if l.shared != nil {
		l.shared.Stop()
	}
	if l.temporal != nil {
		l.temporal.Stop()
	}
	return err
}

// grow starts what several processes share.
func (l *lane) grow() error {
	pg, err := testbed.StartPostgres()
	if err != nil {
		return fmt.Errorf("start postgres (make deps): %w", err)
	}
	l.shared = &postgres{pg}
	l.temporal, err = testbed.StartTemporal()
	return err
}

// postgres is a PostgreSQL server as a victim.
type postgres struct{ *testbed.PostgresServer }

func (p *postgres) kill()          { p.Kill() }
func (p *postgres) restart() error { return p.Start() }

// signal reaches the server's children too: they are what answers.
func (p *postgres) signal(x syscall.Signal) {
	for _, pid := range append(children(p.PID()), p.PID()) {
		_ = syscall.Kill(pid, x)
	}
}

// children are the processes that a process has started.
func children(pid int) []int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var all []int
	for _, f := range strings.Fields(string(b)) {
		if n, err := strconv.Atoi(f); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// frozen is a server that keeps its state in memory: what would be killed is frozen.
type frozen struct{ pid func() int }

func (f frozen) kill()                   { f.signal(syscall.SIGSTOP) }
func (f frozen) restart() error          { f.signal(syscall.SIGCONT); return nil }
func (f frozen) signal(x syscall.Signal) { _ = syscall.Kill(f.pid(), x) }
