package pipeline_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// bent is a target that says of one comment that it stands under another entry, and remembers what it was asked.
type bent struct {
	pipeline.Target
	mu    sync.Mutex
	asked []string
}

func (b *bent) ReadBack(ctx context.Context, scope *agentv1.WriteScope, refs []*recordv1.Ref, _ [][]byte) ([]*agentv1.ReadBackItem, error) {
	items, err := b.Target.ReadBack(ctx, scope, refs, nil)
	for _, it := range items {
		if c := it.GetRecord().GetComment(); c != nil && it.GetRecord().GetRef().GetSourceId() == "4" {
			c.Entry = record.NewRef(recordv1.Kind_KIND_ENTRY, "1")
		}
	}
	return items, err
}

func (b *bent) Resolve(ctx context.Context, scope *agentv1.WriteScope, tokens []string) ([]*agentv1.Resolved, error) {
	b.mu.Lock()
	b.asked = append(b.asked, tokens...)
	b.mu.Unlock()
	return b.Target.Resolve(ctx, scope, tokens)
}

func TestRelationToAnotherRecordIsADifference(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(6))
	b := &bent{}
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			b.Target = s.Target
			s.Target = b
		}
		return s, err
	}
	// The error is that there are differences.
	rep, _ := rig.Run(context.Background())
	want := []migration.DifferenceReport{{Kind: "comment", SourceID: "4", Field: "entry"}}
	if rep == nil || !slices.Equal(rep.Differences, want) {
		t.Fatalf("differences %v, want %v", rep, want)
	}
	if !slices.Contains(b.asked, "entry/4;id") || !slices.Contains(b.asked, "entry/1;id") {
		t.Errorf("asked %v: not for both entries that the comment may stand under", b.asked)
	}
	if slices.Contains(b.asked, "entry/2;id") {
		t.Error("asked for an entry that was read back as it was sent")
	}
	if n := lossOf(rep, "link_unresolved"); n != enginetest.Lost {
		t.Errorf("%d pointers lead nowhere", n)
	}
}
