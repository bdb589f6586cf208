package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func mapped(t *testing.T, text string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse("/somewhere/m.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func titled(suffix string) string {
	return fmt.Sprintf("values:\n  - {kind: entry, set: title, to: 'entry.title + %q'}\n", suffix)
}

func run(t *testing.T, rig *enginetest.Rig) *migration.Report {
	t.Helper()
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if p := rep.Recompute(); p != nil {
		t.Fatalf("%+v", p)
	}
	return rep
}

// Links to an address that the site had before lead to its records, when the owner says that it was the site's.
func TestDomainsAreTheSitesOwn(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(post("1", "a"), changed("2", `<a href="http://www.before.example/entry/1/#x">a</a> <a href="https://test.example/blog/entry/1/">b</a> <a href="https://other.example/entry/1/">c</a> <a href="https://before.example/gone/">d</a>`))
	rig := enginetest.New(t, source)
	rig.Request.Mapping = mapped(t, "domains: [before.example, 'https://test.example/blog/']\n")
	rep := run(t, rig)
	if lossOf(rep, "link_unresolved") != 1 || enginetest.KindOf(rep, "entry").Different != 0 {
		t.Errorf("losses %+v, differences %v", rep.Losses, rep.Differences)
	}
	for _, r := range rig.Target.Written() {
		if got := r.GetEntry().GetContent().GetText(); r.GetRef().GetSourceId() == "2" && (strings.Count(got, "https://target.example.org/entry/") != 2 || !strings.Contains(got, `#x"`) || !strings.Contains(got, "https://other.example/entry/1/")) {
			t.Errorf("the text became %s", got)
		}
	}
}

func changed(id, text string) *recordv1.Record {
	r := post(id, id)
	r.GetEntry().Content = &recordv1.Body{Markup: "html", Text: text}
	return r
}

// TestMappingGoesWithItsMigration: later runs have it without being told, another one takes its place, and what it filters is told.
func TestMappingGoesWithItsMigration(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(post("1", "a"), post("2", "b"), post("3", "c"))
	pointing := post("4", "d")
	pointing.GetEntry().Parent = &recordv1.Ref{Kind: kindEntry, SourceId: "2"}
	source.Add(pointing)
	rig := enginetest.New(t, source)
	rig.Request.Mapping = mapped(t, titled("!")+"filters: [{kind: entry, skip: 'entry.title == \"b\"'}]\n")

	rep := run(t, rig)
	if k := enginetest.KindOf(rep, "entry"); k.Created != 3 || k.Skipped != 1 || k.Verified != 3 || k.Different != 0 || rep.Mapping == "" {
		t.Errorf("%+v", k)
	}
	if lossOf(rep, "filtered") != 1 || lossOf(rep, "link_unresolved") != 1 {
		t.Errorf("losses %+v", rep.Losses)
	}
	wantTarget(t, rig, map[string]string{"1": "a!", "3": "c!", "4": "d!"})

	rig.Request.Mapping = nil
	if k := enginetest.KindOf(run(t, rig), "entry"); k.Unchanged != 3 || k.Skipped != 1 {
		t.Errorf("a second run: %+v", k)
	}
	source.Add(post("1", "A"))
	rig.Request = engine.Request{Sync: rep.Migration, Workers: 2}
	if k := enginetest.KindOf(syncOnce(t, rig, migration.Mode{}), "entry"); k.Updated != 1 || k.Different != 0 {
		t.Errorf("a sync: %+v", k)
	}
	wantTarget(t, rig, map[string]string{"1": "A!", "3": "c!", "4": "d!"})

	rig.Request.Mapping = mapped(t, titled("?"))
	if k := enginetest.KindOf(syncOnce(t, rig, migration.Mode{}), "entry"); k.Updated != 3 || k.Created != 1 || k.Different != 0 {
		t.Errorf("a sync with another mapping: %+v", k)
	}
	wantTarget(t, rig, map[string]string{"1": "A?", "2": "b?", "3": "c?", "4": "d?"})

	job, err := rig.Manager.Verify(context.Background(), rep.Migration, engine.Request{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := job.Run(context.Background(), nil); err != nil || len(again.Differences) > 0 {
		t.Errorf("verified again: %v, %+v", err, again.Differences)
	}
}

// TestCommentsGoWithTheirEntry: they are skipped with a reason of their own, and verified again with the same root.
func TestCommentsGoWithTheirEntry(t *testing.T) {
	t.Parallel()
	on := func(id, entry string) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_COMMENT, id), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{
			Entry: record.NewRef(kindEntry, entry), AuthorName: "x", Content: &recordv1.Body{Markup: "html", Text: "hi"}}}}
	}
	rig := enginetest.New(t, agenttest.NewSource(post("1", "a"), post("2", "b"), on("5", "1"), on("6", "2"), on("7", "1"), on("8", "2")))
	rig.Request.Mapping = mapped(t, "filters: [{kind: entry, skip: 'entry.title == \"b\"'}]\n")
	plan, err := rig.Manager.Plan(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rep := run(t, rig)
		foreseen(t, plan, rep)
		if k := enginetest.KindOf(rep, "comment"); k.Created+k.Unchanged != 2 || k.Skipped != 2 || k.Verified != 2 || lossOf(rep, "entry_left_behind") != 2 {
			t.Errorf("%+v %+v", k, rep.Losses)
		}
	}
}

// foreseen holds a plan against the report of the run that followed: the same numbers, kind by kind, and the same losses.
func foreseen(t *testing.T, plan *migration.Plan, rep *migration.Report) {
	t.Helper()
	for i, p := range plan.Kinds {
		k := rep.Kinds[i]
		if moved := k.Created + k.Updated + k.Unchanged + k.Adopted; p.Kind != k.Kind || p.Looked != k.Read || p.Moved != moved || p.Skipped != k.Skipped || p.Rejected != k.Rejected {
			t.Errorf("planned %+v, was %+v", p, k)
		}
	}
	for _, l := range plan.Losses {
		if n := lossOf(rep, l.Code); n != l.Count {
			t.Errorf("planned %d × %s, was %d", l.Count, l.Code, n)
		}
	}
}

// TestRunKeepsItsMapping: a run that was interrupted goes on with the mapping it began with, also in another process.
func TestRunKeepsItsMapping(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(20))
	stop := errors.New("stop here")
	batches := 0
	rig.Target.OnBatch = func(r *agentv1.WriteRecordsRequest) error {
		if len(r.GetRecords()) > 0 && r.GetRecords()[0].GetEntry() != nil {
			if batches++; batches == 2 {
				return stop
			}
		}
		return nil
	}
	rig.Request.Mapping = mapped(t, titled("!"))
	_, err := rig.Run(context.Background())
	if err == nil {
		t.Fatal("the run was not interrupted")
	}
	began, other := rig.Request.Mapping, mapped(t, titled("?"))
	rig.Target.OnBatch = nil

	rig.Request.Mapping = other
	var refused *migration.Error
	if _, err := rig.Manager.Begin(context.Background(), rig.Request); !errors.As(err, &refused) || refused.Code != "mapping_changed" || refused.Exit != migration.ExitUsage {
		t.Fatalf("another mapping: %v", err)
	}
	rig.Request.Mapping = nil
	rep := run(t, rig)
	if rep.Mapping != began.Digest() || rep.Run != 1 || len(rep.Differences) > 0 {
		t.Errorf("run %d with %s: %+v", rep.Run, rep.Mapping, rep.Differences)
	}
	for id, title := range onTarget(rig) {
		if title != "Entry "+id+"!" {
			t.Errorf("entry %s is %q", id, title)
		}
	}
}

// TestExpressionThatFailsRejectsItsRecord is Rule 4 for mappings.
func TestExpressionThatFailsRejectsItsRecord(t *testing.T) {
	t.Parallel()
	with := post("1", "a")
	with.Fields = []*recordv1.Field{{Name: "n", Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: "x"}}}}
	rig := enginetest.New(t, agenttest.NewSource(with, post("2", "b")))
	rig.Request.Mapping = mapped(t, "values: [{kind: entry, set: excerpt, to: 'fields[\"n\"]'}]\n")
	rep := run(t, rig)
	if k := enginetest.KindOf(rep, "entry"); k.Created != 1 || k.Rejected != 1 || k.Verified != 1 || rep.Rejected[0].Code != "mapping_failed" {
		t.Errorf("%+v %+v", k, rep.Rejected)
	}
}

func TestPlanAndCensusSeeTheMapping(t *testing.T) {
	t.Parallel()
	job := post("1", "a")
	job.GetEntry().Type = "job"
	rig := enginetest.New(t, agenttest.NewSource(job, post("2", "b")))
	ctx := context.Background()
	rig.Request.Mapping = mapped(t, "types: {job: post, post: skip}\n")
	plan, err := rig.Manager.Plan(ctx, rig.Request)
	if err != nil || len(plan.Kinds) == 0 {
		t.Fatal(err)
	}
	for _, k := range plan.Kinds {
		if k.Kind == "entry" && (k.Moved != 1 || k.Skipped != 1 || len(k.Mapping) != 2 || k.Mapping[0] != (migration.Mapping{From: "job", To: "post", Count: 1})) {
			t.Errorf("%+v", k)
		}
	}
	census, from, to, err := rig.Manager.Census(ctx, rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if faults := mapped(t, "types: {jobb: post}\n").Check(census, to); len(faults) != 1 || faults[0].Fix != `Did you mean "job"?` || faults[0].Line != 2 || faults[0].Column != 9 {
		t.Errorf("%v", faults)
	}
	untouched, err := mapping.Parse("m", mapping.Init(census, from, to))
	if err != nil {
		t.Fatal(err)
	}
	before := proto.CloneOf(job)
	if _, o, _ := untouched.Apply(job); o != agentv1.Outcome_OUTCOME_UNSPECIFIED || !proto.Equal(before, job) {
		t.Error("an untouched mapping changes the record")
	}
}
