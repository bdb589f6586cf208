package engine_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strconv"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// edited is a target on which somebody has changed entries since, and whose agent fails now and then.
type edited struct {
	pipeline.Target
	// titles by source id; an empty one stands for a row that was deleted.
	titles map[string]string
	// failAt is the call of ReadBack that fails, from 1.
	failAt, calls *atomic.Int64
}

func (e *edited) ReadBack(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref, _ [][]byte) ([]*agentv1.ReadBackItem, error) {
	if e.calls.Add(1) == e.failAt.Load() {
		return nil, &migration.Error{Problem: migration.Problem{Code: "agent_gone"}, Transient: true, Err: &link.Error{Grpc: codes.Unavailable}}
	}
	items, err := e.Target.ReadBack(ctx, scope, refs, nil)
	for i, it := range items {
		title, ok := e.titles[refs[i].GetSourceId()]
		if it.GetRecord().GetEntry() == nil || !ok {
			continue
		}
		if it.Record.GetEntry().Title = title; title == "" {
			it.Record = nil
		}
	}
	return items, err
}

// edit changes what the rig's target answers from the next connection on.
func edit(rig *enginetest.Rig, titles map[string]string, failAt int64) {
	e := edited{titles: titles, failAt: &atomic.Int64{}, calls: &atomic.Int64{}}
	e.failAt.Store(failAt)
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			t := e
			t.Target = s.Target
			s.Target = &t
		}
		return s, err
	}
}

func verify(t rapid.TB, rig *enginetest.Rig, id string, r engine.Request) *migration.Report {
	t.Helper()
	job, err := rig.Manager.Verify(context.Background(), id, r)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := job.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestVerifyAgainNamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	again := verify(t, rig, first.Migration, engine.Request{})
	same(t, first, again)
	if again.Reverified == "" || again.Ended != first.Ended || again.Exit() != migration.ExitOK || again.Recompute() != nil {
		t.Errorf("%+v", again)
	}
	edit(rig, map[string]string{"2": "Changed", "5": ""}, 0)
	altered := verify(t, rig, first.Migration, engine.Request{Workers: 3})
	want := []migration.DifferenceReport{{Kind: "entry", SourceID: "2", Field: "title", Altered: migration.AlteredOnTarget},
		{Kind: "entry", SourceID: "5", Field: "missing", Altered: migration.AlteredOnTarget}}
	if !reflect.DeepEqual(altered.Differences, want) || altered.Exit() != migration.ExitDifferent || altered.Recompute() != nil {
		t.Errorf("differences %+v, exit %d, %v", altered.Differences, altered.Exit(), altered.Recompute())
	}
	for kind, root := range first.Roots {
		if (altered.Roots[kind] == root) != (kind != "entry") {
			t.Errorf("root of %s: %s, was %s", kind, altered.Roots[kind], root)
		}
	}
	if altered.Root == first.Root {
		t.Error("the root is as before")
	}
	// The run itself is as it was, and its next one begins as usual.
	now, err := engine.BuildReport(context.Background(), rig.Store, first.Migration)
	if err != nil || !reflect.DeepEqual(now, first) {
		t.Errorf("the run's report is now %+v, %v", now, err)
	}
	if m, err := rig.Store.Migration(context.Background(), first.Migration); err != nil || m.Run != 1 || m.Status != migration.Done {
		t.Errorf("%+v, %v", m, err)
	}
	if kept, err := rig.Store.Report(context.Background(), first.Migration); err != nil || !bytes.Contains(kept, []byte(altered.Root)) {
		t.Errorf("kept: %s, %v", kept, err)
	}
}

// stating is a target whose agent says of entries what became of their rows.
type stating struct {
	pipeline.Target
	states map[string]agentv1.RowState
}

func (s stating) States(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref) ([]*agentv1.ReadBackItem, error) {
	items, err := s.Target.States(ctx, scope, refs)
	for i, it := range items {
		if st, ok := s.states[refs[i].GetSourceId()]; ok {
			it.State = st
		}
	}
	return items, err
}

// Who changed what: the ledger's digest tells an edit on the source, the state of the rows one on the target.
func TestVerifyTellsWhereARecordWasEdited(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	for _, r := range rig.Source.Records(recordv1.Kind_KIND_ENTRY) {
		if id := r.GetRef().GetSourceId(); id == "3" || id == "4" {
			r.GetEntry().Title = "Edited on the source"
			rig.Source.Add(r)
		}
	}
	edit(rig, map[string]string{"2": "Changed", "4": "Changed", "5": ""}, 0)
	dial := rig.Manager.Dial
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := dial(ctx, source, target)
		if err == nil {
			s.Target = stating{s.Target, map[string]agentv1.RowState{
				"2": agentv1.RowState_ROW_STATE_EDITED, "4": agentv1.RowState_ROW_STATE_EDITED, "5": agentv1.RowState_ROW_STATE_GONE,
			}}
		}
		return s, err
	}
	rep := verify(t, rig, first.Migration, engine.Request{})
	want := []migration.DifferenceReport{
		{Kind: "entry", SourceID: "2", Field: "title", Altered: migration.AlteredOnTarget}, {Kind: "entry", SourceID: "3", Field: "title", Altered: migration.AlteredOnSource},
		{Kind: "entry", SourceID: "4", Field: "title", Altered: migration.AlteredOnBoth}, {Kind: "entry", SourceID: "5", Field: "missing", Altered: migration.AlteredOnTarget},
	}
	if !reflect.DeepEqual(rep.Differences, want) {
		t.Errorf("differences %+v", rep.Differences)
	}
}

// TestVerifyAgainAfterAnyEditAndFailure: exactly the edited records are named, wherever the agent fails, and the roots follow.
func TestVerifyAgainAfterAnyEditAndFailure(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	rapid.Check(t, func(rt *rapid.T) {
		titles := map[string]string{}
		for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(1, killEntries), 0, killEntries, rapid.ID).Draw(rt, "edited") {
			titles[strconv.Itoa(id)] = rapid.SampledFrom([]string{"", "Other"}).Draw(rt, "title")
		}
		edit(rig, titles, rapid.Int64Range(0, 12).Draw(rt, "fails at"))
		rep := verify(rt, rig, first.Migration, engine.Request{Workers: rapid.IntRange(1, 4).Draw(rt, "workers")})
		if len(rep.Differences) != len(titles) || (rep.Root == first.Root) != (len(titles) == 0) {
			rt.Fatalf("edited %v, differences %v", titles, rep.Differences)
		}
		for _, d := range rep.Differences {
			if _, ok := titles[d.SourceID]; !ok || d.Kind != "entry" {
				rt.Fatalf("%+v was not edited", d)
			}
		}
		if p := rep.Recompute(); p != nil {
			rt.Fatalf("%+v", p)
		}
	})
}

// TestRootsDoNotDependOnTheShards: other numbers of workers divide the site otherwise.
func TestRootsDoNotDependOnTheShards(t *testing.T) {
	t.Parallel()
	want, _ := plainRun(t)
	if p := want.Recompute(); p != nil || len(want.Roots) != len(want.Kinds) {
		t.Errorf("%+v, roots %v", p, want.Roots)
	}
	for _, workers := range []int{1, 5} {
		rig := enginetest.New(t, enginetest.NewSite(killEntries))
		rig.Request.Workers = workers
		same(t, want, resume(t, rig))
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rig := enginetest.New(t, enginetest.NewSite(2))
	refused := func(id, code string, r engine.Request) {
		t.Helper()
		if _, err := rig.Manager.Verify(ctx, id, r); migration.ProblemOf(err).Code != code || migration.ExitOf(err) != migration.ExitUsage {
			t.Errorf("%s: %v", code, err)
		}
	}
	refused("none", "migration_unknown", engine.Request{})
	job, err := rig.Manager.Begin(ctx, rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	refused(job.Migration.ID, "migration_unfinished", engine.Request{})
	rep, err := job.Run(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign := enginetest.NewSite(2)
	foreign.Info.SiteId = "another"
	refused(rep.Migration, "other_site", engine.Request{Source: enginetest.New(t, foreign).Request.Source})
	if err := rig.Store.SetLinks(ctx, rep.Migration, []byte("sealed by nobody")); err != nil {
		t.Fatal(err)
	}
	refused(rep.Migration, "links_unknown", engine.Request{Source: rig.Request.Source})
	verify(t, rig, rep.Migration, rig.Request)
}

// TestVerifyGivesWayToANewRun: what it compared with is gone.
func TestVerifyGivesWayToANewRun(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(2))
	first := resume(t, rig)
	job, err := rig.Manager.Verify(context.Background(), first.Migration, engine.Request{})
	if err != nil {
		t.Fatal(err)
	}
	resume(t, rig)
	if _, err := job.Run(context.Background(), nil); migration.ProblemOf(err).Code != "taken_over" {
		t.Errorf("%v", err)
	}
}

func TestVerifyCanBeStopped(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	job, err := rig.Manager.Verify(context.Background(), first.Migration, engine.Request{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	rep, err := job.Run(ctx, nil)
	if !engine.Stopped(err) || rep.Stage == migration.StageDone {
		t.Errorf("%v, %+v", err, rep)
	}
	same(t, first, verify(t, rig, first.Migration, engine.Request{}))
}

// TestVerifyKilledAtEveryCheckpoint: Rule 3. Whatever checkpoint a verification dies at, the next goes on and finds the same.
func TestVerifyKilledAtEveryCheckpoint(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	edit(rig, map[string]string{"2": "Changed", "5": ""}, 0)
	st := &mortal{Store: rig.Store}
	rig.Manager.Store = st
	want := verify(t, rig, first.Migration, engine.Request{})
	saves := st.saves.Load()
	if saves < 8 {
		t.Fatalf("only %d checkpoints", saves)
	}
	for n := int64(1); n <= saves; n++ {
		for _, after := range []bool{false, true} {
			st := &mortal{Store: rig.Store, after: after}
			st.left.Store(n)
			rig.Manager.Store = st
			job, err := rig.Manager.Verify(context.Background(), first.Migration, engine.Request{})
			if err != nil {
				t.Fatal(err)
			}
			// Parallel shards make the number of checkpoints vary little; one that ends before is fine.
			if _, err := job.Run(context.Background(), nil); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			rig.Manager.Store = rig.Store
			got := verify(t, rig, first.Migration, engine.Request{})
			same(t, want, got)
			if !reflect.DeepEqual(got.Differences, want.Differences) || got.Recompute() != nil {
				t.Errorf("killed at %d, after=%v: %+v", n, after, got.Differences)
			}
		}
	}
}

// TestSyncMendsWhatVerifyFound: the source has not changed, but the target has. A record that nothing is remembered of stays so: the
// next sync takes it for new.
func TestSyncMendsWhatVerifyFound(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	first := resume(t, rig)
	dial := rig.Manager.Dial
	edit(rig, map[string]string{"2": "Changed", "5": ""}, 0)
	ctx := context.Background()
	tasks, err := rig.Store.Tasks(ctx, first.Migration)
	if err != nil {
		t.Fatal(err)
	}
	gone := []migration.Gone{{Kind: recordv1.Kind_KIND_ENTRY, SourceID: "5", Linked: true}}
	if err := rig.Store.Save(ctx, tasks[0].ID, tasks[0].Fence, &migration.Checkpoint{Counts: tasks[0].Counts, Done: true, Gone: gone}); err != nil {
		t.Fatal(err)
	}
	if rep := verify(t, rig, first.Migration, engine.Request{}); len(rep.Differences) != 2 {
		t.Fatalf("%+v", rep.Differences)
	}
	rig.Manager.Dial = dial
	due, err := rig.Store.Known(ctx, first.Migration, recordv1.Kind_KIND_ENTRY, []string{"1", "2", "5"})
	if _, remembered := due["5"]; err != nil || remembered || due["2"] != migration.Anew || due["1"] == migration.Anew {
		t.Errorf("%v, %v", due, err)
	}
	job, err := rig.Manager.Begin(context.Background(), engine.Request{Sync: first.Migration, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := job.Run(context.Background(), nil)
	if err != nil || len(rep.Differences) != 0 || enginetest.KindOf(rep, "entry").Updated != 1 {
		t.Errorf("%v: %+v", err, rep)
	}
}
