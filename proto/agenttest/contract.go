package agenttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// patience bounds each part of the suite.
const patience = time.Minute

// Fixture is a pair of agents under test, reached through real connections (Serve and Connect).
type Fixture struct {
	// Source is served in the role of a source. Its site holds at least five entries and, if it serves files, a media record
	// with a file of at least 300 KiB.
	Source agentv1.AgentServiceClient
	// Target is served in the role of a target. No migration has written to its site. It takes terms and entries.
	Target agentv1.AgentServiceClient
	// Make gives record number n of a kind for the target, markup as the target takes it; nil: Make of this package.
	Make func(kind recordv1.Kind, n int) *recordv1.Record
}

// Contract is what every agent passes. open makes fresh agents, for each part anew.
func Contract(t *testing.T, open func(t *testing.T) Fixture) {
	for name, part := range map[string]func(*suite){
		"Describe": (*suite).describe, "SplitCoversAllOnce": (*suite).split, "ResumeAfterEachCursor": (*suite).resume,
		"BatchesKeepTheirSize": (*suite).batchSize, "CancelEndsReading": (*suite).cancel, "IndexAgreesWithRecords": (*suite).index, "IndexTellsOfAll": (*suite).unreadInIndex, "NamedRecordsAreRead": (*suite).named, "SourceKnowsItsAddresses": (*suite).addresses,
		"WriteOnceInEffect": (*suite).writeOnce, "NextRunChangesNothing": (*suite).nextRun, "ChangedRecordIsUpdated": (*suite).update,
		"BadRecordFailsAlone": (*suite).badRecord, "StreamsInParallel": (*suite).parallel, "ReadBackOfTheUnknown": (*suite).unknown,
		"WithdrawRemoves": (*suite).withdrawDeletes, "WithdrawHides": (*suite).withdrawHides,
		"DryRunComesTrue": (*suite).dryRun, "RelinkFillsPointers": (*suite).relink, "RelinkUsesFallbacks": (*suite).fallbacks,
		"FilesAreRead": (*suite).readFiles, "FilesAreWritten": (*suite).writeFiles, "FilesGoOnWhereTheyStopped": (*suite).resumeFile, "FilesCrossOncePerContent": (*suite).sameContent,
		"SourceRefusesWrites": (*suite).sourceRefuses, "AbsentCallsAreUnimplemented": (*suite).unimplemented, "LimitsAreRefused": (*suite).limits,
	} {
		t.Run(name, func(t *testing.T) { part(newSuite(t, open(t))) })
	}
}

// suite is one part with its agents.
type suite struct {
	*testing.T
	Fixture
	ctx context.Context
	// source and target are their descriptions.
	source, target *agentv1.DescribeResponse
}

func newSuite(t *testing.T, f Fixture) *suite {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	if f.Make == nil {
		f.Make = Make
	}
	s := &suite{T: t, Fixture: f, ctx: ctx}
	var err error
	s.source, err = f.Source.Describe(ctx, &agentv1.DescribeRequest{})
	s.must(err)
	s.target, err = f.Target.Describe(ctx, &agentv1.DescribeRequest{})
	s.must(err)
	s.brief(f.Source, s.source)
	s.brief(f.Target, s.target)
	return s
}

// brief checks that a brief description is of the same site, and leaves out what has to be counted.
func (s *suite) brief(c agentv1.AgentServiceClient, whole *agentv1.DescribeResponse) {
	s.Helper()
	d, err := c.Describe(s.ctx, &agentv1.DescribeRequest{Brief: true})
	s.must(err)
	if d.GetSiteId() != whole.GetSiteId() || d.GetBaseUrl() != whole.GetBaseUrl() || d.GetRole() != whole.GetRole() ||
		!slices.Equal(d.GetCapabilities(), whole.GetCapabilities()) || len(d.GetKinds()) != len(whole.GetKinds()) {
		s.Errorf("a brief description is of another site: %v, not %v", d, whole)
	}
	for i, k := range d.GetKinds() {
		if k.GetCount() != 0 || !proto.Equal(k.GetHolds(), whole.GetKinds()[i].GetHolds()) {
			s.Errorf("briefly, %v is told as %v", whole.GetKinds()[i], k)
		}
	}
	if len(d.GetFields()) > 0 {
		s.Error("custom fields were counted")
	}
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%v: %#v", err, link.FromStatus(err))
	}
}

// wantCode checks that an error tells code, cause and fix over the wire.
func (s *suite) wantCode(err error, want ...string) {
	s.Helper()
	var e *link.Error
	if !errors.As(err, &e) {
		s.Errorf("got %v, which tells no code, cause and fix; want %v", err, want)
		return
	}
	if e.Cause == "" || e.Fix == "" || !slices.Contains(want, e.Code) {
		s.Errorf("got %#v, want %v", e, want)
	}
}

func (s *suite) info(d *agentv1.DescribeResponse, kind recordv1.Kind) *agentv1.KindInfo {
	for _, k := range d.GetKinds() {
		if k.GetKind() == kind {
			return k
		}
	}
	return nil
}

// has says that an agent offers a call.
func has(d *agentv1.DescribeResponse, call string) bool {
	return slices.Contains(d.GetCapabilities(), call)
}

func (s *suite) need(d *agentv1.DescribeResponse, calls ...string) {
	s.Helper()
	for _, c := range calls {
		if !has(d, c) {
			s.Skipf("the agent does not offer %s", c)
		}
	}
}

// readable are the kinds that the source reads and has records of.
func (s *suite) readable() (kinds []*agentv1.KindInfo) {
	for _, k := range s.source.GetKinds() {
		if k.GetReadable() && k.GetCount() > 0 {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// reading is what came of a shard.
type reading struct {
	refs    []record.Key
	records []*recordv1.Record
	// cursors with how many refs were read before them.
	cursors [][]byte
	counts  []int
}

func (s *suite) shards(kind recordv1.Kind, n uint32) []*agentv1.Shard {
	s.Helper()
	resp, err := s.Source.SplitKind(s.ctx, &agentv1.SplitKindRequest{Kind: kind, Shards: n})
	s.must(err)
	if len(resp.GetShards()) == 0 || len(resp.GetShards()) > int(n) {
		s.Fatalf("%v: %d shards for %d wanted", kind, len(resp.GetShards()), n)
	}
	return resp.GetShards()
}

func (s *suite) read(req *agentv1.ReadRecordsRequest) *reading {
	s.Helper()
	stream, err := s.Source.ReadRecords(s.ctx, req)
	s.must(err)
	out := &reading{}
	for {
		batch, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out
		}
		s.must(err)
		out.add(batch)
	}
}

func (r *reading) add(b *agentv1.ReadRecordsResponse) {
	for _, rec := range b.GetRecords() {
		r.refs = append(r.refs, record.KeyOf(rec.GetRef()))
	}
	for _, u := range b.GetUnread() {
		r.refs = append(r.refs, record.KeyOf(u.GetRef()))
	}
	r.records = append(r.records, b.GetRecords()...)
	r.cursors = append(r.cursors, b.GetCursor())
	r.counts = append(r.counts, len(r.refs))
}

// fitted are records n of a kind as the orchestrator sends them: fitted to the target, and sealed.
func (s *suite) fitted(kind recordv1.Kind, numbers ...int) []*recordv1.Record {
	s.Helper()
	var all []*recordv1.Record
	for _, n := range numbers {
		all = append(all, s.seal(s.Make(kind, n)))
	}
	return all
}

func (s *suite) seal(r *recordv1.Record) *recordv1.Record {
	s.Helper()
	if keep, losses := record.Fit(r, s.info(s.target, r.GetRef().GetKind())); !keep {
		s.Fatalf("the target does not take %v: %v", record.KeyOf(r.GetRef()), losses)
	}
	record.Seal(r)
	return r
}

// scope is the scope of a run of the migration under test.
func (s *suite) scope(run string) *agentv1.WriteScope {
	return &agentv1.WriteScope{SourceSite: s.source.GetSiteId(), Run: run}
}

// write writes one batch in a stream of its own.
func (s *suite) write(run string, records ...*recordv1.Record) []*agentv1.Result {
	s.Helper()
	results, err := s.send(&agentv1.WriteRecordsRequest{Scope: s.scope(run), Seq: 1, Records: records})
	s.must(err)
	if len(results) != len(records) {
		s.Fatalf("%d results for %d records", len(results), len(records))
	}
	for i, r := range results {
		if !proto.Equal(r.GetRef(), records[i].GetRef()) {
			s.Errorf("result %d is for %v, want %v", i, r.GetRef(), records[i].GetRef())
		}
	}
	return results
}

func (s *suite) send(req *agentv1.WriteRecordsRequest) ([]*agentv1.Result, error) {
	stream, err := s.Target.WriteRecords(s.ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(req); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	resp, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	if resp.GetSeq() != req.GetSeq() {
		s.Errorf("batch %d was answered as %d", req.GetSeq(), resp.GetSeq())
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		s.Errorf("the stream ends with %v", err)
	}
	return resp.GetResults(), nil
}

func (s *suite) readBack(run string, records ...*recordv1.Record) []*agentv1.ReadBackItem {
	s.Helper()
	req := &agentv1.ReadBackRequest{Scope: s.scope(run)}
	for _, r := range records {
		req.Refs = append(req.Refs, r.GetRef())
	}
	resp, err := s.Target.ReadBack(s.ctx, req)
	s.must(err)
	if len(resp.GetItems()) != len(records) {
		s.Fatalf("%d answers for %d refs", len(resp.GetItems()), len(records))
	}
	return resp.GetItems()
}

// wantHeld checks that the target holds records as they were sent.
func (s *suite) wantHeld(run string, records ...*recordv1.Record) {
	s.Helper()
	for i, it := range s.readBack(run, records...) {
		want := records[i]
		if !proto.Equal(it.GetRef(), want.GetRef()) || it.GetRecord() == nil {
			s.Errorf("%v is not there: %v", record.KeyOf(want.GetRef()), it.GetProblem())
			continue
		}
		if d := record.Diff(want, it.GetRecord(), s.info(s.target, want.GetRef().GetKind()).GetHolds(), it.GetAdjustments()); len(d) > 0 {
			s.Errorf("%v differs in %v", record.KeyOf(want.GetRef()), d)
		}
	}
}

func (s *suite) wantOutcomes(results []*agentv1.Result, want agentv1.Outcome) {
	s.Helper()
	for _, r := range results {
		if r.GetOutcome() != want {
			s.Errorf("%v: %v, want %v (%v)", record.KeyOf(r.GetRef()), r.GetOutcome(), want, r.GetProblem())
		}
	}
}

func isStatus(err error, c codes.Code) bool {
	return status.Code(err) == c || link.FromStatus(err).Grpc == c
}

func sameDigest(r *recordv1.Record) bool { return bytes.Equal(r.GetDigest(), record.Digest(r)) }
