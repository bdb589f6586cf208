package drupal

import (
	"context"
	"slices"
)

// vocabulariesOf are the vocabularies of the terms that entries have, by target id.
func (w *writer) vocabulariesOf(ctx context.Context, ds []*draft) (map[int64]string, error) {
	var ids []int64
	e := w.s.entity("taxonomy_term")
	for _, d := range ds {
		for _, ref := range d.rec.GetEntry().GetTerms() {
			if id, ok := w.u.Refs.Target(ref); ok {
				ids = append(ids, e.number(id))
			}
		}
	}
	var err error
	if w.said, err = w.termsSaid(ctx, slices.Clone(ids)); err != nil {
		return nil, err
	}
	return w.vocabulariesOfTerms(ctx, ids)
}

// vocabulariesOfTerms are the names of their vocabularies, by the terms' ids.
func (w *writer) vocabulariesOfTerms(ctx context.Context, ids []int64) (map[int64]string, error) {
	of, err := w.named(ctx, ids, "SELECT tid AS id, vid AS name FROM {taxonomy_term_data} WHERE tid IN ")
	for tid, vid := range of {
		of[tid] = w.s.schema.vocabularies[vid]
	}
	return of, err
}

// terms fills the fields that take terms, by vocabulary.
func (w *writer) terms(ctx context.Context, d *draft, vocabularies map[int64]string) error {
	var order []string
	for _, ref := range d.rec.GetEntry().GetTerms() {
		id, _ := w.u.Refs.Target(ref)
		tid := w.s.entity("taxonomy_term").number(id)
		if tid == 0 {
			d.adjust("terms", "term_missing", "")
			continue
		}
		if code, _ := d.cols["langcode"].(string); inLanguage(w.said, itoa(tid), code) != id {
			d.adjust("terms", "node_of_all_languages", "")
		}
		f, err := w.termField(ctx, d.bundle, vocabularies[tid])
		if err != nil {
			return err
		}
		if f == nil {
			d.adjust("terms", "no_term_field", "")
			continue
		}
		if slices.ContainsFunc(d.values, func(v value) bool { return v.f == f && (f.cardinality == 1 || v.props[w.s.pointer(f)] == tid) }) {
			d.adjust("terms", "one_term_only", "")
			continue
		}
		d.set(f, map[string]any{w.s.pointer(f): tid})
		order = append(order, f.name)
	}
	if !slices.IsSorted(order) {
		d.adjust("terms", "terms_sorted", "")
	}
	return nil
}

// termField is the field of a type that takes terms of a vocabulary; one is made where there is none.
func (w *writer) termField(ctx context.Context, bundle, vocabulary string) (*field, error) {
	if vocabulary == "" {
		return nil, nil
	}
	for _, f := range w.s.schema.fields["node"][bundle] {
		if f.target == "taxonomy_term" && slices.Contains(f.vocabularies, vocabulary) {
			return f, nil
		}
	}
	return w.need(ctx, wanted{entity: "node", bundle: bundle, name: "field_" + machine(vocabulary, 26), label: title(vocabulary), kind: "reference", target: "taxonomy_term", targets: []string{vocabulary}, many: true})
}

// index lists published nodes on the pages of their terms.
func (w *writer) index(ctx context.Context, ds []*draft) error {
	if !w.s.has("taxonomy_index") {
		return nil
	}
	var known []int64
	var rows []map[string]any
	for _, d := range ds {
		if d.lang != "" {
			continue
		}
		if d.known {
			known = append(known, d.id)
		}
		if d.cols["status"] != 1 {
			continue
		}
		var seen []any
		for _, v := range d.values {
			if tid := v.props[w.s.pointer(v.f)]; v.f.target == "taxonomy_term" && tid != int64(0) && !slices.Contains(seen, tid) {
				seen = append(seen, tid)
				rows = append(rows, map[string]any{"nid": d.id, "tid": tid, "status": 1, "sticky": d.cols["sticky"], "created": d.cols["created"]})
			}
		}
	}
	if err := execIn(ctx, w, known, "DELETE FROM {taxonomy_index} WHERE nid IN "); err != nil {
		return err
	}
	_, err := w.insert(ctx, "taxonomy_index", rows)
	return err
}
