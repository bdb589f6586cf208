package agenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// rowKey is the identity of a ledger row.
type rowKey struct {
	site string
	key  record.Key
}

// row is a ledger row with the target's row that it points to.
type row struct {
	key    rowKey
	run    string
	result *agentv1.Result
	// targetID is empty until something was written.
	targetID string
	// digest is that of the record written; content is the record as the target holds it, before pointers are filled.
	digest  []byte
	content *recordv1.Record
	// edited: people have changed it since.
	edited bool
	// withdrawn is the run in which the source's deletion was followed.
	withdrawn string
	pointers
}

// WriteRecords implements agentv1.AgentServiceServer.
func (a *Agent) WriteRecords(s grpc.BidiStreamingServer[agentv1.WriteRecordsRequest, agentv1.WriteRecordsResponse]) error {
	if err := a.targetOnly(); err != nil {
		return err
	}
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
			if err := a.knows(scope); err != nil {
				return err
			}
		}
		if a.OnBatch != nil {
			if err := a.OnBatch(req); err != nil {
				return err
			}
		}
		results, err := a.writeBatch(scope, req.GetRecords(), req.GetAnew())
		if err != nil {
			return err
		}
		if err := s.Send(&agentv1.WriteRecordsResponse{Seq: req.GetSeq(), Results: results}); err != nil {
			return err
		}
	}
}

// targetOnly answers as an agent does that has no such call.
func (a *Agent) targetOnly() error {
	if a.Info.GetRole() == agentv1.Role_ROLE_TARGET {
		return nil
	}
	return &link.Error{Code: link.CodeUnimplemented, Cause: "a source has no ledger", Fix: "Ask the target.", Grpc: codes.Unimplemented}
}

// Forget drops the ledger, as hands do that clear away tables they do not know. What was written stays.
func (a *Agent) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.rows)
	a.order = nil
}

// knows refuses a migration that has written before when nothing is known of its source.
func (a *Agent) knows(scope *agentv1.WriteScope) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range a.rows {
		if key.site == scope.GetSourceSite() {
			return nil
		}
	}
	if !scope.GetContinued() {
		return nil
	}
	return &link.Error{Code: "ledger_missing", Cause: "the migration has written to this site, but its ledger is not there any more", Fix: "Restore it.", Grpc: codes.FailedPrecondition}
}

func (a *Agent) writeBatch(scope *agentv1.WriteScope, batch []*recordv1.Record, anew bool) ([]*agentv1.Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if kind := batch[0].GetRef().GetKind(); !a.holds[kind].GetWritable() {
		return nil, &link.Error{Code: "kind_not_writable", Cause: "the site takes no records of this kind", Fix: "Ask Describe which kinds are writable.", Grpc: codes.Unimplemented}
	}
	a.batches++
	results := make([]*agentv1.Result, 0, len(batch))
	for _, r := range batch {
		results = append(results, a.write(scope, r, anew))
	}
	return results, nil
}

// write writes one record, or gives again what became of it in this run (Rule 2).
func (a *Agent) write(scope *agentv1.WriteScope, r *recordv1.Record, anew bool) *agentv1.Result {
	if p := record.Validate(r); p != nil {
		return &agentv1.Result{Ref: r.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
	}
	w := a.row(rowKey{scope.GetSourceSite(), record.KeyOf(r.GetRef())})
	if w.run == scope.GetRun() {
		return w.result
	}
	w.run = scope.GetRun()
	was := w.result
	w.result = &agentv1.Result{Ref: r.GetRef()}
	if p := a.problem(r); p != nil {
		w.result.Outcome, w.result.Problem = agentv1.Outcome_OUTCOME_REJECTED, p
		return w.result
	}
	overwrite := scope.GetEdited() == agentv1.Edited_EDITED_OVERWRITE
	switch same := w.targetID != "" && bytes.Equal(w.digest, r.GetDigest()) && !anew; {
	case same && (!w.edited || !overwrite):
		// What was adjusted when it was written still is.
		w.result.Outcome, w.result.Adjustments = agentv1.Outcome_OUTCOME_UNCHANGED, was.GetAdjustments()
	case w.edited && !overwrite:
		w.result.Outcome = agentv1.Outcome_OUTCOME_SKIPPED
		w.result.Problem = &agentv1.Problem{Code: "edited_on_target", Cause: "it was edited on both sites", Fix: "Compare the two."}
	default:
		a.store(w, proto.CloneOf(r))
	}
	return w.result
}

// Edit changes a record that a migration wrote, as people do on the target.
func (a *Agent) Edit(site string, ref *recordv1.Ref, change func(*recordv1.Record)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.rows[rowKey{site, record.KeyOf(ref)}]
	w.edited = true
	change(w.content)
}

func (a *Agent) row(key rowKey) *row {
	w := a.rows[key]
	if w == nil {
		w = &row{key: key}
		a.rows[key] = w
		a.order = append(a.order, w)
	}
	return w
}

func (a *Agent) problem(r *recordv1.Record) *agentv1.Problem {
	if !bytes.Equal(r.GetDigest(), record.Digest(r)) {
		return &agentv1.Problem{Code: "bad_digest", Cause: "the record's digest does not fit its content", Fix: "Seal the record before sending it.", Field: "digest"}
	}
	if a.OnRecord != nil {
		return a.OnRecord(r)
	}
	return nil
}

func (a *Agent) store(w *row, r *recordv1.Record) {
	own := a.adopt(r)
	w.digest, w.pointers = r.GetDigest(), pointers{}
	switch {
	case own != nil:
		w.result.Outcome, w.content = agentv1.Outcome_OUTCOME_ADOPTED, own
		w.result.Adjustments = []*agentv1.Adjustment{{Field: record.WholeRecord, Code: "kept_existing"}}
		w.targetID = own.GetRef().GetSourceId()
		return
	case w.targetID != "":
		w.result.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	default:
		w.result.Outcome, w.targetID = agentv1.Outcome_OUTCOME_CREATED, strconv.Itoa(a.nextID())
	}
	w.result.Adjustments = a.chooseSlug(w, r)
	if w.edited {
		w.edited = false
		w.result.Adjustments = append(w.result.Adjustments, &agentv1.Adjustment{Field: "edits", Code: "edits_overwritten"})
	}
	w.content = r
	a.open(w)
}

func (a *Agent) nextID() int {
	a.made++
	return a.made + 1000
}

// adopt finds the site's own user or term that stands for a record.
func (a *Agent) adopt(r *recordv1.Record) *recordv1.Record {
	for _, it := range a.items[r.GetRef().GetKind()] {
		u, t := it.record.GetUser(), it.record.GetTerm()
		switch {
		case u != nil && u.GetEmail() != "" && u.GetEmail() == r.GetUser().GetEmail(),
			u != nil && u.GetLogin() != "" && u.GetLogin() == r.GetUser().GetLogin(),
			t != nil && t.GetTaxonomy() == r.GetTerm().GetTaxonomy() && t.GetSlug() == r.GetTerm().GetSlug():
			return proto.CloneOf(it.record)
		}
	}
	return nil
}

// chooseSlug gives an entry whose slug is taken another one.
func (a *Agent) chooseSlug(w *row, r *recordv1.Record) []*agentv1.Adjustment {
	a.slugs[slugOf(w.content)]--
	e, wish := r.GetEntry(), r.GetEntry().GetSlug()
	for n := 2; wish != "" && a.slugs[slugOf(r)] > 0; n++ {
		e.Slug = fmt.Sprintf("%s-%d", wish, n)
	}
	a.slugs[slugOf(r)]++
	if e.GetSlug() == wish {
		return nil
	}
	return []*agentv1.Adjustment{{Field: "slug", Code: "slug_taken", Value: e.GetSlug()}}
}

// Withdraw implements agentv1.AgentServiceServer.
func (a *Agent) Withdraw(_ context.Context, req *agentv1.WithdrawRequest) (*agentv1.WithdrawResponse, error) {
	if err := a.targetOnly(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.WithdrawResponse{}
	for _, ref := range req.GetRefs() {
		resp.Results = append(resp.Results, a.withdraw(req, ref))
	}
	return resp, nil
}

func (a *Agent) withdraw(req *agentv1.WithdrawRequest, ref *recordv1.Ref) *agentv1.Withdrawn {
	key := rowKey{req.GetScope().GetSourceSite(), record.KeyOf(ref)}
	w, kept := a.rows[key], func(code string) *agentv1.Withdrawn {
		return &agentv1.Withdrawn{Ref: ref, Action: "kept", Problem: &agentv1.Problem{Code: code, Cause: "it stays", Fix: "Look at it."}}
	}
	switch hide := req.GetWithdrawal() == agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH; {
	case w != nil && w.withdrawn == req.GetScope().GetRun():
		return &agentv1.Withdrawn{Ref: ref, Action: "removed"}
	case w == nil || w.targetID == "":
		return &agentv1.Withdrawn{Ref: ref, Action: "absent"}
	case w.edited:
		return kept("edited_since")
	case w.result.GetOutcome() == agentv1.Outcome_OUTCOME_ADOPTED:
		return kept("was_there_before")
	case hide && w.content.GetEntry() == nil:
		return kept("cannot_unpublish")
	case hide:
		w.content.GetEntry().Status, w.digest = recordv1.Status_STATUS_DRAFT, nil
		return &agentv1.Withdrawn{Ref: ref, Action: "unpublished"}
	}
	a.slugs[slugOf(w.content)]--
	*w = row{key: key, withdrawn: req.GetScope().GetRun(), result: &agentv1.Result{Outcome: agentv1.Outcome_OUTCOME_SKIPPED}}
	return &agentv1.Withdrawn{Ref: ref, Action: "removed"}
}

// ReadBack implements agentv1.AgentServiceServer.
func (a *Agent) ReadBack(_ context.Context, req *agentv1.ReadBackRequest) (*agentv1.ReadBackResponse, error) {
	if err := a.targetOnly(); err != nil {
		return nil, err
	}
	if a.OnReadBack != nil {
		a.OnReadBack(req)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.ReadBackResponse{}
	for i, ref := range req.GetRefs() {
		back := &agentv1.ReadBackItem{Ref: ref}
		if w := a.rows[rowKey{req.GetScope().GetSourceSite(), record.KeyOf(ref)}]; w != nil {
			back.Outcome, back.Adjustments, back.Problem = w.result.GetOutcome(), w.result.GetAdjustments(), w.result.GetProblem()
			back.Record, back.Digest = a.view(w), w.digest
			if req.GetState() && a.finished > 0 && back.GetOutcome() == agentv1.Outcome_OUTCOME_CREATED {
				back.State = agentv1.RowState_ROW_STATE_AS_LEFT
			}
		}
		if want := req.GetExpected(); len(want) > 0 && back.GetRecord() != nil && bytes.Equal(back.GetRecord().GetDigest(), want[i]) {
			back.Record, back.AsExpected = nil, true
		}
		resp.Items = append(resp.Items, back)
	}
	return resp, nil
}

// Finish implements agentv1.AgentServiceServer.
func (a *Agent) Finish(context.Context, *agentv1.FinishRequest) (*agentv1.FinishResponse, error) {
	if err := a.targetOnly(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finished++
	return &agentv1.FinishResponse{}, nil
}

// Written are the records that migrations wrote, as the site holds them now, in the order of their first writing.
func (a *Agent) Written() []*recordv1.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*recordv1.Record
	for _, w := range a.order {
		if r := a.view(w); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// Own are the records of a kind that belong to the site itself.
func (a *Agent) Own(k recordv1.Kind) []*recordv1.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*recordv1.Record
	for _, it := range a.items[k] {
		all = append(all, proto.CloneOf(it.record))
	}
	return all
}

// Batches is how many batches were written.
func (a *Agent) Batches() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.batches
}

// Finished is how often Finish was called.
func (a *Agent) Finished() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.finished
}
