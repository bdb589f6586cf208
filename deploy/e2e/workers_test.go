//go:build accept

package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/baileybridge/bailey/deploy/testbed"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
)

// TestWorkers does run (a) with bailey serve and three bailey worker over Temporal and PostgreSQL. One worker is killed, one is
// asked to leave, and bailey serve itself is killed, at random moments: the root is that of one undisturbed process with SQLite.
func TestWorkers(t *testing.T) {
	seed := uint64(envInt("KILL_SEED", int(time.Now().UnixNano()%1e9)))
	t.Logf("replay with KILL_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	k := newKills(t)
	target := newTarget(t)
	src, dst := k.agents(t, target)
	h := newHost(t)
	id := h.start(t, src, dst)
	begun := time.Now()
	// What ends whom, each at a moment of its own in the time that the undisturbed run took.
	for i, end := range []func(){func() { _ = h.workers[0].cmd.Process.Kill() }, func() { _ = h.workers[1].cmd.Process.Signal(os.Interrupt) }, func() { _ = h.serve.cmd.Process.Kill() }} {
		at := time.Duration((float64(i) + rnd.Float64()) / 3 * float64(k.length))
		time.Sleep(time.Until(begun.Add(at)))
		end()
		t.Logf("%s: %s", at.Round(time.Millisecond), []string{"a worker was killed", "a worker was asked to leave", "bailey serve was killed"}[i])
	}
	rep := h.report(t, id)
	t.Logf("done after %s, one process took %s", time.Since(begun).Round(time.Millisecond), k.length.Round(time.Millisecond))
	rep.reconcile(t)
	if rep.Root != k.root {
		t.Errorf("root %s, undisturbed %s", rep.Root, k.root)
	}
	k.same(t, "workers", target)
	if code := h.workers[1].wait().code; code != 0 {
		t.Errorf("the worker that was asked to leave ended with %d", code)
	}
}

// host is bailey serve with workers that share nothing with it but the store, Temporal and the key.
type host struct {
	store, data string
	serve       *running
	workers     []*running
}

func newHost(t *testing.T) *host {
	t.Helper()
	t.Setenv("BAILEY_KEY", strings.Repeat("0123456789abcdef", 4))
	pg, err := testbed.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Stop)
	temporal, err := testbed.StartTemporal()
	if err != nil {
		t.Fatalf("%v (run `make deps`)", err)
	}
	t.Cleanup(temporal.Stop)
	h := &host{store: pg.URL("postgres"), data: t.TempDir()}
	at := []string{"--temporal", temporal.Address, "--store", h.store}
	h.serve = startBailey(t, append([]string{"serve", "--engine", "temporal", "--data", h.data}, at...)...)
	for range 3 {
		h.workers = append(h.workers, startBailey(t, append([]string{"worker", "--workers", "2", "--data", t.TempDir()}, at...)...))
	}
	for _, w := range h.workers {
		waitFor(t, time.Minute, func() bool { return w.out.String() == "ready\n" })
	}
	return h
}

// start begins a migration through the control service.
func (h *host) start(t *testing.T, src, dst *agent) string {
	t.Helper()
	var access struct{ Address, Token string }
	waitFor(t, time.Minute, func() bool {
		b, err := os.ReadFile(filepath.Join(h.data, "control.json"))
		return err == nil && json.Unmarshal(b, &access) == nil
	})
	conn, err := grpc.NewClient(access.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+access.Token)
	m, err := controlv1.NewMigrationServiceClient(conn).StartMigration(ctx, &controlv1.StartMigrationRequest{Source: src.link(), Target: dst.link()})
	if err != nil {
		t.Fatal(err)
	}
	return m.GetMigration().GetId()
}

// report waits for the end of a migration and gives its report.
func (h *host) report(t *testing.T, id string) *report {
	t.Helper()
	waitFor(t, 5*time.Minute, func() bool {
		var all []struct{ Status string }
		res := bailey(t, "status", id, "--json", "--data", h.data, "--store", h.store)
		if err := json.Unmarshal([]byte(res.stdout), &all); err != nil || all[0].Status == "failed" {
			t.Fatalf("%v: %s", err, res.text())
		}
		return all[0].Status == "done"
	})
	res := bailey(t, "report", id, "--json", "--data", h.data, "--store", h.store)
	rep := &report{}
	if err := json.Unmarshal([]byte(res.stdout), rep); err != nil {
		t.Fatalf("%v: %s", err, tail(res.text(), 2000))
	}
	return rep
}
