// Package store keeps the state of migrations: tasks, cursors, counts, links and messages, never content (Rule 8).
package store

import (
	"context"
	"errors"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// ErrStaleFence means that someone else has claimed the task since; whoever gets it must stop and write nothing more.
var ErrStaleFence = errors.New("another process has taken over this task")

// ErrNotFound means that there is no such migration, report or credential.
var ErrNotFound = errors.New("not found")

// Store is what the orchestrator remembers. Every implementation passes storetest.
type Store interface {
	Migrations
	Tasks
	Results
	Deltas
	Logs
	// Close releases the store.
	Close() error
}

// Migrations keeps migrations and their runs.
type Migrations interface {
	// Begin finds the migration of two sites and a selection, or makes it with this id. An unfinished run is resumed: its
	// state comes back, kinds and mode are ignored. After a finished one a new run begins, without the old run's tasks and
	// results; a sync keeps the link index, and a run after a rollback forgets what is remembered of records.
	Begin(ctx context.Context, m New) (*migration.Migration, error)
	// Migration gives one migration.
	Migration(ctx context.Context, id string) (*migration.Migration, error)
	// List gives migrations, newest first; limit 0 means 100.
	List(ctx context.Context, limit int) ([]*migration.Migration, error)
	// SetStage notes which stage is worked on.
	SetStage(ctx context.Context, id string, s migration.Stage) error
	// SetStatus ends, pauses or fails a run. A change that Migration.End refuses is refused, and nothing is changed.
	SetStatus(ctx context.Context, id string, s migration.Status, failure *migration.Problem, ended time.Time) error
	// Steer sets what the operator wants; a migration that no process works on gets its status at once. What Migration.Steer
	// refuses is refused. ErrNotFound: no such migration.
	Steer(ctx context.Context, id string, d migration.Desired, now time.Time) error
	// SetRate sets how fast the operator lets it go. ErrNotFound: no such migration.
	SetRate(ctx context.Context, id string, r migration.Rate) error
	// Beat is the sign of life of a process that works on it, with what it waits for when there is no progress.
	Beat(ctx context.Context, id string, b migration.Beat) error
	// SetLinks keeps the sealed links of a migration; Links gives them back.
	SetLinks(ctx context.Context, id string, sealed []byte) error
	// Links gives the sealed links. ErrNotFound: none are kept.
	Links(ctx context.Context, id string) ([]byte, error)
}

// New describes a migration that is to be begun.
type New struct {
	// ID is used when there is none yet.
	ID             string
	Source, Target migration.Site
	Selection      migration.Selection
	Kinds          []migration.KindPlan
	Mode           migration.Mode
	Now            time.Time
}

// Tasks keeps tasks and their checkpoints.
type Tasks interface {
	// Tasks gives all tasks of the present run, in the order they were made.
	Tasks(ctx context.Context, id string) ([]migration.Task, error)
	// Create makes tasks. A task that is there already (same stage, kind and number) is left as it is.
	Create(ctx context.Context, id string, specs []migration.Spec) error
	// Recheck makes the tasks that verify a finished run again, one for each that has verified it. Those that are there already
	// are left as they are, or made anew. ErrStaleFence: the migration is in another run, or not done.
	Recheck(ctx context.Context, id string, run int, anew bool) error
	// Claim raises the task's fence and gives its state; saves with an older fence are refused from now on.
	Claim(ctx context.Context, task int64, owner string) (*migration.Task, error)
	// Save stores a checkpoint in one transaction. ErrStaleFence: nothing was stored.
	Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error
}

// Results keeps what was found beside the counts.
type Results interface {
	// Unmoved says which of the records were skipped or rejected, by source id.
	Unmoved(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (map[string]agentv1.Outcome, error)
	// Results gives losses, rejected records, differences and findings, each list ordered and cut at limit.
	Results(ctx context.Context, id string, limit int) (migration.Results, error)
	// FindLink gives the record that an address belongs to, by the hash of its path; found is false when there is none.
	FindLink(ctx context.Context, id string, hash int64) (l migration.Link, found bool, err error)
	// SaveReport keeps the report of a run; Report gives the newest.
	SaveReport(ctx context.Context, id string, run int, json []byte) error
	// EndRecheck keeps the report of a recheck in place of its run's, and forgets the recheck.
	EndRecheck(ctx context.Context, id string, run int, json []byte) error
	// Report gives the newest finished report. ErrNotFound: no run was finished yet.
	Report(ctx context.Context, id string) ([]byte, error)
	// AddLinks fills the link index of a plan, which has no tasks. DropLinks empties it.
	AddLinks(ctx context.Context, id string, links []migration.Link) error
	// DropLinks forgets the link index of an id.
	DropLinks(ctx context.Context, id string) error
}

// Deltas tells what is remembered of the source's records; checkpoints change it. Lists are ordered by source id and begin behind
// after; empty: at the first.
type Deltas interface {
	// Known gives the digests that are remembered, by source id; 0 for a record that has been listed but is not remembered.
	Known(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (map[string]int64, error)
	// Due lists the records that the present run has seen and is to move, with what is remembered of them.
	Due(ctx context.Context, id string, k recordv1.Kind, after string, limit int) ([]migration.Known, error)
	// Missing lists the records that earlier runs have seen and the present one has not.
	Missing(ctx context.Context, id string, k recordv1.Kind, after string, limit int) ([]string, error)
	// Settled counts the records that the present run has seen and that need not be moved.
	Settled(ctx context.Context, id string, k recordv1.Kind) (uint64, error)
}

// LogLine is one line of a migration's log.
type LogLine struct {
	// Number ascends over all migrations.
	Number int64
	// Line is a JSON object.
	Line string
}

// Logs keeps log lines.
type Logs interface {
	// AppendLog adds a line; id may be empty.
	AppendLog(ctx context.Context, id, line string) error
	// Logs gives lines after a number, oldest first; with after < 0 the last limit lines. An empty id means all migrations.
	Logs(ctx context.Context, id string, after int64, limit int) ([]LogLine, error)
}
