package cmstest

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// writesBeside writes below an unusual prefix, beside tables that look like the site's, into tables to which plugins have added columns.
func (s *suite) writesBeside(t *testing.T) {
	set := s.h.Target(t, s.dialect, s.h.Unusual)
	own := map[string]bool{}
	for table := range s.checksums(t, set, none) {
		own[table] = true
	}
	s.addColumns(t, set)
	s.decoys(t, set)
	site := func(table string) bool { return own[table] || strings.HasPrefix(table, set.Prefix) || bailey(table) }
	before := s.checksums(t, set, site)
	d := s.desk(t, set)
	recs := s.fitted(s.samples()...)
	for key, res := range d.writeAll(t, recs) {
		if o := res.GetOutcome(); o == agentv1.Outcome_OUTCOME_REJECTED || o == agentv1.Outcome_OUTCOME_SKIPPED {
			t.Errorf("%v: %v: %v", key, o, res.GetProblem())
		}
	}
	d.compare(t, recs)
	after := s.checksums(t, set, site)
	maps.DeleteFunc(after, func(table, _ string) bool { _, was := before[table]; return !was })
	differ(t, before, after)
	must(t, d.site.Close())
	if sc, err := d.books.Scope(t.Context(), d.scope); err == nil {
		if res, err := d.books.Write(t.Context(), sc, s.fitted(s.entry(400, "After the end"))); err == nil {
			t.Errorf("a closed site takes records: %v", res)
		}
	}
}

// silent watches a log: what people have written or are called has no place in it.
func (s *suite) silent(t *testing.T, logs *observer.ObservedLogs) {
	t.Helper()
	t.Cleanup(func() {
		enc := zapcore.NewMapObjectEncoder()
		for _, e := range logs.All() {
			for _, f := range e.Context {
				f.AddTo(enc)
			}
			if line := fmt.Sprint(e.Message, enc.Fields); strings.Contains(line, "@example.org") || strings.Contains(line, "Stands alone") {
				t.Errorf("the log tells what is in the site: %s", line)
			}
		}
	})
}

// personal are the words of a site's accounts that nobody else may see.
func (s *suite) personal(t *testing.T, site cms.Site) (words []string) {
	t.Helper()
	if !s.kinds[recordv1.Kind_KIND_USER].GetReadable() {
		return nil
	}
	items, _ := readKind(t, site, recordv1.Kind_KIND_USER, 1)
	for _, it := range items {
		words = append(words, it.Record.GetUser().GetEmail(), it.Record.GetUser().GetPassword().GetHash())
	}
	return words
}
