package joomla

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxMenuType is the width of the column menutype.
const maxMenuType = 24

// menus writes menu types with all their items. Nested set, level and path are made by Finish.
func (w *writer) menus(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) (string, string) { return "menu_types", "" })
	if err != nil {
		return nil, err
	}
	if err := w.loadComponents(ctx); err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.menu(d.rec.GetMenu())
		d.measure()
	}
	if err := w.aliases(ctx, ds, "menutype", func(*draft) (string, []any) { return "", nil }); err != nil {
		return nil, err
	}
	if err := w.dropItems(ctx, ds); err != nil {
		return nil, err
	}
	if err := w.flush(ctx, "menu_types", ds); err != nil {
		return nil, err
	}
	if err := w.assets(ctx, "menu_types", only(ds, "menu_types")); err != nil {
		return nil, err
	}
	for _, d := range ds {
		if !d.done {
			if err := w.items(ctx, d); err != nil {
				return nil, err
			}
		}
	}
	return results(ds), nil
}

func (w *writer) loadComponents(ctx context.Context) error {
	rows, err := w.s.query(ctx, w.q, "SELECT extension_id, element FROM {extensions} WHERE type = 'component'")
	w.components = map[string]string{}
	for _, r := range rows {
		w.components[r.Text("element")] = r.Text("extension_id")
	}
	return err
}

func (d *draft) menu(m *recordv1.Menu) {
	d.alias = m.GetSlug()
	wish := aliasOf(m.GetSlug(), m.GetName())
	if len(wish) > maxMenuType-3 {
		wish = strings.Trim(strings.ToValidUTF8(wish[:maxMenuType-3], ""), "-")
	}
	d.cols["menutype"], d.cols["title"], d.cols["description"], d.cols["client_id"] = wish, m.GetName(), m.GetDescription(), 0
	if m.GetName() == "" {
		d.cols["title"] = wish
	}
	d.order(m.GetItems())
}

// order tells of a menu whose items come back in another order or with other numbers: Joomla keeps a tree.
func (d *draft) order(items []*recordv1.MenuItem) {
	tree := make([]*recordv1.MenuItem, len(items))
	for i, it := range items {
		tree[i] = &recordv1.MenuItem{Id: it.GetId(), ParentId: it.GetParentId()}
	}
	for i, it := range treeOrder(tree) {
		if it.GetId() != items[i].GetId() {
			d.adjust("items", "tree_order", "")
		}
		if it.GetPosition() != items[i].GetPosition() {
			d.adjust("items.position", "renumbered", "")
		}
	}
}

// dropItems removes the items of menus that are written again, and keeps their type's name.
func (w *writer) dropItems(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		if !d.known || d.done {
			continue
		}
		was, err := w.s.one(ctx, w.q, "SELECT menutype FROM {menu_types} WHERE id = ?", atoi(d.id))
		if err != nil {
			return err
		}
		if w.s.schema.Has("associations") {
			if err := w.exec(ctx, "DELETE FROM {associations} WHERE context = 'com_menus.item' AND id IN (SELECT id FROM {menu} WHERE client_id = 0 AND menutype = ?)", was); err != nil {
				return err
			}
		}
		if err := w.exec(ctx, "DELETE FROM {modules_menu} WHERE ABS(menuid) IN (SELECT id FROM {menu} WHERE client_id = 0 AND menutype = ?)", was); err != nil {
			return err
		}
		if err := w.exec(ctx, "DELETE FROM {menu} WHERE client_id = 0 AND menutype = ?", was); err != nil {
			return err
		}
	}
	return nil
}

// items inserts the lines of a menu, one depth after the other, because a line needs the id of the one above.
func (w *writer) items(ctx context.Context, d *draft) error {
	ids := map[string]int64{"": 1}
	for rest := d.rec.GetMenu().GetItems(); len(rest) > 0; {
		var now, later []*recordv1.MenuItem
		for _, it := range rest {
			if _, ok := ids[it.GetParentId()]; ok {
				now = append(now, it)
			} else {
				later = append(later, it)
			}
		}
		if len(now) == 0 {
			return nil // parents that are none: the orchestrator sends trees only
		}
		rows := make([]map[string]any, len(now))
		for i, it := range now {
			row, err := w.item(ctx, d, it, ids)
			if err != nil {
				return err
			}
			rows[i] = row
		}
		made, err := w.insert(ctx, "menu", rows)
		if err != nil {
			return err
		}
		for i, it := range now {
			ids[it.GetId()] = made[i]
			if err := d.assign(ctx, it.GetFields(), made[i]); err != nil {
				return err
			}
		}
		rest = later
	}
	return w.itemGroups(ctx, d, ids)
}

func (w *writer) item(ctx context.Context, d *draft, it *recordv1.MenuItem, ids map[string]int64) (map[string]any, error) {
	// A draft of its own, so that columns are written as everywhere.
	line := &draft{w: w, rec: &recordv1.Record{Fields: it.GetFields()}, table: "menu", cols: map[string]any{}}
	line.cols["type"], line.cols["access"], line.cols["published"], line.cols["home"] = "", int64(1), int64(1), int64(0)
	line.extras(itemExtras)
	c := line.cols
	for _, f := range line.rest {
		if !slices.Contains([]string{linkField, groupField, onlyHereField, notHereField}, f.GetName()) {
			d.adjust("items.fields", "no_custom_fields", "")
		}
	}
	if len(it.GetFields()) > 0 && (c["alias"] == nil || c["type"] == "") {
		d.adjust("items.fields", "columns_filled", "")
	}
	if it.GetHidden() == (c["published"] == int64(1)) {
		c["published"] = int64(map[bool]int{true: 0, false: 1}[it.GetHidden()])
	}
	title, err := w.itemTitle(ctx, d, it)
	if err != nil {
		return nil, err
	}
	c["menutype"], c["title"], c["parent_id"], c["client_id"] = d.cols["menutype"], title, ids[it.GetParentId()], 0
	if c["language"] == nil {
		c["language"] = "*"
	}
	if it.GetWindow() == "_blank" {
		c["browserNav"] = 1
	}
	c["lft"], c["rgt"], c["level"] = unplaced+int64(it.GetPosition()), 0, 0
	w.leadTo(d, line, it)
	params := line.object("params")
	if a := it.GetTitleAttr(); a != "" {
		put(params, "menu-anchor_title", textValue(a))
	}
	if len(it.GetClasses()) > 0 {
		put(params, "menu-anchor_css", textValue(strings.Join(it.GetClasses(), " ")))
	}
	if c["home"] == int64(1) {
		// One start page per language: the target's stays.
		c["home"] = int64(0)
		d.adjust("items.fields", "home_kept", "")
	}
	line.setObject("params", params)
	c["img"] = ""
	alias, err := w.itemAlias(ctx, d, line)
	c["alias"], c["path"] = alias, alias
	for _, a := range line.res.Adjustments {
		d.adjust("items.fields", a.GetCode(), "")
	}
	return c, err
}

// titles are where the names of what items lead to stand.
var titles = map[string]string{"content": "title", "contact_details": "name", "categories": "title", "tags": "title"}

// itemTitle is the text of a line; Joomla needs one, others take it from what the line leads to.
func (w *writer) itemTitle(ctx context.Context, d *draft, it *recordv1.MenuItem) (string, error) {
	id, ok := w.u.Refs.Target(it.GetTarget())
	if it.GetTitle() != "" || it.GetTarget() == nil || !ok {
		return it.GetTitle(), nil
	}
	table, raw := w.s.tableOf(it.GetTarget().GetKind(), id)
	if titles[table] == "" || !isID(raw) {
		return "", nil
	}
	d.adjust("items.title", "title_of_target", "")
	return w.s.one(ctx, w.q, "SELECT "+titles[table]+" FROM {"+table+"} WHERE id = ?", atoi(raw))
}

// leadTo writes what a line shows: a component's view of a record, or an address.
func (w *writer) leadTo(d, line *draft, it *recordv1.MenuItem) {
	c := line.cols
	kindOfLine, _ := c["type"].(string)
	pattern := fieldText(it.GetFields(), linkField)
	if kindOfLine == "alias" {
		// The item that it stands for has another id here: it leads to the same itself.
		d.adjust("items.fields", "alias_of_item", "")
		if kindOfLine = "url"; pattern != "" {
			kindOfLine = "component"
		}
	}
	if it.GetTarget() == nil {
		kindOfLine = cmp.Or(kindOfLine, "url")
		if view := pattern != "" && !strings.Contains(pattern, "{id}"); kindOfLine == "component" && view {
			if c["link"] = pattern; it.GetUrl() != pattern {
				d.adjust("items.url", "own_view", "")
			}
		} else {
			c["link"] = d.expand("item:"+it.GetId(), it.GetUrl())
		}
	} else {
		id := d.target("item:"+it.GetId(), it.GetTarget())
		if kindOfLine == "url" {
			// The address has become the record that it is of.
			for _, f := range []string{"items.target", "items.type", "items.object", "items.fields"} {
				d.adjust(f, "address_as_record", "")
			}
		}
		kindOfLine, c["link"] = "component", "index.php?option=com_content&view=featured"
		if link := linkOf(it.GetTarget().GetKind(), id, &pattern); id != "" && link != "" {
			c["link"] = link
		} else {
			c["published"] = int64(0)
			for _, f := range []string{"items.hidden", "items.target", "items.url", "items.type", "items.object"} {
				d.adjust(f, "target_missing", "")
			}
		}
	}
	c["type"] = kindOfLine
	if kindOfLine == "component" {
		_, query, _ := strings.Cut(c["link"].(string), "?")
		q, err := url.ParseQuery(query)
		if err != nil || w.components[q.Get("option")] == "" {
			c["component_id"] = 0
			d.adjust("items.fields", "component_missing", "")
			return
		}
		c["component_id"] = atoi(w.components[q.Get("option")])
	}
}

func fieldText(fields []*recordv1.Field, name string) string {
	for _, f := range fields {
		if f.GetName() == name {
			return f.GetValue().GetText()
		}
	}
	return ""
}

// itemAlias is an alias that no other line below the same one has, in the same language.
func (w *writer) itemAlias(ctx context.Context, d, line *draft) (string, error) {
	wish, _ := line.cols["alias"].(string)
	had := wish
	if wish == "" {
		wish = aliasOf("", line.cols["title"].(string))
	}
	line.cols["alias"] = wish
	scope := "menu/" + itoa(line.cols["parent_id"].(int64))
	chosen, err := w.u.Names.Choose(scope, func(busy func(string) bool) ([]string, error) {
		return w.free(ctx, line, "alias", " AND client_id = 0 AND parent_id = ? AND language = ?", []any{line.cols["parent_id"], line.cols["language"]}, func(name string) bool {
			return busy(name) || busy(strings.ToLower(name))
		})
	})
	if err != nil {
		return "", err
	}
	if had != "" && chosen[0] != had {
		d.adjust("items.fields", "alias_taken", "")
	}
	return chosen[0], nil
}

// itemGroups ties translations of lines together.
func (w *writer) itemGroups(ctx context.Context, d *draft, ids map[string]int64) error {
	if !w.s.schema.Has("associations") {
		return nil
	}
	var rows []map[string]any
	for _, it := range d.rec.GetMenu().GetItems() {
		if group := fieldText(it.GetFields(), groupField); group != "" {
			rows = append(rows, map[string]any{"id": ids[it.GetId()], "context": "com_menus.item", "key": associationKey(group)})
		}
	}
	_, err := w.insert(ctx, "associations", rows)
	return err
}
