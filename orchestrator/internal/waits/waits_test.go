package waits_test

import (
	"context"
	"errors"
	"testing"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

// TestLongestWaitOfEachIdleTask walks through the life of two tasks with a clock of its own.
func TestLongestWaitOfEachIdleTask(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	pass := func(sec int) { now = now.Add(time.Duration(sec) * time.Second) }
	b := waits.NewBook(func() time.Time { return now })
	spec := migration.Spec{Stage: migration.StageCopy, Kind: recordv1.Kind_KIND_ENTRY, Seq: 1}
	one, task, leave := b.Enter(context.Background(), spec)
	spec.Seq = 2
	two, _, leaveTwo := b.Enter(context.Background(), spec)
	defer leaveTwo()
	pass(1)
	answer := waits.For(one, migration.OnTarget, "WriteRecords", time.Minute)
	pass(1)
	batch := waits.For(one, migration.OnSource, "ReadRecords", 0)
	waits.For(two, migration.OnStore, "Save", 0)
	pass(18)
	waits.Moved(two)
	got := b.Stalled(20 * time.Second)
	if len(got) != 1 || got[0].On != migration.OnTarget || got[0].Shard != 1 || got[0].Kind != "entry" || got[0].Since.Unix() != 1001 ||
		got[0].Idle.Unix() != 1000 || got[0].NextTry.Unix() != 1061 {
		t.Fatalf("%+v", got)
	}
	// The first failure of a try is the one that counts.
	batch(errors.New("gone"))
	answer(context.Canceled)
	retry := task.Retry(5*time.Second, migration.Problem{Code: "gone"})
	if got := b.Stalled(20 * time.Second); len(got) != 1 || got[0].On != migration.OnRetry || got[0].Side != migration.OnSource || got[0].NextTry.Unix() != 1025 {
		t.Errorf("%+v", got)
	}
	retry(nil)
	task.Try()
	waits.For(one, migration.OnTarget, "WriteRecords", 0)(errors.New("gone"))
	task.Retry(time.Second, migration.Problem{})
	if got := b.Stalled(20 * time.Second); got[0].Side != migration.OnTarget {
		t.Errorf("%+v", got)
	}
	leave()
	pass(20)
	if got := b.Stalled(20 * time.Second); len(got) != 1 || got[0].Shard != 2 || got[0].On != migration.OnStore {
		t.Errorf("%+v", got)
	}
}

func TestCallsWithoutATaskAreNotNoted(t *testing.T) {
	t.Parallel()
	waits.Moved(context.Background())
	waits.For(context.Background(), migration.OnSource, "Describe", 0)(nil)
	var none *waits.Book
	ctx, _, leave := none.Enter(context.Background(), migration.Spec{})
	waits.For(ctx, migration.OnSource, "Describe", 0)(nil)
	leave()
}
