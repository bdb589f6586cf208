package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// recording keeps what the target answered for each record.
type recording struct {
	pipeline.Target
	mu  sync.Mutex
	got map[string]string
}

func (r *recording) Write(ctx context.Context) (pipeline.Writer, error) {
	w, err := r.Target.Write(ctx)
	return &recorded{w, r}, err
}

type recorded struct {
	pipeline.Writer
	r *recording
}

func (w *recorded) Recv() (*agentv1.WriteRecordsResponse, error) {
	resp, err := w.Writer.Recv()
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	for _, res := range resp.GetResults() {
		w.r.got[record.KeyOf(res.GetRef()).String()] = strings.ToLower(strings.TrimPrefix(res.GetOutcome().String(), "OUTCOME_")) + " " + res.GetProblem().GetCode()
	}
	return resp, err
}

func record1(rig *enginetest.Rig) *recording {
	r := &recording{got: map[string]string{}}
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			r.Target, s.Target = s.Target, r
		}
		return s, err
	}
	return r
}

var outcomes = map[migration.Action]string{
	migration.ActionCreate: "created", migration.ActionUpdate: "updated", migration.ActionUnchanged: "unchanged", migration.ActionAdopt: "adopted",
	migration.ActionSkip: "skipped", migration.ActionReject: "rejected",
}

type diff struct {
	plan    *migration.Plan
	records map[string]*migration.Foreseen
	more    []string
}

func foretell(t *testing.T, rig *enginetest.Rig, titles bool) *diff {
	t.Helper()
	d := &diff{records: map[string]*migration.Foreseen{}}
	var err error
	d.plan, err = rig.Manager.Diff(t.Context(), rig.Request, pipeline.DiffOptions{Titles: titles, Each: func(n *migration.Foreseen) error {
		key := n.Kind + "/" + n.SourceID
		if outcomes[n.Action] == "" {
			d.more = append(d.more, string(n.Action)+" "+key)
			return nil
		}
		if d.records[key] != nil {
			t.Errorf("%s is told twice", key)
		}
		d.records[key] = n
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(d.more)
	return d
}

// came compares with what became of the records of a run: each is foretold, no other, and with the same outcome.
func (d *diff) came(t *testing.T, got map[string]string) {
	t.Helper()
	for key, want := range got {
		n := d.records[key]
		if n == nil {
			t.Errorf("%s was not foretold", key)
			continue
		}
		code := ""
		if n.Problem != nil {
			code = n.Problem.Code
		}
		if said := outcomes[n.Action] + " " + code; said != want {
			t.Errorf("%s: said %q, came %q", key, said, want)
		}
	}
}

func small(n int) *recordv1.Record {
	r := agenttest.Make(recordv1.Kind_KIND_ENTRY, n)
	r.GetEntry().Slug = fmt.Sprintf("entry-%d", n%4)
	return r
}

func diffSource() *agenttest.Agent {
	source := agenttest.NewSource(media("1", file("there", 5), file("gone", 7)), small(1), small(2), small(3), small(4), small(5), small(6), small(7))
	source.AddFile("there", []byte("bytes"))
	source.AddUnread(&agentv1.Unread{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "broken"), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
		Problem: &agentv1.Problem{Code: "row_unreadable", Cause: "the row cannot be read", Fix: "Repair it."}})
	return source
}

// What a plan says of each record comes true, in the first run and in a later one, and planning leaves nothing in either place.
func TestDiffComesTrue(t *testing.T) {
	t.Parallel()
	first := diffSource()
	rig := enginetest.New(t, first)
	rig.Request.Workers = 1
	bad := func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() == small(6).GetRef().GetSourceId() {
			return &agentv1.Problem{Code: "write_failed", Cause: "refused", Fix: "Correct it."}
		}
		return nil
	}
	rig.Target.OnRecord = bad
	got := record1(rig)
	d := foretell(t, rig, true)
	if n := len(rig.Target.Written()); n != 0 || rig.Target.Batches() != 0 {
		t.Fatalf("planning wrote %d records", n)
	}
	rep := run(t, rig)
	d.came(t, got.got)
	if len(d.records) != 9 || d.records["entry/broken"].Problem.Code != "row_unreadable" {
		t.Errorf("told are %d records", len(d.records))
	}
	if l := d.records["media/1"].Losses; len(l) != 1 || l[0].Code != "file_missing" {
		t.Errorf("losses of the media are %v", l)
	}
	for _, k := range d.plan.Diff {
		r := enginetest.KindOf(rep, k.Kind)
		if k.Of(migration.ActionCreate) != r.Created || k.Of(migration.ActionReject) != r.Rejected || k.Of(migration.ActionSkip) != r.Skipped {
			t.Errorf("said %+v, came %+v", k, r)
		}
	}

	// Later: one changed, one new, one gone, and a link to nothing.
	changed := small(2)
	changed.GetEntry().Title = "Another\x1b[2J\ttitle"
	lost := small(8)
	lost.GetEntry().Slug = "new"
	lost.GetEntry().Authors = []*recordv1.Ref{record.NewRef(recordv1.Kind_KIND_USER, "404")}
	second := agenttest.NewSource(media("1"), small(1), changed, small(3), small(4), small(5), small(6), lost)
	second.Info.SiteId = first.Info.GetSiteId()
	later := enginetest.With(t, second, rig.Target, rig.Store)
	later.Request.Workers = 1
	got = record1(later)
	d = foretell(t, later, true)
	run(t, later)
	d.came(t, got.got)
	key := record.KeyOf(changed.GetRef()).String()
	if n := d.records[key]; n.Action != migration.ActionUpdate || !slices.Contains(n.Fields, "title") || n.Title != "Another [2J title" {
		t.Errorf("the changed entry is %+v", n)
	}
	want := []string{"gone " + record.KeyOf(small(7).GetRef()).String(), "unresolved " + record.KeyOf(lost.GetRef()).String()}
	if !slices.Equal(d.more, want) {
		t.Errorf("told besides %v, want %v", d.more, want)
	}
}

// Rule 8: titles are told only when asked for.
func TestDiffTellsNoTitlesUnasked(t *testing.T) {
	t.Parallel()
	for key, n := range foretell(t, enginetest.New(t, diffSource()), false).records {
		if n.Title != "" {
			t.Errorf("%s has the title %q", key, n.Title)
		}
	}
}

func TestDiffNeedsAnAgentThatCan(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, diffSource())
	rig.Target.Info.Capabilities = slices.DeleteFunc(rig.Target.Info.Capabilities, func(c string) bool { return c == "DryRun" })
	_, err := rig.Manager.Diff(t.Context(), rig.Request, pipeline.DiffOptions{Each: func(*migration.Foreseen) error { return nil }})
	if migration.ExitOf(err) != migration.ExitUsage {
		t.Errorf("got %v", err)
	}
}

// A sample says nothing of what is gone, because it has not seen everything.
func TestDiffOfASampleTellsNothingGone(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, diffSource())
	run(t, rig)
	rig.Request.Selection.Sample = 1
	if d := foretell(t, rig, false); len(d.more) > 0 {
		t.Errorf("told besides %v", d.more)
	}
}
