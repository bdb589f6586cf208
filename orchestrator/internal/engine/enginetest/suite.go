package enginetest

import (
	"context"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

const entryKind = recordv1.Kind_KIND_ENTRY

// Subject is an engine under test.
type Subject struct {
	// Engine hands migrations to workers; nil: a worker process works on the migration that it is started for, all by itself.
	Engine engine.Engine
	// StoreURL is the folder or URL of an empty store.
	StoreURL string
	// Settings reach the worker processes.
	Settings string
}

// Suite is what every engine passes, with real processes as workers.
func Suite(t *testing.T, begin func(testing.TB) Subject) {
	t.Run("ThreeShareTheShards", func(t *testing.T) {
		t.Parallel()
		// So many entries that they make more than two shards.
		shared(t, newRun(t, begin(t), 1000))
	})
	for name, test := range map[string]func(*testing.T, *run){
		"KilledWorkerIsReplaced": killed, "LeavingWorkerHandsOver": left, "SilentWorkerIsReplacedAndRefused": silent, "CancelEndsARunningShard": cancelled,
		"PauseAndResume": paused, "FailureEndsTheRun": failed, "VerifyGoesOnWhereItStopped": verified, "VerifyAndRollback": undone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newRun(t, begin(t), entries))
		})
	}
}

// run is one migration under test.
type run struct {
	Subject
	*Rig
	id     string
	worker Worker
	// each is asked for each batch of entries.
	each atomic.Pointer[func() error]
}

// entries of the suite's sites.
const entries = 7

// newRun makes the sites of a run, the source with n entries.
func newRun(t *testing.T, s Subject, n int) *run {
	t.Helper()
	r := &run{Subject: s}
	r.Rig = At(t, NewSite(n), r.StoreURL)
	r.worker = Worker{Store: r.StoreAt, Key: filepath.Join(r.Dir, "key"), Workers: 2, Settings: r.Settings}
	r.onEntries(func() error { return nil })
	r.Target.OnBatch = func(req *agentv1.WriteRecordsRequest) error {
		if req.GetRecords()[0].GetRef().GetKind() != entryKind {
			return nil
		}
		return (*r.each.Load())()
	}
	return r
}

// onEntries does something at each batch of entries from now on.
func (r *run) onEntries(do func() error) { r.each.Store(&do) }

// begin begins the migration and starts a worker process.
func (r *run) begin(t *testing.T) *Process {
	t.Helper()
	job, err := r.Manager.Begin(context.Background(), r.Request)
	if err != nil {
		t.Fatal(err)
	}
	r.id = job.Migration.ID
	if r.Engine == nil {
		r.worker.Migration = r.id
	}
	p := r.worker.Start(t)
	r.hand(t, job)
	return p
}

// hand gives the job to the workers, if the engine does.
func (r *run) hand(t *testing.T, job *engine.Job) {
	t.Helper()
	if r.Engine == nil {
		_ = job.Close()
		return
	}
	r.Manager.Engine = r.Engine
	if _, err := job.Hand(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.Manager.Engine = nil
}

// resume does what an operator does after a pause or a failure.
func (r *run) resume(t *testing.T) {
	t.Helper()
	if r.Engine == nil {
		r.worker.Start(t)
		return
	}
	job, err := r.Manager.Begin(context.Background(), engine.Request{Resume: r.id})
	if err != nil {
		t.Fatal(err)
	}
	r.hand(t, job)
}

// ends waits until the run has a status.
func (r *run) ends(t *testing.T, status migration.Status) *migration.Migration {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		m, err := r.Store.Migration(context.Background(), r.id)
		if err != nil {
			t.Fatal(err)
		}
		if m.Status == status {
			return m
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is %s, %s, %+v", m.Status, m.Stage, m.Failure)
		}
	}
}

// same waits for the end and compares with an undisturbed run.
func (r *run) same(t *testing.T) *migration.Report {
	t.Helper()
	r.ends(t, migration.Done)
	got, err := engine.BuildReport(context.Background(), r.Store, r.id)
	if err != nil {
		t.Fatal(err)
	}
	want, err := New(t, NewSite(entries)).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got.Run != 1 || got.Root != want.Root || !reflect.DeepEqual(got.Kinds, want.Kinds) || !reflect.DeepEqual(got.Losses, want.Losses) ||
		!reflect.DeepEqual(got.Rejected, want.Rejected) || len(got.Differences) != 0 {
		t.Errorf("want %+v\ngot %+v", want, got)
	}
	return got
}

// gate stops the batches of entries until it is opened, and tells when the first has come.
func (r *run) gate(t *testing.T) (reached chan struct{}, open func()) {
	t.Helper()
	reached, closed := make(chan struct{}), make(chan struct{})
	var once, opened sync.Once
	r.onEntries(func() error {
		once.Do(func() { close(reached) })
		<-closed
		return nil
	})
	open = func() { opened.Do(func() { close(closed) }) }
	t.Cleanup(open)
	return reached, open
}

func wait(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
	}
}

// killed: Rule 2. Another worker ends what a killed one has begun.
func killed(t *testing.T, r *run) {
	reached, open := r.gate(t)
	p := r.begin(t)
	wait(t, reached, "the first batch")
	p.Signal(syscall.SIGKILL)
	begun := time.Now()
	r.onEntries(func() error { return nil })
	open()
	r.worker.Start(t)
	r.same(t)
	t.Logf("all was done %s after the kill", time.Since(begun).Round(time.Millisecond))
}

// left: a worker that is asked to end does so after its batch, and another goes on from there.
func left(t *testing.T, r *run) {
	reached, open := r.gate(t)
	p := r.begin(t)
	wait(t, reached, "the first batch")
	p.Signal(syscall.SIGTERM)
	p.Await(t, "leaving")
	open()
	begun := time.Now()
	wait(t, p.ended, "the end of the worker")
	t.Logf("it left after %s", time.Since(begun).Round(time.Millisecond))
	r.worker.Start(t)
	r.same(t)
	t.Logf("all was done after %s", time.Since(begun).Round(time.Millisecond))
	if len(p.Said("failed")) > 0 {
		t.Errorf("it ended with %q", p.Said("failed"))
	}
}

// silent: Rule 3. What was replaced while it slept may not save its checkpoint any more.
func silent(t *testing.T, r *run) {
	r.worker.Hold = true
	sleeper := r.begin(t)
	sleeper.Await(t, "saving")
	sleeper.Signal(syscall.SIGSTOP)
	begun := time.Now()
	r.worker.Hold = false
	other := r.worker.Start(t)
	other.Await(t, "claim")
	t.Logf("it was replaced after %s", time.Since(begun).Round(time.Millisecond))
	want := r.same(t)
	sleeper.Go()
	sleeper.Signal(syscall.SIGCONT)
	sleeper.Await(t, "refused")
	if got, err := engine.BuildReport(context.Background(), r.Store, r.id); err != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("%v: the late checkpoint changed %+v to %+v", err, want, got)
	}
	if len(other.Said("refused")) > 0 {
		t.Error("the replacement was refused")
	}
}

// cancelled: a shard whose batch is never answered, and which would so never end, is given up.
func cancelled(t *testing.T, r *run) {
	reached, _ := r.gate(t)
	r.begin(t)
	wait(t, reached, "the first batch")
	begun := time.Now()
	if err := r.Store.Steer(context.Background(), r.id, migration.WantCancel, begun); err != nil {
		t.Fatal(err)
	}
	r.ends(t, migration.Cancelled)
	t.Logf("cancelled after %s", time.Since(begun).Round(time.Millisecond))
}

// paused stops after the batch, and goes on where it stopped.
func paused(t *testing.T, r *run) {
	reached, open := r.gate(t)
	p := r.begin(t)
	wait(t, reached, "the first batch")
	if err := r.Store.Steer(context.Background(), r.id, migration.WantPause, time.Now()); err != nil {
		t.Fatal(err)
	}
	p.Await(t, "wish")
	open()
	if m := r.ends(t, migration.Paused); m.Stage != migration.StageCopy {
		t.Errorf("paused in %s", m.Stage)
	}
	r.resume(t)
	r.same(t)
}

// hands is how many work on the shards that are shared.
const hands = 3

// shared: batches are answered only when three shards are being written. Each task has one holder, and only ever one.
func shared(t *testing.T, r *run) {
	var all sync.WaitGroup
	all.Add(hands)
	var mu sync.Mutex
	come := 0
	r.onEntries(func() error {
		mu.Lock()
		if come++; come <= hands {
			all.Done()
		}
		mu.Unlock()
		all.Wait()
		return nil
	})
	r.worker.Batch = 100
	processes := []*Process{}
	if r.Engine == nil {
		r.worker.Workers = hands
		processes = append(processes, r.begin(t))
	} else {
		r.worker.Workers = 1
		processes = append(processes, r.begin(t), r.worker.Start(t), r.worker.Start(t))
	}
	r.ends(t, migration.Done)
	for _, p := range processes {
		claims := p.Said("claim")
		t.Logf("process %d had %d shards of entries", p.cmd.Process.Pid, len(claims))
		if len(claims) == 0 {
			t.Error("a worker had no shard of the entries")
		}
	}
	tasks, err := r.Store.Tasks(context.Background(), r.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if task.Fence != 1 {
			t.Errorf("%s of %s %d was claimed %d times", task.Stage, task.Kind, task.Seq, task.Fence)
		}
	}
}

// failed: an error that lasts ends the run with its cause, and a resume goes on.
func failed(t *testing.T, r *run) {
	r.onEntries(func() error {
		return &link.Error{Code: "disk_full", Cause: "the disk is full", Fix: "Make room.", Grpc: codes.FailedPrecondition}
	})
	r.begin(t)
	if m := r.ends(t, migration.Failed); m.Failure == nil || m.Failure.Code != "disk_full" {
		t.Errorf("%+v", m.Failure)
	}
	r.onEntries(func() error { return nil })
	r.resume(t)
	r.same(t)
}

// undone: a run of any engine can be verified again, and taken back.
func undone(t *testing.T, r *run) {
	ctx := context.Background()
	r.begin(t)
	first := r.same(t)
	r.Manager.Engine = r.Engine
	job, err := r.Manager.Verify(ctx, r.id, engine.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := job.Run(ctx, nil); err != nil || again.Root != first.Root {
		t.Errorf("%v: root %s, was %s", err, again.Root, first.Root)
	}
	removed := 0
	if err := r.Manager.Rollback(ctx, engine.RollbackRequest{ID: r.id}, func(*agentv1.RolledBack) { removed++ }); err != nil || removed == 0 {
		t.Errorf("%v, %d records", err, removed)
	}
	r.ends(t, migration.RolledBack)
}
