package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// logsEvery is how often new log lines are looked for.
const logsEvery = 500 * time.Millisecond

func newLogs(env *Env) *cobra.Command {
	var follow bool
	var count int
	c := &cobra.Command{
		Use:   "logs [ID]",
		Short: "Show the log of a migration, or of all",
		Args:  maxArgs(1),
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "stay and show what comes")
	c.Flags().IntVarP(&count, "lines", "n", 100, "lines of the past")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		id := ""
		if len(args) > 0 {
			var err error
			if id, err = latest(c.Context(), s, args); err != nil {
				return err
			}
		}
		after := int64(-1)
		for limit := max(0, count); ; limit = 1000 {
			lines, err := s.Store.Logs(c.Context(), id, after, limit)
			if err != nil {
				return err
			}
			for _, l := range lines {
				after = l.Number
				if _, err := fmt.Fprintln(env.Out, l.Line); err != nil {
					return err
				}
			}
			after = max(after, 0)
			if !follow {
				return nil
			}
			select {
			case <-c.Context().Done():
				return nil
			case <-env.Signals:
				return nil
			case <-time.After(logsEvery):
			}
		}
	})
	return c
}
