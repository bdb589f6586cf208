package temporal

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names in Temporal's histories.
const (
	workflowName = "migrate"
	advanceName  = "advance"
	taskName     = "task"
)

// heartbeat is how long a worker may be silent before its tasks are given to others.
const heartbeat = 4 * time.Second

// forever bounds what may take as long as it needs: Temporal asks for a bound.
const forever = 10 * 365 * 24 * time.Hour

// advanceTimeout bounds a look at the store.
const advanceTimeout = time.Minute

// Bounds of one history, below those of Temporal (2,000 open activities, 51,200 events).
const (
	maxTasks  = 500
	maxEvents = 10_000
)

// task is all that an activity is told.
type task struct {
	Migration string
	Task      int64
}

// again tries until it works: whether it is worth it is the activity's matter.
var again = &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 10 * time.Second}

// migrate runs what Advance names until it names nothing. It decides nothing else, so it need not know its own versions.
func migrate(ctx workflow.Context, id string) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: advanceTimeout, RetryPolicy: again})
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: forever, HeartbeatTimeout: heartbeat, RetryPolicy: again})
	for workflow.GetInfo(ctx).GetCurrentHistoryLength() < maxEvents {
		var ready []int64
		if err := workflow.ExecuteLocalActivity(ctx, advanceName, id).Get(ctx, &ready); err != nil || len(ready) == 0 {
			return err
		}
		var running []workflow.Future
		for _, t := range ready {
			running = append(running, workflow.ExecuteActivity(ctx, taskName, task{id, t}))
		}
		for _, f := range running {
			if err := f.Get(ctx, nil); err != nil {
				return err
			}
		}
	}
	return workflow.NewContinueAsNewError(ctx, migrate, id)
}
