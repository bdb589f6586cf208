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
	var r engine.Request
	c := &cobra.Command{
		Use:   "verify [ID]",
		Short: "Compare a finished migration again with what both sites hold now (default: the newest)",
		Long: `Read every record of a finished migration again from both sites, compare, and name each that was altered since.
Nothing is written to either site. A record that was edited or added on the source is named as well: what the target holds is
not what it should be. What is found different is looked at by the next bailey sync.

A verification that was stopped goes on where it stopped: what it had compared until then it does not compare again, unless --anew.

Exit codes: 0 nothing was altered; 1 failed or stopped; 2 usage; 4 differences were found; 5 an agent cannot be reached.`,
		Args: maxArgs(1),
	}
	f.add(c)
	c.Flags().StringVar(&r.Source, "source", "", "link of the source's agent, when it is another than before")
	c.Flags().StringVar(&r.Target, "target", "", "link of the target's agent, when it is another than before")
	c.Flags().IntVar(&r.Workers, "workers", engine.DefaultWorkers(), "shards worked on side by side, 1 to 64")
	c.Flags().BoolVar(&r.Anew, "anew", false, "compare all records, also those that a stopped verification has compared already")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		if r.Workers < 1 || r.Workers > 64 {
			return usage(c, errors.New("--workers must be 1 to 64"))
		}
		id, err := latest(c.Context(), s, args)
		if err != nil {
			return err
		}
		ctx, release := interruptible(c.Context(), env)
		r.Source, r.Target = fromAnywhere(r.Source), fromAnywhere(r.Target)
		job, err := s.Manager.Verify(ctx, id, r)
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
		_, _ = fmt.Fprintf(env.Err, "Stopped. To go on: bailey verify %s\n", id)
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
