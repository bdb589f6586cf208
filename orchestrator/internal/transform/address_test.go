package transform_test

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// What a record names as its address is kept where that is asked for and the target can put it there; else visitors' loss is counted.
func TestAddressesAreKept(t *testing.T) {
	t.Parallel()
	published, draft := recordv1.Status_STATUS_PUBLISHED, recordv1.Status_STATUS_DRAFT
	page, fragment := recordv1.Purpose_PURPOSE_PAGE, recordv1.Purpose_PURPOSE_FRAGMENT
	for name, c := range map[string]struct {
		path    string
		status  recordv1.Status
		purpose recordv1.Purpose
		keep    bool
		held    string
		want    string
		lost    bool
	}{
		"kept":                  {path: "/2010/08/a/", status: published, purpose: page, keep: true, held: "path", want: "/2010/08/a/"},
		"a draft's too":         {path: "/a/", status: draft, purpose: page, keep: true, held: "path", want: "/a/"},
		"not held":              {path: "/a/", status: published, purpose: page, keep: true, held: "title", lost: true},
		"a draft's is no loss":  {path: "/?p=1", status: draft, purpose: page, keep: true, held: "path"},
		"with a query":          {path: "/?p=1", status: published, purpose: page, keep: true, held: "path", lost: true},
		"not asked for":         {path: "/a/", status: published, purpose: page, held: "path", lost: true},
		"the root":              {path: "/", status: published, purpose: page, keep: true, held: "path"},
		"a fragment has none":   {path: "/a/", status: published, purpose: fragment, keep: true, held: "path"},
		"none named, none lost": {status: published, purpose: page, keep: true, held: "title"},
	} {
		holds := map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {Kind: recordv1.Kind_KIND_ENTRY, Writable: true, Holds: &agentv1.Holds{Fields: []string{"status", "purpose", c.held}}}}
		out, losses := transform.New(transform.Context{Target: holds, KeepAddresses: c.keep}).Record(&recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"),
			Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Path: c.path, Status: c.status, Purpose: c.purpose}}})
		if got := out[0].GetEntry().GetPath(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		lost := len(losses) == 1 && losses[0].Code == transform.LossAddress && losses[0].Field == "path"
		if lost != c.lost || len(losses) > 0 && !lost {
			t.Errorf("%s: losses %v", name, losses)
		}
	}
}
