package agenttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

var siteID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (s *suite) describe() {
	calls := agentv1.File_bailey_agent_v1_agent_proto.Services().Get(0).Methods()
	for _, d := range []*agentv1.DescribeResponse{s.source, s.target} {
		if !siteID.MatchString(d.GetSiteId()) || d.GetPlatform() == "" || d.GetAgentVersion() == "" {
			s.Errorf("site id %q, platform %q, agent %q", d.GetSiteId(), d.GetPlatform(), d.GetAgentVersion())
		}
		seen := map[recordv1.Kind]bool{}
		for _, k := range d.GetKinds() {
			s.describeKind(k, seen[k.GetKind()])
			seen[k.GetKind()] = true
		}
		for _, c := range d.GetCapabilities() {
			found := false
			for i := range calls.Len() {
				found = found || string(calls.Get(i).Name()) == c
			}
			if !found {
				s.Errorf("capability %q is no call", c)
			}
		}
	}
	if s.source.GetRole() != agentv1.Role_ROLE_SOURCE || s.target.GetRole() != agentv1.Role_ROLE_TARGET {
		s.Errorf("roles %v and %v", s.source.GetRole(), s.target.GetRole())
	}
	if has(s.source, "WriteRecords") || has(s.source, "WriteFile") || !has(s.target, "WriteRecords") {
		s.Error("the capabilities do not fit the roles")
	}
	if k := s.info(s.source, recordv1.Kind_KIND_ENTRY); k.GetCount() < 5 || !k.GetReadable() {
		s.Errorf("the source has %d entries; the suite needs 5", k.GetCount())
	}
}

func (s *suite) describeKind(k *agentv1.KindInfo, repeated bool) {
	if repeated || !slices.Contains(record.Kinds, k.GetKind()) {
		s.Errorf("kind %v is repeated or unknown", k.GetKind())
	}
	if !k.GetReadable() && !k.GetWritable() && k.GetReason() == "" {
		s.Errorf("%v is neither read nor written and has no reason", k.GetKind())
	}
	if k.GetWritable() && len(k.GetHolds().GetFields()) == 0 {
		s.Errorf("%v is written but nothing of it is held", k.GetKind())
	}
	var sum uint64
	for _, c := range k.GetTypes() {
		sum += c.GetCount()
	}
	if len(k.GetTypes()) > 0 && sum != k.GetCount() {
		s.Errorf("%v: the types sum to %d, the count is %d", k.GetKind(), sum, k.GetCount())
	}
}

func (s *suite) split() {
	for _, k := range s.readable() {
		var all []record.Key
		for _, n := range []uint32{1, 2, 3, 7, 1024} {
			var refs []record.Key
			for _, sh := range s.shards(k.GetKind(), n) {
				got := s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: sh.GetRange()})
				s.checkRecords(k.GetKind(), got)
				refs = append(refs, got.refs...)
			}
			if all == nil {
				all = refs
			}
			if !slices.Equal(refs, all) {
				s.Errorf("%v: %d shards give %d records, in another order or not those that one gives (%d)", k.GetKind(), n, len(refs), len(all))
			}
		}
		if uint64(len(all)) != k.GetCount() {
			s.Errorf("%v: read %d, Describe counts %d", k.GetKind(), len(all), k.GetCount())
		}
		once := map[record.Key]bool{}
		for _, r := range all {
			if once[r] {
				s.Errorf("%v is read twice", r)
			}
			once[r] = true
		}
	}
}

func (s *suite) checkRecords(kind recordv1.Kind, got *reading) {
	s.Helper()
	for _, r := range got.refs {
		if r.Kind != kind {
			s.Errorf("reading %v gives %v", kind, r)
		}
	}
	for _, r := range got.records {
		if p := record.Validate(r); p != nil {
			s.Errorf("%v: %v", record.KeyOf(r.GetRef()), p)
		}
		if !sameDigest(r) {
			s.Errorf("%v is not sealed", record.KeyOf(r.GetRef()))
		}
	}
}

func (s *suite) resume() {
	for _, k := range s.readable() {
		for _, sh := range s.shards(k.GetKind(), 2) {
			opt := &agentv1.ReadOptions{BatchRecords: 2}
			whole := s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: sh.GetRange(), Options: opt})
			for i, cursor := range whole.cursors {
				rest := s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: sh.GetRange(), After: cursor, Options: opt})
				if want := whole.refs[whole.counts[i]:]; !slices.Equal(rest.refs, want) {
					s.Errorf("%v after %d records: read %v, want %v", k.GetKind(), whole.counts[i], rest.refs, want)
				}
			}
		}
	}
}

func (s *suite) batchSize() {
	shard := s.shards(recordv1.Kind_KIND_ENTRY, 1)[0]
	for _, opt := range []*agentv1.ReadOptions{{BatchRecords: 1}, {BatchBytes: 1}, {BatchRecords: 3}} {
		got := s.read(&agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY, Shard: shard.GetRange(), Options: opt})
		before, most := 0, max(int(opt.GetBatchRecords()), 1)
		for _, n := range got.counts {
			if n-before > most {
				s.Errorf("%v: a batch has %d records", opt, n-before)
			}
			before = n
		}
	}
}

func (s *suite) cancel() {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	stream, err := s.Source.ReadRecords(ctx, &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY,
		Shard: s.shards(recordv1.Kind_KIND_ENTRY, 1)[0].GetRange(), Options: &agentv1.ReadOptions{BatchRecords: 1}})
	s.must(err)
	_, err = stream.Recv()
	s.must(err)
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		s.wantCode(err, link.CodeCancelled)
	}
	if _, err := s.Source.Describe(s.ctx, &agentv1.DescribeRequest{}); err != nil {
		s.Errorf("afterwards: %v", err)
	}
}

func (s *suite) index() {
	for _, k := range s.readable() {
		shard := s.shards(k.GetKind(), 1)[0].GetRange()
		digests := map[record.Key]string{}
		for _, r := range s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: shard}).records {
			digests[record.KeyOf(r.GetRef())] = string(r.GetDigest())
		}
		items, cursors := s.readIndex(&agentv1.ReadIndexRequest{Kind: k.GetKind(), Shard: shard, Options: &agentv1.ReadOptions{BatchRecords: 2}, Digests: true})
		plain, _ := s.readIndex(&agentv1.ReadIndexRequest{Kind: k.GetKind(), Shard: shard})
		for i, it := range items {
			if i >= len(plain) || len(plain[i].GetDigest()) > 0 || record.KeyOf(plain[i].GetRef()) != record.KeyOf(it.GetRef()) {
				s.Errorf("%v: item %d differs, or has a digest, when none is asked for", k.GetKind(), i)
			}
			key := record.KeyOf(it.GetRef())
			if want, ok := digests[key]; !ok || want != string(it.GetDigest()) {
				s.Errorf("%v: the index has another digest than the record, or there is no record", key)
			}
			delete(digests, key)
		}
		if len(digests) > 0 {
			s.Errorf("%v: %d records are not in the index", k.GetKind(), len(digests))
		}
		rest, _ := s.readIndex(&agentv1.ReadIndexRequest{Kind: k.GetKind(), Shard: shard, After: cursors[0]})
		if len(items)-len(rest) > 2 || len(rest) > len(items) || len(rest) > 0 && record.KeyOf(rest[len(rest)-1].GetRef()) != record.KeyOf(items[len(items)-1].GetRef()) {
			s.Errorf("%v: the index has %d items, and %d after the first batch", k.GetKind(), len(items), len(rest))
		}
	}
}

// unreadInIndex checks that the index tells of the same records as reading does, those without content too.
func (s *suite) unreadInIndex() {
	for _, k := range s.readable() {
		shard := s.shards(k.GetKind(), 1)[0].GetRange()
		want := map[record.Key]bool{}
		for _, key := range s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: shard}).refs {
			want[key] = true
		}
		stream, err := s.Source.ReadIndex(s.ctx, &agentv1.ReadIndexRequest{Kind: k.GetKind(), Shard: shard})
		s.must(err)
		for batch, err := stream.Recv(); !errors.Is(err, io.EOF); batch, err = stream.Recv() {
			s.must(err)
			for _, it := range batch.GetItems() {
				delete(want, record.KeyOf(it.GetRef()))
			}
			for _, u := range batch.GetUnread() {
				delete(want, record.KeyOf(u.GetRef()))
			}
		}
		if len(want) > 0 {
			s.Errorf("%v: the index tells nothing of %v", k.GetKind(), want)
		}
	}
}

// named checks that records can be read by their refs, in the order asked for.
func (s *suite) named() {
	for _, k := range s.readable() {
		whole := s.read(&agentv1.ReadRecordsRequest{Kind: k.GetKind(), Shard: s.shards(k.GetKind(), 1)[0].GetRange()}).records
		slices.Reverse(whole)
		req := &agentv1.ReadRecordsRequest{Kind: k.GetKind(), Options: &agentv1.ReadOptions{BatchRecords: 2}}
		for _, r := range whole {
			req.Refs = append(req.GetRefs(), r.GetRef(), record.NewRef(k.GetKind(), "no-such-"+r.GetRef().GetSourceId()))
		}
		got := s.read(req)
		if len(got.records) != len(whole) || len(got.refs) != len(whole) {
			s.Errorf("%v: %d records for %d that are there", k.GetKind(), len(got.refs), len(whole))
			continue
		}
		for i, r := range got.records {
			if record.KeyOf(r.GetRef()) != record.KeyOf(whole[i].GetRef()) || !bytes.Equal(r.GetDigest(), whole[i].GetDigest()) {
				s.Errorf("%v: asked for %v and got %v, or another version", k.GetKind(), record.KeyOf(whole[i].GetRef()), record.KeyOf(r.GetRef()))
			}
		}
	}
}

func (s *suite) readIndex(req *agentv1.ReadIndexRequest) (items []*agentv1.IndexItem, cursors [][]byte) {
	s.Helper()
	stream, err := s.Source.ReadIndex(s.ctx, req)
	s.must(err)
	for {
		batch, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return items, cursors
		}
		s.must(err)
		items, cursors = append(items, batch.GetItems()...), append(cursors, batch.GetCursor())
	}
}

// addresses checks that a source gives its own, absolute and without a scope, for what the index lists and for nothing else.
func (s *suite) addresses() {
	s.need(s.source, "Resolve")
	base := s.source.GetBaseUrl()
	items, _ := s.readIndex(&agentv1.ReadIndexRequest{Kind: kindEntry, Shard: s.shards(kindEntry, 1)[0].GetRange()})
	for _, it := range items {
		address, id := record.NewToken(it.GetRef(), ""), record.NewToken(it.GetRef(), "id")
		resp, err := s.Source.Resolve(s.ctx, &agentv1.ResolveRequest{Tokens: []string{address.Name(), id.Name(), "entry/no-such"}})
		s.must(err)
		got := resp.GetResolved()
		if len(got) != 3 || !got[0].GetFound() || !strings.HasPrefix(got[0].GetText(), base+"/") || !got[1].GetFound() || got[1].GetText() != address.Ref.ID || got[2].GetFound() {
			s.Errorf("%v resolves to %v", address, got)
		}
	}
}
