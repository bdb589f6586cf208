//go:build accept

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const hugoBase = "http://localhost:1313"

// drafts are the addresses of what Hugo does not build.
func drafts(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	content := filepath.Join(dir, "content")
	for file := range tree(t, content) {
		raw, err := os.ReadFile(filepath.Join(content, file))
		if err != nil || !strings.HasSuffix(file, ".md") {
			continue
		}
		front, _, _ := strings.Cut(strings.TrimPrefix(string(raw), "---\n"), "\n---\n")
		if strings.Contains("\n"+front, "\ndraft: true") || strings.Contains("\n"+front, "\nstatus: scheduled") || strings.Contains(front, "render: never") {
			all["/"+strings.TrimSuffix(file, ".md")+"/"] = true
		}
	}
	return all
}

// stop ends an agent as its owner does, and waits.
func (a *agent) stop(t *testing.T) {
	t.Helper()
	if err := a.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-a.done
}

// missing are the files that the source names and does not have.
func missing(rep *report) map[string]bool {
	refs := map[string]bool{}
	for _, l := range rep.Losses {
		if strings.Contains(l.Code, "missing") {
			for _, r := range l.Refs {
				refs[r] = true
			}
		}
	}
	return refs
}

func TestWordPressToFolder(t *testing.T) {
	source, dir := newWordPress(t, "wp-dev"), newFolder(t)
	before := tree(t, dir)
	src, dst := serve(t, "--site", source.root, "--role", "source"), serve(t, "--site", dir, "--flavour", "hugo", "--role", "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	for _, k := range rep.Kinds {
		t.Logf("%+v", k)
	}
	for _, l := range rep.Losses {
		t.Logf("loss %s %s %s %d", l.Code, l.Kind, l.Field, l.Count)
	}
	for _, r := range rep.Rejected {
		t.Errorf("rejected: %+v", r)
	}
	public := build(t, dir)
	c := crawl(t, public, hugoBase)
	hidden, lost := drafts(t, dir), missing(rep)
	t.Logf("%d pages, %d links, %d images, %d drafts, %d lost files", c.pages, c.links, c.images, len(hidden), len(lost))
	for address, page := range c.dangling {
		if !hidden[address] {
			t.Errorf("%s leads nowhere (on %s)", address, page)
		}
	}
	if c.pages < 100 || c.images < 20 {
		t.Errorf("only %d pages with %d images", c.pages, c.images)
	}
	written := tree(t, dir, ".bailey")
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	sameState(t, "the folder after a second run", written, tree(t, dir, ".bailey"))
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the folder after the rollback", before, tree(t, dir, ".bailey"))
	dst.stop(t)
	sameState(t, "the folder after the agent", before, tree(t, dir))
}
