package server

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// WriteRecords implements agentv1.AgentServiceServer. While a batch is written, the connection takes in the next ones as far
// as its window reaches; answers come in order, each after its commit (Rule 3).
func (s *Server) WriteRecords(stream grpc.BidiStreamingServer[agentv1.WriteRecordsRequest, agentv1.WriteRecordsResponse]) error {
	var sc *ledger.Scope
	var last uint64
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if sc == nil {
			if sc, err = s.scope(stream.Context(), req.GetScope()); err != nil {
				return err
			}
		}
		if err := s.checkBatch(last, req.GetSeq(), req.GetRecords()); err != nil {
			return err
		}
		last = req.GetSeq()
		into := sc
		if req.GetAnew() {
			into = sc.Anew()
		}
		results, err := s.books.Write(stream.Context(), into, req.GetRecords())
		if err != nil {
			return err
		}
		if err := stream.Send(&agentv1.WriteRecordsResponse{Seq: last, Results: results}); err != nil {
			return err
		}
	}
}

func (s *Server) checkBatch(last, seq uint64, records []*recordv1.Record) error {
	if seq <= last {
		return &link.Error{Code: "bad_seq", Cause: "the batches of a stream are not numbered upwards", Fix: "number them from 1", Grpc: codes.InvalidArgument}
	}
	if len(records) == 0 {
		return nil
	}
	if info := s.kinds[records[0].GetRef().GetKind()]; info == nil || !info.GetWritable() {
		return &link.Error{Code: "kind_not_writable", Cause: "the site takes no records of this kind", Fix: "ask Describe which kinds are writable", Grpc: codes.Unimplemented}
	}
	return nil
}

// Relink implements agentv1.AgentServiceServer.
func (s *Server) Relink(ctx context.Context, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error) {
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	return s.books.Relink(ctx, sc, req)
}

// Finish implements agentv1.AgentServiceServer.
func (s *Server) Finish(ctx context.Context, req *agentv1.FinishRequest) (*agentv1.FinishResponse, error) {
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	found, err := s.books.Finish(ctx, sc)
	if err != nil {
		return nil, err
	}
	if s.intake != nil {
		s.intake.Clean()
	}
	return &agentv1.FinishResponse{Findings: found}, nil
}
