package agenttest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Defaults of ReadOptions.
const (
	defaultBatchBytes   = 512 << 10
	defaultBatchRecords = 1000
)

// SplitKind implements agentv1.AgentServiceServer.
func (a *Agent) SplitKind(_ context.Context, req *agentv1.SplitKindRequest) (*agentv1.SplitKindResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	total := len(a.list(req.GetKind(), req.GetOptions().GetRevisions()))
	shards := min(int(req.GetShards()), max(total, 1))
	resp := &agentv1.SplitKindResponse{}
	for i := range shards {
		low, high := total*i/shards, total*(i+1)/shards
		//nolint:gosec // a length
		resp.Shards = append(resp.Shards, &agentv1.Shard{Range: fmt.Appendf(nil, "%d-%d", low, high), Count: uint64(high - low)})
	}
	return resp, nil
}

// span is a shard from a cursor on.
func span(shard, after []byte) (low, high int, err error) {
	if _, err = fmt.Sscanf(string(shard), "%d-%d", &low, &high); err != nil || low < 0 || high < low {
		return 0, 0, badPosition()
	}
	if len(after) == 0 {
		return low, high, nil
	}
	at, err := strconv.Atoi(string(after))
	if err != nil || at < low || at > high {
		return 0, 0, badPosition()
	}
	return at, high, nil
}

func badPosition() error {
	return &link.Error{Code: "bad_cursor", Cause: "the shard or position is none that this agent gave", Fix: "Split the kind again.", Grpc: codes.InvalidArgument}
}

// ReadRecords implements agentv1.AgentServiceServer.
func (a *Agent) ReadRecords(req *agentv1.ReadRecordsRequest, out grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error {
	batch, size := &agentv1.ReadRecordsResponse{}, 0
	flush := func() error {
		full := batch
		batch, size = &agentv1.ReadRecordsResponse{}, 0
		return out.Send(full)
	}
	each := a.each
	if len(req.GetRefs()) > 0 {
		each = a.named(req.GetRefs())
	}
	err := each(out.Context(), req, func(it item, next int) error {
		if it.unread != nil {
			batch.Unread = append(batch.Unread, it.unread)
		} else {
			batch.Records = append(batch.Records, it.record)
			size += proto.Size(it.record)
		}
		batch.Cursor = strconv.AppendInt(nil, int64(next), 10)
		if isFull(req.GetOptions(), size, len(batch.GetRecords())+len(batch.GetUnread())) {
			return flush()
		}
		return nil
	})
	if err != nil || batch.Cursor == nil {
		return err
	}
	return flush()
}

// ReadIndex implements agentv1.AgentServiceServer.
func (a *Agent) ReadIndex(req *agentv1.ReadIndexRequest, out grpc.ServerStreamingServer[agentv1.ReadIndexResponse]) error {
	batch := &agentv1.ReadIndexResponse{}
	flush := func() error {
		full := batch
		batch = &agentv1.ReadIndexResponse{}
		return out.Send(full)
	}
	err := a.each(out.Context(), req, func(it item, next int) error {
		switch i := (&agentv1.IndexItem{Ref: it.ref(), Paths: it.paths}); {
		case it.unread != nil:
			batch.Unread = append(batch.Unread, it.unread)
		case req.GetDigests():
			i.Digest = it.record.GetDigest()
			fallthrough
		default:
			batch.Items = append(batch.Items, i)
		}
		batch.Cursor = strconv.AppendInt(nil, int64(next), 10)
		if isFull(req.GetOptions(), 0, len(batch.GetItems())+len(batch.GetUnread())) {
			return flush()
		}
		return nil
	})
	if err != nil || batch.Cursor == nil {
		return err
	}
	return flush()
}

// named visits records by their refs.
func (a *Agent) named(refs []*recordv1.Ref) func(context.Context, readRequest, func(item, int) error) error {
	return func(_ context.Context, _ readRequest, fn func(item, int) error) error {
		a.mu.Lock()
		var found []item
		for _, ref := range refs {
			if i, ok := a.at[record.KeyOf(ref)]; ok {
				found = append(found, a.items[ref.GetKind()][i])
			}
		}
		a.mu.Unlock()
		for _, it := range found {
			if err := fn(it, 0); err != nil {
				return err
			}
		}
		return nil
	}
}

type readRequest interface {
	GetKind() recordv1.Kind
	GetShard() []byte
	GetAfter() []byte
	GetOptions() *agentv1.ReadOptions
}

// each visits the items of a shard with the position after each.
func (a *Agent) each(ctx context.Context, req readRequest, fn func(it item, next int) error) error {
	low, high, err := span(req.GetShard(), req.GetAfter())
	if err != nil {
		return err
	}
	for i, it := range a.slice(req, low, high) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(it, low+i+1); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) slice(req readRequest, low, high int) []item {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.list(req.GetKind(), req.GetOptions().GetRevisions())
	return slices.Clone(list[min(low, len(list)):min(high, len(list))])
}

func isFull(o *agentv1.ReadOptions, size, records int) bool {
	return size >= cmp.Or(int(o.GetBatchBytes()), defaultBatchBytes) || records >= cmp.Or(int(o.GetBatchRecords()), defaultBatchRecords)
}
