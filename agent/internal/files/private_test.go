package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/files"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Of the folder of private files, too, nothing outside can be read, and neither folder leads into the other.
func TestPrivateFolderIsAJail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, f := range []string{"secret", "public/a.txt", "private/b.txt", "private/in/c.txt"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, f), []byte(f), 0o600))
	}
	for from, to := range map[string]string{"private/out": "../secret", "private/over": "../public/a.txt", "public/over": "../private/b.txt", "private/in/up": "..", "private/own": "b.txt", "private/in/far": dir + "/secret"} {
		must(t, os.Symlink(to, filepath.Join(dir, from)))
	}
	tree, err := files.OpenTree(filepath.Join(dir, "public"))
	must(t, err)
	t.Cleanup(func() { must(t, tree.Close()) })
	if _, err := tree.Stat(t.Context(), "private:/b.txt", false); !errors.Is(err, files.ErrNoFile) {
		t.Errorf("without a second folder: %v", err)
	}
	must(t, tree.OpenPrivate(filepath.Join(dir, "private")))
	for _, p := range []string{"private:/out", "private:/over", "over", "private:/../secret", "private:/../private/b.txt", "private:/in/up/../../secret", "private:/in/up/../secret", "private:/in/far", "private:/", "private:", "private:/in",
		"private:" + dir + "/secret", "private://b.txt", "b.txt", "private/b.txt", "private:/a.txt", "x/private:/b.txt"} {
		if _, err := tree.Stat(t.Context(), p, false); !errors.Is(err, files.ErrNoFile) {
			t.Errorf("%q: %v", p, err)
		}
	}
	for p, want := range map[string]string{"a.txt": "public/a.txt", "private:/b.txt": "private/b.txt", "private:/in/c.txt": "private/in/c.txt", "private:/own": "private/b.txt", "private:/in/up/b.txt": "private/b.txt"} {
		var got []byte
		must(t, tree.Read(t.Context(), p, 0, 100, func(b []byte) error { got = append(got, b...); return nil }))
		if string(got) != want {
			t.Errorf("%q holds %q", p, got)
		}
	}
}

// Files are stored in the folder that they are for, resumed there, and taken back from there.
func TestReceivePrivate(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	const mine = "private:/in/a.txt"
	if resp := s.send("1", mine, "of few"); resp.GetProblem().GetCode() != "folder_refused" {
		t.Errorf("without a second folder: %v", resp)
	}
	private := t.TempDir()
	must(t, s.tree.OpenPrivate(private))
	inPrivate := func(p, want string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(private, p)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", p, got, err, want)
		}
	}
	must(t, os.Symlink(s.dir, filepath.Join(private, "over")))
	s.outcome(s.send("0", "in/a.txt", "of all"), agentv1.Outcome_OUTCOME_CREATED)
	broken := errors.New("broken")
	if _, err := s.in.Receive(t.Context(), s.scope(), header("1", "of few", 0), mine, pieces("of ", broken)); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if n := s.kept("1", "of few"); n != 3 {
		t.Errorf("%d bytes are kept", n)
	}
	resp, err := s.in.Receive(t.Context(), s.scope(), header("1", "of few", 3), mine, pieces("few", io.EOF))
	must(t, err)
	s.outcome(resp, agentv1.Outcome_OUTCOME_CREATED)
	s.outcome(s.send("1", mine, "of few"), agentv1.Outcome_OUTCOME_UNCHANGED)
	s.outcome(s.send("2", mine, "other"), agentv1.Outcome_OUTCOME_CREATED)
	// The content of a public file is copied, not shared.
	resp, err = s.in.Receive(t.Context(), s.scope(), header("3", "of all", len("of all")), "private:/../../copy.txt", pieces("", io.EOF))
	must(t, err)
	s.outcome(resp, agentv1.Outcome_OUTCOME_CREATED)
	if _, err := s.in.Receive(t.Context(), s.scope(), header("4", "x", 0), "private:/over/x.txt", pieces("x", io.EOF)); err == nil {
		t.Error("a link out of the folder is followed")
	}
	if resp := s.send("5", "private:/a.php", "x"); resp.GetProblem().GetCode() != "type_refused" {
		t.Errorf("a program: %v", resp)
	}
	s.held("in/a.txt", "of all")
	inPrivate("in/a.txt", "of few")
	inPrivate("in/a-1.txt", "other")
	inPrivate("copy.txt", "of all")
	must(t, s.books.Rollback(t.Context(), s.scope(), &agentv1.RollbackRequest{}, s.in, func(*agentv1.RollbackResponse) error { return nil }))
	for _, dir := range []string{s.dir, private} {
		left, err := os.ReadDir(dir)
		must(t, err)
		if len(left) != 0 && left[0].Name() != "over" || len(left) > 1 {
			t.Errorf("left in %s: %v", dir, left)
		}
	}
}
