package folder

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// Flavours are the programs that build the site.
const (
	hugo     = "hugo"
	jekyll   = "jekyll"
	eleventy = "eleventy"
)

// config is what the configuration file says. It is read, never run.
type config struct {
	flavour string
	shape   *shape
	// all is the whole configuration; empty for Eleventy, whose is a program.
	all *doc
	// file is the configuration file; empty: there is none yet.
	file string
	// base is the public address without a slash at its end; prefix is the path in it.
	base, prefix string
	zone         *time.Location
	language     string
	tongues      *tongues
	// content and data are folders, "" is the site's own; static are those whose files are published as they are.
	content, data string
	static        []string
	// copies: Eleventy's program names the folder that uploads go to.
	copies bool
	// taxonomies by their key in front matter: "tags" is "tag".
	taxonomies map[string]string
	// permalinks by section or collection; "" is for posts.
	permalinks map[string]string
	// own are keys of terms that were written here without being configured; people are the ids of authors by their names.
	own, people sync.Map
}

var configFiles = []struct {
	flavour string
	names   []string
}{
	{hugo, []string{"hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default/hugo.toml", "config/_default/hugo.yaml", "config/_default/config.toml", "config/_default/config.yaml",
		"config.toml", "config.yaml", "config.yml", "config.json"}},
	{jekyll, []string{"_config.yml", "_config.yaml", "_config.toml"}},
	{eleventy, []string{".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs"}},
}

// loose are names that other programs use too: the folder must look like Hugo's.
var loose = regexp.MustCompile(`^config\.`)

// readConfig finds the configuration in dir. wanted names the flavour of a folder that has none yet.
func readConfig(fsys fs.FS, dir, wanted string) (*config, error) {
	for _, c := range configFiles {
		if wanted != "" && c.flavour != wanted {
			continue
		}
		for _, name := range c.names {
			raw, err := fs.ReadFile(fsys, path.Join(dir, name))
			if err != nil || loose.MatchString(name) && !isDir(fsys, path.Join(dir, "content")) {
				continue
			}
			return newConfig(c.flavour, name, raw)
		}
	}
	if wanted == "" {
		return nil, cms.ErrNotFound
	}
	return newConfig(wanted, "", nil)
}

func isDir(fsys fs.FS, name string) bool {
	st, err := fs.Stat(fsys, name)
	return err == nil && st.IsDir()
}

func newConfig(flavour, file string, raw []byte) (*config, error) {
	c := &config{flavour: flavour, shape: shapes[flavour], file: file, tongues: &tongues{locales: map[string]string{}}, all: &doc{}, zone: time.UTC, permalinks: map[string]string{},
		taxonomies: map[string]string{"tags": "tag", "categories": "category"}}
	if flavour == eleventy {
		c.content, c.data = eleventyFolders(string(raw))
		for _, dir := range []string{"assets", "img", "images", "media", "uploads", "public", "static"} {
			if c.content != "" {
				c.static = append(c.static, path.Join(c.content, dir))
			}
			c.static = append(c.static, dir)
		}
		c.copies = strings.Contains(string(raw), path.Base(c.static[0]))
		return c, nil
	}
	var err error
	if c.all, err = parseData(path.Ext(file), raw); err != nil && file != "" {
		return nil, err
	}
	if flavour == jekyll {
		c.ofJekyll()
	} else {
		c.ofHugo()
	}
	return c, nil
}

// word reads a setting whatever the case of its name: Hugo does not mind it.
func (c *config) word(names ...string) string {
	for _, p := range c.all.pairs {
		for _, n := range names {
			if strings.EqualFold(p.GetKey().GetText(), n) {
				return plain(p.GetValue())
			}
		}
	}
	return ""
}

func (c *config) at(base string) {
	c.base = strings.TrimRight(base, "/")
	if _, rest, ok := strings.Cut(c.base, "//"); ok {
		if _, p, ok := strings.Cut(rest, "/"); ok {
			c.prefix = "/" + p
		}
	}
}

func (c *config) clock(zone string) {
	if z, err := time.LoadLocation(zone); err == nil && zone != "" {
		c.zone = z
	}
}

func (c *config) ofHugo() {
	c.at(c.word("baseURL"))
	c.clock(c.word("timeZone"))
	c.language = c.word("languageCode", "defaultContentLanguage")
	c.content, c.data, c.static = or(c.word("contentDir"), "content"), or(c.word("dataDir"), "data"), []string{or(c.word("staticDir"), "static"), "assets"}
	if named := docOf(c.all.get("taxonomies")); len(named.pairs) > 0 {
		c.taxonomies = map[string]string{}
		for _, p := range named.pairs {
			c.taxonomies[plain(p.GetValue())] = p.GetKey().GetText()
		}
	}
	for _, p := range docOf(c.all.get("permalinks")).pairs {
		c.permalinks[p.GetKey().GetText()] = plain(p.GetValue())
	}
	first := or(c.word("defaultContentLanguage"), "en")
	c.tongues.first = or(c.language, first)
	for _, p := range docOf(c.all.get("languages")).pairs {
		code := p.GetKey().GetText()
		locale := or(plain(docOf(p.GetValue()).get("languageCode")), code)
		if code == first {
			code = ""
		}
		c.tongues.learn(code, locale)
	}
}

func (c *config) ofJekyll() {
	c.at(c.word("url") + c.word("baseurl"))
	c.clock(c.word("timezone"))
	c.language = c.word("lang", "locale")
	c.data, c.static = or(c.word("data_dir"), "_data"), []string{"assets", "images", "img", "uploads", "files", "media"}
	if c.file == "" {
		// What the configuration will say, see fresh.go.
		c.permalinks[""] = freshPosts
		return
	}
	c.permalinks[""] = or(c.word("permalink"), "date")
	for _, name := range texts(c.all.get("collections")) {
		c.permalinks[name] = jekyllCollection
	}
	for _, p := range docOf(c.all.get("collections")).pairs {
		c.permalinks[p.GetKey().GetText()] = or(plain(docOf(p.GetValue()).get("permalink")), jekyllCollection)
	}
}

// jekyllCollection is where Jekyll shows what is in a collection that has no pattern; of a configuration that is not there yet the
// patterns are our own: such that no date, and so no time zone, decides an address.
const jekyllCollection, freshCollection, freshPosts = "/:collection/:path:output_ext", "/:collection/:path/", "/posts/:title/" // as in fresh/jekyll/_config.yml

// collection is the pattern for what is in one of Jekyll's collections; "": the configuration does not name it.
func (c *config) collection(name string) string {
	if c.file == "" {
		return freshCollection
	}
	return c.permalinks[name]
}

var inputDir = regexp.MustCompile(`(?s)\bdir\s*:\s*\{.*?\binput\s*:\s*["']([^"']+)["']|setInputDirectory\(\s*["']([^"']+)["']`)

var dataDir = regexp.MustCompile(`(?s)\bdir\s*:\s*\{.*?\bdata\s*:\s*["']([^"']+)["']`)

// eleventyFolders are the folders that the configuration names literally.
func eleventyFolders(program string) (content, data string) {
	content, data = "", "_data"
	if m := inputDir.FindStringSubmatch(program); m != nil {
		content = strings.TrimPrefix(path.Clean("/"+m[1]+m[2]), "/")
	}
	if m := dataDir.FindStringSubmatch(program); m != nil {
		data = m[1]
	}
	return content, strings.TrimPrefix(path.Clean("/"+path.Join(content, data)), "/")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// keyOf is the key in front matter, and the folder, of a taxonomy.
func (c *config) keyOf(taxonomy string) string {
	for key, name := range c.taxonomies {
		if name == taxonomy {
			return key
		}
	}
	switch taxonomy {
	case "tag":
		return "tags"
	case "category":
		return "categories"
	}
	return slug(taxonomy)
}

// taxonomy is the taxonomy of a key; a key that the configuration does not name is one of its own.
func (c *config) taxonomy(key string) string {
	return or(c.taxonomies[key], key)
}
