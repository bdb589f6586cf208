package cmstest

import (
	"slices"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Accounts that were there before are never changed.
func (s *suite) adopted(t *testing.T) {
	if !slices.Contains(s.writable(), recordv1.Kind_KIND_USER) {
		t.Skip("the driver declares users not writable: " + s.kinds[recordv1.Kind_KIND_USER].GetReason())
	}
	d := s.target(t)
	mine := s.fitted(user(1, "author"))
	d.good(t, mine)
	before := s.checksums(t, d.set, bailey)
	d.scope.SourceSite = "22222222222222222222222222222222"
	other := user(9, "administrator")
	other.GetUser().Login, other.GetUser().Email, other.GetUser().DisplayName = "sample1", "sample1@example.org", "Somebody Else"
	other.GetUser().Password = &recordv1.Password{Scheme: "unknown", Hash: "!"}
	res := d.write(t, s.fitted(other)...)
	if res[0].GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED {
		t.Errorf("an account with a taken address: %v instead of adopted", res[0].GetOutcome())
	}
	differ(t, before, s.checksums(t, d.set, bailey))
}

// oneAccount: two accounts of the source with one e-mail address, even in one batch, are one on the target.
func (s *suite) oneAccount(t *testing.T) {
	if !slices.Contains(s.writable(), recordv1.Kind_KIND_USER) {
		t.Skip("the driver declares users not writable: " + s.kinds[recordv1.Kind_KIND_USER].GetReason())
	}
	d := s.target(t)
	twin := user(2, "author")
	twin.GetUser().Email = strings.ToUpper(user(1, "author").GetUser().GetEmail())
	res := d.write(t, s.fitted(user(1, "author"), twin)...)
	if res[0].GetOutcome() != agentv1.Outcome_OUTCOME_CREATED || res[1].GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED {
		t.Errorf("%v and %v: one account was wanted", res[0].GetOutcome(), res[1].GetOutcome())
	}
}

// staff are the roles whose accounts may write for others, or run the site.
var staff = []string{"administrator", "super editor", "editor", "author", "contributor", "copy editor", "manager", "site administrator"}

// rolesNeverGoUp: a role that the target does not know makes nobody a writer there, and neither does a reader's.
func (s *suite) rolesNeverGoUp(t *testing.T) {
	if !slices.Contains(s.writable(), recordv1.Kind_KIND_USER) {
		t.Skip("the driver declares users not writable: " + s.kinds[recordv1.Kind_KIND_USER].GetReason())
	}
	d := s.target(t)
	var people []*recordv1.Record
	for i, role := range []string{"keeper of the bridge", "subscriber", "member"} {
		u := user(i+1, role)
		u.GetUser().Account = recordv1.Account_ACCOUNT_MEMBER
		people = append(people, s.fitted(u)...)
	}
	var here []*recordv1.Record
	for i, res := range d.write(t, people...) {
		if res.GetOutcome() != agentv1.Outcome_OUTCOME_SKIPPED {
			here = append(here, people[i])
		}
	}
	for _, b := range d.back(t, here...) {
		for _, role := range b.GetRecord().GetUser().GetRoles() {
			if slices.Contains(staff, role) {
				t.Errorf("%v has become %s", b.GetRecord().GetRef(), role)
			}
		}
	}
}

// authorGone: an entry whose author is not moved has none, or one that the answer names.
func (s *suite) authorGone(t *testing.T) {
	d := s.target(t)
	orphan := s.entry(1, "Nobody's")
	orphan.GetEntry().Authors = []*recordv1.Ref{userRef(99)}
	orphan = s.fitted(orphan)[0]
	adjustments := d.write(t, orphan)[0].GetAdjustments()
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	_, err = d.books.Relink(t.Context(), sc, &agentv1.RelinkRequest{Last: true})
	must(t, err)
	for _, by := range d.back(t, orphan)[0].GetRecord().GetEntry().GetAuthors() {
		id, foreign := strings.CutPrefix(by.GetSourceId(), "target:")
		named := slices.ContainsFunc(adjustments, func(a *agentv1.Adjustment) bool {
			return a.GetField() == "authors" && a.GetCode() == "fallback_author" && a.GetInstead().GetSourceId() == id
		})
		if !foreign || !named {
			t.Errorf("%v stands in, and the answer says %v", by, adjustments)
		}
	}
}
