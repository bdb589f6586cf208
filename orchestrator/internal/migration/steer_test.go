package migration_test

import (
	"strings"
	"testing"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// TestSteerTransitions: each state with each wish, as drawn in the operations guide.
func TestSteerTransitions(t *testing.T) {
	t.Parallel()
	alive, dead := now, now.Add(-migration.AliveFor)
	run, pause, cancel := migration.WantRun, migration.WantPause, migration.WantCancel
	for _, c := range []struct {
		name    string
		status  migration.Status
		stage   migration.Stage
		desired migration.Desired
		seen    time.Time
		// want holds, per wish run, pause, cancel: the status at once, or the code of the refusal.
		want [3]string
	}{
		{"running", migration.Running, migration.StageCopy, run, alive, [3]string{"running", "running", "running"}},
		{"pausing", migration.Running, migration.StageCopy, pause, alive, [3]string{"pausing", "running", "running"}},
		{"cancelling", migration.Running, migration.StageCopy, cancel, alive, [3]string{"cancelling", "cancelling", "running"}},
		{"its process is gone", migration.Running, migration.StageCopy, run, dead, [3]string{"not_running", "paused", "cancelled"}},
		{"paused", migration.Paused, migration.StageCopy, run, alive, [3]string{"not_running", "paused", "cancelled"}},
		{"failed", migration.Failed, migration.StageCopy, run, alive, [3]string{"not_running", "not_running", "cancelled"}},
		{"failed in its account", migration.Failed, migration.StageDone, run, alive, [3]string{"migration_over", "migration_over", "migration_over"}},
		{"done", migration.Done, migration.StageDone, run, alive, [3]string{"migration_over", "migration_over", "migration_over"}},
		{"cancelled", migration.Cancelled, migration.StageCopy, run, alive, [3]string{"migration_over", "migration_over", "cancelled"}},
	} {
		for i, wish := range []migration.Desired{run, pause, cancel} {
			m := &migration.Migration{ID: "m1", Status: c.status, Stage: c.stage, Desired: c.desired, Seen: c.seen}
			status, err := m.Steer(wish, now)
			got := string(status)
			if err != nil {
				p := migration.ProblemOf(err)
				if got = p.Code; p.Cause == "" || p.Fix == "" || status != c.status {
					t.Errorf("%s, %s: %+v, %s", c.name, wish, p, status)
				}
			}
			if got != c.want[i] {
				t.Errorf("%s, %s: %s instead of %s", c.name, wish, got, c.want[i])
			}
		}
	}
}

func TestEndTransitions(t *testing.T) {
	t.Parallel()
	all := []migration.Status{migration.Running, migration.Paused, migration.Failed, migration.Done, migration.Cancelled}
	may := map[migration.Status]string{
		migration.Running: "running paused failed done cancelled", migration.Paused: "paused cancelled", migration.Failed: "failed cancelled",
		migration.Done: "done", migration.Cancelled: "cancelled",
	}
	for _, from := range all {
		for _, to := range all {
			err := (&migration.Migration{ID: "m1", Status: from}).End(to)
			allowed := false
			for _, s := range strings.Fields(may[from]) {
				allowed = allowed || s == string(to)
			}
			if allowed != (err == nil) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
}

func TestRetriable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   migration.Status
		stage    migration.Stage
		rejected bool
		code     string
	}{
		{migration.Done, migration.StageDone, true, ""},
		{migration.Failed, migration.StageDone, true, ""},
		{migration.Done, migration.StageDone, false, "nothing_rejected"},
		{migration.Running, migration.StageCopy, true, "run_unfinished"},
		{migration.Paused, migration.StageCopy, true, "run_unfinished"},
		{migration.Cancelled, migration.StageCopy, true, "migration_over"},
		{migration.RolledBack, migration.StageDone, false, "migration_over"},
	} {
		err := (&migration.Migration{Status: c.status, Stage: c.stage}).Retriable(c.rejected)
		if (err == nil) != (c.code == "") || err != nil && migration.ProblemOf(err).Code != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestFinished: what is advised can be done in the status that it is advised in.
func TestFinished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status migration.Status
		stage  migration.Stage
		fix    string
	}{
		{migration.Done, migration.StageDone, ""},
		{migration.Paused, migration.StageCopy, "--resume m1"},
		{migration.Failed, migration.StageCopy, "--resume m1"},
		{migration.Failed, migration.StageDone, "begin again"},
		{migration.Cancelled, migration.StageCopy, "begin again"},
		{migration.RolledBack, migration.StageDone, "begin again"},
		{migration.RollingBack, migration.StageDone, "bailey rollback m1"},
	} {
		err := (&migration.Migration{ID: "m1", Status: c.status, Stage: c.stage}).Finished("can be verified again")
		if (err == nil) != (c.fix == "") || err != nil && !strings.Contains(migration.ProblemOf(err).Fix, c.fix) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestWaitText(t *testing.T) {
	t.Parallel()
	base := migration.Wait{Stage: migration.StageCopy, Kind: "entry", Shard: 3, Since: now.Add(-20 * time.Second), Idle: now.Add(-24 * time.Second)}
	of := func(change func(*migration.Wait)) migration.Wait { w := base; change(&w); return w }
	for want, w := range map[string]migration.Wait{
		"No progress for 24 s: copy of entry, shard 3, waits for the target's agent to answer WriteRecords, since 11:59:40 (20 s); tried again at 12:04:40": of(func(w *migration.Wait) {
			w.On, w.Side, w.Call, w.NextTry = migration.OnTarget, migration.OnTarget, "WriteRecords", w.Since.Add(migration.Silence)
		}),
		"No progress for 24 s: finish waits for the target's agent to answer Finish, since 11:59:40 (20 s)": of(func(w *migration.Wait) {
			w.On, w.Side, w.Call, w.Stage, w.Kind = migration.OnTarget, migration.OnTarget, "Finish", migration.StageFinish, ""
		}),
		"No progress for 24 s: copy of entry, shard 3, waits until 12:00:05 for its next try, because the source's agent failed: it is away (gone)": of(func(w *migration.Wait) {
			w.On, w.Side, w.NextTry, w.Failure = migration.OnRetry, migration.OnSource, now.Add(5*time.Second), &migration.Problem{Code: "gone", Cause: "the source's agent: it is away"}
		}),
		"No progress for 24 s: copy of entry, shard 3, waits for bailey's own store to answer Save, since 11:59:40 (20 s)": of(func(w *migration.Wait) {
			w.On, w.Call = migration.OnStore, "Save"
		}),
		"No progress for 24 s: copy of entry, shard 3, waits for its turn under the throttle (5 records per second), since 11:59:40 (20 s)": of(func(w *migration.Wait) {
			w.On, w.Call = migration.OnThrottle, migration.Rate{Records: 5}.String()
		}),
	} {
		if got := w.Text(now); got != want {
			t.Errorf("says %q\nnot  %q", got, want)
		}
	}
}

// TestSharesOfARate: processes that gave a sign of life lately share the rate; what each gets adds up to no more, but for the
// least there is.
func TestSharesOfARate(t *testing.T) {
	t.Parallel()
	m := &migration.Migration{ID: "m", Status: migration.Running, Seen: time.Unix(100, 0)}
	if m.Hands(m.Seen) != 1 {
		t.Error("nobody is nobody's share")
	}
	for i, owner := range []string{"a", "b", "c", "a"} {
		m.Take(migration.Beat{Owner: owner, Tasks: 2, Seen: time.Unix(100+int64(i), 0)})
	}
	if n := m.Hands(m.Seen); n != 3 {
		t.Errorf("%d of 3 processes", n)
	}
	if m.Take(migration.Beat{Owner: "b", Seen: m.Seen}); m.Hands(m.Seen) != 2 {
		t.Error("who has no task takes a share")
	}
	late := m.Seen.Add(migration.AliveFor)
	m.Take(migration.Beat{Owner: "d", Tasks: 1, Seen: late})
	if n := m.Hands(late); n != 1 || len(m.Workers) != 1 || !m.Alive(late) {
		t.Errorf("%d processes after the others were silent: %+v", n, m.Workers)
	}
	want := migration.Rate{Records: 33, Bytes: 1}
	if got := (migration.Rate{Records: 100, Bytes: 2}).Share(3); got != want {
		t.Errorf("%+v", got)
	}
	if got := (migration.Rate{}).Share(3); got != (migration.Rate{}) {
		t.Errorf("no limit became %+v", got)
	}
}
