package engine

import (
	"context"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// CutoverRequest asks for a site to be brought up to date until it can be switched.
type CutoverRequest struct {
	// Request names the migration with Sync; its Mode holds the policies.
	Request
	// Passes at most before the last one.
	Passes int
	// Run works on a job and shows how it goes.
	Run func(*Job) (*migration.Report, error)
	// Passed is told of each pass but the last.
	Passed func(pass int, rep *migration.Report)
	// Freeze is called before the last pass; when it returns nobody edits the source any more, if anybody cares.
	Freeze func() error
}

// Cutover is how a cut-over went.
type Cutover struct {
	// Passes before the last one.
	Passes int `json:"passes"`
	// Quiet: the last of them found nothing to move.
	Quiet bool `json:"quiet"`
	// Found is how many records the last pass moved or withdrew.
	Found uint64 `json:"found"`
	// FreezeSeconds is how long the source had to be left alone: until the last pass had moved what it found; 0 when it found nothing.
	FreezeSeconds float64 `json:"freeze_seconds"`
	// Report of the last pass, which verifies everything.
	Report *migration.Report `json:"-"`
}

// Cutover synchronises until a pass finds nothing, then once more with verification. Each pass is a run of its own: when it is
// interrupted, the next call goes on with it.
func (m *Manager) Cutover(ctx context.Context, r CutoverRequest) (*Cutover, error) {
	c := &Cutover{}
	r.Mode.Unverified = true
	for c.Passes < r.Passes && !c.Quiet {
		rep, _, err := m.pass(ctx, r)
		if c.Report = rep; err != nil {
			return c, err
		}
		c.Passes++
		c.Quiet = rep.Totals().Changed() == 0
		r.Passed(c.Passes, rep)
	}
	if err := r.Freeze(); err != nil {
		return c, err
	}
	r.Mode.Unverified = false
	start := m.Now()
	rep, job, err := m.pass(ctx, r)
	if c.Report = rep; err != nil {
		return c, err
	}
	if c.Found = rep.Totals().Changed(); c.Found > 0 {
		c.FreezeSeconds = job.moved().Sub(start).Seconds()
	}
	if len(rep.Differences) > 0 {
		// What was found different is written anew, for example a link to a record whose address has changed since.
		c.Report, _, err = m.pass(ctx, r)
	}
	return c, err
}

func (m *Manager) pass(ctx context.Context, r CutoverRequest) (*migration.Report, *Job, error) {
	job, err := m.Begin(ctx, r.Request)
	if err != nil {
		return nil, nil, err
	}
	rep, err := r.Run(job)
	return rep, job, err
}

// moved is when the job had moved everything and verification was left.
func (j *Job) moved() time.Time { return j.engine.moved }
