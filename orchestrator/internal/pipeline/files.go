package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// maxStat is the most files asked for in one call; the agent may have to hash each of them.
const maxStat = 64

// lossMissing is told for each file that the source names but does not have.
const lossMissing = "file_missing"

// fileJob is one file that belongs to a media record.
type fileJob struct {
	item   *item
	rec    *recordv1.Record
	file   *recordv1.File
	source *agentv1.FileStat
	target *agentv1.FileStat
	// crossing is that of its content.
	crossing *crossing
	// address is where it is fetched from; empty: from the source's agent. code says why it could not be fetched.
	address, code string
}

// whole says that the target has the same bytes already.
func (j *fileJob) whole() bool {
	return j.target.GetExists() && bytes.Equal(j.target.GetSha256(), j.source.GetSha256())
}

// moveFiles brings the files of all media records of a batch to the target, before their records.
func (e *Env) moveFiles(ctx context.Context, items []*item) error {
	jobs, err := e.statSource(ctx, items, true)
	if err != nil || len(jobs) == 0 {
		return err
	}
	defer e.crossings.enter(jobs)()
	if err := e.statTarget(ctx, jobs, false); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	var rejecting sync.Mutex
	for _, j := range jobs {
		if j.whole() {
			continue
		}
		if err := e.files.Acquire(ctx, 1); err != nil {
			g.Go(func() error { return err })
			break
		}
		g.Go(func() error {
			defer e.files.Release(1)
			p, err := e.moveOnce(ctx, j)
			if p != nil {
				rejecting.Lock()
				defer rejecting.Unlock()
				j.item.reject(p)
			}
			return err
		})
	}
	return g.Wait()
}

// moveFile sends one file, from where an interrupted transfer ended. When the target finds that the parts do not fit together
// (the source changed in between) it is sent once more from the start. A problem rejects the media record (Rule 4).
func (e *Env) moveFile(ctx context.Context, j *fileJob) (*agentv1.Problem, error) {
	p, err := e.sendFile(ctx, j, j.target.GetPartial())
	if p != nil && j.target.GetPartial() > 0 && err == nil {
		p, err = e.sendFile(ctx, j, 0)
	}
	if err == nil {
		return p, nil
	}
	if gone := migration.ProblemOf(err); gone.Code == lossMissing || errors.Is(err, fetch.ErrNotFetched) {
		// Deleted since it was looked at: the record alone suffers (Rule 4), and is looked at again in the next run.
		return &agentv1.Problem{Code: gone.Code, Cause: gone.Cause, Fix: gone.Fix, Field: "files"}, nil
	}
	return p, err
}

func (e *Env) sendFile(ctx context.Context, j *fileJob, offset uint64) (*agentv1.Problem, error) {
	if offset > j.source.GetBytes() {
		offset = 0
	}
	h := &agentv1.FileHeader{
		Scope: e.scope(), Media: j.rec.GetRef(), File: j.file, Sha256: j.source.GetSha256(), Offset: offset, Created: j.rec.GetMedia().GetCreated(),
		Visibility: j.rec.GetMedia().GetVisibility(),
	}
	resp, err := e.Target.WriteFile(ctx, h, e.slowly(ctx, e.bytesOf(ctx, j, offset)))
	if err != nil {
		return nil, err
	}
	if resp.GetOutcome() == agentv1.Outcome_OUTCOME_REJECTED {
		return resp.GetProblem(), nil
	}
	return nil, nil
}

// slowly holds the pieces of a file to the throttle. A stop does not wait for that: the batch is given up, and its files go on
// from where they were when the run does.
func (e *Env) slowly(ctx context.Context, data iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for piece, err := range data {
			if err == nil {
				err = e.Throttle.wait(ctx, e.Stop, 0, uint64(len(piece)))
			}
			if !yield(piece, err) {
				return
			}
			waits.Moved(ctx)
		}
	}
}

// statSource lists the files of all media records of a batch, with their SHA-256 if digest is set. What is missing is noted in the record and counted.
func (e *Env) statSource(ctx context.Context, items []*item, digest bool) ([]*fileJob, error) {
	jobs := fileJobs(items)
	for part := range chunksOf(jobs, maxStat) {
		stats, err := e.Source.Stat(ctx, fileIDs(part), digest)
		if err != nil {
			return nil, err
		}
		for i, s := range stats {
			part[i].source = s
			part[i].fill(part[i].item.fetched[part[i].file.GetId()])
		}
	}
	return settleMissing(jobs), nil
}

// settleMissing gives the jobs whose file is there, and brings records in line with what the source really has.
func settleMissing(jobs []*fileJob) []*fileJob {
	there := jobs[:0]
	for _, j := range jobs {
		missing := !j.source.GetExists()
		if missing {
			j.item.lose(cmp.Or(j.code, lossMissing), "files", 1)
		} else {
			there = append(there, j)
		}
		if j.file.GetMissing() != missing || j.file.GetBytes() != j.source.GetBytes() {
			j.file.Missing, j.file.Bytes = missing, j.source.GetBytes()
			record.Seal(j.rec)
		}
	}
	return there
}

func (e *Env) statTarget(ctx context.Context, jobs []*fileJob, digest bool) error {
	for part := range chunksOf(jobs, maxStat) {
		contents := make([][]byte, len(part))
		for i, j := range part {
			contents[i] = j.source.GetSha256()
		}
		stats, err := e.Target.Stat(ctx, e.scope(), fileIDs(part), contents, digest)
		if err != nil {
			return err
		}
		for i, s := range stats {
			part[i].target = s
		}
	}
	return nil
}

func fileJobs(items []*item) []*fileJob {
	var jobs []*fileJob
	for _, it := range items {
		for _, r := range it.out {
			for _, f := range r.GetMedia().GetFiles() {
				jobs = append(jobs, &fileJob{item: it, rec: r, file: f})
			}
		}
	}
	return jobs
}

func fileIDs(jobs []*fileJob) []string {
	ids := make([]string, 0, len(jobs))
	for _, j := range jobs {
		ids = append(ids, j.file.GetId())
	}
	return ids
}

// chunksOf cuts a slice into parts of at most n.
func chunksOf[T any](all []T, n int) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			m := min(n, len(all))
			if !yield(all[:m]) {
				return
			}
			all = all[m:]
		}
	}
}
