package cmstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// largeRows: rows that are too large for a record are refused alone, in a run and when they are asked for by name (Rule 4).
func (s *suite) largeRows(t *testing.T) {
	if s.h.Large == "" {
		t.Skip("no column takes any length")
	}
	const want = 2
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	s.grow(t, set)
	site := s.open(t, set)
	items, _ := readKind(t, site, recordv1.Kind_KIND_ENTRY, 2)
	var ids []string
	for _, it := range items {
		if it.Unread.GetProblem().GetCode() == "record_too_large" {
			ids = append(ids, it.Unread.GetRef().GetSourceId())
			if it.Unread.GetOutcome() != agentv1.Outcome_OUTCOME_REJECTED || it.Unread.GetProblem().GetFix() == "" {
				t.Errorf("%v has no outcome or no fix", it.Unread)
			}
		}
	}
	if len(ids) != want || len(items) <= want {
		t.Fatalf("%d of %d entries are too large, not %d", len(ids), len(items), want)
	}
	named, err := site.Fetch(t.Context(), site.DB(), recordv1.Kind_KIND_ENTRY, ids)
	must(t, err)
	for i, it := range named {
		if it.Unread.GetProblem().GetCode() != "record_too_large" || it.Unread.GetRef().GetSourceId() != ids[i] {
			t.Errorf("%s, asked for by its name: %v", ids[i], it.Unread)
		}
	}
}

// grow makes entries too large.
func (s *suite) grow(t *testing.T, set cms.Settings) {
	t.Helper()
	text := fmt.Sprintf("repeat('x', %d)", record.MaxBytes+1<<20)
	db := admin(t, set)
	switch s.dialect {
	case cmssql.SQLite:
		text = fmt.Sprintf("hex(zeroblob(%d))", record.MaxBytes/2+1<<20)
	case cmssql.MySQL:
		// What a session may make is what the server took when it began.
		must(t, db.Exec(t.Context(), fmt.Sprintf("SET GLOBAL max_allowed_packet = %d", 4*record.MaxBytes)))
		must(t, db.Close())
		db = admin(t, set)
	}
	must(t, db.Exec(t.Context(), db.Dialect().Named(set.Prefix, strings.ReplaceAll(s.h.Large, "{text}", text))))
	must(t, db.Close())
}
