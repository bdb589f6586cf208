package modx

import (
	"context"
	"path"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// bindings begin values that MODX computes; they are never evaluated here, but @INHERIT is followed.
var bindings = []string{"@SELECT", "@CHUNK", "@EVAL", "@FILE", "@DIRECTORY", "@DOCUMENT", "@RESOURCE", "@INHERIT"}

const inheritBinding = "@INHERIT"

func binding(value string) string {
	for _, b := range bindings {
		if strings.HasPrefix(value, b) && (len(value) == len(b) || strings.ContainsAny(value[len(b):len(b)+1], " \n\t=:")) {
			return b
		}
	}
	return ""
}

// loadValues reads the values of a page's template variables, and of all resources above those that inherit one.
func (s *Site) loadValues(ctx context.Context, q cmssql.Querier, a *around, rows []row, ids []string) error {
	a.values, a.above = map[string]map[string]string{}, map[string]string{}
	if err := s.addValues(ctx, q, a, ids); err != nil {
		return err
	}
	var up []string
	for _, r := range rows {
		a.above[r.Text("id")] = r.Text("parent")
		if a.inherits(r) {
			up = append(up, r.Text("parent"))
		}
	}
	// Orphans and loops are possible: nothing is read twice.
	for up = a.unread(up); len(up) > 0; up = a.unread(up) {
		parents, err := s.queryIn(ctx, q, up, "SELECT id, parent FROM {site_content} WHERE id IN ", "")
		if err != nil {
			return err
		}
		if err := s.addValues(ctx, q, a, up); err != nil {
			return err
		}
		up = up[:0:0]
		for _, p := range parents {
			a.above[p.Text("id")] = p.Text("parent")
			up = append(up, p.Text("parent"))
		}
	}
	return nil
}

func (a *around) unread(ids []string) []string {
	var rest []string
	for _, id := range distinct(ids) {
		if a.values[id] == nil {
			rest = append(rest, id)
		}
	}
	return rest
}

func (s *Site) addValues(ctx context.Context, q cmssql.Querier, a *around, ids []string) error {
	for _, id := range ids {
		a.values[id] = map[string]string{}
	}
	rows, err := s.queryIn(ctx, q, ids, "SELECT contentid, tmplvarid, value FROM {site_tmplvar_contentvalues} WHERE contentid IN ", "")
	for _, r := range rows {
		a.values[r.Text("contentid")][r.Text("tmplvarid")] = r.Text("value")
	}
	return err
}

func (a *around) inherits(r row) bool {
	for _, tv := range a.env.of[r.Text("template")] {
		if v, _ := a.stored(r.Text("id"), tv); binding(v) == inheritBinding {
			return true
		}
	}
	return false
}

// stored is a resource's own value, or the variable's default. No row is not the same as an empty one.
func (a *around) stored(id, tv string) (value string, isOwn bool) {
	if v, ok := a.values[id][tv]; ok {
		return v, true
	}
	return a.env.tvs[tv].Text("default_text"), false
}

// inherited is the value of the nearest resource above that has one, or else what stands behind @INHERIT.
func (a *around) inherited(id, tv, value string) string {
	fallback := strings.TrimSpace(strings.TrimPrefix(value, inheritBinding))
	seen := map[string]bool{id: true}
	for up := a.above[id]; up != "" && up != "0" && !seen[up]; up = a.above[up] {
		seen[up] = true
		if v, ok := a.values[up][tv]; ok && v != "" && binding(v) != inheritBinding {
			return v
		}
	}
	return fallback
}

// listed are the resources that values of lists name.
func (a *around) listed(rows []row) []string {
	var ids []string
	for _, r := range rows {
		for _, tv := range a.env.of[r.Text("template")] {
			v, _ := a.stored(r.Text("id"), tv)
			if binding(v) == inheritBinding {
				v = a.inherited(r.Text("id"), tv, v)
			}
			switch kind := a.env.tvs[tv].Text("type"); {
			case kind == "resourcelist":
				ids = append(ids, v)
			case isGrid(kind):
				ids = append(ids, a.env.gridTargets(a.env.tvs[tv], v)...)
			}
		}
	}
	return ids
}

// variables adds a field per template variable that has a value.
func (s *Site) variables(rec *recordv1.Record, r row, a *around) {
	inherit := newObject()
	used := map[string]bool{}
	for _, id := range a.env.of[r.Text("template")] {
		used[id] = true
		tv := a.env.tvs[id]
		value, isOwn := a.stored(r.Text("id"), id)
		if !isOwn && value == "" {
			continue
		}
		switch b := binding(value); {
		case b == inheritBinding:
			if isOwn {
				inherit.set(tv.Text("name"), textValue(value))
			}
			value = a.inherited(r.Text("id"), id, value)
		case b != "" && !isOwn:
			// Computed when the page is rendered, from the database or from code.
			note(rec, "variable_computed", "fields."+tv.Text("name"))
			continue
		}
		rec.Fields = append(rec.Fields, s.variable(a, tv, r.Text("context_key"), value))
	}
	if len(inherit.a.GetPairs()) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: inheritField, Value: inherit.value(), Encoding: "json"})
	}
	for id := range a.values[r.Text("id")] {
		if !used[id] {
			a.leftover(rec, id)
		}
	}
}

// leftover is a value of a variable that the resource's template no longer has: MODX neither offers nor shows it.
func (a *around) leftover(rec *recordv1.Record, id string) {
	name := "fields." + id
	if tv := a.env.tvs[id]; tv != nil {
		name = "fields." + tv.Text("name")
	}
	note(rec, "variable_not_in_template", name)
}

// variable types a value by the input type of its variable.
func (s *Site) variable(a *around, tv row, contextKey, value string) *recordv1.Field {
	name := tv.Text("name")
	switch tv.Text("type") {
	case "image", "file":
		if base, ok := a.env.base(tv.Text("id"), contextKey); ok {
			return field(name, s.fileValue(a, base, value))
		}
	case "resourcelist":
		if a.targets[value] {
			return field(name, refValue(ref(kindEntry, value)))
		}
	case "checkbox", "listbox-multiple":
		return field(name, words(value, "||"))
	case "tag", "autotag":
		return field(name, words(value, ","))
	case "migx", "migxdb":
		return s.grid(a, tv, contextKey, value)
	}
	return field(name, textValue(value))
}

// words splits a list; what would not be joined to the same text again stays a text.
func words(value, by string) *recordv1.Value {
	if value == "" {
		return textValue("")
	}
	all := strings.Split(value, by)
	if by == "," {
		for _, w := range all {
			if w != strings.TrimSpace(w) {
				return textValue(value)
			}
		}
	}
	return list(all)
}

// jsonField types a value in JSON; where writing it anew would give other bytes, these travel as well.
func jsonField(name, value string) *recordv1.Field {
	v, err := php.ReadJSON(value)
	if err != nil || v.GetArray() == nil {
		return field(name, textValue(value))
	}
	f := &recordv1.Field{Name: name, Value: v, Encoding: "json"}
	if php.WriteJSON(v) != value {
		f.Raw = []byte(value)
	}
	return f
}

// fileValue points to a file of the site, whose path is relative to a media source; anything else stays a text.
func (s *Site) fileValue(a *around, base, value string) *recordv1.Value {
	p := path.Clean(base + strings.TrimPrefix(value, "/"))
	if value != "" && isFile(a.roots, p) && s.root != nil {
		if st, err := s.root.Stat(p); err == nil && st.Mode().IsRegular() {
			return refValue(ref(kindMedia, p))
		}
	}
	return textValue(value)
}
