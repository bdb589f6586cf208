package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newStatus(env *Env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [ID]",
		Short: "List migrations, or say how one stands",
		Args:  maxArgs(1),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		all, err := statuses(c.Context(), s, args)
		if err != nil {
			return err
		}
		if asJSON {
			return report.JSON(env.Out, all)
		}
		return printStatuses(env, all)
	})
	return c
}

// statusLine is one migration in a list.
type statusLine struct {
	Migration string             `json:"migration"`
	Run       int                `json:"run"`
	Mode      string             `json:"mode"`
	Status    migration.Status   `json:"status"`
	Stage     migration.Stage    `json:"stage"`
	Source    migration.Site     `json:"source"`
	Target    migration.Site     `json:"target"`
	Started   time.Time          `json:"started"`
	Failure   *migration.Problem `json:"failure,omitempty"`
	Kinds     []kindProgress     `json:"kinds"`
	// Desired is what the operator wants; Rate what he allows.
	Desired migration.Desired `json:"desired"`
	Rate    migration.Rate    `json:"rate"`
	// Alive says that a process works on it.
	Alive   bool        `json:"alive"`
	Waiting []waitEvent `json:"waiting"`
}

func statuses(ctx context.Context, s *Services, args []string) ([]statusLine, error) {
	list, err := s.Store.List(ctx, 0)
	if len(args) > 0 {
		var m *migration.Migration
		m, err = s.Store.Migration(ctx, args[0])
		list = []*migration.Migration{m}
	}
	if err != nil {
		return nil, unknown(err)
	}
	all := []statusLine{}
	for _, m := range list {
		tasks, err := s.Store.Tasks(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		line := statusLine{m.ID, m.Run, m.Mode.Name(), m.Status, m.Stage, m.Source, m.Target, m.Started, m.Failure, []kindProgress{},
			m.Desired, m.Rate, m.Alive(time.Now()), waitEvents(m.Waiting)}
		for _, p := range migration.ProgressOf(m, tasks) {
			line.Kinds = append(line.Kinds, kindProgress{Kind: record.KindName(p.Kind), Done: p.Done, Total: p.Total, Rejected: p.Rejected})
		}
		all = append(all, line)
	}
	return all, nil
}

func printStatuses(env *Env, all []statusLine) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(env.Out, "No migrations yet.")
		return err
	}
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "MIGRATION\tRUN\tMODE\tSTATUS\tSTAGE\tDONE\tFROM\tTO\tSTARTED")
	for _, l := range all {
		var done, total uint64
		for _, k := range l.Kinds {
			done, total = done+k.Done, total+k.Total
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\n", l.Migration, l.Run, l.Mode, l.state(), l.Stage, done, total,
			l.Source.Platform, l.Target.Platform, l.Started.Format(time.DateTime))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(all) == 1 {
		return all[0].details(env.Out)
	}
	return nil
}

// state is the status with what is under way.
func (l statusLine) state() string {
	switch {
	case l.Status != migration.Running:
		return string(l.Status)
	case !l.Alive:
		return "running, but no process works on it"
	}
	return map[migration.Desired]string{migration.WantRun: "running", migration.WantPause: "pausing", migration.WantCancel: "cancelling"}[l.Desired]
}

// details are told of a single migration: its limit, what it waits for and why it failed.
func (l statusLine) details(w io.Writer) error {
	var text strings.Builder
	if l.Rate != (migration.Rate{}) {
		_, _ = fmt.Fprintf(&text, "Throttle: %s\n", l.Rate)
	}
	for _, wait := range l.Waiting {
		_, _ = fmt.Fprintln(&text, wait.Text)
	}
	if f := l.Failure; f != nil {
		_, _ = fmt.Fprintf(&text, "%s: %s\n%s\n", f.Code, f.Cause, f.Fix)
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s", text.String())
	return err
}
