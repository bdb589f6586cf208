package drupal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// slotLinks are all open pointers of one slot of one record.
type slotLinks struct {
	e  *entity
	id int64
	// lang is that of a translation.
	lang     string
	targetID string
	slot     []string
	links    []cms.Link
}

// Relink fills pointers that were open when their record was written.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	if s.seven {
		return s.relink7(ctx, u, kind, links)
	}
	w, err := s.writer(ctx, u, kind)
	if err != nil {
		return fmt.Errorf("relink: %w", err)
	}
	at := map[[2]string]*slotLinks{}
	var all []*slotLinks
	for _, l := range links {
		key := [2]string{l.TargetID, l.Slot}
		if at[key] == nil {
			at[key] = &slotLinks{e: w.s.entityAt(kind, l.TargetID), targetID: l.TargetID, slot: strings.Split(l.Slot, ":")}
			at[key].id = at[key].e.number(l.TargetID)
			at[key].lang = tongue(strings.TrimPrefix(l.TargetID, at[key].e.prefix))
			all = append(all, at[key])
		}
		at[key].links = append(at[key].links, l)
	}
	var versions []*slotLinks
	for _, g := range all {
		if g.slot[0] == slotVersion {
			versions = append(versions, g)
			continue
		}
		if err := w.relink(ctx, g); err != nil {
			return fmt.Errorf("relink %s: %w", g.slot[0], err)
		}
	}
	return w.hangVersions(ctx, versions)
}

// entityAt is the entity type of a target id.
func (s *Site) entityAt(kind cms.Kind, id string) *entity {
	if strings.HasPrefix(id, blockPrefix) && kind == kindEntry {
		return s.entity("block_content")
	}
	if strings.HasPrefix(id, mediaPrefix) && kind == kindMedia {
		return s.entity("media")
	}
	if strings.HasPrefix(id, revisionPrefix) && kind == kindEntry && !s.seven {
		return s.entity("revision")
	}
	name := map[cms.Kind]string{kindUser: "user", kindTerm: "taxonomy_term", kindMedia: "file", kindEntry: "node", kindComment: "comment", kindRedirect: "redirect"}[kind]
	if e := s.entity(name); e != nil {
		return e
	}
	return &entity{name: "none"}
}

func (w *writer) relink(ctx context.Context, g *slotLinks) error {
	l := g.links[0]
	target := (&entity{}).number(l.Target)
	switch g.slot[0] {
	case "field":
		return w.relinkField(ctx, g)
	case "text":
		return w.relinkText(ctx, g, []string{"description", "description__value"})
	case "ref":
		return w.relinkRef(ctx, g, l)
	case "item":
		return w.relinkItem(ctx, g, l)
	case "uri":
		return w.relinkURI(ctx, g, l)
	case "front":
		return w.relinkFront(ctx, l, target)
	case "parent":
		return w.relinkParent(ctx, g, l, target)
	case slotBook, slotAbove:
		return w.relinkPage(ctx, g.slot[0], g.id, target)
	case "author":
		if l.Found && target > 0 {
			return w.relinkAuthor(ctx, g, target)
		}
	}
	return nil
}

// relinkAuthor gives a record to somebody, and with media the file that they show.
func (w *writer) relinkAuthor(ctx context.Context, g *slotLinks, uid int64) error {
	if err := w.setEverywhere(ctx, g, map[string]any{"uid": uid, "revision_uid": uid, "revision_user": uid}); err != nil || g.e.name != "media" {
		return err
	}
	files, err := w.s.shownBy(ctx, w.q, []int64{g.id})
	if err != nil {
		return err
	}
	return w.exec(ctx, "UPDATE {file_managed} SET uid = ? WHERE fid = ?", uid, files[g.id])
}

// setEverywhere sets columns in each table of an entity that has them.
func (w *writer) setEverywhere(ctx context.Context, g *slotLinks, cols map[string]any) error {
	for _, table := range g.e.tables() {
		for _, name := range sortedKeys(cols) {
			if !w.s.live.has(table, name) {
				continue
			}
			also, more, skip := w.only(g.e, table, g.lang)
			if skip {
				continue
			}
			if err := w.exec(ctx, "UPDATE {"+table+"} SET "+w.quote(name)+" = ? WHERE "+g.e.key+" = ?"+also, append([]any{cols[name], g.id}, more...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// expandCell expands one cell and says whether that changed it.
func (w *writer) expandCell(ctx context.Context, text string) (string, bool, error) {
	if err := w.u.Refs.Load(ctx, text); err != nil {
		return "", false, err
	}
	whole, _ := w.u.Refs.Expand(text)
	return whole, whole != text, nil
}

// relinkText expands a text that is a column of the entity.
func (w *writer) relinkText(ctx context.Context, g *slotLinks, names []string) error {
	for _, table := range g.e.tables() {
		for _, name := range names {
			also, more, skip := w.only(g.e, table, g.lang)
			if skip || !w.s.live.has(table, name) {
				continue
			}
			rows, err := w.s.query(ctx, w.q, "SELECT "+w.quote(name)+" AS v FROM {"+table+"} WHERE "+g.e.key+" = ?"+also, append([]any{g.id}, more...)...)
			if err != nil || len(rows) == 0 {
				return err
			}
			whole, changed, err := w.expandCell(ctx, rows[0].text("v"))
			if err != nil {
				return err
			}
			if changed {
				if err := w.exec(ctx, "UPDATE {"+table+"} SET "+w.quote(name)+" = ? WHERE "+g.e.key+" = ?"+also, append([]any{whole, g.id}, more...)...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tablesOf are the tables of a field of an entity type, by the field's name.
func (w *writer) tablesOf(e *entity, name string) []string {
	for _, f := range w.s.schema.tables(e.name) {
		if f.name == name {
			tables := []string{f.table, f.revision}
			if e.of != "" {
				tables = tables[1:]
			}
			return slices.DeleteFunc(tables, func(t string) bool { return !w.s.live.real(t) })
		}
	}
	return nil
}

// own is the column of a field's table that names an entity.
func (e *entity) own() string {
	if e.of != "" {
		return "revision_id"
	}
	return "entity_id"
}

func (w *writer) scope(e *entity) string {
	if w.s.seven {
		return "entity_type = '" + e.name + "' AND "
	}
	return ""
}

// relinkField expands a property of a field in all its rows.
func (w *writer) relinkField(ctx context.Context, g *slotLinks) error {
	if len(g.slot) != 3 {
		return nil
	}
	col := w.quote(g.slot[1] + "_" + g.slot[2])
	for _, table := range w.tablesOf(g.e, g.slot[1]) {
		also, more, _ := w.only(g.e, table, g.lang)
		rows, err := w.s.query(ctx, w.q, "SELECT delta, "+col+" AS v FROM {"+table+"} WHERE "+w.scope(g.e)+"deleted = 0 AND "+g.e.own()+" = ?"+also, append([]any{g.id}, more...)...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			whole, changed, err := w.expandCell(ctx, r.text("v"))
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			if err := w.exec(ctx, "UPDATE {"+table+"} SET "+col+" = ? WHERE "+w.scope(g.e)+"deleted = 0 AND "+g.e.own()+" = ? AND delta = ?"+also, append([]any{whole, g.id, r.number("delta")}, more...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// relinkRef fills a pointer of a field; one that leads nowhere is taken out.
func (w *writer) relinkRef(ctx context.Context, g *slotLinks, l cms.Link) error {
	var f *field
	for _, x := range w.s.schema.tables(g.e.name) {
		if x.name == g.slot[1] {
			f = x
		}
	}
	if f == nil || len(g.slot) != 3 {
		return nil
	}
	delta, err := strconv.ParseInt(g.slot[2], 10, 64)
	if err != nil {
		return nil
	}
	prefix := ""
	if f.target == "media" {
		prefix = mediaPrefix
	}
	id := (&entity{prefix: prefix}).number(l.Target)
	if f.target == "file" {
		if w.files, err = w.s.shownBy(ctx, w.q, mediaOf([]cms.Want{{Kind: kindMedia, TargetID: l.Target}})); err != nil {
			return err
		}
		id = w.fileAt(l.Target)
	}
	for _, table := range w.tablesOf(g.e, f.name) {
		also, more, _ := w.only(g.e, table, g.lang)
		where := " WHERE " + w.scope(g.e) + "deleted = 0 AND " + g.e.own() + " = ? AND delta = ?" + also
		query, args := "UPDATE {"+table+"} SET "+w.quote(f.name+"_"+w.s.pointer(f))+" = ?"+where, append([]any{id, g.id, delta}, more...)
		if !l.Found || id == 0 {
			query, args = "DELETE FROM {"+table+"}"+where, args[1:]
		}
		if err := w.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	if f.target != "file" || id == 0 || g.e.of != "" || !w.s.has("file_usage") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT fid FROM {file_usage} WHERE fid = ? AND module = 'file' AND type = ? AND id = ?", id, g.e.name, itoa(g.id))
	if err != nil || len(rows) > 0 {
		return err
	}
	_, err = w.insert(ctx, "file_usage", []map[string]any{{"fid": id, "module": "file", "type": g.e.name, "id": itoa(g.id), "count": 1}})
	return err
}

func (w *writer) relinkParent(ctx context.Context, g *slotLinks, l cms.Link, target int64) error {
	if !l.Found || target == 0 || target == g.id {
		return nil
	}
	if g.e.name == "comment" {
		return w.setEverywhere(ctx, g, map[string]any{"pid": target})
	}
	for _, t := range w.s.parentTables() {
		if err := w.exec(ctx, "UPDATE {"+t.name+"} SET "+t.parent+" = ? WHERE "+t.key+" = ?", target, g.id); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) relinkFront(ctx context.Context, l cms.Link, target int64) error {
	if !l.Found || target == 0 {
		return nil
	}
	site := w.s.schema.settings["system.site"]
	if page := dig(site, "page"); page != nil {
		put(page, "front", "/node/"+itoa(target))
	}
	return w.setConfig(ctx, "system.site", site)
}

func (w *writer) relinkURI(ctx context.Context, g *slotLinks, l cms.Link) error {
	if l.Token.Ref.ID != "" && l.Found && l.Token.Form == "" {
		rows, err := w.s.query(ctx, w.q, "SELECT redirect_redirect__uri AS uri FROM {redirect} WHERE rid = ?", g.id)
		if err != nil || len(rows) == 0 {
			return err
		}
		if !strings.Contains(rows[0].text("uri"), "bailey:") {
			uri := uriOf(l.Token.Ref.Kind, l.Target, w.s)
			return w.setURI(ctx, g.id, "internal:/"+strings.Replace(strings.TrimPrefix(uri, "entity:"), "taxonomy_term/", "taxonomy/term/", 1))
		}
		whole, _, err := w.expandCell(ctx, strings.TrimPrefix(rows[0].text("uri"), "internal:/"))
		if err != nil {
			return err
		}
		return w.setURI(ctx, g.id, uriOfRedirect(whole))
	}
	return nil
}

func (w *writer) setURI(ctx context.Context, rid int64, uri string) error {
	return w.exec(ctx, "UPDATE {redirect} SET redirect_redirect__uri = ? WHERE rid = ?", uri, rid)
}

// relinkItem fills where a link of a menu leads, in its own tables and in the index.
func (w *writer) relinkItem(ctx context.Context, g *slotLinks, l cms.Link) error {
	rows, err := w.s.query(ctx, w.q, "SELECT d.id, d.link__uri AS uri, d.link__options AS options, d.menu_name AS menu, d.parent FROM {menu_link_content_data} d JOIN {menu_link_content} m ON m.id = d.id WHERE m.uuid = ?", g.slot[1])
	if err != nil || len(rows) == 0 {
		return err
	}
	uri := rows[0].text("uri")
	if uri == noLink {
		if uri = uriOf(l.Token.Ref.Kind, l.Target, w.s); !l.Found || uri == "" {
			return nil
		}
	} else {
		whole, changed, err := w.expandCell(ctx, strings.TrimPrefix(uri, "internal:/"))
		if err != nil || !changed {
			return err
		}
		if uri = w.s.uriAt(whole); uri == frontURI && rows[0].text("menu") == installed && rows[0].null("parent") {
			if err := w.hideFront(ctx); err != nil {
				return err
			}
		}
	}
	for _, table := range w.s.entity("link").more {
		if err := w.exec(ctx, "UPDATE {"+table+"} SET link__uri = ? WHERE id = ?", uri, rows[0].number("id")); err != nil {
			return err
		}
	}
	if !w.s.has("menu_tree") {
		return nil
	}
	route, err := w.route(uri, unserialize(rows[0].text("options")))
	if err != nil {
		return err
	}
	return w.exec(ctx, "UPDATE {menu_tree} SET route_name = ?, route_param_key = ?, route_parameters = ?, url = ?, options = ? WHERE id = ?",
		route["route_name"], route["route_param_key"], route["route_parameters"], route["url"], route["options"], contentLink+g.slot[1])
}
