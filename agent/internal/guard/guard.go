// Package guard stands around every call of the agent, once for all drivers: pace, a bound on parallel work, memory, audit.
package guard

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Keys of the audit log.
const (
	keyCall    = "call"
	keyKind    = "kind"
	keyRecords = "records"
	keyBytes   = "bytes"
	keyResult  = "result"
	keyMillis  = "ms"
)

const (
	// heap is what Go may hold so that the process stays below 64 MiB resident (Rule 9); the program's code needs the rest.
	heap = 41 << 20
	// growth is by how many per cent the heap may grow before it is collected, as long as it stays below its limit.
	growth = 400
	// streams is how many streams of one call work at the same time; further ones wait.
	streams = 12
)

// LimitMemory tells the runtime how much memory the agent may hold beside what the database holds in this process.
func LimitMemory(database int64) {
	debug.SetMemoryLimit(heap - database)
	debug.SetGCPercent(growth)
}

// LimitProcessors leaves half of the machine's processors to the site that the agent stands beside, unless it may use no more anyway.
// Between fewer threads less is handed over, too: measured with two processors, 14 % of what the target's agent used for copying.
func LimitProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), (runtime.NumCPU()+1)/2))
	}
}

// Guard is around the calls of one server.
type Guard struct {
	log  *zap.Logger
	pace *rate.Limiter
	now  func() time.Time
}

// New makes a guard that lets through at most perSecond records in all streams together; 0: as many as come.
func New(log *zap.Logger, perSecond int) *Guard {
	g := &Guard{log: log, now: time.Now}
	if perSecond > 0 {
		g.pace = rate.NewLimiter(rate.Limit(perSecond), max(1, perSecond/10))
	}
	return g
}

// Around gives a registrar whose services are guarded.
func (g *Guard) Around(to grpc.ServiceRegistrar) grpc.ServiceRegistrar { return registrar{g, to} }

type registrar struct {
	g  *Guard
	to grpc.ServiceRegistrar
}

// RegisterService implements grpc.ServiceRegistrar. The guard is the innermost interceptor: what the connection refuses
// never reaches it.
func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	d := *desc
	d.Methods = append([]grpc.MethodDesc(nil), desc.Methods...)
	for i, m := range desc.Methods {
		d.Methods[i].Handler = r.g.method(m.Handler)
	}
	d.Streams = append([]grpc.StreamDesc(nil), desc.Streams...)
	for i, s := range desc.Streams {
		d.Streams[i].Handler = r.g.streaming(s)
	}
	r.to.RegisterService(&d, impl)
}

func (g *Guard) method(h grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, dec func(any) error, outer grpc.UnaryServerInterceptor) (any, error) {
		return h(srv, ctx, dec, func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			inner := func(ctx context.Context, req any) (any, error) { return g.unary(ctx, req, info, handler) }
			if outer == nil {
				return inner(ctx, req)
			}
			return outer(ctx, req, info, inner)
		})
	}
}

func (g *Guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	a := g.begin(info.FullMethod)
	a.see(req)
	resp, err := handler(ctx, req)
	if err == nil {
		a.see(resp)
	}
	a.end(err)
	return resp, err
}

// streaming bounds each call by itself: a stream of records waits for its files, so the two must not wait for one another.
func (g *Guard) streaming(s grpc.StreamDesc) grpc.StreamHandler {
	slots := make(chan struct{}, streams)
	return func(srv any, ss grpc.ServerStream) error {
		// Following the log is no work and may last for ever.
		if s.StreamName != "TailLogs" {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ss.Context().Done():
				return ss.Context().Err()
			}
		}
		a := g.begin(s.StreamName)
		err := s.Handler(srv, &watched{ss, g, a})
		a.end(err)
		return err
	}
}

// wait lets n records pass at the pace that was set.
func (g *Guard) wait(ctx context.Context, n int) error {
	if g.pace == nil {
		return nil
	}
	for n > 0 {
		step := min(n, g.pace.Burst())
		if err := g.pace.WaitN(ctx, step); err != nil {
			return err
		}
		n -= step
	}
	return nil
}

// watched counts and paces the messages of a stream.
type watched struct {
	grpc.ServerStream
	g *Guard
	a *audit
}

// SendMsg implements grpc.ServerStream.
func (w *watched) SendMsg(m any) error {
	if r, ok := m.(*agentv1.ReadRecordsResponse); ok {
		if err := w.g.wait(w.Context(), countRead(r)); err != nil {
			return err
		}
	}
	err := w.ServerStream.SendMsg(m)
	w.a.see(m)
	return err
}

// countRead is how many records a message accounts for.
func countRead(r *agentv1.ReadRecordsResponse) int {
	return len(r.GetRecords()) + record.Packed(r) + len(r.GetUnread())
}

// batch is a message of records that are, or would be, written.
type batch interface {
	GetSeq() uint64
	GetRecords() []*recordv1.Record
}

// RecvMsg implements grpc.ServerStream.
func (w *watched) RecvMsg(m any) error {
	if err := w.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	w.a.see(m)
	if r, ok := m.(batch); ok {
		return w.g.wait(w.Context(), len(r.GetRecords()))
	}
	return nil
}

// audit becomes one line per call: what was asked for and how it ended, without content.
type audit struct {
	g              *Guard
	call, kind     string
	records, bytes int
	began          time.Time
}

func (g *Guard) begin(call string) *audit { return &audit{g: g, call: call, began: g.now()} }

// sizer takes the size that a message was sent or checked with, and measures only what was neither.
var sizer = proto.MarshalOptions{UseCachedSize: true}

func (a *audit) see(m any) {
	msg, ok := m.(proto.Message)
	if !ok {
		return
	}
	a.bytes += sizer.Size(msg)
	switch m := m.(type) {
	case *agentv1.ReadRecordsRequest:
		a.kind = record.KindName(m.GetKind())
	case *agentv1.ReadIndexRequest:
		a.kind = record.KindName(m.GetKind())
	case *agentv1.SplitKindRequest:
		a.kind = record.KindName(m.GetKind())
	case *agentv1.ReadRecordsResponse:
		a.records += countRead(m)
	case *agentv1.ReadIndexResponse:
		a.records += len(m.GetItems())
	case batch:
		a.records += len(m.GetRecords())
		if len(m.GetRecords()) > 0 {
			a.kind = record.KindName(m.GetRecords()[0].GetRef().GetKind())
		}
	case *agentv1.ReadBackRequest:
		a.records += len(m.GetRefs())
	}
}

func (a *audit) end(err error) {
	result := "ok"
	if err != nil {
		result = link.FromStatus(link.ToStatus(err)).Code
		if result == "" {
			result = status.Code(err).String()
		}
	}
	a.g.log.Info("call", zap.String(keyCall, a.call), zap.String(keyKind, a.kind), zap.Int(keyRecords, a.records), zap.Int(keyBytes, a.bytes),
		zap.String(keyResult, result), zap.Int64(keyMillis, a.g.now().Sub(a.began).Milliseconds()))
}
