package drupal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// property is one property of a field as its table has it.
type property struct {
	name string
	// typ is a key of sqlTypes; a number behind it is the longest text.
	typ   string
	chars int
	null  bool
	// index says that Drupal looks for it.
	index bool
	// about is Drupal's own description, which it compares.
	about string
}

// fieldType is what Drupal's own field types are in tables and in configuration.
// (Drupal 9.5.11, the schema() of the field types, and the configuration of the standard profile)
type fieldType struct {
	typ, module       string
	properties        []property
	storage, instance dict
	// widget edits values, formatter shows them; without one visitors do not see them.
	widget, formatter         string
	widgetWith, formatterWith dict
	label                     string
}

var textSettings = dict{"size", 60, "placeholder", ""}

var fieldTypes = map[string]fieldType{
	"text": {typ: "string_long", module: "core", properties: []property{{name: "value", typ: "text"}}, storage: dict{"case_sensitive", false},
		widget: "string_textarea", widgetWith: dict{"rows", 5, "placeholder", ""}},
	"number":  {typ: "integer", module: "core", properties: []property{{name: "value", typ: "big"}}, storage: dict{"unsigned", false, "size", "big"}, instance: dict{"min", nil, "max", nil, "prefix", "", "suffix", ""}, widget: "number", widgetWith: dict{"placeholder", ""}},
	"boolean": {typ: "boolean", module: "core", properties: []property{{name: "value", typ: "tiny"}}, instance: dict{"on_label", "On", "off_label", "Off"}, widget: "boolean_checkbox", widgetWith: dict{"display_label", true}},
	"body": {typ: "text_with_summary", module: "text", properties: []property{{name: "value", typ: "text"}, {name: "summary", typ: "text", null: true}, {name: "format", typ: "ascii", chars: 255, null: true, index: true}},
		instance: dict{"display_summary", true, "required_summary", false, "allowed_formats", []any{}}, widget: "text_textarea_with_summary", formatter: "text_default", label: "hidden",
		widgetWith: dict{"rows", 9, "summary_rows", 3, "placeholder", "", "show_summary", false}},
	"formatted": {typ: "text_long", module: "text", properties: []property{{name: "value", typ: "text"}, {name: "format", typ: "ascii", chars: 255, null: true, index: true}},
		instance: dict{"allowed_formats", []any{}}, widget: "text_textarea", formatter: "text_default", label: "above", widgetWith: dict{"rows", 5, "placeholder", ""}},
	"reference": {typ: "entity_reference", module: "core", properties: []property{{name: "target_id", typ: "id", index: true, about: "The ID of the target entity."}},
		widget: "entity_reference_autocomplete", formatter: "entity_reference_label", label: "above", formatterWith: dict{"link", true},
		widgetWith: dict{"match_operator", "CONTAINS", "match_limit", 10, "size", 60, "placeholder", ""}},
	"remote": {typ: "string", module: "core", properties: []property{{name: "value", typ: "text", chars: 255}}, storage: dict{"max_length", 255, "case_sensitive", false, "is_ascii", false},
		widget: "oembed_textfield", widgetWith: dict{"size", 60, "placeholder", ""}, formatter: "oembed", formatterWith: dict{"max_width", 0, "max_height", 0}, label: "hidden"},
	"media": {typ: "entity_reference", module: "core", properties: []property{{name: "target_id", typ: "id", index: true, about: "The ID of the target entity."}},
		widget: "entity_reference_autocomplete", formatter: "entity_reference_entity_view", label: "hidden", formatterWith: dict{"view_mode", "default", "link", false},
		widgetWith: dict{"match_operator", "CONTAINS", "match_limit", 10, "size", 60, "placeholder", ""}},
	"image": {typ: "image", module: "image", properties: []property{{name: "target_id", typ: "id", index: true, about: aboutFile}, {name: "alt", typ: "text", chars: 512, null: true, about: "Alternative image text, for the image's 'alt' attribute."},
		{name: "title", typ: "text", chars: 1024, null: true, about: "Image title text, for the image's 'title' attribute."}, {name: "width", typ: "id", null: true, about: "The width of the image in pixels."},
		{name: "height", typ: "id", null: true, about: "The height of the image in pixels."}},
		storage: dict{"target_type", "file", "display_field", false, "display_default", false, "uri_scheme", "public", "default_image", noImage},
		instance: dict{"handler", "default:file", "handler_settings", []any{}, "file_directory", "[date:custom:Y]-[date:custom:m]", "file_extensions", "png gif jpg jpeg webp", "max_filesize", "", "max_resolution", "",
			"min_resolution", "", "alt_field", true, "alt_field_required", false, "title_field", false, "title_field_required", false, "default_image", noImage},
		widget: "image_image", formatter: "image", label: "hidden", widgetWith: dict{"progress_indicator", "throbber", "preview_image_style", ""}, formatterWith: dict{"image_style", "", "image_link", "", "image_loading", dict{"attribute", "lazy"}}},
	"file": {typ: "file", module: "file", properties: []property{{name: "target_id", typ: "id", index: true, about: aboutFile},
		{name: "display", typ: "flag", null: true, about: "Flag to control whether this file should be displayed when viewing content."}, {name: "description", typ: "note", null: true, about: "A description of the file."}},
		storage:  dict{"target_type", "file", "display_field", false, "display_default", false, "uri_scheme", "public"},
		instance: dict{"handler", "default:file", "handler_settings", []any{}, "file_directory", "", "file_extensions", "txt pdf", "max_filesize", "", "description_field", true},
		widget:   "file_generic", formatter: "file_default", label: "above", widgetWith: dict{"progress_indicator", "throbber"}, formatterWith: dict{"use_description_as_link_text", true}},
	"link": {typ: "link", module: "link", properties: []property{{name: "uri", typ: "text", chars: 2048, null: true, index: true, about: "The URI of the link."},
		{name: "title", typ: "text", chars: 255, null: true, about: "The link text."}, {name: "options", typ: "blob", null: true, about: "Serialized array of options for the link."}},
		instance: dict{"title", 1, "link_type", 17}, widget: "link_default", formatter: "link", label: "above", widgetWith: dict{"placeholder_url", "", "placeholder_title", ""},
		formatterWith: dict{"trim_length", 80, "url_only", false, "url_plain", false, "rel", "", "target", ""}},
	"comment": {typ: "comment", module: "comment", properties: []property{{name: "status", typ: "int", about: "Whether comments are allowed on this entity: 0 = no, 1 = closed (read only), 2 = open (read/write)."}}, storage: dict{"comment_type", "comment"},
		instance: dict{"default_mode", 1, "per_page", 50, "anonymous", 0, "form_location", true, "preview", 1}, widget: "comment_default", formatter: "comment_default", label: "above",
		formatterWith: dict{"view_mode", "default", "pager_id", 0}},
}

// players show files of films and sounds.
var players = map[string]dict{"video": {"muted", false, "width", 640, "height", 480}, "audio": {}}

// fieldTypeOf is the type of a kind: of films and sounds that of files, with a player.
func fieldTypeOf(kind string) fieldType {
	with, plays := players[kind]
	if !plays {
		return fieldTypes[kind]
	}
	t := fieldTypes["file"]
	t.formatter, t.formatterWith, t.label = "file_"+kind, append(slices.Clone(with), "controls", true, "autoplay", false, "loop", false, "multiple_file_display_type", "tags"), "visually_hidden"
	return t
}

const aboutFile = "The ID of the file entity."

var noImage = dict{"uuid", nil, "alt", "", "title", "", "width", nil, "height", nil}

// commonProperties are in every field's table.
var commonProperties = []property{{name: "bundle", typ: "ascii", chars: 128}, {name: "deleted", typ: "tiny"}, {name: "entity_id", typ: "id"}, {name: "revision_id", typ: "id"},
	{name: "langcode", typ: "ascii", chars: 32}, {name: "delta", typ: "id"}}

// sqlTypes are the columns that Drupal makes. ("varchar" where a length is given)
var sqlTypes = map[cmssql.Dialect]map[string]string{
	cmssql.MySQL:    {"text": "longtext", "ascii": "varchar", "id": "int(10) unsigned", "int": "int(11)", "big": "bigint(20)", "tiny": "tinyint(4)", "blob": "longblob", "flag": "tinyint(3) unsigned", "note": "text"},
	cmssql.Postgres: {"text": "text", "ascii": "varchar", "id": "bigint", "int": "int", "big": "bigint", "tiny": "smallint", "blob": "bytea", "flag": "smallint", "note": "text"},
	cmssql.SQLite:   {"text": "TEXT", "ascii": "VARCHAR", "id": "INTEGER", "int": "INTEGER", "big": "INTEGER", "tiny": "INTEGER", "blob": "BLOB", "flag": "INTEGER", "note": "TEXT"},
}

// defaults are what Drupal gives columns that every field has.
var defaults = map[string]string{"bundle": "''", "deleted": "0", "langcode": "''", "status": "0", "display": "1"}

// sql is the column; big says that the site's ids have 64 bits.
func (p property) sql(d cmssql.Dialect, prefix string, big bool) string {
	typ := sqlTypes[d][p.typ]
	if p.typ == "id" && d == cmssql.MySQL && big {
		typ = "bigint(20) unsigned"
	}
	if p.chars > 0 {
		typ = map[bool]string{true: "VARCHAR", false: "varchar"}[d == cmssql.SQLite] + fmt.Sprintf("(%d)", p.chars)
	}
	switch {
	case d == cmssql.MySQL && p.typ == "ascii":
		typ += " CHARACTER SET ascii COLLATE ascii_general_ci"
	case d == cmssql.SQLite && (p.typ == "text" || p.typ == "note"):
		typ += " COLLATE NOCASE_UTF8"
	}
	if !p.null {
		typ += " NOT NULL"
	}
	if def := defaults[p.name]; def != "" {
		typ += " DEFAULT " + def
	}
	name := cmssql.QuoteName(d, prefix+p.name)
	if d == cmssql.Postgres && p.typ == "id" {
		typ += " CHECK (" + name + " >= 0)"
	}
	return name + " " + typ
}

// column is what the property becomes in the live tables.
func (p property) column() cmssql.TableColumn {
	c := cmssql.TableColumn{Type: "int", Null: p.null, Filled: defaults[p.name] != "" && !p.null, Chars: p.chars}
	if slices.Contains([]string{"text", "note", "ascii", "blob"}, p.typ) {
		c.Type = "varchar"
	}
	return c
}

// makeTables makes the two tables of a field. MySQL commits whatever is open when a table is made: there it happens beside
// the batch's transaction, and a table that the batch then does not use stays empty until a later one does.
func (w *writer) makeTables(ctx context.Context, f *field, t fieldType) error {
	for _, table := range w.tablesFor(f) {
		keys := []string{"entity_id", "deleted", "delta", "langcode"}
		if table == f.revision {
			keys = slices.Insert(keys, 1, "revision_id")
		}
		cols := cmssql.Columns{}
		var lines, indexes []string
		big := w.s.live.of("node")["nid"].Type == "bigint"
		for _, p := range commonProperties {
			lines, cols[p.name] = append(lines, p.sql(w.q.Dialect(), "", big)), p.column()
		}
		for _, p := range t.properties {
			lines, cols[f.name+"_"+p.name] = append(lines, p.sql(w.q.Dialect(), f.name+"_", big)), p.column()
			if p.index {
				indexes = append(indexes, f.name+"_"+p.name)
			}
		}
		if w.s.db.Copied() {
			// A dry run's session may make no tables.
			w.s.live.set(table, cols, true)
			continue
		}
		if err := w.makeTable(ctx, table, lines, keys, append([]string{"bundle", "revision_id"}, indexes...)); err != nil {
			return fmt.Errorf("make the table of a field: %w", err)
		}
		w.s.live.set(table, cols, false)
	}
	return nil
}

// tablesFor are the tables that a field of an entity type has: what has no versions has no table of them.
func (w *writer) tablesFor(f *field) []string {
	if e := w.s.entity(f.entity); e == nil || e.revision == "" || !w.s.has(e.revision) {
		return []string{f.table}
	}
	return []string{f.table, f.revision}
}

func (w *writer) makeTable(ctx context.Context, table string, lines, keys, indexes []string) error {
	d := w.q.Dialect()
	name, list := w.quote(w.s.settings.Prefix+table), func(names []string) string {
		quoted := make([]string, len(names))
		for i, n := range names {
			quoted[i] = w.quote(n)
		}
		return "(" + strings.Join(quoted, ", ") + ")"
	}
	tail := ""
	lines = append(slices.Clone(lines), "PRIMARY KEY "+list(keys))
	if d == cmssql.MySQL {
		for _, i := range indexes {
			// Long texts are indexed by their beginning.
			part := map[bool]string{true: "(30)"}[strings.HasSuffix(i, "_uri")]
			lines = append(lines, "KEY "+w.quote(i)+" ("+w.quote(i)+part+")")
		}
		tail = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
	}
	if err := w.define(ctx, "CREATE TABLE IF NOT EXISTS "+name+" ("+strings.Join(lines, ", ")+")"+tail); err != nil || d == cmssql.MySQL {
		return err
	}
	for _, i := range indexes {
		index := w.s.settings.Prefix + table + map[bool]string{true: "__" + i + "__idx", false: "_" + i}[d == cmssql.Postgres]
		if err := w.define(ctx, "CREATE INDEX IF NOT EXISTS "+w.quote(index[max(0, len(index)-63):])+" ON "+name+" "+list([]string{i})); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) define(ctx context.Context, query string) error {
	if w.q.Dialect() == cmssql.MySQL {
		return w.s.db.Exec(ctx, query)
	}
	_, err := w.u.Tx.Exec(ctx, query)
	return err
}

// schemaData is what Drupal remembers of a field's tables, to see when they have to change.
func (w *writer) schemaData(f *field, t fieldType) dict {
	revision := "The entity revision id this data is attached to"
	if len(w.tablesFor(f)) == 1 {
		revision += ", which for an unversioned entity type is the same as the entity id"
	}
	one := func(about string, keys []string) dict {
		fields := dict{"bundle", dict{"type", "varchar_ascii", "length", 128, "not null", true, "default", "", "description", "The field instance bundle to which this row belongs, used when deleting a field instance"},
			"deleted", dict{"type", "int", "size", "tiny", "not null", true, "default", 0, "description", "A boolean indicating whether this data item has been deleted"},
			"entity_id", dict{"type", "int", "unsigned", true, "not null", true, "description", "The entity id this data is attached to"},
			"revision_id", dict{"type", "int", "unsigned", true, "not null", true, "description", revision},
			"langcode", dict{"type", "varchar_ascii", "length", 32, "not null", true, "default", "", "description", "The language code for this data item."},
			"delta", dict{"type", "int", "unsigned", true, "not null", true, "description", "The sequence number for this data item, used for multi-value fields"}}
		indexes := dict{"bundle", []any{"bundle"}, "revision_id", []any{"revision_id"}}
		for _, p := range t.properties {
			name := f.name + "_" + p.name
			fields = append(fields, name, p.schema())
			if p.index && p.chars > 255 {
				indexes = append(indexes, name, []any{[]any{name, 30}})
			} else if p.index {
				indexes = append(indexes, name, []any{name})
			}
		}
		all := dict{"description", about + f.name + ".", "fields", fields, "primary key", keys, "indexes", indexes}
		if f.target == "file" {
			name := f.name + "_target_id"
			all = append(all, "foreign keys", dict{name, dict{"table", "file_managed", "columns", dict{name, "fid"}}})
		}
		return all
	}
	all := dict{f.table, one("Data storage for "+f.entity+" field ", []string{"entity_id", "deleted", "delta", "langcode"})}
	if len(w.tablesFor(f)) > 1 {
		all = append(all, f.revision, one("Revision archive storage for "+f.entity+" field ", []string{"entity_id", "revision_id", "deleted", "delta", "langcode"}))
	}
	return all
}

// schema is the property as Drupal's own definition has it.
func (p property) schema() dict {
	s := dict{}
	if p.about != "" {
		s = dict{"description", p.about}
	}
	switch {
	case p.typ == "ascii":
		s = append(s, "type", "varchar_ascii", "length", p.chars)
	case p.chars > 0:
		s = append(s, "type", "varchar", "length", p.chars)
	case p.typ == "text":
		s = append(s, "type", "text", "size", "big")
	case p.typ == "note":
		s = append(s, "type", "text")
	case p.typ == "blob":
		s = append(s, "type", "blob", "size", "big", "serialize", true)
	case p.typ == "id":
		s = append(s, "type", "int", "unsigned", true)
	case p.typ == "big":
		s = append(s, "type", "int", "unsigned", false, "size", "big")
	case p.typ == "tiny":
		s = append(s, "type", "int", "size", "tiny")
	case p.typ == "flag":
		s = append(s, "type", "int", "size", "tiny", "unsigned", true, "default", 1)
	default:
		s = append(s, "type", "int", "default", 0)
	}
	return append(s, "not null", !p.null)
}
