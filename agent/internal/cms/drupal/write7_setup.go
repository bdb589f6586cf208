package drupal

import (
	"context"
	"strings"
	"unicode"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// label is what people read instead of a machine name.
func label(machine string) string {
	words := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ':' {
			return ' '
		}
		return r
	}, machine)), " ")
	for i, r := range words {
		if i == 0 {
			return string(unicode.ToUpper(r)) + words[len(string(r)):]
		}
	}
	return machine
}

// makeType7 makes a content type with a body and comments, as Drupal's own form does.
func (w *writer) makeType7(ctx context.Context, name string) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	rows, err := w.s.query(ctx, w.q, "SELECT type FROM {node_type} WHERE type = ?", name)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		row := map[string]any{"type": name, "name": label(name), "base": "node_content", "module": "node", "description": "", "help": "", "has_title": 1, "title_label": "Title",
			"custom": 1, "modified": 1, "locked": 0, "disabled": 0, "orig_type": name}
		if _, err := w.insert(ctx, "node_type", []map[string]any{row}); err != nil {
			return err
		}
		if err := w.u.Made(ctx, cms.Row{Table: "node_type", Column: "type", Value: name}); err != nil {
			return err
		}
		// Drupal then makes the addresses of the new type's forms.
		if err := w.setVariable7(ctx, "menu_rebuild_needed", php.Bool(true)); err != nil {
			return err
		}
	}
	if _, err := w.makeField7(ctx, "node", name, "body", fieldKind{typ: "text_with_summary", many: 1}); err != nil {
		return err
	}
	_, err = w.makeField7(ctx, "comment", "comment_node_"+name, "comment_body", fieldKind{typ: "text_long", many: 1})
	return err
}

// setVariable7 writes one of Drupal 7's settings.
func (w *writer) setVariable7(ctx context.Context, name string, v *recordv1.Value) error {
	raw, err := php.Serialize(v)
	if err != nil {
		return err
	}
	row := cms.Row{Table: "variable", Column: "name", Value: name}
	rows, err := w.s.query(ctx, w.q, "SELECT name FROM {variable} WHERE name = ?", name)
	if err != nil {
		return err
	}
	if w.s.schema.settings[name] = v; len(rows) > 0 {
		if err := w.u.Keep(ctx, row); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE {variable} SET value = ? WHERE name = ?", raw, name)
	}
	if err := w.u.Made(ctx, row); err != nil {
		return err
	}
	_, err = w.insert(ctx, "variable", []map[string]any{{"name": name, "value": raw}})
	return err
}

// dropVariable7 removes a setting that Drupal makes again by itself.
func (w *writer) dropVariable7(ctx context.Context, name string) error {
	rows, err := w.s.query(ctx, w.q, "SELECT name FROM {variable} WHERE name = ?", name)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := w.u.Keep(ctx, cms.Row{Table: "variable", Column: "name", Value: name}); err != nil {
		return err
	}
	return w.exec(ctx, "DELETE FROM {variable} WHERE name = ?", name)
}

// fieldKind says how a field is made.
type fieldKind struct {
	typ string
	// many is how many values it takes; -1: any number.
	many int
	// scale is the number of decimals; vocabulary that of a reference to terms.
	scale      int
	vocabulary string
	// as is the name that the field has in records, where it is not the field's own; encoding that of a structured value,
	// which is kept as text.
	as, encoding string
}

// fieldType7 is what Drupal 7's own modules say of a type of field.
type fieldType7 struct {
	module, widget, widgetModule, formatter string
	// columns are "name type" with the types of the dialects' common words; indexed are those with an index.
	columns []string
	indexed []string
}

var fieldTypes7 = map[string]fieldType7{
	"text_long":               {"text", "text_textarea", "text", "text_default", []string{"value longtext", "format varchar(255)"}, []string{"format"}},
	"text_with_summary":       {"text", "text_textarea_with_summary", "text", "text_default", []string{"value longtext", "summary longtext", "format varchar(255)"}, []string{"format"}},
	"number_integer":          {"number", "number", "number", "number_integer", []string{"value int"}, nil},
	"number_decimal":          {"number", "number", "number", "number_decimal", []string{"value decimal"}, nil},
	"number_float":            {"number", "number", "number", "number_decimal", []string{"value float"}, nil},
	"list_boolean":            {"list", "options_onoff", "options", "list_default", []string{"value int"}, []string{"value"}},
	"taxonomy_term_reference": {"taxonomy", "options_select", "options", "taxonomy_term_reference_link", []string{"tid uint"}, []string{"tid"}},
	"image":                   {"image", "image_image", "image", "image", []string{"fid uint", "alt varchar(512)", "title varchar(1024)", "width uint", "height uint"}, []string{"fid"}},
	"file":                    {"file", "file_generic", "file", "file_default", []string{"fid uint", "display tiny", "description text"}, []string{"fid"}},
}

// decimals is how many digits a decimal field has in all.
const decimals = 20

// maxFieldName is Drupal 7's own limit.
const maxFieldName = 32

// makeField7 gives a bundle a field of a name; one that is there is used, whatever its type.
func (w *writer) makeField7(ctx context.Context, entity, bundle, name string, kind fieldKind) (*field, error) {
	if f := w.s.schema.field(entity, bundle, name); f != nil {
		return f, nil
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	if f := w.s.schema.field(entity, bundle, name); f != nil {
		return f, nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT id, type FROM {field_config} WHERE field_name = ? AND deleted = 0", name)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		kind.typ = rows[0].text("type")
		err = w.makeInstance7(ctx, rows[0].number("id"), entity, bundle, name, kind)
	} else {
		err = w.newField7(ctx, entity, bundle, name, kind)
	}
	if err != nil {
		return nil, err
	}
	if err := w.refresh(ctx); err != nil {
		return nil, err
	}
	return w.s.schema.field(entity, bundle, name), nil
}

func (w *writer) newField7(ctx context.Context, entity, bundle, name string, kind fieldKind) error {
	t := fieldTypes7[kind.typ]
	settings := pairs()
	switch kind.typ {
	case "number_decimal":
		settings = pairs("precision", php.Int(decimals), "scale", php.Int(int64(kind.scale)), "decimal_separator", php.Text("."))
	case "list_boolean":
		settings = pairs("allowed_values", list7(php.Text("0"), php.Text("1")), "allowed_values_function", php.Text(""))
	case "taxonomy_term_reference":
		settings = pairs("allowed_values", list7(pairs("vocabulary", php.Text(kind.vocabulary), "parent", php.Int(0))))
	case "image":
		settings = pairs("uri_scheme", php.Text("public"), "default_image", php.Int(0))
	case "file":
		settings = pairs("display_field", php.Int(0), "display_default", php.Int(0), "uri_scheme", php.Text("public"))
	}
	if kind.as != "" {
		settings.GetArray().Pairs = append(settings.GetArray().Pairs, pairs(movedAs, php.Text(kind.as)).GetArray().GetPairs()...)
	}
	if kind.encoding != "" {
		settings.GetArray().Pairs = append(settings.GetArray().Pairs, pairs(movedEncoding, php.Text(kind.encoding)).GetArray().GetPairs()...)
	}
	indexes := pairs()
	for _, c := range t.indexed {
		indexes.GetArray().Pairs = append(indexes.GetArray().Pairs, pairs(c, list7(php.Text(c))).GetArray().GetPairs()...)
	}
	data, err := php.Serialize(pairs("entity_types", pairs(), "translatable", php.Bool(false), "settings", settings,
		"storage", pairs("type", php.Text("field_sql_storage"), "settings", pairs(), "module", php.Text("field_sql_storage"), "active", php.Text("1")),
		"foreign keys", pairs(), "indexes", indexes))
	if err != nil {
		return err
	}
	if err := w.fieldTables7(ctx, name, kind); err != nil {
		return err
	}
	ids, err := w.insert(ctx, "field_config", []map[string]any{{"field_name": name, "type": kind.typ, "module": t.module, "active": 1, "storage_type": "field_sql_storage",
		"storage_module": "field_sql_storage", "storage_active": 1, "locked": 0, "data": data, "cardinality": kind.many, "translatable": 0, "deleted": 0}})
	if err != nil {
		return err
	}
	if err := w.u.Made(ctx, cms.Row{Table: "field_config", Column: "field_name", Value: name}); err != nil {
		return err
	}
	return w.makeInstance7(ctx, ids[0], entity, bundle, name, kind)
}

// movedAs and movedEncoding are settings of fields that a migration has made: what the field is called in records, and how
// the structure is written that it keeps as text. Drupal takes no notice of settings that it does not know.
const movedAs, movedEncoding = "bailey_name", "bailey_encoding"

func list7(all ...*recordv1.Value) *recordv1.Value {
	l := &recordv1.Array{List: true}
	for i, v := range all {
		l.Pairs = append(l.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: l}}
}

// makeInstance7 puts a field on a bundle: how it is asked for and how it is shown.
func (w *writer) makeInstance7(ctx context.Context, id int64, entity, bundle, name string, kind fieldKind) error {
	t, known := fieldTypes7[kind.typ]
	if !known {
		return nil
	}
	title, place := label(strings.TrimPrefix(name, "field_")), "above"
	if kind.as != "" {
		title = w.s.narrow(kind.as)
	}
	if name == "body" || name == "comment_body" || kind.typ == "image" {
		place = "hidden"
	}
	shown := t.formatter
	if kind.encoding != "" || strings.HasPrefix(kind.as, "_") {
		// Nobody wants to read what programs keep.
		shown, place = "hidden", "hidden"
	}
	settings := pairs("user_register_form", php.Bool(false))
	widget := pairs()
	switch kind.typ {
	case "text_long", "text_with_summary":
		settings = pairs("text_processing", php.Int(1), "display_summary", php.Bool(true), "user_register_form", php.Bool(false))
		if name != "body" && name != "comment_body" {
			settings = pairs("text_processing", php.Int(0), "user_register_form", php.Bool(false))
		}
		widget = pairs("rows", php.Int(5), "summary_rows", php.Int(5))
	case "image":
		settings = pairs("alt_field", php.Int(1), "title_field", php.Int(1), "file_directory", php.Text(""), "file_extensions", php.Text("png gif jpg jpeg webp svg"), "max_filesize", php.Text(""),
			"max_resolution", php.Text(""), "min_resolution", php.Text(""), "default_image", php.Int(0), "user_register_form", php.Bool(false))
		widget = pairs("progress_indicator", php.Text("throbber"), "preview_image_style", php.Text("thumbnail"))
	case "file":
		settings = pairs("file_directory", php.Text(""), "file_extensions", php.Text("txt pdf doc docx xls xlsx ppt pptx odt ods odp zip png gif jpg jpeg mp3 mp4"), "max_filesize", php.Text(""), "description_field", php.Int(1), "user_register_form", php.Bool(false))
		widget = pairs("progress_indicator", php.Text("throbber"))
	case "list_boolean":
		widget = pairs("display_label", php.Int(1))
	}
	display := pairs("label", php.Text(place), "type", php.Text(shown), "weight", php.Int(10), "settings", displaySettings7(kind.typ), "module", php.Text(t.module))
	views := pairs("default", display)
	if name == "body" {
		views = pairs("default", display, "teaser", pairs("label", php.Text("hidden"), "type", php.Text("text_summary_or_trimmed"), "weight", php.Int(0),
			"settings", pairs("trim_length", php.Int(600)), "module", php.Text("text")))
	}
	data, err := php.Serialize(pairs("label", php.Text(title), "widget", pairs("type", php.Text(t.widget), "weight", php.Int(10), "settings", widget, "module", php.Text(t.widgetModule)),
		"settings", settings, "display", views, "required", php.Bool(false), "description", php.Text("")))
	if err != nil {
		return err
	}
	ids, err := w.insert(ctx, "field_config_instance", []map[string]any{{"field_id": id, "field_name": name, "entity_type": entity, "bundle": bundle, "data": data, "deleted": 0}})
	if err != nil {
		return err
	}
	return w.u.Made(ctx, cms.Row{Table: "field_config_instance", Column: "id", Value: itoa(ids[0])})
}

func displaySettings7(typ string) *recordv1.Value {
	switch typ {
	case "image":
		return pairs("image_style", php.Text("large"), "image_link", php.Text(""))
	case "number_integer":
		return pairs("thousand_separator", php.Text(""), "decimal_separator", php.Text("."), "scale", php.Int(0), "prefix_suffix", php.Bool(true))
	case "number_decimal", "number_float":
		return pairs("thousand_separator", php.Text(""), "decimal_separator", php.Text("."), "scale", php.Int(2), "prefix_suffix", php.Bool(true))
	}
	return pairs()
}

// permit7 lets those use a format who may use the one that Drupal's installer has made for the same.
func (w *writer) permit7(ctx context.Context, name string) error {
	if !w.s.has("role_permission") {
		return nil
	}
	like := map[string]string{madeFormats[false].name: "full_html", madeFormats[true].name: "filtered_html"}[name]
	rows, err := w.s.query(ctx, w.q, "SELECT rid FROM {role_permission} WHERE permission = ?", "use text format "+like)
	if err != nil || len(rows) == 0 {
		return err
	}
	given := make([]map[string]any, len(rows))
	for i, r := range rows {
		given[i] = map[string]any{"rid": r.number("rid"), "permission": "use text format " + name, "module": "filter"}
	}
	if _, err := w.insert(ctx, "role_permission", given); err != nil {
		return err
	}
	return w.u.Made(ctx, cms.Row{Table: "role_permission", Column: "permission", Value: "use text format " + name})
}
