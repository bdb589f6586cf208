package ghost

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// What hangs on rows is replaced when they are written again, never doubled.
func TestLaterRunUpdates(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		src, dst := ghosttest.New(t, d), ghosttest.New(t, d)
		src.Fill(t)
		source, g := openSite(t, src, false), newTarget(t, dst, "one")
		tables := []string{"users", "roles_users", "members", "members_labels", "members_newsletters", "members_status_events", "posts", "posts_meta", "posts_authors",
			"posts_tags", "posts_products", "comments", "tags"}
		kinds := []cms.Kind{kindUser, kindTerm, kindEntry, kindComment}
		var recs []*recordv1.Record
		for _, kind := range kinds {
			for _, it := range readAll(t, source, kind, cms.Options{}) {
				recs = append(recs, linked(it.Record))
			}
		}
		for _, it := range readAll(t, source, kindMedia, cms.Options{}) {
			g.copyFiles(t, src, it.Record)
			g.write(t, it.Record)
		}
		g.writeKinds(t, kinds, recs)
		g.relink(t, true)
		before := map[string]string{}
		for _, table := range tables {
			before[table] = ask(t, dst, "SELECT COUNT(*) FROM "+table)
		}
		again := newTarget(t, dst, "two")
		for i, r := range recs {
			recs[i] = changed(r)
		}
		sent := again.writeKinds(t, kinds, recs)
		again.relink(t, true)
		again.verify(t, sent)
		for _, table := range tables {
			if n := ask(t, dst, "SELECT COUNT(*) FROM "+table); n != before[table] {
				t.Errorf("table %s has %s rows, had %s", table, n, before[table])
			}
		}
	})
}

// writeKinds writes records kind by kind, wants each to be there afterwards, and gives those that are not rows of others.
func (g *target) writeKinds(t *testing.T, kinds []cms.Kind, recs []*recordv1.Record) []*recordv1.Record {
	t.Helper()
	var sent []*recordv1.Record
	for _, kind := range kinds {
		var mine []*recordv1.Record
		for _, r := range recs {
			if r.GetRef().GetKind() == kind {
				mine = append(mine, r)
			}
		}
		fit, res := g.write(t, mine...)
		for i, r := range res {
			if r.GetOutcome() == agentv1.Outcome_OUTCOME_REJECTED || r.GetOutcome() == agentv1.Outcome_OUTCOME_UNCHANGED {
				t.Errorf("%v: %v %v", fit[i].GetRef(), r.GetOutcome(), r.GetProblem())
			}
			if r.GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED {
				sent = append(sent, fit[i])
			}
		}
	}
	return sent
}

func changed(r *recordv1.Record) *recordv1.Record {
	r = proto.Clone(r).(*recordv1.Record)
	switch b := r.GetBody().(type) {
	case *recordv1.Record_User:
		b.User.DisplayName += " again"
	case *recordv1.Record_Term:
		b.Term.Name += " again"
	case *recordv1.Record_Entry:
		b.Entry.Title += " again"
	case *recordv1.Record_Comment:
		b.Comment.Content.Text += "again"
	}
	return r
}
