package cmstest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// rollback undoes everything; stop < 0 lets it run, otherwise the stop-th answer is not taken and the call ends with it.
func (d *desk) rollback(t *testing.T, dry bool, stop int) (acts map[string]string, stopped bool) {
	t.Helper()
	books := d.books
	if dry {
		books = d.dryRun(t).Ledger
	}
	sc, err := books.Scope(t.Context(), d.scope)
	must(t, err)
	acts = map[string]string{}
	gone := errors.New("the caller is gone")
	err = books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{Scope: d.scope, DryRun: dry}, nil, func(r *agentv1.RollbackResponse) error {
		if stop == 0 {
			return gone
		}
		stop--
		for _, res := range r.GetResults() {
			acts[record.KeyOf(res.GetRef()).String()] = res.GetAction() + res.GetProblem().GetCode()
		}
		return nil
	})
	if errors.Is(err, gone) {
		return acts, true
	}
	must(t, err)
	d.sound(t)
	return acts, false
}

// inhabited is a target with content of its own, some of which stands for records to come.
func (s *suite) inhabited(t *testing.T) (*desk, []*recordv1.Record) {
	t.Helper()
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	set.Writable, set.Files = true, t.TempDir()
	d := s.desk(t, set)
	recs := s.fitted(s.samples()...)
	for _, kind := range []cms.Kind{recordv1.Kind_KIND_USER, recordv1.Kind_KIND_TERM} {
		if s.kinds[kind] == nil || !s.kinds[kind].GetWritable() || !s.kinds[kind].GetReadable() {
			continue
		}
		items, _ := readKind(t, d.site, kind, 1)
		for i, it := range items {
			if it.Record == nil || i > 1 {
				continue
			}
			r := proto.CloneOf(it.Record)
			r.Ref = record.NewRef(kind, fmt.Sprintf("s-adopted-%d", i))
			record.MapRefs(r, func(*recordv1.Ref) *recordv1.Ref { return nil })
			record.Seal(r)
			recs = append(recs, s.fitted(r)...)
		}
	}
	return d, recs
}

// Rule 6.
func (s *suite) rollbackRestores(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	first := d.writeAll(t, recs)
	d.scope.Run = "run-2"
	var second []*recordv1.Record
	for _, r := range recs {
		r = proto.CloneOf(r)
		if r.GetEntry() != nil {
			r.GetEntry().Title += " again"
			record.Seal(r)
		}
		second = append(second, r)
	}
	d.writeAll(t, second)
	written := s.checksums(t, d.set, none)
	told, _ := d.rollback(t, true, -1)
	differ(t, written, s.checksums(t, d.set, none))
	acts, _ := d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
	if !maps.Equal(told, acts) {
		t.Errorf("said %v, did %v", told, acts)
	}
	for key, res := range first {
		want := map[agentv1.Outcome]string{agentv1.Outcome_OUTCOME_CREATED: "removed", agentv1.Outcome_OUTCOME_UPDATED: "restored"}[res.GetOutcome()]
		if acts[key.String()] != want {
			t.Errorf("%v was %v, and is %q", key, res.GetOutcome(), acts[key.String()])
		}
	}
	// What is undone can be done anew.
	d.scope.Run = "run-3"
	d.writeAll(t, recs)
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}

func none(string) bool { return false }

// A rollback that ends after any of its transactions goes on when it is called again.
func (s *suite) rollbackResumes(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	d.writeAll(t, recs)
	interrupted := 0
	for {
		if _, stopped := d.rollback(t, false, 0); !stopped {
			break
		}
		if interrupted++; interrupted > 20 {
			break
		}
		if _, stopped := d.rollback(t, false, interrupted); !stopped {
			break
		}
	}
	d.rollback(t, false, -1)
	if interrupted == 0 {
		t.Error("nothing was interrupted")
	}
	differ(t, before, s.checksums(t, d.set, none))
}

// What was never brought to its end is undone as well.
func (s *suite) rollbackUnfinished(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	for _, kind := range record.Kinds {
		d.write(t, ofKind(recs, kind)...)
	}
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}

// Rule 6: what people have edited since is kept and listed, with what it needs.
func (s *suite) rollbackKeepsEdited(t *testing.T) {
	d, recs := s.inhabited(t)
	entry := ofKind(recs, recordv1.Kind_KIND_ENTRY)[0]
	db := admin(t, d.set)
	before := tables(t, db)
	d.writeAll(t, recs)
	left := d.editing(t, entry)
	edited := left()
	told, _ := d.rollback(t, true, -1)
	acts, _ := d.rollback(t, false, -1)
	if !maps.Equal(told, acts) {
		t.Errorf("said %v, did %v", told, acts)
	}
	if got := acts[record.KeyOf(entry.GetRef()).String()]; got != "keptedited_since" {
		t.Errorf("the edited entry is %q", got)
	}
	if n := left(); edited == 0 || n != edited {
		t.Errorf("%d edited entries, %d are left", edited, n)
	}
	// Tables of the platform's own may stay with what people keep; those of the ledger do not.
	if after := slices.DeleteFunc(tables(t, db), func(name string) bool { return !bailey(name) || slices.Contains(before, name) }); len(after) > 0 {
		t.Errorf("tables that stay: %v", after)
	}
}
