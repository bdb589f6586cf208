package guard

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catcher is a registrar that keeps what is registered.
type catcher struct{ desc *grpc.ServiceDesc }

func (c *catcher) RegisterService(d *grpc.ServiceDesc, _ any) { c.desc = d }

// stream is a server's end of a stream without a connection.
type stream struct {
	grpc.ServerStream
	ctx context.Context
	in  []*agentv1.WriteRecordsRequest
	out int
}

func (s *stream) Context() context.Context { return s.ctx }
func (s *stream) SendMsg(any) error        { s.out++; return nil }
func (s *stream) RecvMsg(m any) error {
	if len(s.in) == 0 {
		return context.Canceled
	}
	m.(*agentv1.WriteRecordsRequest).Seq, m.(*agentv1.WriteRecordsRequest).Records = s.in[0].GetSeq(), s.in[0].GetRecords()
	s.in = s.in[1:]
	return nil
}

func guarded(g *Guard, handler grpc.StreamHandler, name string) grpc.StreamHandler {
	c := &catcher{}
	g.Around(c).RegisterService(&grpc.ServiceDesc{ServiceName: "s", Streams: []grpc.StreamDesc{{StreamName: name, Handler: handler}}}, nil)
	return c.desc.Streams[0].Handler
}

func TestAuditTellsWhatAndHowMuch(t *testing.T) {
	t.Parallel()
	core, seen := observer.New(zap.InfoLevel)
	h := guarded(New(zap.New(core), 0), func(_ any, ss grpc.ServerStream) error {
		req := &agentv1.WriteRecordsRequest{}
		for ss.RecvMsg(req) == nil {
		}
		return &link.Error{Code: "target_full", Grpc: codes.ResourceExhausted}
	}, "WriteRecords")
	rec := &recordv1.Record{Ref: &recordv1.Ref{Kind: recordv1.Kind_KIND_TERM, SourceId: "secret id"}}
	_ = h(nil, &stream{ctx: t.Context(), in: []*agentv1.WriteRecordsRequest{{Records: []*recordv1.Record{rec, rec}}, {Records: []*recordv1.Record{rec}}}})
	lines := seen.All()
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	got := lines[0].ContextMap()
	if got[keyCall] != "WriteRecords" || got[keyKind] != "term" || got[keyRecords] != int64(3) || got[keyResult] != "target_full" || got[keyBytes].(int64) == 0 {
		t.Errorf("told %v", got)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	g := New(zap.NewNop(), 100)
	// 10 pass at once, 15 more take 150 ms at 100 a second.
	began := time.Now()
	if err := g.wait(t.Context(), 25); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 140*time.Millisecond {
		t.Errorf("25 records passed in %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.wait(ctx, 1000); err == nil {
		t.Error("a cancelled call went on waiting")
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	g := New(zap.NewNop(), 0)
	var running, most atomic.Int32
	entered, leave := make(chan bool, streams), make(chan bool)
	h := guarded(g, func(any, grpc.ServerStream) error {
		most.Store(max(most.Load(), running.Add(1)))
		entered <- true
		<-leave
		running.Add(-1)
		return nil
	}, "ReadRecords")
	done := make(chan error)
	for range 2 * streams {
		go func() { done <- h(nil, &stream{ctx: t.Context()}) }()
	}
	for range streams {
		<-entered
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h(nil, &stream{ctx: ctx}); err == nil {
		t.Error("a stream too many was let in")
	}
	go func() {
		for range streams {
			<-entered
		}
	}()
	for range 2 * streams {
		leave <- true
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() > streams {
		t.Errorf("%d at a time", most.Load())
	}
}

func TestUnaryIsAudited(t *testing.T) {
	t.Parallel()
	core, seen := observer.New(zap.InfoLevel)
	c := &catcher{}
	New(zap.New(core), 0).Around(c).RegisterService(&grpc.ServiceDesc{Methods: []grpc.MethodDesc{{MethodName: "SplitKind",
		Handler: func(_ any, ctx context.Context, _ func(any) error, in grpc.UnaryServerInterceptor) (any, error) {
			return in(ctx, &agentv1.SplitKindRequest{Kind: recordv1.Kind_KIND_ENTRY}, &grpc.UnaryServerInfo{FullMethod: "SplitKind"},
				func(context.Context, any) (any, error) { return &agentv1.SplitKindResponse{}, nil })
		}}}}, nil)
	outer := 0
	_, err := c.desc.Methods[0].Handler(nil, t.Context(), nil, func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
		outer++
		return h(ctx, req)
	})
	if err != nil || outer != 1 || len(seen.All()) != 1 || seen.All()[0].ContextMap()[keyKind] != "entry" || seen.All()[0].ContextMap()[keyResult] != "ok" {
		t.Errorf("error %v, outer interceptor ran %d times, told %v", err, outer, seen.All())
	}
}
