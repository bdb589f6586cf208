package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

// planFlags are the flags of plan.
type planFlags struct {
	selectFlags
	mapped              mapFlag
	diff, titles, quick bool
	html                string
}

func newPlan(env *Env) *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan --source LINK --target LINK [--diff]",
		Short: "Say what a migration would do, without writing",
		Long: `Say what a migration would do, without writing.

All records are read once and transformed as a run would do it, to say beforehand what the target cannot hold, which constructs of the texts
have no equal there, what in the source is damaged or missing (pointers to records and files that are not there, addresses that occur twice,
dates, texts that were encoded twice), how much disk it takes and how long. With --sample only so many records of each kind are looked at,
with --quick none.

With --diff the target is asked for each record: whether it would be created, updated (which fields), adopted, left as it is,
skipped or rejected (why), what it would lose, and whether people have edited its row since an earlier run. The target's agent does
the real work on temporary copies of the site's tables, up to 2 GiB, in a database session that may write to nothing else.
What the database's own triggers and foreign keys would refuse is not foreseen; of two records that want one address, parallel
work may give it to the other one.`,
		Args: maxArgs(0),
	}
	f.add(c)
	f.mapped.add(c)
	c.Flags().BoolVar(&f.diff, "diff", false, "ask the target what would become of each record")
	c.Flags().BoolVar(&f.quick, "quick", false, "look at no records: counts and what the agents know, in seconds")
	c.Flags().StringVar(&f.html, "html", "", "write a self-contained HTML page to this file too")
	c.Flags().BoolVar(&f.titles, "titles", false, "with --diff: show titles of entries, terms, media and menus; they are kept nowhere else")
	c.RunE = with(env, func(c *cobra.Command, _ []string, s *Services) error {
		r, err := f.request(c, "")
		if err == nil {
			err = f.mapped.set(&r)
		}
		if err != nil {
			return err
		}
		if !f.diff && f.titles {
			return usage(c, fmt.Errorf("--titles goes with --diff"))
		}
		if f.diff && f.quick {
			return usage(c, fmt.Errorf("--quick looks at no records; --diff asks for each"))
		}
		ctx, release := interruptible(c.Context(), env)
		defer release()
		if f.diff {
			return interrupted(ctx, f.foretell(ctx, env, s.Manager, r))
		}
		return interrupted(ctx, f.plan(ctx, env, s.Manager, r))
	})
	return c
}

// plan shows what the look at the source says.
func (f *planFlags) plan(ctx context.Context, env *Env, m *engine.Manager, r engine.Request) error {
	do := m.Plan
	if f.quick {
		do = m.Quick
	}
	plan, err := do(ctx, r)
	if err != nil {
		return err
	}
	if err := f.page(env, plan, nil); err != nil {
		return err
	}
	if f.json {
		return report.JSON(env.Out, plan)
	}
	return report.PlanText(env.Out, plan)
}

// page writes the page that was asked for.
func (f *planFlags) page(env *Env, plan *migration.Plan, records *report.Sheet) error {
	if f.html == "" {
		return nil
	}
	quiet := &Env{Out: env.Err}
	return writeFile(quiet, f.html, 0o600, func(w io.Writer) error { return report.DiffHTML(w, plan, records) })
}

// foretell shows what would become of each record, in one pass for all forms.
func (f *planFlags) foretell(ctx context.Context, env *Env, m *engine.Manager, r engine.Request) error {
	text, page, doc := report.TextSheet(), report.PageSheet(), report.NewDiffJSON(env.Out)
	plan, err := m.Diff(ctx, r, pipeline.DiffOptions{Titles: f.titles, Each: func(n *migration.Foreseen) error {
		if f.html != "" {
			page.Add(n)
		}
		if f.json {
			return doc.Add(n)
		}
		text.Add(n)
		return nil
	}})
	if err != nil {
		return err
	}
	if err := f.page(env, plan, page); err != nil {
		return err
	}
	if f.json {
		return doc.End(plan)
	}
	return report.DiffText(env.Out, plan, text, env.Colour)
}
