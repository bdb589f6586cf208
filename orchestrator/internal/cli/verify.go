package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func newVerify(env *Env) *cobra.Command {
	var f reportFlags
	var source, target string
	var workers int
	c := &cobra.Command{
		Use:   "verify [ID]",
		Short: "Compare a finished migration again with what both sites hold now (default: the newest)",
		Long: `Read every record of a finished migration again from both sites, compare, and name each that was altered since.
Nothing is written to either site. A record that was edited or added on the source is named as well: what the target holds is
not what it should be.

Exit codes: 0 nothing was altered; 1 failed or stopped; 2 usage; 4 differences were found; 5 an agent cannot be reached.`,
		Args: maxArgs(1),
	}
	f.add(c)
	c.Flags().StringVar(&source, "source", "", "link of the source's agent, when it is another than before")
	c.Flags().StringVar(&target, "target", "", "link of the target's agent, when it is another than before")
	c.Flags().IntVar(&workers, "workers", 4, "shards worked on side by side, 1 to 64")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		if workers < 1 || workers > 64 {
			return usage(c, errors.New("--workers must be 1 to 64"))
		}
		id, err := latest(c.Context(), s, args)
		if err != nil {
			return err
		}
		ctx, release := interruptible(c.Context(), env)
		job, err := s.Manager.Verify(ctx, id, engine.Request{Source: fromAnywhere(source), Target: fromAnywhere(target), Workers: workers})
		err = interrupted(ctx, err)
		release()
		if err != nil {
			return err
		}
		m := &migrate{env: env, services: s, job: job, json: f.json}
		rep, err := m.work(c.Context())
		return f.tellVerified(env, s, id, rep, err)
	})
	return c
}

// tellVerified prints the report of a verification that came to its end.
func (f *reportFlags) tellVerified(env *Env, s *Services, id string, rep *migration.Report, err error) error {
	if engine.Stopped(err) {
		_, _ = fmt.Fprintf(env.Err, "Stopped; nothing was kept. To begin anew: bailey verify %s\n", id)
		return exit(migration.ExitFailed)
	}
	if err != nil {
		return err
	}
	if err := f.write(env, s, rep); err != nil {
		return err
	}
	if code := rep.Exit(); code != migration.ExitOK {
		return exit(code)
	}
	return nil
}
