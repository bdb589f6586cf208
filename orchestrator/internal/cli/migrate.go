package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newMigrate(env *Env) *cobra.Command {
	var f selectFlags
	var resume string
	var mapped mapFlag
	var w waitFlags
	var e engineFlags
	c := &cobra.Command{
		Use:   "migrate --source LINK --target LINK",
		Short: "Move a site, or go on with a move that was interrupted",
		Long: `Move a site. The same command goes on where an interrupted move stopped; after a finished one it makes another pass.

Exit codes: 0 all accounted for and verified; 1 failed or stopped; 2 usage; 3 finished with rejected records;
4 verification found differences; 5 an agent cannot be reached.`,
		Args: maxArgs(0),
	}
	f.add(c)
	mapped.add(c)
	c.Flags().StringVar(&resume, "resume", "", "go on with this migration; its links are kept and need not be given")
	w.add(c)
	e.add(c)
	c.RunE = withEngine(env, &e, func(c *cobra.Command, _ []string, s *Services) error {
		r, err := f.request(c, resume)
		if err == nil {
			err = mapped.set(&r)
		}
		if err != nil {
			return err
		}
		w.set(&r)
		return work(c.Context(), env, s, r, f.json)
	})
	return c
}

// waitFlags say how long a run waits, and when it says for what.
type waitFlags struct{ stall, patience time.Duration }

func (w *waitFlags) add(c *cobra.Command) { addWaits(c, &w.stall, &w.patience) }

func addWaits(c *cobra.Command, stall, patience *time.Duration) {
	c.Flags().DurationVar(stall, "stall-after", engine.DefaultStall, "say what is waited for after this time without progress")
	c.Flags().DurationVar(patience, "patience", 0, fmt.Sprintf("wait this long for an agent or database that is away, then end with exit code 5; it can be resumed (default %s)", engine.DefaultRetry.For))
}

func (w *waitFlags) set(r *engine.Request) { r.Stall, r.Patience = w.stall, w.patience }

// work begins a run and follows it to its end.
func work(ctx context.Context, env *Env, s *Services, r engine.Request, asJSON bool) error {
	job, err := begin(ctx, env, s, r)
	if err != nil {
		return err
	}
	m := &migrate{env: env, services: s, job: job, json: asJSON}
	return m.run(ctx)
}

// begin looks at both sites; Ctrl-C ends that at once.
func begin(ctx context.Context, env *Env, s *Services, r engine.Request) (*engine.Job, error) {
	ctx, release := interruptible(ctx, env)
	defer release()
	job, err := s.Manager.Begin(ctx, r)
	return job, interrupted(ctx, err)
}

// migrate is one run on the command line.
type migrate struct {
	env      *Env
	services *Services
	job      *engine.Job
	json     bool
}

func (m *migrate) run(ctx context.Context) error { return m.tell(m.work(ctx)) }

// work runs the job and shows how it goes.
func (m *migrate) work(ctx context.Context) (*migration.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	id := m.job.Migration.ID
	show := m.newDisplay()
	show.begin(m.job)
	stop, done := make(chan struct{}), make(chan struct{})
	var side sync.WaitGroup
	side.Go(func() { m.onSignal(show, stop, done, cancel) })
	side.Go(func() { follow(m.job.Progress, id, show, done) })
	rep, err := m.job.Run(ctx, stop)
	close(done)
	side.Wait()
	show.end()
	return rep, err
}

// onSignal stops after the batch at the first Ctrl-C and at once at the second.
func (m *migrate) onSignal(show display, stop, done chan struct{}, cancel context.CancelFunc) {
	for n := 0; ; {
		select {
		case <-done:
			return
		case s := <-m.env.Signals:
			if s == nil {
				return
			}
			if n++; n == 1 {
				close(stop)
				show.note("Stopping after the batch. Press Ctrl-C again to stop at once.")
			} else {
				cancel()
			}
		}
	}
}

// tell prints the report and says how to go on.
func (m *migrate) tell(rep *migration.Report, err error) error {
	if rep != nil {
		if werr := m.show(rep); werr != nil {
			return errors.Join(err, werr)
		}
	}
	switch {
	case err == nil:
		if code := rep.Exit(); code != migration.ExitOK {
			return exit(code)
		}
		return nil
	case engine.Stopped(err):
		if rep == nil || rep.Status != migration.Cancelled {
			m.resumeHint()
		}
		return exit(migration.ExitFailed)
	}
	printError(m.env.Err, err)
	if rep != nil && rep.Stage != migration.StageDone {
		m.resumeHint()
	}
	return exit(migration.ExitOf(err))
}

func (m *migrate) show(rep *migration.Report) error {
	if m.json {
		return writeSigned(m.env.Out, m.services, rep)
	}
	return report.Text(m.env.Out, rep)
}

func (m *migrate) resumeHint() {
	dir := ""
	if m.services.DataDir != "" {
		dir = " --data " + m.services.DataDir
	}
	if m.services.Shared {
		dir += " --store URL" // The URL may hold a password.
	}
	_, _ = fmt.Fprintf(m.env.Err, "To go on: bailey migrate --resume %s%s\n", m.job.Migration.ID, dir)
}
