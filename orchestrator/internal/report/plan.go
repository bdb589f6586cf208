package report

import (
	"io"

	"github.com/dustin/go-humanize"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// PlanText writes a plan for people.
func PlanText(w io.Writer, plan *migration.Plan) error {
	p := &printer{w: w}
	p.planHead(plan)
	rows := [][]any{{"kind", "listed", "looked at", "to move", "to skip", "to reject"}}
	for _, k := range plan.Kinds {
		rows = append(rows, []any{k.Kind, k.Listed, k.Looked, k.Moved, k.Skipped, k.Rejected})
	}
	p.table(rows)
	if !plan.Quick {
		p.mapping(plan.Kinds)
	}
	p.losses(plan.Losses)
	p.rejected(plan.Rejected)
	p.findings(plan.Findings)
	return p.err
}

func (p *printer) planHead(plan *migration.Plan) {
	p.line("Plan. Nothing was written.")
	p.line("")
	p.line("  from  %s", siteLine(plan.Source))
	p.line("  to    %s", siteLine(plan.Target))
	if plan.Quick {
		p.line("  No record was looked at: what would be lost, damaged or missing is not known.")
	} else {
		p.line("  %s in records and %d files, about %s (%s to %s); %s of disk on the target", humanize.IBytes(plan.Bytes), plan.Files,
			Duration(plan.EstimateSeconds), Duration(plan.EstimateRange[0]), Duration(plan.EstimateRange[1]), humanize.IBytes(plan.DiskBytes))
	}
	if plan.Sampled {
		p.line("  Only a sample was looked at.")
	}
	p.line("")
}

func (p *printer) mapping(kinds []migration.PlanKind) {
	p.line("What becomes what:")
	for _, k := range kinds {
		for _, m := range k.Mapping {
			to := m.To
			if to == "" {
				to = "(not moved)"
			}
			p.line("  %6d  %-8s %s → %s", m.Count, k.Kind, m.From, to)
		}
	}
	p.line("")
}
