package server

import (
	"bytes"
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/files"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// dryRun is one dry run: copies of the tables and a look at the folder of uploads.
type dryRun struct {
	s     *Server
	books *ledger.DryRun
	sc    *ledger.Scope
	// intake is nil where the folder of uploads is out of reach.
	intake *files.Foretell
}

// dry runs fn as a dry run. There is one at a time: each takes as much room as the site's tables.
func (s *Server) dry(ctx context.Context, ws *agentv1.WriteScope, fn func(*dryRun) error) error {
	if s.books == nil {
		return readOnly()
	}
	if !s.drying.TryLock() {
		return &link.Error{Code: "dry_run_busy", Cause: "the agent is at work on another dry run", Fix: "wait until it has ended", Grpc: codes.ResourceExhausted}
	}
	defer s.drying.Unlock()
	books, err := ledger.OpenDryRun(ctx, s.cfg.Driver, s.cfg.Settings, s.cfg.Site, s.cfg.Log)
	if err != nil {
		return err
	}
	d := &dryRun{s: s, books: books}
	if d.sc, err = books.Scope(ctx, ws); err == nil {
		if s.tree != nil {
			d.intake = files.NewForetell(s.tree, books.Ledger)
		}
		err = fn(d)
	}
	return errors.Join(err, books.Close())
}

// DryRun implements agentv1.AgentServiceServer.
func (s *Server) DryRun(stream grpc.BidiStreamingServer[agentv1.DryRunRequest, agentv1.DryRunResponse]) error {
	req, err := stream.Recv()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.dry(stream.Context(), req.GetScope(), func(d *dryRun) error { return d.stream(stream, req) })
}

// stream answers one message after the other; the first has been received.
func (d *dryRun) stream(stream grpc.BidiStreamingServer[agentv1.DryRunRequest, agentv1.DryRunResponse], req *agentv1.DryRunRequest) error {
	for last := uint64(0); ; {
		if err := d.s.checkBatch(last, req.GetSeq(), req.GetRecords()); err != nil {
			return err
		}
		last = req.GetSeq()
		err := d.answer(stream.Context(), req, func(resp *agentv1.DryRunResponse) error {
			resp.Seq = last
			return stream.Send(resp)
		})
		if err != nil {
			return err
		}
		if req, err = stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (d *dryRun) answer(ctx context.Context, req *agentv1.DryRunRequest, each func(*agentv1.DryRunResponse) error) error {
	if err := d.books.Seen(ctx, d.sc, req.GetSeen()); err != nil {
		return err
	}
	if req.GetRest() {
		return d.books.Rest(ctx, d.sc, each)
	}
	results, err := d.records(ctx, req.GetRecords())
	if err != nil {
		return err
	}
	return each(&agentv1.DryRunResponse{Results: results})
}

// records answers a batch: files come before their records, and a record whose file is rejected is not written.
func (d *dryRun) records(ctx context.Context, batch []*recordv1.Record) ([]*agentv1.Result, error) {
	results := make([]*agentv1.Result, len(batch))
	var rest []*recordv1.Record
	for i, rec := range batch {
		p, err := d.store(ctx, rec)
		switch {
		case err != nil:
			return nil, err
		case p == nil:
			rest = append(rest, rec)
			continue
		}
		results[i] = &agentv1.Result{Ref: rec.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
		if err := d.books.Seen(ctx, d.sc, []*recordv1.Ref{rec.GetRef()}); err != nil {
			return nil, err
		}
	}
	written, err := d.books.Foretell(ctx, d.sc, rest)
	if err != nil {
		return nil, err
	}
	for i := range results {
		if results[i] == nil {
			results[i], written = written[0], written[1:]
		}
	}
	return results, nil
}

// store foretells where the files of a media record would be stored.
func (d *dryRun) store(ctx context.Context, rec *recordv1.Record) (*agentv1.Problem, error) {
	for _, f := range rec.GetMedia().GetFiles() {
		if f.GetMissing() {
			continue
		}
		if d.intake == nil {
			return nil, noFiles()
		}
		h := &agentv1.FileHeader{Media: rec.GetRef(), File: f, Created: rec.GetMedia().GetCreated(), Visibility: rec.GetMedia().GetVisibility()}
		if p, err := d.intake.Receive(ctx, d.sc, h, d.s.cfg.Site.Place(h)); p != nil || err != nil {
			return p, err
		}
	}
	return nil, nil
}

// rollback tells what a rollback would do. It begins anew each time; what was told before is left out.
func (d *dryRun) rollback(ctx context.Context, req *agentv1.RollbackRequest, each func(*agentv1.RollbackResponse) error) error {
	var folder ledger.Discarder
	if d.intake != nil {
		folder = d.intake
	}
	told := len(req.GetAfter()) > 0
	whole := &agentv1.RollbackRequest{Scope: req.GetScope(), DryRun: true}
	return d.books.Rollback(ctx, d.sc, whole, folder, func(resp *agentv1.RollbackResponse) error {
		if told {
			told = !bytes.Equal(resp.GetCursor(), req.GetAfter())
			return nil
		}
		return each(resp)
	})
}
