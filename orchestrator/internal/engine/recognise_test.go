package engine_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// counted is a source that counts how often it is looked at whole.
type counted struct {
	pipeline.Source
	looks *atomic.Int32
}

func (c counted) Describe(ctx context.Context, revisions bool) (*agentv1.DescribeResponse, error) {
	c.looks.Add(1)
	return c.Source.Describe(ctx, revisions)
}

// A run that goes on does not count the sites' records again, which takes long on large ones; what was found stays on the report.
func TestResumeDoesNotLookAtTheWholeSiteAgain(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(killEntries))
	rig.Source.Info.Findings = []*agentv1.Finding{{Code: "auto_draft", Severity: agentv1.Severity_SEVERITY_INFO, Count: 3, Cause: "c", Fix: "f"}}
	var looks atomic.Int32
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			s.Source = counted{s.Source, &looks}
		}
		return s, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	var batches atomic.Int32
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if batches.Add(1) == 5 {
			cancel()
		}
		return nil
	}
	if _, err := rig.Run(ctx); !engine.Stopped(err) {
		t.Fatal(err)
	}
	if n := looks.Load(); n != 1 {
		t.Errorf("a new run looked %d times", n)
	}
	rep, err := rig.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := looks.Load(); n != 1 {
		t.Errorf("the resumed run looked %d times", n-1)
	}
	if !slices.ContainsFunc(rep.Findings, func(f migration.Remark) bool { return f.Code == "auto_draft" && f.Count == 3 }) || rep.Status != migration.Done {
		t.Errorf("%s %+v", rep.Status, rep.Findings)
	}
	// The next run is a new one.
	if _, err := rig.Run(t.Context()); err != nil || looks.Load() != 2 {
		t.Errorf("%v, %d looks", err, looks.Load())
	}
}
