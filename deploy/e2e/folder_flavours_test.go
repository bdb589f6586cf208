//go:build accept

package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A site of WordPress becomes a folder of Jekyll and of Eleventy, with a configuration and layouts of its own, and comes back.
func TestWordPressToFlavours(t *testing.T) {
	source := newWordPress(t, "wp-dev")
	src := serve(t, "--site", source.root, "--role", "source")
	for flavour, build := range map[string]func(*testing.T, string) string{"jekyll": buildJekyll, "eleventy": buildEleventy} {
		t.Run(flavour, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "site")
			need(t, os.Mkdir(dir, 0o755))
			dst := serve(t, "--site", dir, "--flavour", flavour, "--role", "target")
			data := t.TempDir()
			rep := migrate(t, data, src, dst, []int{0, 3})
			rep.reconcile(t)
			for _, r := range rep.Rejected {
				t.Errorf("rejected: %+v", r)
			}
			written := tree(t, dir, ".bailey")
			migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
			sameState(t, "the folder after a second run", written, tree(t, dir, ".bailey"))
			built(t, dir, flavour, build)
			if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
				t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
			}
			dst.stop(t)
			if left := tree(t, dir); len(left) > 1 {
				t.Errorf("left after the rollback: %v", slices.Sorted(maps.Keys(left)))
			}
		})
	}
}

// built has the real builder make the site, and follows every link of it.
func built(t *testing.T, dir, flavour string, build func(*testing.T, string) string) {
	t.Helper()
	public := build(t, dir)
	if public == "" {
		return
	}
	c := crawl(t, public, map[string]string{"jekyll": "http://localhost:4000", "eleventy": "http://localhost:8080"}[flavour])
	hidden := unbuilt(t, dir)
	t.Logf("%d pages, %d links, %d images, %d drafts", c.pages, c.links, c.images, len(hidden))
	for address, page := range c.dangling {
		if !hidden[strings.Trim(address, "/")] {
			t.Errorf("%s leads nowhere (on %s)", address, page)
		}
	}
	if c.pages < 100 || c.images < 20 {
		t.Errorf("only %d pages with %d images", c.pages, c.images)
	}
}

// unbuilt are the names of pages that are kept from being built.
func unbuilt(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for file := range tree(t, dir, ".bailey") {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || filepath.Ext(file) != ".md" {
			continue
		}
		front, _, _ := strings.Cut(strings.TrimPrefix(string(raw), "---\n"), "\n---\n")
		if strings.Contains("\n"+front, "\npublished: false") || strings.Contains("\n"+front, "\npermalink: false") || strings.Contains("\n"+front, "\nstatus: scheduled") {
			name := strings.TrimSuffix(file, ".md")
			if post, ok := strings.CutPrefix(name, "_posts/"); ok {
				name = "posts/" + post[len("2024-01-31-"):]
			}
			all[strings.TrimPrefix(name, "_")] = true
		}
	}
	return all
}

// buildJekyll has the real Jekyll build the folder; "" where none is named.
func buildJekyll(t *testing.T, dir string) string {
	t.Helper()
	program := os.Getenv("JEKYLL")
	if program == "" {
		t.Log("NOT ASKED: the real Jekyll. Set JEKYLL to its program; jekyll-redirect-from must be installed beside it")
		return ""
	}
	public := filepath.Join(t.TempDir(), "public")
	runBuilder(t, dir, program, "build", "--disable-disk-cache", "--source", dir, "--destination", public)
	return public
}

// buildEleventy has the real Eleventy build the folder; "" where none is named.
func buildEleventy(t *testing.T, dir string) string {
	t.Helper()
	program := os.Getenv("ELEVENTY")
	if program == "" {
		t.Log("NOT ASKED: the real Eleventy. Set ELEVENTY to its program (node_modules/.bin/eleventy)")
		return ""
	}
	public := filepath.Join(t.TempDir(), "public")
	runBuilder(t, dir, program, "--quiet", "--output="+public)
	return public
}

func runBuilder(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, tail(string(out), 4000))
	}
	for line := range strings.Lines(string(out)) {
		if low := strings.ToLower(line); strings.Contains(low, "warning") || strings.Contains(low, "error") || strings.Contains(low, "conflict") {
			t.Errorf("the builder says: %s", line)
		}
	}
}
