package agenttest

import (
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Rollback implements agentv1.AgentServiceServer: rows of the source leave the ledger, the last one first. What people have edited
// stays as a record of the site's own.
func (a *Agent) Rollback(req *agentv1.RollbackRequest, out grpc.ServerStreamingServer[agentv1.RollbackResponse]) error {
	if err := a.targetOnly(); err != nil {
		return err
	}
	return out.Send(a.takeBack(req))
}

func (a *Agent) takeBack(req *agentv1.RollbackRequest) *agentv1.RollbackResponse {
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.RollbackResponse{Cursor: []byte("end")}
	var left []*row
	for i := len(a.order) - 1; i >= 0; i-- {
		w := a.order[i]
		if w.key.site != req.GetScope().GetSourceSite() {
			left = append([]*row{w}, left...)
			continue
		}
		if w.edited {
			resp.Results = append(resp.Results, &agentv1.RolledBack{Ref: w.key.key.Ref(), Action: "kept",
				Problem: &agentv1.Problem{Code: "edited_since", Cause: "it was edited on the target", Fix: "Look at it."}})
			if !req.GetDryRun() {
				own := proto.CloneOf(w.content)
				own.Ref = record.NewRef(w.key.key.Kind, "own-"+strconv.Itoa(a.nextID()))
				a.put(own.GetRef(), item{record: own})
			}
		} else if w.result.GetOutcome() == agentv1.Outcome_OUTCOME_CREATED || w.result.GetOutcome() == agentv1.Outcome_OUTCOME_UNCHANGED {
			resp.Results = append(resp.Results, &agentv1.RolledBack{Ref: w.key.key.Ref(), Action: "removed"})
		}
		if !req.GetDryRun() {
			a.slugs[slugOf(w.content)]--
			delete(a.rows, w.key)
		}
	}
	if !req.GetDryRun() {
		a.order = left
	}
	return resp
}
