package migration

import (
	"encoding/binary"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Counts are the numbers of one task or one kind. Counts of a task are saved with its cursor, so a resume stays exact.
type Counts struct {
	// Read is the number of records handled, unread ones included.
	Read      uint64
	Created   uint64
	Updated   uint64
	Unchanged uint64
	Adopted   uint64
	Skipped   uint64
	Rejected  uint64
	Verified  uint64
	Different uint64
	// Bytes of records and of their files.
	Bytes uint64

	// Indexed and Removed are only in sums by kind: records that the index listed, and records withdrawn from the target.
	Indexed, Removed uint64
}

// Add counts one outcome; an unknown one is not counted and so shows up as a gap (Rule 1).
func (c *Counts) Add(o agentv1.Outcome) {
	switch o {
	case agentv1.Outcome_OUTCOME_CREATED:
		c.Created++
	case agentv1.Outcome_OUTCOME_UPDATED:
		c.Updated++
	case agentv1.Outcome_OUTCOME_UNCHANGED:
		c.Unchanged++
	case agentv1.Outcome_OUTCOME_ADOPTED:
		c.Adopted++
	case agentv1.Outcome_OUTCOME_SKIPPED:
		c.Skipped++
	case agentv1.Outcome_OUTCOME_REJECTED:
		c.Rejected++
	}
}

// Plus adds other counts.
func (c *Counts) Plus(o Counts) {
	c.Read += o.Read
	c.Created += o.Created
	c.Updated += o.Updated
	c.Unchanged += o.Unchanged
	c.Adopted += o.Adopted
	c.Skipped += o.Skipped
	c.Rejected += o.Rejected
	c.Verified += o.Verified
	c.Different += o.Different
	c.Bytes += o.Bytes
}

// Outcomes is the sum of all outcomes; Rule 1: it equals Read.
func (c Counts) Outcomes() uint64 {
	return c.Created + c.Updated + c.Unchanged + c.Adopted + c.Skipped + c.Rejected
}

// Held is how many of the records stand in the target's ledger with a row of the target.
func (c Counts) Held() uint64 { return c.Created + c.Updated + c.Unchanged + c.Adopted }

// Spec describes a task that is to be made.
type Spec struct {
	Stage Stage
	// Kind is unspecified for tasks that concern the whole migration.
	Kind recordv1.Kind
	// Seq orders the shards of a kind.
	Seq int
	// Range is the shard, opaque.
	Range []byte
	// Estimate of records in the shard.
	Estimate uint64
	// Limit is the most records handled; 0: no limit.
	Limit uint64
}

// Task is a piece of restartable work: mostly one stage of one shard.
type Task struct {
	Spec
	ID int64
	// Cursor is the position after the last acknowledged batch (Rule 3).
	Cursor []byte
	Done   bool
	// Fence is raised by each claim; a save with an older one is refused.
	Fence  int64
	Counts Counts
	// Sums is the encoded Tree of what was verified so far.
	Sums []byte
}

// Checkpoint is what is saved in one transaction after a batch. Cursor, Counts and Sums are totals of the task; the rest is added.
type Checkpoint struct {
	Cursor []byte
	Counts Counts
	Sums   []byte
	// Done ends the task.
	Done        bool
	Losses      []Loss
	Unmoved     []Unmoved
	Differences []Difference
	Links       []Link
	// Tasks are made together with the checkpoint.
	Tasks []Spec
	// Findings are remarks for the owner.
	Findings []Remark
	// Seen, Known and Gone change what is remembered of the source's records; see Known.
	Seen  []Seen
	Known []Known
	Gone  []Gone
	// Listed replaces the listed numbers of kinds, when the source was counted again.
	Listed map[recordv1.Kind]uint64
}

// Known is what is remembered of a record of the source, so that a later run can tell whether it has changed. Rule 3: only what
// the target has acknowledged is remembered.
type Known struct {
	Kind     recordv1.Kind
	SourceID string
	// Digest is DigestOf the record as it was when it was moved; 0: nothing is remembered, and the record counts as changed.
	Digest int64
}

// Anew is remembered of a record instead of its digest when the target holds something else than it should: it is written
// again even if it is the same at the source.
const Anew int64 = -1

// DigestOf is what is remembered of a record's digest: its first 63 bits, never 0.
func DigestOf(digest []byte) int64 {
	if len(digest) < 8 {
		return 0
	}
	return max(int64(binary.BigEndian.Uint64(digest)>>1), 1)
}

// Seen is a record that the index of the present run lists.
type Seen struct {
	Kind     recordv1.Kind
	SourceID string
	// Due: it has changed, or what is remembered of it does not tell; it is to be moved.
	Due bool
}

// Gone is a record that is no longer at the source and has been dealt with.
type Gone struct {
	Kind     recordv1.Kind
	SourceID string
	// Linked: it is still on the target, and links to its addresses still lead there.
	Linked bool
}

// MaxLossRefs is how many examples of a loss are kept; of a loss that somebody has to see to record by record, maxListed.
const (
	MaxLossRefs = 20
	maxListed   = 2000
)

// Listed says that the records with a loss are named one by one, because something has to be done about each of them.
func Listed(code string) bool {
	return code == "password_reset_needed" || code == "fallback_author" || code == "author_anonymous" || code == "role_lowered"
}

// MostRefs is how many records with a loss are named.
func MostRefs(code string) int {
	if Listed(code) {
		return maxListed
	}
	return MaxLossRefs
}

// Loss is something that the target does not hold.
type Loss struct {
	Code string
	Kind recordv1.Kind
	// Field is the path of the field concerned; empty: the whole record.
	Field string
	Count uint64
	// Refs are source ids of examples, at most MostRefs.
	Refs []string
	// Instead is the target's own record that stands in for what the field points to, "user/1"; empty: none does.
	Instead string
}

// Unmoved is a record that was skipped or rejected.
type Unmoved struct {
	Kind     recordv1.Kind
	SourceID string
	Outcome  agentv1.Outcome
	Problem  Problem
}

// Difference is a field of a record that the target holds otherwise than it should.
type Difference struct {
	Kind     recordv1.Kind
	SourceID string
	Field    string
	// Altered says where the record was edited since it was moved.
	Altered Altered
}

// Altered is where somebody has edited a record since it was moved; empty: not known, or nobody has.
type Altered string

// Places of an edit.
const (
	AlteredOnSource Altered = "source"
	AlteredOnTarget Altered = "target"
	AlteredOnBoth   Altered = "both"
)

// Link says which record an address of the source belongs to. Hash stands for the path, which is not kept (Rule 8).
type Link struct {
	Hash     int64
	Kind     recordv1.Kind
	SourceID string
	Form     string
}

// Remark is a finding of an agent, kept for the report.
type Remark struct {
	// Side is "source" or "target".
	Side     string `json:"side"`
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Kind     string `json:"kind,omitempty"`
	Count    uint64 `json:"count,omitempty"`
	Cause    string `json:"cause"`
	Fix      string `json:"fix,omitempty"`
	// Will says what becomes of it when nothing is done; may be empty.
	Will string `json:"will,omitempty"`
	// Examples are records with the field concerned, "entry/12 title", at most 5.
	Examples []string `json:"examples,omitempty"`
	// Sample is a text as it stands in the source, and behind an arrow what would become of it; only of plans. It is content, and kept
	// nowhere (Rule 8).
	Sample string `json:"sample,omitempty"`
}
