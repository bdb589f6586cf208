package drupal

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// partKind is a kind of entity that stands inside of others: paragraphs, field collections. Its fields are read in the version that the
// holder's own version names.
type partKind struct {
	entity string
	// revision is the property of the field that points to the part.
	revision string
	// table is one that only the module has.
	table string
	// query selects entity, bundle and languages of parts by their versions.
	query string
}

// partKinds by the type of the field. (Paragraphs 8.x-1.15 and 7.x-1.0-rc5, Field Collection 7.x-1.2: their schemas)
var partKinds = map[string]*partKind{
	"entity_reference_revisions": {entity: "paragraph", revision: "target_revision_id", table: "paragraphs_item_revision_field_data",
		query: "SELECT d.revision_id, d.id, i.type AS bundle, d.langcode AS lang, i.langcode AS origin, d.status FROM {paragraphs_item_revision_field_data} d JOIN {paragraphs_item} i ON i.id = d.id WHERE d.revision_id IN "},
	"paragraphs": {entity: "paragraphs_item", revision: "revision_id", table: "paragraphs_item_revision",
		query: "SELECT r.revision_id, i.item_id AS id, i.bundle, 'und' AS lang, 'und' AS origin, 1 AS status FROM {paragraphs_item_revision} r JOIN {paragraphs_item} i ON i.item_id = r.item_id WHERE r.revision_id IN "},
	"field_collection": {entity: "field_collection_item", revision: "revision_id", table: "field_collection_item_revision",
		query: "SELECT r.revision_id, i.item_id AS id, i.field_name AS bundle, 'und' AS lang, 'und' AS origin, 1 AS status FROM {field_collection_item_revision} r JOIN {field_collection_item} i ON i.item_id = r.item_id WHERE r.revision_id IN "},
}

// parts is what a field holds parts of; nil where it holds none.
func (f *field) parts() *partKind {
	if p := partKinds[f.typ]; p != nil && (p.entity != "paragraph" || f.target == p.entity) {
		return p
	}
	return nil
}

// maxDepth is how deep parts lie in each other at most; a part that holds itself ends there.
const maxDepth = 8

// inner are the parts that the holders of some values have.
type inner struct {
	values *values
	// rows describe a part by its version, once per language.
	rows map[string][]row
}

// loadParts loads the parts that the fields loaded point to, and theirs.
func (r *reader) loadParts(ctx context.Context, v *values, fields []*field, depth int) error {
	versions := map[*partKind][]int64{}
	for _, f := range fields {
		if p := f.parts(); p != nil && depth < maxDepth && r.s.has(p.table) {
			for _, rows := range v.rows[f.name] {
				for _, row := range rows {
					versions[p] = append(versions[p], row.number(f.name+"_"+p.revision))
				}
			}
		}
	}
	for p, ids := range versions {
		slices.Sort(ids)
		if err := r.loadKind(ctx, v, p, slices.Compact(ids), depth); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) loadKind(ctx context.Context, v *values, p *partKind, versions []int64, depth int) error {
	rows, err := queryIn(ctx, r.s, r.q, versions, p.query, "")
	if err != nil || len(rows) == 0 {
		return err
	}
	holders := make([]holder, len(rows))
	for i, row := range rows {
		holders[i] = p.holder(row)
	}
	of, err := r.valuesAt(ctx, holders, depth+1)
	v.parts[p] = &inner{values: of, rows: by(rows, "revision_id")}
	return err
}

func (p *partKind) holder(r row) holder {
	return holder{entity: p.entity, bundle: r.text("bundle"), id: r.number("id"), revision: r.number("revision_id"), lang: r.text("lang"), origin: r.text("origin")}
}

// part is what a row of a field points to: its type, and its fields by their names. In the holder's language where it has that. nil: it
// is gone.
func (v *values) part(h holder, f *field, p *partKind, r row) *recordv1.Value {
	all := v.parts[p]
	if all == nil {
		return nil
	}
	rows := all.rows[r.text(f.name+"_"+p.revision)]
	if len(rows) == 0 {
		return nil
	}
	own := rows[0]
	for _, said := range rows {
		if lang := said.text("lang"); lang == h.lang || lang == said.text("origin") && own.text("lang") != h.lang {
			own = said
		}
	}
	of := p.holder(own)
	if v.s.seven {
		of.lang = h.lang
	}
	m := []any{"type", php.Text(of.bundle)}
	if !own.flag("status") {
		// Visitors of the source do not see it.
		m = append(m, "published", php.Bool(false))
	}
	for _, in := range all.values.custom(of, func(*field) bool { return false }) {
		m = append(m, in.GetName(), in.GetValue())
	}
	return pairs(m...)
}

// partNotes tell which fields of a holder are made of parts: their look is code of the source's theme.
func (v *values) partNotes(h holder) []*recordv1.Note {
	var all []*recordv1.Note
	for _, f := range v.s.schema.fields[h.entity][h.bundle] {
		if n := len(v.of(h, f)); n > 0 && f.parts() != nil {
			all = append(all, &recordv1.Note{Code: "parts_as_fields", Field: "fields." + f.shown(), Count: uint32(n)})
		}
	}
	return all
}

// partSizes select the bytes of long texts in the parts of a field, by the entity or revision that holds them.
func (s *Site) partSizes(f *field, table, key, where string) []string {
	p := f.parts()
	if p == nil {
		return nil
	}
	var all []string
	for _, text := range s.schema.tables(p.entity) {
		if text.long() && s.has(text.revision) {
			join := "p.revision_id = h." + f.name + "_" + p.revision
			if s.seven {
				join += " AND p.entity_type = '" + p.entity + "'"
			}
			all = append(all, "SELECT h."+key+" AS id, OCTET_LENGTH(p."+text.name+"_value) AS n FROM {"+table+"} h JOIN {"+text.revision+"} p ON "+join+" WHERE h."+where+" AND h."+key+" IN ")
		}
	}
	return all
}

// long says that a field's values are texts of any length.
func (f *field) long() bool {
	return f.typ == "text_long" || f.typ == "text_with_summary" || f.typ == "string_long"
}
