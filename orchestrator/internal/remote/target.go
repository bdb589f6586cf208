package remote

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// Target is a site that is written over gRPC.
type Target struct{ *Conn }

var _ pipeline.Target = Target{}

// Identify implements pipeline.Target.
func (t Target) Identify(ctx context.Context) (*agentv1.DescribeResponse, error) {
	return t.describe(ctx, &agentv1.DescribeRequest{Brief: true})
}

// Describe implements pipeline.Target.
func (t Target) Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error) {
	return t.describe(ctx, &agentv1.DescribeRequest{Revisions: revisions})
}

// Write implements pipeline.Target.
func (t Target) Write(ctx context.Context) (pipeline.Writer, error) {
	w, err := exchange(ctx, t.Conn, agentv1.AgentServiceClient.WriteRecords)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// DryRun implements pipeline.Target.
func (t Target) DryRun(ctx context.Context) (pipeline.DryRunner, error) {
	d, err := exchange(ctx, t.Conn, agentv1.AgentServiceClient.DryRun)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// duplex is an open stream of questions and answers; it ends with the context that it was opened with.
type duplex[Req, Resp any] struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	conn   *Conn
	st     grpc.BidiStreamingClient[Req, Resp]
}

func exchange[Req, Resp any](ctx context.Context, c *Conn,
	open func(agentv1.AgentServiceClient, context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Req, Resp], error),
) (*duplex[Req, Resp], error) {
	cl, err := c.client(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	st, err := open(cl, ctx)
	if err != nil {
		err = c.failure(ctx, err)
		cancel(nil)
		return nil, err
	}
	return &duplex[Req, Resp]{ctx: ctx, cancel: cancel, conn: c, st: st}, nil
}

// Send implements pipeline.Writer and pipeline.DryRunner.
func (w *duplex[Req, Resp]) Send(req *Req) error { return w.fault(w.st.Send(req)) }

// Recv implements pipeline.Writer and pipeline.DryRunner.
func (w *duplex[Req, Resp]) Recv() (*Resp, error) {
	resp, err := within(w.ctx, w.cancel, w.conn, w.st.Recv)
	return resp, w.fault(err)
}

// CloseSend implements pipeline.Writer and pipeline.DryRunner.
func (w *duplex[Req, Resp]) CloseSend() error { return w.fault(w.st.CloseSend()) }

func (w *duplex[Req, Resp]) fault(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return w.conn.failure(w.ctx, err)
}

// ReadBack implements pipeline.Target.
func (t Target) ReadBack(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref, expected [][]byte) ([]*agentv1.ReadBackItem, error) {
	resp, err := call(ctx, t.Conn, agentv1.AgentServiceClient.ReadBack, &agentv1.ReadBackRequest{Scope: scope, Refs: refs, Expected: expected})
	return answersOf(t.Conn, resp.GetItems(), len(refs), err)
}

// States implements pipeline.Target.
func (t Target) States(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref) ([]*agentv1.ReadBackItem, error) {
	resp, err := call(ctx, t.Conn, agentv1.AgentServiceClient.ReadBack, &agentv1.ReadBackRequest{Scope: scope, Refs: refs, State: true})
	return answersOf(t.Conn, resp.GetItems(), len(refs), err)
}

// Resolve implements pipeline.Target.
func (t Target) Resolve(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error) {
	return t.resolve(ctx, scope, tokens)
}

// Addresses implements pipeline.Target.
func (t Target) Addresses(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error) {
	resp, err := call(ctx, t.Conn, agentv1.AgentServiceClient.Resolve, &agentv1.ResolveRequest{Scope: scope, Tokens: tokens, Addresses: true})
	return answersOf(t.Conn, resp.GetResolved(), len(tokens), err)
}

// Stat implements pipeline.Target.
func (t Target) Stat(ctx context.Context, scope *agentv1.WriteScope, ids []string, contents [][]byte, digest bool) ([]*agentv1.FileStat, error) {
	return t.stat(ctx, &agentv1.StatFilesRequest{Ids: ids, Scope: scope, Contents: contents, Digest: digest})
}

// WriteFile implements pipeline.Target.
func (t Target) WriteFile(ctx context.Context, h *agentv1.FileHeader, data iter.Seq2[[]byte, error]) (*agentv1.WriteFileResponse, error) {
	cl, err := t.client(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	st, err := cl.WriteFile(ctx)
	if err != nil {
		return nil, t.failure(ctx, err)
	}
	if err := sendFile(st, h, data); err != nil {
		return nil, t.failure(ctx, err)
	}
	resp, err := within(ctx, cancel, t.Conn, st.CloseAndRecv)
	if err != nil {
		return nil, t.failure(ctx, err)
	}
	return resp, nil
}

// sendFile sends header and pieces. A target that has seen enough ends the stream early; its answer follows.
func sendFile(st grpc.ClientStreamingClient[agentv1.WriteFileRequest, agentv1.WriteFileResponse], h *agentv1.FileHeader, data iter.Seq2[[]byte, error]) error {
	if err := st.Send(&agentv1.WriteFileRequest{Header: h}); err != nil {
		return endOfStream(err)
	}
	for piece, err := range data {
		if err != nil {
			return err
		}
		if err := st.Send(&agentv1.WriteFileRequest{Data: piece}); err != nil {
			return endOfStream(err)
		}
	}
	return nil
}

func endOfStream(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Relink implements pipeline.Target.
func (t Target) Relink(ctx context.Context, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error) {
	return call(ctx, t.Conn, agentv1.AgentServiceClient.Relink, req)
}

// Finish implements pipeline.Target.
func (t Target) Finish(ctx context.Context, scope *agentv1.WriteScope) ([]*agentv1.Finding, error) {
	resp, err := call(ctx, t.Conn, agentv1.AgentServiceClient.Finish, &agentv1.FinishRequest{Scope: scope})
	return resp.GetFindings(), err
}

// Withdraw implements pipeline.Target.
func (t Target) Withdraw(ctx context.Context, req *agentv1.WithdrawRequest) ([]*agentv1.Withdrawn, error) {
	resp, err := call(ctx, t.Conn, agentv1.AgentServiceClient.Withdraw, req)
	return answersOf(t.Conn, resp.GetResults(), len(req.GetRefs()), err)
}

// Rollback implements pipeline.Target.
func (t Target) Rollback(ctx context.Context, req *agentv1.RollbackRequest) iter.Seq2[*agentv1.RollbackResponse, error] {
	return messages(ctx, t.Conn, agentv1.AgentServiceClient.Rollback, req)
}
