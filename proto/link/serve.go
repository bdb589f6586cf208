package link

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Keys of log fields.
const (
	keyMethod = "method"
	keyCode   = "code"
	keyTries  = "tries"
	keyType   = "type"
)

const (
	// MaxMessage is the largest message: the largest record with its batch around it.
	MaxMessage = 24 << 20
	// streamWindow keeps a long fat link full: at 50 ms round trip 64 KiB give 1.2 MB/s, 2 MiB give 40, and several streams run side
	// by side. It is also what a receiver holds of each stream that it is not yet done with (Rule 9).
	streamWindow = 2 << 20
	// connWindow bounds what all streams of a connection may have in flight, and so the memory that a peer can take (Rule 9).
	connWindow = 8 << 20
	// maxStreams bounds the calls of one connection at a time.
	maxStreams = 256
	// handshakeTime is how long a peer may take to connect.
	handshakeTime = 10 * time.Second
	// stopTime is how long calls may go on after the server was told to stop.
	stopTime = 5 * time.Second
	// pingAfter is how long a quiet connection is trusted, pingWait how long an answer may take.
	pingAfter, pingWait = 10 * time.Second, 10 * time.Second
)

// Options say whom a server lets in.
type Options struct {
	// Identity is the certificate that clients pin.
	Identity Identity
	// Token lets in.
	Token Token
	// Role is what the token allows; unspecified: nothing.
	Role agentv1.Role
	// Expires is when the token stops to let in; zero: never.
	Expires time.Time
	// Now tells the time; nil: time.Now.
	Now func() time.Time
	// Log gets refused calls and panics, without content; nil: nothing is logged.
	Log *zap.Logger
}

// Link is the link to a server with these options at an address (host:port).
func (o Options) Link(address string) Link {
	return Link{Address: address, Fingerprint: o.Identity.Fingerprint(), Token: o.Token, Role: o.Role, Expires: o.Expires}
}

// NewServer makes a server that lets in who has the token and checks every request's limits.
func NewServer(o Options) *grpc.Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	in := &inbound{log: o.Log}
	return grpc.NewServer(
		grpc.Creds(credentials.NewTLS(o.Identity.serverTLS())),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.InTapHandle(newGate(o).handle),
		grpc.UnaryInterceptor(in.unary), grpc.StreamInterceptor(in.stream),
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage), grpc.MaxConcurrentStreams(maxStreams),
		grpc.InitialWindowSize(streamWindow), grpc.InitialConnWindowSize(connWindow),
		grpc.ConnectionTimeout(handshakeTime), grpc.MaxHeaderListSize(16<<10),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingAfter, Timeout: pingWait, MaxConnectionIdle: math.MaxInt64}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingAfter / 2, PermitWithoutStream: true}),
	)
}

// Serve serves until ctx ends, then lets running calls end for a few seconds. It closes lis.
func Serve(ctx context.Context, lis net.Listener, o Options, register func(grpc.ServiceRegistrar)) error {
	s := NewServer(o)
	register(s)
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		stop(s)
	})
	err := s.Serve(lis)
	if !unhook() {
		<-stopped
	}
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		s.Stop()
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func stop(s *grpc.Server) {
	hard := time.AfterFunc(stopTime, s.Stop)
	defer hard.Stop()
	s.GracefulStop()
}
