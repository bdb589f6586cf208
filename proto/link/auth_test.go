package link_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"

	"github.com/baileybridge/bailey/proto/link"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

func TestExpiredTokenIsRefused(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	expires := time.Now().Add(time.Hour)
	now.Store(expires.Unix() - 1)
	o := options(t)
	o.Expires, o.Now = expires, func() time.Time { return time.Unix(now.Load(), 0) }
	c := dial(t, serve(t, &agent{describe: ok}, o))
	if err := describe(t, c); err != nil {
		t.Fatal(err)
	}
	now.Store(expires.Unix() + 1)
	wantCode(t, describe(t, c), link.CodeTokenExpired)
}

func TestExpiredLinkIsNotDialled(t *testing.T) {
	t.Parallel()
	l := serve(t, &agent{describe: ok}, options(t))
	l.Expires = time.Unix(1000, 0)
	_, err := link.Dial(t.Context(), l)
	wantCode(t, err, link.CodeTokenExpired)
}

func TestManyWrongTokensLockOut(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	o := options(t)
	core, logs := observer.New(zapcore.DebugLevel)
	o.Log, o.Now = zap.New(core), func() time.Time { return time.Unix(now.Load(), 0) }
	good := serve(t, &agent{describe: ok}, o)
	bad := good
	bad.Token = link.NewToken()
	thief, owner := dial(t, bad), dial(t, good)
	for range 10 {
		wantCode(t, describe(t, thief), link.CodeTokenRefused)
	}
	wantCode(t, describe(t, thief), link.CodeTooManyTries)
	wantCode(t, describe(t, owner), link.CodeTooManyTries)
	now.Add(60)
	if err := describe(t, owner); err != nil {
		t.Errorf("still locked: %v", err)
	}
	if logs.Len() != 1 {
		t.Errorf("%d lines logged, want 1", logs.Len())
	}
}

func TestSourceServesNoWrite(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Role = agentv1.Role_ROLE_SOURCE
	a := &agent{describe: ok}
	c := dial(t, serve(t, a, o))
	if err := describe(t, c); err != nil {
		t.Fatal(err)
	}
	scope := &agentv1.WriteScope{SourceSite: "s", Run: "r"}
	_, err := c.Finish(t.Context(), &agentv1.FinishRequest{Scope: scope})
	wantCode(t, err, link.CodeRoleRefused)
	_, err = c.Relink(t.Context(), &agentv1.RelinkRequest{Scope: scope})
	wantCode(t, err, link.CodeRoleRefused)
	w, err := c.WriteRecords(t.Context())
	if err == nil {
		_, err = w.Recv()
	}
	wantCode(t, err, link.CodeRoleRefused)
	f, err := c.WriteFile(t.Context())
	if err == nil {
		_, err = f.CloseAndRecv()
	}
	wantCode(t, err, link.CodeRoleRefused)
	b, err := c.Rollback(t.Context(), &agentv1.RollbackRequest{Scope: scope})
	if err == nil {
		_, err = b.Recv()
	}
	wantCode(t, err, link.CodeRoleRefused)
	if a.received.Load() != 0 {
		t.Error("a batch was served")
	}
}

// Every call of the service is either known as reading or refused to a source.
func TestEveryCallIsReadingOrRefused(t *testing.T) {
	t.Parallel()
	writing := map[string]bool{"WriteRecords": true, "DryRun": true, "WriteFile": true, "Relink": true, "Rollback": true, "Finish": true, "Withdraw": true}
	o := options(t)
	o.Role = agentv1.Role_ROLE_SOURCE
	l := serve(t, &agent{describe: ok}, o)
	conn, err := link.Dial(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	methods := agentv1.File_bailey_agent_v1_agent_proto.Services().Get(0).Methods()
	for i := range methods.Len() {
		name := string(methods.Get(i).Name())
		s, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/bailey.agent.v1.AgentService/"+name)
		if err == nil {
			_ = s.CloseSend()
			err = s.RecvMsg(&agentv1.DescribeResponse{})
		}
		if refused := errors.Is(err, &link.Error{Code: link.CodeRoleRefused}); refused != writing[name] {
			t.Errorf("%s: %v", name, err)
		}
	}
}
