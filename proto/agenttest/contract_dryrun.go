package agenttest

import (
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// dryRun: what is said comes true, and saying it changes nothing.
func (s *suite) dryRun() {
	s.need(s.target, "DryRun")
	first := s.fitted(kindEntry, 1, 2, 3)
	told := s.foretell(first...)
	s.nothingThere(first...)
	s.wantSame(told.results, s.write("run-1", first...))
	changed := s.Make(kindEntry, 1)
	changed.GetEntry().Title = "Another title"
	changed.GetEntry().Authors = []*recordv1.Ref{record.NewRef(recordv1.Kind_KIND_USER, "nowhere")}
	s.seal(changed)
	next := append([]*recordv1.Record{changed}, s.fitted(kindEntry, 2, 4)...)
	told = s.foretell(next...)
	if f := told.results[0].GetFields(); len(f) == 0 || f[0] != "title" {
		s.Errorf("an update would change %v", f)
	}
	if len(told.gone) != 1 || record.KeyOf(told.gone[0]) != record.KeyOf(first[2].GetRef()) {
		s.Errorf("gone are %v", told.gone)
	}
	if len(told.open) != 1 || told.open[0].GetToken() != "user/nowhere" {
		s.Errorf("open are %v", told.open)
	}
	s.wantHeld("run-1", first...)
	s.wantSame(told.results, s.write("run-2", next...))
}

type told struct {
	results []*agentv1.Result
	gone    []*recordv1.Ref
	open    []*agentv1.OpenLink
}

func (s *suite) foretell(batch ...*recordv1.Record) *told {
	s.Helper()
	stream, err := s.Target.DryRun(s.ctx)
	s.must(err)
	s.must(stream.Send(&agentv1.DryRunRequest{Scope: s.scope("dry"), Seq: 1, Records: batch}))
	resp, err := stream.Recv()
	s.must(err)
	all := &told{results: resp.GetResults()}
	s.must(stream.Send(&agentv1.DryRunRequest{Seq: 2, Rest: true}))
	for more := true; more; {
		resp, err := stream.Recv()
		s.must(err)
		all.gone, all.open = append(all.gone, resp.GetGone()...), append(all.open, resp.GetOpen()...)
		more = len(resp.GetGone())+len(resp.GetOpen()) > 0
	}
	s.must(stream.CloseSend())
	return all
}

func (s *suite) nothingThere(batch ...*recordv1.Record) {
	s.Helper()
	for _, it := range s.readBack("run-1", batch...) {
		if it.GetRecord() != nil || it.GetOutcome() != agentv1.Outcome_OUTCOME_UNSPECIFIED {
			s.Errorf("a dry run has left %v", it)
		}
	}
}

// wantSame compares what was said with what came.
func (s *suite) wantSame(told, came []*agentv1.Result) {
	s.Helper()
	for i, res := range told {
		res = proto.CloneOf(res)
		if res.Fields = nil; !proto.Equal(res, came[i]) {
			s.Errorf("said %v, came %v", res, came[i])
		}
	}
}
