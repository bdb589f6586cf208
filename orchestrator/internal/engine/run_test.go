package engine_test

import (
	"context"
	"encoding/json"
	"flag"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/proto/agenttest"
)

func TestMain(m *testing.M) {
	// Each check is a whole migration over real connections.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	enginetest.Main(m, func(ctx context.Context, m *engine.Manager, w enginetest.Worker) error {
		job, err := m.Begin(ctx, engine.Request{Resume: w.Migration, Workers: w.Workers})
		if err != nil {
			return err
		}
		_, err = job.Run(context.WithoutCancel(ctx), ctx.Done())
		return err
	})
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	enginetest.Suite(t, func(t testing.TB) enginetest.Subject { return enginetest.Subject{StoreURL: t.TempDir()} })
}

func TestRunMovesAndVerifiesEverything(t *testing.T) {
	t.Parallel()
	const n = 20
	rig := enginetest.New(t, enginetest.NewSite(n))
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	e := enginetest.KindOf(rep, "entry")
	if e.Listed != enginetest.Entries(n) || e.Created != n || e.Rejected != 1 || e.Verified != n || e.Different != 0 {
		t.Errorf("entries: %+v, differences %v", e, rep.Differences)
	}
	if rep.Status != migration.Done || rep.Exit() != migration.ExitRejected || len(rep.Rejected) != 1 {
		t.Errorf("status %s, exit %d, rejected %v", rep.Status, rep.Exit(), rep.Rejected)
	}
	var lost uint64
	for _, l := range rep.Losses {
		if l.Code == "link_unresolved" {
			lost += l.Count
		}
	}
	if lost != enginetest.Lost {
		t.Errorf("%d pointers lost: %+v", lost, rep.Losses)
	}
}

// TestStoresAgree: the same site ends in the same report, whichever store it is moved with.
func TestStoresAgree(t *testing.T) {
	t.Parallel()
	var reports [2]string
	for i, st := range []store.Store{enginetest.OpenStore(t, t.TempDir()), enginetest.OpenStore(t, testbed.Postgres(t).Database(t))} {
		rep, err := enginetest.With(t, enginetest.NewSite(20), agenttest.NewTarget(), st).Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		rep.Migration, rep.Seconds, rep.Ended = "", 0, ""
		b, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		reports[i] = string(b)
	}
	if reports[0] != reports[1] {
		t.Errorf("SQLite: %s\nPostgreSQL: %s", reports[0], reports[1])
	}
}

func TestSecondRunWritesNothing(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(8))
	first, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	total := second.Totals()
	if total.Created+total.Updated+total.Adopted != 0 || total.Unchanged != first.Totals().Created || second.Run != 2 {
		t.Errorf("run %d: %+v", second.Run, total)
	}
	if second.Root != first.Root || len(second.Differences) != 0 {
		t.Errorf("roots %s and %s, differences %v", first.Root, second.Root, second.Differences)
	}
	if rig.Target.Finished() != 1 {
		t.Errorf("finished %d times", rig.Target.Finished())
	}
}

func TestEmptySite(t *testing.T) {
	t.Parallel()
	source := enginetest.NewSite(0)
	rig := enginetest.New(t, source)
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if c := enginetest.KindOf(rep, "comment"); c != (migration.KindReport{Kind: "comment"}) {
		t.Errorf("comments %+v", c)
	}
	if rep.Status != migration.Done {
		t.Errorf("status %s", rep.Status)
	}
}
