package api_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/baileybridge/bailey/deploy/testbed"

	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/api"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// dial serves the API over a rig and gives a client with the context that holds the token.
func dial(t *testing.T, rig *enginetest.Rig) (context.Context, controlv1.MigrationServiceClient) {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- api.Serve(ctx, api.Options{Manager: rig.Manager, Store: rig.Store, DataDir: dir, Listen: "127.0.0.1:0", Ready: func(a string) { ready <- a }})
	}()
	address := <-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, api.File)); !os.IsNotExist(err) {
			t.Errorf("the access file is still there: %v", err)
		}
	})
	st, err := os.Stat(filepath.Join(dir, api.File))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", st, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, api.File))
	if err != nil {
		t.Fatal(err)
	}
	var access api.Access
	if err := json.Unmarshal(b, &access); err != nil || access.Address != address {
		t.Fatalf("%v, %+v", err, access)
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+access.Token), controlv1.NewMigrationServiceClient(conn)
}

func TestMigrationOverTheAPI(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(6))
	ctx, client := dial(t, rig)
	plan, err := client.CreatePlan(ctx, &controlv1.CreatePlanRequest{Source: rig.Request.Source, Target: rig.Request.Target})
	if err != nil || !json.Valid([]byte(plan.GetPlanJson())) {
		t.Fatalf("%v", err)
	}
	started, err := client.StartMigration(ctx, &controlv1.StartMigrationRequest{Source: rig.Request.Source, Target: rig.Request.Target})
	if err != nil {
		t.Fatal(err)
	}
	id := started.GetMigration().GetId()
	events, err := client.WatchEvents(ctx, &controlv1.WatchEventsRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, err = events.Recv(); err != nil {
			break
		}
	}
	if n == 0 {
		t.Error("no events")
	}
	got, err := client.GetMigration(ctx, &controlv1.GetMigrationRequest{Id: id})
	if err != nil || got.GetMigration().GetState() != controlv1.State_STATE_DONE {
		t.Fatalf("%v, %v", got, err)
	}
	var rep migration.Report
	r, err := client.GetReport(ctx, &controlv1.GetReportRequest{Id: id})
	if err != nil || json.Unmarshal([]byte(r.GetReportJson()), &rep) != nil || rep.Totals().Verified == 0 {
		t.Errorf("%v, %s", err, r.GetReportJson())
	}
	if l, err := client.ListMigrations(ctx, &controlv1.ListMigrationsRequest{}); err != nil || len(l.GetMigrations()) != 1 {
		t.Errorf("%v, %v", l, err)
	}
	if logs, err := client.TailLogs(ctx, &controlv1.TailLogsRequest{Id: id, Lines: 5}); err != nil {
		t.Error(err)
	} else if _, err := logs.Recv(); err == nil {
		t.Error("the rig logs nothing, but a line came")
	}
}

// fakeEngine takes what it is handed and does nothing.
type fakeEngine struct{ handed []string }

func (e *fakeEngine) Start(_ context.Context, id string) error {
	e.handed = append(e.handed, id)
	return nil
}

// TestWorkersGetWhatIsStarted: with an engine of other processes this one only begins migrations, and ends without stopping them.
func TestWorkersGetWhatIsStarted(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(2))
	engine := &fakeEngine{}
	rig.Manager.Engine = engine
	ctx, client := dial(t, rig)
	started, err := client.StartMigration(ctx, &controlv1.StartMigrationRequest{Source: rig.Request.Source, Target: rig.Request.Target})
	if err != nil {
		t.Fatal(err)
	}
	id := started.GetMigration().GetId()
	if len(engine.handed) != 1 || engine.handed[0] != id || started.GetMigration().GetState() != controlv1.State_STATE_PLANNING {
		t.Errorf("handed %v, %v", engine.handed, started)
	}
	if tasks, err := rig.Store.Tasks(ctx, id); err != nil || len(tasks) != 0 {
		t.Errorf("%d tasks were made here, %v", len(tasks), err)
	}
}

func TestErrorsKeepCodeCauseAndFix(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(1))
	ctx, client := dial(t, rig)
	for name, c := range map[string]struct {
		call func() error
		grpc codes.Code
		code string
	}{
		"no token": {func() error {
			_, err := client.ListMigrations(context.Background(), &controlv1.ListMigrationsRequest{})
			return err
		}, codes.Unauthenticated, "token_refused"},
		"unknown": {func() error { _, err := client.GetMigration(ctx, &controlv1.GetMigrationRequest{Id: "x"}); return err }, codes.NotFound, "migration_unknown"},
		"bad link": {func() error {
			_, err := client.CreatePlan(ctx, &controlv1.CreatePlanRequest{Source: "x", Target: "y"})
			return err
		}, codes.InvalidArgument, "link_invalid"},
		"bad steer": {func() error {
			_, err := client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: "x"})
			return err
		}, codes.InvalidArgument, "steer_unknown"},
		"steer nothing": {func() error {
			_, err := client.SteerMigration(ctx, &controlv1.SteerMigrationRequest{Id: "x", Steer: controlv1.Steer_STEER_PAUSE})
			return err
		}, codes.NotFound, "migration_unknown"},
	} {
		err := c.call()
		if status.Code(err) != c.grpc {
			t.Errorf("%s: %v", name, err)
		}
		if e := link.FromStatus(err); e.Code != c.code || e.Cause == "" || e.Fix == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nonsense"} {
		err := api.Serve(context.Background(), api.Options{Listen: address, DataDir: t.TempDir()})
		if migration.ExitOf(err) != migration.ExitUsage {
			t.Errorf("%s: %v", address, err)
		}
	}
}
