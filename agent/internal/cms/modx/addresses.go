package modx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// maxAlias is the width of the column; suffixes need room.
const (
	maxAlias = 191
	maxDepth = 50
)

// node is what of a resource decides addresses.
type node struct {
	id, parent, alias, context, contentType, uri string
	folder, visible, frozen                      bool
}

const nodeColumns = "SELECT id, parent, alias, alias_visible, isfolder, context_key, content_type, uri, uri_override FROM {site_content} WHERE "

func nodeOf(r row) *node {
	return &node{id: r.Text("id"), parent: r.Text("parent"), alias: r.Text("alias"), context: r.Text("context_key"), contentType: r.Text("content_type"),
		uri: r.Text("uri"), folder: r.Flag("isfolder"), visible: r.Flag("alias_visible"), frozen: r.Flag("uri_override")}
}

// tree holds the resources above those that are written.
type tree struct {
	w     *writer
	nodes map[string]*node
}

// load reads resources and all above them. Orphans and loops are possible: nothing is read twice.
func (t *tree) load(ids []string) error {
	for depth := 0; depth < maxDepth; depth++ {
		var missing []string
		for _, id := range distinct(ids) {
			if t.nodes[id] == nil {
				missing = append(missing, id)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		rows, err := t.w.s.queryIn(t.w.ctx, t.w.u.Tx, missing, nodeColumns+"id IN ", "")
		if err != nil {
			return err
		}
		ids = ids[:0:0]
		for _, r := range rows {
			n := nodeOf(r)
			t.nodes[n.id] = n
			ids = append(ids, n.parent)
		}
	}
	return nil
}

// uri is where MODX would answer for a resource: the aliases of all above it that show theirs, its own, and the suffix of
// containers or of its content type. (modResource::getAliasPath, 2.8 and 3.0)
func (t *tree) uri(n *node) string {
	var parts []string
	own := n.alias
	if own == "" {
		own = n.id
	}
	if t.w.env.setting(n.context, "use_alias_path") == "1" {
		up := t.nodes[n.parent]
		for depth := 0; up != nil && depth < maxDepth; depth++ {
			if alias := up.alias; up.visible {
				if alias == "" {
					alias = up.id
				}
				parts = append([]string{alias}, parts...)
			}
			up = t.nodes[up.parent]
		}
	}
	return strings.Join(append(parts, own), "/") + t.suffix(n)
}

func (t *tree) suffix(n *node) string {
	if n.folder && t.w.env.isHTML(n.contentType) {
		return t.w.env.setting(n.context, "container_suffix")
	}
	return t.w.env.extension(n.contentType)
}

func (w *writer) tree(ids []string) (*tree, error) {
	t := &tree{w: w, nodes: map[string]*node{}}
	return t, t.load(ids)
}

// addresses gives every entry an alias and an address that no other resource of its context has.
func (w *writer) addresses(drafts []*draft) error {
	var above []string
	for _, d := range drafts {
		d.alias = aliasOf(d.rec.GetEntry().GetSlug(), d.rec.GetEntry().GetTitle())
		if d.cols["isfolder"] == nil {
			d.cols["isfolder"] = int64(0)
		}
		above = append(above, d.above)
		if d.known {
			above = append(above, d.id)
		}
	}
	t, err := w.tree(above)
	if err != nil {
		return err
	}
	_, err = w.u.Names.Choose("uri", func(busy func(string) bool) ([]string, error) { return w.choose(t, drafts, busy) })
	return err
}

// choose asks for the holders of all wishes at once, and again for those that were taken.
func (w *writer) choose(t *tree, drafts []*draft, busy func(string) bool) ([]string, error) {
	var chosen []string
	mine := map[string]bool{}
	tries := map[*draft]int{}
	for open := drafts; len(open) > 0; {
		keys := map[*draft]string{}
		for _, d := range open {
			w.wish(t, d, tries[d])
			keys[d] = d.context + "/" + strings.ToLower(d.cols["uri"].(string))
			tries[d]++
		}
		holders, err := w.holders(open)
		if err != nil {
			return nil, err
		}
		var again []*draft
		for _, d := range open {
			holder, taken := holders[keys[d]]
			if ours := taken && holder == d.id; mine[keys[d]] || taken && !ours || !ours && busy(keys[d]) {
				again = append(again, d)
				continue
			}
			mine[keys[d]] = true
			chosen = append(chosen, keys[d])
		}
		open = again
	}
	for _, d := range drafts {
		d.told()
	}
	return chosen, nil
}

// wish sets alias and address for the n-th try; a frozen address is tried once.
func (w *writer) wish(t *tree, d *draft, n int) {
	frozen := textOf(d.rec, uriField)
	kept := w.kept(d)
	if frozen == "" {
		frozen = kept
	}
	if frozen != "" && n == 0 {
		d.cols["alias"], d.cols["uri"], d.cols["uri_override"] = d.alias, frozen, int64(1)
		return
	}
	if frozen != "" {
		n--
		if kept == frozen {
			d.adjust("path", "address_taken", "")
		} else {
			d.adjust("fields."+uriField, "slug_taken", "")
		}
	}
	alias := d.alias
	if n > 0 {
		suffix := "-" + strconv.Itoa(n+1)
		alias = cut(alias, maxAlias-len(suffix)) + suffix
	}
	folder := d.cols["isfolder"] == int64(1)
	if was := t.nodes[d.id]; d.known && was != nil {
		folder = was.folder
	}
	at := &node{id: d.id, parent: d.above, alias: alias, context: d.context, contentType: fmt.Sprint(d.cols["content_type"]), folder: folder}
	if folder {
		d.cols["isfolder"] = int64(1)
	}
	d.cols["alias"], d.cols["uri"], d.cols["uri_override"] = alias, t.uri(at), int64(0)
}

// kept is the frozen address with which an entry stays where its record says; empty where MODX cannot put it there, as without
// friendly addresses.
func (w *writer) kept(d *draft) string {
	at := cms.AddressOf(d.rec)
	rest, ok := strings.CutPrefix(at, w.s.contextBase(w.env, d.context))
	if at == "" || ok && rest != "" && w.env.setting(d.context, "friendly_urls") == "1" {
		return rest
	}
	d.adjust("path", "address_not_kept", "")
	return ""
}

func (d *draft) told() {
	switch slug, alias := d.rec.GetEntry().GetSlug(), d.cols["alias"].(string); {
	case alias != d.alias:
		d.adjust("slug", "slug_taken", alias)
	case slug != alias && slug != "":
		d.adjust("slug", "slug_changed", alias)
	}
}

// holders says which resource has an address, by context and address.
func (w *writer) holders(drafts []*draft) (map[string]string, error) {
	var uris []string
	for _, d := range drafts {
		uris = append(uris, d.cols["uri"].(string))
	}
	rows, err := w.s.queryIn(w.ctx, w.u.Tx, uris, "SELECT id, context_key, uri FROM {site_content} WHERE uri IN ", "")
	m := map[string]string{}
	for _, r := range rows {
		m[r.Text("context_key")+"/"+strings.ToLower(r.Text("uri"))] = r.Text("id")
	}
	return m, err
}

// aliasOf is the slug, or one made of the title: letters and digits of all scripts, lower case, dashes.
func aliasOf(slug, title string) string {
	if slug = strings.Trim(slug, "/"); slug != "" {
		return cut(slug, maxAlias)
	}
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if made := strings.Trim(cut(b.String(), maxAlias), "-"); made != "" {
		return made
	}
	return "resource"
}

// cut shortens to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// adoptChildren makes the resources above new ones containers, and puts right the addresses that follow.
func (w *writer) adoptChildren(drafts []*draft) error {
	var above []string
	for _, d := range drafts {
		above = append(above, d.above)
	}
	if err := w.makeFolders(above); err != nil {
		return err
	}
	// An alias, a parent or a context may have changed: what is below follows.
	var known []string
	for _, d := range drafts {
		if d.known {
			known = append(known, d.id)
		}
	}
	return w.readdress(known, false)
}

func (w *writer) makeFolders(ids []string) error {
	ids = distinct(ids)
	rows, err := w.s.queryIn(w.ctx, w.u.Tx, ids, "SELECT id FROM {site_content} WHERE isfolder = 0 AND id IN ", "")
	if err != nil || len(rows) == 0 {
		return err
	}
	var flat []string
	for _, r := range rows {
		flat = append(flat, r.Text("id"))
	}
	if err := cmssql.ExecIn(w.ctx, w.u.Tx, flat, w.s.sql("UPDATE {site_content} SET isfolder = 1 WHERE id IN ")); err != nil {
		return err
	}
	return w.readdress(flat, true)
}

// readdress makes the addresses of resources, and of all below them unless alone, what the tree says. One that another
// resource has already stays as it was.
func (w *writer) readdress(ids []string, alone bool) error {
	seen := map[string]bool{}
	for level := 0; len(ids) > 0 && level < maxDepth; level++ {
		t, err := w.tree(ids)
		if err != nil {
			return err
		}
		for _, id := range distinct(ids) {
			seen[id] = true
			if n := t.nodes[id]; n != nil && !n.frozen {
				if err := w.readdressOne(n, t.uri(n)); err != nil {
					return err
				}
			}
		}
		if alone {
			return nil
		}
		below, err := w.s.queryIn(w.ctx, w.u.Tx, distinct(ids), "SELECT id FROM {site_content} WHERE parent IN ", "")
		if err != nil {
			return err
		}
		ids = ids[:0:0]
		for _, r := range below {
			if id := r.Text("id"); !seen[id] {
				ids = append(ids, id)
			}
		}
	}
	return nil
}

func (w *writer) readdressOne(n *node, uri string) error {
	if uri == n.uri {
		return nil
	}
	rows, err := w.query("SELECT id FROM {site_content} WHERE context_key = ? AND uri = ? AND id <> ? LIMIT 1", n.context, uri, n.id)
	if err != nil || len(rows) > 0 {
		return err
	}
	_, err = w.exec("UPDATE {site_content} SET uri = ? WHERE id = ?", uri, n.id)
	return err
}
