package migration

// Plan says what a migration would do. Its JSON is what `bailey plan --json` prints.
type Plan struct {
	Source Site `json:"source"`
	Target Site `json:"target"`
	// Sampled is true when not every record was looked at: losses are then those of the sample.
	Sampled bool `json:"sampled"`
	// Quick is true when no record was looked at: losses are then not known, and findings are those of the sites' own.
	Quick bool       `json:"quick,omitempty"`
	Kinds []PlanKind `json:"kinds"`
	// Losses foreseen, from a pass over the records without writing.
	Losses []LossReport `json:"losses"`
	// Rejected are records that could not be written.
	Rejected []RejectedReport `json:"rejected"`
	Findings []Remark         `json:"findings"`
	// Bytes of the records looked at and of their files.
	Bytes uint64 `json:"bytes"`
	// Files that would be moved.
	Files uint64 `json:"files"`
	// DiskBytes is what the records looked at and their files may take on the target, ledger included.
	DiskBytes uint64 `json:"disk_bytes"`
	// EstimateSeconds is how long the move may take, from the speed of the pass; EstimateRange the least and the most.
	EstimateSeconds float64    `json:"estimate_seconds"`
	EstimateRange   [2]float64 `json:"estimate_range"`
	// Diff counts what would become of the records; only of a plan that asked the target for each of them.
	Diff []DiffKind `json:"diff,omitempty"`
}

// PlanKind is what would become of one kind.
type PlanKind struct {
	Kind   string `json:"kind"`
	Listed uint64 `json:"listed"`
	// Looked is how many records the pass has read.
	Looked uint64 `json:"looked"`
	// Moved, Skipped and Rejected sum to looked.
	Moved    uint64 `json:"moved"`
	Skipped  uint64 `json:"skipped"`
	Rejected uint64 `json:"rejected"`
	// Mapping says what each type becomes.
	Mapping []Mapping `json:"mapping"`
}

// Mapping is one type of the source and what it becomes; an empty To is not moved.
type Mapping struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count uint64 `json:"count"`
}
