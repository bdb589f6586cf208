package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/scratch"
)

// holder names the variable that makes this program a process that holds a folder until it is killed.
const holder = "SCRATCH_TEST_HOLDS"

func TestMain(m *testing.M) {
	if prefix := os.Getenv(holder); prefix != "" {
		d, err := scratch.Make(prefix)
		if err == nil {
			err = os.WriteFile(filepath.Join(d.Path, "index.db"), []byte("x"), 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(d.Path)
		// Until it is killed: nobody writes to it. A process that waits for nothing at all would be ended as a deadlock.
		_, _ = os.Stdin.Read(make([]byte, 1))
		runtime.KeepAlive(d)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// hold starts a process that holds a folder, and gives the folder's path when it is there.
func hold(t *testing.T, prefix string) (path string, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), holder+"="+prefix)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the process says nothing: %v", cmd.Wait())
	}
	return lines.Text(), func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// What a killed process has left is taken away by the next one; what a living one holds, or is none of ours, stays.
func TestFoldersOfTheDeadAreTakenAway(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const prefix = "scratch-test-"
	dead, kill := hold(t, prefix)
	living, end := hold(t, prefix)
	defer end()
	kill()
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "held"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link, bare := filepath.Join(os.TempDir(), prefix+"link"), filepath.Join(os.TempDir(), prefix+"bare")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(bare, 0o700); err != nil {
		t.Fatal(err)
	}
	if !there(dead) {
		t.Fatal("the killed process has left nothing")
	}
	d, err := scratch.Make(prefix)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scratch.Make(prefix)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dead: false, living: true, filepath.Join(living, "index.db"): true, d.Path: true, again.Path: true, link: true, bare: true, filepath.Join(elsewhere, "held"): true} {
		if there(path) != want {
			t.Errorf("%s there: %v", filepath.Base(path), !want)
		}
	}
	if err := d.Close(); err != nil || there(d.Path) {
		t.Errorf("closed: %v, there %v", err, there(d.Path))
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
