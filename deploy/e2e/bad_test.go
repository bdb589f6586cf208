//go:build accept

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// refused runs an agent that must not come up and gives what it said.
func refused(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	link := filepath.Join(t.TempDir(), "link")
	cmd := exec.CommandContext(ctx, agentBin, append([]string{"serve", "--link-file", link}, args...)...)
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("bailey-agent serve %s came up:\n%s", strings.Join(args, " "), out)
	}
	if _, err := os.Stat(link); err == nil {
		t.Error("it left a link")
	}
	return ended(cmd.ProcessState, string(out), "")
}

// says checks the exit code and that the message holds each of the words, and no secret.
func says(t *testing.T, res result, codes []int, words ...string) {
	t.Helper()
	ok := false
	for _, c := range codes {
		ok = ok || res.code == c
	}
	if !ok {
		t.Errorf("exit code %d, want one of %v\n%s", res.code, codes, tail(res.text(), 2000))
	}
	low := strings.ToLower(res.text())
	for _, w := range words {
		if !strings.Contains(low, strings.ToLower(w)) {
			t.Errorf("the message lacks %q:\n%s", w, tail(res.text(), 2000))
		}
	}
	for _, bad := range []string{"panic:", "goroutine ", "s3cret"} {
		if strings.Contains(res.text(), bad) {
			t.Errorf("the message holds %q:\n%s", bad, tail(res.text(), 2000))
		}
	}
}

func TestWrongLinks(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	before := checksums(t, target.db.DB)
	try := func(name, source, target string, codes ...int) {
		t.Run(name, func(t *testing.T) {
			res := bailey(t, "migrate", "--source", source, "--target", target, "--data", t.TempDir())
			says(t, res, codes)
			if len(strings.Split(strings.TrimSpace(res.stderr), "\n")) < 2 {
				t.Errorf("the message says no fix:\n%s", res.stderr)
			}
		})
	}
	try("garbage", "http://example.org", dst.link(), 2)
	try("cut", src.link()[:len(src.link())/2], dst.link(), 2)
	try("token-altered", altered(src.link()), dst.link(), 5, 1)
	try("target-token-altered", src.link(), altered(dst.link()), 5, 1)
	try("expired", expired(src.link()), dst.link(), 5, 1, 2)
	try("nobody-there", moved(src.link(), freePort(t)), dst.link(), 5)
	try("source-as-target", src.link(), src.link(), 1, 2)
	says(t, bailey(t, "migrate", "--source", src.link(), "--target", dst.link(), "--data", t.TempDir(), "--kinds", "sausages"), []int{2}, "sausages")
	says(t, bailey(t, "migrate"), []int{2})
	says(t, bailey(t, "frobnicate"), []int{2})
	sameState(t, "the target of failed attempts", before, checksums(t, target.db.DB))
}

// expired is the link with an expiry in the past.
func expired(link string) string {
	return strings.Replace(link, "&token=", "&exp=1000000000&token=", 1)
}

// altered changes a letter inside the link's token.
func altered(link string) string {
	at := len(link) - 9
	other := "A"
	if link[at] == 'A' {
		other = "B"
	}
	return link[:at] + other + link[at+1:]
}

// moved points a link to another port of this machine.
func moved(link, port string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(link, "bailey://"), "?")
	return "bailey://127.0.0.1:" + port + "?" + rest
}

func TestDatabaseRefuses(t *testing.T) {
	d := server.Database(t)
	if _, err := d.DB.Exec("CREATE USER IF NOT EXISTS 'guest'@'127.0.0.1' IDENTIFIED BY 's3cret-right'"); err != nil {
		t.Fatal(err)
	}
	dsn := func(user, password, name string) string {
		return fmt.Sprintf("mysql://%s:%s@127.0.0.1:%d/%s", user, password, server.Port, name)
	}
	serveDSN := func(dsn string) result {
		return refused(t, "--platform", "wordpress", "--dsn", dsn, "--prefix", "wp_", "--role", "source")
	}
	says(t, serveDSN(dsn("guest", "s3cret-wrong", d.Name)), []int{1}, "password")
	says(t, serveDSN(dsn("root", "", "no_such_database")), []int{1}, "database")
	says(t, serveDSN(fmt.Sprintf("mysql://root:s3cret@127.0.0.1:%s/x", freePort(t))), []int{1}, "database")
	says(t, serveDSN("nonsense"), []int{1, 2}, "dsn")
	says(t, serveDSN("sqlite:"+filepath.Join(t.TempDir(), "absent.db")), []int{1})
	says(t, refused(t, "--site", t.TempDir(), "--role", "source"), []int{1, 2})
	says(t, refused(t, "--role", "source"), []int{2}, "--site")
}

func TestWrongPrefix(t *testing.T) {
	site := newWordPress(t, "wp-blank")
	says(t, refused(t, "--platform", "wordpress", "--dsn", site.db.DSN, "--prefix", "blog_", "--role", "source"), []int{1}, "prefix", "blog_")
}

func TestMissingTable(t *testing.T) {
	source := newWordPress(t, "wp-dev")
	if _, err := source.db.DB.Exec("DROP TABLE wp_commentmeta"); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, "--site", source.root, "--role", "source"), []int{1}, "wp_commentmeta")
}

// TestDamagedContent: zero dates, a missing file and a record of 20 MB in one site; everything else moves.
func TestDamagedContent(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	exec := func(query string, args ...any) {
		if _, err := source.db.DB.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	const huge, undated, lost = 16, 19, 611
	exec("UPDATE wp_posts SET post_content = REPEAT('A bridge carries. ', 1165084) WHERE ID = ?", huge)
	exec("UPDATE wp_posts SET post_date = 0, post_date_gmt = 0, post_modified = 0, post_modified_gmt = 0 WHERE ID = ?", undated)
	if err := os.Remove(filepath.Join(source.uploads(), "2008", "06", "canola2.jpg")); err != nil {
		t.Fatal(err)
	}
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	rep := migrate(t, t.TempDir(), src, dst, []int{3})
	rep.reconcile(t)
	rejected := map[string]bool{}
	for _, r := range rep.Rejected {
		rejected[r.Kind+"/"+r.SourceID] = true
		if r.Cause == "" || r.Fix == "" {
			t.Errorf("%s/%s is rejected without a cause or a fix: %+v", r.Kind, r.SourceID, r)
		}
	}
	if !rejected[fmt.Sprintf("entry/%d", huge)] || len(rejected) > 3 {
		t.Errorf("rejected: %v, want the record of 20 MB alone", rejected)
	}
	if !lossNames(rep, "media", fmt.Sprint(lost)) && !rejected[fmt.Sprintf("media/%d", lost)] {
		t.Errorf("the report does not name the missing file: %+v", rep.Losses)
	}
	got := target.dump(t, nil, nil)
	titles := map[string]string{}
	for _, p := range got.Posts {
		titles[p.GUID] = p.Date
	}
	for _, p := range truth(t, "wp-dev").Posts {
		if _, ok := titles[p.GUID]; !ok && p.ID != huge {
			t.Errorf("entry/%d did not arrive", p.ID)
		}
		if _, ok := titles[p.GUID]; ok && p.ID == huge {
			t.Errorf("the rejected record of 20 MB was written")
		}
	}
}

func lossNames(r *report, kind, id string) bool {
	for _, l := range r.Losses {
		if l.Kind == kind && (contains(l.Refs, kind+"/"+id) || contains(l.Refs, id)) {
			return true
		}
	}
	return false
}

// TestInvalidUTF8: SQLite keeps whatever bytes a program once wrote.
func TestInvalidUTF8(t *testing.T) {
	source, target := newGhost(t, "ghost.db"), newTarget(t)
	db, err := sql.Open("sqlite", "file:"+source.file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE posts SET title = CAST(x'416c6c20ff20746865' AS TEXT) WHERE slug = 'all-the-cards'"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	rep := migrate(t, t.TempDir(), src, dst, []int{0, 3})
	rep.reconcile(t)
	id := source.rows(t, "SELECT id FROM posts WHERE slug = 'all-the-cards'")[0]["id"]
	named := lossNames(rep, "entry", id)
	for _, r := range rep.Rejected {
		named = named || r.SourceID == id && r.Cause != "" && r.Fix != ""
	}
	if !named {
		t.Errorf("the report does not name the post with invalid UTF-8: losses %+v, rejected %+v", rep.Losses, rep.Rejected)
	}
	if n := len(target.dump(t, nil, nil).Posts); n < 55 {
		t.Errorf("only %d posts are on the target", n)
	}
}

// TestFullDisk: the target's disk fills up in the middle.
func TestFullDisk(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newGhost(t, "ghost-blank.db")
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=2500k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	b, err := os.ReadFile(target.file)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(small, "ghost.db")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	images := filepath.Join(small, "images")
	if err := os.Mkdir(images, 0o755); err != nil {
		t.Fatal(err)
	}
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--platform", "ghost", "--dsn", "sqlite:"+file, "--files", images, "--base-url", "http://127.0.0.1:2368", "--role", "target")
	res := bailey(t, "migrate", "--source", src.link(), "--target", dst.link(), "--data", t.TempDir())
	says(t, res, []int{1}, "disk")
	dst.kill()
	nothingHalf(t, file)
}

// nothingHalf checks that each row the ledger names is there, whole.
func nothingHalf(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %q, %v", verdict, err)
	}
	var lost int
	if err := db.QueryRow(`SELECT COUNT(*) FROM posts p WHERE p.id NOT IN (SELECT post_id FROM posts_authors)`).Scan(&lost); err != nil || lost != 0 {
		t.Errorf("%d posts without an author, %v", lost, err)
	}
}

// The target's ledger is lost, in the middle of a run and between two: nothing is written a second time.
func TestLostLedger(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src := serveFixed(t, freePort(t), "--site", source.root, "--role", "source", "--max-rate", slow)
	dst := serveFixed(t, freePort(t), "--site", target.root, "--role", "target")
	data := t.TempDir()
	rows := func() (n int) {
		_ = target.db.DB.QueryRow("SELECT COUNT(*) FROM wp_bailey_ledger WHERE kind = 5").Scan(&n)
		return n
	}
	drop := func(table string) {
		t.Helper()
		if _, err := target.db.DB.Exec("DROP TABLE " + table); err != nil {
			t.Fatal(err)
		}
	}
	first := startBailey(t, migrateArgs(data, src, dst)...)
	waitFor(t, 120*time.Second, func() bool { return rows() > 0 })
	drop("wp_bailey_ledger")
	says(t, first.wait(), []int{1}, "ledger_missing", "restore")
	written := checksums(t, target.db.DB)
	says(t, bailey(t, migrateArgs(data, src, dst)...), []int{1}, "ledger_missing", "restore")
	// An agent that is started anew makes no new one either.
	dst.kill()
	dst.start(t)
	says(t, bailey(t, migrateArgs(data, src, dst)...), []int{1}, "ledger_incomplete", "restore")
	sameState(t, "a target whose ledger is lost", written, checksums(t, target.db.DB))
	for _, table := range []string{"sites", "pending", "files", "states", "shared"} {
		drop("wp_bailey_" + table)
	}
	dst.kill()
	dst.start(t)
	says(t, bailey(t, migrateArgs(data, src, dst)...), []int{1}, "ledger_missing", "restore")
}
