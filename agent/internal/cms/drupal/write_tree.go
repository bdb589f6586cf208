package drupal

import (
	"context"
	"net/url"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

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
	route, err := w.route(l.cols["link__uri"].(string), literal(l.options))
	for name, v := range route {
		row[name] = v
	}
	return row, err
}

// route is what menu_tree holds of where a link leads. What follows "?" and "#" within the site stands in the options: Drupal would
// escape it in the address.
func (w *writer) route(uri string, options *recordv1.Value) (map[string]any, error) {
	name, key, params, address := any(nil), "", dict{}, ""
	rest, isEntity := strings.CutPrefix(uri, "entity:")
	path, isInternal := strings.CutPrefix(uri, "internal:")
	if isInternal {
		path, options = apart(path, options)
		if sys := strings.TrimPrefix(path, "/"); systemRef(sys) != nil {
			rest, isEntity = strings.Replace(sys, "taxonomy/term/", "taxonomy_term/", 1), true
		}
	}
	switch {
	case isEntity:
		typ, id, _ := strings.Cut(rest, "/")
		name, key, params = "entity."+typ+".canonical", typ+"="+id, dict{typ, id}
	case uri == noLink:
		name = "<nolink>"
	case isInternal && path == "":
		name = "<none>"
	case path == "/", uri == "route:<front>":
		name = "<front>"
	case isInternal:
		address = "base:" + strings.TrimPrefix(path, "/")
	default:
		address = uri
	}
	if len(address) > 255 {
		address = address[:255]
	}
	stored, err := w.stored(literal(params))
	if err != nil {
		return nil, err
	}
	all, err := w.stored(options)
	return map[string]any{"route_name": name, "route_param_key": key, "route_parameters": stored, "url": address, "options": all}, err
}

// apart moves query and fragment of a path to a link's options, as Drupal does. Of a parameter that is there twice the last one counts,
// as in PHP, but for lists.
func apart(address string, options *recordv1.Value) (string, *recordv1.Value) {
	if options.GetArray() == nil {
		options = literal(dict{})
	}
	address, fragment, _ := strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	params, lists := literal(dict{}), map[string][]string{}
	for _, part := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, value = unescaped(name), unescaped(value)
		switch list, is := strings.CutSuffix(name, "[]"); {
		case name == "":
		case is:
			lists[list] = append(lists[list], value)
			put(params, list, lists[list])
		default:
			put(params, name, value)
		}
	}
	if len(params.GetArray().GetPairs()) > 0 {
		put(options, "query", params)
	}
	if fragment != "" {
		put(options, "fragment", fragment)
	}
	return address, options
}

func unescaped(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}
