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
	for flavour, builder := range builders {
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
			built(t, dir, builder)
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
func built(t *testing.T, dir string, b builder) {
	t.Helper()
	public := b.build(t, dir)
	if public == "" {
		return
	}
	c := crawl(t, public, b.base)
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
			for _, key := range []string{"permalink", "url"} {
				if at := strings.Trim(lineOf(front, key), "/"); at != "" {
					all[at] = true
				}
			}
		}
	}
	return all
}

// builders make pages of a folder, by flavour.
var builders = map[string]builder{
	"jekyll": {"http://localhost:4000", "JEKYLL", "its program; jekyll-redirect-from must be installed beside it", func(dir, public string) []string {
		return []string{"build", "--disable-disk-cache", "--source", dir, "--destination", public}
	}},
	"eleventy": {"http://localhost:8080", "ELEVENTY", "its program (node_modules/.bin/eleventy)", func(_, public string) []string {
		return []string{"--quiet", "--output=" + public}
	}},
}

// builder is a real program, which is asked only where an environment variable names it, and the address that its pages are written for.
type builder struct {
	base, variable, what string
	args                 func(dir, public string) []string
}

// build makes the pages of the folder; "" where no program is named.
func (b builder) build(t *testing.T, dir string) string {
	t.Helper()
	program := os.Getenv(b.variable)
	if program == "" {
		t.Logf("NOT ASKED: the real builder. Set %s to %s", b.variable, b.what)
		return ""
	}
	public := filepath.Join(t.TempDir(), "public")
	runBuilder(t, dir, program, b.args(dir, public)...)
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
