package server

import (
	"context"
	"iter"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Limits of one batch (Rule 9).
const (
	usualBatchBytes = 512 << 10
	maxBatchBytes   = 1 << 20
	maxBatchRecords = 1000
	unreadBytes     = 200
	// framing is what a record adds to a message beside its own bytes, at most.
	framing           = 8
	longestIndexBatch = 1000
	// fetchAtATime bounds how many named records are in memory together.
	fetchAtATime = 100
)

// limits are a batch's soft limits.
func limits(o *agentv1.ReadOptions) (bytes, records int) {
	bytes, records = int(o.GetBatchBytes()), int(o.GetBatchRecords())
	if bytes == 0 {
		bytes = usualBatchBytes
	}
	if records == 0 {
		records = maxBatchRecords
	}
	return min(bytes, maxBatchBytes), min(records, maxBatchRecords)
}

// ReadRecords implements agentv1.AgentServiceServer.
func (s *Server) ReadRecords(req *agentv1.ReadRecordsRequest, out grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) error {
	if err := s.readable(req.GetKind()); err != nil {
		return err
	}
	maxBytes, maxRecords := limits(req.GetOptions())
	batch, size := &agentv1.ReadRecordsResponse{}, 0
	flush := func() error {
		if size == 0 {
			return nil
		}
		err := out.Send(batch)
		batch, size = &agentv1.ReadRecordsResponse{}, 0
		return err
	}
	for item, err := range s.items(out.Context(), req) {
		if err != nil {
			return s.fault("read", err)
		}
		n := s.prepare(&item)
		// What would make the batch too large goes into the next.
		if size > 0 && size+n > maxBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if item.Unread != nil {
			batch.Unread = append(batch.Unread, item.Unread)
		} else {
			batch.Records = append(batch.Records, item.Record)
		}
		batch.Cursor, size = item.Cursor, size+n
		if size >= maxBytes || len(batch.Records)+len(batch.Unread) >= maxRecords {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := out.Context().Err(); err != nil {
		return err
	}
	return flush()
}

// items are those of a shard, or the records that are named.
func (s *Server) items(ctx context.Context, req *agentv1.ReadRecordsRequest) iter.Seq2[cms.Item, error] {
	if len(req.GetRefs()) == 0 {
		return s.cfg.Site.Read(ctx, req.GetKind(), cms.Shard{Range: req.GetShard()}, req.GetAfter(), options(req.GetOptions()))
	}
	return func(yield func(cms.Item, error) bool) {
		for part := range slices.Chunk(req.GetRefs(), fetchAtATime) {
			ids := make([]string, len(part))
			for i, ref := range part {
				ids[i] = ref.GetSourceId()
			}
			got, err := s.cfg.Site.Fetch(ctx, s.cfg.Site.DB(), req.GetKind(), ids)
			if err != nil {
				yield(cms.Item{}, err)
				return
			}
			for _, it := range got {
				if (it.Record != nil || it.Unread != nil) && !yield(it, nil) {
					return
				}
			}
		}
	}
}

// prepare makes an item fit for the wire and gives its size: files get opaque ids, the record is sealed, and one that
// cannot be sent is told as unread (Rule 1).
func (s *Server) prepare(item *cms.Item) int {
	if item.Unread != nil {
		return unreadBytes
	}
	s.dressFiles(item.Record)
	digest, p := record.Check(item.Record)
	if p != nil {
		item.Unread = &agentv1.Unread{Ref: item.Record.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
		item.Record = nil
		return unreadBytes
	}
	item.Record.Digest = digest
	// The check has measured it, without the digest.
	return proto.MarshalOptions{UseCachedSize: true}.Size(item.Record) + len(digest) + framing
}

// dressFiles gives the files of a media record their ids and looks whether they are there; drivers know only paths.
func (s *Server) dressFiles(rec *recordv1.Record) {
	for _, f := range rec.GetMedia().GetFiles() {
		f.Id = s.ids.ID(f.GetId())
		s.measure(f)
	}
}

// measure fills in what the folder of uploads says of a file.
func (s *Server) measure(f *recordv1.File) {
	if s.tree == nil {
		return
	}
	n, ok := s.tree.Size(f.GetPath())
	f.Bytes, f.Missing = uint64(n), !ok
}

// ReadIndex implements agentv1.AgentServiceServer.
func (s *Server) ReadIndex(req *agentv1.ReadIndexRequest, out grpc.ServerStreamingServer[agentv1.ReadIndexResponse]) error {
	if err := s.readable(req.GetKind()); err != nil {
		return err
	}
	_, most := limits(req.GetOptions())
	most = min(most, longestIndexBatch)
	batch := &agentv1.ReadIndexResponse{}
	seen := 0
	for item, err := range s.cfg.Site.Read(out.Context(), req.GetKind(), cms.Shard{Range: req.GetShard()}, req.GetAfter(), options(req.GetOptions())) {
		if err != nil {
			return s.fault("read", err)
		}
		batch.Cursor, seen = item.Cursor, seen+1
		if s.prepare(&item); item.Record != nil {
			batch.Items = append(batch.Items, indexItem(&item, req.GetDigests()))
		} else {
			batch.Unread = append(batch.Unread, item.Unread)
		}
		if seen >= most {
			if err := out.Send(batch); err != nil {
				return err
			}
			batch, seen = &agentv1.ReadIndexResponse{}, 0
		}
	}
	if err := out.Context().Err(); err != nil || seen == 0 {
		return err
	}
	return out.Send(batch)
}

func indexItem(it *cms.Item, digest bool) *agentv1.IndexItem {
	i := &agentv1.IndexItem{Ref: it.Record.GetRef(), Paths: it.Paths, Modified: modified(it.Record)}
	if digest {
		i.Digest = it.Record.GetDigest()
	}
	return i
}

func modified(r *recordv1.Record) *recordv1.Time {
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Entry:
		return b.Entry.GetModified()
	case *recordv1.Record_Media:
		return b.Media.GetModified()
	case *recordv1.Record_Comment:
		return b.Comment.GetModified()
	}
	return nil
}

// ReadBack implements agentv1.AgentServiceServer.
func (s *Server) ReadBack(ctx context.Context, req *agentv1.ReadBackRequest) (*agentv1.ReadBackResponse, error) {
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	items, err := s.books.ReadBack(ctx, sc, req.GetRefs())
	if err != nil {
		return nil, err
	}
	if req.GetState() {
		if err := s.books.AddStates(ctx, sc, items); err != nil {
			return nil, err
		}
	}
	for _, it := range items {
		files := it.GetRecord().GetMedia().GetFiles()
		for _, f := range files {
			s.measure(f)
		}
		if len(files) > 0 {
			record.Seal(it.GetRecord())
		}
	}
	return &agentv1.ReadBackResponse{Items: items}, nil
}
