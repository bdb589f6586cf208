package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// model is what ought to be: the source's titles, what people wrote on the target, and the policies.
type model struct {
	rt     *rapid.T
	rig    *enginetest.Rig
	links  engine.Request
	mode   migration.Mode
	source map[string]string
	edits  map[string]string
	// held are the records that were on the target at the last check.
	held []string
	// own are titles that people wrote into records before a rollback.
	own []string
	// id of the migration, when there is something to synchronise.
	id    string
	words int
}

// word is a title that occurs once.
func (m *model) word(kind string) string {
	m.words++
	return fmt.Sprintf("%s %d", kind, m.words)
}

func (m *model) editSource() {
	id := rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(m.rt, "id")
	m.source[id] = m.word("source")
	m.rig.Source.Add(post(id, m.source[id]))
}

func (m *model) deleteFromSource() {
	if len(m.source) < 2 {
		return
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.source))).Draw(m.rt, "id")
	delete(m.source, id)
	m.rig.Source.Remove(record.NewRef(kindEntry, id))
}

func (m *model) editTarget() {
	there := slices.Sorted(maps.Keys(onTarget(m.rig)))
	if len(there) == 0 {
		return
	}
	id := rapid.SampledFrom(there).Draw(m.rt, "id")
	m.edits[id] = m.word("people")
	m.rig.Target.Edit(m.rig.Source.Info.GetSiteId(), record.NewRef(kindEntry, id), func(r *recordv1.Record) { r.GetEntry().Title = m.edits[id] })
}

// request is for a sync or, when there is nothing to synchronise, for a migration.
func (m *model) request() engine.Request {
	if m.id == "" {
		return m.links
	}
	return engine.Request{Sync: m.id, Mode: m.mode, Workers: 2}
}

// killed works until the process dies at a checkpoint; what it leaves is gone on with by whatever comes next.
func (m *model) killed() {
	st := &mortal{Store: m.rig.Store, after: rapid.Bool().Draw(m.rt, "after")}
	st.left.Store(rapid.Int64Range(1, 12).Draw(m.rt, "checkpoint"))
	m.rig.Manager.Store = st
	m.rig.Request = m.request()
	_, err := m.rig.Run(context.Background())
	m.rig.Manager.Store = m.rig.Store
	if err != nil && !errors.Is(err, errKilled) && migration.ProblemOf(err).Code != "source_changed" {
		m.rt.Fatal(err)
	}
}

func (m *model) run() *migration.Report {
	m.rig.Request = m.request()
	rep, err := m.rig.Run(context.Background())
	if err != nil && migration.ProblemOf(err).Code != "source_changed" {
		m.rt.Fatal(err)
	}
	m.id = rep.Migration
	return rep
}

func (m *model) rollback() {
	if m.id == "" {
		return
	}
	m.run()
	before := onTarget(m.rig)
	kept := 0
	err := m.rig.Manager.Rollback(context.Background(), engine.RollbackRequest{ID: m.id}, func(r *agentv1.RolledBack) {
		if r.GetAction() == "kept" {
			kept++
		}
	})
	if err != nil {
		m.rt.Fatal(err)
	}
	if left := onTarget(m.rig); len(left) > 0 {
		m.rt.Fatalf("after a rollback there are %v", left)
	}
	for id, words := range m.edits {
		if title, there := before[id]; there && title == words || title == words+" (draft)" {
			m.own = append(m.own, words)
			kept--
		}
	}
	if kept != 0 {
		m.rt.Fatalf("%d more records are kept than people have edited", kept)
	}
	m.id, m.held = "", nil
	clear(m.edits)
	m.checkOwn()
}

func (m *model) checkOwn() {
	var own []string
	for _, r := range m.rig.Target.Own(kindEntry) {
		own = append(own, r.GetEntry().GetTitle())
	}
	if !slices.Equal(slices.Sorted(slices.Values(own)), slices.Sorted(slices.Values(m.own))) {
		m.rt.Fatalf("people's own are %v, want %v", own, m.own)
	}
}

// check lets everything come to its end, and compares.
func (m *model) check() {
	m.run()
	// What was found different is written anew or, when people have edited it, listed.
	m.run()
	rep := m.run()
	if p := rep.Recompute(); p != nil || rep.Totals().Changed() != 0 || len(rep.Differences) > 0 || rep.Totals().Listed != uint64(len(m.source)) {
		m.rt.Fatalf("%+v: %+v, differences %v", p, rep.Totals(), rep.Differences)
	}
	held := onTarget(m.rig)
	for id, title := range m.source {
		want := title
		if words, edited := m.edits[id]; edited && m.mode.Edited == migration.EditedOverwrite {
			delete(m.edits, id)
		} else if edited {
			want = words
		}
		if held[id] != want && held[id] != want+" (draft)" || held[id] == title+" (draft)" {
			m.rt.Fatalf("entry %s is %q, want %q", id, held[id], want)
		}
	}
	for _, id := range m.held {
		if held[id] == "" && (m.mode.Deleted != migration.DeletedDelete || m.source[id] != "" || m.edits[id] != "") {
			m.rt.Fatalf("entry %s is lost", id)
		}
	}
	for id, title := range held {
		words, edited := m.edits[id]
		switch {
		case m.source[id] != "" || edited && (title == words || title == words+" (draft)"):
		case edited || m.mode.Deleted == migration.DeletedDelete || m.mode.Deleted == migration.DeletedUnpublish && title[len(title)-1] != ')':
			m.rt.Fatalf("entry %s is not at the source and is %q; people wrote %q", id, title, words)
		}
	}
	m.held = slices.Collect(maps.Keys(held))
	m.checkOwn()
}

// TestModel: whatever is edited, deleted, killed, gone on with and rolled back, in whatever order: nothing is lost or doubled, people's
// edits stay unless they are to be overwritten, the counts reconcile, and a rollback leaves only what people wrote.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rig := enginetest.With(t, agenttest.NewSource(), agenttest.NewTarget(), enginetest.OpenStore(t, t.TempDir()))
		m := &model{rt: rt, rig: rig, links: rig.Request, source: map[string]string{}, edits: map[string]string{}, mode: migration.Mode{
			Deleted: rapid.SampledFrom([]migration.Deleted{migration.DeletedKeep, migration.DeletedUnpublish, migration.DeletedDelete}).Draw(rt, "deleted"),
			Edited:  rapid.SampledFrom([]migration.Edited{migration.EditedKeep, migration.EditedOverwrite}).Draw(rt, "edited"),
		}}
		m.editSource()
		m.editSource()
		m.run()
		steps := []func(){m.editSource, m.editSource, m.deleteFromSource, m.editTarget, m.editTarget, m.killed, m.killed, m.check, m.rollback}
		for range rapid.IntRange(3, 12).Draw(rt, "steps") {
			rapid.SampledFrom(steps).Draw(rt, "step")()
		}
		m.check()
	})
}
