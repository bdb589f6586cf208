package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func newWorker(env *Env) *cobra.Command {
	var f temporalFlags
	var r engine.Request
	c := &cobra.Command{
		Use:   "worker --temporal HOST:PORT --store URL",
		Short: "Work on the migrations of a store beside other workers",
		Long: `Work on the migrations that were begun with --engine temporal in the same store, beside any number of other workers on this
and other machines. It needs the key that seals links: the file key from the data folder of bailey serve, or BAILEY_KEY.

Ctrl-C or SIGTERM ends it after the batch; other workers go on with its tasks.`,
		Args: maxArgs(0),
	}
	f.add(c)
	c.Flags().IntVar(&r.Workers, "workers", engine.DefaultWorkers(), "shards worked on side by side, 1 to 64")
	addWaits(c, &r.Stall, &r.Patience)
	run := with(env, func(c *cobra.Command, _ []string, s *Services) error { return serveWorker(c, env, s, f, r) })
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case f.Address == "":
			return usage(c, fmt.Errorf("--temporal HOST:PORT is needed"))
		case r.Workers < 1 || r.Workers > 64:
			return usage(c, fmt.Errorf("--workers must be 1 to 64"))
		}
		return run(c, args)
	}
	return c
}

func serveWorker(c *cobra.Command, env *Env, s *Services, f temporalFlags, r engine.Request) error {
	if !s.HasKey() {
		return migration.Usage("key_missing", "this worker has no key to open the links of migrations with",
			"Copy the file key of the data folder that bailey serve has into this one, or give both the same BAILEY_KEY.")
	}
	if err := s.Manager.CheckKey(c.Context()); err != nil {
		return err
	}
	f.Log = s.Manager.Log("")
	client, err := temporal.Dial(c.Context(), f.Options)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, release := interruptible(c.Context(), env)
	defer release()
	return client.Work(ctx, s.Manager, r, func() { _, _ = fmt.Fprintln(env.Out, "ready") })
}
