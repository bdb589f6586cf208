package drupal

import (
	"context"
	"strings"
)

// follow gives translations of terms what Drupal keeps once for all languages: their weight and what is above them are those of the first.
func (w *writer) follow(ctx context.Context, ds []*draft) error {
	if len(ds) == 0 || !w.s.translates(ds[0].e) {
		return nil
	}
	firsts, err := w.firsts(ctx, ds)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.lang == "" && !d.known {
			continue
		}
		if d.lang == "" {
			if err := w.exec(ctx, "UPDATE {taxonomy_term_field_data} SET weight = ? WHERE default_langcode = 0 AND tid = ?", d.cols["weight"], d.id); err != nil {
				return err
			}
			continue
		}
		of := firsts[d.id]
		if d.origin != nil {
			of = w.placed(d.origin)
		}
		if w.placed(d).above != of.above {
			d.adjust("parent", "same_in_all_languages", "")
		}
		if d.rec.GetTerm().GetPosition() != of.weight {
			d.adjust("position", "same_in_all_languages", itoa(int64(of.weight)))
		}
		d.cols["weight"] = of.weight
	}
	return nil
}

// termPlace is where a term stands: its weight, and the number of what is above it.
type termPlace struct {
	weight int32
	above  string
}

// placed is where a draft wants to stand. What is not here yet is not known to be the same.
func (w *writer) placed(d *draft) termPlace {
	t := d.rec.GetTerm()
	above, ok := w.u.Refs.Target(t.GetParent())
	if !ok && t.GetParent() != nil {
		return termPlace{t.GetPosition(), t.GetParent().GetSourceId()}
	}
	return termPlace{t.GetPosition(), strings.TrimPrefix(itoa(d.e.number(above)), "0")}
}

// firsts is where the terms of translations stand by now, or will by this batch.
func (w *writer) firsts(ctx context.Context, ds []*draft) (map[int64]termPlace, error) {
	var ids []int64
	for _, d := range ds {
		if d.lang != "" && d.id > 0 {
			ids = append(ids, d.id)
		}
	}
	all := map[int64]termPlace{}
	rows, err := queryIn(ctx, w.s, w.q, ids, "SELECT d.tid, d.weight, p.parent_target_id AS above FROM {taxonomy_term_field_data} d LEFT JOIN {taxonomy_term__parent} p ON p.entity_id = d.tid AND p.deleted = 0 AND p.delta = 0 "+
		"WHERE d.default_langcode = 1 AND d.tid IN ", "")
	for _, r := range rows {
		at := termPlace{weight: int32(r.number("weight"))} //nolint:gosec // the column has 32 bits
		if above := r.number("above"); above > 0 {
			at.above = itoa(above)
		}
		all[r.number("tid")] = at
	}
	for _, d := range ds {
		if d.lang == "" && d.known {
			all[d.id] = w.placed(d)
		}
	}
	return all, err
}
