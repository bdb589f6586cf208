package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() *migration.Report {
	return &migration.Report{
		Migration: "01J", Run: 1, Mode: "migrate", Status: migration.Done, Stage: migration.StageDone,
		Source: migration.Site{ID: "s", Platform: "wordpress", Version: "6.8", BaseURL: "https://old.example.org"},
		Target: migration.Site{ID: "t", Platform: "ghost", Version: "5.130", BaseURL: "https://new.example.org"},
		Kinds: []migration.KindReport{
			{Kind: "user", Listed: 3, Read: 3, Created: 2, Adopted: 1, Verified: 3},
			{Kind: "entry", Listed: 1200, Read: 1200, Created: 1190, Skipped: 8, Rejected: 2, Verified: 1189, Different: 1},
		},
		Losses: []migration.LossReport{
			{Code: "field_not_held", Kind: "entry", Field: "guid", Count: 3, Refs: []string{"entry/4"}},
			{Code: "field_not_held", Kind: "entry", Field: "pings", Count: 1, Refs: []string{"entry/5"}},
			{Code: "shortcode:gallery", Kind: "entry", Count: 2, Refs: []string{"entry/4", "entry/<b>"}},
			{Code: "slug_taken", Kind: "entry", Field: "slug", Count: 1, Refs: []string{"entry/8"}},
			{Code: "fallback_author", Kind: "entry", Field: "authors", Count: 2, Refs: []string{"entry/4", "entry/9"}, Instead: "user/1"},
			{Code: "role_lowered", Kind: "user", Field: "roles", Count: 1, Refs: []string{"user/2"}},
			{Code: "too_long", Kind: "user", Field: "bio", Count: 1, Refs: []string{"user/2"}},
			{Code: "something_new", Kind: "user", Count: 1, Refs: []string{}},
		},
		Rejected: []migration.RejectedReport{{Kind: "entry", SourceID: "7", Code: "record_too_large", Cause: "the record has 20 MB", Fix: "Shorten it."}},
		Differences: []migration.DifferenceReport{
			{Kind: "entry", SourceID: "9", Field: "title"}, {Kind: "entry", SourceID: "9", Field: "slug", Altered: migration.AlteredOnTarget},
			{Kind: "entry", SourceID: "10", Field: "title", Altered: migration.AlteredOnSource}, {Kind: "entry", SourceID: "11", Field: "title", Altered: migration.AlteredOnBoth},
		},
		Findings: []migration.Remark{{Side: "target", Code: "restart", Severity: "warning", Cause: "Ghost keeps addresses in memory", Fix: "Restart Ghost."}},
		Bytes:    5 << 20, Seconds: 61.2, Root: strings.Repeat("ab", 32), Ended: "2026-01-02T03:04:05Z",
		Roots: map[string]string{"user": strings.Repeat("cd", 32), "entry": strings.Repeat("ef", 32)},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.txt":  func(b *bytes.Buffer) error { return report.Text(b, sample()) },
		"report.json": func(b *bytes.Buffer) error { return report.JSON(b, sample()) },
		"report.html": func(b *bytes.Buffer) error { return report.HTML(b, sample()) },
		"plan.txt":    func(b *bytes.Buffer) error { return report.PlanText(b, samplePlan()) },
		"plan.html":   func(b *bytes.Buffer) error { return report.DiffHTML(b, samplePlan(), nil) },
		"quick.txt": func(b *bytes.Buffer) error {
			return report.PlanText(b, &migration.Plan{Source: sample().Source, Target: sample().Target, Quick: true, Findings: sample().Findings})
		},
		"diff.txt": func(b *bytes.Buffer) error {
			return report.DiffText(b, diffPlan(foreseen()), sheet(report.TextSheet(), foreseen()), false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, b.Bytes()) {
				t.Errorf("differs from %s:\n%s", file, b.String())
			}
		})
	}
}

func samplePlan() *migration.Plan {
	s := sample()
	findings := append(s.Findings, migration.Remark{Side: "source", Code: "orphan_author", Severity: "warning", Kind: "entry", Count: 1234, Cause: "records name an author who is not there",
		Will: "Another account stands in.", Fix: "Give them an author.", Examples: []string{"entry/4 authors", "entry/<b> authors"}},
		migration.Remark{Side: "source", Code: "charset_damaged", Severity: "warning", Kind: "entry", Count: 7, Cause: "texts look as if they had been encoded twice", Will: "They are moved as they are.",
			Fix: "Give --repair-charset.", Examples: []string{"entry/5 title"}, Sample: "CafÃ© → Café"})
	losses := append(s.Losses, migration.LossReport{Code: "shortcode:form", Kind: "entry", Field: "content", Count: 2, Refs: []string{"entry/4"}, Example: `[form to="<b>"]`})
	return &migration.Plan{
		Source: s.Source, Target: s.Target, Sampled: true, Losses: losses, Rejected: s.Rejected, Findings: findings, Bytes: 5 << 20, Files: 3, EstimateSeconds: 12,
		EstimateRange: [2]float64{4, 90}, DiskBytes: 11 << 20,
		Kinds: []migration.PlanKind{{Kind: "entry", Listed: 10, Looked: 10, Moved: 8, Skipped: 2, Mapping: []migration.Mapping{
			{From: "post", To: "post", Count: 8}, {From: "nav_menu", Count: 2},
		}}},
	}
}

func TestPageNeedsNothingElseAndEscapes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := report.HTML(&b, sample()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, outside := range []string{"src=", "<link", "@import", "url(", "<script", "entry/<b>"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page holds %q", outside)
		}
	}
	for _, due := range []string{`lang="en"`, "<caption>", `scope="col"`, "prefers-color-scheme: dark", "1,200"} {
		if !strings.Contains(page, due) {
			t.Errorf("the page lacks %q", due)
		}
	}
}

func TestHeadlineSaysHowItStands(t *testing.T) {
	t.Parallel()
	done := migration.Report{Status: migration.Done, Kinds: []migration.KindReport{{Verified: 1}}}
	for want, change := range map[string]func(*migration.Report){
		"Finished. Every record is accounted for; 1 record verified on the target.": func(*migration.Report) {},
		"Finished. 1 record verified, 2 rejected.":                                  func(r *migration.Report) { r.Kinds = []migration.KindReport{{Verified: 1, Rejected: 2}} },
		"Finished, but 3 records are not as intended on the target.": func(r *migration.Report) {
			r.Kinds, r.Differences = []migration.KindReport{{Different: 3}}, make([]migration.DifferenceReport, 1)
		},
		"Verified again: 1 record is on the target as intended.": func(r *migration.Report) { r.Reverified = "2026-01-02T03:04:05Z" },
		"Verified again: 1 record is not as intended, altered since on the target or on the source.": func(r *migration.Report) {
			r.Reverified, r.Kinds, r.Differences = "2026-01-02T03:04:05Z", []migration.KindReport{{Different: 1}}, make([]migration.DifferenceReport, 1)
		},
		`Failed in the stage "copy" after 0 records.`:    func(r *migration.Report) { r.Status, r.Stage = migration.Failed, migration.StageCopy },
		`Paused in the stage "copy" after 0 records.`:    func(r *migration.Report) { r.Status, r.Stage = migration.Paused, migration.StageCopy },
		`Running: stage "index", 0 records read.`:        func(r *migration.Report) { r.Status, r.Stage = migration.Running, migration.StageIndex },
		`Cancelled in the stage "copy" after 0 records.`: func(r *migration.Report) { r.Status, r.Stage = migration.Cancelled, migration.StageCopy },
	} {
		r := done
		change(&r)
		if got := report.Headline(&r); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

// codes are those that drivers give for what they have adjusted.
var codes = regexp.MustCompile(`adjust\("[^"]+", "([a-z_]+)"|Adjustment\{[^}]*Code: "([a-z_]+)"`)

// What a target has adjusted is never left without its reason.
func TestEveryAdjustmentIsExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../agent/internal/*/*/*.go")
	more, merr := filepath.Glob("../../../agent/internal/*/*.go")
	if err != nil || merr != nil {
		t.Fatal(err, merr)
	}
	seen := 0
	for _, f := range append(files, more...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codes.FindAllStringSubmatch(string(text), -1) {
			seen++
			if code := m[1] + m[2]; strings.HasPrefix(report.Explain(code), "The target holds this otherwise") {
				t.Errorf("%s: the code %s has no explanation", f, code)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d adjustments were found", seen)
	}
}
