package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// programs are the two programs that the demo shows.
type programs struct{ agent, bailey string }

// move starts an agent beside each site, migrates, and says where to look.
func move(ctx context.Context, p programs, out string, wp, gh *site) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source, err := p.serve(ctx, out, "source", "--platform", "wordpress", "--dsn", "sqlite:"+wp.database, "--prefix", "wp_", "--files", wp.files)
	if err != nil {
		return err
	}
	defer source.stop()
	target, err := p.serve(ctx, out, "target", "--site", gh.dir)
	if err != nil {
		return err
	}
	defer target.stop()
	data := filepath.Join(out, "bailey")
	begun := time.Now()
	if err := p.run(ctx, "migrate", "--source", source.link, "--target", target.link, "--data", data); err != nil {
		return err
	}
	took := time.Since(begun).Round(10 * time.Millisecond)
	page := filepath.Join(out, "report.html")
	if err := p.quiet(ctx, "report", "--data", data, "--html", page); err != nil {
		return err
	}
	fmt.Printf("\nMoved in %s. Where to look:\n  %-88s every record and what became of it\n  %-88s what arrived in Ghost\n  %-88s its pictures\n", took,
		short(page), fmt.Sprintf("sqlite3 %s \"SELECT title, slug FROM posts\"", short(gh.database)), short(gh.files))
	return nil
}

// process is a running agent.
type process struct {
	link string
	cmd  *exec.Cmd
	done chan struct{}
}

// serve starts an agent and waits until it has written its link.
func (p programs) serve(ctx context.Context, out, role string, args ...string) (*process, error) {
	file := filepath.Join(out, role+".link")
	log, err := os.Create(filepath.Join(out, role+"-agent.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	a := &process{cmd: exec.CommandContext(ctx, p.agent, append([]string{"serve", "--role", role, "--link-file", file}, args...)...), done: make(chan struct{})}
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.Cancel = func() error { return a.cmd.Process.Signal(os.Interrupt) }
	a.cmd.WaitDelay = 5 * time.Second
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s agent: %w (make build first)", role, err)
	}
	go func() {
		// How it ended is told by its log.
		_ = a.cmd.Wait()
		close(a.done)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(file); err == nil && bytes.HasPrefix(b, []byte("bailey://")) {
			a.link = strings.TrimSpace(string(b))
			return a, nil
		}
		select {
		case <-a.done:
			said, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("the %s agent ended at once:\n%s", role, said)
		case <-ctx.Done():
			a.stop()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// stop ends the agent and waits for it.
func (a *process) stop() {
	_ = a.cmd.Process.Signal(os.Interrupt)
	select {
	case <-a.done:
	case <-time.After(5 * time.Second):
		_ = a.cmd.Process.Kill()
	}
}

// run runs bailey on this terminal.
func (p programs) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, p.bailey, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return fmt.Errorf("bailey %s ended with exit code %d", args[0], exit.ExitCode())
		}
		return err
	}
	return nil
}

// quiet runs bailey and shows its output only when it fails.
func (p programs) quiet(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, p.bailey, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("bailey %s: %w\n%s", args[0], err, out)
	}
	return nil
}
