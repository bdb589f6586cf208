package joomla

import (
	"context"
	"regexp"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Contexts of custom fields.
const (
	articleContext  = "com_content.article"
	categoryContext = "com_content.categories"
	userContext     = "com_users.user"
	contactContext  = "com_contact.contact"
)

// fieldDef is the definition of a custom field.
type fieldDef struct {
	id, context, name, typ string
	order                  int
}

// loadDefs reads the definitions of custom fields, in their order.
func (r *reader) loadDefs(ctx context.Context) error {
	if r.defs != nil {
		return nil
	}
	r.defs, r.byContext = map[string]*fieldDef{}, map[string][]*fieldDef{}
	if !r.s.schema.Has("fields") {
		return nil
	}
	rows, err := r.s.query(ctx, r.q, "SELECT id, context, name, type FROM {fields} ORDER BY ordering, id")
	for i, row := range rows {
		d := &fieldDef{row.Text("id"), row.Text("context"), row.Text("name"), row.Text("type"), i}
		r.defs[d.id] = d
		r.byContext[d.context] = append(r.byContext[d.context], d)
	}
	return err
}

// fields are the values of custom fields by item. Joomla stores one row per value and gives several in the order in which
// they were stored; there is no column to sort by.
func (r *reader) fields(ctx context.Context, fieldContext string, ids []string) (map[string][]*recordv1.Field, error) {
	if err := r.loadDefs(ctx); err != nil || len(r.byContext[fieldContext]) == 0 {
		return nil, err
	}
	var defs []string
	for _, d := range r.byContext[fieldContext] {
		defs = append(defs, d.id)
	}
	in := "("
	for i, id := range defs {
		if i > 0 {
			in += ","
		}
		in += itoa(atoi(id))
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT field_id, item_id, value FROM {fields_values} WHERE field_id IN "+in+") AND item_id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b row) int { return r.defs[a.Text("field_id")].order - r.defs[b.Text("field_id")].order })
	m := map[string][]*recordv1.Field{}
	for _, row := range rows {
		if f := r.field(r.defs[row.Text("field_id")], row.Text("value")); f != nil {
			m[row.Text("item_id")] = append(m[row.Text("item_id")], f)
		}
	}
	return m, nil
}

// field types a stored value by the type of its field; nil for JSON's null, which Joomla 3 writes for an empty list.
func (r *reader) field(d *fieldDef, value string) *recordv1.Field {
	f := &recordv1.Field{Name: d.name, Value: textValue(value)}
	switch d.typ {
	case "user":
		if isID(value) {
			f.Value = refValue(record.NewRef(kindUser, value))
		}
	case "media", "imagelist", "accessiblemedia":
		if ref := r.s.mediaRef(value); ref != nil {
			f.Value = refValue(ref)
			return f
		}
		fallthrough
	case "subform", "repeatable":
		v, err := parseJSON(value)
		if err != nil {
			return f
		}
		if v.GetKind() == nil {
			return nil
		}
		f.Encoding, f.Value = "json", r.s.withMedia(v)
		if d.typ == "subform" {
			r.nameKeys(f.Value)
		}
	}
	return f
}

var fieldKey = regexp.MustCompile(`^field([0-9]+)$`)

// nameKeys gives the rows of a subform the names of their fields in place of their ids.
func (r *reader) nameKeys(v *recordv1.Value) {
	for _, p := range v.GetArray().GetPairs() {
		if m := fieldKey.FindStringSubmatch(p.GetKey().GetText()); m != nil && r.defs[m[1]] != nil {
			p.Key = textValue(r.defs[m[1]].name)
		}
		r.nameKeys(p.GetValue())
	}
}
