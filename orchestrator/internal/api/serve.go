// Package api is the control service that the dashboard and other programs use: gRPC on the loopback interface, with a token.
package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Options of the service.
type Options struct {
	Manager *engine.Manager
	Store   store.Store
	// DataDir takes control.json.
	DataDir string
	// Listen must be a loopback address.
	Listen string
	// Ready is told the address once calls are answered.
	Ready func(address string)
}

// Access is what a program needs to use the service; it lies in control.json with mode 0600.
type Access struct {
	Address string `json:"address"`
	// Token goes into the metadata as "authorization: Bearer TOKEN".
	Token string `json:"token"`
}

// File is the name of the access file in the data directory.
const File = "control.json"

// Serve answers calls until ctx ends; running migrations then stop after their batch.
func Serve(ctx context.Context, o Options) error {
	lis, err := listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	access := Access{Address: lis.Addr().String(), Token: rand.Text() + rand.Text()}
	if err := writeAccess(o.DataDir, access); err != nil {
		return errors.Join(err, lis.Close())
	}
	defer func() { _ = os.Remove(filepath.Join(o.DataDir, File)) }()
	s := newServer(o)
	g := grpc.NewServer(
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := authorize(ctx, access.Token); err != nil {
				return nil, err
			}
			resp, err := next(ctx, req)
			return resp, status(err)
		}),
		grpc.StreamInterceptor(func(srv any, st grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := authorize(st.Context(), access.Token); err != nil {
				return err
			}
			return status(next(srv, st))
		}),
	)
	controlv1.RegisterMigrationServiceServer(g, s)
	return serve(ctx, g, lis, s, o)
}

func serve(ctx context.Context, g *grpc.Server, lis net.Listener, s *server, o Options) error {
	var closing sync.WaitGroup
	done := make(chan struct{})
	closing.Go(func() {
		select {
		case <-ctx.Done():
		case <-done:
		}
		s.shutDown()
		g.Stop()
	})
	if o.Ready != nil {
		o.Ready(lis.Addr().String())
	}
	err := g.Serve(lis)
	close(done)
	closing.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, migration.Usage("listen_address", "the control service listens on a loopback address only", "Use --listen 127.0.0.1:PORT.")
	}
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return lis, nil
}

func writeAccess(dir string, a Access) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, File)
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write the access file: %w", err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return fmt.Errorf("write the access file: %w", err)
	}
	return nil
}

func authorize(ctx context.Context, token string) error {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, v := range md.Get("authorization") {
		if subtle.ConstantTimeCompare([]byte(v), []byte("Bearer "+token)) == 1 {
			return nil
		}
	}
	return (&link.Error{
		Code: "token_refused", Cause: "the call brings no valid token", Fix: "Send the token of control.json as authorization: Bearer TOKEN.", Grpc: codes.Unauthenticated,
	}).GRPCStatus().Err()
}

// status makes our errors statuses with code, cause and fix.
func status(err error) error {
	var e *migration.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return link.ToStatus(&link.Error{Code: e.Code, Cause: e.Cause, Fix: e.Fix, Grpc: codeOf(e)})
	case errors.Is(err, store.ErrNotFound):
		return link.ToStatus(&link.Error{Code: "migration_unknown", Cause: "there is no such migration", Fix: "List them with ListMigrations.", Grpc: codes.NotFound})
	}
	return link.ToStatus(err)
}

func codeOf(e *migration.Error) codes.Code {
	switch e.Exit {
	case migration.ExitUsage:
		return codes.InvalidArgument
	case migration.ExitUnreachable:
		return codes.Unavailable
	}
	return codes.FailedPrecondition
}
