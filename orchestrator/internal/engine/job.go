package engine

import (
	"context"
	"errors"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Job is a migration that is ready to run.
type Job struct {
	Migration *migration.Migration
	// Resumed says that an earlier process has begun the run.
	Resumed bool
	// Again says that a finished run is only verified again.
	Again bool
	// Progress is where the state of the run can be read while it goes on.
	Progress store.Store
	engine   *Embedded
	manager  *Manager
	close    func() error
}

// Run works until the migration is done, stopped or failed, and closes the connections. When worker processes do the work it
// waits for them: stop then asks them to pause, and ending ctx only ends the waiting.
func (j *Job) Run(ctx context.Context, stop <-chan struct{}) (*migration.Report, error) {
	if handed, err := j.Hand(ctx); handed {
		if err != nil {
			return nil, err
		}
		return j.manager.follow(ctx, j.Migration.ID, stop, j.engine.reached)
	}
	defer func() { _ = j.close() }()
	return j.engine.Run(ctx, stop)
}

// Hand gives the job to worker processes and closes the connections. Not handed: there are none, and Run works in this process.
func (j *Job) Hand(ctx context.Context) (handed bool, err error) {
	// A verification is this process's own: the run that it compares is over, and nobody steers it.
	if j.manager.Engine == nil || j.Again {
		return false, nil
	}
	return true, errors.Join(j.close(), j.manager.Engine.Start(ctx, j.Migration.ID))
}

// Close gives up a job that was not run.
func (j *Job) Close() error { return j.close() }
