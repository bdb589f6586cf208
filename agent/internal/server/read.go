package server

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"

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
	// usualPack has room for the largest batch and what begins the next one, as a rule.
	usualPack = maxBatchBytes + 64<<10
	// maxKeptBytes bounds what is kept of a batch for the next one: one record may be much larger than all others.
	maxKeptBytes      = 2 << 20
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
	batch := newReadBatch(out)
	defer batch.giveBack()
	for item, err := range s.items(out.Context(), req) {
		if err != nil {
			return s.fault("read", err)
		}
		if req.GetOptions().GetAddresses() {
			cms.TellAddress(&item)
		}
		before := len(batch.packed)
		n := s.pack(batch, &item)
		// What would make the batch too large goes into the next.
		if batch.size > 0 && batch.size+n > maxBytes {
			if err := batch.send(before); err != nil {
				return err
			}
		}
		batch.add(&item, n)
		if batch.size >= maxBytes || batch.count >= maxRecords {
			if err := batch.send(len(batch.packed)); err != nil {
				return err
			}
		}
	}
	if err := out.Context().Err(); err != nil {
		return err
	}
	return batch.send(len(batch.packed))
}

// readBatch becomes one message. Its records are encoded as they come, so that none is kept until the batch is sent.
type readBatch struct {
	out    grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]
	packed []byte
	kept   *[]byte
	unread []*agentv1.Unread
	cursor []byte
	size   int
	count  int
}

// packs are the bytes of former batches: every shard is another stream.
var packs = sync.Pool{New: func() any { return new([]byte) }}

func newReadBatch(out grpc.ServerStreamingServer[agentv1.ReadRecordsResponse]) *readBatch {
	p := packs.Get().(*[]byte)
	return &readBatch{out: out, packed: slices.Grow((*p)[:0], usualPack), kept: p}
}

// giveBack ends the use of the batch.
func (b *readBatch) giveBack() {
	if cap(b.packed) <= maxKeptBytes {
		*b.kept = b.packed
		packs.Put(b.kept)
	}
}

// add counts an item whose record is packed already.
func (b *readBatch) add(it *cms.Item, n int) {
	if it.Unread != nil {
		b.unread = append(b.unread, it.Unread)
	}
	b.cursor, b.size, b.count = it.Cursor, b.size+n, b.count+1
}

// send sends the items counted, whose records take so many of the packed bytes; what is behind them begins the next batch.
func (b *readBatch) send(end int) error {
	if b.count == 0 {
		return nil
	}
	m := &agentv1.ReadRecordsResponse{Unread: b.unread, Cursor: b.cursor}
	record.SetPacked(m, b.packed[:end])
	// Encoded when Send returns, so that the bytes can be used again.
	err := b.out.Send(m)
	rest := b.packed[end:]
	if cap(b.packed) > maxKeptBytes {
		b.packed = nil
	}
	b.packed = append(b.packed[:0], rest...)
	b.unread, b.size, b.count = nil, 0, 0
	return err
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
			got, err := cms.FetchTold(ctx, s.cfg.Site, s.cfg.Site.DB(), req.GetKind(), ids, req.GetOptions().GetAddresses())
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

// pack adds an item's record to a batch, and gives the item's size: files get opaque ids, the record is sealed, and one that
// cannot be sent is told as unread (Rule 1).
func (s *Server) pack(b *readBatch, item *cms.Item) int {
	if item.Unread != nil {
		return unreadBytes
	}
	s.dressFiles(item.Record)
	before := len(b.packed)
	var p *agentv1.Problem
	if b.packed, _, p = record.Pack(b.packed, record.FieldRead, item.Record); p != nil {
		unreadable(item, p)
		return unreadBytes
	}
	item.Record = nil
	return len(b.packed) - before
}

// seal is pack for what sends no records.
func (s *Server) seal(item *cms.Item) {
	if item.Unread != nil {
		return
	}
	s.dressFiles(item.Record)
	var p *agentv1.Problem
	if item.Record.Digest, p = record.Check(item.Record); p != nil {
		unreadable(item, p)
	}
}

func unreadable(item *cms.Item, p *agentv1.Problem) {
	item.Unread = &agentv1.Unread{Ref: item.Record.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
	item.Record = nil
}

// dressFiles gives the files of a media record their ids and looks whether they are there; drivers know only paths.
func (s *Server) dressFiles(rec *recordv1.Record) {
	for _, f := range rec.GetMedia().GetFiles() {
		f.Id = s.ids.ID(f.GetId())
		s.measure(f)
		if rest, ok := strings.CutPrefix(f.GetPath(), cms.PrivateFiles); ok && s.books == nil {
			f.Path = cms.PrivateHint + rest
		}
	}
}

// measure fills in what the folder of uploads says of a file.
func (s *Server) measure(f *recordv1.File) {
	if s.tree == nil {
		f.Bytes, f.Missing = 0, true
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
	opt := options(req.GetOptions())
	// Without digests nothing depends on what the records say.
	opt.Brief = !req.GetDigests()
	for item, err := range s.cfg.Site.Read(out.Context(), req.GetKind(), cms.Shard{Range: req.GetShard()}, req.GetAfter(), opt) {
		if err != nil {
			return s.fault("read", err)
		}
		batch.Cursor, seen = item.Cursor, seen+1
		if !opt.Brief {
			if req.GetOptions().GetAddresses() {
				cms.TellAddress(&item)
			}
			s.seal(&item)
		}
		if item.Record != nil {
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
	leaveOut(items, req.GetExpected())
	return &agentv1.ReadBackResponse{Items: items}, nil
}

// leaveOut takes away the records that the caller has: most, when nobody has edited them.
func leaveOut(items []*agentv1.ReadBackItem, expected [][]byte) {
	for i, digest := range expected {
		if it := items[i]; it.GetRecord() != nil && bytes.Equal(it.GetRecord().GetDigest(), digest) {
			it.Record, it.AsExpected = nil, true
		}
	}
}
