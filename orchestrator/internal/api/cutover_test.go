package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func post(id, title string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, id), Body: &recordv1.Record_Entry{
		Entry: &recordv1.Entry{Type: "post", Title: title, Slug: "e" + id, Status: recordv1.Status_STATUS_PUBLISHED}}}
}

// rigs are one for each engine; the workers of Temporal are in this process.
var rigs = map[string]func(*testing.T, *agenttest.Agent) *enginetest.Rig{
	"embedded": func(t *testing.T, source *agenttest.Agent) *enginetest.Rig { return enginetest.New(t, source) },
	"temporal": func(t *testing.T, source *agenttest.Agent) *enginetest.Rig {
		rig := enginetest.At(t, source, testbed.Postgres(t).Database(t))
		c, err := temporal.Dial(context.Background(), temporal.Options{Address: testbed.Temporal(t).Address, Queue: rand.Text()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		worker := *rig.Manager
		go func() { done <- c.Work(ctx, &worker, engine.Request{Workers: 2}, func() {}) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			c.Close()
		})
		rig.Manager.Engine = c
		return rig
	},
}

// served is a migration of a rig that is steered over the API.
type served struct {
	*testing.T
	*enginetest.Rig
	ctx    context.Context
	client controlv1.MigrationServiceClient
	id     string
}

// steer tries until the job of before has been put away.
func (s *served) steer(what controlv1.Steer, o *controlv1.SyncOptions) {
	s.Helper()
	again(s.T, func() error {
		_, err := s.client.SteerMigration(s.ctx, &controlv1.SteerMigrationRequest{Id: s.id, Steer: what, Sync: o})
		return err
	})
}

func (s *served) refused(code string, what controlv1.Steer, o *controlv1.SyncOptions) {
	s.Helper()
	_, err := s.client.SteerMigration(s.ctx, &controlv1.SteerMigrationRequest{Id: s.id, Steer: what, Sync: o})
	if e := link.FromStatus(err); e.Code != code || e.Fix == "" {
		s.Errorf("%s: %v", code, err)
	}
}

func (s *served) await(what string, there func(*controlv1.Migration) bool) *controlv1.Migration {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		r, err := s.client.GetMigration(s.ctx, &controlv1.GetMigrationRequest{Id: s.id})
		if err != nil || time.Now().After(deadline) {
			s.Fatalf("%s: %v, %v", what, r, err)
		}
		if there(r.GetMigration()) {
			return r.GetMigration()
		}
	}
}

func (s *served) done() *migration.Report {
	s.Helper()
	s.await("the end", func(m *controlv1.Migration) bool { return m.GetState() == controlv1.State_STATE_DONE })
	var rep migration.Report
	r, err := s.client.GetReport(s.ctx, &controlv1.GetReportRequest{Id: s.id})
	if err != nil || json.Unmarshal([]byte(r.GetReportJson()), &rep) != nil {
		s.Fatalf("%v, %s", err, r.GetReportJson())
	}
	return &rep
}

func (s *served) cutover(state controlv1.CutoverState) *controlv1.Cutover {
	s.Helper()
	return s.await(state.String(), func(m *controlv1.Migration) bool { return m.GetCutover().GetState() == state }).GetCutover()
}

// wantTarget compares the titles on the target.
func (s *served) wantTarget(want map[string]string) {
	s.Helper()
	got := map[string]string{}
	for _, r := range s.Target.Written() {
		got[r.GetRef().GetSourceId()] = r.GetEntry().GetTitle()
	}
	if !maps.Equal(got, want) {
		s.Errorf("on the target: %v", got)
	}
}

func eachEngine(t *testing.T, test func(*served)) {
	t.Parallel()
	for name, rig := range rigs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &served{T: t, Rig: rig(t, agenttest.NewSource(post("1", "one"), post("2", "two"), post("3", "three")))}
			s.ctx, s.client = dial(t, s.Rig)
			started, err := s.client.StartMigration(s.ctx, &controlv1.StartMigrationRequest{Source: s.Request.Source, Target: s.Request.Target})
			if err != nil {
				t.Fatal(err)
			}
			s.id = started.GetMigration().GetId()
			s.done()
			test(s)
		})
	}
}

func (s *served) edit(id string) {
	s.Target.Edit(s.Source.Info.GetSiteId(), record.NewRef(recordv1.Kind_KIND_ENTRY, id), func(r *recordv1.Record) { r.GetEntry().Title = "edited" })
}

func TestSyncOverTheAPI(t *testing.T) {
	eachEngine(t, func(s *served) {
		s.Source.Add(post("1", "one again"), post("4", "four"), post("3", "three again"))
		s.Source.Remove(record.NewRef(recordv1.Kind_KIND_ENTRY, "2"))
		s.edit("3")
		s.steer(controlv1.Steer_STEER_SYNC, nil)
		if rep := s.done(); rep.Mode != "sync" || rep.Run != 2 || rep.Totals().Created != 1 || rep.Totals().Updated != 1 || rep.Totals().Removed != 0 || rep.Totals().Skipped != 1 {
			s.Errorf("keep: %+v", rep)
		}
		s.wantTarget(map[string]string{"1": "one again", "2": "two", "3": "edited", "4": "four"})
		s.steer(controlv1.Steer_STEER_SYNC, &controlv1.SyncOptions{Deleted: controlv1.Deleted_DELETED_DELETE, Edited: controlv1.Edited_EDITED_OVERWRITE})
		if rep := s.done(); rep.Run != 3 || rep.Totals().Removed != 1 {
			s.Errorf("delete and overwrite: %+v", rep)
		}
		s.wantTarget(map[string]string{"1": "one again", "3": "three again", "4": "four"})
		s.refused("policy_unknown", controlv1.Steer_STEER_SYNC, &controlv1.SyncOptions{Deleted: 99})
		s.refused("policy_unknown", controlv1.Steer_STEER_CUTOVER, &controlv1.SyncOptions{Edited: 99})
		s.refused("not_waiting", controlv1.Steer_STEER_FREEZE, nil)
		s.id = "none"
		s.refused("migration_unknown", controlv1.Steer_STEER_SYNC, nil)
		s.refused("migration_unknown", controlv1.Steer_STEER_CUTOVER, nil)
	})
}

// TestCutoverOverTheAPI: it catches up, waits for the word, makes the last pass and says that the site may be switched. Asked to
// pause while it waits it gives up, and the next goes on.
func TestCutoverOverTheAPI(t *testing.T) {
	eachEngine(t, func(s *served) {
		wait := &controlv1.SyncOptions{Wait: true}
		s.Source.Add(post("1", "one again"), post("4", "four"))
		s.steer(controlv1.Steer_STEER_CUTOVER, wait)
		if c := s.cutover(controlv1.CutoverState_CUTOVER_STATE_WAITING); c.GetPasses() != 2 || !c.GetQuiet() || c.GetFound() != 0 {
			s.Errorf("waiting: %v", c)
		}
		s.refused("already_running", controlv1.Steer_STEER_SYNC, nil)
		s.refused("already_running", controlv1.Steer_STEER_CUTOVER, wait)
		s.steer(controlv1.Steer_STEER_PAUSE, nil)
		if c := s.cutover(controlv1.CutoverState_CUTOVER_STATE_STOPPED); c.GetFailure() != nil {
			s.Errorf("given up: %v", c)
		}
		s.steer(controlv1.Steer_STEER_CUTOVER, wait)
		s.cutover(controlv1.CutoverState_CUTOVER_STATE_WAITING)
		events, err := s.client.WatchEvents(s.ctx, &controlv1.WatchEventsRequest{Id: s.id})
		if err != nil {
			s.Fatal(err)
		}
		s.Source.Add(post("5", "five"))
		s.steer(controlv1.Steer_STEER_FREEZE, nil)
		c := s.cutover(controlv1.CutoverState_CUTOVER_STATE_SWITCH)
		if c.GetPasses() != 1 || c.GetFound() != 1 || c.GetFreezeSeconds() <= 0 || c.GetFailure() != nil {
			s.Errorf("switch: %v", c)
		}
		for n := 0; err == nil; n++ {
			if _, err = events.Recv(); err != nil && n < 2 {
				s.Errorf("%d events of the last pass", n)
			}
		}
		if rep := s.done(); rep.Unverified || rep.Totals().Verified != 5 {
			s.Errorf("%+v", rep)
		}
		s.wantTarget(map[string]string{"1": "one again", "2": "two", "3": "three", "4": "four", "5": "five"})
	})
}

// TestCutoverTellsWhatIsWrong: what the last pass cannot mend is to be looked at, and what does not begin is told at once.
func TestCutoverTellsWhatIsWrong(t *testing.T) {
	eachEngine(t, func(s *served) {
		s.Source.AddUnread(&agentv1.Unread{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "9"), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
			Problem: &agentv1.Problem{Code: "unreadable", Cause: "the row is damaged", Fix: "Repair the table."}})
		s.steer(controlv1.Steer_STEER_CUTOVER, nil)
		if c := s.cutover(controlv1.CutoverState_CUTOVER_STATE_CHECK); c.GetFailure() != nil {
			s.Errorf("%v", c)
		}
		again(s.T, func() error {
			_, err := s.client.SteerMigration(s.ctx, &controlv1.SteerMigrationRequest{Id: s.id, Steer: controlv1.Steer_STEER_SYNC})
			return err
		})
		s.done()
		if err := s.Store.SetLinks(s.ctx, s.id, []byte("sealed by nobody")); err != nil {
			s.Fatal(err)
		}
		again(s.T, func() error {
			_, err := s.client.SteerMigration(s.ctx, &controlv1.SteerMigrationRequest{Id: s.id, Steer: controlv1.Steer_STEER_CUTOVER})
			if link.FromStatus(err).Code == "links_unknown" {
				return nil
			}
			return err
		})
		s.cutover(controlv1.CutoverState_CUTOVER_STATE_CHECK)
	})
}
