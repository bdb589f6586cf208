package folder

import (
	"context"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// place finds a free file for a new record.
func (d *draft) place(ctx context.Context) error {
	c := d.s.config
	wish, dir, ext := "", "", c.shape.ext
	lang, err := d.language(ctx)
	if err != nil {
		return err
	}
	switch b := d.rec.GetBody().(type) {
	case *recordv1.Record_Site:
		wish, dir = "site", c.data
		if c.file == "" {
			c.tongues.learn("", b.Site.GetLanguage())
		}
	case *recordv1.Record_User:
		wish, dir = d.userID(b.User), path.Join(c.data, "authors")
	case *recordv1.Record_Term:
		wish, dir, ext = slug(or(b.Term.GetSlug(), b.Term.GetName())), path.Join(c.content, c.keyOf(b.Term.GetTaxonomy())), "/"+c.shape.term+".md"
		c.own.Store(c.keyOf(b.Term.GetTaxonomy()), true)
	case *recordv1.Record_Media:
		wish, dir = strings.TrimSuffix(d.s.sidecar(fileOf(b.Media)), ext), ""
	case *recordv1.Record_Entry:
		wish, dir, ext = slug(or(b.Entry.GetSlug(), b.Entry.GetTitle())), path.Join(c.content, c.dirOf(b.Entry.GetType())), ".md"
		ext = lang + ext
		if c.flavour != hugo && datedName.MatchString(wish) {
			// The builder would take the date out of the name.
			wish = strings.Replace(wish, "-", "_", 1)
		}
	case *recordv1.Record_Comment:
		wish, dir = "comment-"+strconv.FormatInt(b.Comment.GetCreated().GetSeconds(), 10), path.Join(c.data, "comments", discussion(c, b.Comment.GetEntry()))
	case *recordv1.Record_Menu:
		return d.placeMenu(ctx, b.Menu)
	case *recordv1.Record_Redirect:
		return d.placeRedirect(ctx, b.Redirect)
	}
	if d.kind == kindEntry && dir != c.content && c.flavour != jekyll {
		// A page of that name would be shown at the section's address.
		for first, n := dir, 2; ; n++ {
			held, err := d.holds(ctx, dir+".md")
			if err != nil {
				return err
			}
			page, err := d.s.stands(ctx, d.u.Tx, answering(strings.TrimPrefix(dir, c.content)))
			if err != nil {
				return err
			}
			if !held && page == "" {
				break
			}
			dir = first + "-" + strconv.Itoa(n)
		}
	}
	wish = strings.TrimRight(cut(wish, 150-len(dir)), "-.")
	if wish == "" {
		wish = "untitled"
	}
	chosen, err := d.u.Names.Choose("files", func(reserved func(string) bool) ([]string, error) {
		return d.free(ctx, path.Join(dir, wish), ext, reserved)
	})
	if err != nil {
		return err
	}
	at := strings.TrimSuffix(chosen[0], lang)
	d.path = c.dated(at, d.rec.GetEntry()) + ext
	d.id = d.idFor(at, c)
	if had := slugOf(d.rec); had != nil {
		if name := path.Base(at); *had != name {
			if *had != "" {
				d.adjust("slug", "slug_taken", name)
			}
			*had = name
		}
	}
	return nil
}

func (d *draft) idFor(chosen string, c *config) string {
	switch d.kind {
	case kindUser:
		return path.Base(chosen)
	case kindTerm:
		id, _ := c.below(chosen)
		return id
	}
	return idOf(d.path)
}

// postsDir is where Jekyll's posts are, each with its date before its name.
const postsDir = "_posts/"

// dated is the file of a post with the date before its name, as Jekyll wants it; others stay.
func (c *config) dated(name string, e *recordv1.Entry) string {
	post, ok := strings.CutPrefix(name, postsDir)
	if c.flavour != jekyll || !ok {
		return name
	}
	day := undated
	if at := e.GetPublished(); at != nil {
		if t := time.Unix(at.GetSeconds(), 0).In(time.FixedZone("", int(at.GetOffset()))); t.Year() > 1000 && t.Year() < 10000 {
			day = t.Format(time.DateOnly)
		}
	}
	return postsDir + day + "-" + post
}

// postNames are the names without dates of the posts that are there.
func (s *Site) postNames() (map[string]bool, error) {
	files, err := fs.Glob(s.root.FS(), postsDir+"*")
	all := map[string]bool{}
	for _, file := range files {
		all[s.config.placeOf(file).name] = true
	}
	return all, err
}

// postHeld says that a post of Jekyll has the name, whatever its date: its address may be made of the name alone.
func (d *draft) postHeld(ctx context.Context, name string) (bool, error) {
	there, err := d.s.posts()
	if err != nil || there[name] {
		return true, err
	}
	var held int
	err = d.u.Tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM files WHERE path LIKE '~_posts/%' ESCAPE '~' AND substr(path, 19) = ?)", name+".md").Scan(&held)
	return held > 0, err
}

// cut shortens at a letter's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n = max(n, 8); n > 0 && s[n]&0xc0 == 0x80; n-- {
	}
	return s[:n]
}

// discussion is the folder of an entry's comments.
func discussion(c *config, ref *recordv1.Ref) string {
	if ref == nil || whole.Open(ref) {
		return "unknown"
	}
	at, _ := c.below(ref.GetSourceId())
	return strings.TrimSuffix(at, path.Ext(at))
}

// fileOf is the file that a media record is about.
func fileOf(m *recordv1.Media) string {
	for _, f := range m.GetFiles() {
		if f.GetPath() != "" {
			return f.GetPath()
		}
	}
	return or(slug(or(m.GetSlug(), m.GetTitle())), "file")
}

// sidecar is the data file that describes a file.
func (s *Site) sidecar(file string) string {
	return path.Join(s.config.data, "media", strings.TrimPrefix(file, s.config.static[0]+"/")) + s.config.shape.ext
}

// free finds the first of "name", "name-2", … that neither the folder nor a row has. A page's name must not be a section's.
func (d *draft) free(ctx context.Context, name, ext string, reserved func(string) bool) ([]string, error) {
	c, lang := d.s.config, ""
	if d.kind == kindEntry {
		lang = strings.TrimSuffix(ext, ".md")
	}
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try += "-" + strconv.Itoa(n)
		}
		taken := reserved(try+lang) || d.meant(try)
		if post, ok := strings.CutPrefix(try, postsDir); ok && !taken && c.flavour == jekyll {
			held, err := d.postHeld(ctx, post)
			if err != nil {
				return nil, err
			}
			taken = held
		}
		files := []string{try + ext, try, try + ".html", try + ".markdown"}
		if d.rec.GetTranslationGroup() == "" {
			// Hugo takes pages of one name for translations.
			for _, key := range c.tongues.known() {
				files = append(files, try+"."+key+".md")
			}
			files = append(files, try+".md")
		}
		for _, file := range files {
			if taken || file != try+ext && d.kind != kindEntry {
				break
			}
			// A folder alone takes the name of a page only.
			held, err := d.holds(ctx, file)
			if err != nil {
				return nil, err
			}
			taken = held
		}
		at := ""
		if want := pathOf(d.rec); !taken && want != nil && *want == "" && n < 100 {
			// Patterns may leave the name out of addresses.
			at = answering(c.standsAt(d.rec, d.idFor(try, c), c.dated(try, d.rec.GetEntry())+ext))
			other, err := d.s.stands(ctx, d.u.Tx, at)
			if err != nil {
				return nil, err
			}
			taken = other != "" || reserved(at)
		}
		if !taken {
			return []string{try + lang, at}, nil
		}
	}
}

// holds says that the folder, or a row, has a file, or a folder with files in it.
func (d *draft) holds(ctx context.Context, file string) (bool, error) {
	if _, err := d.s.root.Lstat(file); err == nil {
		return true, nil
	}
	var held int
	err := d.u.Tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM files WHERE path = ? OR path > ? AND path < ?)", file, file+"/", file+"0").Scan(&held)
	return held > 0, err
}

// meant says that a name means something else: a page would stand where others are listed, or not be built, and a tag would be one
// of the words that Eleventy's collections go by.
func (d *draft) meant(name string) bool {
	c := d.s.config
	rel, ok := c.below(name)
	if tag, is := strings.CutPrefix(rel, "tags/"); is && d.kind == kindTerm && c.flavour == eleventy {
		return collectionTags[tag]
	}
	if !ok || d.kind != kindEntry || strings.Contains(rel, "/") {
		return false
	}
	switch rel {
	case "posts", "authors", "index", "_index", "404", "page", "tags", "categories":
		return true
	}
	return c.taxonomies[rel] != "" || c.hasTerms(rel) || !d.s.isContent(rel+".md")
}

func (d *draft) placeMenu(ctx context.Context, m *recordv1.Menu) error {
	if d.s.config.flavour != hugo {
		return d.placeMenuFile(ctx, m)
	}
	for _, other := range []string{"menus.toml", "menus.json", "menus.yml", "menu.toml", "menu.yaml"} {
		if _, err := d.s.root.Lstat(path.Join(path.Dir(menusFile), other)); err == nil {
			d.res.Outcome = agentv1.Outcome_OUTCOME_REJECTED
			d.res.Problem = &agentv1.Problem{Code: "menus_elsewhere", Cause: "the folder keeps menus in a file that the migration does not add to", Fix: "move its content to " + menusFile, Field: "items"}
			return nil
		}
	}
	text, err := d.s.text(menusFile)
	if err != nil {
		text = ""
	}
	wish := cut(or(slug(or(m.GetSlug(), m.GetName())), "menu"), 150)
	chosen, err := d.u.Names.Choose("menus", func(reserved func(string) bool) ([]string, error) {
		for n := 1; ; n++ {
			try := wish
			if n > 1 {
				try += "-" + strconv.Itoa(n)
			}
			own, err := d.s.rows(ctx, d.u.Tx, kindMenu, []string{try})
			if err != nil {
				return nil, err
			}
			if _, held := own[try]; !held && !reserved(try) && menuBlock(text, try) == "" && docOf(d.s.config.all.get("menus")).get(try) == nil && docOf(d.s.config.all.get("menu")).get(try) == nil {
				return []string{try}, nil
			}
		}
	})
	if err != nil {
		return err
	}
	d.path = menusFile + "#" + chosen[0]
	d.nameMenu(m, chosen[0])
	return nil
}

// placeMenuFile finds a file of its own for a menu, which templates find among the data.
func (d *draft) placeMenuFile(ctx context.Context, m *recordv1.Menu) error {
	dir, ext := path.Join(d.s.config.data, "menus"), d.s.config.shape.ext
	wish := cut(or(slug(or(m.GetSlug(), m.GetName())), "menu"), 150)
	chosen, err := d.u.Names.Choose("files", func(reserved func(string) bool) ([]string, error) {
		return d.free(ctx, path.Join(dir, wish), ext, reserved)
	})
	if err != nil {
		return err
	}
	d.path = chosen[0] + ext
	d.nameMenu(m, path.Base(chosen[0]))
	return nil
}

func (d *draft) nameMenu(m *recordv1.Menu, name string) {
	d.id = name
	if m.Slug != d.id {
		if m.Slug != "" {
			d.adjust("slug", "slug_taken", d.id)
		}
		m.Slug = d.id
	}
}

// placeRedirect makes an old address one of the page that it leads to, or, where that is none, a small page of its own.
func (d *draft) placeRedirect(ctx context.Context, r *recordv1.Redirect) error {
	c, host := d.s.config, ""
	// Front matter has no more than the old address.
	plain := len(d.rec.GetFields()) == 0 && (r.GetCode() == 0 || r.GetCode() == 301)
	if to := r.GetTo(); plain && c.shape.aliases != "" && to != nil && !whole.Open(to) && (to.GetKind() == kindEntry || to.GetKind() == kindTerm) {
		own, err := d.s.rows(ctx, d.u.Tx, to.GetKind(), []string{to.GetSourceId()})
		if err != nil {
			return err
		}
		host = own[to.GetSourceId()].path
	}
	switch {
	case host != "":
		d.path = host + "#" + r.GetFromPath()
	case c.shape.aliases == "":
		d.path = path.Join(c.data, redirectsDir, builtFile(r.GetFromPath())+c.shape.ext)
	case c.flavour == jekyll:
		d.path = builtFile(r.GetFromPath())
	default:
		d.path = path.Join(c.static[0], builtFile(r.GetFromPath()))
	}
	// A source knows an address that stands in a page by itself.
	d.id = shortID(or(map[bool]string{true: rooted(r.GetFromPath())}[host != ""], d.path))
	_, err := d.s.root.Lstat(d.path)
	var held int
	if qerr := d.u.Tx.QueryRow(ctx, "SELECT COUNT(*) FROM files WHERE path = ? OR kind = ? AND substr(path, instr(path, '#') + 1) = ?", d.path, int(kindRedirect), r.GetFromPath()).Scan(&held); qerr != nil {
		return qerr
	}
	page, perr := d.s.stands(ctx, d.u.Tx, answering(r.GetFromPath()))
	if perr != nil {
		return perr
	}
	if err == nil || held > 0 || page != "" {
		d.res.Outcome = agentv1.Outcome_OUTCOME_REJECTED
		d.res.Problem = &agentv1.Problem{Code: "address_taken", Cause: "the folder has something else at the old address", Fix: "decide by hand what is to stand there", Field: "from_path"}
	}
	return nil
}

// builtFile is the file that answers to a path in a built site.
func builtFile(p string) string {
	if at := strings.Trim(path.Clean(p), "/"); path.Ext(at) == ".html" {
		return at
	}
	return path.Join(strings.Trim(path.Clean(p), "/"), "index.html")
}
