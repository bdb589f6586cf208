package server

import (
	"context"

	"google.golang.org/grpc"

	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Rollback implements agentv1.AgentServiceServer.
func (s *Server) Rollback(req *agentv1.RollbackRequest, out grpc.ServerStreamingServer[agentv1.RollbackResponse]) error {
	if req.GetDryRun() {
		return s.dry(out.Context(), req.GetScope(), func(d *dryRun) error { return d.rollback(out.Context(), req, out.Send) })
	}
	sc, err := s.scope(out.Context(), req.GetScope())
	if err != nil {
		return err
	}
	return s.books.Rollback(out.Context(), sc, req, s.discarder(), out.Send)
}

// discarder is nil when the files are out of reach.
func (s *Server) discarder() ledger.Discarder {
	if s.intake == nil {
		return nil
	}
	return s.intake
}

// Withdraw implements agentv1.AgentServiceServer.
func (s *Server) Withdraw(ctx context.Context, req *agentv1.WithdrawRequest) (*agentv1.WithdrawResponse, error) {
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	results, err := s.books.Withdraw(ctx, sc, req, s.discarder())
	return &agentv1.WithdrawResponse{Results: results}, err
}
