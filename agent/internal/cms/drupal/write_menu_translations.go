package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// linkUUID is the unique id of a link: of a menu with translations one that follows from the group and the item's id, by which they find it.
func (w *writer) linkUUID(ctx context.Context, d *draft, it *recordv1.MenuItem, menu string) (string, error) {
	if d.rec.GetTranslationGroup() == "" || d.lang != "" {
		return newUUID(), nil
	}
	id := itemUUID(d.rec, it)
	rows, err := w.s.query(ctx, w.q, "SELECT m.id FROM {menu_link_content} m JOIN {"+linkData+"} d ON d.id = m.id WHERE m.uuid = ? AND d.menu_name <> ?", id, menu)
	if len(rows) > 0 {
		// The group of another source that calls it alike.
		return newUUID(), err
	}
	return id, err
}

func itemUUID(rec *recordv1.Record, it *recordv1.MenuItem) string {
	return groupUUID([2]string{linkBundle, rec.GetTranslationGroup() + " " + it.GetId()}, 0)
}

// sayMenu writes a translation of a menu into the links of the first of its group; false: it becomes a menu of its own.
func (w *writer) sayMenu(ctx context.Context, d *draft) (bool, error) {
	if !w.s.speaks() {
		return false, nil
	}
	can, err := w.translatable(ctx, w.s.entity("link"), linkBundle)
	if err != nil || !can || len(d.rec.GetMenu().GetItems()) == 0 {
		d.unsaid()
		return false, err
	}
	d.cols["langcode"] = w.s.schema.base
	if has := d.speak(); d.rec.GetTranslationGroup() == "" {
		return false, nil
	} else if d.adjust("translation_group", "group_renumbered", ""); !has {
		d.adjust("translation_group", "translations_not_tied", "")
		return false, nil
	}
	if target, ok := w.u.Refs.Existing(d.rec.GetRef()); ok && tongue(target) == "" && w.s.schema.settings[menuPrefix+target] != nil {
		return false, nil
	}
	links, tied, err := w.linksOf(ctx, d)
	if err == nil && tied {
		return true, w.sayLinks(ctx, d, d.cols["langcode"].(string), links)
	}
	if len(links) > 0 && err == nil {
		d.adjust("translation_group", "translations_not_tied", "")
		_, err = w.unsay(ctx, d)
	}
	// The first of its group, whose translations find it.
	return false, err
}

// unsaid tells of a menu that has no language here: that is its links'.
func (d *draft) unsaid() {
	if d.rec.GetTranslationGroup() != "" {
		d.adjust("translation_group", "translations_not_tied", "")
	}
	if d.rec.GetLocale() != "" {
		d.adjust("locale", "language_not_held", "")
	}
}

// linksOf are the links of a translation's items by their unique ids; false: they are not those of one menu of this source.
func (w *writer) linksOf(ctx context.Context, d *draft) (map[string]row, bool, error) {
	var ids []string
	for _, it := range d.rec.GetMenu().GetItems() {
		ids = append(ids, itemUUID(d.rec, it))
	}
	rows, err := queryIn(ctx, w.s, w.q, ids, "SELECT m.uuid, d.* FROM {menu_link_content} m JOIN {"+linkData+"} d ON d.id = m.id WHERE d.default_langcode = 1 AND m.uuid IN ", "")
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	links, menu := map[string]row{}, rows[0].text("menu_name")
	same := len(rows) == len(ids)
	for _, r := range rows {
		links[r.text("uuid")] = r
		same = same && r.text("menu_name") == menu && r.text("langcode") != d.cols["langcode"]
	}
	all, err := w.s.query(ctx, w.q, "SELECT COUNT(*) AS n FROM {"+linkData+"} WHERE default_langcode = 1 AND menu_name = ?", menu)
	if err != nil || !same || all[0].number("n") != int64(len(ids)) {
		return links, false, err
	}
	if w.ownMenus[menu] {
		return links, true, nil
	}
	others, err := w.strangers(ctx, kindMenu, menu)
	return links, !others, err
}

// saying is the text of a link in a language.
type saying struct{ uuid, lang, title, about string }

// sayLinks writes the texts of a menu's links in a language. What Drupal keeps once for all languages is that of the first.
func (w *writer) sayLinks(ctx context.Context, d *draft, code string, links map[string]row) error {
	d.lang = code
	menu := ""
	var all []saying
	lines, err := w.lines(ctx, d, "")
	if err != nil || d.done {
		return err
	}
	// The pointers of these links are those of the first.
	d.res.Open = nil
	for _, l := range lines {
		first := links[itemUUID(d.rec, l.it)]
		menu = first.text("menu_name")
		d.tellLink(l, first)
		about, _ := l.cols["description"].(string)
		if title := l.cols["title"].(string); w.spoken(l.it, code) || title != first.text("title") || about != first.text("description") {
			all = append(all, saying{first.text("uuid"), code, title, about})
		}
	}
	w.tellMenu(d, menu, code)
	if d.known, err = w.unsay(ctx, d); err != nil {
		return err
	}
	if d.known {
		d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	}
	d.res.TargetID = menu + ":" + code
	return w.say(ctx, all)
}

// unsay takes out what an earlier run has written of a translation; false: there is nothing.
func (w *writer) unsay(ctx context.Context, d *draft) (bool, error) {
	target, _ := w.u.Refs.Existing(d.rec.GetRef())
	menu, code, ok := strings.Cut(target, ":")
	if !ok {
		return false, nil
	}
	there, err := w.s.query(ctx, w.q, "SELECT id FROM {"+linkData+"} WHERE default_langcode = 0 AND langcode = ? AND menu_name = ? LIMIT 1", code, menu)
	if err != nil || len(there) == 0 {
		return false, err
	}
	for _, table := range w.s.entity("link").more {
		if err := w.exec(ctx, "DELETE FROM {"+table+"} WHERE default_langcode = 0 AND langcode = ? AND id IN (SELECT id FROM (SELECT id FROM {"+linkData+"} WHERE default_langcode = 1 AND menu_name = ?) o)", code, menu); err != nil {
			return false, err
		}
	}
	return true, nil
}

// spoken says that an item's text is in the menu's language; one of another is shown as it is.
func (w *writer) spoken(it *recordv1.MenuItem, code string) bool {
	for _, f := range it.GetFields() {
		if f.GetName() == "langcode" {
			return w.s.code(f.GetValue().GetText()) == code
		}
	}
	return true
}

// tellLink tells where a link is another one in its own language.
func (d *draft) tellLink(l *line, first row) {
	for col, fields := range map[string][]string{"link__uri": {"items.target", "items.url"}, "link__options": {"items.window", "items.classes", "items.title_attr", "items.xfn"}, "enabled": {"items.hidden"}, "weight": {"items.position", "items"},
		"expanded": {"items.fields"}} {
		var mine string
		switch v := l.cols[col].(type) {
		case string:
			mine = v
		case []byte:
			mine = string(v)
		case int:
			mine = itoa(int64(v))
		case int64:
			mine = itoa(v)
		}
		if mine == first.text(col) {
			continue
		}
		for _, f := range fields {
			d.adjust(f, "same_in_all_languages", "")
		}
	}
}

// tellMenu tells what a menu is called otherwise than in the record: its name is that of the first.
func (w *writer) tellMenu(d *draft, menu, code string) {
	m, v := d.rec.GetMenu(), w.s.schema.settings[menuPrefix+menu]
	if m.GetName() != scalar(dig(v, "label")) {
		d.adjust("name", "same_in_all_languages", scalar(dig(v, "label")))
	}
	if m.GetDescription() != scalar(dig(v, "description")) {
		d.adjust("description", "same_in_all_languages", "")
	}
	if len(m.GetLocations()) > 0 {
		d.adjust("locations", "places_of_the_theme", "")
	}
	if slug := saidSlug(menu, code); m.GetSlug() != slug {
		d.adjust("slug", "slug_taken", slug)
	}
}

// sayings are the translations that the links of a menu have.
func (w *writer) sayings(ctx context.Context, menu string) ([]saying, error) {
	if !w.s.translates(w.s.entity("link")) {
		return nil, nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT m.uuid, d.langcode, d.title, d.description FROM {menu_link_content} m JOIN {"+linkData+"} d ON d.id = m.id WHERE d.default_langcode = 0 AND d.menu_name = ?", menu)
	all := make([]saying, len(rows))
	for i, r := range rows {
		all[i] = saying{r.text("uuid"), r.text("langcode"), r.text("title"), r.text("description")}
	}
	return all, err
}

// say adds translations to links; those of links that are gone go with them.
func (w *writer) say(ctx context.Context, all []saying) error {
	for part := range slices.Chunk(all, cmsInList) {
		ids := make([]string, len(part))
		for i, x := range part {
			ids[i] = x.uuid
		}
		firsts, err := queryIn(ctx, w.s, w.q, ids, "SELECT m.uuid, d.* FROM {menu_link_content} m JOIN {"+linkData+"} d ON d.id = m.id WHERE d.default_langcode = 1 AND m.uuid IN ", "")
		if err != nil {
			return err
		}
		at, now := by(firsts, "uuid"), w.s.now().Unix()
		var rows []map[string]any
		for _, x := range part {
			if len(at[x.uuid]) == 0 {
				continue
			}
			r := map[string]any{}
			for _, c := range at[x.uuid][0].Row {
				if r[c.Name] = any(c.Text); c.Null {
					r[c.Name] = nil
				} else if c.Name == "link__options" {
					r[c.Name] = []byte(c.Text)
				} else if w.s.live.of(linkData)[c.Name].IsNumber() {
					r[c.Name] = at[x.uuid][0].number(c.Name)
				}
			}
			delete(r, "uuid")
			r["content_translation_source"], r["langcode"], r["title"], r["description"], r["default_langcode"], r["changed"], r["content_translation_created"] = r["langcode"], x.lang, x.title, x.about, 0, now, now
			if x.about == "" {
				r["description"] = nil
			}
			rows = append(rows, r)
		}
		for _, table := range w.s.entity("link").more {
			if _, err := w.insert(ctx, table, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// sayingBodies are the translations of menus: rows of their links that go and come with the first's.
func (s *Site) sayingBodies() []cms.Body {
	if !s.speaks() {
		return nil
	}
	var all []cms.Body
	for _, l := range s.schema.languages {
		scope := "langcode = '" + l.code + "' AND default_langcode = 0"
		quiet := []string{"id", "revision_id", "changed", "content_translation_created", "weight", "enabled", "expanded", "parent", "link__uri", "link__options", "menu_name"}
		rev := cms.Part{Table: "menu_link_content_field_revision", Join: "JOIN (SELECT id AS link, langcode AS said, menu_name FROM {" + linkData + "} WHERE default_langcode = 0) d ON d.link = t.id AND d.said = t.langcode", Owner: "d.menu_name", Key: "id", Scope: scope, Ignore: quiet}
		all = append(all, cms.Body{Suffix: ":" + l.code, Parts: []cms.Part{rev, hung(linkData, "menu_name", scope, quiet...)}})
	}
	return all
}
