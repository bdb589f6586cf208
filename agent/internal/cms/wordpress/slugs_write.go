package wordpress

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// taken is a slug that a post has.
type taken struct {
	id, parent int64
	kind       string
}

var pageNumber = regexp.MustCompile(`^(page)?[0-9]+$`)

// reservedSlug says that WordPress reads the slug as something else. (wp_unique_post_slug)
func (w *writer) reservedSlug(d *draft, slug string) bool {
	switch slug {
	case "feed", "rdf", "rss", "rss2", "atom", "embed":
		return true
	}
	switch {
	case d.kind == "page":
		return pageNumber.MatchString(slug)
	case d.kind == "post" && digits(slug):
		return w.clashesWithDate(slug)
	}
	return false
}

// clashesWithDate says that a number as slug reads like a page, a month or a day in the site's addresses.
func (w *writer) clashesWithDate(slug string) bool {
	n, err := strconv.Atoi(slug)
	if err != nil || n == 0 {
		return false
	}
	parts := strings.FieldsFunc(w.env.opts["permalink_structure"], func(r rune) bool { return r == '/' })
	for i, p := range parts {
		if p != "%postname%" {
			continue
		}
		return i == 0 || parts[i-1] == "%year%" && n < 13 || parts[i-1] == "%monthnum%" && n < 32
	}
	return false
}

// unbound says that a draft's slug need not be unique.
func unbound(d *draft) bool {
	return d.kind == "revision" || d.kind == "nav_menu_item" || d.name == "" || d.status == "draft" || d.status == "pending" || d.status == "auto-draft"
}

// scopeKey names the space in which a draft's slug must be unique.
func scopeKey(d *draft, slug string) string {
	slug = strings.ToLower(slug)
	if d.kind == "page" || d.parent != 0 && d.kind != "attachment" {
		return d.kind + "/" + itoa(d.parent) + "/" + slug
	}
	return d.kind + "/" + slug
}

const anyScope = "*/"

func clashes(d *draft, t taken) bool {
	switch {
	case t.id == d.job.id && d.job.id != 0:
		return false
	case d.kind == "attachment":
		return true
	case d.kind == "page" || d.parent != 0:
		return (t.kind == d.kind || t.kind == "attachment") && t.parent == d.parent
	}
	return t.kind == d.kind
}

// chooseSlugs gives each draft a slug by WordPress's rules.
func (w *writer) chooseSlugs(drafts []*draft) error {
	_, err := w.u.Names.Choose("post_name", func(reserved func(string) bool) ([]string, error) {
		c := &slugChoice{w: w, reserved: reserved, mine: map[string]bool{}, have: map[string][]taken{}}
		var open []*draft
		for _, d := range drafts {
			w.startSlug(d)
			if !unbound(d) {
				open = append(open, d)
			}
		}
		err := c.all(open)
		return c.keys, err
	})
	return err
}

// startSlug sets the slug that a draft would like to have.
func (w *writer) startSlug(d *draft) {
	d.name = encodeSlug(d.wanted)
	switch {
	case d.kind == "revision":
		d.name = d.wanted
		if !isPending(d.parent) {
			d.name = itoa(d.parent) + "-" + d.wanted
		}
	case d.name == "" && d.status != "draft" && d.status != "pending":
		if d.name = encodeSlug(slugify(d.title)); d.name == "" {
			d.name = encodeSlug(d.kind + "-" + d.rec.GetRef().GetSourceId())
		}
	case decodeSlug(d.name) != d.wanted:
		d.adjust("slug", "slug_changed", decodeSlug(d.name))
	}
}

type slugChoice struct {
	w        *writer
	reserved func(string) bool
	// mine are keys chosen in this batch, have the posts with a name.
	mine map[string]bool
	have map[string][]taken
	keys []string
}

func (c *slugChoice) all(open []*draft) error {
	base, number := map[*draft]string{}, map[*draft]int{}
	for _, d := range open {
		base[d], number[d] = d.name, 1
	}
	for len(open) > 0 {
		if err := c.look(open); err != nil {
			return err
		}
		var again []*draft
		for _, d := range open {
			if c.usable(d) {
				c.choose(d, base[d])
				continue
			}
			number[d]++
			d.name = suffixed(base[d], number[d])
			again = append(again, d)
		}
		open = again
	}
	return nil
}

func (c *slugChoice) choose(d *draft, base string) {
	for _, k := range []string{scopeKey(d, d.name), anyScope + strings.ToLower(d.name)} {
		c.mine[k] = true
		c.keys = append(c.keys, k)
	}
	if d.name != base && d.wanted != "" {
		d.adjust("slug", "slug_taken", decodeSlug(d.name))
	}
}

// look finds who has the names.
func (c *slugChoice) look(open []*draft) error {
	var names []string
	for _, d := range open {
		if key := strings.ToLower(d.name); c.have[key] == nil {
			c.have[key] = []taken{}
			names = append(names, d.name)
		}
	}
	return cmssql.EachIn(c.w.ctx, c.w.tx, names, func(r *sql.Rows) error {
		var t taken
		var name string
		if err := r.Scan(&t.id, &name, &t.kind, &t.parent); err != nil {
			return err
		}
		key := strings.ToLower(name)
		c.have[key] = append(c.have[key], t)
		return nil
	}, c.w.s.sql("SELECT ID, post_name, post_type, post_parent FROM {posts} WHERE post_name IN "), "")
}

func (c *slugChoice) usable(d *draft) bool {
	key := scopeKey(d, d.name)
	if d.kind == "attachment" {
		key = anyScope + strings.ToLower(d.name)
	}
	if c.mine[key] || c.reserved(key) || c.w.reservedSlug(d, d.name) {
		return false
	}
	for _, t := range c.have[strings.ToLower(d.name)] {
		if clashes(d, t) {
			return false
		}
	}
	return true
}
