package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newReport(env *Env) *cobra.Command {
	var asJSON bool
	var html string
	c := &cobra.Command{
		Use:   "report [ID]",
		Short: "Account for every record of a migration (default: the newest)",
		Args:  maxArgs(1),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	c.Flags().StringVar(&html, "html", "", "write a self-contained HTML page to this file")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		id, err := latest(c.Context(), s, args)
		if err != nil {
			return err
		}
		rep, err := engine.BuildReport(c.Context(), s.Store, id)
		if err != nil {
			return err
		}
		switch {
		case html != "":
			return writeHTML(env, html, rep)
		case asJSON:
			return report.JSON(env.Out, rep)
		}
		return report.Text(env.Out, rep)
	})
	return c
}

func writeHTML(env *Env, file string, rep *migration.Report) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := errors.Join(report.HTML(f, rep), f.Close()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, err = fmt.Fprintln(env.Out, file)
	return err
}
