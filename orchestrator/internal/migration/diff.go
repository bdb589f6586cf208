package migration

// Action is what would become of a record.
type Action string

// Actions. Those up to ActionReject are outcomes: each record of the source has one of them.
const (
	ActionCreate    Action = "create"
	ActionUpdate    Action = "update"
	ActionUnchanged Action = "unchanged"
	ActionAdopt     Action = "adopt"
	ActionSkip      Action = "skip"
	ActionReject    Action = "reject"
	// ActionGone is told of a record that an earlier run brought to the target and the source no longer has.
	ActionGone Action = "gone"
	// ActionUnresolved is told of a pointer that would lead nowhere, in a record that has an action of its own.
	ActionUnresolved Action = "unresolved"
)

// Actions in the order in which they are shown.
var Actions = []Action{ActionCreate, ActionUpdate, ActionAdopt, ActionUnchanged, ActionSkip, ActionReject, ActionGone, ActionUnresolved}

// Foreseen is what would become of one record. It is handed on and kept nowhere (Rule 8).
type Foreseen struct {
	Kind     string `json:"kind"`
	SourceID string `json:"source_id"`
	// Title of an entry, term, media or menu, shortened; only when it was asked for.
	Title  string `json:"title,omitempty"`
	Action Action `json:"action"`
	// Fields that an update would change, or the place of an unresolved pointer.
	Fields []string `json:"fields,omitempty"`
	// Losses are what the target would not hold, or hold otherwise.
	Losses []ForeseenLoss `json:"losses,omitempty"`
	// Problem says why the record would be skipped or rejected.
	Problem *Problem `json:"problem,omitempty"`
	// Edited: people have edited the target's row since an earlier run wrote it.
	Edited bool `json:"edited,omitempty"`
}

// Lossy says that something of the record would be lost or held otherwise.
func (f *Foreseen) Lossy() bool { return len(f.Losses) > 0 }

// ForeseenLoss is one loss of one record.
type ForeseenLoss struct {
	Code  string `json:"code"`
	Field string `json:"field,omitempty"`
	Count uint64 `json:"count,omitempty"`
}

// DiffKind counts what would become of the records of a kind.
type DiffKind struct {
	Kind string `json:"kind"`
	// Actions without a record are left out. Those that are outcomes sum to what was looked at.
	Actions map[Action]uint64 `json:"actions"`
	// Lossy and Edited count records that have an action besides.
	Lossy  uint64 `json:"lossy"`
	Edited uint64 `json:"edited"`
}

// Of is how many records have an action.
func (k DiffKind) Of(a Action) uint64 { return k.Actions[a] }
