package cmstest

import (
	"slices"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// keepsAddresses: an entry stands at the address that it names, but where something else stands already, and says so.
func (s *suite) keepsAddresses(t *testing.T) {
	if !slices.Contains(s.kinds[recordv1.Kind_KIND_ENTRY].GetHolds().GetFields(), "path") {
		t.Skip("the platform cannot put an entry at any address")
	}
	d := s.target(t)
	d.scope.Addresses = true
	at := []string{"/2010/08/kept/", "/2010/08/kept/", "/old%20page/%C3%BCber.html", ""}
	var recs []*recordv1.Record
	for i, path := range at {
		rec := s.entry(40+i, "Kept "+path, "Stands where it stood.")
		rec.GetEntry().Path, rec.GetEntry().Authors = path, nil
		recs = append(recs, rec)
	}
	recs = s.fitted(recs...)
	for range 2 {
		d.writeAll(t, recs)
		for i, it := range d.back(t, recs...) {
			got, told := it.GetRecord().GetEntry().GetPath(), adjustmentOf(it, "path")
			switch {
			case i == 1 && (told != "address_taken" || same(got, at[0]) || got == ""):
				t.Errorf("a second entry for %s stands at %q and says %q", at[0], got, told)
			case i != 1 && at[i] != "" && !same(got, at[i]):
				t.Errorf("the entry for %s stands at %q and says %q", at[i], got, told)
			case i != 1 && got != at[i] && at[i] != "" && told == "":
				t.Errorf("nothing says that the entry for %s stands at %s", at[i], got)
			case at[i] == "" && (got == "" || told != ""):
				t.Errorf("an entry that names no address stands at %q and says %q", got, told)
			}
			if diff := record.Diff(recs[i], it.GetRecord(), s.kinds[recordv1.Kind_KIND_ENTRY].GetHolds(), it.GetAdjustments()); len(diff) > 0 {
				t.Errorf("the entry for %q differs in %v", at[i], diff)
			}
		}
		d.scope.Run = "run-2"
	}
}

// same says that visitors find the same at two addresses: platforms answer with and without the last slash.
func same(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

func adjustmentOf(it *agentv1.ReadBackItem, field string) string {
	for _, a := range it.GetAdjustments() {
		if a.GetField() == field {
			return a.GetCode()
		}
	}
	return ""
}
