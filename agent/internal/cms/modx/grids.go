package modx

import (
	"path"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// column is what a column of a grid (MIGX) holds beside words.
type column struct {
	// kind is the input type: "image", "file", "resourcelist", …
	kind string
	// tv is the variable whose media source paths are relative to; "" is the usual source.
	tv string
	// sources are media sources of its own, by context.
	sources map[string]string
}

func isGrid(kind string) bool { return kind == "migx" || kind == "migxdb" }

// gridColumns are the columns of a variable by name, from the forms of the variable itself and of the configurations that it
// names. (MIGX: the input properties formtabs and configs, the table migx_configs)
func (e *env) gridColumns(tv row, configs map[string]string) map[string]column {
	props, err := php.Unserialize([]byte(tv.Text("input_properties")))
	if err != nil {
		return nil
	}
	cols := map[string]column{}
	e.form(cols, tv, lookup(props, "formtabs"))
	for name := range strings.SplitSeq(lookup(props, "configs").GetText(), ",") {
		name, _, _ = strings.Cut(strings.TrimSpace(name), ":")
		e.form(cols, tv, textValue(configs[name]))
	}
	return cols
}

// form adds the columns of a form: tabs with fields, at any level as JSON in a text.
func (e *env) form(cols map[string]column, tv row, v *recordv1.Value) {
	if t := v.GetText(); t != "" {
		v, _ = php.ReadJSON(t)
	}
	if name := lookup(v, "field").GetText(); name != "" {
		cols[name] = e.column(tv, v)
		return
	}
	for _, p := range v.GetArray().GetPairs() {
		if v.GetArray().GetList() && p.GetValue().GetArray() != nil || p.GetKey().GetText() == "fields" {
			e.form(cols, tv, p.GetValue())
		}
	}
}

func (e *env) column(tv row, field *recordv1.Value) column {
	c := column{kind: lookup(field, "inputTVtype").GetText(), sources: map[string]string{}}
	for id, other := range e.tvs {
		if name := lookup(field, "inputTV").GetText(); name == "" || other.Text("name") != name {
			continue
		}
		if c.tv = id; c.kind == "" {
			c.kind = other.Text("type")
		}
	}
	switch lookup(field, "sourceFrom").GetText() {
	case "migx":
		c.tv = tv.Text("id")
	case "", "config":
		own := lookup(field, "sources")
		if t := own.GetText(); t != "" {
			own, _ = php.ReadJSON(t)
		}
		for _, p := range own.GetArray().GetPairs() {
			c.sources[lookup(p.GetValue(), "context").GetText()] = lookup(p.GetValue(), "sourceid").GetText()
		}
	}
	return c
}

// base is the folder that a column's paths are relative to; ok is false when it is out of reach.
func (e *env) columnBase(c column, contextKey string) (base string, ok bool) {
	if id := c.sources[contextKey]; id != "" {
		base, ok = e.sources[id]
		return base, ok
	}
	return e.base(c.tv, contextKey)
}

// cells visits the cells of a grid's rows.
func cells(v *recordv1.Value, fn func(name string, cell *recordv1.Value) *recordv1.Value) {
	for _, r := range v.GetArray().GetPairs() {
		for _, p := range r.GetValue().GetArray().GetPairs() {
			p.Value = fn(p.GetKey().GetText(), p.GetValue())
		}
	}
}

// grid types a grid's rows. How their JSON is spelled means nothing to MIGX.
func (s *Site) grid(a *around, tv row, contextKey, value string) *recordv1.Field {
	f := jsonField(tv.Text("name"), value)
	if f.GetEncoding() == "" {
		return f
	}
	f.Raw = nil
	cols := a.env.grids[tv.Text("id")]
	cells(f.GetValue(), func(name string, cell *recordv1.Value) *recordv1.Value {
		if cell.GetText() == "" {
			return cell
		}
		return s.cell(a, cols[name], contextKey, cell.GetText())
	})
	return f
}

func (s *Site) cell(a *around, c column, contextKey, text string) *recordv1.Value {
	switch c.kind {
	case "resourcelist":
		if a.targets[text] {
			return refValue(ref(kindEntry, text))
		}
	case "image", "file":
		if base, ok := a.env.columnBase(c, contextKey); ok {
			return s.fileValue(a, base, text)
		}
	default:
		// Of what a column holds nothing may be known; the whole path of a file that is there is no accident.
		if strings.Contains(text, "/") && path.Clean(text) == text {
			return s.fileValue(a, "", text)
		}
	}
	return textValue(text)
}

// gridTargets are the resources that the rows of a grid may name.
func (e *env) gridTargets(tv row, value string) (ids []string) {
	cols := e.grids[tv.Text("id")]
	named := false
	for _, c := range cols {
		named = named || c.kind == "resourcelist"
	}
	if v, err := php.ReadJSON(value); err == nil && named {
		cells(v, func(name string, cell *recordv1.Value) *recordv1.Value {
			if t := cell.GetText(); cols[name].kind == "resourcelist" && isPlain("0", t) {
				ids = append(ids, t)
			}
			return cell
		})
	}
	return ids
}

// lowerGrid writes the pointers of a grid as texts: ids and paths, or tokens where the target has no row yet.
func (w *writer) lowerGrid(d *draft, tv row, v *recordv1.Value) *recordv1.Value {
	v = proto.CloneOf(v)
	name, cols := "fields."+tv.Text("name"), w.env.grids[tv.Text("id")]
	cells(v, func(key string, cell *recordv1.Value) *recordv1.Value {
		c := cols[key]
		to := cell.GetRef()
		switch {
		case to == nil && c.kind == "resourcelist" && cell.GetText() != "" && isPlain("0", cell.GetText()):
			// A number that is no pointer is the id of another site; here it would show something else.
			d.adjust(name, "field_refused", "")
			return textValue("")
		case to == nil:
			return cell
		case to.GetKind() != kindMedia && (to.GetKind() != kindEntry || c.kind != "resourcelist"):
			// Read back, it is a number among others.
			d.adjust(name, "kept_as_text", "")
		}
		return textValue(w.cellText(c, d.context, to))
	})
	return v
}

func (w *writer) cellText(c column, contextKey string, to *recordv1.Ref) string {
	base := ""
	if c.kind == "image" || c.kind == "file" {
		base, _ = w.env.columnBase(c, contextKey)
	}
	id, ok := w.u.Refs.Target(to)
	switch {
	case !ok && to.GetKind() == kindMedia:
		return upFrom(base) + record.NewToken(to, "id").String()
	case !ok:
		return record.NewToken(to, "id").String()
	case to.GetKind() == kindMedia:
		id = below(base, id)
	}
	return record.EscapeText(id)
}
