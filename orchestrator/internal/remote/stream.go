package remote

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// silence is how long a stream may give nothing while something is due; then it is taken for broken.
const silence = migration.Silence

// messages yields what a server's stream sends.
func messages[Req, Resp any](ctx context.Context, c *Conn,
	open func(agentv1.AgentServiceClient, context.Context, Req, ...grpc.CallOption) (grpc.ServerStreamingClient[Resp], error), req Req,
) iter.Seq2[*Resp, error] {
	return func(yield func(*Resp, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		cl, err := c.client(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		st, err := open(cl, ctx, req)
		for err == nil {
			var m *Resp
			if m, err = within(ctx, cancel, c, st.Recv); err == nil && !yield(m, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, c.failure(ctx, err))
		}
	}
}

// within runs one step of a stream and breaks the stream when the step takes too long.
func within[T any](ctx context.Context, cancel context.CancelCauseFunc, c *Conn, step func() (T, error)) (T, error) {
	t := time.AfterFunc(silence, func() { cancel(silent(c.side)) })
	defer t.Stop()
	v, err := step()
	var e *migration.Error
	if err != nil && errors.As(context.Cause(ctx), &e) {
		return v, e
	}
	return v, err
}

func silent(side string) error {
	return &migration.Error{
		Problem: migration.Problem{
			Code: "agent_silent", Cause: "the " + side + "'s agent has not answered for " + silence.String(),
			Fix: "Look whether the site's database is busy or locked, then run the same command again.",
		},
		Exit: migration.ExitUnreachable, Transient: true,
	}
}
