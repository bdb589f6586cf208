package joomla

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// slotLinks are all open pointers of one slot of one row.
type slotLinks struct {
	table, id, slot string
	links           []cms.Link
	// where the slot's text is; empty column: the slot is no text.
	cell cellPlace
	text string
}

// cellPlace is one cell of a table, by a condition on its row.
type cellPlace struct {
	table, column, where string
	args                 []any
	json                 bool
	// custom: a custom field's, in which what has become of nothing is null, not an empty text.
	custom bool
}

// tableOf finds the table of a target id, and the id without its prefix.
func (s *Site) tableOf(kind cms.Kind, id string) (table, raw string) {
	versions, _ := s.history()
	for prefix, t := range map[string]string{revisionPrefix: versions, tagPrefix: "tags", modulePrefix: "modules", contactPrefix: "contact_details"} {
		if raw, ok := strings.CutPrefix(id, prefix); ok {
			return t, raw
		}
	}
	return map[cms.Kind]string{kindUser: "users", kindTerm: "categories", kindEntry: "content", kindMenu: "menu_types", kindRedirect: "redirect_links"}[kind], id
}

// Relink fills pointers that were open when their record was written.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	var texts []string
	groups := s.group(kind, links)
	for _, g := range groups {
		if g.cell.column == "" {
			continue
		}
		var err error
		if g.text, err = s.one(ctx, u.Tx, "SELECT "+s.name(g.cell.column)+" FROM {"+g.cell.table+"} WHERE "+g.cell.where, g.cell.args...); err != nil {
			return fmt.Errorf("relink: %w", err)
		}
		texts = append(texts, unfold(g)...)
	}
	if err := u.Refs.Load(ctx, texts...); err != nil {
		return fmt.Errorf("relink: %w", err)
	}
	for _, g := range groups {
		var err error
		if g.cell.column != "" {
			err = s.relinkCell(ctx, u, g)
		} else {
			err = s.relinkRow(ctx, u, kind, g)
		}
		if err != nil {
			return fmt.Errorf("relink %s: %w", strings.SplitN(g.slot, ":", 2)[0], err)
		}
	}
	return nil
}

func (s *Site) group(kind cms.Kind, links []cms.Link) []*slotLinks {
	var all []*slotLinks
	at := map[[2]string]*slotLinks{}
	for _, l := range links {
		key := [2]string{l.TargetID, l.Slot}
		if at[key] == nil {
			g := &slotLinks{slot: l.Slot}
			g.table, g.id = s.tableOf(kind, l.TargetID)
			g.cell = s.cellOf(g)
			at[key] = g
			all = append(all, g)
		}
		at[key].links = append(at[key].links, l)
	}
	return all
}

// cellOf finds the text of a slot.
func (s *Site) cellOf(g *slotLinks) cellPlace {
	what, name, _ := strings.Cut(g.slot, ":")
	switch {
	case (what == "text" || what == "json") && s.schema.Has(g.table, name):
		return cellPlace{table: g.table, column: name, where: "id = ?", args: []any{atoi(g.id)}, json: what == "json"}
	case what == "fields.params", what == "fields.fieldparams", what == "fields_groups.params":
		table, column, _ := strings.Cut(what, ".")
		return cellPlace{table: table, column: column, where: "id = ?", args: []any{atoi(name)}, json: true}
	case strings.HasPrefix(what, "fields.") || strings.HasPrefix(what, "fields_groups."):
		table, column, _ := strings.Cut(what, ".")
		return cellPlace{table: table, column: column, where: "id = ?", args: []any{atoi(name)}}
	case what == "profile":
		return cellPlace{table: "user_profiles", column: "profile_value", where: "user_id = ? AND profile_key = ?", args: []any{atoi(g.id), name}, json: true}
	}
	return cellPlace{}
}

// unfold are the texts in a cell: in JSON, tokens are escaped.
func unfold(g *slotLinks) []string {
	if !g.cell.json {
		return []string{g.text}
	}
	var all []string
	mapTexts(parsed(g.text), func(t string) *recordv1.Value { all = append(all, t); return nil })
	return all
}

// relinkCell expands a text as a whole.
func (s *Site) relinkCell(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	var value string
	whole := func(t string) string {
		for _, l := range g.links {
			// A file that never came leaves nothing, rather than a link that leads nowhere.
			if !l.Found && l.Token.Form == pathForm {
				t = strings.ReplaceAll(t, l.Token.String(), "")
			}
		}
		t, _ = u.Refs.Expand(t)
		return t
	}
	if g.cell.json {
		v := parsed(g.text)
		if v == nil {
			return nil
		}
		value = formatJSON(mapTexts(v, func(t string) *recordv1.Value {
			out := whole(t)
			if g.cell.custom && out == "" && t != "" {
				return &recordv1.Value{}
			}
			return textValue(out)
		}), func(*recordv1.Ref) string { return "" })
	} else {
		value = whole(g.text)
	}
	if value == g.text {
		return nil
	}
	if c := s.schema[g.cell.table][g.cell.column]; !c.Fits(value) {
		return fmt.Errorf("the text is longer than the column takes")
	}
	_, err := u.Tx.Exec(ctx, s.sql("UPDATE {"+g.cell.table+"} SET "+s.name(g.cell.column)+" = ? WHERE "+g.cell.where), append([]any{value}, g.cell.args...)...)
	return err
}

func (s *Site) relinkRow(ctx context.Context, u *cms.Unit, kind cms.Kind, g *slotLinks) error {
	what, name, _ := strings.Cut(g.slot, ":")
	l := g.links[0]
	switch {
	case what == "field":
		return s.relinkField(ctx, u, g, name)
	case what == versionSlot, what == versionOfSlot:
		return s.relinkVersion(ctx, u, g)
	case what == "item":
		return s.relinkItems(ctx, u, g)
	case !l.Found:
		// Nothing was written, so nothing is to be cleared.
		return nil
	case what == "term":
		return s.relinkTerms(ctx, u, g)
	case what == "category":
		for _, l := range g.links {
			if l.Found && isID(l.Target) {
				if err := s.limitField(ctx, u, name, atoi(l.Target)); err != nil {
					return err
				}
			}
		}
		return nil
	case what == assignSlot:
		return s.relinkAssigned(ctx, u, g, name)
	case what == "parent":
		return s.relinkID(ctx, u, g, "parent_id", l.Target)
	case what == "created_by":
		return s.relinkID(ctx, u, g, "created_by", l.Target)
	case what == "editor_user_id":
		return s.relinkID(ctx, u, g, "editor_user_id", l.Target)
	case what == "link":
		_, err := u.Tx.Exec(ctx, s.sql("UPDATE {"+g.table+"} SET "+s.name(name)+" = ? WHERE id = ?"), linkOf(l.Token.Ref.Kind, l.Target, nil), atoi(g.id))
		return err
	}
	return nil
}

func (s *Site) relinkID(ctx context.Context, u *cms.Unit, g *slotLinks, col, target string) error {
	raw, isTag := strings.CutPrefix(target, tagPrefix)
	if !isID(raw) || isTag != (g.table == "tags") || raw == g.id {
		return nil
	}
	_, err := u.Tx.Exec(ctx, s.sql("UPDATE {"+g.table+"} SET "+col+" = ? WHERE "+rowKey(g.table)+" = ?"), atoi(raw), atoi(g.id))
	return err
}

// relinkField expands the values of one custom field.
func (s *Site) relinkField(ctx context.Context, u *cms.Unit, g *slotLinks, field string) error {
	values, err := s.column(ctx, u.Tx, "SELECT value FROM {fields_values} WHERE field_id = ? AND item_id = ?", atoi(field), g.id)
	if err != nil {
		return err
	}
	for _, was := range slices.Compact(slices.Sorted(slices.Values(values))) {
		c := &slotLinks{text: was, links: g.links, cell: cellPlace{table: "fields_values", column: "value", where: "field_id = ? AND item_id = ? AND value = ?", args: []any{atoi(field), g.id, was}, custom: true}}
		if v := parsed(was); v.GetArray() != nil {
			c.cell.json = true
		}
		if err := u.Refs.Load(ctx, unfold(c)...); err != nil {
			return err
		}
		if err := s.relinkCell(ctx, u, c); err != nil {
			return err
		}
	}
	return nil
}

// relinkTerms ties an article to tags that have come since.
func (s *Site) relinkTerms(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	w, err := s.newWriter(ctx, u, kindEntry)
	if err != nil {
		return err
	}
	for _, sh := range shapes {
		if sh.table != g.table || sh.fieldContext == "" {
			continue
		}
		d := &draft{w: w, table: sh.table, prefix: sh.prefix, id: g.id, known: true, cols: map[string]any{}, rec: &recordv1.Record{}}
		rows, err := s.query(ctx, u.Tx, "SELECT tag_id FROM {contentitem_tag_map} WHERE type_alias = ? AND content_item_id = ?", sh.fieldContext, atoi(g.id))
		if err != nil {
			return err
		}
		for _, r := range rows {
			d.tags = append(d.tags, r.Text("tag_id"))
		}
		for _, l := range g.links {
			if tag, ok := strings.CutPrefix(l.Target, tagPrefix); ok && l.Found && !slices.Contains(d.tags, tag) {
				d.tags = append(d.tags, tag)
			}
		}
		own, err := s.query(ctx, u.Tx, "SELECT * FROM {"+sh.table+"} WHERE id = ?", atoi(g.id))
		if err != nil || len(own) == 0 {
			return err
		}
		for _, c := range own[0] {
			if !c.Null {
				d.cols[c.Name] = c.Text
			}
		}
		return w.tagItems(ctx, sh, []*draft{d})
	}
	return nil
}

// relinkItems expands the addresses of a menu's lines.
func (s *Site) relinkItems(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	rows, err := s.query(ctx, u.Tx, "SELECT m.id, m.link FROM {menu} m JOIN {menu_types} t ON t.menutype = m.menutype WHERE m.client_id = 0 AND t.id = ?", atoi(g.id))
	if err != nil {
		return err
	}
	for _, r := range rows {
		link := r.Text("link")
		if err := u.Refs.Load(ctx, link); err != nil {
			return err
		}
		if whole, _ := u.Refs.Expand(link); whole != link {
			if _, err := u.Tx.Exec(ctx, s.sql("UPDATE {menu} SET link = ? WHERE id = ?"), whole, r.Number("id")); err != nil {
				return err
			}
		}
	}
	return nil
}
