package drupal

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// vocabulary is what Drupal calls a taxonomy.
func vocabularyOf(taxonomy string) string {
	if taxonomy == tagTaxonomy {
		return tagsVocabulary
	}
	return machine(taxonomy, 32)
}

// vocabularyID is the id that the tables hold for a vocabulary; empty where there is none of the name.
func (s *Site) vocabularyID(machine string) string {
	for id, name := range s.schema.vocabularies {
		if name == machine {
			return id
		}
	}
	return ""
}

func (w *writer) writeTerms(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "taxonomy_term" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if err := w.needVocabulary(ctx, d.rec.GetTerm().GetTaxonomy()); err != nil {
			return nil, err
		}
		if err := w.term(ctx, d, d.rec.GetTerm()); err != nil {
			return nil, err
		}
		if err := w.custom(ctx, d); err != nil {
			return nil, err
		}
		d.measure()
	}
	if err := w.adoptTerms(ctx, ds); err != nil {
		return nil, err
	}
	e := w.s.entity("taxonomy_term")
	if err := w.gather(ctx, live(ds)); err != nil {
		return nil, err
	}
	if err := w.follow(ctx, live(ds)); err != nil {
		return nil, err
	}
	if err := w.flush(ctx, e, ds); err != nil {
		return nil, err
	}
	if err := w.translate(ctx, e, live(ds)); err != nil {
		return nil, err
	}
	if err := w.parents(ctx, live(ds)); err != nil {
		return nil, err
	}
	if err := w.flushValues(ctx, e, ds); err != nil {
		return nil, err
	}
	if err := w.share(ctx, e, live(ds)); err != nil {
		return nil, err
	}
	return ds, w.aliases(ctx, ds, "taxonomy/term", func(d *draft) string { return termAlias(d) })
}

// termAlias puts terms below the name of their vocabulary, so that they do not take the addresses of entries.
func termAlias(d *draft) string {
	return strings.ReplaceAll(d.bundle, "_", "-") + "/" + sluggish(d.w.s.fitting(d.rec.GetTerm().GetSlug()), d.w.s.fitting(d.rec.GetTerm().GetName()))
}

func (w *writer) term(ctx context.Context, d *draft, t *recordv1.Term) error {
	d.bundle = vocabularyOf(t.GetTaxonomy())
	c := d.cols
	var vid any = d.bundle
	if d.w.s.seven {
		vid = d.w.s.vocabularyID(d.bundle)
	}
	text := d.expand("text:description", t.GetDescription().GetText())
	c["vid"], c["name"], c["weight"], c["status"], c["changed"], c["revision_created"] = vid, t.GetName(), t.GetPosition(), 1, d.w.s.now().Unix(), d.w.s.now().Unix()
	c["description"], c["format"], c["description__value"], c["description__format"] = text, nil, nil, nil
	if text != "" {
		format, err := w.formatFor(ctx, d.rec, "description", t.GetDescription().GetMarkup(), false)
		if err != nil {
			return err
		}
		c["format"], c["description__value"], c["description__format"] = format, text, format
		d.tellFormat("description", format)
	}
	if t.GetInternal() {
		c["status"] = 0
	}
	return nil
}

// parents writes what is above terms; 0 is the root. What is above a translation is what is above the first.
func (w *writer) parents(ctx context.Context, ds []*draft) error {
	var known []int64
	var rows []map[string]any
	for _, d := range ds {
		if d.lang != "" {
			continue
		}
		if d.known {
			known = append(known, d.id)
		}
		above := d.pointed("parent", "", d.rec.GetTerm().GetParent())
		rows = append(rows, map[string]any{"tid": d.id, "parent": above, "bundle": d.bundle, "deleted": 0, "entity_id": d.id, "revision_id": d.version, "langcode": d.cols["langcode"], "delta": 0, "parent_target_id": above})
	}
	for _, table := range w.s.parentTables() {
		if err := execIn(ctx, w, known, "DELETE FROM {"+table.name+"} WHERE "+table.key+" IN "); err != nil {
			return err
		}
		if _, err := w.insert(ctx, table.name, rows); err != nil {
			return err
		}
	}
	return nil
}

// parentTable is where a version keeps what is above a term.
type parentTable struct{ name, key, parent string }

func (s *Site) parentTables() []parentTable {
	if s.seven {
		return []parentTable{{"taxonomy_term_hierarchy", "tid", "parent"}}
	}
	all := []parentTable{{"taxonomy_term__parent", "entity_id", "parent_target_id"}}
	if s.has("taxonomy_term_revision__parent") {
		all = append(all, parentTable{"taxonomy_term_revision__parent", "entity_id", "parent_target_id"})
	}
	return all
}

// adoptTerms lets a term of the same vocabulary and address, or name where it has no address, stand for a record.
func (w *writer) adoptTerms(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		if d.done || d.known {
			continue
		}
		ids, err := w.likeTerms(ctx, d)
		if err != nil {
			return err
		}
		for _, id := range ids {
			strangers := []string{itoa(id)}
			if w.u.Shared != nil {
				if strangers, err = w.u.Shared.Strangers(ctx, []cms.Kind{kindTerm}, strangers); err != nil {
					return err
				}
			}
			if len(strangers) > 0 {
				d.adopt(id)
				break
			}
		}
	}
	return nil
}

func (w *writer) likeTerms(ctx context.Context, d *draft) ([]int64, error) {
	names, alias, slash := "taxonomy_term_data", "SELECT source AS path FROM {url_alias} WHERE alias = ?", ""
	if !w.s.seven {
		names, alias, slash = "taxonomy_term_field_data", "SELECT path FROM {path_alias} WHERE alias = ?", "/"
	}
	rows, err := w.s.query(ctx, w.q, "SELECT tid FROM {"+names+"} WHERE vid = ? AND name = ? ORDER BY tid", d.cols["vid"], d.cols["name"])
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.number("tid"))
	}
	rows, err = w.s.query(ctx, w.q, alias, slash+termAlias(d))
	for _, r := range rows {
		if ref := systemRef(strings.TrimPrefix(r.text("path"), "/")); ref.GetKind() == kindTerm {
			ids = append(ids, w.s.entity("taxonomy_term").number(ref.GetSourceId()))
		}
	}
	return ids, err
}
