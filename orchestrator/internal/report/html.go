package report

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/dustin/go-humanize"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"bytes": humanize.IBytes, "duration": Duration, "explain": Explain, "headline": Headline, "blame": Blame, "group": groupLosses,
	"comma": func(n uint64) string { return humanize.Comma(int64(n)) },
}).Parse(page))

// HTML writes a report as one page that needs nothing else.
func HTML(w io.Writer, r *migration.Report) error { return pageTemplate.Execute(w, r) }
