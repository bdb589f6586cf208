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
	"github.com/baileybridge/bailey/proto/link"
)

const (
	// piece is how much of a file one message carries.
	piece    = 256 << 10
	maxStats = 1000
)

func noFiles() error {
	return &link.Error{Code: "files_out_of_reach", Cause: "the agent does not know the site's folder of uploads", Fix: "start the agent with --site, or with --files DIR", Grpc: codes.Unimplemented}
}

// StatFiles implements agentv1.AgentServiceServer.
func (s *Server) StatFiles(ctx context.Context, req *agentv1.StatFilesRequest) (*agentv1.StatFilesResponse, error) {
	if s.tree == nil && req.GetScope() != nil {
		return nil, noFiles()
	}
	if len(req.GetIds()) > maxStats {
		return nil, &link.Error{Code: "too_many", Cause: "the call names more than 1,000 files", Fix: "ask for fewer at a time", Grpc: codes.InvalidArgument}
	}
	if req.GetScope() != nil {
		return s.statReceived(ctx, req)
	}
	resp := &agentv1.StatFilesResponse{}
	for _, id := range req.GetIds() {
		st := &agentv1.FileStat{Id: id}
		resp.Files = append(resp.Files, st)
		if path, err := s.ids.Path(id); err == nil {
			if err := s.stat(ctx, path, req.GetDigest(), st); err != nil {
				return nil, err
			}
		}
	}
	return resp, nil
}

// stat looks at a file; what is out of reach is not there.
func (s *Server) stat(ctx context.Context, path string, digest bool, st *agentv1.FileStat) error {
	if s.tree == nil {
		return nil
	}
	info, err := s.tree.Stat(ctx, path, digest)
	if errors.Is(err, files.ErrNoFile) {
		return nil
	}
	if err != nil {
		return s.fileFault(ctx)
	}
	st.Exists, st.Bytes, st.Sha256, st.Mime = true, uint64(info.Bytes), info.SHA256, info.MIME
	return nil
}

func (s *Server) fileFault(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return &link.Error{Code: "file_unreadable", Cause: "the file cannot be read", Fix: "check the disk and the agent's rights on the folder of uploads", Grpc: codes.FailedPrecondition}
}

// statReceived says of files of the source which of them are here, whole or in part.
func (s *Server) statReceived(ctx context.Context, req *agentv1.StatFilesRequest) (*agentv1.StatFilesResponse, error) {
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	known, err := s.books.Files(ctx, sc, req.GetIds())
	if err != nil {
		return nil, err
	}
	resp := &agentv1.StatFilesResponse{}
	for i, id := range req.GetIds() {
		st := &agentv1.FileStat{Id: id}
		resp.Files = append(resp.Files, st)
		if f := known[id]; f != nil {
			if err := s.statKnown(ctx, f, req.GetDigest(), st); err != nil {
				return nil, err
			}
		}
		content := st.GetSha256()
		if i < len(req.GetContents()) && len(req.GetContents()[i]) > 0 {
			content = req.GetContents()[i]
		}
		if len(content) == 0 || st.GetExists() && bytes.Equal(st.GetSha256(), content) {
			continue
		}
		kept, err := s.intake.Kept(ctx, sc, known[id], id, content)
		if err != nil {
			return nil, err
		}
		st.Partial = uint64(kept)
	}
	return resp, nil
}

// statKnown says what is here of a file that the ledger knows.
func (s *Server) statKnown(ctx context.Context, f *ledger.File, digest bool, st *agentv1.FileStat) error {
	if f.Whole {
		if err := s.stat(ctx, f.Path, digest, st); err != nil || !st.GetExists() || digest {
			return err
		}
	}
	st.Sha256 = f.SHA256
	return nil
}

// ReadFile implements agentv1.AgentServiceServer.
func (s *Server) ReadFile(req *agentv1.ReadFileRequest, out grpc.ServerStreamingServer[agentv1.ReadFileResponse]) error {
	if s.tree == nil {
		return noFiles()
	}
	missing := &link.Error{Code: "file_missing", Cause: "the site has no such file", Fix: "restore the file at the source, or migrate without it", Grpc: codes.NotFound}
	path, err := s.ids.Path(req.GetId())
	if err != nil {
		return missing
	}
	var sendErr error
	err = s.tree.Read(out.Context(), path, int64(req.GetOffset()), piece, func(data []byte) error {
		// A copy: the connection may still hold the last piece when the next is read.
		sendErr = out.Send(&agentv1.ReadFileResponse{Data: append([]byte(nil), data...)})
		return sendErr
	})
	switch {
	case sendErr != nil:
		return sendErr
	case errors.Is(err, files.ErrNoFile):
		return missing
	case err != nil:
		return s.fileFault(out.Context())
	}
	return nil
}

// WriteFile implements agentv1.AgentServiceServer.
func (s *Server) WriteFile(stream grpc.ClientStreamingServer[agentv1.WriteFileRequest, agentv1.WriteFileResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	h := first.GetHeader()
	sc, err := s.scope(stream.Context(), h.GetScope())
	if err != nil {
		return err
	}
	if s.intake == nil {
		return noFiles()
	}
	data := first.GetData()
	resp, err := s.intake.Receive(stream.Context(), sc, h, s.cfg.Site.Place(h), func() ([]byte, error) {
		if first != nil {
			first = nil
			return data, nil
		}
		req, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		return req.GetData(), nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return stream.SendAndClose(resp)
}
