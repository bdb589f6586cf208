package cms

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Entries and terms say at which address they stand, escaped alike; others and what has none say nothing.
func TestAddressesAreTold(t *testing.T) {
	t.Parallel()
	entry, term := &recordv1.Entry{}, &recordv1.Term{}
	for _, c := range []struct {
		paths []*agentv1.Path
		want  string
		plain string
	}{
		{[]*agentv1.Path{{Path: "/made/up", MadeUp: true}, {Path: "/small", Form: "10x10"}, {Path: "/%ce%b5 x/"}, {Path: "/second"}}, "/%CE%B5%20x/", "/ε x/"},
		{[]*agentv1.Path{{Path: "/?p=%c3"}}, "/?p=%c3", "/?p=\xc3"},
		{[]*agentv1.Path{{Path: "/bad%zz"}}, "/bad%zz", ""},
		{nil, "", ""},
	} {
		for _, rec := range []*recordv1.Record{{Body: &recordv1.Record_Entry{Entry: entry}}, {Body: &recordv1.Record_Term{Term: term}}} {
			TellAddress(&Item{Record: rec, Paths: c.paths})
			if got := rec.GetEntry().GetPath() + rec.GetTerm().GetPath(); got != c.want {
				t.Errorf("%v: %q, want %q", c.paths, got, c.want)
			}
			if got := AddressOf(rec); got != c.plain {
				t.Errorf("%v: plain %q, want %q", c.paths, got, c.plain)
			}
		}
	}
	TellAddress(&Item{Paths: []*agentv1.Path{{Path: "/unread"}}})
}
