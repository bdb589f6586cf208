package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/files"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/deploy/testbed"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestIDsRoundTrip(t *testing.T) {
	t.Parallel()
	own, other := files.NewIDs([]string{"site", "a"}), files.NewIDs([]string{"sit", "ea"})
	rapid.Check(t, func(t *rapid.T) {
		p := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9äß _-]{1,20}`), 1, 6).Draw(t, "parts"), "/")
		id := own.ID(p)
		if got, err := own.Path(id); err != nil || got != p || id != own.ID(p) {
			t.Fatalf("%q came back as %q, %v", p, got, err)
		}
		if strings.Contains(id, p) && len(p) > 3 {
			t.Fatalf("id shows the path")
		}
		if _, err := other.Path(id); !errors.Is(err, files.ErrUnknownID) {
			t.Fatalf("another site takes the id")
		}
		at := rapid.IntRange(0, len(id)-1).Draw(t, "at")
		forged := id[:at] + string(rune('A'+(id[at]+1)%26)) + id[at+1:]
		if _, err := own.Path(forged); forged != id && err == nil {
			t.Fatalf("a changed id is taken")
		}
	})
}

func TestIDsOfBadPaths(t *testing.T) {
	t.Parallel()
	ids := files.NewIDs([]string{"x"})
	for _, p := range []string{"", ".", "..", "/etc/passwd", "a/../b", "a//b", "a\x00b", "a/", strings.Repeat("x", 600)} {
		if id := ids.ID(p); id != "" {
			t.Errorf("%q has an id", p)
		}
	}
	if id := ids.ID("latin-\xe9.jpg"); id == "" {
		t.Error("a name that is no UTF-8 has no id")
	}
}

func FuzzPath(f *testing.F) {
	ids := files.NewIDs([]string{"x"})
	f.Add(ids.ID("a/b.jpg"))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, id string) {
		if p, err := ids.Path(id); err == nil && ids.ID(p) != id {
			t.Errorf("%q is taken but is not the id of its path", id)
		}
	})
}

func TestSafePathIsSafe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wish := rapid.OneOf(rapid.String(), rapid.StringMatching(`[./\\a\x00:*-]{0,30}`)).Draw(t, "wish")
		p := files.SafePath(wish)
		if p == "" || path.Clean(p) != p || path.IsAbs(p) || !utf8.ValidString(p) || strings.ContainsAny(p, "\x00\\<>:\"|?*\n\r") {
			t.Fatalf("%q became %q", wish, p)
		}
		for part := range strings.SplitSeq(p, "/") {
			if strings.HasPrefix(part, ".") || len(part) > 220 {
				t.Fatalf("%q became %q", wish, p)
			}
		}
		if files.SafePath(p) != p {
			t.Fatalf("%q is not stable: %q", p, files.SafePath(p))
		}
	})
	for wish, want := range map[string]string{
		"2020/01/Übergrößen 東京.jpg": "2020/01/Übergrößen 東京.jpg", "../../etc/passwd": "etc/passwd", ".htaccess": "htaccess", "a/b.php.jpg": "a/b.php_.jpg", "": "file", "..": "file",
		"x\u202egpj.exe": "xgpj.exe",
	} {
		if got := files.SafePath(wish); got != want {
			t.Errorf("%q became %q, want %q", wish, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.php", "a.PHP", "x/a.phtml", "a.php.", "a.phar", ".htaccess", "a.cgi", "a.exe", "a.sh", "web.config", ".user.ini", "a.php7"} {
		if _, no := files.Refused(name); !no {
			t.Errorf("%s is taken", name)
		}
	}
	for _, name := range []string{"a.jpg", "a.svg", "a.pdf", "a", "a.html", "php", "a.php.jpg"} {
		if _, no := files.Refused(name); no {
			t.Errorf("%s is refused", name)
		}
	}
}

// What a file is is seen by its bytes: a picture's name does not make a picture.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"<?php touch('x');", "\ufeff\n <?PHP x", "<?= 1 ?>", "#!/bin/sh\n", "\x7fELF\x02", "MZ\x90\x00\x03"} {
		if !files.Program("a.jpg", []byte(head)) {
			t.Errorf("%q is taken", head)
		}
	}
	for _, head := range []string{"", "\xff\xd8\xff\xe0", "\x89PNG\r\n", "%PDF-1.7", "<?xml version=\"1.0\"?><svg>", "# Title", "MZ is a word", "GIF89a", "PK\x03\x04"} {
		if files.Program("a.jpg", []byte(head)) {
			t.Errorf("%q is refused", head)
		}
	}
	if files.Program("lesson.txt", []byte("<?php echo 1;")) {
		t.Error("a text that shows a program is refused")
	}
}

// Nothing outside of the folder can be read.
func TestTreeIsAJail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	root := filepath.Join(dir, "uploads")
	must(t, os.MkdirAll(filepath.Join(root, "sub"), 0o700))
	must(t, os.WriteFile(filepath.Join(root, "sub", "own.txt"), []byte("own text"), 0o600))
	must(t, os.Symlink(secret, filepath.Join(root, "out")))
	must(t, os.Symlink("../..", filepath.Join(root, "sub", "up")))
	must(t, os.Symlink("sub/own.txt", filepath.Join(root, "in")))
	tree, err := files.OpenTree(root)
	must(t, err)
	t.Cleanup(func() { must(t, tree.Close()) })
	for _, p := range []string{"out", "sub/up/secret", "../secret", secret, "sub", "none", "", "a\x00b"} {
		if _, err := tree.Stat(t.Context(), p, false); !errors.Is(err, files.ErrNoFile) {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"sub/own.txt", "in"} {
		info, err := tree.Stat(t.Context(), p, true)
		sum := sha256.Sum256([]byte("own text"))
		if err != nil || info.Bytes != 8 || !bytes.Equal(info.SHA256, sum[:]) || !strings.HasPrefix(info.MIME, "text/plain") {
			t.Errorf("%q: %v, %v", p, info, err)
		}
	}
	var got []byte
	must(t, tree.Read(t.Context(), "in", 2, 3, func(b []byte) error { got = append(got, b...); return nil }))
	if string(got) != "n text" {
		t.Errorf("read %q", got)
	}
}

// Beside the folders that are named nothing can be reached either.
func TestTreeOfNamedFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, f := range []string{"images/a.txt", "data/site.db", "imagesx/b.txt"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600))
	}
	tree, err := files.OpenTree(dir, "images")
	must(t, err)
	t.Cleanup(func() { must(t, tree.Close()) })
	if _, err := tree.Stat(t.Context(), "images/a.txt", false); err != nil {
		t.Error(err)
	}
	for _, p := range []string{"data/site.db", "imagesx/b.txt", "images/../data/site.db", "images"} {
		if _, err := tree.Stat(t.Context(), p, false); !errors.Is(err, files.ErrNoFile) {
			t.Errorf("%q: %v", p, err)
		}
	}
	s := newStand(t, "images")
	resp, err := s.in.Receive(t.Context(), s.scope(), header("f1", "x", 0), "data/new.txt", func() ([]byte, error) { return nil, io.EOF })
	must(t, err)
	if resp.GetProblem().GetCode() != "folder_refused" {
		t.Errorf("answer %v", resp)
	}
}

// stand is a target that takes files.
type stand struct {
	*testing.T
	dir   string
	books *ledger.Ledger
	in    *files.Receiver
	site  cms.Site
	set   cms.Settings
	tree  *files.Tree
}

func newStand(t *testing.T, folders ...string) *stand {
	t.Helper()
	set := cms.Settings{Prefix: "fk_", Writable: true, Database: cmssql.Config{Dialect: cmssql.SQLite, File: testbed.SQLite(t)}}
	must(t, os.WriteFile(set.Database.File, nil, 0o600))
	db, err := cmssql.Open(t.Context(), set.Database, true)
	must(t, err)
	must(t, fake.Install(t.Context(), db, set.Prefix, "https://fake.example", "uuid"))
	must(t, db.Close())
	site, err := fake.Driver{}.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	s := &stand{T: t, dir: t.TempDir(), site: site, set: set}
	s.books, err = ledger.Open(site, zap.NewNop())
	must(t, err)
	tree, err := files.OpenTree(s.dir, folders...)
	must(t, err)
	t.Cleanup(func() { _ = tree.Close() })
	s.tree, s.in = tree, files.NewReceiver(tree, s.books)
	return s
}

// stream is what the tests write as.
var stream = &agentv1.WriteScope{SourceSite: "source", Run: "run"}

func (s *stand) scope() *ledger.Scope {
	s.Helper()
	sc, err := s.books.Scope(s.Context(), stream)
	must(s, err)
	return sc
}

func header(id, data string, offset int) *agentv1.FileHeader {
	sum := sha256.Sum256([]byte(data))
	return &agentv1.FileHeader{File: &recordv1.File{Id: id}, Sha256: sum[:], Offset: uint64(offset)}
}

// pieces gives data in small pieces, then end.
func pieces(data string, end error) files.Next {
	return func() ([]byte, error) {
		if data == "" {
			return nil, end
		}
		n := min(len(data), 3)
		p := data[:n]
		data = data[n:]
		return []byte(p), nil
	}
}

func (s *stand) send(id, wish, data string) *agentv1.WriteFileResponse {
	s.Helper()
	resp, err := s.in.Receive(s.Context(), s.scope(), header(id, data, 0), wish, pieces(data, io.EOF))
	must(s, err)
	return resp
}

// kept is how many bytes of a file need not be sent.
func (s *stand) kept(id, data string) int64 {
	s.Helper()
	known, err := s.books.Files(s.Context(), s.scope(), []string{id})
	must(s, err)
	n, err := s.in.Kept(s.Context(), s.scope(), known[id], id, header(id, data, 0).GetSha256())
	must(s, err)
	return n
}

func (s *stand) held(p, want string) {
	s.Helper()
	if got, err := os.ReadFile(filepath.Join(s.dir, p)); err != nil || string(got) != want {
		s.Errorf("%s holds %q, %v; want %q", p, got, err, want)
	}
}

func (s *stand) outcome(resp *agentv1.WriteFileResponse, want agentv1.Outcome) {
	s.Helper()
	if resp.GetOutcome() != want {
		s.Errorf("%v, want %v", resp, want)
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	must(t, os.Chmod(s.dir, 0o755))
	must(t, os.WriteFile(filepath.Join(s.dir, "taken.txt"), []byte("somebody's"), 0o600))
	s.outcome(s.send("1", "2020/01/a.txt", "text of a"), agentv1.Outcome_OUTCOME_CREATED)
	s.outcome(s.send("1", "2020/01/a.txt", "text of a"), agentv1.Outcome_OUTCOME_UNCHANGED)
	s.outcome(s.send("2", "2020/01/A.txt", "other text"), agentv1.Outcome_OUTCOME_CREATED)
	s.outcome(s.send("3", "taken.txt", "ours"), agentv1.Outcome_OUTCOME_CREATED)
	s.held("2020/01/a.txt", "text of a")
	s.held("2020/01/A-1.txt", "other text")
	s.held("taken.txt", "somebody's")
	s.held("taken-1.txt", "ours")
	// A file whose bytes changed at the source replaces its older version, and keeps its name.
	s.outcome(s.send("3", "taken.txt", "ours, newer"), agentv1.Outcome_OUTCOME_CREATED)
	s.held("taken-1.txt", "ours, newer")
	for p, want := range map[string]os.FileMode{"2020/01/a.txt": 0o644, "2020": 0o755, "2020/01": 0o755} {
		if st, err := os.Stat(filepath.Join(s.dir, p)); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v as the folder around it", p, st.Mode(), err, want)
		}
	}
	s.in.Clean()
	if left, _ := filepath.Glob(filepath.Join(s.dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Rule 2: a transfer that broke goes on where it stopped, and nothing appears before it is whole.
func TestReceiveGoesOn(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	broken := errors.New("broken")
	if _, err := s.in.Receive(t.Context(), s.scope(), header("1", "0123456789", 0), "a.txt", pieces("0123456", broken)); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "a.txt")); err == nil {
		t.Error("half a file appeared")
	}
	if n := s.kept("1", "0123456789"); n != 7 {
		t.Errorf("%d bytes are kept", n)
	}
	if n := s.kept("1", "other bytes"); n != 0 {
		t.Errorf("%d bytes of other content are kept", n)
	}
	var bad *link.Error
	if _, err := s.in.Receive(t.Context(), s.scope(), header("1", "0123456789", 9), "a.txt", pieces("9", io.EOF)); !errors.As(err, &bad) || bad.Code != "bad_offset" {
		t.Errorf("error is %v", err)
	}
	resp, err := s.in.Receive(t.Context(), s.scope(), header("1", "0123456789", 5), "a.txt", pieces("56789", io.EOF))
	must(t, err)
	s.outcome(resp, agentv1.Outcome_OUTCOME_CREATED)
	s.held("a.txt", "0123456789")
}

// Rule 2: the process died after the file appeared and before the ledger knew.
func TestReceiveAfterCrash(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	h := header("1", "text", 0)
	must(t, s.books.ClaimFile(t.Context(), s.scope(), &ledger.File{ID: "1", Path: "a.txt", SHA256: h.GetSha256()}))
	must(t, os.WriteFile(filepath.Join(s.dir, "a.txt"), []byte("text"), 0o600))
	s.outcome(s.send("1", "a.txt", "text"), agentv1.Outcome_OUTCOME_UNCHANGED)
	known, err := s.books.Files(t.Context(), s.scope(), []string{"1"})
	must(t, err)
	if !known["1"].Whole || known["1"].Bytes != 4 {
		t.Errorf("the ledger says %+v", known["1"])
	}
	// Somebody else took a claimed name before the file appeared.
	must(t, s.books.ClaimFile(t.Context(), s.scope(), &ledger.File{ID: "2", Path: "b.txt", SHA256: header("2", "mine", 0).GetSha256()}))
	must(t, os.WriteFile(filepath.Join(s.dir, "b.txt"), []byte("theirs"), 0o600))
	s.outcome(s.send("2", "b.txt", "mine"), agentv1.Outcome_OUTCOME_CREATED)
	s.held("b.txt", "theirs")
	s.held("b-1.txt", "mine")
}

// What stands here under one id is copied for another one of the same content, and not when people have changed it since.
func TestReceiveOncePerContent(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	nothing := func(id, wish, data string) *agentv1.WriteFileResponse {
		resp, err := s.in.Receive(t.Context(), s.scope(), header(id, data, len(data)), wish, pieces("", io.EOF))
		must(t, err)
		return resp
	}
	s.outcome(s.send("1", "a.txt", "the same bytes"), agentv1.Outcome_OUTCOME_CREATED)
	if n := s.kept("2", "the same bytes"); n != 14 {
		t.Errorf("%d bytes are kept", n)
	}
	// A transfer of its own had begun.
	broken := errors.New("broken")
	if _, err := s.in.Receive(t.Context(), s.scope(), header("2", "the same bytes", 0), "b.txt", pieces("the same", broken)); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	s.outcome(nothing("2", "b.txt", "the same bytes"), agentv1.Outcome_OUTCOME_CREATED)
	must(t, os.WriteFile(filepath.Join(s.dir, "b.txt"), []byte("of its own now"), 0o600))
	s.held("a.txt", "the same bytes")
	// Between the question and the answer somebody edits, or removes, what should have been copied.
	must(t, os.WriteFile(filepath.Join(s.dir, "a.txt"), []byte("edited"), 0o600))
	for _, gone := range []bool{false, true} {
		if gone {
			must(t, os.Remove(filepath.Join(s.dir, "a.txt")))
			must(t, os.Remove(filepath.Join(s.dir, "b.txt")))
		}
		if n := s.kept("3", "the same bytes"); gone && n != 0 {
			t.Errorf("%d bytes of nothing are kept", n)
		}
		if resp := nothing("3", "c.txt", "the same bytes"); resp.GetProblem().GetCode() != "digest_mismatch" {
			t.Errorf("edited bytes: %v", resp)
		}
	}
	s.outcome(s.send("3", "c.txt", "the same bytes"), agentv1.Outcome_OUTCOME_CREATED)
	s.held("c.txt", "the same bytes")
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	if resp := s.send("1", "shell.php", "<?php"); resp.GetProblem().GetCode() != "type_refused" {
		t.Errorf("got %v", resp)
	}
	if resp := s.send("5", "2020/picture.jpg", "<?php touch('x');"); resp.GetProblem().GetCode() != "type_refused" || resp.GetOutcome() != agentv1.Outcome_OUTCOME_REJECTED {
		t.Errorf("got %v", resp)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "2020", "picture.jpg")); err == nil {
		t.Error("a program appeared under a picture's name")
	}
	resp, err := s.in.Receive(t.Context(), s.scope(), header("2", "announced", 0), "a.txt", pieces("other", io.EOF))
	must(t, err)
	if resp.GetProblem().GetCode() != "digest_mismatch" {
		t.Errorf("got %v", resp)
	}
	if _, err := s.in.Receive(t.Context(), s.scope(), &agentv1.FileHeader{}, "a.txt", pieces("", io.EOF)); err == nil {
		t.Error("a header without id was taken")
	}
	must(t, os.Symlink(t.TempDir(), filepath.Join(s.dir, "away")))
	if _, err := s.in.Receive(t.Context(), s.scope(), header("3", "x", 0), "away/a.txt", pieces("x", io.EOF)); err == nil {
		t.Error("a file was written outside of the folder")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.in.Receive(ctx, s.scope(), header("4", "x", 0), "c.txt", pieces("x", io.EOF)); err == nil {
		t.Error("a cancelled transfer succeeded")
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*.txt")); len(left) > 0 {
		t.Errorf("appeared: %v", left)
	}
}
