//go:build accept

package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// newFolder is a folder with layouts and nothing else, as an owner would set it up who wants to see pages.
func newFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(dir, os.DirFS("testdata/hugo")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sampleFolder is a site of Hugo with content.
func sampleFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	need(t, os.CopyFS(dir, os.DirFS("../../agent/internal/cms/folder/testdata/hugo")))
	return dir
}

// tree digests a folder whole, names of folders included.
func tree(t *testing.T, dir string, leave ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, e fs.DirEntry, err error) error {
		for _, l := range leave {
			if file == l {
				return fs.SkipDir
			}
		}
		if err != nil || e.IsDir() {
			all[file] = "folder"
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, file))
		all[file] = fmt.Sprintf("%x", sha256.Sum256(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// build has the real Hugo build a copy of the folder, which Hugo itself writes to.
func build(t *testing.T, dir string) (public string) {
	t.Helper()
	program, err := exec.LookPath("hugo")
	if err != nil {
		t.Fatal("hugo is not installed: run make deps, or install the Debian package hugo")
	}
	work := t.TempDir()
	site := filepath.Join(work, "site")
	if err := os.CopyFS(site, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	public = filepath.Join(work, "public")
	out, err := exec.Command(program, "--source", site, "--destination", public).CombinedOutput()
	if err != nil {
		t.Fatalf("hugo: %v\n%s", err, tail(string(out), 4000))
	}
	if strings.Contains(string(out), "WARN") || strings.Contains(string(out), "ERROR") {
		t.Errorf("hugo says:\n%s", tail(string(out), 3000))
	}
	return public
}

// nowhere are the internal addresses on the pages that the real Hugo builds, which lead to nothing, not even to a draft.
func nowhere(t *testing.T, dir string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "content")); errors.Is(err, fs.ErrNotExist) {
		// A folder that nothing was written to yet.
		return nil
	}
	hidden := drafts(t, dir)
	lost := crawl(t, build(t, dir), hugoBase).dangling
	maps.DeleteFunc(lost, func(address, _ string) bool { return hidden[address] })
	return slices.Sorted(maps.Keys(lost))
}

// crawled is what the pages of a built site hold.
type crawled struct {
	pages, links, images int
	// dangling are internal addresses that lead to no file, with a page that has them.
	dangling map[string]string
}

// crawl follows every internal address of every page.
func crawl(t *testing.T, public, base string) *crawled {
	t.Helper()
	c := &crawled{dangling: map[string]string{}}
	err := fs.WalkDir(os.DirFS(public), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		f, err := os.Open(filepath.Join(public, file))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		doc, err := html.Parse(f)
		if err != nil {
			return err
		}
		c.pages++
		page := &url.URL{Scheme: "http", Host: "site.invalid", Path: "/" + strings.TrimSuffix(file, "index.html")}
		for tag, address := range ledTo(doc) {
			c.follow(public, base, page, tag, address)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ledTo are all addresses that a page leads to and shows, each with the tag that names it.
func ledTo(doc *html.Node) iter.Seq2[string, string] {
	return func(yield func(tag, address string) bool) {
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				all := []string{a.Val}
				switch a.Key {
				case "href", "src", "poster":
				case "srcset":
					all = nil
					for one := range strings.SplitSeq(a.Val, ", ") {
						all = append(all, strings.Fields(one)[:1]...)
					}
				default:
					continue
				}
				for _, one := range all {
					if n.Type == html.ElementNode && !yield(n.Data, one) {
						return
					}
				}
			}
		}
	}
}

func (c *crawled) follow(public, base string, page *url.URL, tag, address string) {
	if rest, ok := strings.CutPrefix(address, base); ok && (rest == "" || rest[0] == '/') {
		address = "/" + strings.TrimPrefix(rest, "/")
	}
	to, err := page.Parse(address)
	if err != nil || to.Host != page.Host || to.Path == page.Path && to.Fragment != "" {
		return
	}
	if c.links++; tag == "img" {
		c.images++
	}
	if !answers(public, to.Path) {
		c.dangling[to.Path] = page.Path
	}
}

// answers says that a server finds a file of the built site for a path.
func answers(public, at string) bool {
	for _, file := range []string{at, path.Join(at, "index.html")} {
		if st, err := os.Stat(filepath.Join(public, filepath.FromSlash(file))); err == nil && st.Mode().IsRegular() {
			return true
		}
	}
	return false
}
