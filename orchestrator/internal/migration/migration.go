// Package migration is the state of a migration and the pure rules of what comes next.
package migration

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Status is whether a migration is being worked on.
type Status string

// Statuses. Done, cancelled and rolled back are final: the next start of the same migration is then a new run.
const (
	Running   Status = "running"
	Paused    Status = "paused"
	Failed    Status = "failed"
	Done      Status = "done"
	Cancelled Status = "cancelled"
	// RollingBack is being taken back; it must come to its end before the next start. RolledBack is final.
	RollingBack Status = "rolling_back"
	RolledBack  Status = "rolled_back"
)

// Desired is what the operator wants; engines follow it.
type Desired string

// Desired states.
const (
	WantRun    Desired = "run"
	WantPause  Desired = "pause"
	WantCancel Desired = "cancel"
)

// Selection says what of a site is moved. Two migrations between the same sites with equal selections are the same one.
type Selection struct {
	// Kinds by name, in the order of record.Kinds; empty: all.
	Kinds []string `json:"kinds,omitempty"`
	// Sample is the most records per kind; 0: all.
	Sample uint32 `json:"sample,omitempty"`
	// Revisions are moved as well.
	Revisions bool `json:"revisions,omitempty"`
	// RepairCharset decodes texts that were encoded twice.
	RepairCharset bool `json:"repair_charset,omitempty"`
	// Classic has texts for WordPress written for the classic editor rather than in blocks.
	Classic bool `json:"classic,omitempty"`
	// KeepAddresses has entries and terms stay at their old addresses where the target can put them there.
	KeepAddresses bool `json:"keep_addresses,omitempty"`
	// FetchMissing asks for files that the source's agent does not have at their addresses; FetchHosts may be asked beside the source's own.
	FetchMissing bool     `json:"fetch_missing,omitempty"`
	FetchHosts   []string `json:"fetch_hosts,omitempty"`
}

// Key is the canonical text of a selection.
func (s Selection) Key() string {
	var ordered []string
	for _, k := range record.Kinds {
		if slices.Contains(s.Kinds, record.KindName(k)) {
			ordered = append(ordered, record.KindName(k))
		}
	}
	s.Kinds = ordered
	b, _ := json.Marshal(s)
	return string(b)
}

// Includes says whether a kind is selected.
func (s Selection) Includes(k recordv1.Kind) bool {
	return len(s.Kinds) == 0 || slices.Contains(s.Kinds, record.KindName(k))
}

// Site is one end of a migration, as reports name it.
type Site struct {
	// ID is the site's stable id.
	ID string `json:"-"`
	// Platform, e.g. "wordpress".
	Platform string `json:"platform"`
	// Version of the platform.
	Version string `json:"version"`
	// BaseURL is the public address without a trailing slash.
	BaseURL string `json:"base_url"`
}

// KindPlan is what is known of a kind before its first record is read.
type KindPlan struct {
	Kind recordv1.Kind `json:"kind"`
	// Listed is the exact number of records that the source lists, after the selection.
	Listed uint64 `json:"listed"`
	// Moved is false for a kind that the source cannot read or the target cannot hold.
	Moved bool `json:"moved"`
	// Addressable kinds go into the link index.
	Addressable bool `json:"addressable,omitempty"`
	// Loss is the code told for a kind that is not moved: "kind_not_held", "kind_not_read".
	Loss string `json:"loss,omitempty"`
}

// Problem is an error with its remedy.
type Problem struct {
	Code  string `json:"code"`
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
	// ExitCode is what the command line ends with when this has ended a run; 0: ExitFailed.
	ExitCode int `json:"exit_code,omitempty"`
}

// Err is the problem as the error that has ended a run, maybe in another process.
func (p Problem) Err() *Error { return &Error{Problem: p, Exit: cmp.Or(p.ExitCode, ExitFailed)} }

// Migration is one migration in its present run.
type Migration struct {
	ID        string
	Run       int
	Source    Site
	Target    Site
	Selection Selection
	// Mode of the present run.
	Mode   Mode
	Kinds  []KindPlan
	Stage  Stage
	Status Status
	// Previous is how the run before ended; empty for the first.
	Previous Status
	Desired  Desired
	Failure  *Problem
	Started  time.Time
	// Ended is zero while the run goes on.
	Ended time.Time
	// Rate is how fast the operator lets it go, in this run and in later ones.
	Rate Rate
	// Seen is the last sign of life of a process that works on it; Workers are those processes.
	Seen    time.Time
	Workers []Beat
	// Waiting is what they wait for, when they make no progress.
	Waiting []Wait
	// Reverified is when a verification of the finished run ended that was asked for later; stores do not keep it.
	Reverified time.Time
}

// Over says that the run is not resumed: the next start is a new run. A run that failed only in its account is over as well.
func (m *Migration) Over() bool {
	return m.Status == Done || m.Status == Cancelled || m.Status == RolledBack || m.Stage == StageDone
}

// RunID names the run on the wire; a batch repeated within a run gets its first answer again.
func (m *Migration) RunID() string { return m.ID + "." + itoa(m.Run) }

// Listed is the exact number of records of a kind.
func (m *Migration) Listed(k recordv1.Kind) uint64 {
	for _, p := range m.Kinds {
		if p.Kind == k {
			return p.Listed
		}
	}
	return 0
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}
