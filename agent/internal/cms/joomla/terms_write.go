package joomla

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// extensionOf is the inverse of taxonomyOf.
func extensionOf(taxonomy string) string {
	for ext, t := range taxonomies {
		if t == taxonomy {
			return ext
		}
	}
	return taxonomy
}

// unplaced is where the nested set of a new row begins: below zero, so that Finish puts it behind what is there, in the
// source's order.
const unplaced = int64(-1) << 30

// terms writes categories and tags. Nested set, level and path of new rows are made by Finish.
func (w *writer) terms(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := w.drafts(ctx, batch, func(rec *recordv1.Record) (string, string) {
		if rec.GetTerm().GetTaxonomy() == "tag" {
			return "tags", tagPrefix
		}
		return "categories", ""
	})
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.term(d.rec.GetTerm())
	}
	if err := w.adoptTerms(ctx, ds); err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.measure()
	}
	// What a batch sends twice, an alias under another parent, gets a suffix.
	if err := w.aliases(ctx, ds, "alias", func(d *draft) (string, []any) {
		if d.table == "tags" {
			return "", nil
		}
		return " AND extension = ?", []any{d.cols["extension"]}
	}); err != nil {
		return nil, err
	}
	for _, table := range []string{"categories", "tags"} {
		if err := w.flush(ctx, table, ds); err != nil {
			return nil, err
		}
	}
	cats := only(ds, "categories")
	if err := w.assets(ctx, "categories", cats); err != nil {
		return nil, err
	}
	if err := w.values(ctx, cats, categoryContext); err != nil {
		return nil, err
	}
	err = w.associate(ctx, cats, "com_categories.item")
	return results(ds), err
}

// only are the drafts of a table that are written.
func only(ds []*draft, table string) []*draft {
	var all []*draft
	for _, d := range ds {
		if d.table == table && !d.done {
			all = append(all, d)
		}
	}
	return all
}

func (d *draft) term(t *recordv1.Term) {
	d.scope, d.alias = extensionOf(t.GetTaxonomy()), t.GetSlug()
	d.cols["title"], d.cols["alias"], d.cols["description"] = t.GetName(), aliasOf(t.GetSlug(), t.GetName()), d.expand("text:description", t.GetDescription().GetText())
	d.cols["access"], d.cols["published"] = int64(1), int64(1)
	list := tagExtras
	if d.table == "categories" {
		d.cols["extension"] = d.scope
		list = categoryExtras
	}
	d.extras(list)
	if d.table == "tags" {
		d.dropRest()
		if d.rec.GetTranslationGroup() != "" {
			d.adjust("translation_group", "no_associations", "")
		}
	}
	switch shown := d.cols["published"] == int64(1); {
	case t.GetInternal() && shown:
		d.cols["published"] = int64(0)
	case !t.GetInternal() && !shown:
		d.adjust("internal", "status_lowered", "")
	}
	d.cols["path"], d.cols["level"], d.cols["lft"], d.cols["rgt"] = d.cols["alias"], 0, unplaced+int64(t.GetPosition()), 0
	if t.GetPosition() != 0 {
		d.adjust("position", "renumbered", "")
	}
	d.parent(t.GetParent())
	d.language()
	d.describe(t.GetSeo())
	if d.table == "tags" {
		d.picture("images", "image_intro", t.GetImage(), true)
		d.setObject("urls", d.object("urls"))
	} else {
		d.picture("params", "image", t.GetImage(), false)
	}
	d.setObject("params", d.object("params"))
}

// parent hangs a term below another one of the same table; 1 is the root of both.
func (d *draft) parent(ref *recordv1.Ref) {
	d.cols["parent_id"] = int64(1)
	id := d.target("parent", ref)
	if id == "" {
		return
	}
	raw, isTag := strings.CutPrefix(id, tagPrefix)
	if isTag != (d.table == "tags") {
		d.adjust("parent", "parent_of_other_kind", "")
		return
	}
	d.number("parent_id", raw)
}

// adoptTerms lets a category of the same extension and alias, or a tag of the same alias, stand for a record.
func (w *writer) adoptTerms(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		if d.done || d.known {
			continue
		}
		query, args := "SELECT id FROM {tags} WHERE parent_id > 0 AND alias = ? ORDER BY id LIMIT 1", []any{d.cols["alias"]}
		if d.table == "categories" {
			query, args = "SELECT id FROM {categories} WHERE parent_id > 0 AND alias = ? AND extension = ? ORDER BY id LIMIT 1", []any{d.cols["alias"], d.cols["extension"]}
		}
		id, err := w.s.one(ctx, w.q, query, args...)
		if err != nil {
			return err
		}
		if id == "" {
			continue
		}
		strangers := []string{d.prefix + id}
		if w.u.Shared != nil {
			if strangers, err = w.u.Shared.Strangers(ctx, []cms.Kind{kindTerm}, strangers); err != nil {
				return err
			}
		}
		if len(strangers) > 0 {
			d.adopt(id)
		}
	}
	return nil
}

// associate ties translations together. Joomla's key is a hash; a group of another platform is hashed.
func (w *writer) associate(ctx context.Context, ds []*draft, assoc string) error {
	if !w.s.schema.Has("associations") {
		return nil
	}
	if err := w.clear(ctx, ds, "DELETE FROM {associations} WHERE context = '"+assoc+"' AND id IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		if group := d.rec.GetTranslationGroup(); group != "" {
			key := associationKey(group)
			if key != group {
				d.adjust("translation_group", "group_hashed", key)
			}
			rows = append(rows, map[string]any{"id": atoi(d.id), "context": assoc, "key": key})
		}
	}
	_, err := w.insert(ctx, "associations", rows)
	return err
}
