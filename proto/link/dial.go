package link

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// DefaultDeadline ends a unary call whose context has no deadline.
const DefaultDeadline = 2 * time.Minute

// longDeadline is for calls that look at or change a whole site.
const longDeadline = 30 * time.Minute

var longCalls = map[string]bool{
	agentv1.AgentService_Describe_FullMethodName: true, agentv1.AgentService_SplitKind_FullMethodName: true,
	agentv1.AgentService_Relink_FullMethodName: true, agentv1.AgentService_Finish_FullMethodName: true,
	// A digest is computed over whole files.
	agentv1.AgentService_StatFiles_FullMethodName: true,
}

// DialOption changes how an agent is dialled.
type DialOption func(*dialer)

// WithCompression switches zstd on or off; without it messages are compressed unless the agent is on this machine: zstd
// adds 2.3 times on a link with 50 ms round trip, and costs 4 times on loopback.
func WithCompression(on bool) DialOption { return func(d *dialer) { d.compress = on } }

// WithDeadline replaces DefaultDeadline, for all unary calls.
func WithDeadline(limit time.Duration) DialOption { return func(d *dialer) { d.limit = limit } }

// WithContextDialer replaces how the connection is made.
func WithContextDialer(dial func(ctx context.Context, address string) (net.Conn, error)) DialOption {
	return func(d *dialer) { d.extra = append(d.extra, grpc.WithContextDialer(dial)) }
}

type dialer struct {
	compress bool
	limit    time.Duration
	extra    []grpc.DialOption
	mismatch atomic.Bool
}

// Dial prepares a connection to the agent of a link; it is made by the first call, and again whenever it breaks. Errors of
// calls are *Error. ctx does not bound the connection's life: Close does.
func Dial(ctx context.Context, l Link, opts ...DialOption) (*grpc.ClientConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, FromStatus(err)
	}
	if !l.Expires.IsZero() && !time.Now().Before(l.Expires) {
		return nil, expired()
	}
	d := &dialer{compress: !loopback(l.Address)}
	for _, o := range opts {
		o(d)
	}
	conn, err := grpc.NewClient("passthrough:///"+l.Address, append(d.options(l), d.extra...)...)
	if err != nil {
		return nil, &Error{CodeLinkInvalid, "the address of the link cannot be used", fixNewLink, codes.InvalidArgument}
	}
	return conn, nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

func (d *dialer) options(l Link) []grpc.DialOption {
	calls := []grpc.CallOption{grpc.ForceCodecV2(newCodec()), grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)}
	if d.compress {
		calls = append(calls, grpc.UseCompressor(Zstd))
	}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(credentials.NewTLS(clientTLS(l.Fingerprint, func(match bool) { d.mismatch.Store(!match) }))),
		grpc.WithPerRPCCredentials(bearer{l.Token}),
		grpc.WithDefaultCallOptions(calls...),
		grpc.WithUnaryInterceptor(d.unary), grpc.WithStreamInterceptor(d.stream),
		grpc.WithInitialWindowSize(streamWindow), grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingWait, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: handshakeTime,
		}),
		grpc.WithDisableServiceConfig(), grpc.WithNoProxy(), grpc.WithMaxHeaderListSize(64 << 10),
	}
}

func (d *dialer) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.deadline(method))
		defer cancel()
	}
	return d.fault(invoke(ctx, method, req, reply, cc, opts...))
}

func (d *dialer) deadline(method string) time.Duration {
	switch {
	case d.limit > 0:
		return d.limit
	case longCalls[method]:
		return longDeadline
	}
	return DefaultDeadline
}

func (d *dialer) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := streamer(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, d.fault(err)
	}
	return &faultStream{s, d}, nil
}

// fault makes an error of a call one of ours. io.EOF is the end of a stream and stays.
func (d *dialer) fault(err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // gRPC returns it bare
		return err
	}
	e := FromStatus(err)
	if e.Code == CodeUnreachable && d.mismatch.Load() {
		return errIdentityChanged()
	}
	return e
}

func errIdentityChanged() *Error {
	return &Error{CodeIdentityChanged, "another agent answers at the link's address: its certificate is not the one of the link",
		"If bailey-agent was started again, use the new link that it printed. If not, somebody may be listening in: stop, and check the address.", codes.FailedPrecondition}
}

type faultStream struct {
	grpc.ClientStream
	d *dialer
}

func (s *faultStream) SendMsg(m any) error { return s.d.fault(s.ClientStream.SendMsg(m)) }

func (s *faultStream) RecvMsg(m any) error { return s.d.fault(s.ClientStream.RecvMsg(m)) }
