//go:build accept

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// Where the programs and fixtures are.
var (
	agentBin  string
	baileyBin string
	fixtures  string
	server    *testbed.Server
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bailey-accept-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if server, err = testbed.Start("--max-allowed-packet=64M"); err != nil {
		fmt.Fprintln(os.Stderr, "start mariadbd (make deps):", err)
		return 1
	}
	defer server.Stop()
	code := m.Run()
	tally.print(os.Stdout)
	if err := pairs.finish(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// prepare builds both programs, unless BIN names a folder that holds them, and finds the fixtures.
func prepare(dir string) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	fixtures = os.Getenv("FIXTURES")
	if fixtures == "" {
		fixtures = filepath.Join(root, "..", "shared", "fixtures")
	}
	if _, err := os.Stat(filepath.Join(fixtures, "wp-dev", "db.sql.gz")); err != nil {
		return fmt.Errorf("no fixtures in %s: set FIXTURES to their folder", fixtures)
	}
	if bin := os.Getenv("BIN"); bin != "" {
		agentBin, baileyBin = filepath.Join(bin, "bailey-agent"), filepath.Join(bin, "bailey")
		return nil
	}
	agentBin, baileyBin = filepath.Join(dir, "bailey-agent"), filepath.Join(dir, "bailey")
	for bin, pkg := range map[string]string{agentBin: "./agent", baileyBin: "./orchestrator"} {
		cmd := exec.Command("go", "build", "-trimpath", "-o", bin, pkg)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
}
