package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// menuLocale is the language of a menu where links are translated: that of all of its links, else the site's.
func (r *reader) menuLocale(ctx context.Context, name string) (string, error) {
	if !r.s.translates(r.s.entity("link")) {
		return "", nil
	}
	rows, err := r.s.query(ctx, r.q, "SELECT DISTINCT langcode AS lang FROM {"+linkData+"} WHERE default_langcode = 1 AND menu_name = ?", name)
	switch len(rows) {
	case 0:
		return "", err
	case 1:
		return locale(rows[0].text("lang")), err
	}
	return locale(r.s.schema.base), err
}

// menuSaid reads a menu in one of its languages: each is a record with all links, as Drupal shows them there;
// a link that nobody has translated keeps its text.
func (r *reader) menuSaid(ctx context.Context, name, lang string) (cms.Item, error) {
	it, err := r.menu(ctx, name, lang)
	if err != nil || it.Record == nil {
		if it.Unread != nil && lang != "" {
			it.Unread.Ref.SourceId += ":" + lang
		}
		return it, err
	}
	rec := it.Record
	if lang == "" {
		rec.Locale, err = r.menuLocale(ctx, name)
		return it, err
	}
	rec.Ref.SourceId, rec.Locale = name+":"+lang, locale(lang)
	m := rec.GetMenu()
	m.Slug = saidSlug(name, lang)
	rows, err := r.s.query(ctx, r.q, "SELECT data FROM {config} WHERE collection = ? AND name = ?", "language."+lang, menuPrefix+name)
	if err != nil {
		return it, err
	}
	for _, row := range rows {
		v := unserialize(row.text("data"))
		if label := scalar(dig(v, "label")); label != "" {
			m.Name = label
		}
		if about := scalar(dig(v, "description")); about != "" {
			m.Description = about
		}
	}
	return it, r.leadWithin(ctx, m, lang)
}

// saidSlug tells a menu's translation from the menu where each is one of its own.
func saidSlug(menu, lang string) string { return menu + "-" + strings.ToLower(lang) }

// leadWithin leads links to the records of a language, where what they lead to has such.
func (r *reader) leadWithin(ctx context.Context, m *recordv1.Menu, lang string) error {
	for kind, query := range map[cms.Kind]string{kindEntry: "SELECT nid AS id FROM {node_field_data} WHERE default_langcode = 0 AND langcode = '" + strings.ReplaceAll(lang, "'", "''") + "' AND nid IN ",
		kindTerm: "SELECT tid AS id FROM {taxonomy_term_field_data} WHERE default_langcode = 0 AND langcode = '" + strings.ReplaceAll(lang, "'", "''") + "' AND tid IN "} {
		at := map[int64][]*recordv1.Ref{}
		var ids []int64
		for _, it := range m.GetItems() {
			if ref := it.GetTarget(); ref.GetKind() == kind {
				id := (&entity{}).number(ref.GetSourceId())
				at[id], ids = append(at[id], ref), append(ids, id)
			}
		}
		slices.Sort(ids)
		for part := range slices.Chunk(slices.Compact(ids), pageRows) {
			rows, err := queryIn(ctx, r.s, r.q, part, query, "")
			if err != nil {
				return err
			}
			for _, row := range rows {
				for _, ref := range at[row.number("id")] {
					ref.SourceId += ":" + lang
				}
			}
		}
	}
	return nil
}
