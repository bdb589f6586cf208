package cli

import (
	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newPlan(env *Env) *cobra.Command {
	var f selectFlags
	c := &cobra.Command{
		Use:   "plan --source LINK --target LINK",
		Short: "Say what a migration would do, without writing",
		Args:  maxArgs(0),
	}
	f.add(c)
	c.RunE = with(env, func(c *cobra.Command, _ []string, s *Services) error {
		r, err := f.request(c, "")
		if err != nil {
			return err
		}
		ctx, release := interruptible(c.Context(), env)
		defer release()
		plan, err := s.Manager.Plan(ctx, r)
		if err != nil {
			return interrupted(ctx, err)
		}
		if f.json {
			return report.JSON(env.Out, plan)
		}
		return report.PlanText(env.Out, plan)
	})
	return c
}
