//go:build accept

package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// export asks WordPress for its own export file.
func (s *wpSite) export(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("php", "-d", "display_errors=stderr", "testdata/export.php")
	cmd.Env = append(os.Environ(), "WP_ROOT="+s.root, "WP_HOST="+s.host)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("WordPress does not export: %v\n%s", err, tail(errs.String(), 3000))
	}
	file := filepath.Join(t.TempDir(), "export.xml")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// exported is what an export file holds of a site: no spam, of comments no browser, no accounts but those of authors, no
// terms of WordPress's own that hold settings, no places of menus. (wp-admin/includes/export.php)
func exported(d *wpDump) *wpDump {
	authors := map[int]bool{}
	for _, p := range append(append([]*wpPost{}, d.Posts...), d.Media...) {
		authors[p.AuthorID] = true
	}
	e := *d
	e.Comments = nil
	for _, c := range d.Comments {
		if c.Approved == "spam" {
			continue
		}
		held := *c
		if held.Agent = ""; !authors[c.UserID] {
			held.UserID = 0
		}
		e.Comments = append(e.Comments, &held)
	}
	e.Terms = nil
	for _, t := range d.Terms {
		if t.Taxonomy != "wp_theme" && t.Taxonomy != "wp_template_part_area" {
			e.Terms = append(e.Terms, t)
		}
	}
	e.Menus = nil
	for _, m := range d.Menus {
		held := *m
		held.Locations = nil
		e.Menus = append(e.Menus, &held)
	}
	return &e
}

// TestExportToWordPress moves what real WordPress exports, with the uploads beside it.
func TestExportToWordPress(t *testing.T) {
	want := exported(truth(t, "wp-dev"))
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	file := source.export(t)
	before := target.dump(t, nil, nil)
	src := serve(t, "--platform", "wxr", "--dsn", file, "--files", source.uploads(), "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()

	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	m := newMove(want, before, target.dump(t, nil, nil))
	j := newJudge(t, "export→wordpress", rep)
	m.posts(j)
	m.terms(j)
	m.comments(j)
	m.menus(j)

	once := state(t, target)
	again := migrate(t, data, src, dst, []int{0, 3})
	again.nothingChanged(t)
	sameState(t, "the target after a second run", once, state(t, target))
}

// TestExportFetchesFiles moves an export that has no files beside it: they are asked for where the old site shows them.
func TestExportFetchesFiles(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	gone := ""
	asked := map[string]int{}
	var asking sync.Mutex
	uploads := http.StripPrefix("/wp-content/uploads/", http.FileServer(http.Dir(source.uploads())))
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asking.Lock()
		asked[r.URL.Path]++
		asking.Unlock()
		uploads.ServeHTTP(w, r)
	}))
	t.Cleanup(old.Close)
	source.moveHome(t, old.URL)
	file := source.export(t)
	kept := digests(t, source.uploads())
	for p := range kept {
		if gone = p; strings.HasSuffix(p, ".jpg") {
			break
		}
	}
	if err := os.Remove(filepath.Join(source.uploads(), gone)); err != nil {
		t.Fatal(err)
	}
	src := serve(t, "--platform", "wxr", "--dsn", file, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	t.Setenv("BAILEY_TEST_LOOPBACK", "1")
	rep := migrate(t, t.TempDir(), src, dst, []int{0, 3}, "--fetch-missing")
	rep.reconcile(t)

	arrived := map[string]bool{}
	for _, sum := range digests(t, target.uploads()) {
		arrived[sum] = true
	}
	told, wanted := 0, 0
	for _, l := range rep.Losses {
		if l.Code == "fetch_not_found" {
			told += l.Count
		}
	}
	for p, sum := range kept {
		// What no record names is not asked for.
		if asked["/wp-content/uploads/"+p] == 0 || p == gone {
			continue
		}
		if wanted++; !arrived[sum] {
			t.Errorf("%s did not arrive", p)
		}
	}
	missing := 0
	for p := range asked {
		if p = strings.TrimPrefix(p, "/wp-content/uploads/"); kept[p] == "" || p == gone {
			missing++
		}
	}
	if wanted < 20 || told < missing {
		t.Errorf("%d files were asked for and are there, %d are not, %d are told", wanted, missing, told)
	}
	t.Logf("%d files fetched, %d not there, %d told", wanted, missing, told)
}

// digests are the SHA-256 of all files of a folder by path.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		all[strings.TrimPrefix(p, dir+"/")] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
