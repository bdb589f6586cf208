//go:build accept

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// writing starts somebody who edits, adds and deletes on a site all the while; stop waits until they have put the pen down, and
// gives how much they did.
func (s *wpSite) writing(t *testing.T, seed int) (stop func() int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stop")
	cmd := exec.Command("php", "-d", "display_errors=stderr", "testdata/writer.php")
	cmd.Env = append(os.Environ(), "WP_ROOT="+s.root, "WP_HOST="+s.host, "STOP="+file, "SEED="+strconv.Itoa(seed))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() int {
		t.Helper()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("the writer failed: %v\n%s", err, tail(errs.String(), 3000))
		}
		return strings.Count(out.String(), "\n")
	}
}

// TestDeltaUnderLoad: somebody works on the source while it is migrated, and while it is synchronised once; after the cut-over the
// target is what a migration of the site as it is now makes of an empty one. DELTA_SEED replays what is written.
func TestDeltaUnderLoad(t *testing.T) {
	seed := envInt("DELTA_SEED", int(time.Now().UnixNano()%1e9))
	t.Logf("replay with DELTA_SEED=%d", seed)
	source, target, fresh := newWordPress(t, "wp-dev"), newTarget(t), newTarget(t)
	src := serve(t, "--site", source.root, "--role", "source", "--max-rate", slow)
	dst := serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()

	stop := source.writing(t, seed)
	first := bailey(t, migrateArgs(data, src, dst)...)
	id := parseReport(t, first).Migration
	under := bailey(t, "sync", id, "--deleted", "delete", "--data", data, "--json")
	edits := stop()
	t.Logf("%d edits; migrate ended with %d (%s), the sync meanwhile with %d (%s)", edits, first.code, tail(first.stderr, 300), under.code, tail(under.stderr, 300))
	if edits < 20 {
		t.Errorf("only %d edits", edits)
	}
	cut := bailey(t, "cutover", id, "--deleted", "delete", "--data", data, "--json")
	if cut.code != 0 || !strings.Contains(cut.stdout, `"switch":true`) {
		t.Fatalf("cutover ended with %d\n%s", cut.code, tail(cut.text(), 4000))
	}
	rep := parseReport(t, cut)
	rep.reconcile(t)

	whole := serve(t, "--site", fresh.root, "--role", "target")
	again := migrate(t, t.TempDir(), src, whole, []int{0})
	if again.Root == "" || len(again.Differences) > 0 {
		t.Fatalf("the comparison itself went wrong: %v", again.Differences)
	}
	options := optionNames(truth(t, "wp-dev"))
	want, got := fresh.dump(t, options, nil), target.dump(t, options, nil)
	want.Terms, got.Terms = inUse(want.Terms), inUse(got.Terms)
	newMove(want, nil, got).compare(asideJudge(t, "after the cut-over"))
	newMove(got, nil, want).compare(asideJudge(t, "too much after the cut-over"))
}

// inUse leaves out formats that no entry has: WordPress makes the term of a format when an entry first gets it, and keeps it
// when the last entry has lost it.
func inUse(terms []*wpTerm) []*wpTerm {
	return slices.DeleteFunc(terms, func(t *wpTerm) bool { return t.Taxonomy == "post_format" && t.Count == 0 && len(t.ObjectIDs) == 0 })
}
