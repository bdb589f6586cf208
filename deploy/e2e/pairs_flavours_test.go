//go:build accept

package e2e

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"gopkg.in/yaml.v3"
)

// flavourPlace is an empty folder that becomes a site of Jekyll or Eleventy. It is judged by its files, and by the real builder where one
// is named.
func flavourPlace(t *testing.T, flavour string) *place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	need(t, os.Mkdir(dir, 0o755))
	p := folderPlace(t, dir)
	p.args = []string{"--site", dir, "--flavour", flavour}
	p.broken = func(t *testing.T) map[string][]string { return unbuildable(t, dir, builders[flavour]) }
	return p
}

// sources is what a folder's files say without being built.
type sources struct {
	// answers are the addresses that pages, files and old addresses stand at, drafts included: what leads to one is not lost.
	answers map[string]bool
	// pages are the texts of Markdown files by their address.
	pages map[string]string
	// unread are files whose front matter or data are not valid.
	unread []string
}

// unbuildable tells the files that no builder reads, and the addresses within pages that lead nowhere.
func unbuildable(t *testing.T, dir string, b builder) map[string][]string {
	t.Helper()
	s := &sources{answers: map[string]bool{"/": true}, pages: map[string]string{}}
	for file := range tree(t, dir, ".bailey") {
		if raw, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			s.take(file, string(raw))
		}
	}
	lost := map[string]bool{}
	for at, text := range s.pages {
		doc, err := html.Parse(strings.NewReader(rendered(text)))
		need(t, err)
		page := &url.URL{Scheme: "http", Host: "site.invalid", Path: at}
		for _, address := range ledTo(doc) {
			rest, own := strings.CutPrefix(address, b.base)
			if to, err := page.Parse(rest); own || err == nil && to.Host == page.Host {
				lost[to.Path] = !s.answers[to.Path] && !s.answers[to.Path+"/"] && to.Path != ""
			}
		}
	}
	if len(s.pages) > 0 {
		if public := b.build(t, dir); public != "" {
			for at := range crawl(t, public, b.base).dangling {
				lost[at] = !s.answers[at] && !s.answers[at+"/"]
			}
		}
	}
	all := map[string][]string{"cannot be read": s.unread}
	for at, nowhere := range lost {
		if nowhere {
			all[nowhereKey] = append(all[nowhereKey], at)
		}
	}
	return all
}

// take notes at which addresses a file is found, by the rules of the configuration that comes with what is moved.
func (s *sources) take(file, raw string) {
	switch ext := path.Ext(file); {
	case ext == ".md":
		s.takePage(file, raw)
	case strings.HasPrefix(file, "_data/redirects/"):
		var r struct{ File string }
		s.note(file, json.Unmarshal([]byte(raw), &r))
		s.answers[strings.TrimSuffix(r.File, "index.html")] = true
	case ext == ".yaml" || ext == ".yml":
		s.note(file, yaml.Unmarshal([]byte(raw), new(any)))
	case ext == ".json":
		s.note(file, json.Unmarshal([]byte(raw), new(any)))
	case !strings.HasPrefix(file, "_"):
		s.answers["/"+strings.TrimSuffix(file, "index.html")] = true
	}
}

func (s *sources) note(file string, err error) {
	if err != nil {
		s.unread = append(s.unread, file)
	}
}

func (s *sources) takePage(file, raw string) {
	head, body, ok := strings.Cut(strings.TrimPrefix(raw, "---\n"), "\n---\n")
	var front struct {
		Permalink string   `yaml:"permalink"`
		From      []string `yaml:"redirect_from"`
	}
	err := yaml.Unmarshal([]byte(head), &front)
	if !ok {
		err = fs.ErrInvalid
	}
	s.note(file, err)
	name := strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(file, ".md"), "index"), "_")
	if post, ok := strings.CutPrefix(name, "posts/"); ok && strings.HasPrefix(file, "_") {
		name = "posts/" + post[len("2024-01-31-"):]
	}
	at := "/" + strings.TrimSuffix(name, "/") + "/"
	if front.Permalink != "" && front.Permalink != "false" {
		at = front.Permalink
	}
	s.answers[strings.ReplaceAll(at, "//", "/")] = true
	for _, old := range front.From {
		s.answers[old] = true
	}
	s.pages[at] = body
}
