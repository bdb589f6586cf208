package wordpress

import (
	"context"
	"database/sql"
	"sort"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const (
	itemPrefix   = "_menu_item_"
	itemType     = itemPrefix + "type"
	itemObject   = itemPrefix + "object"
	itemObjectID = itemPrefix + "object_id"
	itemParent   = itemPrefix + "menu_item_parent"
	itemURL      = itemPrefix + "url"
	itemClasses  = itemPrefix + "classes"
	itemTarget   = itemPrefix + "target"
	itemXFN      = itemPrefix + "xfn"
)

func (r *reader) menus(ctx context.Context, sc scope) (*page, error) {
	menus, err := r.s.loadTerms(ctx, r.q, sc.where+sc.order, sc.args...)
	if err != nil {
		return nil, err
	}
	locations, err := r.s.locations(ctx, r.q, r.env)
	if err != nil {
		return nil, err
	}
	p := &page{}
	for _, m := range menus {
		it, err := r.menu(ctx, m, locations)
		if err != nil {
			return nil, err
		}
		p.add(m.tt, it)
	}
	return p, nil
}

// locations are the theme's places for menus by the menu's term id.
func (s *Site) locations(ctx context.Context, q cmssql.Querier, e *env) (map[int64][]string, error) {
	name := "theme_mods_" + e.opts["stylesheet"]
	opts, err := s.options(ctx, q, []string{name})
	if err != nil {
		return nil, err
	}
	all := map[int64][]string{}
	if v, err := php.Unserialize([]byte(opts[name])); err == nil {
		for _, p := range lookup(v, "nav_menu_locations").GetArray().GetPairs() {
			id := intOf(p.GetValue())
			all[id] = append(all[id], p.GetKey().GetText())
		}
	}
	return all, nil
}

func (r *reader) menu(ctx context.Context, t *term, locations map[int64][]string) (cms.Item, error) {
	body := &recordv1.Menu{
		Name: unescapeName(t.name.String), Slug: decodeSlug(t.slug.String), Description: t.description, Locations: locations[t.id],
	}
	rec := &recordv1.Record{Ref: r.ref(t.tt), Body: &recordv1.Record_Menu{Menu: body}}
	posts, err := r.s.menuItems(ctx, r.q, t.tt)
	if err != nil {
		return cms.Item{}, err
	}
	targets, err := r.itemTargets(ctx, posts)
	if err != nil {
		return cms.Item{}, err
	}
	for _, p := range posts {
		item := r.item(p, targets)
		if item.Target == nil && item.Type != "custom" && item.Type != "post_type_archive" {
			// WordPress does not show items whose target is gone, and prints warnings when it meets them elsewhere.
			note(rec, "menu_item_target_missing", "items")
			continue
		}
		body.Items = append(body.Items, item)
	}
	body.Items = treeOrder(body.Items)
	return cms.Item{Record: rec}, nil
}

// menuItems are the items of a menu in order, with their custom fields.
func (s *Site) menuItems(ctx context.Context, q cmssql.Querier, tt int64) ([]*post, error) {
	ids, err := cmssql.Column[int64](ctx, q, s.sql("SELECT object_id FROM {term_relationships} WHERE term_taxonomy_id = ?"), tt)
	if err != nil {
		return nil, err
	}
	var posts []*post
	err = cmssql.EachIn(ctx, q, ids, func(r *sql.Rows) error {
		p, err := scanPost(r)
		posts = append(posts, p)
		return err
	}, s.sql("SELECT "+s.postColumns(false)+" FROM {posts} WHERE post_type = 'nav_menu_item' AND ID IN "), "")
	if err != nil {
		return nil, err
	}
	sort.Slice(posts, func(i, j int) bool {
		return posts[i].order < posts[j].order || posts[i].order == posts[j].order && posts[i].id < posts[j].id
	})
	meta, err := s.loadMeta(ctx, q, postMeta, idsOf(posts))
	for _, p := range posts {
		p.meta = meta[p.id]
	}
	return posts, err
}

// targets are the records that items of a menu point to.
type targets struct {
	around *surroundings
	terms  *termTree
}

func (r *reader) itemTargets(ctx context.Context, items []*post) (*targets, error) {
	var posts set
	var terms []*term
	for _, p := range items {
		id := atoi(p.meta.get(itemObjectID))
		switch p.meta.get(itemType) {
		case "post_type":
			posts.add(id)
		case "taxonomy":
			terms = append(terms, &term{id: id})
		}
	}
	types, err := r.s.postTypes(ctx, r.q, posts.ids)
	if err != nil {
		return nil, err
	}
	tree, err := r.s.termTree(ctx, r.q, terms)
	return &targets{&surroundings{types: types}, tree}, err
}

func (r *reader) item(p *post, t *targets) *recordv1.MenuItem {
	m := p.meta
	m.drop(func(key string) bool { return cacheName(key) != "" })
	item := &recordv1.MenuItem{
		Id: itoa(p.id), Position: position(p.order), Title: p.title, TitleAttr: p.excerpt, Description: p.content,
		Hidden: p.status != "publish", Created: readTime(p.date, p.dateGMT, r.env.zone),
	}
	item.Type, item.Object, item.Window, item.Xfn = m.first(itemType), m.first(itemObject), m.first(itemTarget), m.first(itemXFN)
	item.Url = m.first(itemURL)
	if above := atoi(m.first(itemParent)); above != 0 {
		item.ParentId = itoa(above)
	}
	item.Classes = classes(m.first(itemClasses))
	switch id := atoi(m.first(itemObjectID)); item.Type {
	case "post_type":
		item.Target = t.around.entryOrMedia(id)
	case "taxonomy":
		if tt := t.terms.tt[taxTerm{item.Object, id}]; tt != 0 {
			item.Target = termRef(tt)
		}
	}
	item.Object = recordTaxonomy(item.Object)
	rec := &recordv1.Record{}
	m.fields(rec, same)
	item.Fields = rec.Fields
	return item
}

// first removes the first row of a key, empty or not, and gives its value.
func (m *metaRows) first(key string) string {
	for i, r := range *m {
		if r.key.String == key {
			*m = append((*m)[:i:i], (*m)[i+1:]...)
			return r.value.String
		}
	}
	return ""
}

// classes are the CSS classes of an item; WordPress stores one empty class for none.
func classes(serialized string) []string {
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return strings.Fields(serialized)
	}
	var all []string
	for _, p := range v.GetArray().GetPairs() {
		if c := p.GetValue().GetText(); c != "" {
			all = append(all, c)
		}
	}
	return all
}

// treeOrder puts each item behind its parent and keeps the order otherwise; an item whose parent is not in the menu moves to the top level.
func treeOrder(items []*recordv1.MenuItem) []*recordv1.MenuItem {
	in := make(map[string]bool, len(items))
	for _, it := range items {
		in[it.GetId()] = true
	}
	for _, it := range items {
		if !in[it.GetParentId()] || it.GetParentId() == it.GetId() {
			it.ParentId = ""
		}
	}
	return inOrder(items)
}

func inOrder(items []*recordv1.MenuItem) []*recordv1.MenuItem {
	done := make(map[string]bool, len(items))
	out := make([]*recordv1.MenuItem, 0, len(items))
	for rest := items; len(rest) > 0; {
		var later []*recordv1.MenuItem
		for _, it := range rest {
			if it.GetParentId() == "" || done[it.GetParentId()] {
				done[it.GetId()] = true
				out = append(out, it)
			} else {
				later = append(later, it)
			}
		}
		if len(later) == len(rest) {
			// A circle of parents: the first of it moves to the top level.
			later[0].ParentId = ""
		}
		rest = later
	}
	return out
}
