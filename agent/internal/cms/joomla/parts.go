package joomla

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Types of entries beside articles.
const (
	typeModule  = "mod_custom"
	typeContact = "contact"
)

// loadModules reads the blocks of HTML that owners put beside the content.
func loadModules(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("modules", "m", moduleExtras, "id", "title", "content", "ordering", "publish_up", "published", "access",
		"showtitle", "language")+" FROM {modules} m WHERE m.module = 'mod_custom' AND m.client_id = 0 AND m.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	pages, err := r.onAllPages(ctx, ids)
	if err != nil {
		return nil, err
	}
	a := &articles{reader: r}
	return r.items(modulePrefix, "id", rows, func(row row) (*recordv1.Record, []string) {
		e := &recordv1.Entry{Type: typeModule, Purpose: recordv1.Purpose_PURPOSE_FRAGMENT, Title: row.Text("title"), Content: body(row.Text("content"), ""),
			Position: int32(row.Number("ordering")), Published: r.s.at(row, "publish_up"), HideTitleAndImage: row.Text("showtitle") == "0"} //nolint:gosec // the column has 32 bits
		rec := &recordv1.Record{Locale: locale(row.Text("language")), Body: &recordv1.Record_Entry{Entry: e}, Fields: r.extras(row, moduleExtras)}
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: pagesField, Encoding: "json", Value: pages[row.Text("id")]})
		a.shown(rec, row, "published")
		return rec, nil
	}), nil
}

// pagesField is [0] for a module that is shown on all pages, but for those of the menu items that say otherwise, and else [].
const pagesField = extraPrefix + "pages"

// onAllPages finds the modules that are. One that is shown on all but the page of an item that is no more is shown on all.
func (r *reader) onAllPages(ctx context.Context, ids []string) (map[string]*recordv1.Value, error) {
	m := make(map[string]*recordv1.Value, len(ids))
	for _, id := range ids {
		m[id] = arrayValue(true)
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT DISTINCT a.moduleid FROM {modules_menu} a LEFT JOIN {menu} i ON i.id = -a.menuid AND i.client_id = 0 LEFT JOIN {menu_types} t ON t.menutype = i.menutype "+
		"WHERE a.menuid <= 0 AND t.id IS NULL AND a.moduleid IN ", ids, "")
	for _, row := range rows {
		m[row.Text("moduleid")] = arrayValue(true, &recordv1.Pair{Key: intValue(0), Value: intValue(0)})
	}
	return m, err
}

// loadContacts reads the people of com_contact.
func loadContacts(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	a, err := r.around(ctx, "com_contact.item", contactContext, ids)
	if err != nil {
		return nil, err
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("contact_details", "c", contactExtras, "id", "name", "alias", "misc", "image", "published", "ordering", "catid",
		"access", "language", "created", "created_by", "modified", "metadesc", "featured", "publish_up")+" FROM {contact_details} c WHERE c.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	return r.items(contactPrefix, "id", rows, func(row row) (*recordv1.Record, []string) {
		id := row.Text("id")
		e := &recordv1.Entry{Type: typeContact, Purpose: recordv1.Purpose_PURPOSE_CUSTOM, Title: row.Text("name"), Slug: row.Text("alias"), Content: body(row.Text("misc"), ""),
			Authors: authors(row.Text("created_by")), Position: int32(row.Number("ordering")), Published: r.s.at(row, "publish_up"), Created: r.s.at(row, "created"), //nolint:gosec // 32 bits
			Modified: r.s.at(row, "modified"), Featured: row.Text("featured") == "1", Image: r.s.image(row.Text("image"), "", ""),
			Seo: seo(row.Text("metadesc"), parsed(row.Text("metadata")))}
		rec := &recordv1.Record{Locale: locale(row.Text("language")), TranslationGroup: a.groups[id], Body: &recordv1.Record_Entry{Entry: e}, Fields: r.extras(row, contactExtras)}
		a.place(rec, row.Text("catid"), a.tags[id])
		a.shown(rec, row, "published")
		rec.Fields = append(rec.Fields, a.own[id]...)
		return rec, r.contactPaths(id, row.Text("alias"), row.Text("catid"))
	}), nil
}
