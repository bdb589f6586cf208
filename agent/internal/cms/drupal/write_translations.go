package drupal

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// speaks says that records of this site have a language each.
func (s *Site) speaks() bool { return !s.seven && len(s.schema.languages) > 1 }

// translates says that an entity of a type may have texts in several languages on this site: what Drupal remembers of translations has
// its columns once that is switched on for any bundle of the type.
func (s *Site) translates(e *entity) bool {
	return s.speaks() && s.hasModule("content_translation") && slices.Contains(translated, e.name) && s.live.has(e.more[0], "content_translation_source")
}

// translated are the entity types whose translations are written into one entity.
var translated = []string{"node", "taxonomy_term", "block_content", linkBundle}

// tongue is the language of a target id: of a translation it stands behind the number of its entity.
func tongue(target string) string {
	_, lang, _ := strings.Cut(target, ":")
	return lang
}

// code is the site's language for one of another site: the same, or the one without a country. Empty: it has none.
func (s *Site) code(locale string) string {
	wish := strings.ToLower(locale)
	bare, _, _ := strings.Cut(wish, "-")
	for _, try := range []string{wish, bare} {
		for _, l := range s.schema.languages {
			if strings.ToLower(l.code) == try {
				return l.code
			}
		}
	}
	return ""
}

// speak chooses the language of a record; false: the site has not got the record's.
func (d *draft) speak() bool {
	locale := d.rec.GetLocale()
	code := d.w.s.code(locale)
	if code != "" && !d.known {
		d.cols["langcode"] = code
	}
	switch got, _ := d.cols["langcode"].(string); {
	case got == locale:
	case locale == "":
		d.adjust("locale", "language_filled", got)
	case code == "":
		d.adjust("locale", "language_missing", got)
	default:
		d.adjust("locale", "language_matched", got)
	}
	return locale == "" || code != ""
}

// gather finds the entity that the translations of a group share: the first of them makes it, with a unique id that follows from the
// group, and the others find it by that. What cannot be put together becomes an entity of its own.
func (w *writer) gather(ctx context.Context, ds []*draft) error {
	if !w.s.speaks() {
		return nil
	}
	g := &gathering{w: w, first: map[[2]string]*draft{}, said: map[[3]string]bool{}}
	for _, d := range ds {
		has := d.speak()
		// Who translated it, and when, is for the edit form alone; unset is read as not published where an entity has no other word for that.
		d.cols["content_translation_source"], d.cols["content_translation_status"], d.cols["content_translation_created"] = "und", 1, d.w.s.now().Unix()
		if d.rec.GetTranslationGroup() == "" {
			continue
		}
		d.adjust("translation_group", "group_renumbered", "")
		if d.known {
			continue
		}
		together := has
		if together {
			var err error
			if together, err = w.translatable(ctx, d.e, d.bundle); err != nil {
				return err
			}
		}
		if together {
			if err := g.place(ctx, d); err != nil {
				return err
			}
		}
		if !together || d.lang == "" && g.first[d.group()] != d {
			d.adjust("translation_group", "translations_not_tied", "")
		}
	}
	return nil
}

// group names the entity that a draft shares with its translations.
func (d *draft) group() [2]string { return [2]string{d.e.name, d.rec.GetTranslationGroup()} }

// translatable says that entities of a bundle are translated here. Where nobody has decided that, it is switched on.
func (w *writer) translatable(ctx context.Context, e *entity, bundle string) (bool, error) {
	name := "language.content_settings." + e.name + "." + bundle
	decided := func() *bool {
		if v := w.s.schema.settings[name]; v != nil {
			is := truthy(dig(v, "third_party_settings", "content_translation", "enabled"))
			return &is
		}
		return nil
	}
	if !w.s.translates(e) {
		return false, nil
	}
	// Two batches must not make the same entity.
	if err := w.lock(ctx); err != nil {
		return false, err
	}
	if is := decided(); is != nil {
		return *is, nil
	}
	needs := dict{"config", []string{bundleConfig(e.name, bundle)}, "module", []string{"content_translation"}}
	if e.name == linkBundle {
		needs = dict{"module", []string{"content_translation", linkBundle}}
	}
	return true, w.makeConfig(ctx, "language_content_settings", name, needs,
		dict{"third_party_settings", dict{"content_translation", dict{"enabled", true, "bundle_settings", dict{"untranslatable_fields_hide", "0"}}},
			"id", e.name + "." + bundle, "target_entity_type_id", e.name, "target_bundle", bundle, "default_langcode", "site_default", "language_alterable", true})
}

// gathering are the groups of a batch: the drafts that make their entities, and the languages that are taken.
type gathering struct {
	w     *writer
	first map[[2]string]*draft
	said  map[[3]string]bool
}

// place makes a draft the first of its group, or a translation of what is there.
func (g *gathering) place(ctx context.Context, d *draft) error {
	group, lang := d.group(), d.cols["langcode"].(string)
	taken := g.said[[3]string{group[0], group[1], lang}]
	g.said[[3]string{group[0], group[1], lang}] = true
	if o := g.first[group]; o != nil {
		if o.bundle == d.bundle && !taken {
			d.lang, d.origin, d.cols["content_translation_source"] = lang, o, o.cols["langcode"]
		}
		return nil
	}
	for n := 0; ; n++ {
		id := groupUUID(group, n)
		rows, err := g.w.s.query(ctx, g.w.q, "SELECT e."+d.e.key+" AS id, e."+d.e.version+" AS version, e."+d.e.bundle+" AS bundle, e.langcode AS origin, d.langcode AS lang FROM {"+d.e.base+"} e JOIN {"+d.e.more[0]+"} d ON d."+d.e.key+" = e."+d.e.key+" WHERE e.uuid = ?", id)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			d.cols["uuid"], g.first[group] = id, d
			return nil
		}
		others, err := g.w.strangers(ctx, d.rec.GetRef().GetKind(), d.e.target(rows[0].number("id")))
		if err != nil {
			return err
		}
		if others {
			// The group of another source that calls it alike.
			continue
		}
		if rows[0].text("bundle") == d.bundle && !taken && !slices.ContainsFunc(rows, func(r row) bool { return r.text("lang") == lang }) {
			d.lang, d.id, d.version, d.cols["content_translation_source"] = lang, rows[0].number("id"), rows[0].number("version"), rows[0].text("origin")
		}
		return nil
	}
}

func (w *writer) strangers(ctx context.Context, kind cms.Kind, id string) (bool, error) {
	if w.u.Shared == nil {
		return false, nil
	}
	ids, err := w.u.Shared.Strangers(ctx, []cms.Kind{kind}, []string{id})
	return len(ids) > 0, err
}

// groupUUID is the unique id of a group's entity. (RFC 9562, version 8)
func groupUUID(group [2]string, n int) string {
	// Nodes came first.
	of := map[bool]string{false: " of " + group[0]}[group[0] == "node"]
	b := sha256.Sum256(fmt.Appendf(nil, "bailey translations%s %d %s", of, n, group[1]))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// translate writes new translations of entities that are there by now.
func (w *writer) translate(ctx context.Context, e *entity, ds []*draft) error {
	var fresh []*draft
	for _, d := range ds {
		if d.lang == "" || d.known {
			continue
		}
		if d.origin != nil {
			d.id, d.version = d.origin.id, d.origin.version
		}
		d.cols[e.key], d.cols[e.version], d.cols["default_langcode"] = d.id, d.version, 0
		d.res.TargetID = e.target(d.id) + ":" + d.lang
		fresh = append(fresh, d)
	}
	if len(fresh) == 0 {
		return nil
	}
	for _, table := range e.more {
		if _, err := w.insert(ctx, table, rowsOf(fresh, "")); err != nil {
			return err
		}
	}
	return nil
}

// share counts anew what the translations of an entity have in common: the files that it uses and, of a node, the terms that list it.
func (w *writer) share(ctx context.Context, e *entity, ds []*draft) error {
	var ids []int64
	for _, d := range ds {
		if d.lang != "" || d.known && w.s.translates(e) {
			ids = append(ids, d.id)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = itoa(id)
	}
	if w.s.has("file_usage") {
		if err := execIn(ctx, w, texts, "DELETE FROM {file_usage} WHERE module = 'file' AND type = '"+e.name+"' AND id IN "); err != nil {
			return err
		}
	}
	if err := w.recount(ctx, e, "file", "file_usage", ids, "SELECT entity_id, %s AS id FROM {%s} WHERE deleted = 0 AND entity_id IN "); err != nil {
		return err
	}
	if e.name != "node" || !w.s.has("taxonomy_index") {
		return nil
	}
	if err := execIn(ctx, w, ids, "DELETE FROM {taxonomy_index} WHERE nid IN "); err != nil {
		return err
	}
	return w.recount(ctx, e, "taxonomy_term", "taxonomy_index", ids, "SELECT t.entity_id, t.%s AS id, d.sticky, d.created FROM {%s} t JOIN {node_field_data} d ON d.nid = t.entity_id AND d.default_langcode = 1 "+
		"WHERE d.status = 1 AND t.deleted = 0 AND t.entity_id IN ")
}

func (w *writer) recount(ctx context.Context, e *entity, target, table string, ids []int64, query string) error {
	seen := map[[2]string]bool{}
	var all []map[string]any
	for _, f := range w.s.schema.tables(e.name) {
		if f.target != target || !w.s.live.real(f.table) {
			continue
		}
		rows, err := queryIn(ctx, w.s, w.q, ids, fmt.Sprintf(query, w.quote(f.name+"_target_id"), f.table), "")
		if err != nil {
			return err
		}
		for _, r := range rows {
			key := [2]string{r.text("entity_id"), r.text("id")}
			if seen[key] || r.number("id") == 0 {
				continue
			}
			seen[key] = true
			all = append(all, map[string]any{"nid": r.number("entity_id"), "tid": r.number("id"), "status": 1, "sticky": r.number("sticky"), "created": r.number("created"),
				"fid": r.number("id"), "module": "file", "type": e.name, "id": key[0], "count": 1})
		}
	}
	_, err := w.insert(ctx, table, all)
	return err
}

// only limits a statement about an entity's table to the language of a record; skip: the table holds nothing of a translation alone.
func (w *writer) only(e *entity, table, lang string) (where string, args []any, skip bool) {
	hasLang, each := w.s.live.has(table, "langcode"), w.s.live.has(table, "default_langcode")
	field := hasLang && w.s.live.has(table, "entity_id")
	switch {
	case w.s.seven:
	case lang != "" && (each || field):
		return " AND langcode = ?", []any{lang}, false
	case lang != "":
		return "", nil, true
	case each:
		return " AND default_langcode = 1", nil, false
	case field && w.s.speaks() && e.of == "":
		return " AND langcode = (SELECT o.langcode FROM {" + e.base + "} o WHERE o." + e.key + " = entity_id)", nil, false
	}
	return "", nil, false
}
