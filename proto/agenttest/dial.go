package agenttest

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// Serve serves an agent on loopback, with TLS and token as outside of tests, until the test ends, and gives its link.
func Serve(t testing.TB, server agentv1.AgentServiceServer, role agentv1.Role) link.Link {
	t.Helper()
	id, err := link.NewIdentity(time.Now())
	if err != nil {
		t.Fatalf("make identity: %v", err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	o := link.Options{Identity: id, Token: link.NewToken(), Role: role}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- link.Serve(ctx, lis, o, func(r grpc.ServiceRegistrar) { agentv1.RegisterAgentServiceServer(r, server) })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return o.Link(lis.Addr().String())
}

// Connect gives a client of an agent that is already served; it is closed when the test ends.
func Connect(t testing.TB, l link.Link) agentv1.AgentServiceClient {
	t.Helper()
	conn, err := link.Dial(context.Background(), l)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return agentv1.NewAgentServiceClient(conn)
}

// Dial serves an agent in memory in its own role and gives a client of it.
func Dial(t testing.TB, a *Agent) agentv1.AgentServiceClient {
	t.Helper()
	return Connect(t, Serve(t, a, a.Info.GetRole()))
}
