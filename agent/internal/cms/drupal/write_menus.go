package drupal

import (
	"context"
	"net/url"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// menuPrefix begins the names of menus in configuration; maxMenu is the width of menu_tree.menu_name.
const menuPrefix, maxMenu = "system.menu.", 27

// writeMenus writes menus with all their links.
func (w *writer) writeMenus(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	for i, rec := range batch {
		ds[i] = &draft{w: w, rec: rec, e: &entity{name: "menu"}, cols: map[string]any{}, res: newResult()}
		if err := w.menu(ctx, ds[i]); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func (w *writer) menu(ctx context.Context, d *draft) error {
	m := d.rec.GetMenu()
	name, err := w.menuName(ctx, d)
	if err != nil {
		return err
	}
	lines, err := w.lines(ctx, d, name)
	if err != nil || d.done {
		return err
	}
	label := m.GetName()
	if label == "" {
		label = name
	}
	if d.known {
		if err := w.dropLinks(ctx, name); err != nil {
			return err
		}
		v := w.s.schema.settings[menuPrefix+name]
		put(v, "label", label)
		put(v, "description", m.GetDescription())
		err = w.overwrite(ctx, menuPrefix+name, v)
	} else {
		err = w.makeMenu(ctx, name, label, m.GetDescription())
	}
	if err != nil {
		return err
	}
	if d.res.TargetID = name; m.GetSlug() != name {
		d.adjust("slug", "slug_taken", name)
	}
	return w.flushLinks(ctx, lines)
}

// makeMenu adds the menu's configuration. It is the record's own row: a rollback removes it as such.
func (w *writer) makeMenu(ctx context.Context, name, label, about string) error {
	v := literal(dict{"uuid", newUUID(), "langcode", w.s.schema.base, "status", true, "dependencies", dict{}, "id", name, "label", label, "description", about, "locked", false})
	data, err := w.stored(v)
	if err != nil {
		return err
	}
	w.s.schema.settings[menuPrefix+name] = v
	_, err = w.u.Tx.Insert(ctx, w.s.settings.Prefix+"config", []string{"collection", "name", "data"}, [][]any{{"", menuPrefix + name, data}})
	return err
}

func (w *writer) overwrite(ctx context.Context, name string, v *recordv1.Value) error {
	data, err := w.stored(v)
	if err != nil {
		return err
	}
	return w.exec(ctx, "UPDATE {config} SET data = ? WHERE collection = '' AND name = ?", data, name)
}

// menuName is the menu's own name, or that of an earlier run.
func (w *writer) menuName(ctx context.Context, d *draft) (string, error) {
	if id, ok := w.u.Refs.Existing(d.rec.GetRef()); ok && w.s.schema.settings[menuPrefix+id] != nil {
		d.res.Outcome, d.known = agentv1.Outcome_OUTCOME_UPDATED, true
		return id, nil
	}
	wish := strings.ReplaceAll(machine(d.rec.GetMenu().GetSlug(), maxMenu-3), "_", "-")
	return w.free(ctx, "menu", wish, "", func(try string) (bool, error) { return w.s.schema.settings[menuPrefix+try] != nil, nil })
}

// dropLinks removes the links of a menu.
func (w *writer) dropLinks(ctx context.Context, menu string) error {
	e := w.s.entity("link")
	for i := len(e.more); i >= 0; i-- {
		table := e.revision
		if i > 0 {
			table = e.more[i-1]
		}
		if table == "menu_link_content_data" || !w.s.has(table) {
			continue
		}
		if err := w.exec(ctx, "DELETE FROM {"+table+"} WHERE id IN (SELECT d.id FROM {menu_link_content_data} d WHERE d.menu_name = ?)", menu); err != nil {
			return err
		}
	}
	if err := w.exec(ctx, "DELETE FROM {menu_link_content} WHERE id IN (SELECT d.id FROM {menu_link_content_data} d WHERE d.menu_name = ?)", menu); err != nil {
		return err
	}
	if w.s.has("menu_tree") {
		if err := w.exec(ctx, "DELETE FROM {menu_tree} WHERE menu_name = ? AND provider = 'menu_link_content'", menu); err != nil {
			return err
		}
	}
	return w.exec(ctx, "DELETE FROM {menu_link_content_data} WHERE menu_name = ?", menu)
}

// line is one link of a menu on its way into tables.
type line struct {
	*draft
	it    *recordv1.MenuItem
	above *line
	depth int
	// tree are the columns of menu_tree.
	tree map[string]any
	mlid int64
	path []int64
}

func (w *writer) lines(ctx context.Context, d *draft, menu string) ([]*line, error) {
	var lines []*line
	byID := map[string]*line{}
	for _, it := range d.rec.GetMenu().GetItems() {
		l := &line{it: it, above: byID[it.GetParentId()], draft: &draft{w: w, rec: d.rec, e: w.s.entity("link"), cols: map[string]any{}, res: newResult()}}
		if l.above != nil {
			l.depth = l.above.depth + 1
		}
		if l.depth >= maxMenuDepth {
			l.above, l.depth = l.above.above, l.depth-1
			d.adjust("items.parent_id", "menu_too_deep", "")
		}
		byID[it.GetId()] = l
		if err := w.line(ctx, d, l, menu); err != nil {
			return nil, err
		}
		if l.measure(); l.done {
			p := l.res.Problem
			d.leave(l.res.Outcome, p.GetCode(), p.GetCause(), p.GetFix(), "items")
			return nil, nil
		}
		lines = append(lines, l)
	}
	w.order(d, lines)
	return lines, nil
}

// flushLinks writes the entities of links and the index that menus are shown from. Their unique ids are known already,
// because others name them.
func (w *writer) flushLinks(ctx context.Context, lines []*line) error {
	if len(lines) == 0 {
		return nil
	}
	ds := make([]*draft, len(lines))
	for i, l := range lines {
		ds[i] = l.draft
	}
	if err := w.create(ctx, w.s.entity("link"), ds); err != nil {
		return err
	}
	return w.tree(ctx, lines)
}

// order tells of menus whose links come back in another order or with other numbers: Drupal sorts siblings by weight and
// gives them as a tree.
func (w *writer) order(d *draft, lines []*line) {
	below := map[*line][]*line{}
	for _, l := range lines {
		below[l.above] = append(below[l.above], l)
	}
	n := 0
	var walk func(above *line)
	walk = func(above *line) {
		for _, l := range below[above] {
			if n >= len(lines) || lines[n] != l {
				d.adjust("items", "tree_order", "")
			}
			if n++; l.it.GetPosition() != int32(n) {
				d.adjust("items.position", "renumbered", "")
			}
			walk(l)
		}
	}
	walk(nil)
}

func (w *writer) line(ctx context.Context, d *draft, l *line, menu string) error {
	it, c := l.it, l.cols
	text, err := w.lineTitle(ctx, d, it)
	if err != nil {
		return err
	}
	now := w.s.now().Unix()
	id := newUUID()
	c["uuid"], c["langcode"], c["default_langcode"], c["revision_default"], c["revision_translation_affected"] = id, w.s.schema.base, 1, 1, 1
	c["bundle"], c["menu_name"], c["title"], c["description"], c["changed"], c["revision_created"] = "menu_link_content", menu, text, it.GetDescription(), now, now
	c["external"], c["rediscover"], c["weight"], c["expanded"], c["parent"] = 0, 0, int64(it.GetPosition()), 0, nil
	if it.GetDescription() == "" {
		c["description"] = nil
	}
	c["enabled"] = map[bool]int{false: 1}[it.GetHidden()]
	spoken := len(it.GetFields()) == 0
	for _, f := range it.GetFields() {
		switch {
		case f.GetName() == "expanded":
			c["expanded"] = 1
		case f.GetName() == "langcode" && f.GetValue().GetText() == w.s.schema.base:
			spoken = true
		default:
			d.adjust("items.fields", "no_custom_fields", "")
		}
	}
	if !spoken {
		d.adjust("items.fields", "language_filled", "")
	}
	if it.GetParentId() != "" && l.above != nil {
		c["parent"] = contentLink + l.above.cols["uuid"].(string)
	}
	uri := w.lead(d, l)
	options := dict{}
	attributes := dict{}
	for _, a := range []struct{ name, value string }{{"title", it.GetTitleAttr()}, {"target", it.GetWindow()}, {"rel", it.GetXfn()}} {
		if a.value != "" {
			attributes = append(attributes, a.name, a.value)
		}
	}
	if len(it.GetClasses()) > 0 {
		attributes = append(attributes, "class", it.GetClasses())
	}
	if len(attributes) > 0 {
		options = dict{"attributes", attributes}
	}
	stored, err := w.stored(literal(options))
	c["link__uri"], c["link__title"], c["link__options"] = uri, nil, stored
	l.tree = map[string]any{"menu_name": menu, "id": contentLink + id, "parent": "", "weight": c["weight"], "enabled": c["enabled"], "expanded": c["expanded"], "options": stored}
	if c["parent"] != nil {
		l.tree["parent"] = c["parent"]
	}
	return err
}

// lineTitle is the text of a link; Drupal needs one, others take it from what the link leads to.
func (w *writer) lineTitle(ctx context.Context, d *draft, it *recordv1.MenuItem) (string, error) {
	if it.GetTitle() != "" {
		return it.GetTitle(), nil
	}
	d.adjust("items.title", "title_of_target", "")
	id, _ := w.u.Refs.Target(it.GetTarget())
	table, key, col := "node_field_data", "nid", "title"
	if it.GetTarget().GetKind() == kindTerm {
		table, key, col = "taxonomy_term_field_data", "tid", "name"
	}
	rows, err := w.s.query(ctx, w.q, "SELECT "+col+" AS name FROM {"+table+"} WHERE default_langcode = 1 AND "+key+" = ?", w.s.entity("node").number(id))
	if len(rows) > 0 {
		return rows[0].text("name"), err
	}
	return it.GetUrl() + "–", err
}

// lead is where a link leads, as Drupal stores it.
func (w *writer) lead(d *draft, l *line) string {
	slot := "item:" + l.cols["uuid"].(string)
	if it := l.it; it.GetTarget() != nil {
		id, ok := w.u.Refs.Target(it.GetTarget())
		uri := uriOf(it.GetTarget().GetKind(), id, w.s)
		if ok && uri != "" {
			if it.GetTarget().GetKind() == kindUser {
				// Read again, it is an address: people are no records everywhere.
				d.adjust("items.target", "person_as_address", "")
				d.adjust("items.url", "person_as_address", "")
			}
			return uri
		}
		if !ok {
			d.wait(slot, record.NewToken(it.GetTarget(), ""))
		}
		l.cols["enabled"] = 0
		for _, f := range []string{"items.hidden", "items.target", "items.url", "items.type"} {
			d.adjust(f, "target_missing", "")
		}
		return noLink
	}
	address, open := w.u.Refs.Expand(l.it.GetUrl())
	for _, t := range open {
		d.wait(slot, t)
	}
	if len(open) > 0 {
		// What it becomes is known later; then it may be a record's address.
		d.adjust("items.url", "address_found_later", "")
		d.adjust("items.target", "address_found_later", "")
		return "internal:/" + address
	}
	uri := uriOfURL(address)
	back := &recordv1.MenuItem{}
	w.s.point(back, uri, "")
	if back.GetUrl() != address {
		d.adjust("items.url", "address_rewritten", "")
		d.adjust("items.target", "address_rewritten", "")
	}
	return uri
}

const noLink = "route:<nolink>"

// uriOf is the address of a record in Drupal's own scheme; empty for what has none.
func uriOf(kind recordv1.Kind, id string, s *Site) string {
	n := (&entity{}).number(id)
	switch {
	case n == 0:
		return ""
	case kind == kindEntry:
		return "entity:node/" + id
	case kind == kindTerm:
		return "entity:taxonomy_term/" + id
	case kind == kindUser:
		return "entity:user/" + id
	}
	return ""
}

// uriOfURL is an address as Drupal stores it.
func uriOfURL(address string) string {
	u, err := url.Parse(address)
	switch {
	case address == "", address == "#":
		return noLink
	case err == nil && u.Scheme != "", strings.HasPrefix(address, "//"):
		return address
	case strings.HasPrefix(address, "/"), strings.HasPrefix(address, "?"), strings.HasPrefix(address, "#"):
		return "internal:" + address
	}
	return "internal:/" + address
}

// tree writes the index of links that menus are shown from, one depth after the other: a line's path holds the numbers of those above.
func (w *writer) tree(ctx context.Context, lines []*line) error {
	if !w.s.has("menu_tree") {
		return nil
	}
	children := map[*line]bool{}
	for _, l := range lines {
		children[l.above] = true
	}
	for depth := range maxMenuDepth {
		var rows []map[string]any
		var now []*line
		for _, l := range lines {
			if l.depth != depth {
				continue
			}
			row, err := w.treeRow(l, children[l])
			if err != nil {
				return err
			}
			rows, now = append(rows, row), append(now, l)
		}
		ids, err := w.insert(ctx, "menu_tree", rows)
		if err != nil {
			return err
		}
		for i, l := range now {
			if l.mlid = ids[i]; l.above != nil {
				l.path = append(l.path, l.above.path...)
			}
			l.path = append(l.path, l.mlid)
			if err := w.exec(ctx, "UPDATE {menu_tree} SET p"+itoa(int64(depth+1))+" = mlid WHERE mlid = ?", l.mlid); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) treeRow(l *line, parent bool) (map[string]any, error) {
	row := l.tree
	title, err := w.stored(literal(l.cols["title"]))
	if err != nil {
		return nil, err
	}
	about, err := w.stored(literal(dict{"entity_id", itoa(l.id)}))
	if err != nil {
		return nil, err
	}
	row["title"], row["metadata"], row["has_children"], row["depth"] = title, about, map[bool]int{true: 1}[parent], l.depth+1
	if text, ok := l.cols["description"].(string); ok {
		if row["description"], err = w.stored(literal(text)); err != nil {
			return nil, err
		}
	}
	row["class"], row["form_class"], row["provider"], row["discovered"] = `Drupal\menu_link_content\Plugin\Menu\MenuLinkContent`, `\Drupal\menu_link_content\Form\MenuLinkContentForm`, "menu_link_content", 0
	if l.above != nil {
		for i, id := range l.above.path {
			row["p"+itoa(int64(i+1))] = id
		}
	}
	route, err := w.route(l.cols["link__uri"].(string))
	for name, v := range route {
		row[name] = v
	}
	return row, err
}

// route is what menu_tree holds of where a link leads.
func (w *writer) route(uri string) (map[string]any, error) {
	name, key, params, address := any(nil), "", dict{}, ""
	rest, isEntity := strings.CutPrefix(uri, "entity:")
	if path, ok := strings.CutPrefix(uri, "internal:/"); ok && systemRef(path) != nil {
		rest, isEntity = strings.Replace(path, "taxonomy/term/", "taxonomy_term/", 1), true
	}
	switch {
	case isEntity:
		typ, id, _ := strings.Cut(rest, "/")
		name, key, params = "entity."+typ+".canonical", typ+"="+id, dict{typ, id}
	case uri == noLink:
		name = "<nolink>"
	case uri == "internal:/", uri == "route:<front>":
		name = "<front>"
	case strings.HasPrefix(uri, "internal:/"):
		address = "base:" + strings.TrimPrefix(uri, "internal:/")
	default:
		address = strings.TrimPrefix(uri, "internal:")
	}
	if len(address) > 255 {
		address = address[:255]
	}
	stored, err := w.stored(literal(params))
	return map[string]any{"route_name": name, "route_param_key": key, "route_parameters": stored, "url": address}, err
}
