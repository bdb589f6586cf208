package drupal

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Versions are hung on their node whatever comes first, in the order in which they came, and the current one is the last; one that comes
// later goes before it as well. What people have edited since keeps its node.
func TestVersionsGoBeforeTheCurrentOne(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Translate(t)
	x := newTarget(t, site)
	sc := x.scope("1")
	old := func(id, of, locale string) *recordv1.Record {
		r := said(id, "", locale, "Was "+id)
		r.GetEntry().Type, r.GetEntry().Purpose = "revision", recordv1.Purpose_PURPOSE_REVISION
		if of != "" {
			r.GetEntry().Parent = record.NewRef(kindEntry, of)
		}
		return r
	}
	finish := func() { x.finish(sc) }
	const order = "SELECT f.nid || f.langcode || f.title || f.status || (f.vid = n.vid) || b.body_value AS v FROM {node_field_revision} f LEFT JOIN {node} n ON n.nid = f.nid " +
		"LEFT JOIN {node_revision__body} b ON b.revision_id = f.vid AND b.entity_id = f.nid AND b.langcode = f.langcode ORDER BY f.nid, f.vid, f.langcode"
	x.write(sc, old("r1", "1", "en"), said("1", "g", "en", "Is"), old("r2", "1", "en"), said("2", "g", "fr", "Est"), old("r3", "2", "fr"))
	finish()
	if got, want := x.ask(order), "1enWas r110<p>Was r1</p> 1enWas r210<p>Was r2</p> 1frWas r310<p>Was r3</p> 1enIs11<p>Is</p> 1frEst11<p>Est</p>"; got != want {
		t.Errorf("versions are\n%q, want\n%q", got, want)
	}
	x.write(sc, old("r4", "1", "en"))
	finish()
	if got := x.ask("SELECT f.title AS v FROM {node_field_data} f JOIN {node} n ON n.vid = f.vid JOIN {node__body} b ON b.revision_id = n.vid AND b.langcode = f.langcode WHERE n.vid = (SELECT MAX(vid) FROM {node_revision}) ORDER BY 1"); got != "Est Is" {
		t.Errorf("current is %q", got)
	}
	lost := proto.CloneOf(old("r5", "", "en"))
	record.Seal(lost)
	outs, err := x.books.Write(t.Context(), sc, []*recordv1.Record{lost})
	if err != nil || outs[0].GetOutcome() != agentv1.Outcome_OUTCOME_SKIPPED || outs[0].GetProblem().GetCode() != "version_of_nothing" {
		t.Errorf("a version of nothing is %v, %v", outs, err)
	}
	back := func() {
		t.Helper()
		if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	site.Insert(t, "node_revision", "nid vid langcode revision_default", 1, 500, "en", 0)
	site.Insert(t, "node_field_revision", "nid vid langcode status uid title created changed promote sticky default_langcode", 1, 500, "en", 0, 1, "What is to come", 9, 9, 0, 0, 1)
	back()
	if got := x.ask("SELECT title AS v FROM {node_field_revision} ORDER BY vid, langcode"); got != "Is What is to come" {
		t.Errorf("left are %q", got)
	}
}
