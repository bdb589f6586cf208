package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// agent answers what each test needs.
type agent struct {
	agentv1.UnimplementedAgentServiceServer
	describe func(context.Context) (*agentv1.DescribeResponse, error)
	read     func(grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error
	received atomic.Int64
}

func (a *agent) Describe(ctx context.Context, _ *agentv1.DescribeRequest) (*agentv1.DescribeResponse, error) {
	return a.describe(ctx)
}

func (a *agent) ReadRecords(_ *agentv1.ReadRecordsRequest, s grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error {
	return a.read(s)
}

func (a *agent) WriteRecords(s grpc.BidiStreamingServer[agentv1.WriteRecordsRequest, agentv1.WriteRecordsResponse]) error {
	for {
		req, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		a.received.Add(1)
		if err := s.Send(&agentv1.WriteRecordsResponse{Seq: req.GetSeq()}); err != nil {
			return err
		}
	}
}

func (a *agent) WriteFile(s grpc.ClientStreamingServer[agentv1.WriteFileRequest, agentv1.WriteFileResponse]) error {
	for {
		if _, err := s.Recv(); errors.Is(err, io.EOF) {
			return s.SendAndClose(&agentv1.WriteFileResponse{})
		} else if err != nil {
			return err
		}
	}
}

func (a *agent) Finish(context.Context, *agentv1.FinishRequest) (*agentv1.FinishResponse, error) {
	return &agentv1.FinishResponse{}, nil
}

func ok(context.Context) (*agentv1.DescribeResponse, error) {
	return &agentv1.DescribeResponse{Platform: "memory"}, nil
}

func options(t *testing.T) link.Options {
	t.Helper()
	id, err := link.NewIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return link.Options{Identity: id, Token: link.NewToken(), Role: agentv1.Role_ROLE_TARGET}
}

// serve runs a server until the test ends and gives its link.
func serve(t *testing.T, a *agent, o link.Options) link.Link {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- link.Serve(ctx, lis, o, func(r grpc.ServiceRegistrar) { agentv1.RegisterAgentServiceServer(r, a) })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return o.Link(lis.Addr().String())
}

func dial(t *testing.T, l link.Link, opts ...link.DialOption) agentv1.AgentServiceClient {
	t.Helper()
	conn, err := link.Dial(t.Context(), l, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return agentv1.NewAgentServiceClient(conn)
}

func describe(t *testing.T, c agentv1.AgentServiceClient) error {
	t.Helper()
	_, err := c.Describe(t.Context(), &agentv1.DescribeRequest{})
	return err
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *link.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T %v is no link.Error", err, err)
	}
	if e.Code != code || e.Cause == "" || e.Fix == "" {
		t.Fatalf("got %#v, want %s", e, code)
	}
}

func TestCallIsServedWithTheLink(t *testing.T) {
	t.Parallel()
	l := serve(t, &agent{describe: ok}, options(t))
	parsed, err := link.Parse(l.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for _, compress := range []bool{false, true} {
		if err := describe(t, dial(t, parsed, link.WithCompression(compress))); err != nil {
			t.Errorf("compression %v: %v", compress, err)
		}
	}
}

func TestWrongTokenIsRefused(t *testing.T) {
	t.Parallel()
	var called atomic.Bool
	l := serve(t, &agent{describe: func(ctx context.Context) (*agentv1.DescribeResponse, error) {
		called.Store(true)
		return ok(ctx)
	}}, options(t))
	l.Token = link.NewToken()
	c := dial(t, l)
	wantCode(t, describe(t, c), link.CodeTokenRefused)
	s, err := c.WriteRecords(t.Context())
	if err == nil {
		_, err = s.Recv()
	}
	wantCode(t, err, link.CodeTokenRefused)
	if called.Load() {
		t.Error("the call was served")
	}
}

func TestOtherIdentityIsRefused(t *testing.T) {
	t.Parallel()
	l := serve(t, &agent{describe: ok}, options(t))
	l.Fingerprint[0] ^= 1
	c := dial(t, l)
	err := describe(t, c)
	wantCode(t, err, link.CodeIdentityChanged)
	if link.FromStatus(err).Retryable() {
		t.Error("trying again is suggested")
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := options(t).Link(lis.Addr().String())
	_ = lis.Close()
	err = describe(t, dial(t, l))
	wantCode(t, err, link.CodeUnreachable)
	if !link.FromStatus(err).Retryable() {
		t.Error("cannot be tried again")
	}
}

func TestAgentGoesAwayMidStream(t *testing.T) {
	t.Parallel()
	o := options(t)
	s := link.NewServer(o)
	agentv1.RegisterAgentServiceServer(s, &agent{read: func(s grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error {
		if err := s.Send(&agentv1.ReadRecordsResponse{}); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(lis) }()
	stream, err := dial(t, o.Link(lis.Addr().String())).ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	_, err = stream.Recv()
	wantCode(t, err, link.CodeUnreachable)
}

func TestPanicIsAnErrorAndTellsNoContent(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	o := options(t)
	o.Log = zap.New(core)
	a := &agent{
		describe: func(context.Context) (*agentv1.DescribeResponse, error) { panic("secret body") },
		read:     func(grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error { panic(errors.New("secret body")) },
	}
	c := dial(t, serve(t, a, o))
	wantCode(t, describe(t, c), link.CodeInternal)
	s, err := c.ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Recv()
	wantCode(t, err, link.CodeInternal)
	a.describe = ok
	if err := describe(t, c); err != nil {
		t.Errorf("the agent did not survive: %v", err)
	}
	for _, line := range logs.All() {
		for _, f := range append(line.Context, zap.String("msg", line.Message)) {
			if strings.Contains(f.String, "secret") {
				t.Errorf("logged %s", f.String)
			}
		}
	}
	if logs.FilterMessage("call panicked").Len() != 2 {
		t.Error("the panics were not logged")
	}
}

func TestErrorsOfHandlersArriveWhole(t *testing.T) {
	t.Parallel()
	want := link.Error{Code: "target_busy", Cause: "locked", Fix: "wait", Grpc: codes.Aborted}
	c := dial(t, serve(t, &agent{describe: func(context.Context) (*agentv1.DescribeResponse, error) { return nil, &want }}, options(t)))
	var e *link.Error
	if err := describe(t, c); !errors.As(err, &e) || *e != want {
		t.Errorf("got %#v", err)
	}
}

func TestUnaryCallsHaveADeadline(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context) (*agentv1.DescribeResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := dial(t, serve(t, &agent{describe: wait}, options(t)), link.WithDeadline(20*time.Millisecond))
	wantCode(t, describe(t, c), link.CodeDeadline)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Describe(ctx, &agentv1.DescribeRequest{})
	wantCode(t, err, link.CodeCancelled)
	if !errors.Is(err, context.Canceled) {
		t.Error("is not context.Canceled")
	}
}

// A large record goes through both ways, compressed and not, and the pooled coders stay in order under concurrency.
func TestLargeRecords(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Lorem ipsum dolor sit amet. ", record.MaxBytes/29)
	a := &agent{read: func(s grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error {
		return s.Send(&agentv1.ReadRecordsResponse{Records: []*recordv1.Record{entry(text)}})
	}}
	l := serve(t, a, options(t))
	for _, compress := range []bool{false, true} {
		c := dial(t, l, link.WithCompression(compress))
		for range 2 {
			s, err := c.ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY})
			if err != nil {
				t.Fatal(err)
			}
			batch, err := s.Recv()
			if err != nil || batch.GetRecords()[0].GetEntry().GetContent().GetText() != text {
				t.Fatalf("compression %v: %v", compress, err)
			}
			if _, err := s.Recv(); !errors.Is(err, io.EOF) {
				t.Fatalf("the end is %v", err)
			}
		}
		if err := write(t, c, &agentv1.WriteRecordsRequest{Scope: scope(), Seq: 1, Records: []*recordv1.Record{entry(text)}}); err != nil {
			t.Errorf("compression %v: %v", compress, err)
		}
	}
}

func TestTooLargeMessage(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &agent{}, options(t)))
	err := write(t, c, &agentv1.WriteRecordsRequest{Scope: scope(), Seq: 1, Records: []*recordv1.Record{entry(strings.Repeat("x", link.MaxMessage))}})
	wantCode(t, err, link.CodeMessageTooLarge)
}

func scope() *agentv1.WriteScope { return &agentv1.WriteScope{SourceSite: "site", Run: "run"} }

func entry(text string) *recordv1.Record {
	r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Content: &recordv1.Body{Text: text}}}}
	record.Seal(r)
	return r
}

// write sends batches in one stream and gives the first error.
func write(t *testing.T, c agentv1.AgentServiceClient, batches ...*agentv1.WriteRecordsRequest) error {
	t.Helper()
	s, err := c.WriteRecords(t.Context())
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := s.Send(b); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if _, err := s.Recv(); err != nil {
			return err
		}
	}
	if err := s.CloseSend(); err != nil {
		return err
	}
	if _, err := s.Recv(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
