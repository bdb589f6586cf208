//go:build accept

package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hugoBase = "http://localhost:1313"

// drafts are the addresses of what Hugo does not build.
func drafts(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for file := range tree(t, dir, ".bailey") {
		page, ok := strings.CutPrefix(file, "content/")
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if !ok || err != nil || !strings.HasSuffix(file, ".md") {
			continue
		}
		front, _, _ := strings.Cut(strings.TrimPrefix(string(raw), "---\n"), "\n---\n")
		if strings.Contains("\n"+front, "\ndraft: true") || strings.Contains("\n"+front, "\nstatus: scheduled") || strings.Contains(front, "render: never") {
			all["/"+strings.TrimSuffix(page, ".md")+"/"] = true
			all[lineOf(front, "url")] = true
		}
	}
	return all
}

// lineOf is the text of a key in front matter.
func lineOf(front, key string) string {
	_, rest, _ := strings.Cut("\n"+front, "\n"+key+": ")
	at, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(at, `"`)
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

// A folder goes into WordPress and comes back as a folder.
func TestFolderToWordPressAndBack(t *testing.T) {
	dir, back, middle := sampleFolder(t), newFolder(t), newTarget(t)
	before := tree(t, dir)
	src := serve(t, "--site", dir, "--role", "source")
	data := t.TempDir()
	into := serve(t, "--site", middle.root, "--role", "target")
	rep := migrate(t, data, src, into, []int{3})
	rep.reconcile(t)
	if len(rep.Rejected) != 1 || rep.Rejected[0].SourceID != "content/broken.md" || rep.Rejected[0].Code != "file_unreadable" {
		t.Errorf("rejected: %v", rep.Rejected)
	}
	for _, l := range rep.Losses {
		if l.Code == "kind_not_held" && l.Kind != "redirect" {
			t.Errorf("lost: %+v", l)
		}
	}
	migrate(t, data, src, into, []int{3}).nothingChanged(t)
	sameState(t, "the source", before, tree(t, dir))
	out := serve(t, "--site", middle.root, "--role", "source")
	dst := serve(t, "--site", back, "--flavour", "hugo", "--role", "target")
	rep = migrate(t, t.TempDir(), out, dst, []int{0, 3})
	rep.reconcile(t)
	if lost := nowhere(t, back); len(lost) > 0 {
		t.Errorf("these lead nowhere: %v", lost)
	}
	for file, parts := range roundTrip {
		found, err := filepath.Glob(filepath.Join(back, file))
		if err != nil || len(found) != 1 {
			t.Errorf("%s came back as %v (%v)", file, found, err)
			continue
		}
		raw, err := os.ReadFile(found[0])
		if err != nil {
			t.Error(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(raw), part) {
				t.Errorf("%s came back without %q:\n%s", file, part, raw)
			}
		}
	}
	comments := 0
	for file := range tree(t, filepath.Join(back, "data", "comments")) {
		if strings.HasSuffix(file, ".yaml") {
			comments++
		}
	}
	// One more comes with every new WordPress.
	if comments != 4 {
		t.Errorf("%d comments came back", comments)
	}
}

// roundTrip is what of the folder must stand in the one that comes back. The page "docs" and the section "docs" cannot have one address:
// whichever comes second gets another name.
var roundTrip = map[string][]string{
	"content/posts/hello.md": {`title: "Hello: the first"`, "- go-lang\n- news\n", "series:\n- beginnings\n", "- jane\n", "date: 2024-03-01T10:00:00+01:00", "summary: What it is about",
		`rating: "4.50"`, "flags:\n", "[the bundle](/posts/bundle/) and [docs](/docs", "/guide/#more)", "![A cat](/uploads/"},
	"content/posts/second.md":             {"title: Second", "draft: true", "date: 2024-04-01", "- bob-builder", "when: 2024-01-02", `<figure><img src="/uploads/`},
	"content/posts/bundle.md":             {"title: A bundle", "![Inside](/uploads/"},
	"content/docs*/guide.md":              {"title: Guide", "No blank line above."},
	"content/tags/go-lang/_index.md":      {"title: The Go language", "About *Go*."},
	"content/series/beginnings/_index.md": {"title: Beginnings"},
	"data/authors/jane.yaml":              {"name: Jane Doe", "email: jane@example.org", "bio: Writes.", "handle: janed"},
	"config/_default/menus.yaml":          {"name: Docs", "name: First\n  parent:", `url: "https://elsewhere.example/"`},
	"hugo.yaml":                           {"title: A Hugo site", "series: series", "paginate: 7"},
}

// The agent beside the folder is killed at random moments: what is resumed ends with the same files (Rule 2).
func TestKillFolder(t *testing.T) {
	source := newWordPress(t, "wp-dev")
	src := serve(t, "--site", source.root, "--role", "source", "--max-rate", slow)
	target := func() (string, *agent) {
		dir := newFolder(t)
		return dir, serveFixed(t, freePort(t), "--site", dir, "--flavour", "hugo", "--role", "target")
	}
	dir, dst := target()
	begun := time.Now()
	want := migrate(t, t.TempDir(), src, dst, []int{0, 3})
	length, files := time.Since(begun), len(tree(t, dir, ".bailey"))
	seed := uint64(envInt("KILL_SEED", int(time.Now().UnixNano()%1e9)))
	t.Logf("the undisturbed run takes %s and makes %d files; replay with KILL_SEED=%d", length.Round(time.Millisecond), files, seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range envInt("KILLS", 4) {
		dir, dst := target()
		data := t.TempDir()
		first := startBailey(t, migrateArgs(data, src, dst)...)
		at := time.Duration(rnd.Float64() * float64(length))
		time.Sleep(at)
		dst.kill()
		dst.start(t)
		res := first.wait()
		rep := &report{}
		if res.code == 0 || res.code == 3 {
			rep = parseReport(t, res)
		} else {
			rep = migrate(t, data, src, dst, []int{0, 3})
		}
		rep.reconcile(t)
		if got := len(tree(t, dir, ".bailey")); rep.Root != want.Root || got != files {
			t.Errorf("killed after %s: root %s with %d files, undisturbed %s with %d", at, rep.Root, got, want.Root, files)
		}
		build(t, dir)
		dst.stop(t)
	}
}
