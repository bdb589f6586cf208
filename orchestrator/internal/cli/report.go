package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

// reportFlags say in which forms a report is given.
type reportFlags struct {
	json         bool
	html, signed string
}

func (f *reportFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.json, "json", false, "write JSON, signed")
	c.Flags().StringVar(&f.html, "html", "", "write a self-contained HTML page to this file")
	c.Flags().StringVar(&f.signed, "signed", "", "write the signed report to this file; check it with: bailey report check FILE")
}

func newReport(env *Env) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report [ID]",
		Short: "Account for every record of a migration (default: the newest)",
		Args:  maxArgs(1),
	}
	f.add(c)
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		id, err := latest(c.Context(), s, args)
		if err != nil {
			return err
		}
		rep, err := engine.BuildReport(c.Context(), s.Store, id)
		if err != nil {
			return err
		}
		return f.write(env, s, rep)
	})
	c.AddCommand(newCheck(env))
	return c
}

// write gives the report: to files and their names to the output, else to the output itself.
func (f *reportFlags) write(env *Env, s *Services, rep *migration.Report) error {
	if f.html != "" {
		if err := writeFile(env, f.html, 0o600, func(w io.Writer) error { return report.HTML(w, rep) }); err != nil {
			return err
		}
	}
	if f.signed != "" {
		if err := writeFile(env, f.signed, 0o600, func(w io.Writer) error { return writeSigned(w, s, rep) }); err != nil {
			return err
		}
	}
	switch {
	case f.json:
		return writeSigned(env.Out, s, rep)
	case f.html == "" && f.signed == "":
		return report.Text(env.Out, rep)
	}
	return nil
}

func writeFile(env *Env, file string, mode os.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	_, err = fmt.Fprintln(env.Out, file)
	return err
}

// writeSigned writes the report and its signature as one line of JSON.
func writeSigned(w io.Writer, s *Services, rep *migration.Report) error {
	key, err := s.Key()
	if err != nil {
		return err
	}
	doc, err := key.Sign(rep)
	if err != nil {
		return err
	}
	_, err = w.Write(doc)
	return err
}
