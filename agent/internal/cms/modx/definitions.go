package modx

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// What content needs from the site's make-up travels with the site's record: the names of templates, and the definitions of
// template variables. Texts of templates are not moved: they call code that is not moved either.
const (
	templatesField = own + "templates"
	variablesField = own + "variables"
)

// definitionColumns are texts of a variable; propertyColumns are PHP's serialized form.
var (
	definitionColumns = []string{"type", "caption", "description", "elements", "display", "default_text", "rank"}
	propertyColumns   = []string{"input_properties", "output_properties"}
)

// templateNames are all templates but the usual one, which has another name everywhere.
func templateNames(e *env) []string {
	var all []string
	for id, name := range e.templates {
		if id != e.setting(homeContext, "default_template") && name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// definitions adds templates and variables to the site's record. Choices that are computed are left out: they are code, or
// name tables of this site.
func definitions(rec *recordv1.Record, e *env) {
	if names := templateNames(e); len(names) > 0 {
		rec.Fields = append(rec.Fields, field(templatesField, list(names)))
	}
	all := newObject()
	byName := map[string]string{}
	for id, tv := range e.tvs {
		byName[tv.Text("name")] = id
	}
	for _, name := range sortedKeys(byName) {
		o := newObject()
		tv := e.tvs[byName[name]]
		for _, c := range definitionColumns {
			v := tv.Text(c)
			if b := binding(v); b != "" && b != inheritBinding {
				note(rec, "variable_computed", "fields."+variablesField)
				continue
			}
			o.set(c, textValue(v))
		}
		for _, c := range propertyColumns {
			if v, err := php.Unserialize([]byte(tv.Text(c))); err == nil && len(v.GetArray().GetPairs()) > 0 {
				o.set(c, v)
			}
		}
		o.set("templates", list(e.templatesOf(byName[name])))
		all.set(name, o.value())
	}
	if len(all.a.GetPairs()) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: variablesField, Encoding: "json", Value: all.value()})
	}
}

// templatesOf are the names of the templates that have a variable; "" stands for the usual one.
func (e *env) templatesOf(tv string) []string {
	var all []string
	for template, tvs := range e.of {
		switch name := e.templates[template]; {
		case !contains(tvs, tv) || name == "":
		case template == e.setting(homeContext, "default_template"):
			all = append(all, "")
		default:
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// makeTemplates makes the templates that are not there; they look like the usual one until somebody gives them a text.
func (w *writer) makeTemplates(d *draft, names []string) error {
	usual, err := w.query("SELECT content FROM {site_templates} WHERE id = ?", w.env.setting(homeContext, "default_template"))
	if err != nil {
		return err
	}
	content := "[[*content]]"
	if len(usual) > 0 {
		content = usual[0].Text("content")
	}
	for _, name := range names {
		if name == "" || len([]rune(name)) > 50 {
			continue
		}
		id, err := w.named("site_templates", "templatename", name, map[string]any{"content": content})
		if err != nil {
			return fmt.Errorf("make a template: %w", err)
		}
		w.env.templates[id] = name
	}
	d.adjust("fields."+templatesField, "made_from_usual_template", "")
	return nil
}

// makeVariables makes the variables that are not there. One that is stays as it is.
func (w *writer) makeVariables(d *draft, v *recordv1.Value) error {
	have := map[string]bool{}
	for _, tv := range w.env.tvs {
		have[tv.Text("name")] = true
	}
	for _, p := range v.GetArray().GetPairs() {
		name := p.GetKey().GetText()
		if have[name] || name == "" || len([]rune(name)) > 50 {
			continue
		}
		if err := w.makeVariable(name, p.GetValue()); err != nil {
			return fmt.Errorf("make a template variable: %w", err)
		}
	}
	d.adjust("fields."+variablesField, "merged_with_existing", "")
	return nil
}

// typeName: MODX looks for a file of the type's name.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

func (w *writer) makeVariable(name string, def *recordv1.Value) error {
	cols := map[string]any{}
	for _, c := range definitionColumns {
		text := lookup(def, c).GetText()
		if b := binding(text); b != "" && b != inheritBinding {
			text = ""
		}
		cols[c] = cut(text, map[string]int{"type": 20, "caption": 80, "description": 191, "display": 20, "elements": 16000, "default_text": 1 << 20, "rank": 9}[c])
	}
	if !typeName.MatchString(cols["type"].(string)) {
		cols["type"] = "text"
	}
	cols["rank"] = atoi(cols["rank"].(string))
	for _, c := range propertyColumns {
		if b, err := php.Serialize(lookup(def, c)); err == nil && lookup(def, c).GetArray() != nil && len(b) < 1<<16 {
			cols[c] = string(b)
		} else {
			cols[c] = "a:0:{}"
		}
	}
	id, err := w.named("site_tmplvars", "name", name, cols)
	if err != nil {
		return err
	}
	return w.tieVariable(id, cols["type"].(string), lookup(def, "templates"))
}

// tieVariable: without a row per template a variable is neither offered nor rendered; files lie in the usual media source.
func (w *writer) tieVariable(id, kind string, templates *recordv1.Value) error {
	names, _ := texts(templates)
	var rows [][]any
	for template, have := range w.env.templates {
		usual := template == w.env.setting(homeContext, "default_template")
		if usual && contains(names, "") || !usual && contains(names, have) {
			rows = append(rows, []any{atoi(id), atoi(template)})
		}
	}
	if err := w.u.Made(w.ctx, cms.Row{Table: "site_tmplvar_templates", Column: "tmplvarid", Value: id}); err != nil {
		return err
	}
	if _, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"site_tmplvar_templates", []string{"tmplvarid", "templateid"}, rows); err != nil {
		return err
	}
	if kind != "image" && kind != "file" || w.s.columns["media_sources_elements"] == nil {
		return nil
	}
	if err := w.u.Made(w.ctx, cms.Row{Table: "media_sources_elements", Column: "object", Value: id}); err != nil {
		return err
	}
	var sources [][]any
	for _, c := range w.env.contexts {
		sources = append(sources, []any{int64(1), w.s.class("modTemplateVar"), atoi(id), c.Text("key")})
	}
	_, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"media_sources_elements", []string{"source", "object_class", "object", "context_key"}, sources)
	return err
}
