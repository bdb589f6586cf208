package remote

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// Source is a site that is read over gRPC.
type Source struct{ *Conn }

var _ pipeline.Source = Source{}

// ownScope stands where a scope is due although nothing was written: a source resolves tokens to its own addresses.
var ownScope = &agentv1.WriteScope{SourceSite: "self", Run: "self"}

// Identify implements pipeline.Source.
func (s Source) Identify(ctx context.Context) (*agentv1.DescribeResponse, error) {
	return s.describe(ctx, &agentv1.DescribeRequest{Brief: true})
}

// Describe implements pipeline.Source.
func (s Source) Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error) {
	return s.describe(ctx, &agentv1.DescribeRequest{Revisions: revisions})
}

// Split implements pipeline.Source.
func (s Source) Split(ctx context.Context, k recordv1.Kind, n int, opt *agentv1.ReadOptions) ([]*agentv1.Shard, error) {
	req := &agentv1.SplitKindRequest{Kind: k, Shards: uint32(min(max(n, 1), 1024)), Options: opt}
	resp, err := call(ctx, s.Conn, agentv1.AgentServiceClient.SplitKind, req)
	return resp.GetShards(), err
}

// Read implements pipeline.Source.
func (s Source) Read(ctx context.Context, req *agentv1.ReadRecordsRequest) iter.Seq2[*agentv1.ReadRecordsResponse, error] {
	return messages(ctx, s.Conn, agentv1.AgentServiceClient.ReadRecords, req)
}

// Index implements pipeline.Source.
func (s Source) Index(ctx context.Context, req *agentv1.ReadIndexRequest) iter.Seq2[*agentv1.ReadIndexResponse, error] {
	return messages(ctx, s.Conn, agentv1.AgentServiceClient.ReadIndex, req)
}

// Resolve implements pipeline.Source. A source that does not answer this call knows no address.
func (s Source) Resolve(ctx context.Context, tokens []string) ([]*agentv1.Resolved, error) {
	resolved, err := s.resolve(ctx, ownScope, tokens)
	var le *link.Error
	if errors.As(err, &le) && (le.Grpc == codes.Unimplemented || le.Grpc == codes.PermissionDenied) {
		resolved, err = make([]*agentv1.Resolved, len(tokens)), nil
	}
	return resolved, err
}

func (c *Conn) resolve(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error) {
	resp, err := call(ctx, c, agentv1.AgentServiceClient.Resolve, &agentv1.ResolveRequest{Scope: scope, Tokens: tokens})
	return answersOf(c, resp.GetResolved(), len(tokens), err)
}

// Stat implements pipeline.Source.
func (s Source) Stat(ctx context.Context, ids []string, digest bool) ([]*agentv1.FileStat, error) {
	return s.stat(ctx, &agentv1.StatFilesRequest{Ids: ids, Digest: digest})
}

func (c *Conn) stat(ctx context.Context, req *agentv1.StatFilesRequest) ([]*agentv1.FileStat, error) {
	resp, err := call(ctx, c, agentv1.AgentServiceClient.StatFiles, req)
	return answersOf(c, resp.GetFiles(), len(req.GetIds()), err)
}

// ReadFile implements pipeline.Source.
func (s Source) ReadFile(ctx context.Context, id string, offset uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for m, err := range messages(ctx, s.Conn, agentv1.AgentServiceClient.ReadFile, &agentv1.ReadFileRequest{Id: id, Offset: offset}) {
			if !yield(m.GetData(), err) {
				return
			}
		}
	}
}

// answersOf checks that there is one answer per question.
func answersOf[T any](c *Conn, got []T, want int, err error) ([]T, error) {
	if err == nil && len(got) != want {
		err = fmt.Errorf("the %s's agent gave %d answers to %d questions", c.side, len(got), want)
	}
	return got, err
}
