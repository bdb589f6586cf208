//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// resultsFile keeps what the last run of all pairs has shown. The support matrix in the README is made of it (make matrix).
const resultsFile = "../docs/pairs.json"

// pairResult is what the run has shown of one pair.
type pairResult struct {
	Source pairEnd `json:"source"`
	Target pairEnd `json:"target"`
	// OK: all that TestPairs asks of a pair held.
	OK       bool `json:"ok"`
	Listed   int  `json:"listed"`
	Moved    int  `json:"moved"`
	Skipped  int  `json:"skipped"`
	Rejected int  `json:"rejected"`
	// Back: it was moved back as well. Told counts the fields that were not there any more, or otherwise, as the reports said.
	Back bool `json:"back,omitempty"`
	// Whole counts what the content consists of beside its records.
	Whole wholeness `json:"whole"`
	Told  int       `json:"told,omitempty"`
}

// pairEnd is a fixture and what its agent says that it is.
type pairEnd struct {
	Fixture  string `json:"fixture"`
	Platform string `json:"platform"`
	Version  string `json:"version"`
}

// pairResults are those of a run, in the order of the tables.
type pairResults struct {
	mu  sync.Mutex
	all []*pairResult
}

var pairs pairResults

// begin makes room for a pair; it failed until it is noted.
func (p *pairResults) begin(from pairSource, to pairTarget) *pairResult {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &pairResult{Source: pairEnd{Fixture: from.name, Platform: from.platform}, Target: pairEnd{Fixture: to.name, Platform: to.platform}}
	p.all = append(p.all, r)
	return r
}

// note keeps how a pair went, when it is over.
func (p *pairing) note() {
	pairs.mu.Lock()
	defer pairs.mu.Unlock()
	r := p.result
	r.OK = !p.Failed()
	if p.report == nil {
		return
	}
	r.Source.Version, r.Target.Version = p.report.Source.Version, p.report.Target.Version
	for _, k := range p.report.Kinds {
		r.Listed += k.Listed
		r.Moved += k.Created + k.Updated + k.Adopted + k.Unchanged
		r.Skipped += k.Skipped
		r.Rejected += k.Rejected
	}
}

// finish prints the table and, as the last line, how many pairs went well. The file is written when no pair was left out.
func (p *pairResults) finish(w io.Writer) error {
	if len(p.all) == 0 {
		return nil
	}
	ok := 0
	_, _ = fmt.Fprintf(w, "%-12s %-12s %-8s %7s %7s %8s %9s  %s\n", "source", "target", "pair", "listed", "moved", "skipped", "rejected", "and back")
	for _, r := range p.all {
		word, back := "failed", ""
		if r.OK {
			word = "ok"
			ok++
		}
		if r.Source.Version == "" {
			word = "not run"
		}
		if r.Back {
			back = fmt.Sprintf("%d fields told", r.Told)
		}
		_, _ = fmt.Fprintf(w, "%-12s %-12s %-8s %7d %7d %8d %9d  %s\n", r.Source.Fixture, r.Target.Fixture, word, r.Listed, r.Moved, r.Skipped, r.Rejected, back)
	}
	p.whole(w)
	_, _ = fmt.Fprintf(w, "PAIRS ok=%d of=%d\n", ok, len(p.all))
	if slices.ContainsFunc(p.all, func(r *pairResult) bool { return r.Source.Version == "" }) {
		return nil
	}
	b, err := json.MarshalIndent(p.all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(resultsFile, append(b, '\n'), 0o644)
}
