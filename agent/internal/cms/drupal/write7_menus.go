package drupal

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// mainLinks is the variable of Drupal 7 that says which menu the theme shows as the main one; mainMenu is what it means
// when it is not set.
const mainLinks, mainMenu = "menu_main_links_source", "main-menu"

// maxMenuName is how long a menu's name may be in Drupal's own form, which puts "menu-" before it.
const maxMenuName = 27

var notMenuName = regexp.MustCompile(`[^a-z0-9-]+`)

// writeMenus7 writes menus with their links. A menu that is there already is never filled up: a new one stands beside it.
func (w *writer) writeMenus7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	for i, rec := range batch {
		d := &draft{w: w, rec: rec, res: cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED}}
		ds[i] = d
		if err := w.menu7(ctx, d, rec.GetMenu()); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func (w *writer) menu7(ctx context.Context, d *draft, m *recordv1.Menu) error {
	title := d.plain("name", m.GetName())
	if name, ok := w.u.Refs.Existing(d.rec.GetRef()); ok {
		rows, err := w.s.query(ctx, w.q, "SELECT menu_name FROM {menu_custom} WHERE menu_name = ?", name)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			d.known, d.res.Outcome, d.res.TargetID = true, agentv1.Outcome_OUTCOME_UPDATED, name
			if err := w.exec(ctx, "UPDATE {menu_custom} SET title = ?, description = ? WHERE menu_name = ?", title, d.plain("description", m.GetDescription()), name); err != nil {
				return err
			}
			if err := w.exec(ctx, "DELETE FROM {menu_links} WHERE module = 'menu' AND menu_name = ?", name); err != nil {
				return err
			}
		}
	}
	if !d.known {
		if err := w.newMenu7(ctx, d, m, title); err != nil {
			return err
		}
	}
	if d.res.TargetID != m.GetSlug() {
		d.adjust("slug", "slug_taken", d.res.TargetID)
	}
	return w.links7(ctx, d, m)
}

func (w *writer) newMenu7(ctx context.Context, d *draft, m *recordv1.Menu, title string) error {
	wish := strings.Trim(notMenuName.ReplaceAllString(strings.ToLower(m.GetSlug()), "-"), "-")
	if wish == "" {
		wish = strings.Trim(notMenuName.ReplaceAllString(strings.ToLower(m.GetName()), "-"), "-")
	}
	if wish = wish[:min(len(wish), maxMenuName)]; wish == "" {
		wish = "menu"
	}
	chosen, err := w.u.Names.Choose("menu_custom", func(busy func(string) bool) ([]string, error) {
		for n := int64(1); ; n++ {
			try := wish
			if n > 1 {
				try += "-" + itoa(n)
			}
			if busy(try) {
				continue
			}
			rows, err := w.s.query(ctx, w.q, "SELECT menu_name FROM {menu_custom} WHERE menu_name = ? UNION SELECT menu_name FROM {menu_links} WHERE menu_name = ?", try, try)
			if err != nil || len(rows) == 0 {
				return []string{try}, err
			}
		}
	})
	if err != nil {
		return err
	}
	d.res.TargetID = chosen[0]
	if _, err := w.insert(ctx, "menu_custom", []map[string]any{{"menu_name": chosen[0], "title": title, "description": d.plain("description", m.GetDescription())}}); err != nil {
		return err
	}
	if isMain(m) && w.s.schema.settings[mainLinks] == nil {
		// The theme shows it instead of the one that the installer has made.
		return w.setVariable7(ctx, mainLinks, php.Text(chosen[0]))
	}
	return nil
}

// links7 writes a menu's links: first the rows, which number themselves, then each one's way down from the top.
func (w *writer) links7(ctx context.Context, d *draft, m *recordv1.Menu) error {
	if len(m.GetLocations()) > 0 {
		d.adjust("locations", "places_of_the_theme", "")
	}
	tree := nested(d, outlined(d, m.GetItems()))
	rows := make([]map[string]any, len(tree))
	for i, n := range tree {
		var err error
		if rows[i], err = w.link7(ctx, d, n.item); err != nil {
			return err
		}
		rows[i]["menu_name"], rows[i]["weight"], rows[i]["has_children"] = d.res.TargetID, i+1, flag(n.children)
	}
	ids, err := w.insert(ctx, "menu_links", rows)
	if err != nil {
		return err
	}
	for i, n := range tree {
		set, args, above := "depth = ?", []any{len(n.path) + 1}, int64(0)
		for j, p := range append(slices.Clone(n.path), i) {
			set, args = set+", p"+itoa(int64(j)+1)+" = ?", append(args, ids[p])
		}
		if len(n.path) > 0 {
			above = ids[n.path[len(n.path)-1]]
		}
		if err := w.exec(ctx, "UPDATE {menu_links} SET plid = ?, "+set+" WHERE mlid = ?", append(append([]any{above}, args...), ids[i])...); err != nil {
			return err
		}
		if t := n.item.GetTarget(); t != nil && t.GetKind() != kindSite {
			d.pointed("link:"+itoa(ids[i])+map[bool]string{true: ":hidden"}[n.item.GetHidden()], "", t)
		}
	}
	return nil
}

// outlined puts items in the order in which they are read back: each one's own behind it.
func outlined(d *draft, items []*recordv1.MenuItem) []*recordv1.MenuItem {
	ids, below := map[string]bool{}, map[string][]*recordv1.MenuItem{}
	for _, it := range items {
		parent := it.GetParentId()
		if !ids[parent] {
			parent = ""
		}
		ids[it.GetId()] = true
		below[parent] = append(below[parent], it)
	}
	var all []*recordv1.MenuItem
	var walk func(parent string)
	walk = func(parent string) {
		for _, it := range below[parent] {
			all = append(all, it)
			if it.GetId() != "" {
				walk(it.GetId())
			}
		}
	}
	walk("")
	if !slices.Equal(all, items) {
		d.adjust("items", "items_reordered", "")
	}
	for i, it := range all {
		if it.GetPosition() != int32(i+1) {
			d.adjust("items.position", "renumbered", "")
		}
	}
	return all
}

// node7 is one link with the links above it, the top first.
type node7 struct {
	item     *recordv1.MenuItem
	path     []int
	children bool
}

// nested finds each item's way down. What lies deeper than Drupal goes hangs as deep as it can.
func nested(d *draft, items []*recordv1.MenuItem) []node7 {
	at := map[string]int{}
	all := make([]node7, len(items))
	for i, it := range items {
		all[i].item = it
		if p, ok := at[it.GetParentId()]; ok && it.GetParentId() != "" {
			if all[i].path = append(slices.Clone(all[p].path), p); len(all[i].path) >= maxMenuDepth {
				all[i].path = all[i].path[:maxMenuDepth-1]
				d.adjust("items.parent_id", "menu_too_deep", "")
			}
			all[all[i].path[len(all[i].path)-1]].children = true
		}
		at[it.GetId()] = i
	}
	return all
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// link7 is the row of one item, without its place.
func (w *writer) link7(ctx context.Context, d *draft, it *recordv1.MenuItem) (map[string]any, error) {
	link := map[string]any{"module": "menu", "customized": 1, "hidden": flag(it.GetHidden()), "expanded": 0, "external": 0, "router_path": ""}
	options := &recordv1.Array{}
	path := ""
	switch to := it.GetTarget(); {
	case to != nil && to.GetKind() == kindSite:
		// The front page is read back as an address.
		path = "<front>"
		d.adjust("items.target", "as_path", "")
		d.adjust("items.url", "as_path", "")
	case to != nil:
		if id, ok := w.u.Refs.Target(to); ok {
			path = systemPath(to.GetKind(), id)
		}
		if to.GetKind() == kindUser {
			// Pages of people are read back as addresses.
			d.adjust("items.target", "as_path", "")
			d.adjust("items.url", "as_path", "")
		}
		if path == "" {
			// Nobody sees it before it leads somewhere.
			path, link["hidden"] = "<front>", 1
			d.adjust("items.hidden", "leads_nowhere", "")
			d.adjust("items.target", "leads_nowhere", "")
		}
	default:
		path = w.address7(ctx, d, it, link, options)
	}
	var err error
	if link["external"] == 0 {
		if link["router_path"], err = w.routerPath7(ctx, path); err != nil {
			return nil, err
		}
		if link["router_path"] == "" && path != "<front>" && w.s.baseURL() != "" && w.s.has("menu_router") {
			// Drupal hides links to paths of its own that it does not know.
			path, link["external"] = w.s.baseURL()+"/"+path, 1
			d.adjust("items.url", "not_a_path_here", "")
		}
	}
	if link["link_path"] = d.short("items.url", path, maxAlias); link["link_path"] != path {
		link["hidden"] = 1
	}
	link["link_title"], err = w.title7(ctx, d, it, path)
	w.options7(d, it, link, options)
	raw, serr := php.Serialize(&recordv1.Value{Kind: &recordv1.Value_Array{Array: options}})
	if serr != nil {
		return nil, serr
	}
	link["options"] = raw
	return link, err
}

// options7 are the attributes of a link and what else Drupal keeps beside its path.
func (w *writer) options7(d *draft, it *recordv1.MenuItem, link map[string]any, options *recordv1.Array) {
	put := func(to *recordv1.Array, name string, v *recordv1.Value) {
		to.Pairs = append(to.Pairs, &recordv1.Pair{Key: php.Text(name), Value: v})
	}
	attributes := &recordv1.Array{}
	for _, a := range [][2]string{{"title", it.GetTitleAttr()}, {"target", it.GetWindow()}, {"rel", it.GetXfn()}} {
		if a[1] != "" {
			put(attributes, a[0], php.Text(d.plain("items", a[1])))
		}
	}
	if len(it.GetClasses()) > 0 {
		list := &recordv1.Array{List: true}
		for i, c := range it.GetClasses() {
			list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: php.Text(d.plain("items.classes", c))})
		}
		put(attributes, "class", &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}})
	}
	if len(attributes.Pairs) > 0 {
		put(options, "attributes", &recordv1.Value{Kind: &recordv1.Value_Array{Array: attributes}})
	}
	for _, f := range it.GetFields() {
		switch {
		case f.GetName() == "expanded":
			link["expanded"] = flag(truthy(f.GetValue()))
		case f.GetName() == "langcode":
			put(options, "langcode", php.Text(scalar(f.GetValue())))
		default:
			d.adjust("items.fields", "no_place", "")
		}
	}
}

// systemPath is the path by which Drupal knows a record; empty where it has none.
func systemPath(kind cms.Kind, id string) string {
	prefix := map[cms.Kind]string{kindEntry: "node/", kindTerm: "taxonomy/term/", kindUser: "user/"}[kind]
	if prefix == "" || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return prefix + id
}

// address7 takes an address apart: path, query and fragment, or an address of another site whole.
func (w *writer) address7(ctx context.Context, d *draft, it *recordv1.MenuItem, link map[string]any, options *recordv1.Array) string {
	text := d.expand("items", d.plain("items.url", it.GetUrl()))
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" {
		link["external"] = 1
		return text
	}
	tail := ""
	if u.RawQuery != "" {
		whole := queryValues(u.RawQuery)
		options.Pairs = append(options.Pairs, &recordv1.Pair{Key: php.Text("query"), Value: whole})
		tail = queryOf(whole)
	}
	if u.Fragment != "" {
		options.Pairs = append(options.Pairs, &recordv1.Pair{Key: php.Text("fragment"), Value: php.Text(u.Fragment)})
		tail += "#" + u.Fragment
	}
	path := strings.Trim(u.Path, "/")
	if path == "" {
		path = "<front>"
	} else if rows, err := w.s.query(ctx, w.q, "SELECT source FROM {url_alias} WHERE alias = ? ORDER BY pid DESC", path); err == nil && len(rows) > 0 {
		// Links are kept by the path behind an alias.
		path = rows[0].text("source")
	}
	back := &recordv1.MenuItem{}
	if w.s.point(back, path, tail); back.Url != it.GetUrl() {
		d.adjust("items.url", "as_path", "")
		d.adjust("items.target", "as_path", "")
	}
	return path
}

// maxParts is how many parts of a path Drupal looks at. (MENU_MAX_PARTS)
const maxParts = 9

// routerPath7 is the pattern among Drupal's own that answers a path; empty where none does. (_menu_find_router_path)
func (w *writer) routerPath7(ctx context.Context, path string) (string, error) {
	switch {
	case path == "<front>":
		return "", nil
	case !w.s.has("menu_router"):
		return patternOf(path), nil
	}
	parts := strings.Split(path, "/")
	parts = parts[:min(len(parts), maxParts)]
	var tries []string
	for n := len(parts); n > 0; n-- {
		for mask := 1<<n - 1; mask >= 0; mask-- {
			try := slices.Clone(parts[:n])
			for i := range try {
				if mask>>(n-1-i)&1 == 0 {
					try[i] = "%"
				}
			}
			tries = append(tries, strings.Join(try, "/"))
		}
	}
	rows, err := queryIn(ctx, w.s, w.q, tries, "SELECT path FROM {menu_router} WHERE path IN ", " ORDER BY fit DESC")
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].text("path"), nil
}

// patternOf is the pattern of the paths that records have.
func patternOf(path string) string {
	if systemRef(path) == nil {
		return path
	}
	return path[:strings.LastIndexByte(path, '/')] + "/%"
}

// title7 is a link's text; one without text gets the title of what it leads to, as Drupal's own form does.
func (w *writer) title7(ctx context.Context, d *draft, it *recordv1.MenuItem, path string) (string, error) {
	if it.GetTitle() != "" {
		return d.short("items.title", d.plain("items.title", it.GetTitle()), maxAlias), nil
	}
	query := map[cms.Kind]string{kindEntry: "SELECT title AS t FROM {node} WHERE nid = ?", kindTerm: "SELECT name AS t FROM {taxonomy_term_data} WHERE tid = ?", kindUser: "SELECT name AS t FROM {users} WHERE uid = ?"}[systemRef(path).GetKind()]
	if query != "" {
		rows, err := w.s.query(ctx, w.q, query, atoi(systemRef(path).GetSourceId()))
		if err != nil || len(rows) > 0 && rows[0].text("t") != "" {
			return rows[0].text("t"), err
		}
	}
	return path, nil
}
