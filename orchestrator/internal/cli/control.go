package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// obeyWithin is how long a command waits for the process at work to obey; a batch may take longer.
const obeyWithin = 5 * time.Second

func newPause(env *Env) *cobra.Command {
	c := &cobra.Command{Use: "pause ID", Short: "Stop a migration after its batch; it can go on later", Args: oneArg}
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		return steer(c.Context(), env, s, args[0], migration.WantPause)
	})
	return c
}

func newCancel(env *Env) *cobra.Command {
	c := &cobra.Command{Use: "cancel ID", Short: "Give a migration up; what it has written stays", Args: oneArg}
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		return steer(c.Context(), env, s, args[0], migration.WantCancel)
	})
	return c
}

// oneArg is the argument of the commands that are about one migration.
var oneArg = one("the id of one migration is needed")

// one is cobra.ExactArgs(1) with our exit code, and with words for what is missing.
func one(missing string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(c, errors.New(missing))
		}
		return nil
	}
}

// oneFile is the argument of the commands that look at a file.
var oneFile = one("one FILE is needed")

// steer notes a wish and waits a moment until it is obeyed.
func steer(ctx context.Context, env *Env, s *Services, id string, want migration.Desired) error {
	if err := s.Store.Steer(ctx, id, want, time.Now()); err != nil {
		return unknown(err)
	}
	m, err := settled(ctx, env, s, id)
	if err != nil {
		return err
	}
	text := "Migration %s is " + string(m.Status) + ".\n"
	if m.Status == migration.Running {
		text = "Migration %s has been told; it stops when the target has answered for its batch.\n"
	}
	_, err = fmt.Fprintf(env.Out, text, id)
	return err
}

// settled waits until a migration is not running any more, for a moment at most.
func settled(ctx context.Context, env *Env, s *Services, id string) (*migration.Migration, error) {
	ctx, cancel := context.WithTimeout(ctx, obeyWithin)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		m, err := s.Store.Migration(context.WithoutCancel(ctx), id)
		if err != nil || m.Status != migration.Running {
			return m, unknown(err)
		}
		select {
		case <-tick.C:
		case <-env.Signals:
			return m, nil
		case <-ctx.Done():
			return m, nil
		}
	}
}

// goOn are the flags of commands that work on a known migration.
type goOn struct {
	workers int
	waits   waitFlags
	json    bool
	engine  engineFlags
}

func (g *goOn) add(c *cobra.Command) {
	c.Flags().IntVar(&g.workers, "workers", engine.DefaultWorkers(), "shards worked on side by side, 1 to 64")
	g.waits.add(c)
	g.engine.add(c)
	c.Flags().BoolVar(&g.json, "json", false, "write JSON")
}

func (g *goOn) work(c *cobra.Command, env *Env, s *Services, r engine.Request) error {
	if g.workers < 1 || g.workers > 64 {
		return usage(c, fmt.Errorf("--workers must be 1 to 64"))
	}
	r.Workers = g.workers
	g.waits.set(&r)
	return work(c.Context(), env, s, r, g.json)
}

func newResume(env *Env) *cobra.Command {
	var g goOn
	c := &cobra.Command{
		Use: "resume ID", Short: "Go on with a migration that was paused, interrupted or has failed", Args: oneArg,
		Long: "Go on with a migration that was paused, interrupted or has failed: as bailey migrate --resume ID, but never with one that is being worked on.",
	}
	g.add(c)
	c.RunE = withEngine(env, &g.engine, func(c *cobra.Command, args []string, s *Services) error {
		if err := idle(c.Context(), env, s, args[0]); err != nil {
			return err
		}
		return g.work(c, env, s, engine.Request{Resume: args[0]})
	})
	return c
}

// idle refuses a migration that a process works on; one that is about to stop is waited for.
func idle(ctx context.Context, env *Env, s *Services, id string) error {
	m, err := s.Store.Migration(ctx, id)
	if err == nil && m.Alive(time.Now()) && m.Desired != migration.WantRun {
		m, err = settled(ctx, env, s, id)
	}
	if err != nil {
		return unknown(err)
	}
	if m.Alive(time.Now()) {
		return &migration.Error{Problem: migration.Problem{
			Code: "already_running", Cause: "a process works on this migration",
			Fix: fmt.Sprintf("Follow it with: bailey status %s. When that process was just killed, try again in %s.", id, migration.AliveFor),
		}, Exit: migration.ExitFailed}
	}
	return nil
}

func newRetry(env *Env) *cobra.Command {
	var g goOn
	c := &cobra.Command{
		Use: "retry ID", Short: "Try the records again that a finished migration has rejected", Args: oneArg,
		Long: `Try the records again that a finished migration has rejected, after their cause was mended as the report says.

It is a new run over the whole selection, because agents read shards: what is on the target already is recognised by its digest and
not written again. Records that were changed or added on the source since are brought as well, so that the report stays exact.`,
	}
	g.add(c)
	c.RunE = withEngine(env, &g.engine, func(c *cobra.Command, args []string, s *Services) error {
		return g.work(c, env, s, engine.Request{Retry: args[0]})
	})
	return c
}

func newThrottle(env *Env) *cobra.Command {
	var r migration.Rate
	var off bool
	c := &cobra.Command{
		Use: "throttle ID [--records N] [--bytes N]", Short: "Set how fast a migration may go, also while it runs", Args: oneArg,
		Long: `Set how fast records are read, written and verified, and files moved. The limit is kept for later runs.
Without a limit given, the present one is shown.`,
	}
	c.Flags().Uint64Var(&r.Records, "records", 0, "records per second at most; 0: no limit")
	c.Flags().Uint64Var(&r.Bytes, "bytes", 0, "bytes per second at most, files included; 0: no limit")
	c.Flags().BoolVar(&off, "off", false, "no limit")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		changed := c.Flags().Changed
		m, err := s.Store.Migration(c.Context(), args[0])
		if err != nil {
			return unknown(err)
		}
		rate := m.Rate
		switch {
		case off && (changed("records") || changed("bytes")):
			return usage(c, fmt.Errorf("--off leaves no place for --records and --bytes"))
		case off:
			rate = migration.Rate{}
		}
		if changed("records") {
			rate.Records = r.Records
		}
		if changed("bytes") {
			rate.Bytes = r.Bytes
		}
		if rate != m.Rate {
			err = s.Store.SetRate(c.Context(), args[0], rate)
		}
		if err == nil {
			_, err = fmt.Fprintf(env.Out, "Migration %s: %s\n", args[0], rate)
		}
		return err
	})
	return c
}
