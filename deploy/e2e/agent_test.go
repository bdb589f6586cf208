//go:build accept

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// agent is a running bailey-agent.
type agent struct {
	args     []string
	linkFile string
	cmd      *exec.Cmd
	out      *lockedBuffer
	done     chan struct{}
}

// lockedBuffer takes a process's output while a test looks at it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts an agent and waits for its link.
func serve(t *testing.T, args ...string) *agent {
	t.Helper()
	dir := t.TempDir()
	a := &agent{linkFile: filepath.Join(dir, "link"), out: &lockedBuffer{}}
	a.args = append([]string{"serve", "--link-file", a.linkFile}, args...)
	a.start(t)
	t.Cleanup(a.kill)
	return a
}

// serveFixed starts an agent whose link survives a restart.
func serveFixed(t *testing.T, port string, args ...string) *agent {
	t.Helper()
	return serve(t, append([]string{"--listen", "127.0.0.1:" + port, "--identity", filepath.Join(t.TempDir(), "identity")}, args...)...)
}

func (a *agent) start(t *testing.T) {
	t.Helper()
	_ = os.Remove(a.linkFile)
	a.cmd = exec.Command(agentBin, a.args...)
	a.cmd.Stdout, a.cmd.Stderr = a.out, a.out
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(a.cmd, a.done)
	waitFor(t, 30*time.Second, func() bool { return a.ended() || a.link() != "" })
	if a.link() == "" {
		t.Fatalf("the agent gave no link:\n%s", a.out)
	}
}

func (a *agent) ended() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// link is the agent's link; empty before it is written whole.
func (a *agent) link() string {
	b, err := os.ReadFile(a.linkFile)
	if err != nil || !bytes.HasSuffix(b, []byte("\n")) && !strings.Contains(string(b), "?") {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// kill ends the agent as kill -9 does.
func (a *agent) kill() {
	_ = a.cmd.Process.Kill()
	<-a.done
}

// waitFor polls until ok.
func waitFor(t *testing.T, limit time.Duration, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited %s in vain", limit)
		case <-tick.C:
		}
	}
}
