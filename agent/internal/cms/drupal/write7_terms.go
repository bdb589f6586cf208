package drupal

import (
	"context"
	"maps"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// vocabulariesOf7 finds the vocabularies of the terms that a batch names.
func (w *writer) vocabulariesOf7(ctx context.Context, batch []*recordv1.Record) error {
	w.vocabularyOf = map[int64]string{}
	var tids []int64
	record7 := func(ref *recordv1.Ref) *recordv1.Ref {
		if id, ok := w.u.Refs.Target(ref); ok && ref.GetKind() == kindTerm {
			tids = append(tids, atoi(id))
		}
		return ref
	}
	for _, rec := range batch {
		record.MapRefs(rec, record7)
	}
	return w.learnTerms7(ctx, tids)
}

func (w *writer) learnTerms7(ctx context.Context, tids []int64) error {
	if w.vocabularyOf == nil {
		w.vocabularyOf = map[int64]string{}
	}
	of, err := w.vocabulariesOfTerms(ctx, tids)
	maps.Copy(w.vocabularyOf, of)
	return err
}

// terms7 puts terms into the fields of their vocabularies.
func (w *writer) terms7(ctx context.Context, d *draft, refs []*recordv1.Ref) error {
	byField, want := map[string][]int64{}, []int64(nil)
	for _, ref := range refs {
		tid := d.pointed("term", "", ref)
		if tid == 0 {
			continue
		}
		f, err := w.termField7(ctx, d.bundle, w.vocabularyOf[tid])
		if err != nil {
			return err
		}
		switch {
		case f == nil, f.cardinality > 0 && len(byField[f.name]) >= f.cardinality, slices.Contains(byField[f.name], tid):
			d.adjust("terms", "no_place", "")
			continue
		}
		byField[f.name], want = append(byField[f.name], tid), append(want, tid)
		d.set(f, map[string]any{"tid": tid})
		d.tids = append(d.tids, tid)
	}
	var got []int64
	for _, name := range sortedKeys(byField) {
		got = append(got, byField[name]...)
	}
	if !slices.Equal(want, got) {
		d.adjust("terms", "terms_by_field", "")
	}
	return nil
}

// termField7 is the field of a type for the terms of a vocabulary; one that is missing is made.
func (w *writer) termField7(ctx context.Context, bundle, vocabulary string) (*field, error) {
	if vocabulary == "" {
		return nil, nil
	}
	find := func() *field {
		for _, f := range w.s.schema.fields["node"][bundle] {
			if f.target == "taxonomy_term" && slices.Contains(f.vocabularies, vocabulary) {
				return f
			}
		}
		return nil
	}
	if f := find(); f != nil {
		return f, nil
	}
	for _, name := range []string{"field_" + vocabulary, "field_" + vocabulary + "_terms"} {
		name = machine(name, maxFieldName)
		if _, err := w.makeField7(ctx, "node", bundle, name, fieldKind{typ: "taxonomy_term_reference", many: -1, vocabulary: vocabulary}); err != nil {
			return nil, err
		}
		if f := find(); f != nil {
			return f, nil
		}
	}
	return nil, nil
}

// index7 lists published nodes below their terms.
func (w *writer) index7(ctx context.Context, ds []*draft) error {
	if !w.s.has("taxonomy_index") {
		return nil
	}
	if err := w.clear7(ctx, ds, "DELETE FROM {taxonomy_index} WHERE nid IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		for _, tid := range d.tids {
			if d.cols["status"] == 1 {
				rows = append(rows, map[string]any{"nid": d.id, "tid": tid, "sticky": d.cols["sticky"], "created": d.cols["created"]})
			}
		}
	}
	_, err := w.insert(ctx, "taxonomy_index", rows)
	return err
}
