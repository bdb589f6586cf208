//go:build accept

package e2e

import (
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestLanguagesIntoFolders moves a Drupal of several languages: the pages that are built name their translations, each in its own language,
// and are named by them.
func TestLanguagesIntoFolders(t *testing.T) {
	src := newDrupal(t, "d9-dev").serve(t, "source")
	all := maps.Clone(builders)
	all["hugo"] = builder{base: hugoBase}
	for flavour, b := range all {
		t.Run(flavour, func(t *testing.T) {
			dir := newFolder(t)
			if flavour != "hugo" {
				dir = t.TempDir()
			}
			dst := serve(t, "--site", dir, "--flavour", flavour, "--role", "target")
			data := t.TempDir()
			rep := migrate(t, data, src, dst, []int{0, 3})
			rep.reconcile(t)
			for _, l := range rep.Losses {
				if l.Kind == "entry" && (l.Field == "locale" || l.Field == "translation_group") {
					t.Errorf("lost: %+v", l)
				}
			}
			migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
			public := ""
			if flavour == "hugo" {
				public = build(t, dir)
			} else if public = b.build(t, dir); public == "" {
				return
			}
			translated(t, public)
		})
	}
}

// translated checks that pages and their translations name each other.
func translated(t *testing.T, public string) {
	t.Helper()
	names, languages := map[string][]string{}, map[string]int{}
	need(t, fs.WalkDir(os.DirFS(public), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		raw, err := os.Open(filepath.Join(public, file))
		need(t, err)
		defer func() { _ = raw.Close() }()
		doc, err := html.Parse(raw)
		need(t, err)
		for n := range doc.Descendants() {
			if a := attrs(n); n.Data == "link" && a["rel"] == "alternate" && a["hreflang"] != "" {
				at := "/" + strings.TrimSuffix(file, "index.html")
				to, err := url.PathUnescape(a["href"])
				need(t, err)
				names[at] = append(names[at], to)
				languages[a["hreflang"]]++
			}
		}
		return nil
	}))
	for at, others := range names {
		for _, other := range others {
			if !slices.Contains(names[other], at) {
				t.Errorf("%s names %s as its translation, which names %v", at, other, names[other])
			}
		}
	}
	t.Logf("%d pages have translations: %v", len(names), languages)
	if len(names) < 4 || len(languages) < 2 {
		t.Errorf("only %d pages have translations, in %v", len(names), languages)
	}
}

func attrs(n *html.Node) map[string]string {
	all := map[string]string{}
	for _, a := range n.Attr {
		all[a.Key] = a.Val
	}
	return all
}
