package folder

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// layouts are the least with which Jekyll and Eleventy show what was moved.
//
//go:embed all:fresh
var layouts embed.FS

// layoutOf is the name of a layout as a page asks for it.
func layoutOf(flavour, name string) string {
	if flavour == eleventy {
		return name + ".njk"
	}
	return name
}

// redirectsTemplate makes a page of each redirect's data, as Eleventy has it without a plugin.
// (https://www.11ty.dev/docs/pagination/)
const redirectsTemplate = "redirects.njk"

// made is a file that no record consists of.
type made struct{ path, text string }

// Finish implements cms.Site: it makes the configuration where there is none, and tells what the owner's should say.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	if _, err := u.Tx.Exec(ctx, "UPDATE files SET pending = NULL WHERE pending IS NOT NULL"); err != nil {
		return nil, err
	}
	n, err := s.needs(ctx, u)
	if err != nil {
		return nil, err
	}
	files, err := s.fresh(n)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := s.make(ctx, u, f); err != nil {
			return nil, err
		}
	}
	if s.config.file != "" {
		return s.advice(n), nil
	}
	return nil, nil
}

// make writes a file that is not there yet.
func (s *Site) make(ctx context.Context, u *cms.Unit, f made) error {
	held, err := cmssql.Column[string](ctx, u.Tx, "SELECT path FROM files WHERE path = ?", f.path)
	if err != nil || len(held) > 0 {
		return err
	}
	if _, err := s.root.Lstat(f.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := u.Made(ctx, cms.Row{Table: "files", Column: "path", Value: f.path}); err != nil {
		return err
	}
	_, err = u.Tx.Insert(ctx, "files", []string{"path", "kind", "id", "content"}, [][]any{{f.path, 0, f.path, f.text}})
	return err
}

// needs are what has to be configured so that everything is shown.
type needs struct {
	// site is what the migrated settings say; taxonomies are keys; collections say whether all in them are parts of other pages.
	site        *doc
	taxonomies  []string
	collections map[string]bool
	redirects   bool
	// languages that Hugo has to know, by their keys; unknown are those that a configuration lacks.
	languages map[string]string
	unknown   []string
}

func (s *Site) needs(ctx context.Context, u *cms.Unit) (*needs, error) {
	n := &needs{site: &doc{}, collections: map[string]bool{}}
	kept, err := cmssql.Column[[]byte](ctx, u.Tx, "SELECT content FROM files WHERE kind = ?", int(kindSite))
	if err != nil {
		return nil, err
	}
	if len(kept) > 0 {
		if n.site, err = parseData(s.config.shape.ext, kept[0]); err != nil {
			return nil, err
		}
	}
	if n.taxonomies, err = cmssql.Column[string](ctx, u.Tx, "SELECT DISTINCT substr(id, 1, instr(id, '/') - 1) FROM files WHERE kind = ? ORDER BY 1", int(kindTerm)); err != nil {
		return nil, err
	}
	dirs, err := cmssql.Column[string](ctx, u.Tx, "SELECT DISTINCT substr(path, 1, instr(path, '/') - 1) || CASE WHEN instr(content, '\npurpose: fragment') THEN '' ELSE '/' END FROM files "+
		"WHERE kind = ? AND path LIKE '~_%/%' ESCAPE '~' ORDER BY 1", int(kindEntry))
	for _, dir := range dirs {
		name, shown := strings.CutSuffix(strings.TrimPrefix(dir, "_"), "/")
		if name != "posts" && name != "drafts" {
			n.collections[name] = n.collections[name] || shown
		}
	}
	if err != nil {
		return nil, err
	}
	if err := s.tongueNeeds(ctx, u, n); err != nil {
		return nil, err
	}
	redirects, err := cmssql.Column[int](ctx, u.Tx, "SELECT COUNT(*) FROM files WHERE kind = ?", int(kindRedirect))
	n.redirects = err == nil && redirects[0] > 0
	return n, err
}

// fresh are the files with which the builder shows what was moved. Beside an owner's configuration only those that what was moved
// asks for by name.
func (s *Site) fresh(n *needs) (files []made, err error) {
	c, config := s.config, ""
	if c.file == "" {
		switch c.flavour {
		case hugo:
			files = append(files, made{"hugo.yaml", s.freshHugo(n)})
		case jekyll:
			config = s.freshJekyll(n)
		}
	}
	if c.flavour == hugo {
		return files, nil
	}
	top := "fresh/" + c.flavour
	err = fs.WalkDir(layouts, top, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := layouts.ReadFile(file)
		rel := strings.TrimPrefix(file, top+"/")
		if rel == "_config.yml" {
			text = append([]byte(config), text...)
		}
		if s.asks(rel, n) {
			files = append(files, made{path.Join(c.content, rel), string(text)})
		}
		return err
	})
	return files, err
}

// asks says that what was moved needs one of our files.
func (s *Site) asks(file string, n *needs) bool {
	switch path.Base(file) {
	case redirectsTemplate:
		return n.redirects
	case "term.html", "term.njk", "base.njk":
		// Pages of terms name theirs, and Eleventy's builds on another.
		return true
	}
	return s.config.file == ""
}

// freshHugo is a configuration with which Hugo shows what was moved.
func (s *Site) freshHugo(n *needs) string {
	d, site := &doc{}, n.site
	d.setText("baseURL", s.config.base+"/")
	d.setText("title", or(plain(site.get("title")), "A new site"))
	d.setText("languageCode", plain(site.get("language")))
	if per := site.get("per_page").GetIntValue(); per > 0 {
		d.set("paginate", intValue(per))
	}
	if tagline := plain(site.get("tagline")); tagline != "" {
		d.set("params", one("description", textValue(tagline)))
	}
	named := &doc{}
	named.setText("category", "categories")
	named.setText("tag", "tags")
	for _, key := range n.taxonomies {
		if s.config.taxonomies[key] == "" {
			named.setText(key, key)
		}
	}
	d.set("taxonomies", named.value())
	s.config.putLanguages(d, n.languages)
	// What Markdown cannot say stands as HTML in it; quotes and dashes stay as they were written.
	goldmark := &doc{}
	goldmark.set("renderer", one("unsafe", boolValue(true)))
	goldmark.set("extensions", one("typographer", boolValue(false)))
	d.set("markup", one("goldmark", goldmark.value()))
	return yamlOf(d)
}

// freshJekyll is what of Jekyll's configuration the site says. (https://jekyllrb.com/docs/configuration/)
func (s *Site) freshJekyll(n *needs) string {
	d, zone := &doc{}, plain(n.site.get("timezone"))
	d.setText("title", or(plain(n.site.get("title")), "A new site"))
	d.setText("description", plain(n.site.get("tagline")))
	d.setText("url", strings.TrimSuffix(s.config.base, s.config.prefix))
	d.setText("baseurl", s.config.prefix)
	d.setText("lang", plain(n.site.get("language")))
	if _, err := time.LoadLocation(zone); err == nil {
		d.setText("timezone", zone)
	}
	all := &doc{}
	for _, name := range slices.Sorted(maps.Keys(n.collections)) {
		in := &doc{}
		in.set("output", boolValue(n.collections[name]))
		in.setText("permalink", freshCollection)
		all.set(name, in.value())
	}
	if len(all.pairs) > 0 {
		d.set("collections", all.value())
	}
	return yamlOf(d)
}

// advice says what an owner's configuration lacks.
func (s *Site) advice(n *needs) (all []*agentv1.Finding) {
	c := s.config
	warn := func(code string, kind cms.Kind, cause, fix, example string) {
		f := &agentv1.Finding{Code: code, Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kind, Count: 1, Cause: cause, Fix: fix}
		if example != "" {
			f.Examples = []string{example}
		}
		all = append(all, f)
	}
	switch goldmark := docOf(docOf(c.all.get("markup")).get("goldmark")); {
	case c.flavour == hugo && !docOf(goldmark.get("renderer")).get("unsafe").GetBoolValue():
		warn("raw_html_hidden", kindEntry, "Hugo leaves out HTML in Markdown: tables with spans, frames and the like are not shown", "set markup.goldmark.renderer.unsafe = true in the configuration", "")
	case c.flavour == jekyll && n.redirects && !contains(texts(c.all.get("plugins")), "jekyll-redirect-from"):
		warn("plugin_not_configured", kindRedirect, "old addresses are answered by the plugin jekyll-redirect-from", "install it and name it under plugins", "")
	case c.flavour == eleventy && !c.copies:
		warn("files_not_copied", kindMedia, "the configuration does not name the folder "+c.static[0], "add addPassthroughCopy for it", "")
	}
	for _, key := range n.taxonomies {
		if c.flavour == hugo && c.taxonomies[key] == "" {
			warn("taxonomy_not_configured", kindTerm, "the configuration does not name the taxonomy "+key, "add it under taxonomies", key)
		}
	}
	for _, locale := range n.unknown {
		warn("language_not_configured", kindEntry, "the configuration does not name the language "+locale+": its pages stand among those of the site's", "add it under languages, and its key to the names of their files: page.fr.md", locale)
	}
	for name := range n.collections {
		if c.flavour == jekyll && c.permalinks[name] == "" {
			warn("collection_not_configured", kindEntry, "the configuration does not name the collection "+name, "add it under collections with output: true", name)
		}
	}
	return all
}
