package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestSteeringOverTheAPI throttles, pauses, resumes and retries one migration.
func TestSteeringOverTheAPI(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource()
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		source.Add(&recordv1.Record{Ref: &recordv1.Ref{Kind: recordv1.Kind_KIND_ENTRY, SourceId: id}, Body: &recordv1.Record_Entry{
			Entry: &recordv1.Entry{Type: "post", Title: id, Slug: "e" + id}}})
	}
	rig := enginetest.New(t, source)
	rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() != "2" {
			return nil
		}
		return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"}
	}
	reached, release := make(chan struct{}, 100), make(chan struct{})
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		reached <- struct{}{}
		<-release
		return nil
	}
	ctx, client := dial(t, rig)
	started, err := client.StartMigration(ctx, &controlv1.StartMigrationRequest{Source: rig.Request.Source, Target: rig.Request.Target})
	if err != nil {
		t.Fatal(err)
	}
	id := started.GetMigration().GetId()
	<-reached
	steer := func(s controlv1.Steer, th *controlv1.Throttle) *controlv1.Migration {
		t.Helper()
		r, err := client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: id, Steer: s, Throttle: th})
		if err != nil {
			t.Fatal(err)
		}
		return r.GetMigration()
	}
	m := steer(controlv1.Steer_STEER_UNSPECIFIED, &controlv1.Throttle{RecordsPerSecond: 5000})
	if m.GetThrottle().GetRecordsPerSecond() != 5000 || m.GetDesired() != controlv1.Steer_STEER_RUN || !m.GetAlive() {
		t.Errorf("throttled: %v", m)
	}
	if m := steer(controlv1.Steer_STEER_PAUSE, nil); m.GetDesired() != controlv1.Steer_STEER_PAUSE || m.GetThrottle().GetRecordsPerSecond() != 5000 {
		t.Errorf("pausing: %v", m)
	}
	_, err = client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: id, Steer: controlv1.Steer_STEER_RUN})
	if e := link.FromStatus(err); e.Code != "pausing" || e.Fix == "" {
		t.Errorf("run while pausing: %+v", e)
	}
	time.AfterFunc(700*time.Millisecond, func() { close(release) })
	state := func(want controlv1.State) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
			r, err := client.GetMigration(ctx, &controlv1.GetMigrationRequest{Id: id})
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("%v, %v", r, err)
			}
			if r.GetMigration().GetState() == want {
				return
			}
		}
	}
	state(controlv1.State_STATE_PAUSED)
	again(t, func() error {
		_, err := client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: id, Steer: controlv1.Steer_STEER_RUN})
		return err
	})
	state(controlv1.State_STATE_DONE)
	rig.Target.OnRecord = nil
	again(t, func() error {
		_, err := client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: id, Steer: controlv1.Steer_STEER_RETRY})
		return err
	})
	state(controlv1.State_STATE_DONE)
	var rep migration.Report
	r, err := client.GetReport(ctx, &controlv1.GetReportRequest{Id: id})
	if err != nil || json.Unmarshal([]byte(r.GetReportJson()), &rep) != nil || rep.Run != 2 || rep.Totals().Created != 1 || rep.Totals().Unchanged != 4 {
		t.Errorf("%v, %s", err, r.GetReportJson())
	}
}

// again tries until the job of before has been put away.
func again(t *testing.T, call func() error) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := call()
		if err == nil {
			return
		}
		if link.FromStatus(err).Code != "already_running" || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// A migration that is taken back is told as such, and not as one that was given up.
func TestStatesOfARollback(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(2))
	rep, err := rig.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, client := dial(t, rig)
	for _, step := range []struct {
		status migration.Status
		want   controlv1.State
	}{{migration.RollingBack, controlv1.State_STATE_ROLLING_BACK}, {migration.RolledBack, controlv1.State_STATE_ROLLED_BACK}} {
		if err := rig.Store.SetStatus(ctx, rep.Migration, step.status, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
		got, err := client.GetMigration(ctx, &controlv1.GetMigrationRequest{Id: rep.Migration})
		if err != nil || got.GetMigration().GetState() != step.want {
			t.Errorf("%s is told as %v, %v", step.status, got.GetMigration().GetState(), err)
		}
	}
}
