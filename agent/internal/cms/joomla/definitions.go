package joomla

import (
	"context"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Definitions of custom fields travel with the site's record, by context and name; so do the groups that they are in, by context
// and title.
const (
	definitionsField = extraPrefix + "fields"
	groupsOfField    = extraPrefix + "field_groups"
)

// common are columns that fields and their groups both have.
var (
	commonDefinition = []extra{{"context", plainText, ""}, {"title", plainText, ""}, {"note", plainText, ""}, {"description", plainText, ""}, {"state", number, "1"},
		{"ordering", number, "0"}, {"params", jsonText, ""}, {"language", plainText, "*"}, {"access", level, "1"}}
	definitionExtras = append([]extra{{"name", plainText, ""}, {"label", plainText, ""}, {"type", plainText, ""}, {"default_value", plainText, ""}, {"required", number, "0"},
		{"only_use_in_subform", number, "0"}, {"fieldparams", jsonText, ""}}, commonDefinition...)
)

// definitions adds fields and groups to the site's record.
func (r *reader) definitions(ctx context.Context, rec *recordv1.Record) error {
	if !r.s.schema.Has("fields") {
		return nil
	}
	if err := r.loadLevels(ctx); err != nil {
		return err
	}
	if err := r.loadDefs(ctx); err != nil {
		return err
	}
	groups, titles, err := r.fieldGroups(ctx)
	if err != nil {
		return err
	}
	fields, err := r.fieldDefinitions(ctx, titles)
	if err != nil {
		return err
	}
	for _, f := range []*recordv1.Field{{Name: groupsOfField, Value: groups}, {Name: definitionsField, Value: fields}} {
		if f.Encoding = "json"; len(f.GetValue().GetArray().GetPairs()) > 0 {
			rec.Fields = append(rec.Fields, f)
		}
	}
	return nil
}

func (r *reader) fieldGroups(ctx context.Context) (all *recordv1.Value, titles map[string]string, err error) {
	all, titles = arrayValue(false), map[string]string{}
	rows, err := r.s.query(ctx, r.q, "SELECT g.id, "+r.s.columns("fields_groups", "g", commonDefinition)+" FROM {fields_groups} g ORDER BY g.id")
	for _, row := range rows {
		titles[row.Text("id")] = row.Text("title")
		put(all, row.Text("context")+"/"+row.Text("title"), r.defined(row, commonDefinition))
	}
	return all, titles, err
}

func (r *reader) fieldDefinitions(ctx context.Context, groups map[string]string) (*recordv1.Value, error) {
	all := arrayValue(false)
	limits, err := r.s.query(ctx, r.q, "SELECT field_id, category_id FROM {fields_categories} ORDER BY field_id, category_id")
	if err != nil {
		return nil, err
	}
	only := map[string]*recordv1.Value{}
	for _, row := range limits {
		id, to := row.Text("field_id"), intValue(row.Number("category_id"))
		if isID(row.Text("category_id")) {
			to = refValue(termRef(row.Text("category_id")))
		}
		if only[id] == nil {
			only[id] = arrayValue(true)
		}
		a := only[id].GetArray()
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: intValue(int64(len(a.Pairs))), Value: to})
	}
	rows, err := r.s.query(ctx, r.q, "SELECT f.id, f.group_id, "+r.s.columns("fields", "f", definitionExtras)+" FROM {fields} f ORDER BY f.ordering, f.id")
	for _, row := range rows {
		o := r.defined(row, definitionExtras)
		r.nameFields(look(o, "fieldparams"))
		if g := groups[row.Text("group_id")]; g != "" {
			put(o, "group", textValue(g))
		}
		if v := only[row.Text("id")]; v != nil {
			put(o, "categories", v)
		}
		put(all, row.Text("context")+"/"+row.Text("name"), o)
	}
	return all, err
}

// defined is what a row says of a field or a group.
func (r *reader) defined(row row, list []extra) *recordv1.Value {
	o := arrayValue(false)
	for _, x := range list {
		v, _ := r.extra(row, x)
		if x.kind == jsonText {
			// Options hold words and numbers, and no files.
			if v = parsed(row.Text(x.col)); v.GetArray() == nil || blank(v) {
				continue
			}
		}
		if v != nil && row.BadText() == "" {
			put(o, x.col, v)
		}
	}
	return o
}

// nameFields gives the parts of a subform the names of their fields in place of their ids.
func (r *reader) nameFields(v *recordv1.Value) {
	for _, p := range v.GetArray().GetPairs() {
		if d := r.defs[printed(p.GetValue())]; p.GetKey().GetText() == "customfield" && d != nil {
			p.Value = textValue(d.name)
			continue
		}
		r.nameFields(p.GetValue())
	}
}
