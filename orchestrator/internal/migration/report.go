package migration

import (
	"fmt"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Report accounts for every record of a run. Its JSON is what scripts read.
type Report struct {
	Migration   string             `json:"migration"`
	Source      Site               `json:"source"`
	Target      Site               `json:"target"`
	Kinds       []KindReport       `json:"kinds"`
	Losses      []LossReport       `json:"losses"`
	Rejected    []RejectedReport   `json:"rejected"`
	Differences []DifferenceReport `json:"differences"`
	Bytes       uint64             `json:"bytes"`
	Seconds     float64            `json:"seconds"`
	// Root is over the roots of the kinds: see RootOf.
	Root string `json:"root"`
	// Roots by kind.
	Roots map[string]string `json:"roots"`
	// Ended is when the run ended, RFC 3339 in UTC; empty while it goes on.
	Ended string `json:"ended,omitempty"`
	// Reverified is when a later verification ended; the differences are then its own, the outcomes those of the run.
	Reverified string `json:"reverified,omitempty"`
	// Mode of the run: "migrate" or "sync".
	Mode string `json:"mode"`
	// Mapping is the digest of the owner's mapping; empty: there was none.
	Mapping string `json:"mapping,omitempty"`
	// Unverified: the run did not re-read the target.
	Unverified bool `json:"unverified,omitempty"`
	// Run counts the passes of the migration, from 1.
	Run int `json:"run"`
	// Status is how the run stands.
	Status Status `json:"status"`
	// Stage that is being worked on; "done" at the end.
	Stage Stage `json:"stage"`
	// Failure is set when the run stopped with an error.
	Failure *Problem `json:"failure,omitempty"`
	// Findings of both agents: what to know and to do next.
	Findings []Remark `json:"findings,omitempty"`
}

// KindReport holds the numbers of one kind; Rule 1: the six outcomes sum to read. Removed counts apart: records withdrawn from the
// target because the source no longer has them.
type KindReport struct {
	Kind      string `json:"kind"`
	Listed    uint64 `json:"listed"`
	Read      uint64 `json:"read"`
	Created   uint64 `json:"created"`
	Updated   uint64 `json:"updated"`
	Unchanged uint64 `json:"unchanged"`
	Adopted   uint64 `json:"adopted"`
	Skipped   uint64 `json:"skipped"`
	Rejected  uint64 `json:"rejected"`
	Verified  uint64 `json:"verified"`
	Different uint64 `json:"different"`
	Removed   uint64 `json:"removed"`
}

// Changed is how many records the run has changed on the target.
func (k KindReport) Changed() uint64 { return k.Created + k.Updated + k.Removed }

// LossReport counts one loss of one field of one kind, with up to MostRefs examples ("entry/12").
type LossReport struct {
	Code string `json:"code"`
	Kind string `json:"kind"`
	// Field is the path of the field concerned; empty: the whole record.
	Field string   `json:"field,omitempty"`
	Count uint64   `json:"count"`
	Refs  []string `json:"refs"`
	// Instead is the target's own record that stands in for what the field points to, "user/1" with the target's id.
	Instead string `json:"instead,omitempty"`
	// Example is a construct as it stands in the source, at most 120 bytes; only of plans. It is content, and kept nowhere (Rule 8).
	Example string `json:"example,omitempty"`
}

// RejectedReport is one record that could not be written.
type RejectedReport struct {
	Kind     string `json:"kind"`
	SourceID string `json:"source_id"`
	Code     string `json:"code"`
	Cause    string `json:"cause"`
	Fix      string `json:"fix"`
}

// DifferenceReport is one field that the target holds otherwise.
type DifferenceReport struct {
	Kind     string `json:"kind"`
	SourceID string `json:"source_id"`
	Field    string `json:"field"`
	// Altered says where the record was edited since it was moved: "source", "target", "both"; empty: not known, or nobody has.
	Altered Altered `json:"altered,omitempty"`
}

// Results is what the store knows of a run beside its tasks.
type Results struct {
	Losses      []Loss
	Rejected    []Unmoved
	Differences []Difference
	// Rechecked are the differences that an unfinished recheck has found so far.
	Rechecked []Difference
	Findings  []Remark
}

// NewReport builds the report from the state.
func NewReport(m *Migration, tasks []Task, r Results) (*Report, error) {
	rep := &Report{
		Migration: m.ID, Source: m.Source, Target: m.Target, Run: m.Run, Status: m.Status, Stage: m.Stage, Failure: m.Failure, Findings: r.Findings,
		Mode: m.Mode.Name(), Mapping: m.Mode.Mapping, Unverified: m.Mode.Unverified,
		Kinds: []KindReport{}, Losses: []LossReport{}, Rejected: []RejectedReport{}, Differences: []DifferenceReport{},
	}
	if !m.Ended.IsZero() {
		rep.Seconds = m.Ended.Sub(m.Started).Seconds()
		rep.Ended = Instant(m.Ended)
	}
	if !m.Reverified.IsZero() {
		rep.Reverified = Instant(m.Reverified)
	}
	counts := CountKinds(tasks)
	for _, p := range m.Kinds {
		c := counts[p.Kind]
		rep.Bytes += c.Bytes
		rep.Kinds = append(rep.Kinds, kindReport(p, c))
		if !p.Moved && p.Listed > 0 {
			rep.Losses = append(rep.Losses, LossReport{Code: p.Loss, Kind: record.KindName(p.Kind), Count: p.Listed, Refs: []string{}})
		}
	}
	rep.addResults(r)
	return rep, rep.addRoots(m, tasks)
}

// Instant writes a time as reports do.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (rep *Report) addRoots(m *Migration, tasks []Task) error {
	rep.Roots = make(map[string]string, len(m.Kinds))
	for _, p := range m.Kinds {
		tree, err := treeOf(tasks, p.Kind)
		if err != nil {
			return err
		}
		rep.Roots[record.KindName(p.Kind)] = tree.Root().String()
	}
	root, err := RootOf(rep.Roots)
	rep.Root = root.String()
	return err
}

// treeOf adds up what the shards of a kind have verified.
func treeOf(tasks []Task, k recordv1.Kind) (*Tree, error) {
	var all Tree
	for _, t := range tasks {
		if t.Stage != StageVerify || t.Kind != k || len(t.Sums) == 0 {
			continue
		}
		part, err := DecodeTree(t.Sums)
		if err != nil {
			return nil, err
		}
		all.Plus(part)
	}
	return &all, nil
}

// kindReport counts a kind that is not moved as skipped, so that it is accounted for (Rule 1).
func kindReport(p KindPlan, c Counts) KindReport {
	if !p.Moved {
		c = Counts{Read: p.Listed, Skipped: p.Listed}
	}
	return KindReport{
		Kind: record.KindName(p.Kind), Listed: p.Listed, Read: c.Read, Created: c.Created, Updated: c.Updated, Unchanged: c.Unchanged,
		Adopted: c.Adopted, Skipped: c.Skipped, Rejected: c.Rejected, Verified: c.Verified, Different: c.Different, Removed: c.Removed,
	}
}

func (rep *Report) addResults(r Results) {
	rep.Losses = append(rep.Losses, LossReports(r.Losses)...)
	for _, u := range r.Rejected {
		rep.Rejected = append(rep.Rejected, RejectedReport{
			Kind: record.KindName(u.Kind), SourceID: u.SourceID, Code: u.Problem.Code, Cause: u.Problem.Cause, Fix: u.Problem.Fix,
		})
	}
	for _, d := range r.Differences {
		rep.Differences = append(rep.Differences, DifferenceReport{Kind: record.KindName(d.Kind), SourceID: d.SourceID, Field: d.Field, Altered: d.Altered})
	}
}

// LossReports shows losses as reports do.
func LossReports(losses []Loss) []LossReport {
	all := make([]LossReport, 0, len(losses))
	for _, l := range losses {
		refs := []string{}
		for _, id := range l.Refs {
			refs = append(refs, record.Key{Kind: l.Kind, ID: id}.String())
		}
		all = append(all, LossReport{Code: l.Code, Kind: record.KindName(l.Kind), Field: l.Field, Count: l.Count, Refs: refs, Instead: l.Instead})
	}
	return all
}

// CountKinds sums the tasks' counts by kind: outcomes of the copying tasks, comparisons of the verifying ones.
func CountKinds(tasks []Task) map[recordv1.Kind]Counts {
	all := map[recordv1.Kind]Counts{}
	for _, t := range tasks {
		c := all[t.Kind]
		switch t.Stage {
		case StageIndex:
			c.Indexed += t.Counts.Read
			// What could not be read was told by the index of a sync.
			c.Skipped += t.Counts.Skipped
			c.Rejected += t.Counts.Rejected
			c.Read += t.Counts.Skipped + t.Counts.Rejected
		case StageWithdraw:
			c.Removed += t.Counts.Read
		case StageCopy:
			c.Plus(t.Counts)
		case StageRelink:
			// Pointers filled, under the unspecified kind.
			c.Read += t.Counts.Read
		case StageVerify:
			c.Verified += t.Counts.Verified
			c.Different += t.Counts.Different
		default:
			continue
		}
		all[t.Kind] = c
	}
	return all
}

// Reconcile checks Rule 1 over a finished copy: listed = read = sum of outcomes, for every kind. Nil: all accounted for.
func (rep *Report) Reconcile() *Problem {
	for _, k := range rep.Kinds {
		sum := k.Created + k.Updated + k.Unchanged + k.Adopted + k.Skipped + k.Rejected
		if sum != k.Read {
			return &Problem{
				Code:  "counts_differ",
				Cause: fmt.Sprintf("of kind %s %d records were read but %d outcomes were counted", k.Kind, k.Read, sum),
				Fix:   "Run the same command again; when it says this again, report it with the output of: bailey logs " + rep.Migration,
			}
		}
		if k.Listed != k.Read {
			return &Problem{
				Code:  "source_changed",
				Cause: fmt.Sprintf("of kind %s the source lists %d records but handed over %d", k.Kind, k.Listed, k.Read),
				Fix:   "The site was edited during the move. Bring it up to date with: bailey sync " + rep.Migration,
			}
		}
	}
	return nil
}

// Totals sums the kinds.
func (rep *Report) Totals() KindReport {
	t := KindReport{Kind: "total"}
	for _, k := range rep.Kinds {
		t.Listed += k.Listed
		t.Read += k.Read
		t.Created += k.Created
		t.Updated += k.Updated
		t.Unchanged += k.Unchanged
		t.Adopted += k.Adopted
		t.Skipped += k.Skipped
		t.Rejected += k.Rejected
		t.Verified += k.Verified
		t.Different += k.Different
		t.Removed += k.Removed
	}
	return t
}

// Exit is the exit code that the report deserves.
func (rep *Report) Exit() int {
	switch {
	case rep.Status != Done:
		return ExitFailed
	case len(rep.Differences) > 0:
		return ExitDifferent
	case rep.Reverified == "" && rep.Totals().Rejected > 0:
		return ExitRejected
	}
	return ExitOK
}

// Exit codes of the command line.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitRejected    = 3
	ExitDifferent   = 4
	ExitUnreachable = 5
)

// OutcomeName is the outcome's word on screens: "created".
func OutcomeName(o agentv1.Outcome) string {
	names := map[agentv1.Outcome]string{
		agentv1.Outcome_OUTCOME_CREATED: "created", agentv1.Outcome_OUTCOME_UPDATED: "updated", agentv1.Outcome_OUTCOME_UNCHANGED: "unchanged",
		agentv1.Outcome_OUTCOME_ADOPTED: "adopted", agentv1.Outcome_OUTCOME_SKIPPED: "skipped", agentv1.Outcome_OUTCOME_REJECTED: "rejected",
	}
	return names[o]
}
