package joomla

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// site makes the custom fields, and groups of them, that are not there. One that is stays as it is, and takes the values.
func (w *writer) site(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	out := make([]cms.Result, len(batch))
	for i, rec := range batch {
		d := &draft{w: w, rec: rec, table: "fields", res: cms.Result{Outcome: agentv1.Outcome_OUTCOME_UPDATED, TargetID: siteID}}
		for _, step := range []struct {
			name string
			make func(context.Context, *draft, *recordv1.Value) error
		}{{groupsOfField, w.makeFieldGroups}, {definitionsField, w.makeDefinitions}} {
			for _, f := range rec.GetFields() {
				if f.GetName() != step.name {
					continue
				}
				if typed := (extra{kind: jsonText}).typed(f); typed != nil {
					f = typed
				}
				d.adjust("fields."+f.GetName(), "merged_with_existing", "")
				if err := step.make(ctx, d, f.GetValue()); err != nil {
					return nil, fmt.Errorf("make custom fields: %w", err)
				}
			}
		}
		out[i] = d.res
	}
	return out, nil
}

func (w *writer) makeFieldGroups(ctx context.Context, d *draft, v *recordv1.Value) error {
	for _, p := range v.GetArray().GetPairs() {
		at, title := look(p.GetValue(), "context").GetText(), look(p.GetValue(), "title").GetText()
		if !w.nameable("fields_groups", title) || !fieldContexts[at] {
			continue
		}
		if id, err := w.fieldGroup(ctx, at, title); err != nil || id != "" {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := w.makeDefinition(ctx, d, "fields_groups", p.GetValue(), commonDefinition, nil); err != nil {
			return err
		}
	}
	return nil
}

// fieldContexts are what fields can belong to in every Joomla.
var fieldContexts = map[string]bool{articleContext: true, categoryContext: true, userContext: true, contactContext: true, "com_contact.mail": true}

func (w *writer) fieldGroup(ctx context.Context, at, title string) (string, error) {
	return w.s.one(ctx, w.q, "SELECT id FROM {fields_groups} WHERE context = ? AND title = ? ORDER BY id LIMIT 1", at, title)
}

// makeDefinitions makes fields; subforms after what they are made of.
func (w *writer) makeDefinitions(ctx context.Context, d *draft, v *recordv1.Value) error {
	types, err := w.s.column(ctx, w.q, "SELECT element FROM {extensions} WHERE type = 'plugin' AND folder = 'fields'")
	if err != nil {
		return err
	}
	for _, subforms := range []bool{false, true} {
		for _, p := range v.GetArray().GetPairs() {
			typ := look(p.GetValue(), "type").GetText()
			if (typ == "subform") != subforms {
				continue
			}
			if len(types) > 0 && !slices.Contains(types, typ) {
				d.adjust("fields."+definitionsField, "field_type_missing", typ)
				continue
			}
			if err := w.makeField(ctx, d, p.GetValue()); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeField makes one field with its options, in its group, for its categories.
func (w *writer) makeField(ctx context.Context, d *draft, def *recordv1.Value) error {
	at, name := look(def, "context").GetText(), look(def, "name").GetText()
	there := slices.ContainsFunc(w.byContext[at], func(f *fieldDef) bool { return f.name == name })
	if there || name == "" || !fieldContexts[at] || !w.s.schema["fields"]["name"].Fits(name) {
		return nil
	}
	def = cloneValue(def)
	w.numberFields(at, look(def, "fieldparams"))
	group, err := w.fieldGroup(ctx, at, look(def, "group").GetText())
	if err != nil {
		return err
	}
	id, err := w.makeDefinition(ctx, d, "fields", def, definitionExtras, map[string]any{"group_id": atoi(group)})
	if err != nil || id == "" {
		return err
	}
	f := &fieldDef{id, at, name, look(def, "type").GetText(), len(w.defs)}
	w.defs[id] = f
	w.byContext[at] = append(w.byContext[at], f)
	for _, p := range look(def, "categories").GetArray().GetPairs() {
		if ref := p.GetValue().GetRef(); ref != nil {
			d.wait("category:"+id, record.NewToken(ref, ""))
		} else if err := w.s.limitField(ctx, w.u, id, p.GetValue().GetIntValue()); err != nil {
			return err
		}
	}
	return nil
}

// limitField offers a field in a category only; -1 is none at all.
func (s *Site) limitField(ctx context.Context, u *cms.Unit, field string, category int64) error {
	if err := u.Made(ctx, cms.Row{Table: "fields_categories", Column: "field_id", Value: field}); err != nil {
		return err
	}
	there, err := s.one(ctx, u.Tx, "SELECT field_id FROM {fields_categories} WHERE field_id = ? AND category_id = ?", atoi(field), category)
	if err != nil || there != "" {
		return err
	}
	_, err = u.Tx.Insert(ctx, s.set.Prefix+"fields_categories", []string{"field_id", "category_id"}, [][]any{{atoi(field), category}})
	return err
}

// numberFields is the inverse of nameFields.
func (w *writer) numberFields(at string, v *recordv1.Value) {
	for _, p := range v.GetArray().GetPairs() {
		for _, f := range w.byContext[at] {
			if p.GetKey().GetText() == "customfield" && p.GetValue().GetText() == f.name {
				p.Value = textValue(f.id)
				break
			}
		}
		w.numberFields(at, p.GetValue())
	}
}

// makeDefinition makes the row of a field or a group. Pointers in its texts to what comes later are left to Relink.
func (w *writer) makeDefinition(ctx context.Context, d *draft, table string, def *recordv1.Value, list []extra, more map[string]any) (string, error) {
	cols, open := map[string]any{"label": "", "params": "{}", "fieldparams": "{}", "language": "*", "access": int64(1), "state": int64(1)}, map[string][]record.Token{}
	for _, x := range list {
		v := look(def, x.col)
		if v == nil || !w.s.schema.Has(table, x.col) {
			continue
		}
		switch whole := mapTexts(cloneValue(v), func(t string) *recordv1.Value {
			out, rest := w.u.Refs.Expand(t)
			open[x.col] = append(open[x.col], rest...)
			return textValue(out)
		}); x.kind {
		case number:
			cols[x.col] = v.GetIntValue()
		case level:
			cols[x.col] = map[bool]int64{true: 3}[w.levelIDs[v.GetText()] == ""] + atoi(w.levelIDs[v.GetText()])
		case jsonText:
			cols[x.col] = formatJSON(whole, noRef)
		default:
			cols[x.col] = d.clean("fields."+definitionsField, whole.GetText())
		}
		if text, ok := cols[x.col].(string); ok && !w.s.schema[table][x.col].Fits(text) {
			d.adjust("fields."+definitionsField, "definition_too_long", x.col)
			return "", nil
		}
	}
	for col, v := range more {
		cols[col] = v
	}
	id, err := w.makeOwned(ctx, table, cols)
	for col, tokens := range open {
		d.res.Wait(table+"."+col+":"+id, tokens...)
	}
	return id, err
}

// makeOwned makes a field or a group with the rights that it has of the component or its group. (Field- and GroupTable)
func (w *writer) makeOwned(ctx context.Context, table string, cols map[string]any) (id string, err error) {
	if id, err = w.makeRow(ctx, table, cols); err != nil || !w.s.schema.Has("assets") {
		return id, err
	}
	component, _, _ := strings.Cut(cols["context"].(string), ".")
	above, kind := component, map[string]string{"fields": ".field.", "fields_groups": ".fieldgroup."}[table]
	if group, _ := cols["group_id"].(int64); group > 0 {
		above = component + ".fieldgroup." + itoa(group)
	}
	parent, err := w.s.one(ctx, w.q, "SELECT id FROM {assets} WHERE name IN (?, 'root.1') ORDER BY CASE WHEN name = 'root.1' THEN 1 ELSE 0 END LIMIT 1", above)
	if err != nil {
		return id, err
	}
	title, _ := cols["title"].(string)
	name := component + kind + id
	if err := w.writeAssets(ctx, []*asset{{name: name, title: assetTitle(title), parent: atoi(parent)}}); err != nil {
		return id, err
	}
	made, err := w.s.one(ctx, w.q, "SELECT id FROM {assets} WHERE name = ?", name)
	if err != nil {
		return id, err
	}
	if err := w.exec(ctx, "UPDATE {"+table+"} SET asset_id = ? WHERE id = ?", atoi(made), atoi(id)); err != nil {
		return id, err
	}
	return id, w.u.Made(ctx, cms.Row{Table: "assets", Column: "id", Value: made})
}
