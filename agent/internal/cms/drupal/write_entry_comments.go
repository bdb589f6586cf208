package drupal

import (
	"context"
)

// openness fills the field of comments.
func (w *writer) openness(ctx context.Context, d *draft) error {
	e := d.rec.GetEntry()
	if w.s.seven {
		d.cols["comment"] = map[string]int{"open": 2, "closed": 1}[e.GetComments()]
		return nil
	}
	f := w.s.commentField(d.bundle)
	if f == nil && e.GetComments() == "open" {
		var err error
		if f, err = w.needComments(ctx, d.bundle); err != nil {
			return err
		}
	}
	switch {
	case f != nil:
		d.set(f, map[string]any{"status": map[string]int{"open": 2, "closed": 1}[e.GetComments()]})
	case e.GetComments() != "":
		d.adjust("comments", "no_comments_here", "")
	}
	return nil
}

// commentField is the field of a type that takes comments.
func (s *Site) commentField(bundle string) *field {
	for _, f := range s.schema.fields["node"][bundle] {
		if f.typ == "comment" {
			return f
		}
	}
	return nil
}

func (w *writer) needComments(ctx context.Context, bundle string) (*field, error) {
	if w.s.schema.settings["comment.type.comment"] == nil {
		return nil, nil
	}
	return w.need(ctx, wanted{entity: "node", bundle: bundle, name: "comment", label: "Comments", kind: "comment"})
}

// commentStatistics gives every node the row without which its comments are not shown.
func (w *writer) commentStatistics(ctx context.Context, ds []*draft) error {
	table := "comment_entity_statistics"
	if w.s.seven {
		table = "node_comment_statistics"
	}
	var rows []map[string]any
	for _, d := range ds {
		f := w.s.commentField(d.bundle)
		if d.known || d.lang != "" || f == nil && !w.s.seven {
			continue
		}
		r := map[string]any{"nid": d.id, "entity_id": d.id, "entity_type": "node", "cid": 0, "last_comment_timestamp": d.cols["changed"], "last_comment_name": nil, "last_comment_uid": d.cols["uid"], "comment_count": 0}
		if f != nil {
			r["field_name"] = f.name
		}
		rows = append(rows, r)
	}
	if !w.s.has(table) {
		return nil
	}
	_, err := w.insert(ctx, table, rows)
	return err
}
