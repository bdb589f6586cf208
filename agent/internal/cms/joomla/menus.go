package joomla

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Names of the fields of menu items beside their columns: the link to a component, with {id} for the record's own, and the
// translations.
const (
	linkField  = extraPrefix + "link"
	groupField = extraPrefix + "association"
)

func loadMenus(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	if err := r.loadLevels(ctx); err != nil {
		return nil, err
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT id, menutype, title, description FROM {menu_types} WHERE client_id = 0 AND id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	var types []string
	for _, row := range rows {
		types = append(types, row.Text("menutype"))
	}
	lines, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("menu", "m", itemExtras, "id", "menutype", "title", "link", "parent_id", "lft")+
		" FROM {menu} m WHERE m.client_id = 0 AND m.menutype IN ", types, " ORDER BY m.lft, m.id")
	if err != nil {
		return nil, err
	}
	var lineIDs []string
	for _, l := range lines {
		lineIDs = append(lineIDs, l.Text("id"))
	}
	groups, err := r.groups(ctx, "com_menus.item", lineIDs)
	if err != nil {
		return nil, err
	}
	aliased, err := r.aliased(ctx, lines)
	if err != nil {
		return nil, err
	}
	modules, err := r.modulesOn(ctx, lineIDs)
	if err != nil {
		return nil, err
	}
	byMenu := cmssql.By(lines, "menutype")
	items := map[string]cms.Item{}
	for _, row := range rows {
		m := &recordv1.Menu{Name: row.Text("title"), Slug: row.Text("menutype"), Description: row.Text("description")}
		bad := row.BadText()
		for _, l := range byMenu[row.Text("menutype")] {
			if bad == "" {
				bad = l.BadText()
			}
			it := r.line(l, groups[l.Text("id")], aliased)
			it.Fields = append(it.Fields, modules[it.GetId()]...)
			m.Items = append(m.Items, it)
		}
		if bad != "" {
			items[row.Text("id")] = streams.Unread(kindMenu, row.Text("id"), &agentv1.Problem{Code: "invalid_utf8", Cause: "column " + bad + " is not valid UTF-8",
				Fix: "Open the menu in the source, save it again, then migrate again."})
			continue
		}
		m.Items = treeOrder(m.Items)
		items[row.Text("id")] = item(kindMenu, row.Text("id"), &recordv1.Record{Body: &recordv1.Record_Menu{Menu: m}})
	}
	return items, nil
}

// aliased are the items that others stand for, by id.
func (r *reader) aliased(ctx context.Context, lines []row) (map[string]row, error) {
	var ids []string
	for _, l := range lines {
		if id := aliasedID(l); l.Text("type") == "alias" && isID(id) {
			ids = append(ids, id)
		}
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT id, type, link FROM {menu} WHERE client_id = 0 AND id IN ", ids, "")
	m := map[string]row{}
	for _, row := range rows {
		m[row.Text("id")] = row
	}
	return m, err
}

func aliasedID(line row) string { return printed(look(parsed(line.Text("params")), "aliasoptions")) }

// line is one item of a menu.
func (r *reader) line(row row, group string, aliased map[string]row) *recordv1.MenuItem {
	typ, link := row.Text("type"), row.Text("link")
	if other, ok := aliased[aliasedID(row)]; ok && typ == "alias" {
		typ, link = other.Text("type"), other.Text("link")
	}
	it := &recordv1.MenuItem{Id: row.Text("id"), ParentId: row.Text("parent_id"), Title: row.Text("title"), Type: "custom", Object: "custom",
		Hidden: row.Text("published") != "1", Fields: r.extras(row, itemExtras)}
	if row.Text("browserNav") == "1" {
		it.Window = "_blank"
	}
	params := parsed(row.Text("params"))
	it.TitleAttr, it.Classes = look(params, "menu-anchor_title").GetText(), strings.Fields(look(params, "menu-anchor_css").GetText())
	it.Url = link
	if typ == "component" {
		if ref, pattern := linkTarget(link); ref != nil {
			it.Target, it.Url, link = ref, "", pattern
			it.Type, it.Object = "post_type", "post"
			switch raw := ref.GetSourceId(); {
			case strings.HasPrefix(raw, contactPrefix):
				it.Object = typeContact
			case strings.HasPrefix(raw, tagPrefix):
				it.Type, it.Object = "taxonomy", "tag"
			case ref.GetKind() == kindTerm:
				_, query, _ := strings.Cut(link, "option=")
				option, _, _ := strings.Cut(query, "&")
				it.Type, it.Object = "taxonomy", taxonomyOf(option)
			}
		}
		it.Fields = append(it.Fields, &recordv1.Field{Name: linkField, Value: textValue(link)})
	}
	if group != "" {
		it.Fields = append(it.Fields, &recordv1.Field{Name: groupField, Value: textValue(group)})
	}
	return it
}

var idParam = regexp.MustCompile(`([?&]id(?:\[0\]|%5B0%5D)?=)([0-9]+)`)

// linkTarget is the record that a component's link shows, and the link with {id} in place of its id.
func linkTarget(link string) (*recordv1.Ref, string) {
	_, query, _ := strings.Cut(link, "?")
	q, err := url.ParseQuery(query)
	m := idParam.FindStringSubmatch(link)
	if err != nil || m == nil || !isID(m[2]) {
		return nil, ""
	}
	var ref *recordv1.Ref
	switch view := q.Get("option") + "/" + q.Get("view"); {
	case view == "com_content/article":
		ref = record.NewRef(kindEntry, m[2])
	case view == "com_contact/contact":
		ref = record.NewRef(kindEntry, contactPrefix+m[2])
	case view == "com_tags/tag" && !strings.Contains(link, "id[1]"):
		ref = termRef(tagPrefix + m[2])
	case q.Get("view") == "category":
		ref = termRef(m[2])
	}
	return ref, idParam.ReplaceAllString(link, "${1}{id}")
}

// treeOrder puts each item behind its parent, keeps the order otherwise, and numbers the items. One whose parent is not in
// the menu moves to the top level.
func treeOrder(items []*recordv1.MenuItem) []*recordv1.MenuItem {
	below, known := map[string][]*recordv1.MenuItem{}, map[string]bool{}
	for _, it := range items {
		known[it.GetId()] = true
	}
	for _, it := range items {
		if !known[it.GetParentId()] || it.GetParentId() == it.GetId() {
			it.ParentId = ""
		}
		below[it.GetParentId()] = append(below[it.GetParentId()], it)
	}
	var out []*recordv1.MenuItem
	done := map[string]bool{}
	var add func(it *recordv1.MenuItem)
	add = func(it *recordv1.MenuItem) {
		if done[it.GetId()] {
			return
		}
		done[it.GetId()] = true
		out = append(out, it)
		it.Position = int32(len(out)) //nolint:gosec // a menu has fewer items
		for _, b := range below[it.GetId()] {
			add(b)
		}
	}
	for _, it := range below[""] {
		add(it)
	}
	for _, it := range items {
		// A circle of parents: the first of it moves to the top level.
		if !done[it.GetId()] {
			it.ParentId = ""
			add(it)
		}
	}
	return out
}
