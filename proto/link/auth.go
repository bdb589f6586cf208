package link

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// authKey is the header that carries the token. It is never logged, and never part of an address.
const authKey = "authorization"

const authPrefix = "Bearer "

const (
	// maxTries is how many bad tokens one host may send in a row.
	maxTries = 10
	// lockFor is how long it must then wait.
	lockFor = time.Minute
	// maxHosts bounds the memory of bad tries; past it all are forgotten.
	maxHosts = 1024
)

// readingCalls are all that a source serves (Rule 5). A call that is not listed is refused, so that a new one is safe.
var readingCalls = map[string]bool{
	agentv1.AgentService_Describe_FullMethodName: true, agentv1.AgentService_SplitKind_FullMethodName: true,
	agentv1.AgentService_ReadRecords_FullMethodName: true, agentv1.AgentService_ReadIndex_FullMethodName: true,
	agentv1.AgentService_ReadBack_FullMethodName: true, agentv1.AgentService_Resolve_FullMethodName: true,
	agentv1.AgentService_StatFiles_FullMethodName: true, agentv1.AgentService_ReadFile_FullMethodName: true,
	agentv1.AgentService_TailLogs_FullMethodName: true,
}

// gate lets calls in. It runs before a message is read, so that a stranger cannot make the agent hold one.
type gate struct {
	token   [sha256.Size]byte
	role    agentv1.Role
	expires time.Time
	now     func() time.Time
	log     *zap.Logger

	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	count int
	last  time.Time
}

func newGate(o Options) *gate {
	return &gate{
		token: sha256.Sum256([]byte(o.Token.secret)), role: o.Role, expires: o.Expires,
		now: o.Now, log: o.Log, tries: map[string]tries{},
	}
}

func (g *gate) handle(ctx context.Context, info *tap.Info) (context.Context, error) {
	if err := g.check(hostOf(ctx), info.Header); err != nil {
		return nil, err.GRPCStatus().Err()
	}
	if err := g.allow(info.FullMethodName); err != nil {
		return nil, err.GRPCStatus().Err()
	}
	return ctx, nil
}

func (g *gate) check(host string, md metadata.MD) *Error {
	now := g.now()
	if g.locked(host, now) {
		return &Error{CodeTooManyTries, "too many calls with a wrong token came from this address",
			"Wait a minute. " + fixNewLink, codes.ResourceExhausted}
	}
	if !g.matches(md) {
		g.note(host, now)
		return fromCode(codes.Unauthenticated)
	}
	g.forget(host)
	if !g.expires.IsZero() && !now.Before(g.expires) {
		return expired()
	}
	return nil
}

func expired() *Error {
	return &Error{CodeTokenExpired, "the link has expired",
		"Start bailey-agent again and use the new link that it prints.", codes.Unauthenticated}
}

// matches compares hashes in constant time, so that neither length nor content of the token can be measured.
func (g *gate) matches(md metadata.MD) bool {
	values := md.Get(authKey)
	if len(values) != 1 || !strings.HasPrefix(values[0], authPrefix) {
		return false
	}
	got := sha256.Sum256([]byte(values[0][len(authPrefix):]))
	return subtle.ConstantTimeCompare(got[:], g.token[:]) == 1
}

func (g *gate) allow(method string) *Error {
	switch {
	case g.role == agentv1.Role_ROLE_TARGET:
		return nil
	case g.role == agentv1.Role_ROLE_SOURCE && readingCalls[method]:
		return nil
	}
	return &Error{CodeRoleRefused, "this agent serves a source, which is only read",
		"Use the link of an agent that was started with --role target.", codes.PermissionDenied}
}

func (g *gate) locked(host string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tries[host]
	if now.Sub(t.last) >= lockFor {
		delete(g.tries, host)
		return false
	}
	return t.count >= maxTries
}

func (g *gate) note(host string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.tries) >= maxHosts {
		clear(g.tries)
	}
	t := tries{g.tries[host].count + 1, now}
	g.tries[host] = t
	if t.count == maxTries {
		g.log.Warn("locked an address out after wrong tokens", zap.Int(keyTries, t.count))
	}
}

func (g *gate) forget(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.tries, host)
}

func hostOf(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	host, _, err := net.SplitHostPort(p.Addr.String())
	if err != nil {
		return p.Addr.String()
	}
	return host
}

// bearer sends the token with every call, over TLS only.
type bearer struct{ token Token }

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{authKey: authPrefix + b.token.secret}, nil
}

func (b bearer) RequireTransportSecurity() bool { return true }
