package engine_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

const kindEntry = recordv1.Kind_KIND_ENTRY

func post(id, title string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: title, Slug: "e" + id,
		Status: recordv1.Status_STATUS_PUBLISHED, Content: &recordv1.Body{Markup: "html", Text: "<p>" + title + "</p>"}}}}
}

// migrated is a rig whose first run is done.
func migrated(t *testing.T, source *agenttest.Agent) *enginetest.Rig {
	t.Helper()
	rig := enginetest.New(t, source)
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rig.Request = engine.Request{Sync: rep.Migration, Workers: 2}
	return rig
}

func syncOnce(t *testing.T, rig *enginetest.Rig, mode migration.Mode) *migration.Report {
	t.Helper()
	rig.Request.Mode = mode
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if p := rep.Recompute(); p != nil || rep.Mode != "sync" {
		t.Fatalf("mode %s: %+v", rep.Mode, p)
	}
	return rep
}

// onTarget are the titles of entries that migrations wrote, by source id.
func onTarget(rig *enginetest.Rig) map[string]string {
	all := map[string]string{}
	for _, r := range rig.Target.Written() {
		if e := r.GetEntry(); e != nil {
			all[r.GetRef().GetSourceId()] = e.GetTitle() + map[bool]string{true: " (draft)"}[e.GetStatus() == recordv1.Status_STATUS_DRAFT]
		}
	}
	return all
}

func wantTarget(t *testing.T, rig *enginetest.Rig, want map[string]string) {
	t.Helper()
	if got := onTarget(rig); !maps.Equal(got, want) {
		t.Errorf("on the target %v, want %v", got, want)
	}
}

func lossOf(rep *migration.Report, code string) (n uint64) {
	for _, l := range rep.Losses {
		if l.Code == code {
			n += l.Count
		}
	}
	return n
}

func TestSyncMovesOnlyWhatHasChanged(t *testing.T) {
	t.Parallel()
	rig := migrated(t, agenttest.NewSource(post("1", "one"), post("2", "two"), post("3", "three"), post("4", "four")))
	read := 0
	rig.Target.OnBatch = func(r *agentv1.WriteRecordsRequest) error { read += len(r.GetRecords()); return nil }
	rep := syncOnce(t, rig, migration.Mode{})
	if total := rep.Totals(); total.Unchanged != 4 || total.Changed() != 0 || read != 0 || total.Verified != 4 || rig.Target.Finished() != 1 {
		t.Errorf("nothing has changed: %+v, %d sent", total, read)
	}
	rig.Source.Add(post("5", "five"), post("2", "two again"))
	locked := post("3", "three")
	locked.Notes = []*recordv1.Note{{Code: "cache_not_moved", Field: "fields._edit_lock"}}
	rig.Source.Add(locked)
	rig.Source.Remove(record.NewRef(kindEntry, "4"))
	rep = syncOnce(t, rig, migration.Mode{})
	if e := enginetest.KindOf(rep, "entry"); e.Listed != 4 || e.Created != 1 || e.Updated != 1 || e.Unchanged != 2 || e.Removed != 0 || e.Verified != 4 || read != 2 {
		t.Errorf("entries %+v, %d sent", e, read)
	}
	if lossOf(rep, "deleted_on_source") != 1 {
		t.Errorf("the deleted entry is not listed: %+v", rep.Losses)
	}
	wantTarget(t, rig, map[string]string{"1": "one", "2": "two again", "3": "three", "4": "four", "5": "five"})
}

func TestSyncWithdraws(t *testing.T) {
	t.Parallel()
	for how, want := range map[migration.Deleted]map[string]string{
		migration.DeletedUnpublish: {"1": "one", "2": "two (draft)", "3": "edited"}, migration.DeletedDelete: {"1": "one", "3": "edited"},
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			rig := migrated(t, agenttest.NewSource(post("1", "one"), post("2", "two"), post("3", "three")))
			rig.Target.Edit(rig.Source.Info.GetSiteId(), record.NewRef(kindEntry, "3"), func(r *recordv1.Record) { r.GetEntry().Title = "edited" })
			rig.Source.Remove(record.NewRef(kindEntry, "2"), record.NewRef(kindEntry, "3"))
			rep := syncOnce(t, rig, migration.Mode{Deleted: how})
			if e := enginetest.KindOf(rep, "entry"); e.Removed != 1 || e.Listed != 1 || lossOf(rep, "edited_since") != 1 {
				t.Errorf("%+v, losses %+v", e, rep.Losses)
			}
			wantTarget(t, rig, want)
			if rep = syncOnce(t, rig, migration.Mode{Deleted: how}); rep.Totals().Changed() != 0 || lossOf(rep, "edited_since") != 1 {
				t.Errorf("again: %+v", rep.Totals())
			}
			rig.Source.Add(post("2", "back"))
			rep = syncOnce(t, rig, migration.Mode{Deleted: how})
			if e := enginetest.KindOf(rep, "entry"); e.Created+e.Updated != 1 || e.Verified != 2 {
				t.Errorf("back at the source: %+v", e)
			}
		})
	}
}

func TestSyncKeepsOrOverwritesEdits(t *testing.T) {
	t.Parallel()
	rig := migrated(t, agenttest.NewSource(post("1", "one"), post("2", "two")))
	edit := func(id string) {
		rig.Target.Edit(rig.Source.Info.GetSiteId(), record.NewRef(kindEntry, id), func(r *recordv1.Record) { r.GetEntry().Title = "edited" })
	}
	edit("1")
	rig.Source.Add(post("1", "one again"), post("2", "two again"))
	for range 2 {
		rep := syncOnce(t, rig, migration.Mode{})
		if e := enginetest.KindOf(rep, "entry"); e.Skipped != 1 || lossOf(rep, "edited_on_target") != 1 || len(rep.Differences) != 0 {
			t.Errorf("%+v, losses %+v, differences %v", e, rep.Losses, rep.Differences)
		}
		wantTarget(t, rig, map[string]string{"1": "edited", "2": "two again"})
	}
	// With nothing newer on the source as well.
	edit("2")
	rep := syncOnce(t, rig, migration.Mode{Edited: migration.EditedOverwrite})
	if e := enginetest.KindOf(rep, "entry"); e.Updated != 2 || lossOf(rep, "edits_overwritten") != 2 || e.Verified != 2 {
		t.Errorf("%+v, losses %+v", e, rep.Losses)
	}
	wantTarget(t, rig, map[string]string{"1": "one again", "2": "two again"})
}

func TestSyncTriesRejectedAgainAndHealsPointers(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(post("1", "one"), post("2", "two"))
	child := post("1", "one")
	child.GetEntry().Parent, child.GetEntry().Content.Text = record.NewRef(kindEntry, "2"), `<a href="https://source.example.org/entry/2/">two</a>`
	source.Add(child)
	rig := enginetest.New(t, source)
	rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() != "2" {
			return nil
		}
		return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"}
	}
	rep, err := rig.Run(context.Background())
	if err != nil || rep.Totals().Rejected != 1 {
		t.Fatalf("%v, %+v", err, rep)
	}
	rig.Target.OnRecord, rig.Request = nil, engine.Request{Sync: rep.Migration, Workers: 2}
	rep = syncOnce(t, rig, migration.Mode{})
	if e := enginetest.KindOf(rep, "entry"); e.Created != 1 || e.Rejected != 0 {
		t.Errorf("%+v", e)
	}
}

// TestSyncFollowsAddresses: texts that were not edited change when an address leads elsewhere by now.
func TestSyncFollowsAddresses(t *testing.T) {
	t.Parallel()
	from := post("1", "one")
	from.GetEntry().Content.Text = `<a href="https://source.example.org/about/">about</a> <a href="https://source.example.org/later/">later</a>`
	source := agenttest.NewSource(from, post("2", "about"), post("3", "other"))
	at := func(id, path string) { source.SetPaths(record.NewRef(kindEntry, id), &agentv1.Path{Path: path}) }
	at("2", "/about/")
	rig := migrated(t, source)
	leads := func(want string) {
		t.Helper()
		if got := rig.Target.Written()[0].GetEntry().GetContent().GetText(); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
	}
	link := func(n int) string { return fmt.Sprintf("https://target.example.org/entry/%d", 1000+n) }
	leads(`<a href="` + link(2) + `">about</a> <a href="https://source.example.org/later/">later</a>`)
	// A page appears where a link led nowhere.
	source.Add(post("4", "later"))
	at("4", "/later/")
	if rep := syncOnce(t, rig, migration.Mode{}); len(rep.Differences) > 0 || rep.Totals().Updated != 1 {
		t.Errorf("%+v, %v", rep.Totals(), rep.Differences)
	}
	// The page is replaced by another with its address; the old one stays on the target.
	source.Remove(record.NewRef(kindEntry, "2"))
	source.Add(post("5", "about"))
	at("5", "/about/")
	if rep := syncOnce(t, rig, migration.Mode{}); len(rep.Differences) > 0 || rep.Totals().Updated != 1 {
		t.Errorf("%+v, %v", rep.Totals(), rep.Differences)
	}
	// The page goes and nothing takes its place: links to what is kept still lead there, links to what is removed lead to the source.
	source.Remove(record.NewRef(kindEntry, "5"))
	if rep := syncOnce(t, rig, migration.Mode{}); len(rep.Differences) > 0 || rep.Totals().Updated != 0 {
		t.Errorf("%+v, %v", rep.Totals(), rep.Differences)
	}
	if rep := syncOnce(t, rig, migration.Mode{Deleted: migration.DeletedDelete}); len(rep.Differences) > 0 || rep.Totals().Updated != 1 || rep.Totals().Removed != 2 {
		t.Errorf("%+v, %v", rep.Totals(), rep.Differences)
	}
	if text := rig.Target.Written()[0].GetEntry().GetContent().GetText(); text[:47] != `<a href="https://source.example.org/about/">abo` {
		t.Errorf("text %q", text)
	}
}

func TestSyncIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rig := migrated(t, agenttest.NewSource(post("1", "one")))
	id := rig.Request.Sync
	code := func(want string, mode migration.Mode) {
		t.Helper()
		rig.Request.Mode = mode
		if _, err := rig.Manager.Begin(ctx, rig.Request); migration.ProblemOf(err).Code != want {
			t.Errorf("%v instead of %s", err, want)
		}
	}
	code("policy_unknown", migration.Mode{Deleted: "burn"})
	code("policy_unknown", migration.Mode{Edited: "burn"})
	rig.Target.Info.Capabilities = slices.DeleteFunc(rig.Target.Info.GetCapabilities(), func(c string) bool { return c == "Withdraw" })
	code("target_cannot_withdraw", migration.Mode{Deleted: migration.DeletedDelete})
	if err := rig.Manager.Rollback(ctx, engine.RollbackRequest{ID: id}, func(*agentv1.RolledBack) {}); err != nil {
		t.Fatal(err)
	}
	code("migration_over", migration.Mode{})
}

// TestMigrateAfterRollback: Rule 3. What was rolled back is not remembered as being on the target.
func TestMigrateAfterRollback(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	source := agenttest.NewSource(post("1", "one"), post("2", "two"))
	rig := enginetest.New(t, source)
	links := rig.Request
	first, err := rig.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := rig.Manager.Rollback(ctx, engine.RollbackRequest{ID: first.Migration}, func(*agentv1.RolledBack) {}); err != nil {
		t.Fatal(err)
	}
	rig.Request = links
	rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem { return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"} }
	if _, err := rig.Run(ctx); err != nil {
		t.Fatal(err)
	}
	rig.Target.OnRecord, rig.Request = nil, engine.Request{Sync: first.Migration}
	if rep := syncOnce(t, rig, migration.Mode{}); rep.Totals().Created != 2 {
		t.Errorf("%+v", rep.Totals())
	}
}

// TestSyncCountsWhatVanishes: Rule 1. What is deleted between its listing and its reading is listed and accounted for.
func TestSyncCountsWhatVanishes(t *testing.T) {
	t.Parallel()
	rig := migrated(t, agenttest.NewSource(post("1", "one"), post("2", "two"), post("3", "three")))
	for _, id := range []string{"1", "2", "3", "4"} {
		rig.Source.Add(post(id, "again"))
	}
	st := &scanned{Store: rig.Store, then: func() { rig.Source.Remove(record.NewRef(kindEntry, "2"), record.NewRef(kindEntry, "4")) }}
	rig.Manager.Store = st
	rep := syncOnce(t, rig, migration.Mode{})
	if e := enginetest.KindOf(rep, "entry"); e.Listed != 4 || e.Updated != 2 || e.Skipped != 2 || e.Verified != 2 || lossOf(rep, "vanished") != 2 {
		t.Errorf("%+v, losses %+v", e, rep.Losses)
	}
	rig.Manager.Store = st.Store
	if rep = syncOnce(t, rig, migration.Mode{}); rep.Totals().Changed() != 0 || lossOf(rep, "deleted_on_source") != 2 {
		t.Errorf("%+v, losses %+v", rep.Totals(), rep.Losses)
	}
}

// scanned is a store that says when the scan is over.
type scanned struct {
	store.Store
	then func()
}

func (s *scanned) SetStage(ctx context.Context, id string, st migration.Stage) error {
	if st == migration.StageWithdraw {
		s.then()
	}
	return s.Store.SetStage(ctx, id, st)
}

// TestFileThatVanishesRejectsItsRecordAlone: Rule 4.
func TestFileThatVanishesRejectsItsRecordAlone(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(10))
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			s.Source = lossy{s.Source}
		}
		return s, err
	}
	rep, err := rig.Run(context.Background())
	if err != nil || rep.Status != migration.Done || enginetest.KindOf(rep, "media").Rejected != 1 {
		t.Fatalf("%v, %+v", err, rep)
	}
	for _, r := range rep.Rejected {
		if r.Kind == "media" && (r.SourceID != "1" || r.Code != "file_missing") {
			t.Errorf("%+v", r)
		}
	}
}

// lossy is a source whose file-1 is deleted as soon as somebody reads it.
type lossy struct{ pipeline.Source }

func (l lossy) ReadFile(ctx context.Context, id string, offset uint64) iter.Seq2[[]byte, error] {
	if id == "file-1" {
		id = "gone"
	}
	return l.Source.ReadFile(ctx, id, offset)
}
