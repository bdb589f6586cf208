package report

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// How many records text and page list (Rule 9): up to most in all, and beyond that up to each of one kind and action, so that
// every kind is represented. The JSON lists all.
const (
	textMost, textEach = 0, 8
	pageMost, pageEach = 20_000, 200
)

// Sheet collects what would become of records, as many as can be shown. The counts come with the plan.
type Sheet struct {
	most, each int
	rows       []*migration.Foreseen
	listed     map[group]int
	left       map[group]int
	leftAll    int
}

type group struct {
	kind   string
	action migration.Action
}

// TextSheet collects for DiffText. What would stay as it is is of interest only when people have edited it.
func TextSheet() *Sheet { return newSheet(textMost, textEach) }

// PageSheet collects for DiffHTML.
func PageSheet() *Sheet { return newSheet(pageMost, pageEach) }

func newSheet(most, each int) *Sheet {
	return &Sheet{most: most, each: each, listed: map[group]int{}, left: map[group]int{}}
}

// Add takes one record.
func (s *Sheet) Add(n *migration.Foreseen) {
	g := group{n.Kind, n.Action}
	if s.most == 0 && n.Action == migration.ActionUnchanged && !n.Edited {
		return
	}
	if len(s.rows) >= s.most && s.listed[g] >= s.each {
		s.left[g]++
		s.leftAll++
		return
	}
	s.listed[g]++
	s.rows = append(s.rows, n)
}

// DiffText writes a plan with what would become of the records for people; colour marks the actions.
func DiffText(w io.Writer, plan *migration.Plan, s *Sheet, colour bool) error {
	p := &printer{w: w}
	p.planHead(plan)
	rows := [][]any{{"kind", "create", "update", "adopt", "unchanged", "skip", "reject", "lossy", "edited", "gone", "unresolved"}}
	for _, k := range plan.Diff {
		a := k.Actions
		rows = append(rows, []any{k.Kind, a[migration.ActionCreate], a[migration.ActionUpdate], a[migration.ActionAdopt], a[migration.ActionUnchanged],
			a[migration.ActionSkip], a[migration.ActionReject], k.Lossy, k.Edited, a[migration.ActionGone], a[migration.ActionUnresolved]})
	}
	p.table(rows)
	for _, k := range plan.Diff {
		for _, a := range migration.Actions {
			p.group(s, group{k.Kind, a}, k.Actions[a], colour)
		}
	}
	p.losses(plan.Losses)
	p.findings(plan.Findings)
	return p.err
}

// headings say what an action means, for people.
var headings = map[migration.Action]string{
	migration.ActionCreate: "would be created", migration.ActionUpdate: "would be updated", migration.ActionAdopt: "stand on the target already and would be left as they are",
	migration.ActionUnchanged: "would stay as they are", migration.ActionSkip: "would be left out", migration.ActionReject: "would be rejected",
	migration.ActionGone: "came with an earlier run, and the source no longer has them", migration.ActionUnresolved: "pointers would lead nowhere",
}

var colours = map[migration.Action]string{
	migration.ActionCreate: "32", migration.ActionUpdate: "36", migration.ActionAdopt: "34", migration.ActionSkip: "33",
	migration.ActionReject: "31", migration.ActionGone: "35", migration.ActionUnresolved: "33",
}

func (p *printer) group(s *Sheet, g group, total uint64, colour bool) {
	if s.listed[g] == 0 {
		return
	}
	word := string(g.action)
	if c := colours[g.action]; colour && c != "" {
		word = "\x1b[" + c + "m" + word + "\x1b[0m"
	}
	p.line("%s %s: %s %s", g.kind, word, humanize.Comma(int64(total)), headings[g.action])
	for _, n := range s.rows {
		if n.Kind == g.kind && n.Action == g.action {
			p.foreseen(n)
		}
	}
	if more := s.left[g]; more > 0 {
		p.line("  … and %s more; --json and --html list them", humanize.Comma(int64(more)))
	}
	p.line("")
}

func (p *printer) foreseen(n *migration.Foreseen) {
	line := "  " + plain(n.Kind+"/"+n.SourceID)
	if n.Title != "" {
		line += "  " + n.Title
	}
	if n.Edited {
		line += "  (edited on the target since)"
	}
	p.line("%s", line)
	if n.Problem != nil {
		p.line("      %s: %s", n.Problem.Code, plain(n.Problem.Cause))
	}
	if len(n.Fields) > 0 && n.Action == migration.ActionUpdate {
		p.line("      changes %s%s", plain(strings.Join(n.Fields[:min(maxFields, len(n.Fields))], ", ")), moreOf(len(n.Fields)-maxFields))
	}
	for _, l := range lossLines(n) {
		p.line("      loss %s", plain(l))
	}
}

// plain keeps control characters of foreign bytes from the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '�'
		}
		return r
	}, s)
}

// lossLines are the losses of a record, a line per code with its fields.
func lossLines(n *migration.Foreseen) []string {
	var codes, lines []string
	fields := map[string][]string{}
	for _, l := range n.Losses {
		if !slices.Contains(codes, l.Code) {
			codes = append(codes, l.Code)
		}
		if l.Field != "" && l.Field != "*" && !slices.Contains(fields[l.Code], l.Field) {
			fields[l.Code] = append(fields[l.Code], l.Field)
		}
	}
	for _, c := range codes {
		if len(fields[c]) > 0 {
			c += " (" + strings.Join(fields[c][:min(maxFields, len(fields[c]))], ", ") + moreOf(len(fields[c])-maxFields) + ")"
		}
		lines = append(lines, c)
	}
	return lines
}

// DiffJSON writes one document while the records come, each on a line of its own: {"records":[…],"plan":{…}}.
type DiffJSON struct {
	w *bufio.Writer
	n int
}

// NewDiffJSON begins the document.
func NewDiffJSON(w io.Writer) *DiffJSON { return &DiffJSON{w: bufio.NewWriter(w)} }

// Add writes one record.
func (d *DiffJSON) Add(n *migration.Foreseen) error {
	sep := ",\n"
	if d.n == 0 {
		sep = "{\"records\":[\n"
	}
	d.n++
	b, err := json.Marshal(n)
	if err == nil {
		_, err = d.w.WriteString(sep + string(b))
	}
	return err
}

// End writes the plan behind the records.
func (d *DiffJSON) End(plan *migration.Plan) error {
	head := "\n],\"plan\":"
	if d.n == 0 {
		head = "{\"records\":[],\"plan\":"
	}
	b, err := json.Marshal(plan)
	if err == nil {
		_, err = d.w.WriteString(head + string(b) + "}\n")
	}
	if err != nil {
		return err
	}
	return d.w.Flush()
}

//go:embed diff.html
var diffPage string

var diffTemplate = template.Must(template.New("diff").Funcs(template.FuncMap{
	"bytes": humanize.IBytes, "duration": Duration, "explain": Explain, "advice": constructAdvice, "group": groupLosses, "lossLines": lossLines,
	"comma": func(n any) string { return humanize.Comma(toInt(n)) },
	"join":  func(s []string) string { return strings.Join(s, ", ") },
}).Parse(diffPage))

func toInt(n any) int64 {
	if u, ok := n.(uint64); ok {
		return int64(u)
	}
	return int64(n.(int))
}

// DiffHTML writes a plan with what would become of the records as one page that needs nothing else; s may be nil when they were not asked for.
func DiffHTML(w io.Writer, plan *migration.Plan, s *Sheet) error {
	if s == nil {
		s = PageSheet()
	}
	titles := slices.ContainsFunc(s.rows, func(n *migration.Foreseen) bool { return n.Title != "" })
	b := bufio.NewWriter(w)
	err := diffTemplate.Execute(b, map[string]any{"Plan": plan, "Rows": s.rows, "Left": s.leftAll, "Actions": migration.Actions, "Headings": headings, "Titles": titles})
	if err != nil {
		return err
	}
	return b.Flush()
}
