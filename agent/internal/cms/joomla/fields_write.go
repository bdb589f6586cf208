package joomla

import (
	"context"
	"crypto/md5" //nolint:gosec // Joomla's own key of associations, no secret
	"encoding/hex"
	"regexp"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

var hexKey = regexp.MustCompile(`^[0-9a-f]{32}$`)

func associationKey(group string) string {
	if hexKey.MatchString(group) {
		return group
	}
	sum := md5.Sum([]byte(group)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// values writes the custom fields that have no column of their own.
func (w *writer) values(ctx context.Context, ds []*draft, fieldContext string) error {
	if !w.s.schema.Has("fields") {
		for _, d := range ds {
			d.dropRest()
		}
		return nil
	}
	if err := w.clear(ctx, ds, "DELETE FROM {fields_values} WHERE field_id IN (SELECT id FROM {fields} WHERE context = '"+fieldContext+"') AND item_id IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		own, err := w.valuesOf(ctx, d, fieldContext)
		if err != nil {
			return err
		}
		rows = append(rows, own...)
	}
	_, err := w.insert(ctx, "fields_values", rows)
	return err
}

// severalRows are the types of fields that Joomla gives a list of values. For any other it hands more than one row as an
// array to code that wants a text, which is fatal for the page of the entry and for every list that it is on.
var severalRows = []string{"list", "checkboxes", "imagelist", "integer", "sql", "usergrouplist", "text"}

// valuesOf are the rows of one record: several values of a field that takes one stand in one row, each on its line.
func (w *writer) valuesOf(ctx context.Context, d *draft, fieldContext string) ([]map[string]any, error) {
	var rows []map[string]any
	first := map[string]map[string]any{}
	for _, f := range d.rest {
		def, err := w.definition(ctx, fieldContext, f)
		if err != nil {
			return nil, err
		}
		value := d.clean("fields."+f.GetName(), d.value(def, f))
		if r := first[def.id]; r != nil && !slices.Contains(severalRows, def.typ) {
			d.adjust("fields."+f.GetName(), "values_joined", "")
			r["value"] = r["value"].(string) + "\n" + value
			continue
		}
		first[def.id] = map[string]any{"field_id": atoi(def.id), "item_id": d.id, "value": value}
		rows = append(rows, first[def.id])
	}
	return rows, nil
}

// definition finds the field of a name, or makes one of a type that takes the value. It shows nothing by itself.
func (w *writer) definition(ctx context.Context, fieldContext string, f *recordv1.Field) (*fieldDef, error) {
	for _, d := range w.byContext[fieldContext] {
		if d.name == f.GetName() {
			return d, nil
		}
	}
	d := &fieldDef{context: fieldContext, name: f.GetName(), typ: typeFor(f), order: len(w.defs)}
	_, err := w.u.Names.Choose("fields/"+fieldContext, func(busy func(string) bool) ([]string, error) {
		id, err := w.s.one(ctx, w.q, "SELECT id FROM {fields} WHERE context = ? AND name = ?", fieldContext, d.name)
		if err != nil {
			return nil, err
		}
		if d.id = id; id != "" {
			return nil, nil
		}
		d.id, err = w.makeOwned(ctx, "fields", map[string]any{"context": fieldContext, "title": d.name, "name": d.name, "label": d.name, "type": d.typ, "state": 1,
			"params": `{"display":"0"}`, "fieldparams": "{}", "language": "*", "access": 1, "default_value": ""})
		return []string{d.name}, err
	})
	w.defs[d.id] = d
	w.byContext[fieldContext] = append(w.byContext[fieldContext], d)
	return d, err
}

// typeFor is the type of field whose stored values come back as they were sent.
func typeFor(f *recordv1.Field) string {
	v := f.GetValue()
	switch {
	case f.GetEncoding() == "json" && look(v, "imagefile") != nil, v.GetRef().GetKind() == kindMedia && v.GetRef() != nil:
		return "media"
	case f.GetEncoding() == "json" && look(v, "row0") != nil:
		return "subform"
	case f.GetEncoding() == "json":
		return "repeatable"
	case v.GetRef() != nil && v.GetRef().GetKind() == kindUser:
		return "user"
	}
	return "textarea"
}

// value is a custom field's value as its row holds it.
func (d *draft) value(def *fieldDef, f *recordv1.Field) string {
	field, slot := "fields."+f.GetName(), "field:"+def.id
	structured := def.typ == "media" || def.typ == "subform" || def.typ == "repeatable" || def.typ == "accessiblemedia"
	switch v := f.GetValue(); k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		if f.GetEncoding() != "" || len(f.GetRaw()) > 0 || structured {
			d.adjust(field, "stored_as_text", "")
		}
		return d.expand(slot, k.Text)
	case *recordv1.Value_Ref:
		if k.Ref.GetKind() == kindMedia && def.typ == "media" {
			return d.path(slot, k.Ref)
		}
		id, ok := d.w.u.Refs.Target(k.Ref)
		if !ok || k.Ref.GetKind() == kindUser && def.typ != "user" || k.Ref.GetKind() != kindUser {
			d.adjust(field, "stored_as_text", "")
		}
		return id
	default:
		if len(f.GetRaw()) > 0 {
			d.adjust(field, "stored_as_text", "")
			return string(f.GetRaw())
		}
		if f.GetEncoding() != "json" || !structured {
			d.adjust(field, "stored_as_json", "")
		}
		v = cloneValue(v)
		if def.typ == "subform" {
			d.w.numberKeys(def.context, v, field, d)
		}
		return d.json(slot, field, v)
	}
}

// numberKeys is the inverse of nameKeys.
func (w *writer) numberKeys(fieldContext string, v *recordv1.Value, field string, d *draft) {
	for _, row := range v.GetArray().GetPairs() {
		for _, p := range row.GetValue().GetArray().GetPairs() {
			found := false
			for _, def := range w.byContext[fieldContext] {
				if def.name == p.GetKey().GetText() {
					p.Key, found = textValue("field"+def.id), true
				}
			}
			if !found {
				d.adjust(field, "subfield_missing", "")
			}
		}
	}
}
