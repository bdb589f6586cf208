package engine

import (
	"context"
	"iter"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// asking notes a call for as long as it takes.
func asking[T any](ctx context.Context, side, name string, patience time.Duration, call func() (T, error)) (T, error) {
	done := waits.For(ctx, side, name, patience)
	v, err := call()
	done(err)
	return v, err
}

// pulling notes the wait for each element of a stream, not the time that its receiver takes.
func pulling[T any](ctx context.Context, side, name string, stream iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		done := waits.For(ctx, side, name, migration.Silence)
		for v, err := range stream {
			done(err)
			if !yield(v, err) {
				return
			}
			done = waits.For(ctx, side, name, migration.Silence)
		}
		done(nil)
	}
}

// watched notes what tasks wait for at both sites.
func watched(s *Sites) *Sites {
	return &Sites{Source: watchedSource{s.Source}, Target: watchedTarget{s.Target}, Close: s.Close}
}

// watchedSource notes what tasks wait for.
type watchedSource struct{ pipeline.Source }

func (s watchedSource) Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error) {
	return asking(ctx, migration.OnSource, "Describe", 0, func() (*agentv1.DescribeResponse, error) { return s.Source.Describe(ctx, revisions) })
}

func (s watchedSource) Split(ctx context.Context, k recordv1.Kind, n int, opt *agentv1.ReadOptions) ([]*agentv1.Shard, error) {
	return asking(ctx, migration.OnSource, "SplitKind", 0, func() ([]*agentv1.Shard, error) { return s.Source.Split(ctx, k, n, opt) })
}

func (s watchedSource) Read(ctx context.Context, req *agentv1.ReadRecordsRequest) iter.Seq2[*agentv1.ReadRecordsResponse, error] {
	return pulling(ctx, migration.OnSource, "ReadRecords", s.Source.Read(ctx, req))
}

func (s watchedSource) Index(ctx context.Context, req *agentv1.ReadIndexRequest) iter.Seq2[*agentv1.ReadIndexResponse, error] {
	return pulling(ctx, migration.OnSource, "ReadIndex", s.Source.Index(ctx, req))
}

func (s watchedSource) Resolve(ctx context.Context, tokens []string) ([]*agentv1.Resolved, error) {
	return asking(ctx, migration.OnSource, "Resolve", 0, func() ([]*agentv1.Resolved, error) { return s.Source.Resolve(ctx, tokens) })
}

func (s watchedSource) Stat(ctx context.Context, ids []string, digest bool) ([]*agentv1.FileStat, error) {
	return asking(ctx, migration.OnSource, "StatFiles", 0, func() ([]*agentv1.FileStat, error) { return s.Source.Stat(ctx, ids, digest) })
}

func (s watchedSource) ReadFile(ctx context.Context, id string, offset uint64) iter.Seq2[[]byte, error] {
	return pulling(ctx, migration.OnSource, "ReadFile", s.Source.ReadFile(ctx, id, offset))
}

// watchedTarget notes what tasks wait for.
type watchedTarget struct{ pipeline.Target }

func (t watchedTarget) Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error) {
	return asking(ctx, migration.OnTarget, "Describe", 0, func() (*agentv1.DescribeResponse, error) { return t.Target.Describe(ctx, revisions) })
}

func (t watchedTarget) Write(ctx context.Context) (pipeline.Writer, error) {
	w, err := asking(ctx, migration.OnTarget, "WriteRecords", 0, func() (pipeline.Writer, error) { return t.Target.Write(ctx) })
	if err != nil {
		return nil, err
	}
	return watchedWriter{w, ctx}, nil
}

func (t watchedTarget) ReadBack(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref, expected [][]byte) ([]*agentv1.ReadBackItem, error) {
	return asking(ctx, migration.OnTarget, "ReadBack", 0, func() ([]*agentv1.ReadBackItem, error) { return t.Target.ReadBack(ctx, scope, refs, expected) })
}

func (t watchedTarget) States(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref) ([]*agentv1.ReadBackItem, error) {
	return asking(ctx, migration.OnTarget, "ReadBack", 0, func() ([]*agentv1.ReadBackItem, error) { return t.Target.States(ctx, scope, refs) })
}

func (t watchedTarget) Resolve(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error) {
	return asking(ctx, migration.OnTarget, "Resolve", 0, func() ([]*agentv1.Resolved, error) { return t.Target.Resolve(ctx, scope, tokens) })
}

func (t watchedTarget) Stat(ctx context.Context, scope *agentv1.WriteScope, ids []string, contents [][]byte, digest bool) ([]*agentv1.FileStat, error) {
	return asking(ctx, migration.OnTarget, "StatFiles", 0, func() ([]*agentv1.FileStat, error) { return t.Target.Stat(ctx, scope, ids, contents, digest) })
}

// WriteFile waits for the target only while a piece is being taken: the pieces' own waits are noted by whoever brings them.
func (t watchedTarget) WriteFile(ctx context.Context, h *agentv1.FileHeader, data iter.Seq2[[]byte, error]) (*agentv1.WriteFileResponse, error) {
	done := waits.For(ctx, migration.OnTarget, "WriteFile", 0)
	pieces := func(yield func([]byte, error) bool) {
		done(nil)
		for piece, err := range data {
			done = waits.For(ctx, migration.OnTarget, "WriteFile", 0)
			more := yield(piece, err)
			done(nil)
			if !more {
				break
			}
		}
		done = waits.For(ctx, migration.OnTarget, "WriteFile", migration.Silence)
	}
	resp, err := t.Target.WriteFile(ctx, h, pieces)
	done(err)
	return resp, err
}

func (t watchedTarget) Relink(ctx context.Context, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error) {
	return asking(ctx, migration.OnTarget, "Relink", 0, func() (*agentv1.RelinkResponse, error) { return t.Target.Relink(ctx, req) })
}

func (t watchedTarget) Finish(ctx context.Context, scope *agentv1.WriteScope) ([]*agentv1.Finding, error) {
	return asking(ctx, migration.OnTarget, "Finish", 0, func() ([]*agentv1.Finding, error) { return t.Target.Finish(ctx, scope) })
}

func (t watchedTarget) Withdraw(ctx context.Context, req *agentv1.WithdrawRequest) ([]*agentv1.Withdrawn, error) {
	return asking(ctx, migration.OnTarget, "Withdraw", 0, func() ([]*agentv1.Withdrawn, error) { return t.Target.Withdraw(ctx, req) })
}

// watchedWriter is a stream; it belongs to the task that opened it.
type watchedWriter struct {
	pipeline.Writer
	ctx context.Context
}

func (w watchedWriter) Send(req *agentv1.WriteRecordsRequest) error {
	done := waits.For(w.ctx, migration.OnTarget, "WriteRecords", 0)
	err := w.Writer.Send(req)
	done(err)
	return err
}

func (w watchedWriter) Recv() (*agentv1.WriteRecordsResponse, error) {
	return asking(w.ctx, migration.OnTarget, "WriteRecords", migration.Silence, w.Writer.Recv)
}
