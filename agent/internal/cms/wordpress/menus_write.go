package wordpress

import (
	"encoding/json"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func (w *writer) menus() error {
	if err := w.findExisting("term_taxonomy", "term_taxonomy_id"); err != nil {
		return err
	}
	for _, j := range w.jobs {
		if err := w.menu(j); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) menu(j *job) error {
	if err := w.menuTerm(j); err != nil {
		return err
	}
	j.done(j.id)
	if err := w.menuItems(j); err != nil {
		return err
	}
	return w.menuLocations(j)
}

// menuTerm writes the menu itself: a term of nav_menu.
func (w *writer) menuTerm(j *job) error {
	m := j.rec.GetMenu()
	slug, err := w.menuSlug(j)
	if err != nil {
		return err
	}
	name := escapeName(m.GetName())
	if !j.update {
		j.id, err = w.newTerm("nav_menu", name, slug, m.GetDescription())
		return err
	}
	id, err := w.s.termID(w.ctx, w.tx, j.id)
	if err != nil {
		return err
	}
	if _, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {terms} SET name = ?, slug = ? WHERE term_id = ?"), name, slug, id); err != nil {
		return err
	}
	if _, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {term_taxonomy} SET description = ? WHERE term_taxonomy_id = ?"), m.GetDescription(), j.id); err != nil {
		return err
	}
	return w.dropItems(j.id)
}

func (w *writer) menuSlug(j *job) (string, error) {
	m := j.rec.GetMenu()
	wanted := encodeSlug(m.GetSlug())
	if wanted == "" {
		wanted = encodeSlug(slugify(m.GetName()))
	}
	if wanted == "" {
		wanted = encodeSlug("menu-" + j.rec.GetRef().GetSourceId())
	}
	keys, err := w.u.Names.Choose("menu", func(reserved func(string) bool) ([]string, error) {
		slug := wanted
		for n := 2; ; n++ {
			there, err := w.s.loadTerms(w.ctx, w.tx, "x.taxonomy = 'nav_menu' AND t.slug = ?", slug)
			if err != nil || (len(there) == 0 || there[0].tt == j.id) && !reserved(slug) {
				return []string{slug}, err
			}
			slug = suffixed(wanted, n)
		}
	})
	if err != nil {
		return "", err
	}
	if m.GetSlug() != "" && decodeSlug(keys[0]) != m.GetSlug() {
		j.adjust("slug", "slug_taken", decodeSlug(keys[0]))
	}
	return keys[0], nil
}

func (w *writer) dropItems(tt int64) error {
	items, err := w.s.menuItems(w.ctx, w.tx, tt)
	if err != nil {
		return err
	}
	ids := idsOf(items)
	for _, q := range []string{"DELETE FROM {postmeta} WHERE post_id IN ", "DELETE FROM {posts} WHERE ID IN "} {
		if err := cmssql.ExecIn(w.ctx, w.tx, ids, w.s.sql(q)); err != nil {
			return err
		}
	}
	_, err = w.tx.Exec(w.ctx, w.s.sql("DELETE FROM {term_relationships} WHERE term_taxonomy_id = ?"), tt)
	return err
}

// menuItems writes a post per item, related to the menu.
func (w *writer) menuItems(j *job) error {
	items := j.rec.GetMenu().GetItems()
	author, err := w.s.fallbackAuthor(w.ctx, w.tx, w.u.FallbackAuthor)
	if err != nil {
		return err
	}
	rows := make([][]any, len(items))
	for i, it := range items {
		rows[i] = append(w.itemDraft(it, i, author).values(), "", "", "")
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"posts", append(append([]string{}, postCols...), fixedCols...), rows)
	if err != nil {
		return err
	}
	names, guids, related, byID := map[int64]string{}, map[int64]string{}, make([][]any, len(ids)), map[string]int64{}
	for i, id := range ids {
		names[id], guids[id] = itoa(id), w.env.home+"/?p="+itoa(id)
		related[i] = []any{id, j.id, 0}
		byID[items[i].GetId()] = id
	}
	if err := setEach(w.ctx, w.s, w.tx, "posts", "ID", "post_name", names); err != nil {
		return err
	}
	if err := setEach(w.ctx, w.s, w.tx, "posts", "ID", "guid", guids); err != nil {
		return err
	}
	if _, err := w.tx.Insert(w.ctx, w.s.prefix+"term_relationships", []string{"object_id", "term_taxonomy_id", "term_order"}, related); err != nil {
		return err
	}
	m := &metaBuilder{table: postMeta}
	for i, it := range items {
		if err := w.itemMeta(m, j, it, ids[i], byID[it.GetParentId()]); err != nil {
			return err
		}
	}
	return m.insert(w)
}

func (w *writer) itemDraft(it *recordv1.MenuItem, i int, author int64) *draft {
	d := &draft{}
	d.post = post{
		author: author, title: it.GetTitle(), excerpt: it.GetTitleAttr(), content: it.GetDescription(), status: "publish", comments: "closed", pings: "closed",
		order: int64(it.GetPosition()), kind: "nav_menu_item",
	}
	if it.GetHidden() {
		d.status = "draft"
	}
	if d.order == 0 {
		d.order = int64(i + 1)
	}
	w.setDates(d, it.GetCreated(), nil)
	return d
}

func (w *writer) itemMeta(m *metaBuilder, j *job, it *recordv1.MenuItem, id, above int64) error {
	t, err := w.itemTarget(j, it, id)
	if err != nil {
		return err
	}
	m.add(id, itemType, t.kind)
	m.add(id, itemParent, itoa(above))
	m.add(id, itemObjectID, itoa(t.id))
	m.add(id, itemObject, t.object)
	m.add(id, itemTarget, it.GetWindow())
	m.add(id, itemClasses, serialized(classList(it.GetClasses())))
	m.add(id, itemXFN, it.GetXfn())
	m.add(id, itemURL, t.url)
	w.fields(m, id, j, "itemmeta:"+itoa(id)+":", it.GetFields(), func(key string) string {
		if strings.HasPrefix(key, itemPrefix) {
			return ""
		}
		return key
	})
	return nil
}

// classList is how WordPress stores the classes of an item: one empty class for none.
func classList(classes []string) *recordv1.Value {
	if len(classes) == 0 {
		classes = []string{""}
	}
	var all []*recordv1.Value
	for _, c := range classes {
		all = append(all, php.Text(c))
	}
	return phpList(all...)
}

// objectOf is what a menu item points to, in WordPress's words.
type objectOf struct {
	id                int64
	kind, object, url string
}

func (w *writer) itemTarget(j *job, it *recordv1.MenuItem, id int64) (objectOf, error) {
	if it.GetTarget() == nil {
		return loneItem(j, it, id), nil
	}
	o := objectOf{kind: "post_type", object: storedTaxonomy(it.GetObject())}
	if it.GetTarget().GetKind() == recordv1.Kind_KIND_TERM {
		o.kind = "taxonomy"
	}
	target := w.target(it.GetTarget())
	if target == 0 {
		j.openRef("item:"+itoa(id), it.GetTarget())
		targetMissing(j)
		return o, nil
	}
	now, err := w.s.object(w.ctx, w.tx, it.GetTarget().GetKind(), target)
	if err != nil {
		return o, err
	}
	if now.kind == "" {
		return loneItem(j, it, id), nil
	}
	return now, nil
}

// loneItem is an item without a record: a custom address or a type's archive. One whose target is gone becomes a custom
// item that leads nowhere, because WordPress prints warnings for items that point to nothing.
func loneItem(j *job, it *recordv1.MenuItem, id int64) objectOf {
	o := objectOf{kind: "custom", object: "custom", id: id, url: it.GetUrl()}
	switch it.GetType() {
	case "custom", "":
	case "post_type_archive":
		return objectOf{kind: it.GetType(), object: it.GetObject(), url: it.GetUrl(), id: -1}
	default:
		targetMissing(j)
		j.adjust("items.target", "target_missing", "")
		if o.url == "" {
			o.url = "#"
		}
	}
	return o
}

// targetMissing tells that an item's target is not here; Relink makes a custom item of it when it does not come either.
func targetMissing(j *job) {
	for _, f := range []string{"items.type", "items.object", "items.url"} {
		j.adjust(f, "target_missing", "")
	}
}

// menuLocations shows the menu in its places of the target's theme, and keeps what was shown there.
func (w *writer) menuLocations(j *job) error {
	places := j.rec.GetMenu().GetLocations()
	if len(places) == 0 {
		return nil
	}
	id, err := w.s.termID(w.ctx, w.tx, j.id)
	if err != nil {
		return err
	}
	theme := "theme_mods_" + w.env.opts["stylesheet"]
	before, err := w.s.options(w.ctx, w.tx, []string{theme})
	if err != nil {
		return err
	}
	if j.res.Before, err = json.Marshal(before); err != nil {
		return err
	}
	return w.s.changeOption(w.ctx, w.u, theme, "yes", func(old string) string {
		v, err := php.Unserialize([]byte(old))
		if err != nil && old != "" {
			return old
		}
		if v.GetArray() == nil {
			v = phpArray()
		}
		if lookup(v, "nav_menu_locations").GetArray() == nil {
			assign(v, "nav_menu_locations", phpArray())
		}
		for _, p := range places {
			assign(lookup(v, "nav_menu_locations"), p, php.Int(id))
		}
		return serialized(v)
	})
}
