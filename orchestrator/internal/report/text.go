// Package report shows reports and plans as text, JSON and one self-contained HTML page.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// maxLines is how many rejected records, differences and examples the text shows; JSON and HTML show more.
const maxLines = 20

// JSON writes a report or plan on one line.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Text writes a report for people.
func Text(w io.Writer, r *migration.Report) error {
	p := &printer{w: w}
	p.line("%s", Headline(r))
	p.line("")
	p.line("  from  %s", siteLine(r.Source))
	p.line("  to    %s", siteLine(r.Target))
	p.line("  %s moved in %s, migration %s, run %d (%s)", humanize.IBytes(r.Bytes), Duration(r.Seconds), r.Migration, r.Run, r.Mode)
	if r.Mapping != "" {
		p.line("  as the mapping says, SHA-256 %.16s…", r.Mapping)
	}
	p.line("")
	p.kinds(r)
	p.failure(r.Failure)
	p.losses(r.Losses)
	p.rejected(r.Rejected)
	p.differences(r.Differences)
	p.findings(r.Findings)
	p.roots(r)
	return p.err
}

// Headline says in one sentence how a run stands.
func Headline(r *migration.Report) string {
	t := r.Totals()
	switch {
	case r.Status == migration.Done && r.Reverified != "" && len(r.Differences) > 0:
		return fmt.Sprintf("Verified again: %s not as intended, altered since on the target or on the source.", are(t.Different))
	case r.Status == migration.Done && r.Reverified != "":
		return fmt.Sprintf("Verified again: %s on the target as intended.", are(t.Verified))
	case r.Status == migration.Done && len(r.Differences) > 0:
		return fmt.Sprintf("Finished, but %s not as intended on the target.", are(t.Different))
	case r.Status == migration.Done && r.Mode == modeSync:
		return synchronised(r, t)
	case r.Status == migration.Done && t.Rejected > 0:
		return fmt.Sprintf("Finished. %s verified, %d rejected.", records(t.Verified), t.Rejected)
	case r.Status == migration.Done:
		return fmt.Sprintf("Finished. Every record is accounted for; %s verified on the target.", records(t.Verified))
	case r.Status == migration.Failed:
		return fmt.Sprintf("Failed in the stage %q after %s.", r.Stage, records(t.Read))
	case r.Status == migration.Cancelled:
		return fmt.Sprintf("Cancelled in the stage %q after %s.", r.Stage, records(t.Read))
	case r.Status == migration.Paused:
		return fmt.Sprintf("Paused in the stage %q after %s.", r.Stage, records(t.Read))
	}
	return fmt.Sprintf("Running: stage %q, %s read.", r.Stage, records(t.Read))
}

const modeSync = "sync"

// synchronised says what a sync has found.
func synchronised(r *migration.Report, t migration.KindReport) string {
	s := "Synchronised: nothing has changed on the source."
	if t.Changed() > 0 {
		s = fmt.Sprintf("Synchronised: %s created, %s updated, %s removed.", humanize.Comma(int64(t.Created)), humanize.Comma(int64(t.Updated)), humanize.Comma(int64(t.Removed)))
	}
	if t.Rejected > 0 {
		s += fmt.Sprintf(" %s rejected.", are(t.Rejected))
	}
	if r.Unverified {
		return s + " Not verified."
	}
	return s + fmt.Sprintf(" %s verified on the target.", records(t.Verified))
}

func records(n uint64) string {
	if n == 1 {
		return "1 record"
	}
	return humanize.Comma(int64(n)) + " records"
}

func are(n uint64) string {
	if n == 1 {
		return "1 record is"
	}
	return records(n) + " are"
}

func siteLine(s migration.Site) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s  %s", s.Platform, s.Version, s.BaseURL))
}

// Duration is a length of time as people say it.
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, strings.TrimRight(format, " ")+"\n", args...)
	}
}

// table writes rows in columns; all but the first column are numbers.
func (p *printer) table(rows [][]any) {
	tw := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		for _, cell := range row {
			_, _ = fmt.Fprintf(tw, "%v\t", cell)
		}
		_, _ = fmt.Fprintln(tw)
	}
	if err := tw.Flush(); p.err == nil {
		p.err = err
	}
	p.line("")
}

func (p *printer) kinds(r *migration.Report) {
	rows := [][]any{{"kind", "listed", "read", "created", "updated", "unchanged", "adopted", "skipped", "rejected", "verified", "different"}}
	for _, k := range append(r.Kinds[:len(r.Kinds):len(r.Kinds)], r.Totals()) {
		rows = append(rows, []any{k.Kind, k.Listed, k.Read, k.Created, k.Updated, k.Unchanged, k.Adopted, k.Skipped, k.Rejected, k.Verified, k.Different})
	}
	if r.Mode == modeSync {
		// What the source no longer has is not listed by it: it counts apart.
		rows[0] = append(rows[0], "removed")
		for i, k := range append(r.Kinds[:len(r.Kinds):len(r.Kinds)], r.Totals()) {
			rows[i+1] = append(rows[i+1], k.Removed)
		}
	}
	p.table(rows)
}

// roots says nothing of what was not verified: the root of no record proves nothing.
func (p *printer) roots(r *migration.Report) {
	if r.Status != migration.Done && r.Totals().Verified == 0 {
		return
	}
	for _, k := range r.Kinds {
		if root := r.Roots[k.Kind]; root != "" {
			p.line("root of %-8s %s", k.Kind, root)
		}
	}
	p.line("root %s", r.Root)
}

func (p *printer) failure(f *migration.Problem) {
	if f == nil {
		return
	}
	p.line("Failure %s: %s", f.Code, f.Cause)
	if f.Fix != "" {
		p.line("  %s", f.Fix)
	}
	p.line("")
}

// maxListed is how many records the text names that somebody has to see to; JSON and HTML name more.
const maxListed = 200

// maxFields bounds the fields named after one loss.
const maxFields = 12

func (p *printer) losses(losses []migration.LossReport) {
	if len(losses) == 0 {
		return
	}
	p.line("What the target cannot hold or holds otherwise:")
	for _, g := range groupLosses(losses) {
		p.line("  %6d  %-8s %s. %s", g.Count, g.Kind, g.Code, Explain(g.Code))
		if len(g.Fields) > 0 {
			p.line("          fields: %s%s", strings.Join(g.Fields[:min(maxFields, len(g.Fields))], ", "), moreOf(len(g.Fields)-maxFields))
		}
		if len(g.Instead) > 0 {
			p.line("          in their place, on the target: %s", plain(strings.Join(g.Instead, ", ")))
		}
		p.refs(g)
		if g.Example != "" {
			p.line("          as in  %s", plain(g.Example))
		}
	}
	if a := constructAdvice(losses); a != "" {
		p.line("  %s", a)
	}
	p.line("")
}

// refs names records with a loss: a few, or all that somebody has to see to.
func (p *printer) refs(g *lossGroup) {
	n := len(g.Refs)
	switch {
	case n == 0:
	case migration.Listed(g.Code):
		p.line("          %s%s", plain(strings.Join(g.Refs[:min(maxListed, n)], ", ")), moreOf(int(g.Count)-maxListed))
	default:
		p.line("          e.g. %s", plain(strings.Join(g.Refs[:min(5, n)], ", ")))
	}
}

func moreOf(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// lossGroup is one loss of one kind over all fields.
type lossGroup struct {
	Kind, Code   string
	Count        uint64
	Fields, Refs []string
	// Example is a construct as it stands in the source.
	Example string
	// Instead are the target's own records that stand in.
	Instead []string
}

// groupLosses joins neighbours that differ in the field alone.
func groupLosses(losses []migration.LossReport) []*lossGroup {
	var all []*lossGroup
	for _, l := range losses {
		if len(all) == 0 || all[len(all)-1].Kind != l.Kind || all[len(all)-1].Code != l.Code {
			all = append(all, &lossGroup{Kind: l.Kind, Code: l.Code, Refs: l.Refs, Example: l.Example})
		}
		g := all[len(all)-1]
		g.Count += l.Count
		if l.Field != "" && l.Field != "*" {
			g.Fields = append(g.Fields, fmt.Sprintf("%s (%d)", l.Field, l.Count))
		}
		if l.Instead != "" && !slices.Contains(g.Instead, l.Instead) {
			g.Instead = append(g.Instead, l.Instead)
		}
	}
	return all
}

func (p *printer) rejected(rejected []migration.RejectedReport) {
	if len(rejected) == 0 {
		return
	}
	p.line("Rejected records:")
	for _, r := range rejected[:min(maxLines, len(rejected))] {
		p.line("  %s/%s  %s: %s", r.Kind, r.SourceID, r.Code, r.Cause)
		if r.Fix != "" {
			p.line("      %s", r.Fix)
		}
	}
	p.more(len(rejected))
}

func (p *printer) differences(differences []migration.DifferenceReport) {
	if len(differences) == 0 {
		return
	}
	p.line("Fields that differ on the target:")
	for _, d := range differences[:min(maxLines, len(differences))] {
		p.line("  %s/%s  %s%s", d.Kind, d.SourceID, d.Field, behind(", ", Blame(d.Altered)))
	}
	p.more(len(differences))
}

// Blame says where a record was edited.
func Blame(a migration.Altered) string {
	switch a {
	case migration.AlteredOnSource:
		return "edited on the source since"
	case migration.AlteredOnTarget:
		return "edited on the target since"
	case migration.AlteredOnBoth:
		return "edited on both sites since"
	}
	return ""
}

func behind(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}

func (p *printer) more(n int) {
	if n > maxLines {
		p.line("  … and %d more; the JSON and HTML reports list them.", n-maxLines)
	}
	p.line("")
}

// countOf says how often a finding was made, where it concerns records.
func countOf(f migration.Remark) string {
	if f.Kind == "" || f.Count == 0 {
		return ""
	}
	return humanize.Comma(int64(f.Count)) + " × " + f.Kind + ": "
}

func (p *printer) findings(findings []migration.Remark) {
	if len(findings) == 0 {
		return
	}
	p.line("What to know:")
	for _, f := range findings {
		p.line("  %s, %s: %s%s", f.Side, f.Severity, countOf(f), f.Cause)
		p.line("      %s%s", f.Code, behind(", e.g. ", plain(strings.Join(f.Examples, ", "))))
		if f.Sample != "" {
			p.line("      as in  %s", plain(f.Sample))
		}
		if advice := strings.TrimSpace(f.Will + " " + f.Fix); advice != "" {
			p.line("      %s", advice)
		}
	}
	p.line("")
}
