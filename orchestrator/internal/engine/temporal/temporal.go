// Package temporal has migrations worked on by any number of worker processes, with Temporal as the one who schedules: it sees
// ids and nothing else, and what it loses is begun again from the store.
package temporal

import (
	"cmp"
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// DefaultNamespace is the one that Temporal's development server has.
const DefaultNamespace = "default"

// defaultQueue is what workers listen on. Each store needs a namespace of its own: workers know only the migrations of theirs.
const defaultQueue = "bailey"

// dialTimeout is how long Temporal may take to answer at first.
const dialTimeout = 10 * time.Second

// Options say where Temporal is.
type Options struct {
	// Address is host:port of the frontend.
	Address string
	// Namespace must exist; empty: DefaultNamespace.
	Namespace string
	// Queue is what workers listen on; empty: the same for all.
	Queue string
	TLS   TLS
	Log   *zap.Logger
}

// Client starts migrations.
type Client struct {
	client  client.Client
	options Options
}

var _ engine.Engine = (*Client)(nil)

// Dial connects to Temporal.
func Dial(ctx context.Context, o Options) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	o.Namespace, o.Queue = cmp.Or(o.Namespace, DefaultNamespace), cmp.Or(o.Queue, defaultQueue)
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	secured, err := o.TLS.Config()
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, client.Options{
		HostPort: o.Address, Namespace: o.Namespace, Logger: logger{o.Log}, ConnectionOptions: client.ConnectionOptions{TLS: secured},
	})
	if err != nil {
		return nil, o.unreachable(err)
	}
	return &Client{c, o}, nil
}

func (o Options) unreachable(err error) error {
	return &migration.Error{Problem: migration.Problem{
		Code: "temporal_unreachable", Cause: fmt.Sprintf("Temporal at %s does not answer for the namespace %q", o.Address, o.Namespace),
		Fix: "Is it running, are address and namespace right? The state of migrations is in the store; go on with: bailey resume ID",
	}, Exit: migration.ExitFailed, Err: err}
}

// Close ends the connection.
func (c *Client) Close() { c.client.Close() }

// workflowID names a migration's workflow; there is one at a time.
func workflowID(migration string) string { return "bailey/" + migration }

// Start implements engine.Engine.
func (c *Client) Start(ctx context.Context, id string) error {
	_, err := c.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflowID(id), TaskQueue: c.options.Queue, WorkflowTaskTimeout: heartbeat,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
	}, workflowName, id)
	if err != nil {
		return c.options.unreachable(err)
	}
	return nil
}
