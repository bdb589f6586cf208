package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// movedCode is the HTTP status of an address that has moved for good.
const movedCode = 301

// Redirect writes old addresses as records of the target's own redirects: in the ledger like all others, so that written again they change
// nothing (Rule 2), and a rollback takes them back.
func (e *Env) Redirect(ctx context.Context, moves iter.Seq2[Move, error]) (*migration.Counts, error) {
	if !e.Holds[recordv1.Kind_KIND_REDIRECT].GetWritable() {
		return nil, migration.Usage("target_without_redirects", "the target keeps no redirects of its own", "Write them for its web server or host with --format.")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := e.Target.Write(ctx)
	if err != nil {
		return nil, err
	}
	r := &redirecting{env: e, writer: w, counts: &migration.Counts{}}
	for m, err := range moves {
		if err == nil {
			err = r.add(m)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := r.send(); err != nil {
		return nil, err
	}
	if err := w.CloseSend(); err != nil {
		return nil, err
	}
	if _, err := w.Recv(); err != io.EOF {
		return nil, fmt.Errorf("the target answered what it was not asked: %w", err)
	}
	// The target notes how it is left, so that a rollback knows what people have edited since.
	_, err = e.Target.Finish(ctx, e.scope())
	return r.counts, err
}

// redirecting is the writing of redirects, one message after the other.
type redirecting struct {
	env     *Env
	writer  Writer
	seq     uint64
	records []*recordv1.Record
	counts  *migration.Counts
}

func (r *redirecting) add(m Move) error {
	rec := redirectOf(m)
	if keep, _ := record.Fit(rec, r.env.Holds[recordv1.Kind_KIND_REDIRECT]); !keep {
		r.counts.Add(agentv1.Outcome_OUTCOME_SKIPPED)
		return nil
	}
	var bad *agentv1.Problem
	if rec.Digest, bad = record.Check(rec); bad != nil {
		r.counts.Add(agentv1.Outcome_OUTCOME_REJECTED)
		return nil
	}
	if r.records = append(r.records, rec); len(r.records) < maxChunkRecords {
		return nil
	}
	return r.send()
}

// redirectOf is the record of a moved address. Its id is made from the address: it is the same in every run, and none of the source's.
func redirectOf(m Move) *recordv1.Record {
	sum := sha256.Sum256([]byte(m.Old))
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_REDIRECT, "moved:"+hex.EncodeToString(sum[:16])),
		Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: m.Old, ToUrl: m.New, Code: movedCode}}}
}

// send writes what has gathered and takes the answer.
func (r *redirecting) send() error {
	if len(r.records) == 0 {
		return nil
	}
	r.seq++
	req := &agentv1.WriteRecordsRequest{Seq: r.seq, Records: r.records}
	if r.seq == 1 {
		req.Scope = r.env.scope()
	}
	if err := r.writer.Send(req); err != nil && err != io.EOF {
		return err
	}
	resp, err := r.writer.Recv()
	if err != nil {
		return err
	}
	for _, res := range resp.GetResults() {
		r.counts.Add(res.GetOutcome())
	}
	r.records = nil
	return nil
}
