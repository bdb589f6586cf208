package wordpress

import (
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// metaBuilder collects rows of a table of custom fields.
type metaBuilder struct {
	table metaTable
	rows  [][]any
}

func (m *metaBuilder) add(owner int64, key string, value any) {
	m.rows = append(m.rows, []any{owner, key, value})
}

// text adds a value unless it is empty.
func (m *metaBuilder) text(owner int64, key, value string) {
	if value != "" {
		m.add(owner, key, value)
	}
}

func (m *metaBuilder) insert(w *writer) error {
	_, err := w.tx.Insert(w.ctx, w.s.prefix+m.table.table, []string{m.table.owner, "meta_key", "meta_value"}, m.rows)
	return err
}

// maxKey is the width of meta_key in characters.
const maxKey = 255

// fields adds the custom fields of a record. keep may rename a key or refuse it by giving "".
func (w *writer) fields(m *metaBuilder, owner int64, j *job, slot string, fields []*recordv1.Field, keep func(string) string) {
	for _, f := range fields {
		path := "fields." + f.GetName()
		if j.rec.GetMenu() != nil {
			path = "items.fields"
		}
		key := keep(f.GetName())
		if key == "" || len([]rune(key)) > maxKey {
			j.adjust(path, "field_refused", "")
			continue
		}
		if r := f.GetValue().GetRef(); r != nil {
			m.add(owner, key, w.refText(j, slot+key, r))
			if key != primaryCategory {
				// Which number is the id of what, nobody can tell by looking at it.
				j.adjust(path, "stored_as_id", "")
			}
			continue
		}
		if key == primaryCategory {
			// A number that is no pointer is the id of another site.
			j.adjust(path, "field_refused", "")
			continue
		}
		value, code := stored(w.withIDs(j, f))
		if code != "" {
			j.adjust(path, code, "")
		}
		m.add(owner, key, value)
	}
}

// withIDs puts ids in place of the pointers inside a structured value; of a record that is not here yet its token, which Relink replaces.
func (w *writer) withIDs(j *job, f *recordv1.Field) *recordv1.Field {
	if f.GetValue().GetArray() == nil || len(f.GetRaw()) > 0 {
		return f
	}
	slot := textSlot + "fields." + f.GetName()
	if j.rec.GetMenu() != nil {
		slot = textSlot + "items.fields." + f.GetName()
	}
	f = proto.CloneOf(f)
	w.idsWithin(j, slot, f.GetValue())
	return f
}

func (w *writer) idsWithin(j *job, slot string, v *recordv1.Value) {
	if r := v.GetRef(); r != nil {
		text := w.idText(r)
		if text == "" {
			t := record.NewToken(r, idForm)
			j.open(slot, t)
			text = t.String()
		}
		v.Kind = &recordv1.Value_Text{Text: text}
	}
	for _, p := range v.GetArray().GetPairs() {
		w.idsWithin(j, slot, p.GetValue())
	}
}

// idForm asks for the id of a row.
const idForm = "id"

// idText is the id that WordPress keeps for a ref in a custom field; empty until it is known.
func (w *writer) idText(r *recordv1.Ref) string {
	id := w.target(r)
	if id == 0 {
		return ""
	}
	if r.GetKind() != recordv1.Kind_KIND_TERM {
		return itoa(id)
	}
	if term, err := w.s.termID(w.ctx, w.tx, id); err == nil && term != 0 {
		return itoa(term)
	}
	return ""
}

// refText is idText, left to Relink where it is not known.
func (w *writer) refText(j *job, slot string, r *recordv1.Ref) string {
	id := w.idText(r)
	if id == "" {
		j.openRef(slot, r)
	}
	return id
}
