package drupal

import (
	"context"
	"strings"
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
