package server

import (
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
	var files ledger.Discarder
	if s.intake != nil {
		files = s.intake
	}
	return s.books.Rollback(out.Context(), sc, req, files, out.Send)
}
