package joomla

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// routes are the menu items that lead to records: their paths begin the addresses of what they show.
type routes struct {
	// to holds the path of an item by "view/id"; the first in the menu's order counts.
	to map[string]string
	// all is the path of an item that lists all categories.
	all string
	// items are the ids of items that lead to a record, by "option/view/id"; home those of start pages.
	items map[string][]string
	home  []string
	// starts are the addresses by query of start pages that show no one record.
	starts []string
}

func (r *reader) loadRoutes(ctx context.Context) error {
	if r.routes != nil {
		return nil
	}
	rows, err := r.s.query(ctx, r.q, "SELECT id, link, path, home FROM {menu} WHERE client_id = 0 AND published = 1 AND type = 'component' AND path <> '' ORDER BY lft, id")
	if err != nil {
		return err
	}
	r.routes = &routes{to: map[string]string{}, items: map[string][]string{}}
	for _, row := range rows {
		_, query, _ := strings.Cut(row.Text("link"), "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			continue
		}
		id := q.Get("id")
		if id == "" {
			id = q.Get("id[0]")
		}
		key := q.Get("option") + "/" + q.Get("view") + "/" + id
		r.routes.items[key] = append(r.routes.items[key], row.Text("id"))
		if row.Text("home") == "1" {
			r.routes.home = append(r.routes.home, row.Text("id"))
			if ref, _ := linkTarget(row.Text("link")); ref == nil && !slices.Contains(r.routes.starts, "/"+row.Text("link")) {
				r.routes.starts = append(r.routes.starts, "/"+row.Text("link"))
			}
		}
		if r.routes.to[key] == "" {
			r.routes.to[key] = row.Text("path")
		}
		if key == "com_content/categories/0" && r.routes.all == "" {
			r.routes.all = row.Text("path")
		}
	}
	return nil
}

// byItem are the addresses that name a menu item, which may be one of the start.
func byItem(items []string) []string {
	var all []string
	for _, id := range items {
		all = append(all, "/index.php?Itemid="+id)
	}
	return all
}

// led are the addresses of menu items that lead to a record and to nothing before.
func (r *routes) led(key string) []string {
	var all []string
	for _, id := range r.items[key] {
		if !slices.Contains(r.home, id) {
			all = append(all, id)
		}
	}
	return byItem(all)
}

// rooted are the forms of an address below the front controller, with and without it.
func rooted(paths ...string) []string {
	var all []string
	for _, p := range paths {
		if p != "" {
			all = append(all, "/index.php/"+p, "/"+p)
		}
	}
	return all
}

// below is the path of a category as the router writes it: that of the nearest menu item, and the aliases below it.
func (r *reader) below(extension, id string) string {
	var rest []string
	for _, c := range r.chain(id) {
		if p := r.routes.to[extension+"/category/"+c.id]; p != "" {
			return strings.Join(append([]string{p}, rest...), "/")
		}
		rest = append([]string{c.alias}, rest...)
	}
	if extension == "com_content" && r.routes.all != "" {
		return strings.Join(append([]string{r.routes.all}, rest...), "/")
	}
	return ""
}

// articlePaths are the addresses of an article: that of its menu item, those below its category with (Joomla 3) and without its
// id, and those by query that links in texts have.
func (r *reader) articlePaths(row row) []string {
	if !r.withPaths {
		return nil
	}
	id, alias, catid := row.Text("id"), row.Text("alias"), row.Text("catid")
	var all []string
	if p := r.routes.to["com_content/article/"+id]; p != "" {
		all = append(all, p)
	}
	cat := r.cats[catid]
	if below := r.below("com_content", catid); below != "" {
		all = append(all, below+"/"+alias, below+"/"+id+"-"+alias)
	}
	if cat != nil {
		all = append(all, "component/content/article/"+catid+"-"+cat.alias+"/"+id+"-"+alias, "component/content/article/"+cat.alias+"/"+alias,
			// The router reads the last segment alone where ids are on.
			cat.alias+"/"+id+"-"+alias)
	}
	all = append(all, "component/content/article/"+id+"-"+alias, "component/content/article/"+alias+"?catid="+catid)
	queries := append(r.queries("com_content", "article", id, alias, catid), r.routes.led("com_content/article/"+id)...)
	if lang := locale(row.Text("language")); lang != "" {
		for _, p := range slices.Clone(all) {
			all = append(all, p+"?lang="+lang)
		}
	}
	// Without search engine friendly addresses visitors get the query.
	if sef, ok := r.s.config["sef"]; ok && (sef == "" || sef == "0") {
		return append(queries, rooted(all...)...)
	}
	return append(rooted(all...), queries...)
}

// queries are the forms of an address by query. The category may stand in it, and aliases behind ids.
func (r *reader) queries(option, view, id, alias, catid string) []string {
	head := "/index.php?option=" + option + "&view=" + view + "&id="
	ids := []string{id}
	if alias != "" {
		ids = append(ids, id+":"+alias)
	}
	var all []string
	for _, i := range ids {
		all = append(all, head+i)
		if cat := r.cats[catid]; cat != nil {
			all = append(all, head+i+"&catid="+catid, head+i+"&catid="+catid+":"+cat.alias)
		}
	}
	return all
}

func (r *reader) categoryPaths(extension, id string) []string {
	c := r.cats[id]
	if !r.withPaths || c == nil {
		return nil
	}
	all := rooted(r.below(extension, id), "component/"+strings.TrimPrefix(extension, "com_")+"/category/"+id+"-"+c.alias)
	for _, layout := range []string{"", "&layout=blog"} {
		for _, i := range []string{id, id + ":" + c.alias} {
			all = append(all, "/index.php?option="+extension+"&view=category"+layout+"&id="+i)
		}
	}
	return append(all, r.routes.led(extension+"/category/"+id)...)
}

func (r *reader) tagPaths(row row) []string {
	if !r.withPaths {
		return nil
	}
	id, alias := row.Text("id"), row.Text("alias")
	all := rooted(r.routes.to["com_tags/tag/"+id], "component/tags/tag/"+alias, "component/tags/tag/"+id+"-"+alias)
	for _, key := range []string{"id[0]", "id"} {
		all = append(all, "/index.php?option=com_tags&view=tag&"+key+"="+id, "/index.php?option=com_tags&view=tag&"+key+"="+id+":"+alias)
	}
	return append(all, r.routes.led("com_tags/tag/"+id)...)
}

func (r *reader) contactPaths(id, alias, catid string) []string {
	if !r.withPaths {
		return nil
	}
	var all []string
	if below := r.below("com_contact", catid); below != "" {
		all = append(all, below+"/"+alias, below+"/"+id+"-"+alias)
	}
	all = append(all, "component/contact/contact/"+id+"-"+alias)
	return append(rooted(append([]string{r.routes.to["com_contact/contact/"+id]}, all...)...), r.queries("com_contact", "contact", id, alias, catid)...)
}
