//go:build accept

package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestDemoInRealGhost starts the real Ghost on what the demo leaves behind.
func TestDemoInRealGhost(t *testing.T) {
	ghostProgram(t)
	out := filepath.Join(t.TempDir(), "demo")
	cmd := exec.Command("go", "run", "./deploy/demo", "-out", out, "-bin", filepath.Dir(agentBin))
	cmd.Dir = "../.."
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the demo failed: %v\n%s", err, tail(string(said), 3000))
	}
	root := filepath.Join(out, "ghost")
	g := &ghostSite{root: root, file: filepath.Join(root, "content", "data", "ghost.db")}
	g.open(t)
	live := g.boot(t)
	if !live.login("owner@ghost.example", "lantern-on-the-pier") {
		t.Fatal("the owner cannot log in")
	}
	saw := live.ask(g.ledger(t, ledgerComment))
	if len(saw.posts) < 30 {
		t.Errorf("Ghost lists %d posts and pages", len(saw.posts))
	}
	visitorsSee(t, live, saw)
	rendersTheSame(t, live, saw)
	live.look()
}
