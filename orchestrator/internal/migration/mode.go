package migration

import "fmt"

// Deleted says what becomes of records on the target that the source no longer has.
type Deleted string

// Policies for deleted records.
const (
	// DeletedKeep leaves them as they are and lists them.
	DeletedKeep Deleted = "keep"
	// DeletedUnpublish hides them from visitors.
	DeletedUnpublish Deleted = "unpublish"
	// DeletedDelete removes them.
	DeletedDelete Deleted = "delete"
)

// Edited says what becomes of records that people have edited on the target since.
type Edited string

// Policies for edited records.
const (
	// EditedKeep leaves them as they are and lists them.
	EditedKeep Edited = "keep"
	// EditedOverwrite writes the source's version over them and lists them.
	EditedOverwrite Edited = "overwrite"
)

// Mode is how a run works. The zero Mode is a migration, which reads everything.
type Mode struct {
	// Sync moves only what has changed since the last run, found by digest, and withdraws what the source no longer has.
	Sync bool `json:"sync,omitempty"`
	// Deleted is for a sync; empty: keep.
	Deleted Deleted `json:"deleted,omitempty"`
	// Edited is for later runs of any mode; empty: keep.
	Edited Edited `json:"edited,omitempty"`
	// Unverified: the run does not re-read the target at its end, because another one follows that does.
	Unverified bool `json:"unverified,omitempty"`
	// Mapping is the digest of the owner's mapping; empty: none.
	Mapping string `json:"mapping,omitempty"`
	// FetchOnly are the hosts that the process which began the run allows to be asked over HTTP, behind commas; empty: any that is named.
	FetchOnly string `json:"fetch_only,omitempty"`
}

// Name is the mode's word on screens.
func (m Mode) Name() string {
	if m.Sync {
		return "sync"
	}
	return "migrate"
}

// Check refuses words that are no policy.
func (m Mode) Check() error {
	switch m.Deleted {
	case "", DeletedKeep, DeletedUnpublish, DeletedDelete:
	default:
		return Usage("policy_unknown", fmt.Sprintf("%q is no policy for deleted records", m.Deleted), "Use keep, unpublish or delete.")
	}
	switch m.Edited {
	case "", EditedKeep, EditedOverwrite:
		return nil
	}
	return Usage("policy_unknown", fmt.Sprintf("%q is no policy for edited records", m.Edited), "Use keep or overwrite.")
}

// Syncable says whether a sync can follow the present run.
func (m *Migration) Syncable() error {
	switch {
	case m.Status == RollingBack:
		return refused("rolling_back", "this migration is being taken back", "Finish that first: bailey rollback "+m.ID)
	case m.Status == RolledBack || m.Status == Cancelled:
		return refused("migration_over", "this migration is "+string(m.Status)+"; there is nothing to synchronise", "Run bailey migrate with both links first.")
	case m.Selection.Sample > 0:
		return refused("sample_not_synced", "this migration moved a sample; which records are new cannot be told from it", "Run bailey migrate without --sample first.")
	case !m.Over() && !m.Mode.Sync:
		return refused("run_unfinished", "the migration is not finished: it is "+string(m.Status), "Finish it first: bailey resume "+m.ID)
	}
	return nil
}
