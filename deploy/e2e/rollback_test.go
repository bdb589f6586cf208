//go:build accept

package e2e

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestKillsDuringRollback takes a migration back, kills a process at a random moment (ROLLBACK_KILLS times each; RANDOM_SEED
// repeats the moments) and goes on: after it every table and file of the target is what it was (Rule 6). Between the rounds the
// same two sites are migrated again.
func TestKillsDuringRollback(t *testing.T) {
	seed := uint64(envInt("RANDOM_SEED", int(time.Now().UnixNano()&0xffffff)))
	t.Logf("RANDOM_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src := serveFixed(t, freePort(t), "--site", source.root, "--role", "source")
	dst := serveFixed(t, freePort(t), "--site", target.root, "--role", "target")
	before, data := state(t, target), t.TempDir()

	id := migrate(t, data, src, dst, []int{0, 3}).Migration
	filled := len(state(t, target))
	if filled <= len(before) {
		t.Fatal("the migration brought no files and no ledger")
	}
	begun := time.Now()
	says(t, bailey(t, "rollback", id, "--data", data), []int{0}, "Everything is undone")
	length := time.Since(begun)
	sameState(t, "undisturbed: the target", before, state(t, target))
	t.Logf("an undisturbed rollback takes %s", length.Round(time.Millisecond))

	for round := range 2 * envInt("ROLLBACK_KILLS", 2) {
		migrate(t, data, src, dst, []int{0, 3})
		at := time.Duration(rnd.Float64() * float64(length))
		running := startBailey(t, "rollback", id, "--data", data)
		time.Sleep(at)
		victim := "orchestrator"
		if round%2 == 0 {
			_ = running.cmd.Process.Kill()
		} else {
			victim = "target agent"
			dst.kill()
			dst.start(t)
		}
		res := running.wait()
		early := res.code
		if res.code != 0 {
			// It had not come to its end, nor could it wait for the agent by itself.
			res = bailey(t, "rollback", id, "--data", data)
		}
		says(t, res, []int{0}, "Everything is undone")
		sameState(t, victim+" killed after "+at.Round(time.Millisecond).String()+": the target", before, state(t, target))
		t.Logf("%s killed after %s: ended with %d, then all was undone", victim, at.Round(time.Millisecond), early)
		if t.Failed() {
			return
		}
	}
	if status := bailey(t, "status", id, "--data", data); !strings.Contains(status.text(), "rolled_back") {
		t.Errorf("status: %s", tail(status.text(), 500))
	}
}
