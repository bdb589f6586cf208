package cmstest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const byPeople = "edited by people"

// editing changes an entry on the target as people do; the gift counts the rows that still hold their words.
func (d *desk) editing(t *testing.T, entry *recordv1.Record) (left func() int) {
	t.Helper()
	title := d.back(t, entry)[0].GetRecord().GetEntry().GetTitle()
	if d.h.Edit != nil {
		return d.h.Edit(t, d.set, title)
	}
	col, ok := d.h.Poison[recordv1.Kind_KIND_ENTRY]
	if !ok {
		t.Skip("the harness names no column of entries")
	}
	db := admin(t, d.set)
	table := cmssql.QuoteName(db.Dialect(), d.set.Prefix+col.Table)
	count := func(title string) (n int) {
		must(t, db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE "+col.Column+" = ?", title).Scan(&n))
		return n
	}
	// Some platforms keep lines of menus in the same table.
	if count(title) == 0 {
		t.Fatalf("no row has the title %q", title)
	}
	must(t, db.Exec(t.Context(), "UPDATE "+table+" SET "+col.Column+" = '"+byPeople+"' WHERE "+col.Column+" = ?", title))
	return func() int { return count(byPeople) }
}

// unique gives entries with titles that no other row has.
func unique(recs []*recordv1.Record) []*recordv1.Record {
	return again(ofKind(recs, recordv1.Kind_KIND_ENTRY), " (only here)")
}

// again gives records as the source has them later: every title and name is another one.
func again(recs []*recordv1.Record, word string) []*recordv1.Record {
	var all []*recordv1.Record
	for _, r := range recs {
		r = proto.CloneOf(r)
		switch b := r.GetBody().(type) {
		case *recordv1.Record_Site:
			b.Site.Title += word
		case *recordv1.Record_User:
			b.User.DisplayName += word
		case *recordv1.Record_Term:
			b.Term.Name += word
		case *recordv1.Record_Media:
			b.Media.Title += word
		case *recordv1.Record_Entry:
			b.Entry.Title += word
		case *recordv1.Record_Comment:
			b.Comment.AuthorName += word
		case *recordv1.Record_Menu:
			b.Menu.Items[0].Title += word
		}
		record.Seal(r)
		all = append(all, r)
	}
	return all
}

// What only migrations have written is never taken for edited.
func (s *suite) laterRunsAreNoEdits(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	d.writeAll(t, recs)
	for _, word := range []string{" again", " and again"} {
		d.scope.Run = "run" + word
		// Half of them first: what they change in the rows of others is no edit either.
		for i, part := range [][]*recordv1.Record{recs[:len(recs)/2], recs} {
			d.scope.Run = d.scope.Run + string(rune('a'+i))
			for key, res := range d.writeAll(t, again(part, word)) {
				if res.GetOutcome() == agentv1.Outcome_OUTCOME_SKIPPED {
					t.Errorf("%s: %v: %v", d.scope.GetRun(), key, res.GetProblem())
				}
			}
		}
	}
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}

// Rule 6: what people have edited since is not written over in silence.
func (s *suite) editedIsKept(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	d.writeAll(t, recs)
	d.scope.Run = "run-1b"
	entries := unique(recs)
	d.write(t, entries...)
	d.relink(t)
	left := d.editing(t, entries[0])
	edited := left()
	d.scope.Run = "run-2"
	newer := again(entries, " again")
	for range 2 {
		for i, res := range d.write(t, newer...) {
			kept := res.GetOutcome() == agentv1.Outcome_OUTCOME_SKIPPED && res.GetProblem().GetCode() == "edited_on_target"
			if kept != (i == 0) {
				t.Errorf("entry %d: %v %v", i, res.GetOutcome(), res.GetProblem())
			}
		}
	}
	d.relink(t)
	if edited == 0 || left() != edited {
		t.Errorf("%d edited rows, %d are left", edited, left())
	}
	d.compare(t, newer[1:])
	d.scope.Run = "run-3"
	if o := d.write(t, entries[0])[0].GetOutcome(); o != agentv1.Outcome_OUTCOME_UNCHANGED {
		t.Errorf("the source is as it was, but the entry is %v", o)
	}
	d.scope.Run, d.scope.Edited = "run-4", agentv1.Edited_EDITED_OVERWRITE
	for _, entry := range []*recordv1.Record{entries[0], newer[0]} {
		res := d.write(t, entry)[0]
		if n := len(res.GetAdjustments()); res.GetOutcome() != agentv1.Outcome_OUTCOME_UPDATED || n == 0 || res.GetAdjustments()[n-1].GetCode() != "edits_overwritten" {
			t.Errorf("to be overwritten: %v", res)
		}
		d.relink(t)
		d.compare(t, []*recordv1.Record{entry})
		d.editing(t, entry)
		d.scope.Run += "+"
	}
	d.write(t, entries[0])
	d.relink(t)
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}

// withdraw gives action and code by record.
func (d *desk) withdraw(t *testing.T, how agentv1.Withdrawal, recs ...*recordv1.Record) map[record.Key]string {
	t.Helper()
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	all, err := d.books.Withdraw(t.Context(), sc, &agentv1.WithdrawRequest{Refs: refs(recs), Withdrawal: how}, nil)
	must(t, err)
	acts := map[record.Key]string{}
	for _, a := range all {
		acts[record.KeyOf(a.GetRef())] = a.GetAction() + a.GetProblem().GetCode()
	}
	return acts
}

// What the source no longer has goes, with all its rows; what was there before and what others need stays.
func (s *suite) withdrawRemoves(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	first := d.writeAll(t, recs)
	if user := ofKind(recs, recordv1.Kind_KIND_USER)[0]; len(d.site.Bodies(recordv1.Kind_KIND_USER)[0].Uses) > 0 {
		written := s.checksums(t, d.set, bailey)
		if got := d.withdraw(t, agentv1.Withdrawal_WITHDRAWAL_DELETE, user)[record.KeyOf(user.GetRef())]; got != "keptin_use" {
			t.Errorf("the author of entries that stay is %q", got)
		}
		differ(t, written, s.checksums(t, d.set, bailey))
	}
	acts := d.withdraw(t, agentv1.Withdrawal_WITHDRAWAL_DELETE, recs...)
	var gone []*recordv1.Record
	for _, r := range recs {
		key, o := record.KeyOf(r.GetRef()), first[record.KeyOf(r.GetRef())].GetOutcome()
		switch removable := o == agentv1.Outcome_OUTCOME_CREATED && cms.Removable(d.site, key.Kind); {
		case removable && acts[key] == "removed":
			gone = append(gone, r)
		case removable || acts[key] != "keptwas_there_before":
			t.Errorf("%v was %v and is %q", key, o, acts[key])
		}
	}
	for _, it := range d.back(t, gone...) {
		if it.GetRecord() != nil {
			t.Errorf("%v is still there", record.KeyOf(it.GetRef()))
		}
	}
	d.relink(t)
	d.scope.Run = "run-2"
	for key, res := range d.writeAll(t, gone) {
		if res.GetOutcome() != first[key].GetOutcome() {
			t.Errorf("%v was made anew and is %v", key, res.GetOutcome())
		}
	}
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}

// What people have edited is not withdrawn; what is hidden comes back with the source's record.
func (s *suite) withdrawHides(t *testing.T) {
	d, recs := s.inhabited(t)
	before := s.checksums(t, d.set, none)
	d.writeAll(t, recs)
	d.scope.Run = "run-1b"
	entries := unique(recs)
	d.write(t, entries...)
	d.relink(t)
	kept := agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH
	hides := false
	for _, b := range d.site.Bodies(recordv1.Kind_KIND_ENTRY) {
		hides = hides || b.Hide != nil
	}
	for key, got := range d.withdraw(t, kept, entries...) {
		if want := map[bool]string{true: "unpublished", false: "keptcannot_unpublish"}[hides]; got != want {
			t.Errorf("%v is %q", key, got)
		}
	}
	d.relink(t)
	for _, it := range d.back(t, entries...) {
		if hides && it.GetRecord().GetEntry().GetStatus() == recordv1.Status_STATUS_PUBLISHED {
			t.Errorf("%v is still published", record.KeyOf(it.GetRef()))
		}
	}
	d.scope.Run = "run-2"
	d.write(t, entries...)
	d.relink(t)
	for i, it := range d.back(t, entries...) {
		if e := entries[i].GetEntry(); it.GetRecord().GetEntry().GetStatus() != e.GetStatus() {
			t.Errorf("%v is %v again", record.KeyOf(it.GetRef()), it.GetRecord().GetEntry().GetStatus())
		}
	}
	left := d.editing(t, entries[0])
	edited := left()
	for _, how := range []agentv1.Withdrawal{kept, agentv1.Withdrawal_WITHDRAWAL_DELETE} {
		if got := d.withdraw(t, how, entries[0])[record.KeyOf(entries[0].GetRef())]; got != "keptedited_since" || left() != edited {
			t.Errorf("the edited entry is %q", got)
		}
	}
	d.scope.Run, d.scope.Edited = "run-3", agentv1.Edited_EDITED_OVERWRITE
	d.write(t, entries...)
	d.relink(t)
	d.rollback(t, false, -1)
	differ(t, before, s.checksums(t, d.set, none))
}
