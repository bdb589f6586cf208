// Package pipeline does the work of a migration: plan, extract, transform, load, relink and verify, one shard at a time.
package pipeline

import (
	"context"
	"fmt"
	"iter"

	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// Source is the site that is read. Methods may be called from several goroutines.
type Source interface {
	// Identify says what the site is, without looking at its records.
	Identify(ctx context.Context) (*agentv1.DescribeResponse, error)
	// Describe says what the site is and holds, with exact counts.
	Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error)
	// Split divides a kind into at most n shards.
	Split(ctx context.Context, k recordv1.Kind, n int, opt *agentv1.ReadOptions) ([]*agentv1.Shard, error)
	// Read yields the batches of a shard; the same order on every call. An error ends the sequence.
	Read(ctx context.Context, req *agentv1.ReadRecordsRequest) iter.Seq2[*agentv1.ReadRecordsResponse, error]
	// Index yields refs and addresses of a shard.
	Index(ctx context.Context, req *agentv1.ReadIndexRequest) iter.Seq2[*agentv1.ReadIndexResponse, error]
	// Resolve gives the site's own addresses for tokens, in order.
	Resolve(ctx context.Context, tokens []string) ([]*agentv1.Resolved, error)
	// Stat says which files exist, in order; with their SHA-256 when digest is set.
	Stat(ctx context.Context, ids []string, digest bool) ([]*agentv1.FileStat, error)
	// ReadFile yields the bytes of a file from an offset.
	ReadFile(ctx context.Context, id string, offset uint64) iter.Seq2[[]byte, error]
}

// Target is the site that is written. Methods may be called from several goroutines.
type Target interface {
	// Identify says what the site is and can hold, without looking at its records.
	Identify(ctx context.Context) (*agentv1.DescribeResponse, error)
	// Describe says what the site is and can hold.
	Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error)
	// Write opens a stream of batches, each answered in order after its commit (Rule 3).
	Write(ctx context.Context) (Writer, error)
	// DryRun opens a stream that is answered as Write would be, and writes nothing.
	DryRun(ctx context.Context) (DryRunner, error)
	// ReadBack re-reads what was written for refs, in order. A record that has the digest expected of it may be left out.
	ReadBack(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref, expected [][]byte) ([]*agentv1.ReadBackItem, error)
	// States is ReadBack that also says what became of the rows since the migration was finished.
	States(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref) ([]*agentv1.ReadBackItem, error)
	// Resolve gives what tokens stand for on the target, in order.
	Resolve(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error)
	// Addresses gives where visitors of the target find what tokens stand for, from its root, in order.
	Addresses(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error)
	// Stat says which files are there, whole or in part, in order. Contents are the SHA-256 of the source's files: what is there of them
	// under other ids counts as a part.
	Stat(ctx context.Context, scope *agentv1.WriteScope, ids []string, contents [][]byte, digest bool) ([]*agentv1.FileStat, error)
	// WriteFile stores a file from the header's offset on.
	WriteFile(ctx context.Context, h *agentv1.FileHeader, data iter.Seq2[[]byte, error]) (*agentv1.WriteFileResponse, error)
	// Relink does one page of one round. The extent of a page depends on the position and the open pointers there, not on last.
	Relink(ctx context.Context, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error)
	// Finish does the last work on the site.
	Finish(ctx context.Context, scope *agentv1.WriteScope) ([]*agentv1.Finding, error)
	// Withdraw takes from the site what the source no longer has; one answer per ref, in order.
	Withdraw(ctx context.Context, req *agentv1.WithdrawRequest) ([]*agentv1.Withdrawn, error)
	// Rollback takes a migration back; each answer follows its commit.
	Rollback(ctx context.Context, req *agentv1.RollbackRequest) iter.Seq2[*agentv1.RollbackResponse, error]
}

// Writer is an open stream of batches. Send and Recv may run side by side.
type Writer interface {
	Send(*agentv1.WriteRecordsRequest) error
	Recv() (*agentv1.WriteRecordsResponse, error)
	CloseSend() error
}

// DryRunner is an open dry run.
type DryRunner interface {
	Send(*agentv1.DryRunRequest) error
	Recv() (*agentv1.DryRunResponse, error)
	CloseSend() error
}

// Journal keeps the progress of one task. Every method fails when the task has been taken over.
type Journal interface {
	// Save stores a checkpoint in one transaction.
	Save(ctx context.Context, c *migration.Checkpoint) error
	// Unmoved says which records of the run were skipped or rejected.
	Unmoved(ctx context.Context, k recordv1.Kind, sourceIDs []string) (map[string]agentv1.Outcome, error)
	// Totals sums the run's counts by kind.
	Totals(ctx context.Context) (map[recordv1.Kind]migration.Counts, error)
	// Known gives what is remembered of records; Due, Missing and Settled what the scan of this run has found.
	Known(ctx context.Context, k recordv1.Kind, sourceIDs []string) (map[string]int64, error)
	Due(ctx context.Context, k recordv1.Kind, after string, limit int) ([]migration.Known, error)
	Missing(ctx context.Context, k recordv1.Kind, after string, limit int) ([]string, error)
	Settled(ctx context.Context, k recordv1.Kind) (uint64, error)
}

// Transformer turns a record of the source into what the target is to hold. Methods may be called from several goroutines.
type Transformer interface {
	// Take may change r and give it back. What it gives is not sealed.
	Take(r *recordv1.Record) ([]*recordv1.Record, []transform.Loss)
	// WantsPage says that something in r is to be taken from its live page, which TakeShown is given; empty: there is none.
	WantsPage(r *recordv1.Record) bool
	TakeShown(r *recordv1.Record, page string) ([]*recordv1.Record, []transform.Loss)
}

// Mapper makes of a record of the source what the owner wants it to be, before it is transformed. It may be called from several
// goroutines.
type Mapper interface {
	// Apply changes r. The outcome is unspecified when r goes on; else the problem says why it does not.
	Apply(r *recordv1.Record) ([]transform.Loss, agentv1.Outcome, *agentv1.Problem)
	// Digest changes with what the mapping does.
	Digest() string
}

// Limits bound what is in memory and in flight.
type Limits struct {
	// Shards per kind at most.
	Shards int
	// Window is how many batches of a shard may be unanswered.
	Window int
	// BatchBytes asks the source for batches of this size.
	BatchBytes uint32
	// BatchRecords asks the source for batches of at most this many records; 0: the agent's choice.
	BatchRecords uint32
	// MemoryBytes bounds the encoded size of all batches held at a time.
	MemoryBytes int64
	// Files moved at a time.
	Files int64
}

// DefaultLimits keep the process far below 128 MiB with 8 workers.
func DefaultLimits(workers int) Limits {
	return Limits{Shards: 4 * max(1, workers), Window: 2, BatchBytes: 960 << 10, MemoryBytes: 8 << 20, Files: 4}
}

// Env is what all tasks of a run share.
type Env struct {
	Source    Source
	Target    Target
	Scope     *agentv1.WriteScope
	Selection migration.Selection
	Mode      migration.Mode
	Kinds     []migration.KindPlan
	// Holds says per kind what the target can hold.
	Holds     map[recordv1.Kind]*agentv1.KindInfo
	Transform Transformer
	// Pages fetches live pages of the source; nil: none can be.
	Pages Pages
	// Known says that the source lists a record of a kind that is indexed; only plans ask. May be nil.
	Known func(record.Key) bool
	// Map is the owner's mapping; nil: there is none.
	Map Mapper
	// Continued says that the migration has written to the target before: there must be a ledger then.
	Continued bool
	// Settled says that an earlier run of the migration was finished.
	Settled bool
	// Findings of the survey; they go on the report.
	Findings []migration.Remark
	Limits   Limits
	// Throttle holds reading back, and with it writing; nil: no limit.
	Throttle *Throttle
	// Fetch asks for files that the source's agent does not have; nil: they stay missing. SourceURL is the source's public address.
	Fetch     Fetcher
	SourceURL string
	Log       *zap.Logger
	// Stop is closed when work is to end after the batch.
	Stop <-chan struct{}

	memory, files *semaphore.Weighted
	crossings     crossings
	ledger        ledgerWatch
}

// Init makes the environment ready for use.
func (e *Env) Init() *Env {
	e.memory = semaphore.NewWeighted(max(1, e.Limits.MemoryBytes))
	e.files = semaphore.NewWeighted(max(1, e.Limits.Files))
	if e.Log == nil {
		e.Log = zap.NewNop()
	}
	return e
}

// RunTask does the work of a task from its cursor on and saves each acknowledged batch. It returns nil when the task is
// finished and saved as such, migration.ErrStopped when Stop was closed.
func (e *Env) RunTask(ctx context.Context, t *migration.Task, j Journal) error {
	if err := e.checkLedger(ctx); err != nil {
		return err
	}
	run := map[migration.Stage]func(context.Context, *migration.Task, Journal) error{
		migration.StageSplit: e.split, migration.StageIndex: e.index, migration.StageCopy: e.copy, migration.StageWithdraw: e.withdraw,
		migration.StageRelink: e.relink, migration.StageFinish: e.finish, migration.StageVerify: e.verify,
	}[t.Stage]
	if run == nil {
		return fmt.Errorf("no work is known for the stage %q", t.Stage)
	}
	return run(ctx, t, j)
}

func (e *Env) stopped() bool {
	select {
	case <-e.Stop:
		return true
	default:
		return false
	}
}

func (e *Env) options() *agentv1.ReadOptions {
	o := &agentv1.ReadOptions{Revisions: e.Selection.Revisions, BatchBytes: e.Limits.BatchBytes, BatchRecords: e.Limits.BatchRecords, Addresses: e.Selection.KeepAddresses}
	// Under a throttle a batch is at most what may pass in a second, so that progress is seen and a pause is quick.
	slow := e.Throttle.now()
	if slow.Records > 0 && slow.Records < maxChunkRecords && (o.BatchRecords == 0 || slow.Records < uint64(o.BatchRecords)) {
		o.BatchRecords = uint32(slow.Records)
	}
	if slow.Bytes > 0 && slow.Bytes < uint64(o.BatchBytes) {
		o.BatchBytes = uint32(slow.Bytes)
	}
	return o
}

// checkpoint begins a checkpoint from what the task already has.
func checkpoint(t *migration.Task) *migration.Checkpoint {
	return &migration.Checkpoint{Cursor: t.Cursor, Counts: t.Counts, Sums: t.Sums}
}

// save stores a checkpoint and takes it over into the task.
func save(ctx context.Context, j Journal, t *migration.Task, c *migration.Checkpoint) error {
	if err := j.Save(ctx, c); err != nil {
		return err
	}
	t.Cursor, t.Counts, t.Sums, t.Done = c.Cursor, c.Counts, c.Sums, c.Done
	return nil
}

// end saves that the task is finished.
func end(ctx context.Context, j Journal, t *migration.Task) error {
	c := checkpoint(t)
	c.Done = true
	return save(ctx, j, t, c)
}
