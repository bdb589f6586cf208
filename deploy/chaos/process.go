package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// victim is what may be killed, started again, and sent a signal.
type victim interface {
	kill()
	restart() error
	signal(syscall.Signal)
}

// process is a program that writes its output into a file and may be started again.
type process struct {
	bin  string
	args []string
	log  string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(p.bin, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	// A killed chaos must leave nothing behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.done = cmd, done
	return nil
}

func (p *process) now() (*exec.Cmd, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd, p.done
}

func (p *process) signal(s syscall.Signal) {
	if cmd, _ := p.now(); cmd != nil {
		_ = cmd.Process.Signal(s)
	}
}

func (p *process) kill() {
	if cmd, done := p.now(); cmd != nil {
		_ = cmd.Process.Kill()
		<-done
	}
}

func (p *process) ended() bool {
	_, done := p.now()
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// agent is a bailey-agent behind a link of the test.
type agent struct {
	process
	side string
	// link stands between the orchestrator and the agent; over is the link file that the orchestrator reads.
	link *wire
	over string
	own  string
	// until ends the waiting for an agent that does not come up, e.g. because its database is down.
	until <-chan struct{}
}

// newAgent starts an agent that listens where the link leads. With a kept identity its link stays the same after a restart.
func (r *run) newAgent(side string, keep bool, link *wire, args ...string) (*agent, error) {
	a := &agent{side: side, link: link, own: filepath.Join(r.dir, side+".own"), over: filepath.Join(r.dir, side+".link"), until: r.ended}
	args = append([]string{"serve", "--role", side, "--listen", link.to, "--link-file", a.own, "--valid", "1h"}, args...)
	if keep {
		args = append(args, "--identity", filepath.Join(r.dir, side+".identity"))
	}
	a.process = process{bin: filepath.Join(r.bin, "bailey-agent"), args: args, log: filepath.Join(r.dir, side+"-agent.log")}
	return a, a.restart()
}

// restart starts the agent as its supervisor would: again and again until it is up.
func (a *agent) restart() error {
	for {
		_ = os.Remove(a.own)
		if err := a.start(); err != nil {
			return err
		}
		if a.up() {
			return a.announce()
		}
		a.kill()
		select {
		case <-a.until:
			return nil
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// up waits for the link or the agent's end.
func (a *agent) up() bool {
	for !a.ended() {
		if b, err := os.ReadFile(a.own); err == nil && bytes.HasSuffix(b, []byte("\n")) {
			return true
		}
		select {
		case <-a.until:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return false
}

// announce writes the link file that the orchestrator reads: the same link, but by way of the proxy.
func (a *agent) announce() error {
	b, err := os.ReadFile(a.own)
	if err != nil {
		return err
	}
	tmp := a.over + ".new"
	text := strings.Replace(string(b), a.link.to, a.link.from(), 1)
	return errors.Join(os.WriteFile(tmp, []byte(text), 0o600), os.Rename(tmp, a.over))
}

// text is the present link by way of the proxy.
func (a *agent) text() string {
	b, _ := os.ReadFile(a.over)
	return strings.TrimSpace(string(b))
}

func digest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)[:12]), err
}

// tail is the end of a file.
func tail(file string, n int) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Sprint(err)
	}
	if len(b) > n {
		b = append([]byte("…"), b[len(b)-n:]...)
	}
	return string(b)
}
