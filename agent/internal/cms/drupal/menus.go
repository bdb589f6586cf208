package drupal

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (s *Site) menuStream() stream {
	return stream{name: "menus", fixed: (*Site).menuList, build: (*reader).menus}
}

// menuList are the menus by name, and their translations behind them; what they are called is read with them.
func (s *Site) menuList(ctx context.Context, q cmssql.Querier) ([]fixedItem, error) {
	query := "SELECT menu_name AS name FROM {menu_custom}"
	if !s.seven {
		query = "SELECT name FROM {config} WHERE collection = '' AND name >= 'system.menu.' AND name < 'system.menu.~'"
	}
	if s.seven && !s.has("menu_custom") {
		return nil, nil
	}
	rows, err := s.query(ctx, q, query)
	var all []fixedItem
	named := map[string]bool{}
	for _, r := range rows {
		name := strings.TrimPrefix(r.text("name"), menuPrefix)
		all, named[name] = append(all, fixedItem{hashKey(name), name, "menu"}), true
	}
	if err != nil || s.seven || !s.has(linkData) {
		return all, err
	}
	rows, err = s.query(ctx, q, "SELECT DISTINCT menu_name AS name, langcode AS lang FROM {"+linkData+"} WHERE default_langcode = 0")
	for _, r := range rows {
		if name := r.text("name"); named[name] {
			all = append(all, fixedItem{hashKey(name), name + ":" + r.text("lang"), "menu"})
		}
	}
	return all, err
}

func (r *reader) menus(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	list, err := r.s.menuList(ctx, r.q)
	if err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	slices.SortFunc(list, func(a, b fixedItem) int { return cmp.Compare(a.id, b.id) })
	for i, m := range list {
		if !slices.Contains(keys, m.key) {
			continue
		}
		name, lang, _ := strings.Cut(m.id, ":")
		it, err := r.menuSaid(ctx, name, lang)
		if err != nil {
			return nil, err
		}
		if several := i+1 < len(list) && strings.HasPrefix(list[i+1].id, name+":"); it.Record != nil && (lang != "" || several) {
			it.Record.TranslationGroup = "menu:" + name
		}
		items[m.key] = append(items[m.key], it)
	}
	return items, nil
}

const (
	menu7  = "SELECT title, description FROM {menu_custom} WHERE menu_name = ?"
	links7 = "SELECT mlid AS id, plid AS parent, link_path AS uri, link_title AS title, options, hidden, expanded, weight FROM {menu_links} WHERE module = 'menu' AND menu_name = ?"
	links8 = "SELECT d.id, d.parent, d.link__uri AS uri, COALESCE(x.title, d.title) AS title, d.link__options AS options, 1 - d.enabled AS hidden, d.expanded, d.weight, CASE WHEN x.id IS NULL THEN d.description ELSE x.description END AS description, " +
		"m.uuid, COALESCE(x.langcode, d.langcode) AS lang FROM {menu_link_content_data} d JOIN {menu_link_content} m ON m.id = d.id LEFT JOIN {menu_link_content_data} x ON x.id = d.id AND x.default_langcode = 0 AND x.langcode = ? " +
		"WHERE d.default_langcode = 1 AND d.menu_name = ?"
)

// menu reads a menu as it is in a language; empty: in that of its links.
func (r *reader) menu(ctx context.Context, name, lang string) (cms.Item, error) {
	m := &recordv1.Menu{Slug: name}
	rec := &recordv1.Record{Ref: record.NewRef(kindMenu, name), Body: &recordv1.Record_Menu{Menu: m}}
	query, args := links7, []any{name}
	if r.s.seven {
		if r.s.live.has("menu_links", "language") {
			// The module i18n.
			query = strings.Replace(query, "weight FROM", "weight, language AS lang FROM", 1)
		}
		rows, err := r.s.query(ctx, r.q, menu7, name)
		if err != nil {
			return cms.Item{}, err
		}
		for _, row := range rows {
			m.Name, m.Description = row.text("title"), row.text("description")
		}
	} else {
		query, args = links8, []any{lang, name}
		v, err := r.config(ctx, menuPrefix+name)
		if err != nil {
			return cms.Item{}, err
		}
		m.Name, m.Description = scalar(dig(v, "label")), scalar(dig(v, "description"))
		if !r.s.has(linkData) {
			return r.item(rec, nil, row{}), nil
		}
	}
	rows, err := r.s.query(ctx, r.q, query, args...)
	if err != nil {
		return cms.Item{}, err
	}
	r.s.outline(rec, rows)
	for _, row := range rows {
		if row.badText() != "" {
			return r.item(rec, nil, row), nil
		}
	}
	return r.item(rec, nil, row{}), nil
}

// config reads one piece of configuration as it is now.
func (r *reader) config(ctx context.Context, name string) (*recordv1.Value, error) {
	rows, err := r.s.query(ctx, r.q, "SELECT data FROM {config} WHERE collection = '' AND name = ?", name)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return unserialize(rows[0].text("data")), nil
}

// contentLink begins the name of a link that people have made.
const contentLink = "menu_link_content:"

// outline puts links into the order in which they are shown: by weight and title, children behind their parent.
func (s *Site) outline(rec *recordv1.Record, rows []row) {
	ids, below := map[string]string{}, map[string][]row{}
	for _, l := range rows {
		ids[l.text("id")] = l.text("id")
		ids[contentLink+l.text("uuid")] = l.text("id")
	}
	var static uint32
	for _, l := range rows {
		parent := ids[l.text("parent")]
		if p := l.text("parent"); parent == "" && p != "" && p != "0" {
			static++
		}
		below[parent] = append(below[parent], l)
	}
	if static > 0 {
		// The link above belongs to a module and not to the site's people.
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "menu_parent_of_module", Field: "items", Count: static})
	}
	m := rec.GetMenu()
	var walk func(parent string, depth int)
	walk = func(parent string, depth int) {
		list := below[parent]
		slices.SortStableFunc(list, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.number("weight"), b.number("weight")), cmp.Compare(a.text("title"), b.text("title")), cmp.Compare(a.number("id"), b.number("id")))
		})
		for _, l := range list {
			it := s.menuItem(l)
			it.ParentId, it.Position = parent, int32(len(m.Items)+1)
			m.Items = append(m.Items, it)
			if depth < maxMenuDepth {
				walk(l.text("id"), depth+1)
			}
		}
	}
	walk("", 1)
	if lost := len(rows) - len(m.Items); lost > 0 {
		// Rule 1: links in a circle, or deeper than Drupal shows.
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "menu_item_unreachable", Field: "items", Count: uint32(lost)})
	}
}

// maxMenuDepth is Drupal's own limit.
const maxMenuDepth = 9

func (s *Site) menuItem(l row) *recordv1.MenuItem {
	options := unserialize(l.text("options"))
	it := &recordv1.MenuItem{Id: l.text("id"), Title: l.text("title"), Description: l.text("description"), Hidden: l.text("hidden") != "0", Type: "custom",
		TitleAttr: scalar(dig(options, "attributes", "title")), Window: scalar(dig(options, "attributes", "target")), Xfn: scalar(dig(options, "attributes", "rel"))}
	for _, c := range dig(options, "attributes", "class").GetArray().GetPairs() {
		it.Classes = append(it.Classes, scalar(c.GetValue()))
	}
	if c := scalar(dig(options, "attributes", "class")); c != "" {
		it.Classes = strings.Fields(c)
	}
	tail := queryOf(dig(options, "query"))
	if f := scalar(dig(options, "fragment")); f != "" {
		tail += "#" + f
	}
	s.point(it, l.text("uri"), tail)
	if l.flag("expanded") {
		it.Fields = append(it.Fields, &recordv1.Field{Name: "expanded", Value: php.Text("1")})
	}
	lang := scalar(dig(options, "langcode"))
	if lang == "" {
		lang = l.text("lang")
	}
	if locale(lang) != "" {
		it.Fields = append(it.Fields, &recordv1.Field{Name: "langcode", Value: php.Text(lang)})
	}
	return it
}

func queryOf(v *recordv1.Value) string {
	if text := scalar(v); text != "" {
		return "?" + text
	}
	var parts []string
	for _, p := range v.GetArray().GetPairs() {
		parts = append(parts, url.QueryEscape(scalar(p.GetKey()))+"="+url.QueryEscape(scalar(p.GetValue())))
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

// point says what an item leads to. Pages of people are no records elsewhere, and what has a query or fragment stays an address: texts can hold both.
func (s *Site) point(it *recordv1.MenuItem, uri, tail string) {
	p := uri
	for _, scheme := range []string{"internal:", "entity:", "base:"} {
		p = strings.TrimPrefix(p, scheme)
	}
	p = strings.TrimPrefix(p, "/")
	if ref := systemRef(p); ref != nil && ref.GetKind() != kindUser && tail == "" {
		it.Target, it.Type = ref, map[cms.Kind]string{kindEntry: "post_type", kindTerm: "taxonomy"}[ref.GetKind()]
		return
	}
	switch {
	case uri == "<front>", uri == "route:<front>":
		it.Url = "/" + tail
	case strings.HasPrefix(uri, "route:"), uri == "<nolink>":
		// A heading that leads nowhere.
		it.Url = "#"
	case strings.Contains(uri, "://"), strings.HasPrefix(uri, "mailto:"), strings.HasPrefix(uri, "tel:"):
		it.Url = uri + tail
	default:
		it.Url = "/" + p + tail
	}
}

// systemRef is the record that a system path leads to.
func systemRef(p string) *recordv1.Ref {
	for prefix, kind := range map[string]cms.Kind{"node/": kindEntry, "taxonomy/term/": kindTerm, "taxonomy_term/": kindTerm, "user/": kindUser} {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil && n > 0 {
				return record.NewRef(kind, rest)
			}
		}
	}
	return nil
}
