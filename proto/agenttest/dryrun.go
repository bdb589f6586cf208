package agenttest

import (
	"errors"
	"io"
	"maps"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// copied is the site with a ledger of its own, so that writing there leaves this one alone.
func (a *Agent) copied() *Agent {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &Agent{
		Info: a.Info, OnRecord: a.OnRecord, holds: a.holds, items: a.items, at: a.at, files: a.files,
		slugs: maps.Clone(a.slugs), rows: map[rowKey]*row{}, uploads: a.uploads,
	}
	for _, w := range a.order {
		twin := *w
		twin.result, twin.content = proto.CloneOf(w.result), proto.CloneOf(w.content)
		c.order, c.rows[w.key] = append(c.order, &twin), &twin
	}
	return c
}

// DryRun implements agentv1.AgentServiceServer: it answers from a copy.
func (a *Agent) DryRun(s grpc.BidiStreamingServer[agentv1.DryRunRequest, agentv1.DryRunResponse]) error {
	if err := a.targetOnly(); err != nil {
		return err
	}
	c, seen := a.copied(), map[record.Key]bool{}
	var scope *agentv1.WriteScope
	for {
		req, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if scope == nil {
			scope = req.GetScope()
		}
		for _, ref := range req.GetSeen() {
			seen[record.KeyOf(ref)] = true
		}
		for _, r := range req.GetRecords() {
			seen[record.KeyOf(r.GetRef())] = true
		}
		resp := &agentv1.DryRunResponse{Seq: req.GetSeq()}
		if req.GetRest() {
			if err := s.Send(c.rest(scope, req.GetSeq(), seen)); err != nil {
				return err
			}
		}
		if len(req.GetRecords()) > 0 {
			if resp.Results, err = c.writeBatch(scope, req.GetRecords(), false); err != nil {
				return err
			}
			a.compare(c, scope, resp.Results)
		}
		if err := s.Send(resp); err != nil {
			return err
		}
	}
}

// compare names the fields that updates have changed in the copy.
func (a *Agent) compare(c *Agent, scope *agentv1.WriteScope, results []*agentv1.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, res := range results {
		key := rowKey{scope.GetSourceSite(), record.KeyOf(res.GetRef())}
		if old := a.rows[key]; old != nil && res.GetOutcome() == agentv1.Outcome_OUTCOME_UPDATED {
			res.Fields = record.Diff(c.view(c.rows[key]), a.view(old), a.holds[key.key.Kind].GetHolds(), nil)
		}
	}
}

// rest is what is left to tell behind the last record.
func (a *Agent) rest(scope *agentv1.WriteScope, seq uint64, seen map[record.Key]bool) *agentv1.DryRunResponse {
	resp := &agentv1.DryRunResponse{Seq: seq}
	for _, w := range a.order {
		if w.key.site != scope.GetSourceSite() || w.targetID == "" {
			continue
		}
		if !seen[w.key.key] {
			resp.Gone = append(resp.Gone, w.key.key.Ref())
		}
		for to, path := range w.refs {
			resp.Open = a.lost(resp.Open, w, path, record.Token{Ref: to})
		}
		for path, tokens := range w.texts {
			for _, t := range tokens {
				resp.Open = a.lost(resp.Open, w, path, t)
			}
		}
	}
	return resp
}

// lost adds a pointer that leads nowhere.
func (a *Agent) lost(open []*agentv1.OpenLink, w *row, path string, t record.Token) []*agentv1.OpenLink {
	if _, ok := a.target(w.key.site, t.Ref); ok {
		return open
	}
	return append(open, &agentv1.OpenLink{From: w.key.key.Ref(), Field: path, Token: t.Name()})
}
