// Package storetest is the one suite that every store passes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

const (
	entry = recordv1.Kind_KIND_ENTRY
	term  = recordv1.Kind_KIND_TERM
)

// Run runs the suite. fresh gives what opens stores on the same data, new data at each call of fresh.
func Run(t *testing.T, fresh func(t *testing.T) (open func() store.Store)) {
	for name, test := range map[string]func(*testing.T, func() store.Store){
		"begin finds, resumes and renews": testBegin, "checkpoints are exact and survive": testCheckpoint, "a stale fence saves nothing": testFence,
		"results are limited and ordered": testResults, "links": testLinks, "any id": testAnyID, "logs": testLogs, "steering": testSteer, "transitions are refused": testRefusals, "rate and signs of life": testBeat, "reports and kept links": testReports,
		"parallel checkpoints": testParallel, "several processes": testProcesses, "a log is followed without a gap": testLogOrder, "unknown states": testUnknownStates,
		"what is remembered": testDelta, "addresses in a sync": testAddresses, "a recheck stands beside its run": testRecheck,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// NewMigration describes a migration of one kind.
func NewMigration(id string) store.New {
	return store.New{
		ID: id, Source: migration.Site{ID: "source", Platform: "a", Version: "1", BaseURL: "https://a"}, Target: migration.Site{ID: "target", Platform: "b"},
		Kinds: []migration.KindPlan{{Kind: entry, Listed: 7, Moved: true, Addressable: true}}, Now: time.UnixMilli(1_700_000_000_000).UTC(),
	}
}

func begin(t testing.TB, s store.Store, n store.New) *migration.Migration {
	t.Helper()
	m, err := s.Begin(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Made makes a migration with one copying task and gives the claimed task.
func Made(t testing.TB, s store.Store) (*migration.Migration, *migration.Task) {
	t.Helper()
	return made(t, s, NewMigration("m1"))
}

// MadeOf is Made for a source that lists so many records.
func MadeOf(t testing.TB, s store.Store, listed uint64) (*migration.Migration, *migration.Task) {
	t.Helper()
	n := NewMigration("m1")
	n.Kinds[0].Listed = listed
	return made(t, s, n)
}

func made(t testing.TB, s store.Store, n store.New) (*migration.Migration, *migration.Task) {
	t.Helper()
	ctx := context.Background()
	m := begin(t, s, n)
	must(t, s.Create(ctx, m.ID, []migration.Spec{{Stage: migration.StageCopy, Kind: entry, Seq: 3, Range: []byte("range"), Estimate: 5, Limit: 9}}))
	tasks, err := s.Tasks(ctx, m.ID)
	must(t, err)
	task, err := s.Claim(ctx, tasks[0].ID, "me")
	must(t, err)
	return m, task
}

func testBegin(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	first := begin(t, s, NewMigration("m1"))
	if first.Run != 1 || first.Status != migration.Running || first.Desired != migration.WantRun || first.Listed(entry) != 7 || first.Stage != migration.StageSplit {
		t.Fatalf("new: %+v", first)
	}
	must(t, s.Create(ctx, "m1", []migration.Spec{{Stage: migration.StageSplit, Kind: entry}}))
	must(t, s.SetStatus(ctx, "m1", migration.Failed, &migration.Problem{Code: "c", Cause: "w", Fix: "f"}, time.UnixMilli(5)))
	if m, _ := s.Migration(ctx, "m1"); m.Failure == nil || m.Failure.Fix != "f" || m.Ended.UnixMilli() != 5 {
		t.Errorf("failed: %+v", m)
	}
	n := NewMigration("m2")
	n.Kinds = nil
	if m := begin(t, open(), n); m.ID != "m1" || m.Run != 1 || m.Failure != nil || !m.Ended.IsZero() || m.Listed(entry) != 7 {
		t.Errorf("resumed: %+v", m)
	}
	must(t, s.SetStatus(ctx, "m1", migration.Done, nil, time.UnixMilli(9)))
	n.Kinds = []migration.KindPlan{{Kind: term, Listed: 2}}
	m := begin(t, s, n)
	if m.ID != "m1" || m.Run != 2 || m.Previous != migration.Done || m.Listed(term) != 2 {
		t.Errorf("renewed: %+v", m)
	}
	if tasks, err := s.Tasks(ctx, "m1"); err != nil || len(tasks) != 0 {
		t.Errorf("tasks of the old run: %v, %v", tasks, err)
	}
	n.Selection = migration.Selection{Sample: 3}
	if m := begin(t, s, n); m.ID != "m2" {
		t.Errorf("another selection: %+v", m)
	}
	if all, err := s.List(ctx, 0); err != nil || len(all) != 2 {
		t.Errorf("list: %v, %v", all, err)
	}
	if _, err := s.Migration(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func fullCheckpoint() *migration.Checkpoint {
	return &migration.Checkpoint{
		Cursor: []byte{0, 255}, Counts: migration.Counts{Read: 10, Created: 1, Updated: 2, Unchanged: 3, Adopted: 1, Skipped: 2, Rejected: 1, Verified: 8, Different: 9, Bytes: 1 << 40},
		Sums: []byte{3, 0, 255}, Losses: []migration.Loss{{Code: "l", Kind: entry, Count: 2, Refs: []string{"1", "2"}, Instead: "user/1"}},
		Unmoved: []migration.Unmoved{
			{Kind: entry, SourceID: "8", Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: migration.Problem{Code: "c", Cause: "w", Fix: "f"}},
			{Kind: entry, SourceID: "9", Outcome: agentv1.Outcome_OUTCOME_SKIPPED},
		},
		Differences: []migration.Difference{{Kind: entry, SourceID: "4", Field: "title", Altered: migration.AlteredOnBoth}},
		Findings:    []migration.Remark{{Side: "target", Code: "restart"}},
		Tasks:       []migration.Spec{{Stage: migration.StageVerify, Kind: entry}},
		Listed:      map[recordv1.Kind]uint64{entry: 11},
	}
}

func testCheckpoint(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	if task.Limit != 9 || string(task.Range) != "range" || task.Seq != 3 || task.Fence != 1 {
		t.Errorf("claimed: %+v", task)
	}
	c := fullCheckpoint()
	must(t, s.Save(ctx, task.ID, task.Fence, c))
	c.Done = true
	must(t, s.Save(ctx, task.ID, task.Fence, c))
	again := open()
	tasks, err := again.Tasks(ctx, m.ID)
	must(t, err)
	if len(tasks) != 2 {
		t.Fatalf("tasks %+v", tasks)
	}
	if got := tasks[0]; got.Counts != c.Counts || string(got.Sums) != string(c.Sums) || string(got.Cursor) != string(c.Cursor) || !got.Done {
		t.Errorf("saved %+v", got)
	}
	r, err := again.Results(ctx, m.ID, 100)
	must(t, err)
	want := migration.Results{
		Losses:   []migration.Loss{{Code: "l", Kind: entry, Count: 4, Refs: []string{"1", "2"}, Instead: "user/1"}},
		Rejected: c.Unmoved[:1], Differences: c.Differences, Findings: c.Findings,
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("results %+v", r)
	}
	if m, _ := again.Migration(ctx, m.ID); m.Listed(entry) != 11 {
		t.Errorf("listed %d", m.Listed(entry))
	}
	un, err := again.Unmoved(ctx, m.ID, entry, []string{"7", "8", "9"})
	if err != nil || !reflect.DeepEqual(un, map[string]agentv1.Outcome{"8": agentv1.Outcome_OUTCOME_REJECTED, "9": agentv1.Outcome_OUTCOME_SKIPPED}) {
		t.Errorf("unmoved %v, %v", un, err)
	}
}

func testFence(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, old := Made(t, s)
	now, err := open().Claim(ctx, old.ID, "other")
	must(t, err)
	if err := s.Save(ctx, old.ID, old.Fence, fullCheckpoint()); !errors.Is(err, store.ErrStaleFence) {
		t.Fatalf("stale fence: %v", err)
	}
	if r, _ := s.Results(ctx, m.ID, 10); len(r.Losses)+len(r.Rejected)+len(r.Differences)+len(r.Findings) != 0 {
		t.Errorf("saved all the same: %+v", r)
	}
	must(t, s.Save(ctx, now.ID, now.Fence, &migration.Checkpoint{Cursor: []byte("c")}))
	if _, err := s.Claim(ctx, 999, "me"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claimed what is not there: %v", err)
	}
}

func testResults(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	for i := range 30 {
		id := fmt.Sprintf("%03d", i)
		must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{
			Losses:      []migration.Loss{{Code: "l", Kind: entry, Count: 1, Refs: []string{id}}},
			Differences: []migration.Difference{{Kind: entry, SourceID: id, Field: "f"}},
		}))
	}
	r, err := s.Results(ctx, m.ID, 5)
	must(t, err)
	if len(r.Losses) != 1 || r.Losses[0].Count != 30 || len(r.Losses[0].Refs) != migration.MaxLossRefs {
		t.Errorf("losses %+v", r.Losses)
	}
	if len(r.Differences) != 5 || r.Differences[0].SourceID != "000" || r.Differences[4].SourceID != "004" {
		t.Errorf("differences %+v", r.Differences)
	}
}

func testLinks(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	if _, found, err := s.FindLink(ctx, m.ID, 1); found || err != nil {
		t.Errorf("empty index: %v, %v", found, err)
	}
	links := []migration.Link{{Hash: -1, Kind: entry, SourceID: "12"}, {Hash: 2, Kind: term, SourceID: "007", Form: "page"}, {Hash: 3, Kind: entry, SourceID: "9"}}
	must(t, s.Save(ctx, task.ID, task.Fence, &migration.Checkpoint{Links: links}))
	// Of two records with one address the smaller ref counts, in whatever order they come.
	must(t, s.AddLinks(ctx, m.ID, []migration.Link{{Hash: 3, Kind: entry, SourceID: "10"}, {Hash: -1, Kind: term, SourceID: "5"}}))
	must(t, s.AddLinks(ctx, "plan", []migration.Link{{Hash: 2, Kind: entry, SourceID: "1"}}))
	links[0].Kind, links[0].SourceID = term, "5"
	for _, want := range links {
		if got, found, err := open().FindLink(ctx, m.ID, want.Hash); !found || err != nil || got != want {
			t.Errorf("link %d: %+v, %v, %v", want.Hash, got, found, err)
		}
	}
	must(t, s.DropLinks(ctx, "plan"))
	if _, found, _ := s.FindLink(ctx, "plan", 2); found {
		t.Error("a dropped index answers")
	}
	if _, found, _ := s.FindLink(ctx, m.ID, 2); !found {
		t.Error("the other index was dropped too")
	}
}

// testAnyID: ids of elsewhere may hold anything.
func testAnyID(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, task := Made(t, s)
	c := &migration.Checkpoint{}
	ids := []string{"12", "-5", "007", "9223372036854775808", "1e3", "A", `a"b\c`, "<é&\u2028\x01>", "日 本", "true", "null", "", "$.x", "12 "}
	for i, id := range ids {
		c.Known = append(c.Known, migration.Known{Kind: entry, SourceID: id, Digest: int64(i + 1)}, migration.Known{Kind: term, SourceID: id, Digest: -1}, migration.Known{Kind: term, SourceID: id, Digest: int64(i)})
		c.Links = append(c.Links, migration.Link{Hash: int64(-i), Kind: entry, SourceID: id, Form: id})
	}
	must(t, s.Save(ctx, task.ID, task.Fence, c))
	known, err := s.Known(ctx, m.ID, entry, ids)
	of, terr := s.Known(ctx, m.ID, term, ids)
	must(t, errors.Join(err, terr))
	for i, id := range ids {
		if known[id] != int64(i+1) || of[id] != int64(i) {
			t.Errorf("%q: digests %d and %d are remembered, want %d and %d", id, known[id], of[id], i+1, i)
		}
		if got, found, err := s.FindLink(ctx, m.ID, int64(-i)); !found || err != nil || got != c.Links[i] {
			t.Errorf("link %+v: %+v, %v, %v", c.Links[i], got, found, err)
		}
	}
}

func testLogs(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	for i := range 5 {
		must(t, s.AppendLog(ctx, []string{"a", "b"}[i%2], fmt.Sprintf("line %d", i)))
	}
	last, err := s.Logs(ctx, "", -1, 2)
	if err != nil || len(last) != 2 || last[0].Line != "line 3" || last[1].Line != "line 4" {
		t.Fatalf("last: %v, %v", last, err)
	}
	of, err := open().Logs(ctx, "a", 0, 10)
	if err != nil || len(of) != 3 || of[2].Line != "line 4" {
		t.Errorf("of a: %v, %v", of, err)
	}
	after, err := s.Logs(ctx, "", last[0].Number, 10)
	if err != nil || len(after) != 1 || after[0].Line != "line 4" {
		t.Errorf("after: %v, %v", after, err)
	}
}

func testReports(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m, _ := Made(t, s)
	if _, err := s.Report(ctx, m.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no report yet: %v", err)
	}
	if _, err := s.Links(ctx, m.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no links yet: %v", err)
	}
	must(t, s.SaveReport(ctx, m.ID, 2, []byte(`{"run":2}`)))
	must(t, s.SaveReport(ctx, m.ID, 1, []byte(`{"run":1}`)))
	must(t, s.SetLinks(ctx, m.ID, []byte{1, 0, 2}))
	if b, err := open().Report(ctx, m.ID); err != nil || string(b) != `{"run":2}` {
		t.Errorf("report %s, %v", b, err)
	}
	if b, err := open().Links(ctx, m.ID); err != nil || !reflect.DeepEqual(b, []byte{1, 0, 2}) {
		t.Errorf("links %v, %v", b, err)
	}
}

func testParallel(t *testing.T, open func() store.Store) {
	ctx := context.Background()
	s := open()
	m := begin(t, s, NewMigration("m1"))
	const tasks, saves = 4, 10
	for i := range tasks {
		must(t, s.Create(ctx, m.ID, []migration.Spec{{Stage: migration.StageCopy, Kind: entry, Seq: i}}))
	}
	all, err := s.Tasks(ctx, m.ID)
	must(t, err)
	var g sync.WaitGroup
	for _, task := range all {
		g.Go(func() {
			claimed, err := s.Claim(ctx, task.ID, "me")
			for i := 0; err == nil && i < saves; i++ {
				err = s.Save(ctx, task.ID, claimed.Fence, &migration.Checkpoint{
					Counts: migration.Counts{Read: uint64(i + 1)}, Losses: []migration.Loss{{Code: "l", Kind: entry, Count: 1}},
				})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	r, err := s.Results(ctx, m.ID, 10)
	if err != nil || r.Losses[0].Count != tasks*saves {
		t.Errorf("losses %+v, %v", r.Losses, err)
	}
}
