// Package remote is the pipeline's source and target over gRPC.
package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Link says where a link comes from: the link itself, or a file that holds it. A file is read again whenever the connection
// fails, because an agent that was started again has a new link.
type Link struct {
	text, file string
}

// ParseLink reads what stands on the command line: a link, @FILE, or the path of a link file.
func ParseLink(s string) (Link, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return Link{}, migration.Usage("link_missing", "a link is empty", "Give the link that bailey-agent printed, or its --link-file.")
	case strings.HasPrefix(s, "@"):
		return Link{file: s[1:]}, nil
	case strings.Contains(s, "://"):
		if _, err := link.Parse(s); err != nil {
			return Link{}, usage(err)
		}
		return Link{text: s}, nil
	}
	if _, err := os.Stat(s); err != nil {
		return Link{}, migration.Usage("link_invalid", "neither a link nor a link file was given",
			"Give the link that bailey-agent printed, in quotes, or the path of its --link-file.")
	}
	return Link{file: s}, nil
}

// Reveal is the text that ParseLink reads back; it may hold a secret.
func (l Link) Reveal() string {
	if l.file != "" {
		return "@" + l.file
	}
	return l.text
}

// String hides the secret.
func (l Link) String() string { return "link" }

// GoString hides the secret.
func (l Link) GoString() string { return l.String() }

func (l Link) read() (string, error) {
	if l.file == "" {
		return l.text, nil
	}
	b, err := os.ReadFile(l.file)
	if err != nil {
		return "", &migration.Error{
			Problem: migration.Problem{Code: "link_file_unreadable", Cause: fmt.Sprintf("the link file %s cannot be read", l.file), Fix: "Check the path, and that the agent runs with --link-file."},
			Exit:    migration.ExitUsage, Err: err,
		}
	}
	return strings.TrimSpace(string(b)), nil
}

func usage(err error) error {
	var e *link.Error
	if errors.As(err, &e) {
		return migration.Usage(e.Code, e.Cause, e.Advice())
	}
	return err
}

// Dial makes a connection for a parsed link; tests replace it.
type Dial func(ctx context.Context, l link.Link) (*grpc.ClientConn, error)

// Conn is a connection to one agent that survives the agent's restarts.
type Conn struct {
	side string
	from Link
	dial Dial
	// connecting holds whoever makes the connection; the others wait for it.
	connecting chan struct{}

	mu   sync.Mutex
	text string
	conn *grpc.ClientConn
	// site is the first site's id; a new link must lead to the same.
	site string
}

// Open reads the link and prepares the connection. side is "source" or "target", for messages. A nil dial is link.Dial.
func Open(ctx context.Context, side string, from Link, dial Dial) (*Conn, error) {
	if dial == nil {
		dial = func(ctx context.Context, l link.Link) (*grpc.ClientConn, error) { return link.Dial(ctx, l) }
	}
	c := &Conn{side: side, from: from, dial: dial, connecting: make(chan struct{}, 1)}
	if _, err := c.client(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn = nil
	return err
}

// client gives the present connection's client, made anew after a failure when the link file has changed.
func (c *Conn) client(ctx context.Context) (agentv1.AgentServiceClient, error) {
	select {
	case c.connecting <- struct{}{}:
		defer func() { <-c.connecting }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	conn, text, site := c.present()
	if conn == nil {
		var err error
		if conn, text, err = c.connect(ctx, text, site); err != nil {
			return nil, err
		}
		c.mu.Lock()
		c.conn, c.text = conn, text
		c.mu.Unlock()
	}
	return agentv1.NewAgentServiceClient(conn), nil
}

func (c *Conn) present() (conn *grpc.ClientConn, text, site string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn, c.text, c.site
}

// connect makes a connection by the present link. It asks the agent who it is, so no lock may be held that calls take.
func (c *Conn) connect(ctx context.Context, before, site string) (*grpc.ClientConn, string, error) {
	text, err := c.from.read()
	if err != nil {
		return nil, "", whileRunning(before, err)
	}
	l, err := link.Parse(text)
	if err != nil {
		return nil, "", whileRunning(before, usage(err))
	}
	conn, err := c.dial(ctx, l)
	if err != nil {
		return nil, "", c.failure(ctx, err)
	}
	if site != "" && text != before {
		err = c.sameSite(ctx, conn, site)
	}
	if err != nil {
		return nil, "", errors.Join(err, conn.Close())
	}
	return conn, text, nil
}

// whileRunning makes a link file that is being rewritten something to wait for.
func whileRunning(before string, err error) error {
	var e *migration.Error
	if before != "" && errors.As(err, &e) {
		return &migration.Error{Problem: e.Problem, Exit: migration.ExitUnreachable, Transient: true, Err: err}
	}
	return err
}

// sameSite refuses a new link that leads to another site than the one that the migration began with.
func (c *Conn) sameSite(ctx context.Context, conn *grpc.ClientConn, site string) error {
	d, err := agentv1.NewAgentServiceClient(conn).Describe(ctx, &agentv1.DescribeRequest{Brief: true})
	if err != nil {
		return c.failure(ctx, err)
	}
	if d.GetSiteId() != site {
		return &migration.Error{Problem: migration.Problem{
			Code: "other_site", Cause: fmt.Sprintf("the %s's link file now leads to another site", c.side),
			Fix: "Start the agent of the site that the migration began with, or begin another migration.",
		}, Exit: migration.ExitUsage}
	}
	return nil
}

// describe is Describe, and remembers which site it is.
func (c *Conn) describe(ctx context.Context, req *agentv1.DescribeRequest) (*agentv1.DescribeResponse, error) {
	d, err := call(ctx, c, agentv1.AgentServiceClient.Describe, req)
	if err == nil {
		c.mu.Lock()
		c.site = d.GetSiteId()
		c.mu.Unlock()
	}
	return d, err
}

// lost drops the connection when the link file has a new link, so that the next call uses it.
func (c *Conn) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || c.from.file == "" {
		return
	}
	if text, err := c.from.read(); err == nil && text != c.text {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// failure is what an error of a call means for the migration. ctx is the call's.
func (c *Conn) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return context.Canceled
	}
	if errors.Is(err, migration.ErrStopped) {
		// Of our own making: a file that waited under the throttle.
		return migration.ErrStopped
	}
	var own *migration.Error
	if errors.As(err, &own) {
		return err
	}
	le := link.FromStatus(err)
	if le.Code == link.CodeCancelled {
		// Not by us: the agent was stopped, or another call has found the connection broken and closed it.
		le = link.FromStatus(status.Error(codes.Unavailable, ""))
	}
	e := &migration.Error{
		Problem: migration.Problem{Code: le.Code, Cause: "the " + c.side + "'s agent: " + le.Cause, Fix: le.Advice()},
		Exit:    migration.ExitFailed, Transient: le.Retryable(), Err: le,
	}
	if unreachable(le) {
		e.Exit = migration.ExitUnreachable
		// The agent may have been started again; its new link comes with the file.
		e.Transient = e.Transient || c.from.file != ""
		c.lost()
	}
	return e
}

// unreachable says that the call did not get past the door.
func unreachable(e *link.Error) bool {
	switch e.Code {
	case link.CodeIdentityChanged, link.CodeTokenRefused, link.CodeTokenExpired, link.CodeTooManyTries:
		return true
	}
	return e.Grpc == codes.Unavailable || e.Grpc == codes.Unauthenticated || e.Grpc == codes.DeadlineExceeded
}

// call makes one unary call.
func call[Req, Resp any](ctx context.Context, c *Conn, method func(agentv1.AgentServiceClient, context.Context, Req, ...grpc.CallOption) (Resp, error), req Req) (Resp, error) {
	var none Resp
	cl, err := c.client(ctx)
	if err != nil {
		return none, err
	}
	resp, err := method(cl, ctx, req)
	if err != nil {
		return none, c.failure(ctx, err)
	}
	return resp, nil
}
