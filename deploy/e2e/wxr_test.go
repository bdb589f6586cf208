//go:build accept

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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
