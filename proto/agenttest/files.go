package agenttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

type uploadKey struct{ site, id string }

// upload is a file that a target has received, wholly or in part.
type upload struct {
	sha256 [sha256.Size]byte
	data   []byte
	whole  bool
	busy   bool
}

// StatFiles implements agentv1.AgentServiceServer.
func (a *Agent) StatFiles(_ context.Context, req *agentv1.StatFilesRequest) (*agentv1.StatFilesResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.StatFilesResponse{}
	for i, id := range req.GetIds() {
		st := &agentv1.FileStat{Id: id}
		if a.Info.GetRole() == agentv1.Role_ROLE_TARGET {
			key := uploadKey{req.GetScope().GetSourceSite(), id}
			if a.statUpload(a.uploads[key], st); len(req.GetContents()) > i && !st.GetExists() {
				st.Partial = max(st.GetPartial(), uint64(len(a.twin(key.site, req.GetContents()[i]))))
			}
		} else if data, ok := a.files[id]; ok {
			stat(data, req.GetDigest(), st)
		}
		resp.Files = append(resp.Files, st)
	}
	return resp, nil
}

func (a *Agent) statUpload(u *upload, st *agentv1.FileStat) {
	switch {
	case u == nil:
	case u.whole:
		stat(u.data, true, st)
	default:
		st.Partial = uint64(len(u.data))
	}
}

// twin is a file of a site that is whole and has the content; nil: there is none.
func (a *Agent) twin(site string, content []byte) []byte {
	for key, u := range a.uploads {
		if key.site == site && u.whole && bytes.Equal(u.sha256[:], content) {
			return u.data
		}
	}
	return nil
}

func stat(data []byte, digest bool, st *agentv1.FileStat) {
	st.Exists, st.Bytes, st.Mime = true, uint64(len(data)), http.DetectContentType(data)
	if digest {
		sum := sha256.Sum256(data)
		st.Sha256 = sum[:]
	}
}

// ReadFile implements agentv1.AgentServiceServer.
func (a *Agent) ReadFile(req *agentv1.ReadFileRequest, out grpc.ServerStreamingServer[agentv1.ReadFileResponse]) error {
	a.mu.Lock()
	data, ok := a.files[req.GetId()]
	a.mu.Unlock()
	if !ok {
		return &link.Error{Code: "file_missing", Cause: "the file is not there", Fix: "Put the file back on the source, then migrate again.", Grpc: codes.NotFound}
	}
	for data = data[min(req.GetOffset(), uint64(len(data))):]; len(data) > 0; {
		n := min(len(data), link.MaxPiece)
		if err := out.Send(&agentv1.ReadFileResponse{Data: data[:n]}); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// WriteFile implements agentv1.AgentServiceServer.
func (a *Agent) WriteFile(s grpc.ClientStreamingServer[agentv1.WriteFileRequest, agentv1.WriteFileResponse]) error {
	if err := a.targetOnly(); err != nil {
		return err
	}
	req, err := s.Recv()
	if err != nil {
		return err
	}
	u, resp, err := a.begin(req.GetHeader())
	if err != nil {
		return err
	}
	if resp != nil {
		return s.SendAndClose(resp)
	}
	defer a.unlock(u)
	var n uint64
	for ; err == nil; req, err = s.Recv() {
		n += uint64(len(req.GetData()))
		a.grow(u, req.GetData())
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return s.SendAndClose(a.end(u, n))
}

// begin opens an upload at the offset; a response means that nothing is to be sent.
func (a *Agent) begin(h *agentv1.FileHeader) (*upload, *agentv1.WriteFileResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := uploadKey{h.GetScope().GetSourceSite(), h.GetFile().GetId()}
	u := a.uploads[key]
	if u != nil && u.busy {
		return nil, nil, &link.Error{Code: "file_busy", Cause: "the same file is being sent on another stream", Fix: "Wait for it to end.", Grpc: codes.Aborted}
	}
	if u != nil && u.whole && bytes.Equal(u.sha256[:], h.GetSha256()) {
		return nil, &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_UNCHANGED}, nil
	}
	if u == nil || !bytes.Equal(u.sha256[:], h.GetSha256()) {
		u = &upload{sha256: [sha256.Size]byte(h.GetSha256())}
	}
	if h.GetOffset() > uint64(len(u.data)) {
		u.data = bytes.Clone(a.twin(key.site, h.GetSha256()))
	}
	if h.GetOffset() > uint64(len(u.data)) {
		return nil, nil, &link.Error{Code: "bad_offset", Cause: "fewer bytes of the file are here than the offset says", Fix: "Ask StatFiles how many there are.", Grpc: codes.FailedPrecondition}
	}
	u.data, u.busy = u.data[:h.GetOffset()], true
	a.uploads[key] = u
	return u, nil, nil
}

func (a *Agent) grow(u *upload, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u.data = append(u.data, data...)
}

func (a *Agent) unlock(u *upload) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u.busy = false
}

// end lets the file appear if it is what was announced, and throws it away otherwise.
func (a *Agent) end(u *upload, n uint64) *agentv1.WriteFileResponse {
	a.mu.Lock()
	defer a.mu.Unlock()
	if sha256.Sum256(u.data) != u.sha256 {
		u.data = nil
		return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Bytes: n, Problem: &agentv1.Problem{
			Code: "digest_mismatch", Cause: "the bytes received are not those that were announced", Fix: "Migrate again."}}
	}
	u.whole = true
	return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_CREATED, Bytes: n}
}

// Received is a file that a migration wrote, by the source's id; false until it is whole.
func (a *Agent) Received(sourceSite, id string) ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.uploads[uploadKey{sourceSite, id}]
	if u == nil || !u.whole {
		return nil, false
	}
	return u.data, true
}
