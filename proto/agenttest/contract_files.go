package agenttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

const kindMedia = recordv1.Kind_KIND_MEDIA

// leastFile is how long the source's largest file must be, so that it takes several pieces.
const leastFile = 300 << 10

// file is the source's largest file.
func (s *suite) file() (media *recordv1.Record, file *recordv1.File) {
	s.Helper()
	s.need(s.source, "StatFiles", "ReadFile")
	for _, r := range s.read(&agentv1.ReadRecordsRequest{Kind: kindMedia, Shard: s.shards(kindMedia, 1)[0].GetRange()}).records {
		for _, f := range r.GetMedia().GetFiles() {
			if !f.GetMissing() && f.GetBytes() > file.GetBytes() {
				media, file = r, f
			}
		}
	}
	if file.GetBytes() < leastFile {
		s.Fatalf("the source's largest file has %d bytes; the suite needs %d", file.GetBytes(), leastFile)
	}
	return media, file
}

func (s *suite) fetch(id string, offset uint64) ([]byte, error) {
	stream, err := s.Source.ReadFile(s.ctx, &agentv1.ReadFileRequest{Id: id, Offset: offset})
	if err != nil {
		return nil, err
	}
	var all []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(piece.GetData()) > link.MaxPiece {
			s.Errorf("a piece has %d bytes", len(piece.GetData()))
		}
		all = append(all, piece.GetData()...)
	}
}

func (s *suite) readFiles() {
	_, file := s.file()
	whole, err := s.fetch(file.GetId(), 0)
	s.must(err)
	if uint64(len(whole)) != file.GetBytes() {
		s.Errorf("read %d bytes, the record says %d", len(whole), file.GetBytes())
	}
	for _, offset := range []uint64{1, leastFile, file.GetBytes() - 1, file.GetBytes()} {
		part, err := s.fetch(file.GetId(), offset)
		s.must(err)
		if !bytes.Equal(part, whole[offset:]) {
			s.Errorf("from %d: %d bytes, want %d", offset, len(part), uint64(len(whole))-offset)
		}
	}
	resp, err := s.Source.StatFiles(s.ctx, &agentv1.StatFilesRequest{Ids: []string{file.GetId(), "no-such-file"}, Digest: true})
	s.must(err)
	sum := sha256.Sum256(whole)
	if st := resp.GetFiles(); len(st) != 2 || !st[0].GetExists() || st[0].GetBytes() != file.GetBytes() || !bytes.Equal(st[0].GetSha256(), sum[:]) {
		s.Errorf("the file is described as %v", st)
	} else if st[1].GetExists() || st[1].GetId() != "no-such-file" {
		s.Errorf("a file that is not there is described as %v", st[1])
	}
	if _, err := s.fetch("no-such-file", 0); err == nil {
		s.Error("a file that is not there is read")
	}
}

// transfer is what is needed to send the source's largest file.
type transfer struct {
	header *agentv1.FileHeader
	data   []byte
}

func (s *suite) transfer() transfer {
	s.Helper()
	s.need(s.target, "WriteFile", "StatFiles")
	media, file := s.file()
	data, err := s.fetch(file.GetId(), 0)
	s.must(err)
	sum := sha256.Sum256(data)
	return transfer{&agentv1.FileHeader{Scope: s.scope("run-1"), Media: media.GetRef(), File: file, Sha256: sum[:], Created: media.GetMedia().GetCreated()}, data}
}

// push sends a file's bytes from an offset.
func (s *suite) push(tr transfer, offset uint64) (*agentv1.WriteFileResponse, error) {
	stream, err := s.Target.WriteFile(s.ctx)
	if err != nil {
		return nil, err
	}
	tr.header.Offset = offset
	header := tr.header
	for rest, more := tr.data[offset:], true; more; header = nil {
		n := min(len(rest), link.MaxPiece)
		err := stream.Send(&agentv1.WriteFileRequest{Header: header, Data: rest[:n]})
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		rest = rest[n:]
		more = err == nil && len(rest) > 0
	}
	return stream.CloseAndRecv()
}

func (s *suite) statTarget(id string, contents ...[]byte) *agentv1.FileStat {
	s.Helper()
	resp, err := s.Target.StatFiles(s.ctx, &agentv1.StatFilesRequest{Ids: []string{id}, Scope: s.scope("run-1"), Digest: true, Contents: contents})
	s.must(err)
	if len(resp.GetFiles()) != 1 || resp.GetFiles()[0].GetId() != id {
		s.Fatalf("got %v", resp.GetFiles())
	}
	return resp.GetFiles()[0]
}

func (s *suite) writeFiles() {
	tr := s.transfer()
	id := tr.header.GetFile().GetId()
	if st := s.statTarget(id); st.GetExists() || st.GetPartial() != 0 {
		s.Errorf("before: %v", st)
	}
	if _, err := s.push(tr, 1); err == nil {
		s.Error("a file is taken from an offset up to which there is nothing")
	}
	// Altered on the way: it must not appear.
	altered := transfer{tr.header, append([]byte{tr.data[0] ^ 1}, tr.data[1:]...)}
	resp, err := s.push(altered, 0)
	s.must(err)
	if p := resp.GetProblem(); resp.GetOutcome() != agentv1.Outcome_OUTCOME_REJECTED || p.GetCode() == "" || p.GetFix() == "" {
		s.Errorf("altered bytes: %v", resp)
	}
	if st := s.statTarget(id); st.GetExists() {
		s.Errorf("altered bytes appeared: %v", st)
	}
	resp, err = s.push(tr, 0)
	s.must(err)
	if resp.GetOutcome() != agentv1.Outcome_OUTCOME_CREATED || resp.GetBytes() != uint64(len(tr.data)) {
		s.Errorf("written: %v", resp)
	}
	if st := s.statTarget(id); !st.GetExists() || st.GetBytes() != uint64(len(tr.data)) || !bytes.Equal(st.GetSha256(), tr.header.GetSha256()) {
		s.Errorf("after: %v", st)
	}
	resp, err = s.push(tr, 0)
	s.must(err)
	if resp.GetOutcome() != agentv1.Outcome_OUTCOME_UNCHANGED {
		s.Errorf("sent again: %v", resp)
	}
}

func (s *suite) resumeFile() {
	tr := s.transfer()
	id := tr.header.GetFile().GetId()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	stream, err := s.Target.WriteFile(ctx)
	s.must(err)
	s.must(stream.Send(&agentv1.WriteFileRequest{Header: tr.header, Data: tr.data[:100<<10]}))
	// The connection breaks when some bytes have arrived.
	for s.statTarget(id).GetPartial() == 0 {
		s.must(s.ctx.Err())
	}
	cancel()
	for {
		at := s.statTarget(id).GetPartial()
		if at == 0 || at > uint64(len(tr.data)) {
			s.Fatalf("%d bytes are kept", at)
		}
		resp, err := s.push(tr, at)
		if link.FromStatus(err) != nil && link.FromStatus(err).Code == "file_busy" {
			continue
		}
		s.must(err)
		if resp.GetOutcome() != agentv1.Outcome_OUTCOME_CREATED || resp.GetBytes() != uint64(len(tr.data))-at {
			s.Errorf("resumed at %d: %v", at, resp)
		}
		break
	}
	if st := s.statTarget(id); !st.GetExists() || !bytes.Equal(st.GetSha256(), tr.header.GetSha256()) {
		s.Errorf("after: %v", st)
	}
}

// sameContent: what the target has stored under one id need not be sent under another one.
func (s *suite) sameContent() {
	tr := s.transfer()
	sum := tr.header.GetSha256()
	twin := transfer{proto.CloneOf(tr.header), tr.data}
	twin.header.File.Id += "-twin"
	id := twin.header.GetFile().GetId()
	if st := s.statTarget(id, sum); st.GetExists() || st.GetPartial() != 0 {
		s.Errorf("before: %v", st)
	}
	_, err := s.push(tr, 0)
	s.must(err)
	if st := s.statTarget(id); st.GetPartial() != 0 {
		s.Errorf("without the content: %v", st)
	}
	other := sha256.Sum256([]byte("other"))
	if st := s.statTarget(id, other[:]); st.GetPartial() != 0 {
		s.Errorf("with another content: %v", st)
	}
	all := uint64(len(tr.data))
	if st := s.statTarget(id, sum); st.GetExists() || st.GetPartial() != all {
		s.Errorf("with the content: %v", st)
	}
	resp, err := s.push(twin, all)
	s.must(err)
	if resp.GetOutcome() != agentv1.Outcome_OUTCOME_CREATED || resp.GetBytes() != 0 {
		s.Errorf("sent without bytes: %v", resp)
	}
	for _, id := range []string{id, tr.header.GetFile().GetId()} {
		if st := s.statTarget(id, sum); !st.GetExists() || st.GetBytes() != all || !bytes.Equal(st.GetSha256(), sum) {
			s.Errorf("after: %v", st)
		}
	}
}
