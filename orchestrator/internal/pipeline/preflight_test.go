package pipeline_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

const (
	kindUser    = recordv1.Kind_KIND_USER
	kindTerm    = recordv1.Kind_KIND_TERM
	kindMedia   = recordv1.Kind_KIND_MEDIA
	kindEntry   = recordv1.Kind_KIND_ENTRY
	kindComment = recordv1.Kind_KIND_COMMENT
)

// changed is record n of a kind with a change.
func changed(k recordv1.Kind, n int, change func(*recordv1.Record)) *recordv1.Record {
	r := agenttest.Make(k, n)
	change(r)
	return r
}

func entry(n int, change func(*recordv1.Entry)) *recordv1.Record {
	return changed(kindEntry, n, func(r *recordv1.Record) { change(r.GetEntry()) })
}

// sound is a site without a fault, in which records point to each other.
func sound() []*recordv1.Record {
	return []*recordv1.Record{
		agenttest.Make(kindUser, 1), agenttest.Make(kindTerm, 1), agenttest.Make(kindMedia, 1), agenttest.Make(kindEntry, 1),
		entry(2, func(e *recordv1.Entry) {
			e.Authors, e.Terms, e.Parent = []*recordv1.Ref{record.NewRef(kindUser, "1")}, []*recordv1.Ref{record.NewRef(kindTerm, "1")}, record.NewRef(kindEntry, "1")
			e.Image = &recordv1.Image{Media: record.NewRef(kindMedia, "1")}
			e.Title, e.Content.Text = "Größe – “naïve”, Ψυχή, 日本語", "<p>Ça coûte 5 €… déjà</p>"
		}),
		changed(kindComment, 1, func(r *recordv1.Record) { r.GetComment().Entry = record.NewRef(kindEntry, "1") }),
		changed(kindComment, 2, func(r *recordv1.Record) {
			r.GetComment().Entry, r.GetComment().Parent = record.NewRef(kindEntry, "1"), record.NewRef(kindComment, "1")
		}),
	}
}

// faults are one of each kind, by the finding and the record that shows it.
func faults() map[string]*recordv1.Record {
	gone := func(k recordv1.Kind) *recordv1.Ref { return record.NewRef(k, "404") }
	return map[string]*recordv1.Record{
		"orphan_author entry/11 authors":        entry(11, func(e *recordv1.Entry) { e.Authors = []*recordv1.Ref{gone(kindUser)} }),
		"orphan_term entry/12 terms":            entry(12, func(e *recordv1.Entry) { e.Terms = []*recordv1.Ref{gone(kindTerm), record.NewRef(kindTerm, "405")} }),
		"orphan_parent entry/13 parent":         entry(13, func(e *recordv1.Entry) { e.Parent = gone(kindEntry) }),
		"orphan_file entry/14 image.media":      entry(14, func(e *recordv1.Entry) { e.Image = &recordv1.Image{Media: gone(kindMedia)} }),
		"orphan_entry comment/15 entry":         changed(kindComment, 15, func(r *recordv1.Record) { r.GetComment().Entry = gone(kindEntry) }),
		"orphan_parent comment/16 parent":       changed(kindComment, 16, func(r *recordv1.Record) { r.GetComment().Parent = gone(kindComment) }),
		"slug_duplicate entry/17 slug":          entry(17, func(e *recordv1.Entry) { e.Slug = "Entry-1" }),
		"date_missing entry/18 published":       entry(18, func(e *recordv1.Entry) { e.Published = nil }),
		"date_in_future entry/19 published":     entry(19, func(e *recordv1.Entry) { e.Published = &recordv1.Time{Seconds: 1<<31 - 2} }),
		"date_out_of_range user/20 registered":  changed(kindUser, 20, func(r *recordv1.Record) { r.GetUser().Registered = &recordv1.Time{Seconds: -62_000_000_000} }),
		"email_duplicate user/24 email":         changed(kindUser, 24, func(r *recordv1.Record) { r.GetUser().Email = "User1@example.org" }),
		"charset_damaged entry/21 title":        entry(21, func(e *recordv1.Entry) { e.Title, e.Excerpt = "CafÃ©", "dÃ©jÃ\u00a0 vu" }),
		"charset_mixed entry/22 content.text":   entry(22, func(e *recordv1.Entry) { e.Content.Text = "cafÃ© — added by hand" }),
		"replacement_characters entry/23 title": entry(23, func(e *recordv1.Entry) { e.Title = "caf\uFFFD" }),
		"ref_invalid entry/25 parent.kind":      entry(25, func(e *recordv1.Entry) { e.Parent = &recordv1.Ref{SourceId: "x"} }),
	}
}

func told(findings []migration.Remark) []string {
	all := []string{}
	for _, f := range findings {
		for _, e := range f.Examples {
			all = append(all, f.Code+" "+e)
		}
		if f.Count != uint64(len(f.Examples)) || f.Cause == "" || f.Will == "" || f.Fix == "" || f.Side != "source" || f.Kind == "" {
			all = append(all, fmt.Sprintf("%+v", f))
		}
	}
	slices.Sort(all)
	return all
}

func TestPreflightOfASoundSiteFindsNothing(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, agenttest.NewSource(sound()...))
	plan, err := rig.Manager.Plan(t.Context(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Findings) != 0 {
		t.Errorf("%+v", plan.Findings)
	}
}

func TestPreflightFindsEachFaultAndNothingElse(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(sound()...)
	want := []string{"invalid_utf8 entry/26"}
	for told, r := range faults() {
		want = append(want, told)
		source.Add(proto.CloneOf(r))
	}
	source.AddUnread(&agentv1.Unread{Ref: record.NewRef(kindEntry, "26"), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
		Problem: &agentv1.Problem{Code: "invalid_utf8", Cause: "column post_title is not valid UTF-8", Fix: "Repair it in the source."}})
	slices.Sort(want)
	rig := enginetest.New(t, source)
	plan, err := rig.Manager.Plan(t.Context(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if got := told(plan.Findings); !slices.Equal(got, want) {
		t.Errorf("found %q\nwant  %q", got, want)
	}
	for _, f := range plan.Findings {
		if want := map[string]string{"charset_damaged": "CafÃ© → Café", "charset_mixed": "cafÃ©"}[f.Code]; f.Sample != want {
			t.Errorf("%s shows %q, want %q", f.Code, f.Sample, want)
		}
	}
	if plan.DiskBytes <= plan.Bytes || plan.EstimateRange[0] > plan.EstimateSeconds || plan.EstimateSeconds > plan.EstimateRange[1] {
		t.Errorf("disk %d of %d bytes, %v in %v", plan.DiskBytes, plan.Bytes, plan.EstimateSeconds, plan.EstimateRange)
	}

	// Of kinds that are not looked at nobody can say what is missing.
	rig.Request.Selection = migration.Selection{Kinds: []string{"entry"}, RepairCharset: true}
	if plan, err = rig.Manager.Plan(t.Context(), rig.Request); err != nil {
		t.Fatal(err)
	}
	for _, f := range plan.Findings {
		if slices.Contains([]string{"orphan_author", "orphan_term", "orphan_file"}, f.Code) {
			t.Errorf("%+v", f)
		}
		if f.Code == "charset_damaged" && f.Severity != "info" {
			t.Errorf("%+v", f)
		}
	}
}

// What is foreseen of losses is what the run then tells, and the repair of texts is verified like everything else.
func TestRepairIsForeseenKeptAndVerified(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, agenttest.NewSource(entry(1, func(e *recordv1.Entry) { e.Title = "CafÃ©" }), entry(2, func(e *recordv1.Entry) { e.Title = "Café" })))
	rig.Request.Selection.RepairCharset = true
	plan, err := rig.Manager.Plan(t.Context(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	rep := run(t, rig)
	if n := lossOf(rep, "charset_repaired"); n != 1 || len(rep.Differences) != 0 {
		t.Errorf("%d repaired, differences %v", n, rep.Differences)
	}
	if len(plan.Losses) != 1 || plan.Losses[0].Code != "charset_repaired" || plan.Losses[0].Field != "title" {
		t.Errorf("%+v", plan.Losses)
	}
	for _, r := range rig.Target.Written() {
		if r.GetEntry() != nil && r.GetEntry().GetTitle() != "Café" {
			t.Errorf("%q", r.GetEntry().GetTitle())
		}
	}
}

func TestMissingFilesAreForeseen(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(media("1", file("there", 5), file("gone", 7)))
	source.AddFile("there", []byte("bytes"))
	rig := enginetest.New(t, source)
	plan, err := rig.Manager.Plan(t.Context(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Losses) != 1 || plan.Losses[0].Code != "file_missing" || plan.Losses[0].Count != 1 || plan.Files != 1 {
		t.Errorf("%+v, %d files", plan.Losses, plan.Files)
	}
}

// Who has to set a new password is foreseen without asking the target, and named one by one; the target's own word does not count again.
func TestUsersWhoNeedANewPasswordAreForeseenAndAllNamed(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource()
	for i := range 30 {
		scheme := []string{"bcrypt", "drupal-sha512"}[min(i, 1)]
		source.Add(changed(kindUser, i+1, func(r *recordv1.Record) { r.GetUser().Password = &recordv1.Password{Scheme: scheme, Hash: "$x$"} }))
	}
	rig := enginetest.New(t, source)
	holds := enginetest.Holds(kindUser)
	holds.Holds.PasswordSchemes = []string{"bcrypt"}
	rig.Target.SetKind(holds)
	plan, err := rig.Manager.Plan(t.Context(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	for name, losses := range map[string][]migration.LossReport{"plan": plan.Losses, "report": run(t, rig).Losses} {
		if len(losses) != 1 || losses[0].Code != "password_reset_needed" || losses[0].Count != 29 || len(losses[0].Refs) != 29 || slices.Contains(losses[0].Refs, "user/1") {
			t.Errorf("%s: %+v", name, losses)
		}
	}
}
