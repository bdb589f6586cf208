package drupal

import (
	"context"
	"slices"
	"strings"
)

// set adds a row of a field to what is written; nil fields are fields that the target does not have.
func (d *draft) set(f *field, props map[string]any) {
	if f != nil {
		d.values = append(d.values, value{f, props})
	}
}

// field is a field of the draft's bundle; nil where there is none.
func (d *draft) field(name string) *field { return d.w.s.schema.field(d.e.name, d.bundle, name) }

// pointer is the property of a field that holds another entity's id.
func (s *Site) pointer(f *field) string {
	if !s.seven || f.typ == "entityreference" {
		return "target_id"
	}
	return map[string]string{"taxonomy_term": "tid", "node": "nid", "user": "uid"}[f.target] + map[bool]string{true: "fid"}[f.target == "file"]
}

// flushValues writes the fields of drafts of one entity type, of the current version as well as of the entity.
func (w *writer) flushValues(ctx context.Context, e *entity, ds []*draft) error {
	ds = slices.DeleteFunc(live(ds), func(d *draft) bool { return d.e != e })
	if err := w.clearValues(ctx, e, ds); err != nil {
		return err
	}
	rows := map[string][]map[string]any{}
	for _, d := range ds {
		deltas := map[*field]int64{}
		for _, v := range d.values {
			if d.lang != "" && !v.f.translatable {
				d.adjust(pathOf(v.f), "same_in_all_languages", "")
				continue
			}
			r := map[string]any{"entity_type": e.name, "bundle": d.bundle, "deleted": 0, "entity_id": d.id, "revision_id": d.version, "language": "und", "langcode": d.cols["langcode"], "delta": deltas[v.f]}
			deltas[v.f]++
			for name, x := range v.props {
				if text, ok := x.(string); ok {
					x = d.clean(v.f.name+"_"+name, text)
				}
				r[v.f.name+"_"+name] = x
			}
			tables := []string{v.f.table, v.f.revision}
			if e.of != "" {
				r["entity_id"], tables = d.cols[e.of], tables[1:]
			}
			for _, table := range tables {
				rows[table] = append(rows[table], r)
			}
		}
	}
	for _, table := range sortedKeys(rows) {
		if !w.s.has(table) {
			continue
		}
		if _, err := w.insert(ctx, table, rows[table]); err != nil {
			return err
		}
	}
	return w.usage(ctx, e, ds)
}

// pathOf is the field of records whose value a node's field holds.
func pathOf(f *field) string {
	switch {
	case f.name == "body":
		return "content"
	case f.typ == "comment":
		return "comments"
	case f.target == "taxonomy_term":
		return "terms"
	case f.typ == "image":
		return "image"
	}
	return "fields." + f.name
}

// clearValues removes the values that entities of earlier runs have.
func (w *writer) clearValues(ctx context.Context, e *entity, ds []*draft) error {
	byLang := map[string][]*draft{}
	for _, d := range ds {
		if d.known {
			lang, _ := d.cols["langcode"].(string)
			byLang[lang] = append(byLang[lang], d)
		}
	}
	for _, lang := range sortedKeys(byLang) {
		if err := w.clearLanguage(ctx, e, byLang[lang], lang); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) clearLanguage(ctx context.Context, e *entity, ds []*draft, lang string) error {
	var ids, versions []int64
	fields := map[string]*field{}
	for _, d := range ds {
		ids, versions = append(ids, d.id), append(versions, d.version)
		for _, f := range w.s.schema.fields[e.name][d.bundle] {
			fields[f.table] = f
		}
	}
	scope := ""
	if w.s.seven {
		scope = "entity_type = '" + e.name + "' AND "
	} else if w.s.speaks() {
		scope = "langcode = '" + strings.ReplaceAll(lang, "'", "''") + "' AND "
	}
	for _, table := range sortedKeys(fields) {
		if !w.s.live.real(table) {
			continue
		}
		if e.of != "" {
			ids = nil
		}
		if err := execIn(ctx, w, ids, "DELETE FROM {"+table+"} WHERE "+scope+"deleted = 0 AND entity_id IN "); err != nil {
			return err
		}
		if !w.s.live.real(fields[table].revision) {
			continue
		}
		if err := execIn(ctx, w, versions, "DELETE FROM {"+fields[table].revision+"} WHERE "+scope+"deleted = 0 AND revision_id IN "); err != nil {
			return err
		}
	}
	return nil
}

// usage counts where files are used, so that Drupal does not take them for forgotten ones.
func (w *writer) usage(ctx context.Context, e *entity, ds []*draft) error {
	if !w.s.has("file_usage") || e.of != "" {
		return nil
	}
	var rows []map[string]any
	var known []any
	for _, d := range live(ds) {
		if d.lang != "" {
			continue
		}
		// Drupal 7 has a number here.
		var user any = itoa(d.id)
		if w.s.seven {
			user = d.id
		}
		if d.known {
			known = append(known, user)
		}
		seen := map[any]bool{}
		for _, v := range d.values {
			if id := v.props[w.s.pointer(v.f)]; v.f.target == "file" && id != int64(0) && !seen[id] {
				seen[id] = true
				rows = append(rows, map[string]any{"fid": id, "module": "file", "type": e.name, "id": user, "count": 1})
			}
		}
	}
	if err := execIn(ctx, w, known, "DELETE FROM {file_usage} WHERE module = 'file' AND type = '"+e.name+"' AND id IN "); err != nil {
		return err
	}
	_, err := w.insert(ctx, "file_usage", rows)
	return err
}
