package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newRollback(env *Env) *cobra.Command {
	var r engine.RollbackRequest
	var asJSON bool
	c := &cobra.Command{
		Use:   "rollback ID [--dry-run]",
		Short: "Take a migration back: the target becomes what it was",
		Long: `Take a migration back. What it created is removed, with its files; what it changed is brought back. What people have edited
since, and what that needs, is kept and listed. When it is interrupted, the same command goes on.

Exit codes: 0 all undone; 1 failed or stopped; 2 usage; 3 some was kept; 5 the agent cannot be reached.`,
		Args: cobra.ArbitraryArgs,
	}
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "only say what would be done")
	c.Flags().StringVar(&r.Target, "target", "", "link of the target's agent, when it has a new one")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		if len(args) != 1 {
			return usage(c, fmt.Errorf("one migration must be named"))
		}
		r.ID = args[0]
		if _, err := s.Store.Migration(c.Context(), r.ID); err != nil {
			return unknown(err)
		}
		return rollback(c.Context(), env, s, r, asJSON)
	})
	return c
}

// undone sums up a rollback.
type undone struct {
	Migration string         `json:"migration"`
	DryRun    bool           `json:"dry_run"`
	Removed   map[string]int `json:"removed"`
	Restored  map[string]int `json:"restored"`
	Kept      []keptRecord   `json:"kept"`
}

type keptRecord struct {
	Record string            `json:"record"`
	Why    migration.Problem `json:"why"`
}

func (u *undone) add(r *agentv1.RolledBack) {
	kind := record.KindName(r.GetRef().GetKind())
	switch r.GetAction() {
	case "removed":
		u.Removed[kind]++
	case "restored":
		u.Restored[kind]++
	default:
		p := r.GetProblem()
		u.Kept = append(u.Kept, keptRecord{record.KeyOf(r.GetRef()).String(), migration.ProblemFrom(p)})
	}
}

func rollback(ctx context.Context, env *Env, s *Services, r engine.RollbackRequest, asJSON bool) error {
	ctx, release := interruptible(ctx, env)
	defer release()
	u := &undone{Migration: r.ID, DryRun: r.DryRun, Removed: map[string]int{}, Restored: map[string]int{}}
	if err := s.Manager.Rollback(ctx, r, u.add); err != nil {
		if ctx.Err() == nil {
			return err
		}
		_, _ = fmt.Fprintf(env.Err, "Interrupted. To go on: bailey rollback %s\n", r.ID)
		return exit(migration.ExitFailed)
	}
	if asJSON {
		if err := report.JSON(env.Out, u); err != nil {
			return err
		}
	} else {
		u.text(env)
	}
	if len(u.Kept) > 0 {
		return exit(migration.ExitRejected)
	}
	return nil
}

func (u *undone) text(env *Env) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(env.Out, format, args...) }
	did := []string{"Removed", "Restored", "Kept"}
	if u.DryRun {
		did = []string{"Would remove", "Would restore", "Would keep"}
	}
	for i, counts := range []map[string]int{u.Removed, u.Restored} {
		for _, kind := range slices.Sorted(maps.Keys(counts)) {
			say("%-14s %6d  %s\n", did[i], counts[kind], kind)
		}
	}
	for _, k := range u.Kept {
		say("%-14s %s: %s (%s)\n", did[2], k.Record, k.Why.Cause, k.Why.Code)
	}
	switch {
	case len(u.Kept) > 0:
		say("%d kept, because people have edited or need them.\n", len(u.Kept))
	case u.DryRun:
		say("Everything can be undone. Nothing was changed.\n")
	default:
		say("Everything is undone: the target is what it was.\n")
	}
}
