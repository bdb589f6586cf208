package engine_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

const entryKind = recordv1.Kind_KIND_ENTRY

// silentSource never sends an entry.
type silentSource struct{ pipeline.Source }

func (s silentSource) Read(ctx context.Context, req *agentv1.ReadRecordsRequest) iter.Seq2[*agentv1.ReadRecordsResponse, error] {
	if req.GetKind() != entryKind {
		return s.Source.Read(ctx, req)
	}
	return func(yield func(*agentv1.ReadRecordsResponse, error) bool) {
		<-ctx.Done()
		yield(nil, context.Cause(ctx))
	}
}

func silenceSource(_ *testing.T, rig *enginetest.Rig) {
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		sites, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			sites.Source = silentSource{sites.Source}
		}
		return sites, err
	}
}

// onEntries does something at each batch of entries.
func onEntries(do func() error) func(*agentv1.WriteRecordsRequest) error {
	return func(r *agentv1.WriteRecordsRequest) error {
		if r.GetRecords()[0].GetRef().GetKind() != entryKind {
			return nil
		}
		return do()
	}
}

func silenceTarget(t *testing.T, rig *enginetest.Rig) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	rig.Target.OnBatch = onEntries(func() error { <-release; return nil })
}

func failTarget(_ *testing.T, rig *enginetest.Rig) {
	rig.Manager.Retry = engine.Retry{First: time.Hour, Most: time.Hour, For: 2 * time.Hour}
	rig.Target.OnBatch = onEntries(func() error {
		return &link.Error{Code: "database_gone", Cause: "the database went away", Fix: "Start it.", Grpc: codes.Unavailable}
	})
}

// stuckStore does not take a checkpoint of entries until its context ends or it is released.
type stuckStore struct {
	store.Store
	release chan struct{}
	entries atomic.Bool
}

func (s *stuckStore) Claim(ctx context.Context, task int64, owner string) (*migration.Task, error) {
	t, err := s.Store.Claim(ctx, task, owner)
	if err == nil && t.Kind == entryKind && t.Stage == migration.StageCopy {
		s.entries.Store(true)
	}
	return t, err
}

func (s *stuckStore) Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error {
	if s.entries.Load() {
		<-s.release
	}
	return s.Store.Save(ctx, task, fence, c)
}

// began runs a rig's request beside the test. The result comes when it ends.
func began(t *testing.T, rig *enginetest.Rig) (id string, result chan *migration.Report) {
	t.Helper()
	job, err := rig.Manager.Begin(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	result = make(chan *migration.Report, 1)
	go func() {
		rep, err := job.Run(context.Background(), nil)
		if err != nil && !engine.Stopped(err) {
			t.Error(err)
		}
		result <- rep
	}()
	return job.Migration.ID, result
}

// until polls the store for something to become true.
func until(t *testing.T, st store.Store, id string, is func(*migration.Migration) bool) *migration.Migration {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(15 * time.Second); ; <-tick.C {
		m, err := st.Migration(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if is(m) {
			return m
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not come: %+v", m)
		}
	}
}

func isWaiting(m *migration.Migration) bool { return len(m.Waiting) > 0 }

// isWaitingOn leaves out what else a busy machine makes wait for a moment: that is not in the copying of entries.
func isWaitingOn(on string) func(*migration.Migration) bool {
	return func(m *migration.Migration) bool {
		return isWaiting(m) && m.Waiting[0].On == on && m.Waiting[0].Stage == migration.StageCopy && m.Waiting[0].Kind == "entry"
	}
}

// TestStallNamesWhatIsWaitedFor, and a cancel ends each such run within two seconds.
func TestStallNamesWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare  func(*testing.T, *enginetest.Rig)
		on, side string
		call     string
		retry    string
	}{
		"source": {silenceSource, migration.OnSource, migration.OnSource, "ReadRecords", ""},
		"target": {silenceTarget, migration.OnTarget, migration.OnTarget, "WriteRecords", ""},
		"retry":  {failTarget, migration.OnRetry, migration.OnTarget, "", "database_gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := enginetest.New(t, enginetest.NewSite(killEntries))
			rig.Request.Stall = 100 * time.Millisecond
			c.prepare(t, rig)
			id, result := began(t, rig)
			w := until(t, rig.Store, id, isWaitingOn(c.on)).Waiting[0]
			if w.On != c.on || w.Side != c.side || w.Call != c.call || w.Stage != migration.StageCopy || w.Kind != "entry" {
				t.Errorf("%+v", w)
			}
			if w.NextTry.IsZero() || !w.NextTry.After(time.Now()) || time.Since(w.Idle) < rig.Request.Stall || w.Since.Before(w.Idle.Add(-time.Second)) {
				t.Errorf("times: %+v", w)
			}
			if (w.Failure == nil) != (c.retry == "") || w.Failure != nil && w.Failure.Code != c.retry {
				t.Errorf("failure: %+v", w.Failure)
			}
			start := time.Now()
			if err := rig.Store.Steer(context.Background(), id, migration.WantCancel, start); err != nil {
				t.Fatal(err)
			}
			rep := <-result
			if took := time.Since(start); took > 2*time.Second || rep.Status != migration.Cancelled {
				t.Errorf("%s after %s", rep.Status, took)
			}
		})
	}
}

func TestStallNamesTheStore(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	rig.Request.Stall = 100 * time.Millisecond
	st := &stuckStore{Store: rig.Store, release: make(chan struct{})}
	rig.Manager.Store = st
	id, result := began(t, rig)
	if w := until(t, rig.Store, id, isWaitingOn(migration.OnStore)).Waiting[0]; w.On != migration.OnStore || w.Call != "Save" || w.Kind != "entry" {
		t.Errorf("%+v", w)
	}
	close(st.release)
	if rep := <-result; rep.Status != migration.Done {
		t.Errorf("%s", rep.Status)
	}
	if m := until(t, rig.Store, id, func(*migration.Migration) bool { return true }); len(m.Waiting) != 0 {
		t.Errorf("it still waits: %+v", m.Waiting)
	}
}
