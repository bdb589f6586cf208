package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Limits of one batch.
const (
	MaxBatchRecords = 1000
)

// Write writes a batch of sealed records of one kind and answers each in order, after the commit (Rule 3). An error means
// that the target as a whole cannot be written; what is not answered may be sent again (Rule 2).
func (l *Ledger) Write(ctx context.Context, sc *Scope, batch []*recordv1.Record) ([]*agentv1.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	if len(batch) > MaxBatchRecords {
		return nil, &link.Error{Code: "batch_too_large", Cause: "the batch holds more than 1,000 records", Fix: "send smaller batches", Grpc: codes.InvalidArgument}
	}
	kind := batch[0].GetRef().GetKind()
	answers := make(map[*recordv1.Record]*agentv1.Result, len(batch))
	good, err := screen(kind, batch, answers)
	if err != nil {
		return nil, err
	}
	release, again, err := l.turns.take(ctx, sc, kind, good)
	if err != nil {
		return nil, err
	}
	defer release()
	sc.rest.mu.RLock()
	defer sc.rest.mu.RUnlock()
	blank := false
	if !again {
		if blank, err = l.isBlank(ctx, sc, kind); err != nil {
			return nil, l.told("write", err)
		}
	}
	if err := l.write(ctx, sc, kind, good, blank, answers); err != nil {
		return nil, l.told("write", err)
	}
	results := make([]*agentv1.Result, len(batch))
	for i, rec := range batch {
		results[i] = answers[rec]
	}
	return results, nil
}

// screen keeps what is valid and answers the rest at once.
func screen(kind cms.Kind, batch []*recordv1.Record, answers map[*recordv1.Record]*agentv1.Result) ([]*recordv1.Record, error) {
	good := make([]*recordv1.Record, 0, len(batch))
	seen := make(map[string]bool, len(batch))
	for _, rec := range batch {
		if rec.GetRef().GetKind() != kind {
			return nil, &link.Error{Code: "mixed_batch", Cause: "the batch holds records of several kinds", Fix: "send one kind per batch", Grpc: codes.InvalidArgument}
		}
		if p := flaw(rec, seen); p != nil {
			answers[rec] = &agentv1.Result{Ref: rec.GetRef(), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}
			continue
		}
		seen[rec.GetRef().GetSourceId()] = true
		good = append(good, rec)
	}
	return good, nil
}

func flaw(rec *recordv1.Record, seen map[string]bool) *agentv1.Problem {
	digest, p := record.Check(rec)
	if p != nil {
		return p
	}
	if !bytes.Equal(rec.GetDigest(), digest) {
		return &agentv1.Problem{Code: "bad_digest", Cause: "the record's digest does not fit its content", Fix: "seal the record before sending it", Field: "digest"}
	}
	if seen[rec.GetRef().GetSourceId()] {
		return &agentv1.Problem{Code: "duplicate_ref", Cause: "the batch holds the same record twice", Fix: "check the source for a doubled id", Field: "ref"}
	}
	return nil
}

// write writes records together, or, when one of them is bad, in ever smaller parts until the bad one is alone (Rule 4).
// blank: none of them is expected in the ledger.
func (l *Ledger) write(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record, blank bool, answers map[*recordv1.Record]*agentv1.Result) error {
	if len(recs) == 0 {
		return nil
	}
	var done []*agentv1.Result
	err := l.again(ctx, func() (err error) {
		done, err = l.attempt(ctx, sc, kind, recs, blank)
		// Some of it is there, as after a batch that was sent again: look first.
		blank = blank && !errors.Is(err, errTaken)
		return err
	})
	switch {
	case err == nil:
		for i, rec := range recs {
			answers[rec] = done[i]
		}
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case lasting(err):
		return err
	case len(recs) > 1:
		half := len(recs) / 2
		if err := l.write(ctx, sc, kind, recs[:half], blank, answers); err != nil {
			return err
		}
		return l.write(ctx, sc, kind, recs[half:], blank, answers)
	}
	l.log.Warn("record rejected", zap.String("kind", record.KindName(kind)), zap.String("source_id", recs[0].GetRef().GetSourceId()), zap.String("error", safe(err)))
	res, err := l.reject(ctx, sc, kind, recs[0], alone(err))
	answers[recs[0]] = res
	return err
}

// safe is an error without the content that a database quotes in its messages.
func safe(err error) string {
	var fault *driverFault
	if errors.As(err, &fault) {
		return fault.Error()
	}
	return fmt.Sprintf("class %d, code %s", cmssql.ClassOf(err), cmssql.Number(err))
}

// attempt is one transaction of a batch. blank: the ledger is taken to hold none of it; its keys tell otherwise (Rule 2).
func (l *Ledger) attempt(ctx context.Context, sc *Scope, kind cms.Kind, recs []*recordv1.Record, blank bool) ([]*agentv1.Result, error) {
	names := l.names.Reserve()
	defer names.Release()
	b := &batch{l: l, sc: sc, kind: kind, recs: recs, blank: blank}
	epoch := l.known.now()
	defer since(&l.spent.writing, time.Now())
	err := l.once(ctx, func(tx *cmssql.Tx) error {
		b.results = make([]*agentv1.Result, len(recs))
		return b.run(ctx, tx, names)
	})
	if b.moved {
		// Also when it failed: then it may have been committed all the same.
		l.known.forget()
	}
	if err != nil {
		return nil, err
	}
	if b.changed {
		sc.struck()
	}
	l.known.learn(epoch, herdKey{site: sc.site, kind: kind}, b.written)
	return b.results, nil
}
