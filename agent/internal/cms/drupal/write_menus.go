package drupal

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
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
	if said, err := w.sayMenu(ctx, d); said || err != nil {
		return err
	}
	name, err := w.menuName(ctx, d)
	if err != nil {
		return err
	}
	var kept []saying
	lines, err := w.lines(ctx, d, name)
	if err != nil || d.done {
		return err
	}
	label := m.GetName()
	if label == "" {
		label = name
	}
	switch {
	case d.known:
		if kept, err = w.sayings(ctx, name); err != nil {
			return err
		}
		err = w.s.dropLinks(ctx, w.u.Tx, name)
	case name == installed:
		err = w.fillMain(ctx, d, lines)
	default:
		err = w.makeMenu(ctx, name, label, m.GetDescription())
	}
	if err != nil {
		return err
	}
	if d.known || name == installed {
		if err := w.describe(ctx, name, label, m.GetDescription()); err != nil {
			return err
		}
	}
	if len(m.GetLocations()) > 0 {
		d.adjust("locations", "places_of_the_theme", "")
	}
	if d.res.TargetID = name; m.GetSlug() != name {
		d.adjust("slug", "slug_taken", name)
	}
	if err := w.flushLinks(ctx, lines); err != nil {
		return err
	}
	w.ownMenus[name] = true
	return w.say(ctx, kept)
}

// describe writes what a menu is called. The configuration of the installed one is no record's own, so it is kept for a rollback.
func (w *writer) describe(ctx context.Context, name, label, about string) error {
	v := w.s.schema.settings[menuPrefix+name]
	put(v, "label", label)
	put(v, "description", about)
	if name == installed {
		return w.setConfig(ctx, menuPrefix+name, v)
	}
	return w.overwrite(ctx, menuPrefix+name, v)
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

// menuName is the menu's own name, that of an earlier run, or that of the menu which the theme shows.
func (w *writer) menuName(ctx context.Context, d *draft) (string, error) {
	if id, ok := w.u.Refs.Existing(d.rec.GetRef()); ok && tongue(id) == "" && w.s.schema.settings[menuPrefix+id] != nil {
		d.res.Outcome, d.known = agentv1.Outcome_OUTCOME_UPDATED, true
		return id, nil
	}
	if fills, err := w.fillsMain(ctx, d.rec.GetMenu()); err != nil || fills {
		return installed, err
	}
	wish := strings.ReplaceAll(machine(d.rec.GetMenu().GetSlug(), maxMenu-3), "_", "-")
	return w.free(ctx, "menu", wish, "", func(try string) (bool, error) { return w.s.schema.settings[menuPrefix+try] != nil, nil })
}

// dropLinks removes the links that people have made in a menu.
func (s *Site) dropLinks(ctx context.Context, tx *cmssql.Tx, menu string) error {
	const mine = " WHERE id IN (SELECT d.id FROM {" + linkData + "} d WHERE d.menu_name = ?)"
	steps := []string{"menu_link_content_field_revision" + mine, "menu_link_content_revision" + mine, "menu_link_content" + mine,
		"menu_tree WHERE menu_name = ? AND provider = 'menu_link_content'", linkData + " WHERE menu_name = ?"}
	for _, step := range steps {
		table, where, _ := strings.Cut(step, " ")
		if !s.has(table) {
			continue
		}
		if _, err := tx.Exec(ctx, s.sql("DELETE FROM {"+table+"} "+where), menu); err != nil {
			return err
		}
	}
	return nil
}
