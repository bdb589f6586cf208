package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// syncFlags are the flags that sync and cutover share.
type syncFlags struct {
	goOn
	mapped                          mapFlag
	source, target, deleted, edited string
}

func (f *syncFlags) add(c *cobra.Command) {
	f.goOn.add(c)
	f.mapped.add(c)
	c.Flags().StringVar(&f.deleted, "deleted", string(migration.DeletedKeep), "what becomes of records that the source no longer has: keep, unpublish or delete")
	c.Flags().StringVar(&f.edited, "edited", string(migration.EditedKeep), "what becomes of records that people have edited on the target: keep or overwrite")
	c.Flags().StringVar(&f.source, "source", "", "link of the source's agent, when it has a new one")
	c.Flags().StringVar(&f.target, "target", "", "link of the target's agent, when it has a new one")
}

func (f *syncFlags) request(c *cobra.Command, id string) (engine.Request, error) {
	r := engine.Request{
		Sync: id, Source: fromAnywhere(f.source), Target: fromAnywhere(f.target), Workers: f.workers,
		Mode: migration.Mode{Deleted: migration.Deleted(f.deleted), Edited: migration.Edited(f.edited)},
	}
	f.waits.set(&r)
	if f.workers < 1 || f.workers > 64 {
		return r, usage(c, fmt.Errorf("--workers must be 1 to 64"))
	}
	if err := f.mapped.set(&r); err != nil {
		return r, err
	}
	return r, r.Mode.Check()
}

const policies = `What people have edited on the target since is kept and listed, or, with --edited overwrite, gets the source's version and is listed.
What the source no longer has is kept and listed, or, with --deleted, hidden from visitors or removed; what people have edited, what
something else on the target needs, and what was there before the migration stays in any case.`

func newSync(env *Env) *cobra.Command {
	var f syncFlags
	c := &cobra.Command{
		Use: "sync ID", Short: "Move what has changed on the source since a migration, and only that", Args: oneArg,
		Long: `Move what has changed on the source since a migration was finished: what is new or changed is found by digest, what was rejected
before is tried again, and at the end everything is verified. An interrupted sync is gone on with.

` + policies + `

Exit codes: as for bailey migrate.`,
	}
	f.add(c)
	c.RunE = withEngine(env, &f.engine, func(c *cobra.Command, args []string, s *Services) error {
		r, err := f.request(c, args[0])
		if err != nil {
			return err
		}
		if err := idle(c.Context(), env, s, args[0]); err != nil {
			return err
		}
		return work(c.Context(), env, s, r, f.json)
	})
	return c
}
