package drupal

import (
	"context"
	"net/url"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// line is one link of a menu on its way into tables.
type line struct {
	*draft
	it      *recordv1.MenuItem
	above   *line
	depth   int
	options dict
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
	lang := w.s.schema.base
	if code, ok := d.cols["langcode"].(string); ok {
		lang = code
	}
	id, err := w.linkUUID(ctx, d, it, menu)
	if err != nil {
		return err
	}
	c["uuid"], c["langcode"], c["default_langcode"], c["revision_default"], c["revision_translation_affected"] = id, lang, 1, 1, 1
	c["content_translation_source"], c["content_translation_status"], c["content_translation_created"] = "und", 1, now
	c["bundle"], c["menu_name"], c["title"], c["description"], c["changed"], c["revision_created"] = linkBundle, menu, text, it.GetDescription(), now, now
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
		case f.GetName() == "langcode" && (f.GetValue().GetText() == lang || d.lang != "" && f.GetValue().GetText() == w.s.schema.base):
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
	l.tree = map[string]any{"menu_name": menu, "id": contentLink + id, "parent": "", "weight": c["weight"], "enabled": c["enabled"], "expanded": c["expanded"]}
	l.options = options
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
			if tongue(id) != "" && tongue(id) != d.lang {
				d.adjust("items.target", "node_of_all_languages", "")
			}
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
	uri := w.s.uriAt(address)
	back := &recordv1.MenuItem{}
	w.s.point(back, uri, "")
	if back.GetUrl() != address {
		d.adjust("items.url", "address_rewritten", "")
		d.adjust("items.target", "address_rewritten", "")
	}
	return uri
}

const noLink, frontURI = "route:<nolink>", "internal:/"

// uriOf is the address of a record in Drupal's own scheme; empty for what has none.
func uriOf(kind recordv1.Kind, id string, s *Site) string {
	n := (&entity{}).number(id)
	switch {
	case n == 0:
		return ""
	case kind == kindEntry:
		return "entity:node/" + itoa(n)
	case kind == kindTerm:
		return "entity:taxonomy_term/" + itoa(n)
	case kind == kindUser:
		return "entity:user/" + id
	}
	return ""
}

// uriAt is uriOfURL, but that the site's own address is its front page.
func (s *Site) uriAt(address string) string {
	if base := s.baseURL(); base != "" && strings.TrimSuffix(address, "/") == base {
		return frontURI
	}
	return uriOfURL(address)
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
