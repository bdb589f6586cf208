package migration

import (
	"fmt"
	"slices"
	"time"
)

// Rate bounds how fast records are read, and with it how fast they are written. Zero values are no limit.
type Rate struct {
	// Records per second at most.
	Records uint64 `json:"records_per_second,omitempty"`
	// Bytes per second at most, of records and of files.
	Bytes uint64 `json:"bytes_per_second,omitempty"`
}

// String is the rate for people.
func (r Rate) String() string {
	switch {
	case r.Records > 0 && r.Bytes > 0:
		return fmt.Sprintf("%d records and %d bytes per second", r.Records, r.Bytes)
	case r.Records > 0:
		return fmt.Sprintf("%d records per second", r.Records)
	case r.Bytes > 0:
		return fmt.Sprintf("%d bytes per second", r.Bytes)
	}
	return "no limit"
}

// AliveFor is how long after its last sign of life a process is taken to be working on its migration.
const AliveFor = 10 * time.Second

// Alive says that a process works on the migration, as far as its last sign of life tells.
func (m *Migration) Alive(now time.Time) bool {
	return m.Status == Running && now.Sub(m.Seen) < AliveFor
}

// ends are the statuses that an engine may give to a run. Only Begin makes a migration running again.
var ends = map[Status][]Status{
	Running:     {Paused, Failed, Done, Cancelled, RollingBack},
	Paused:      {Cancelled, RollingBack},
	Failed:      {Cancelled, RollingBack},
	Done:        {RollingBack},
	Cancelled:   {RollingBack},
	RollingBack: {RolledBack},
	RolledBack:  {RollingBack},
}

// End says whether a run may get this status now; a status that it has already is no change. Stores ask before they set it.
func (m *Migration) End(to Status) error {
	if m.Status == to || slices.Contains(ends[m.Status], to) {
		return nil
	}
	return refused("transition_refused", fmt.Sprintf("a migration that is %s cannot become %s", m.Status, to), "See what became of it with: bailey status "+m.ID)
}

// Steer says what status a wish of the operator leads to at once: the present one while a process works on it, which then obeys.
// Stores ask before they note a wish.
func (m *Migration) Steer(want Desired, now time.Time) (Status, error) {
	switch {
	case m.Status == RollingBack:
		return m.Status, refused("rolling_back", "this migration is being taken back; it cannot "+verbs[want], "Finish that first: bailey rollback "+m.ID)
	case m.Over():
		return m.steerOver(want)
	case m.Alive(now):
		return m.Status, m.steerAlive(want)
	}
	return m.steerIdle(want)
}

func (m *Migration) steerOver(want Desired) (Status, error) {
	if m.Status == Cancelled && want == WantCancel {
		return m.Status, nil
	}
	return m.Status, refused("migration_over", "this migration is "+string(m.Status)+"; it cannot "+verbs[want],
		"Run bailey migrate with both links to make another pass.")
}

// steerAlive follows what was asked before: a process that has begun to stop does not go on.
func (m *Migration) steerAlive(want Desired) error {
	if m.Desired == WantCancel && want != WantCancel {
		return refused("cancelling", "this migration is being cancelled; it cannot "+verbs[want], "Run bailey migrate with both links to begin again.")
	}
	if m.Desired == WantPause && want == WantRun {
		return refused("pausing", "this migration stops after its batch", "Wait until bailey status says paused, then: bailey resume "+m.ID)
	}
	return nil
}

// steerIdle is for a migration that no process works on: paused, failed, or running when its process ended.
func (m *Migration) steerIdle(want Desired) (Status, error) {
	switch {
	case want == WantCancel:
		return Cancelled, nil
	case want == WantRun:
		return m.Status, refused("not_running", "no process works on this migration", "Go on with it: bailey resume "+m.ID)
	case m.Status == Failed:
		return m.Status, refused("not_running", "this migration has failed; there is nothing to pause", "Go on with it: bailey resume "+m.ID)
	}
	return Paused, nil
}

// Retriable says whether the records that this run rejected can be tried again.
func (m *Migration) Retriable(rejected bool) error {
	switch {
	case m.Status == Cancelled || m.Status == RolledBack:
		return refused("migration_over", "this migration is "+string(m.Status), "Run bailey migrate with both links to begin again.")
	case !m.Over():
		return refused("run_unfinished", "the run is not finished: it is "+string(m.Status), "Finish it first: bailey resume "+m.ID)
	case !rejected:
		return refused("nothing_rejected", "the last run rejected no record", "Nothing is to be done.")
	}
	return nil
}

// Finished says whether what this migration has left can be looked at; only says by whom.
func (m *Migration) Finished(only string) error {
	fix := "Finish it with: bailey migrate --resume " + m.ID
	switch {
	case m.Status == Done:
		return nil
	case m.Status == RollingBack:
		fix = "Finish that first: bailey rollback " + m.ID
	case m.Over():
		fix = "Run bailey migrate with both links to begin again."
	}
	return Usage("migration_unfinished", "this migration is "+string(m.Status)+"; only a finished one "+only, fix)
}

var verbs = map[Desired]string{WantRun: "be resumed", WantPause: "be paused", WantCancel: "be cancelled"}

func refused(code, cause, fix string) *Error {
	return &Error{Problem: Problem{Code: code, Cause: cause, Fix: fix}, Exit: ExitFailed}
}
