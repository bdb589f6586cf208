package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/proto/agenttest"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestPauseAndResumeFromOtherProcesses: three stores on one file, as three processes have them.
func TestPauseAndResumeFromOtherProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rig := enginetest.With(t, enginetest.NewSite(killEntries), agenttest.NewTarget(), enginetest.OpenStore(t, dir))
	operator, third := enginetest.OpenStore(t, dir), enginetest.OpenStore(t, dir)
	var slow atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	rig.Target.OnBatch = onEntries(func() error {
		if slow.CompareAndSwap(false, true) {
			close(reached)
			<-release
		}
		return nil
	})
	id, result := began(t, rig)
	<-reached
	start := time.Now()
	if err := operator.Steer(context.Background(), id, migration.WantPause, start); err != nil {
		t.Fatal(err)
	}
	if err := operator.Steer(context.Background(), id, migration.WantRun, time.Now()); migration.ProblemOf(err).Code != "pausing" {
		t.Errorf("taken back: %v", err)
	}
	// Seen within this time; the batch then ends by itself.
	time.AfterFunc(time.Second, func() { close(release) })
	if rep := <-result; rep.Status != migration.Paused || time.Since(start) > 2*time.Second {
		t.Fatalf("%s after %s", rep.Status, time.Since(start))
	}
	if err := operator.Steer(context.Background(), id, migration.WantRun, time.Now()); migration.ProblemOf(err).Code != "not_running" {
		t.Errorf("no process works on it: %v", err)
	}
	rig.Manager.Store, rig.Request = third, engine.Request{Resume: id, Source: rig.Request.Source, Target: rig.Request.Target, Workers: 2}
	want, _ := plainRun(t)
	same(t, want, resume(t, rig))
}

// TestThrottleIsKept: at a rate the run takes at least as long as its records need; a busy machine may take longer.
func TestThrottleIsKept(t *testing.T) {
	t.Parallel()
	for _, rate := range []uint64{25, 50} {
		rig := enginetest.New(t, enginetest.NewSite(killEntries))
		job, err := rig.Manager.Begin(context.Background(), rig.Request)
		if err != nil {
			t.Fatal(err)
		}
		if err := rig.Store.SetRate(context.Background(), job.Migration.ID, migration.Rate{Records: rate}); err != nil {
			t.Fatal(err)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		// Begun again, the run has the rate that was kept.
		start := time.Now()
		rep := resume(t, rig)
		took := time.Since(start).Seconds()
		// Every record is read twice: to copy and to verify; most are indexed before. Half a second's worth passes at once.
		read := 2*float64(rep.Totals().Read) + indexed(t, rig, rep.Migration)
		due := (read - float64(rate)/2) / float64(rate)
		if took < 0.95*due {
			t.Errorf("at %d per second %.0f records took %.2f s instead of %.2f", rate, read, took, due)
		}
	}
}

// indexed is how many records the index stage has read.
func indexed(t *testing.T, rig *enginetest.Rig, id string) (n float64) {
	t.Helper()
	tasks, err := rig.Store.Tasks(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if task.Stage == migration.StageIndex {
			n += float64(task.Counts.Read)
		}
	}
	if n == 0 {
		t.Fatal("nothing was indexed")
	}
	return n
}

// TestThrottleChangesLive: a run that would take minutes ends when the limit is lifted.
func TestThrottleChangesLive(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	rig.Request.Stall = 100 * time.Millisecond
	job, err := rig.Manager.Begin(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	id, ctx := job.Migration.ID, context.Background()
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	if err := rig.Store.SetRate(ctx, id, migration.Rate{Bytes: 10}); err != nil {
		t.Fatal(err)
	}
	id, result := began(t, rig)
	m := until(t, rig.Store, id, isWaiting)
	if w := m.Waiting[0]; w.On != migration.OnThrottle || w.Call != "10 bytes per second" {
		t.Errorf("%+v", w)
	}
	if err := rig.Store.SetRate(ctx, id, migration.Rate{}); err != nil {
		t.Fatal(err)
	}
	select {
	case rep := <-result:
		if rep.Status != migration.Done {
			t.Error(rep.Status)
		}
	case <-time.After(2 * time.Minute):
		t.Error("still as slow as it was")
	}
}

// TestPauseDoesNotWaitForAThrottledFile: a large file under a small limit is left in the middle and ended later.
func TestPauseDoesNotWaitForAThrottledFile(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	source := agenttest.NewSource(&recordv1.Record{Ref: &recordv1.Ref{Kind: recordv1.Kind_KIND_MEDIA, SourceId: "1"}, Body: &recordv1.Record_Media{
		Media: &recordv1.Media{Title: "Large", Files: []*recordv1.File{{Id: "f", Role: "full", Path: "f.png", Bytes: size}}}}})
	source.AddFile("f", make([]byte, size))
	rig := enginetest.New(t, source)
	rig.Request.Stall = 100 * time.Millisecond
	job, err := rig.Manager.Begin(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	ctx, id := context.Background(), job.Migration.ID
	if err := errors.Join(job.Close(), rig.Store.SetRate(ctx, id, migration.Rate{Bytes: 2000})); err != nil {
		t.Fatal(err)
	}
	_, result := began(t, rig)
	until(t, rig.Store, id, func(m *migration.Migration) bool { return isWaiting(m) && m.Waiting[0].On == migration.OnThrottle })
	start := time.Now()
	if err := rig.Store.Steer(ctx, id, migration.WantPause, start); err != nil {
		t.Fatal(err)
	}
	if rep := <-result; rep.Status != migration.Paused || time.Since(start) > 2*time.Second {
		t.Fatalf("%s after %s", rep.Status, time.Since(start))
	}
	if err := rig.Store.SetRate(ctx, id, migration.Rate{}); err != nil {
		t.Fatal(err)
	}
	rep := resume(t, rig)
	data, whole := rig.Target.Received(rig.Source.Info.GetSiteId(), "f")
	if rep.Status != migration.Done || rep.Totals().Created != 1 || rep.Totals().Verified != 1 || !whole || len(data) != size {
		t.Errorf("%+v, whole %v, %d bytes", rep.Totals(), whole, len(data))
	}
}

// TestRetryBringsWhatWasRejected and writes nothing else.
func TestRetryBringsWhatWasRejected(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource()
	for _, id := range []string{"1", "2", "3"} {
		source.Add(&recordv1.Record{Ref: &recordv1.Ref{Kind: entryKind, SourceId: id}, Body: &recordv1.Record_Entry{
			Entry: &recordv1.Entry{Type: "post", Title: id, Slug: "e" + id}}})
	}
	rig := enginetest.New(t, source)
	rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() == "2" {
			return &agentv1.Problem{Code: "no", Cause: "c", Fix: "f"}
		}
		return nil
	}
	first := resume(t, rig)
	if first.Totals().Rejected != 1 {
		t.Fatalf("%+v", first.Totals())
	}
	rig.Target.OnRecord = nil
	// By its id alone: links and selection are kept.
	rig.Request = engine.Request{Retry: first.Migration}
	second := resume(t, rig)
	if n := second.Totals(); second.Run != 2 || n.Created != 1 || n.Unchanged != 2 || n.Rejected != 0 || n.Verified != 3 {
		t.Errorf("run %d: %+v", second.Run, n)
	}
	if _, err := rig.Run(context.Background()); migration.ProblemOf(err).Code != "nothing_rejected" {
		t.Errorf("again: %v", err)
	}
}
