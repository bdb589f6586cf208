package joomla

import (
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/joomla/joomlatest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// The tables of Joomla 6 are read as those of 5, and its versions too.
func TestTablesOfSix(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.MySQL, cmssql.Postgres} {
		s := joomlatest.New(t, d, "jos_", false)
		s.Fill(t)
		s.Six(t)
		site, err := Driver{}.Open(t.Context(), s.Settings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = site.Close() })
		opt := cms.Options{Revisions: true}
		facts, err := site.Probe(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if facts.Version != "6.0.0" || slices.ContainsFunc(facts.Findings, func(f *agentv1.Finding) bool { return f.GetCode() == "version_untested" }) {
			t.Errorf("version %q, findings %v", facts.Version, facts.Findings)
		}
		entries, revisions := uint64(0), 0
		shards, err := site.Split(t.Context(), kindEntry, 1, opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, sh := range shards {
			for it, err := range site.Read(t.Context(), kindEntry, sh, nil, opt) {
				if err != nil || it.Record == nil {
					t.Fatal(it.Unread, err)
				}
				if entries++; it.Record.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION && it.Record.GetEntry().GetTitle() == "Before" {
					revisions++
				}
			}
		}
		if entries != facts.Counts[kindEntry] || revisions != 1 {
			t.Errorf("%d entries of %d, %d versions", entries, facts.Counts[kindEntry], revisions)
		}
	}
}
