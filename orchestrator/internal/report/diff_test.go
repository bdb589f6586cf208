package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func foreseen() []*migration.Foreseen {
	return []*migration.Foreseen{
		{Kind: "user", SourceID: "1", Action: migration.ActionAdopt, Losses: []migration.ForeseenLoss{{Code: "kept_existing", Field: "*", Count: 1}}},
		{Kind: "entry", SourceID: "4", Title: `<b>Über</b> "x"`, Action: migration.ActionCreate, Losses: []migration.ForeseenLoss{
			{Code: "field_not_held", Field: "guid", Count: 1}, {Code: "field_not_held", Field: "pings", Count: 1}, {Code: "slug_taken", Field: "slug", Count: 1}}},
		{Kind: "entry", SourceID: "5", Action: migration.ActionUpdate, Fields: []string{"title", "content"}, Edited: true},
		{Kind: "entry", SourceID: "6", Action: migration.ActionUnchanged},
		{Kind: "entry", SourceID: "7\x1b[31m</script>", Action: migration.ActionReject, Problem: &migration.Problem{Code: "record_too_large", Cause: "the record has 20 MB", Fix: "Shorten it."}},
		{Kind: "entry", SourceID: "8", Action: migration.ActionGone},
		{Kind: "entry", SourceID: "4", Action: migration.ActionUnresolved, Fields: []string{"text:content"},
			Problem: &migration.Problem{Code: "link_unresolved", Cause: "it points to entry/99, which would not be on the target"}},
	}
}

func diffPlan(rows []*migration.Foreseen) *migration.Plan {
	plan := samplePlan()
	plan.Sampled = false
	at := map[string]int{}
	for _, n := range rows {
		if _, ok := at[n.Kind]; !ok {
			at[n.Kind] = len(plan.Diff)
			plan.Diff = append(plan.Diff, migration.DiffKind{Kind: n.Kind, Actions: map[migration.Action]uint64{}})
		}
		k := &plan.Diff[at[n.Kind]]
		k.Actions[n.Action]++
		if n.Lossy() {
			k.Lossy++
		}
		if n.Edited {
			k.Edited++
		}
	}
	return plan
}

func sheet(s *report.Sheet, rows []*migration.Foreseen) *report.Sheet {
	for _, n := range rows {
		s.Add(n)
	}
	return s
}

func page(t *testing.T, rows []*migration.Foreseen) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.DiffHTML(&b, diffPlan(rows), sheet(report.PageSheet(), rows)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDiffPageNeedsNothingElseAndEscapes(t *testing.T) {
	t.Parallel()
	p := page(t, foreseen())
	for _, outside := range []string{"src=", "<link", "@import", "url(", "http-equiv=\"refresh", "<b>Über", "[31m</script>", "http://", "innerHTML"} {
		if strings.Contains(p, outside) {
			t.Errorf("the page holds %q", outside)
		}
	}
	for _, want := range []string{"&lt;b&gt;Über", "default-src 'none'", `data-a="update" data-e`, `data-a="create" data-l`, "field_not_held (guid, pings)", "entry/99"} {
		if !strings.Contains(p, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestDiffTextIsBoundedAndColourless(t *testing.T) {
	t.Parallel()
	rows := foreseen()
	for i := range 5000 {
		rows = append(rows, &migration.Foreseen{Kind: "term", SourceID: fmt.Sprint(i), Action: migration.ActionCreate})
	}
	for _, colour := range []bool{false, true} {
		var b bytes.Buffer
		if err := report.DiffText(&b, diffPlan(rows), sheet(report.TextSheet(), rows), colour); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.Count(text, "\n") > 100 || !strings.Contains(text, "and 4,992 more") {
			t.Errorf("the text has %d lines", strings.Count(text, "\n"))
		}
		if strings.Contains(text, "\x1b[31m<") || strings.Contains(text, "\x1b") != colour {
			t.Errorf("colour %v: %q", colour, text[:400])
		}
	}
}

func TestDiffJSONIsOneDocumentInLines(t *testing.T) {
	t.Parallel()
	for _, rows := range [][]*migration.Foreseen{foreseen(), nil} {
		var b bytes.Buffer
		doc := report.NewDiffJSON(&b)
		for _, n := range rows {
			if err := doc.Add(n); err != nil {
				t.Fatal(err)
			}
		}
		if err := doc.End(diffPlan(rows)); err != nil {
			t.Fatal(err)
		}
		var back struct {
			Records []*migration.Foreseen
			Plan    *migration.Plan
		}
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Records) != len(rows) || back.Plan == nil {
			t.Errorf("%v: %s", err, b.String())
		}
		if len(rows) > 0 && strings.Count(b.String(), "\n") != len(rows)+2 {
			t.Errorf("the lines are %q", b.String())
		}
	}
}

// Rule 9: what is held does not grow with the site, and each kind is represented.
func TestSheetIsBounded(t *testing.T) {
	t.Parallel()
	var rows []*migration.Foreseen
	for _, kind := range []string{"user", "entry"} {
		for i := range 30_000 {
			rows = append(rows, &migration.Foreseen{Kind: kind, SourceID: fmt.Sprint(i), Action: migration.ActionCreate})
		}
	}
	p := page(t, rows)
	if n := strings.Count(p, "<tr data-k="); n != 20_200 {
		t.Errorf("%d rows on the page", n)
	}
	if !strings.Contains(p, "39,800 more records") {
		t.Error("what is left out is not told")
	}
}
