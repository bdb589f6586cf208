package agenttest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	kindTerm  = recordv1.Kind_KIND_TERM
	kindEntry = recordv1.Kind_KIND_ENTRY
)

func (s *suite) writeOnce() {
	for _, kind := range []recordv1.Kind{kindTerm, kindEntry} {
		batch := s.fitted(kind, 1, 2, 3)
		first := s.write("run-1", batch...)
		s.wantOutcomes(first, agentv1.Outcome_OUTCOME_CREATED)
		s.wantHeld("run-1", batch...)
		again := s.write("run-1", batch...)
		for i := range first {
			if !proto.Equal(first[i], again[i]) {
				s.Errorf("sent again in the same run: %v, at first %v", again[i], first[i])
			}
		}
		s.wantHeld("run-1", batch...)
		// One part that is known and one that is new, in one batch.
		mixed := append(s.fitted(kind, 4), batch[2])
		s.wantOutcomes(s.write("run-1", mixed...), agentv1.Outcome_OUTCOME_CREATED)
	}
}

func (s *suite) nextRun() {
	for _, kind := range []recordv1.Kind{kindTerm, kindEntry} {
		s.wantOutcomes(s.write("run-1", s.fitted(kind, 1, 2)...), agentv1.Outcome_OUTCOME_CREATED)
		s.wantOutcomes(s.write("run-2", s.fitted(kind, 1, 2)...), agentv1.Outcome_OUTCOME_UNCHANGED)
		s.wantHeld("run-2", s.fitted(kind, 1, 2)...)
	}
}

func (s *suite) update() {
	s.wantOutcomes(s.write("run-1", s.fitted(kindEntry, 1, 2)...), agentv1.Outcome_OUTCOME_CREATED)
	changed := s.Make(kindEntry, 1)
	changed.GetEntry().Title = "Another title"
	s.seal(changed)
	s.wantOutcomes(s.write("run-2", changed), agentv1.Outcome_OUTCOME_UPDATED)
	s.wantHeld("run-2", changed, s.fitted(kindEntry, 2)[0])
	s.wantOutcomes(s.write("run-2", changed), agentv1.Outcome_OUTCOME_UPDATED)
	anew, err := s.send(&agentv1.WriteRecordsRequest{Scope: s.scope("run-3"), Seq: 1, Records: []*recordv1.Record{changed}, Anew: true})
	s.must(err)
	s.wantOutcomes(anew, agentv1.Outcome_OUTCOME_UPDATED)
	s.wantHeld("run-3", changed)
}

func (s *suite) badRecord() {
	batch := s.fitted(kindEntry, 1, 2, 3)
	// The digest does not fit, as after a fault on the way.
	batch[1].GetEntry().Title += "!"
	results := s.write("run-1", batch...)
	s.wantOutcomes([]*agentv1.Result{results[0], results[2]}, agentv1.Outcome_OUTCOME_CREATED)
	s.wantOutcomes(results[1:2], agentv1.Outcome_OUTCOME_REJECTED)
	if p := results[1].GetProblem(); p.GetCode() == "" || p.GetCause() == "" || p.GetFix() == "" {
		s.Errorf("the problem is %v", p)
	}
	s.wantHeld("run-1", batch[0], batch[2])
	if it := s.readBack("run-1", batch[1])[0]; it.GetRecord() != nil {
		s.Error("the bad record is there")
	}
}

func (s *suite) parallel() {
	const streams, each = 4, 10
	var done sync.WaitGroup
	for i := range streams {
		done.Go(func() {
			var batch []*recordv1.Record
			for n := range each {
				r := s.Make(kindEntry, 1000+i*each+n)
				// All want the same address, so that they are in each other's way.
				r.GetEntry().Slug = fmt.Sprintf("same-%d", n%2)
				record.Fit(r, s.info(s.target, kindEntry))
				record.Seal(r)
				batch = append(batch, r)
			}
			results, err := s.send(&agentv1.WriteRecordsRequest{Scope: s.scope("run-1"), Seq: 1, Records: batch})
			if err != nil {
				s.Errorf("stream %d: %v", i, err)
				return
			}
			s.wantOutcomes(results, agentv1.Outcome_OUTCOME_CREATED)
			s.wantHeld("run-1", batch...)
		})
	}
	done.Wait()
}

func (s *suite) unknown() {
	for _, it := range s.readBack("run-1", s.Make(kindEntry, 77), s.Make(kindTerm, 77)) {
		if it.GetRecord() != nil || it.GetOutcome() != agentv1.Outcome_OUTCOME_UNSPECIFIED {
			s.Errorf("%v: %v", record.KeyOf(it.GetRef()), it)
		}
	}
	if _, found := s.resolve("entry/77"); found {
		s.Error("a record resolves that was never written")
	}
	// What the ledger knows: the digest of what was sent and, once the migration is finished, whether it is as it was left.
	sent := s.fitted(kindEntry, 1)
	s.write("run-1", sent...)
	if it := s.readBack("run-1", sent...)[0]; !bytes.Equal(it.GetDigest(), sent[0].GetDigest()) || it.GetState() != agentv1.RowState_ROW_STATE_UNSPECIFIED {
		s.Errorf("digest %x, state %v", it.GetDigest(), it.GetState())
	}
	_, err := s.Target.Finish(s.ctx, &agentv1.FinishRequest{Scope: s.scope("run-1")})
	s.must(err)
	back, err := s.Target.ReadBack(s.ctx, &agentv1.ReadBackRequest{Scope: s.scope("run-1"), Refs: []*recordv1.Ref{sent[0].GetRef(), record.NewRef(kindEntry, "77")}, State: true})
	s.must(err)
	if a, b := back.GetItems()[0].GetState(), back.GetItems()[1].GetState(); a != agentv1.RowState_ROW_STATE_AS_LEFT || b != agentv1.RowState_ROW_STATE_UNSPECIFIED {
		s.Errorf("states %v and %v", a, b)
	}
	// A record that is what was expected is not sent; one that is not, is.
	digest := s.readBack("run-1", sent...)[0].GetRecord().GetDigest()
	for _, want := range [][]byte{digest, make([]byte, len(digest)), nil} {
		back, err = s.Target.ReadBack(s.ctx, &agentv1.ReadBackRequest{Scope: s.scope("run-1"), Refs: []*recordv1.Ref{sent[0].GetRef(), record.NewRef(kindEntry, "77")}, Expected: [][]byte{want, want}})
		s.must(err)
		same := bytes.Equal(want, digest)
		if it := back.GetItems()[0]; it.GetAsExpected() != same || (it.GetRecord() == nil) != same || it.GetOutcome() == agentv1.Outcome_OUTCOME_UNSPECIFIED {
			s.Errorf("expected %x: %v", want, it)
		}
		if it := back.GetItems()[1]; it.GetAsExpected() {
			s.Errorf("a record that was never written is as expected: %v", it)
		}
	}
	_, err = s.Target.ReadBack(s.ctx, &agentv1.ReadBackRequest{Scope: s.scope("run-1"), Refs: []*recordv1.Ref{sent[0].GetRef()}, Expected: [][]byte{digest, digest}})
	s.wantCode(err, link.CodeRequestInvalid)
	// A migration that has written before needs a ledger that knows its source.
	gone := &agentv1.WriteScope{SourceSite: strings.Repeat("f", 32), Run: "run-1", Continued: true}
	_, err = s.Target.Resolve(s.ctx, &agentv1.ResolveRequest{Scope: gone})
	s.wantCode(err, "ledger_missing")
	_, err = s.send(&agentv1.WriteRecordsRequest{Scope: gone, Seq: 1, Records: s.fitted(kindEntry, 1)})
	s.wantCode(err, "ledger_missing")
	// Where visitors find what was written.
	s.write("run-1", s.fitted(kindEntry, 1)...)
	found, err := s.Target.Resolve(s.ctx, &agentv1.ResolveRequest{Scope: s.scope("run-1"), Tokens: []string{"entry/1", "entry/77"}, Addresses: true})
	s.must(err)
	if a, b := found.GetResolved()[0], found.GetResolved()[1]; !a.GetFound() || !strings.HasPrefix(a.GetText(), "/") || b.GetFound() {
		s.Errorf("addresses %v and %v", a, b)
	}
	// What one source wrote is not another's.
	resp, err := s.Target.ReadBack(s.ctx, &agentv1.ReadBackRequest{Refs: []*recordv1.Ref{record.NewRef(kindEntry, "1")},
		Scope: &agentv1.WriteScope{SourceSite: strings.Repeat("0", 32), Run: "run-1"}})
	s.must(err)
	if resp.GetItems()[0].GetRecord() != nil {
		s.Error("another source's record is given back")
	}
}

func (s *suite) resolve(token string) (text string, found bool) {
	s.Helper()
	resp, err := s.Target.Resolve(s.ctx, &agentv1.ResolveRequest{Scope: s.scope("run-1"), Tokens: []string{token}})
	s.must(err)
	if len(resp.GetResolved()) != 1 {
		s.Fatalf("%d answers for one token", len(resp.GetResolved()))
	}
	return resp.GetResolved()[0].GetText(), resp.GetResolved()[0].GetFound()
}

// pointing is an entry whose text points to another.
func (s *suite) pointing(n int, to string) *recordv1.Record {
	s.Helper()
	r := s.Make(kindEntry, n)
	r.GetEntry().Content.Text = `<p>See <a href="bailey:entry/` + to + `">there</a> and bailey::entry/` + to + `</p>`
	if h := s.info(s.target, kindEntry).GetHolds(); contains(h.GetFields(), "parent") {
		r.GetEntry().Parent = record.NewRef(kindEntry, to)
	}
	return s.seal(r)
}

func contains(fields []string, field string) bool {
	for _, f := range fields {
		if f == field || f == "*" {
			return true
		}
	}
	return false
}

// relinkAll goes through one whole round.
func (s *suite) relinkAll(last bool, fallbacks map[string]string) (filled uint64, open []*agentv1.OpenLink) {
	s.Helper()
	req := &agentv1.RelinkRequest{Scope: s.scope("run-1"), Fallbacks: fallbacks, Last: last}
	for {
		resp, err := s.Target.Relink(s.ctx, req)
		s.must(err)
		filled, open = filled+resp.GetFilled(), append(open, resp.GetOpen()...)
		if len(resp.GetCursor()) == 0 {
			return filled, open
		}
		req.After = resp.GetCursor()
	}
}

func (s *suite) relink() {
	from := s.pointing(1, "2")
	s.wantOutcomes(s.write("run-1", from), agentv1.Outcome_OUTCOME_CREATED)
	filled, open := s.relinkAll(false, nil)
	if filled != 0 || len(open) == 0 {
		s.Errorf("nothing can be filled yet, but %d were; open %v", filled, open)
	}
	for _, o := range open {
		if record.KeyOf(o.GetFrom()) != record.KeyOf(from.GetRef()) || o.GetToken() != "entry/2" {
			s.Errorf("open is %v", o)
		}
	}
	s.write("run-1", s.fitted(kindEntry, 2)...)
	// Until Relink the text stands as it was sent, and the pointer is empty.
	s.wantHeld("run-1", withoutParent(from))
	if filled, open = s.relinkAll(false, nil); filled == 0 || len(open) != 0 {
		s.Errorf("%d filled, open %v", filled, open)
	}
	want := s.expanded(from, "entry/2")
	s.wantHeld("run-1", want)
	if filled, open = s.relinkAll(true, nil); filled != 0 || len(open) != 0 {
		s.Errorf("a second time %d filled, open %v", filled, open)
	}
	// A pointer to what is there already needs no Relink.
	later := s.pointing(3, "2")
	s.write("run-1", later)
	s.wantHeld("run-1", s.expanded(later, "entry/2"))
}

// expanded is a record with its tokens resolved as the orchestrator does it for verification.
func (s *suite) expanded(r *recordv1.Record, token string) *recordv1.Record {
	s.Helper()
	text, found := s.resolve(token)
	if !found || text == "" {
		s.Fatalf("%s does not resolve", token)
	}
	return expand(r, text)
}

func expand(r *recordv1.Record, text string) *recordv1.Record {
	r = proto.CloneOf(r)
	record.TokenTexts(r, func(_, in string) string {
		out, _ := record.ExpandText(in, func(record.Token) (string, bool) { return text, true })
		return out
	})
	return r
}

func (s *suite) fallbacks() {
	one, two := s.pointing(1, "98"), s.pointing(2, "99")
	s.write("run-1", one, two)
	s.relinkAll(true, map[string]string{"entry/98": "/old-address/"})
	s.wantHeld("run-1", expand(withoutParent(one), "/old-address/"), expand(withoutParent(two), "#"))
}

func withoutParent(r *recordv1.Record) *recordv1.Record {
	r = proto.CloneOf(r)
	r.GetEntry().Parent = nil
	return r
}

// withdraw gives the actions by source id.
func (s *suite) withdraw(how agentv1.Withdrawal, records ...*recordv1.Record) []string {
	s.Helper()
	return s.withdrawIn("run-2", how, records...)
}

func (s *suite) withdrawIn(run string, how agentv1.Withdrawal, records ...*recordv1.Record) []string {
	s.Helper()
	req := &agentv1.WithdrawRequest{Scope: s.scope(run), Withdrawal: how}
	for _, r := range records {
		req.Refs = append(req.Refs, r.GetRef())
	}
	resp, err := s.Target.Withdraw(s.ctx, req)
	s.must(err)
	if len(resp.GetResults()) != len(records) {
		s.Fatalf("%d answers for %d refs", len(resp.GetResults()), len(records))
	}
	var actions []string
	for i, r := range resp.GetResults() {
		if !proto.Equal(r.GetRef(), records[i].GetRef()) || (r.GetAction() == "kept") != (r.GetProblem().GetCode() != "") {
			s.Errorf("answer %d is %v", i, r)
		}
		actions = append(actions, r.GetAction())
	}
	return actions
}

func (s *suite) withdrawDeletes() {
	s.need(s.target, "Withdraw")
	all, never := s.fitted(kindEntry, 1, 2, 3), s.fitted(kindEntry, 77)[0]
	s.wantOutcomes(s.write("run-1", all...), agentv1.Outcome_OUTCOME_CREATED)
	if got := s.withdraw(agentv1.Withdrawal_WITHDRAWAL_DELETE, never, all[0], all[2]); !slices.Equal(got, []string{"absent", "removed", "removed"}) {
		s.Errorf("withdrawn: %v", got)
	}
	for _, it := range s.readBack("run-2", all[0], all[2]) {
		if it.GetRecord() != nil {
			s.Errorf("%v is still there", record.KeyOf(it.GetRef()))
		}
	}
	s.wantHeld("run-2", all[1])
	if _, found := s.resolve("entry/" + all[0].GetRef().GetSourceId()); found {
		s.Error("what was withdrawn resolves")
	}
	for run, want := range map[string]string{"run-2": "removed", "run-2b": "absent"} {
		if got := s.withdrawIn(run, agentv1.Withdrawal_WITHDRAWAL_DELETE, all[0]); got[0] != want {
			s.Errorf("withdrawn again in %s: %v", run, got)
		}
	}
	s.wantOutcomes(s.write("run-3", all[0]), agentv1.Outcome_OUTCOME_CREATED)
	s.wantHeld("run-3", all[:2]...)
}

func (s *suite) withdrawHides() {
	s.need(s.target, "Withdraw")
	all := s.fitted(kindEntry, 1, 2)
	s.write("run-1", all...)
	if got := s.withdraw(agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH, all[0]); got[0] == "kept" {
		s.wantHeld("run-2", all...)
		return
	} else if got[0] != "unpublished" {
		s.Errorf("withdrawn: %v", got)
	}
	s.wantHeld("run-2", all[1])
	if e := s.readBack("run-2", all[0])[0].GetRecord().GetEntry(); e == nil || e.GetStatus() == recordv1.Status_STATUS_PUBLISHED || e.GetTitle() != all[0].GetEntry().GetTitle() {
		s.Errorf("hidden is %v", e)
	}
	// It is back at the source.
	s.wantOutcomes(s.write("run-3", all[0]), agentv1.Outcome_OUTCOME_UPDATED)
	s.wantHeld("run-3", all...)
}
