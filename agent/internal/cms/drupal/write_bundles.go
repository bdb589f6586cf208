package drupal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// wanted is a field that a record needs.
type wanted struct {
	entity, bundle, name, label string
	// kind is a key of fieldTypes; target what a reference points to; targets the bundles that it takes.
	kind, target string
	targets      []string
	// takes are the endings of file names that it takes; empty: those of the kind.
	takes string
	// many says that it takes any number of values.
	many bool
}

// need gives the field of a bundle, and makes it where it is missing; nil where Drupal lacks the module or has a field of
// another type under the name.
func (w *writer) need(ctx context.Context, n wanted) (*field, error) {
	if f := w.s.schema.field(n.entity, n.bundle, n.name); f != nil {
		return f, nil
	}
	t := fieldTypeOf(n.kind)
	if w.s.seven || t.module != "core" && !w.s.hasModule(t.module) {
		return nil, nil
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	if f := w.s.schema.field(n.entity, n.bundle, n.name); f != nil {
		return f, nil
	}
	f, err := w.storage(ctx, n, t)
	if err != nil || f == nil {
		return nil, err
	}
	if err := w.instance(ctx, n, t, f); err != nil {
		return nil, fmt.Errorf("make a field: %w", err)
	}
	w.s.schema.add(f)
	return f, nil
}

func (s *Site) hasModule(name string) bool {
	return dig(s.schema.settings["core.extension"], "module", name) != nil
}

// storage finds or makes what the fields of all bundles share.
func (w *writer) storage(ctx context.Context, n wanted, t fieldType) (*field, error) {
	f := &field{entity: n.entity, bundle: n.bundle, name: n.name, typ: t.typ, cardinality: 1, translatable: true, target: n.target, scale: scaleOf(nil), vocabularies: n.targets}
	if n.many {
		f.cardinality = -1
	}
	if t.typ == "file" || t.typ == "image" {
		f.target = "file"
	}
	name := "field.storage." + n.entity + "." + n.name
	if have := w.s.schema.settings[name]; have != nil {
		if scalar(dig(have, "type")) != t.typ || n.target != "" && scalar(dig(have, "settings", "target_type")) != n.target {
			return nil, nil
		}
		f.cardinality = int(number(scalar(dig(have, "cardinality"))).GetIntValue())
		f.table, f.revision = fieldTables(n.entity, n.name, scalar(dig(have, "uuid")))
		if !w.s.has(f.table) {
			return nil, nil
		}
		return f, nil
	}
	settings := t.storage
	if n.target != "" {
		settings = dict{"target_type", n.target}
	}
	if err := w.makeConfig(ctx, "field_storage_config", name, modules(n.entity, t.module, moduleOf(n.target), settingsModule(t)), dict{"id", n.entity + "." + n.name, "field_name", n.name, "entity_type", n.entity, "type", t.typ,
		"settings", listOr(settings), "module", t.module, "locked", false, "cardinality", f.cardinality, "translatable", true, "indexes", []any{}, "persist_with_no_fields", false, "custom_storage", false}); err != nil {
		return nil, err
	}
	f.table, f.revision = fieldTables(n.entity, n.name, scalar(dig(w.s.schema.settings[name], "uuid")))
	if err := w.makeTables(ctx, f, t); err != nil {
		return nil, err
	}
	if err := w.setRow(ctx, "key_value", "value", "entity.storage_schema.sql", n.entity+".field_schema_data."+n.name, literal(w.schemaData(f, t))); err != nil {
		return nil, err
	}
	return f, w.install(ctx, f, w.s.schema.settings[name])
}

// listOr is an empty list for no settings: PHP knows no empty map.
func listOr(d dict) any {
	if len(d) == 0 {
		return []any{}
	}
	return d
}

// moduleOf is the module of an entity type.
func moduleOf(entity string) string {
	return map[string]string{"taxonomy_term": "taxonomy", "node": "node", "user": "user", "media": "media", "file": "file", "block_content": "block_content", "comment": "comment"}[entity]
}

func settingsModule(t fieldType) string { return map[string]string{"image": "file"}[t.typ] }

// modules are the dependencies of configuration.
func modules(names ...string) dict {
	for i, n := range names {
		if m := moduleOf(n); m != "" {
			names[i] = m
		}
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" || n == "core" })
	if len(names) == 0 {
		return nil
	}
	return dict{"module", names}
}

// install adds the storage to what Drupal remembers as installed: objects of PHP in one serialized map, whose end is
// written on without reading what is in it.
func (w *writer) install(ctx context.Context, f *field, conf *recordv1.Value) error {
	const collection = "entity.definitions.installed"
	name := f.entity + ".field_storage_definitions"
	rows, err := w.s.query(ctx, w.q, "SELECT value FROM {key_value} WHERE collection = ? AND name = ?", collection, name)
	if err != nil || len(rows) == 0 {
		return err
	}
	old := rows[0].text("value")
	var n int
	if _, err := fmt.Sscanf(old, "a:%d:{", &n); err != nil || !strings.HasSuffix(old, "}") {
		return fmt.Errorf("the definitions of %s cannot be read", f.entity)
	}
	var obj strings.Builder
	props := []string{"id", "field_name", "entity_type", "type", "module", "settings", "cardinality", "translatable", "locked", "persist_with_no_fields", "indexes", "uuid", "langcode", "status", "dependencies"}
	fmt.Fprintf(&obj, `s:%d:"%s";O:38:"Drupal\field\Entity\FieldStorageConfig":%d:{`, len(f.name), f.name, len(props)+5)
	for _, p := range props {
		v, err := w.stored(dig(conf, p))
		if err != nil {
			return err
		}
		fmt.Fprintf(&obj, "s:%d:\"\x00*\x00%s\";%s", len(p)+3, p, v)
	}
	id := f.entity + "." + f.name
	fmt.Fprintf(&obj, "s:15:\"\x00*\x00entityTypeId\";s:20:\"field_storage_config\";s:13:\"\x00*\x00originalId\";s:%d:\"%s\";s:10:\"\x00*\x00deleted\";b:0;s:14:\"custom_storage\";b:0;s:15:\"\x00*\x00enforceIsNew\";b:0;}", len(id), id)
	next := fmt.Sprintf("a:%d:{", n+1) + strings.TrimSuffix(old[strings.IndexByte(old, '{')+1:], "}") + obj.String() + "}"
	return w.setBytes(ctx, "key_value", "value", collection, name, []byte(next))
}

// instance adds the field to a bundle: its configuration, the map of fields by bundle, and the displays.
func (w *writer) instance(ctx context.Context, n wanted, t fieldType, f *field) error {
	name, bundle := strings.Join([]string{"field.field", n.entity, n.bundle, n.name}, "."), bundleConfig(n.entity, n.bundle)
	needs := []string{"field.storage." + n.entity + "." + n.name}
	if bundle != "" {
		needs = append(needs, bundle)
	}
	settings := t.instance
	var value any = []any{}
	if (n.kind == "body" || n.kind == "formatted") && !w.knowsFormats() {
		settings = t.instance[:len(t.instance)-2]
	}
	if n.takes != "" {
		settings = slices.Clone(settings)
		settings[slices.Index(settings, any("file_extensions"))+1] = n.takes
	}
	if n.target != "" {
		settings = dict{"handler", "default:" + n.target, "handler_settings", []any{}}
		if len(n.targets) > 0 {
			m := dict{}
			for _, target := range n.targets {
				m, needs = append(m, target, target), append(needs, bundleConfig(n.target, target))
			}
			settings[3] = dict{"target_bundles", m, "sort", dict{"field", "_none"}, "auto_create", false}
		}
	}
	if n.kind == "comment" {
		value = []any{dict{"status", 2, "cid", 0, "last_comment_timestamp", 0, "last_comment_name", nil, "last_comment_uid", 0, "comment_count", 0}}
	}
	depend := dict{"config", needs}
	if t.module != "core" {
		depend = append(depend, "module", []any{t.module})
	}
	if err := w.makeConfig(ctx, "field_config", name, depend, dict{"id", n.entity + "." + n.bundle + "." + n.name, "field_name", n.name, "entity_type", n.entity, "bundle", n.bundle, "label", n.label,
		"description", "", "required", false, "translatable", true, "default_value", value, "default_value_callback", "", "settings", listOr(settings), "field_type", t.typ}); err != nil {
		return err
	}
	if err := w.mapField(ctx, f); err != nil {
		return err
	}
	return w.display(ctx, n, t, name)
}

// knowsFormats says that texts can be limited to some formats, which Drupal 10 has begun with: the fields that are there show it.
func (w *writer) knowsFormats() bool {
	for name, v := range w.s.schema.settings {
		if strings.HasPrefix(name, "field.field.") && dig(v, "settings", "allowed_formats") != nil {
			return true
		}
	}
	return false
}

// bundleConfig is the configuration of a bundle; accounts have none.
func bundleConfig(entity, bundle string) string {
	if prefix := map[string]string{"node": "node.type.", "taxonomy_term": "taxonomy.vocabulary.", "media": "media.type.", "block_content": "block_content.type.", "comment": "comment.type."}[entity]; prefix != "" {
		return prefix + bundle
	}
	return ""
}

// mapField adds a field to the map by which Drupal finds the bundles that have it.
func (w *writer) mapField(ctx context.Context, f *field) error {
	const collection = "entity.definitions.bundle_field_map"
	rows, err := w.s.query(ctx, w.q, "SELECT value FROM {key_value} WHERE collection = ? AND name = ?", collection, f.entity)
	if err != nil {
		return err
	}
	all := literal(dict{})
	if len(rows) > 0 {
		if all = unserialize(rows[0].text("value")); all == nil {
			return fmt.Errorf("the map of fields of %s cannot be read", f.entity)
		}
	}
	one := dig(all, f.name)
	if one == nil {
		one = literal(dict{"type", f.typ, "bundles", dict{}})
		put(all, f.name, one)
	}
	put(dig(one, "bundles"), f.bundle, f.bundle)
	return w.setRow(ctx, "key_value", "value", collection, f.entity, all)
}

// display puts the field on the form and on the page of its bundle, where there are any.
func (w *writer) display(ctx context.Context, n wanted, t fieldType, field string) error {
	weight := 50 + len(w.s.schema.fields[n.entity][n.bundle])
	form := literal(dict{"type", t.widget, "weight", weight, "region", "content", "settings", listOr(t.widgetWith), "third_party_settings", []any{}})
	if err := w.onDisplay(ctx, "core.entity_form_display."+n.entity+"."+n.bundle+".default", field, n.name, t.module, form); err != nil {
		return err
	}
	var page *recordv1.Value
	if t.formatter != "" {
		page = literal(dict{"type", t.formatter, "label", t.label, "settings", listOr(t.formatterWith), "third_party_settings", []any{}, "weight", weight, "region", "content"})
	}
	if err := w.onDisplay(ctx, "core.entity_view_display."+n.entity+"."+n.bundle+".default", field, n.name, t.module, page); err != nil {
		return err
	}
	return w.onDisplay(ctx, "core.entity_view_display."+n.entity+"."+n.bundle+".teaser", field, n.name, t.module, nil)
}

// onDisplay adds a field to a display; without content it is hidden there.
func (w *writer) onDisplay(ctx context.Context, name, field, key, module string, content *recordv1.Value) error {
	v, err := w.config(ctx, name)
	if err != nil || v == nil {
		return err
	}
	into, x := "content", content
	if content == nil {
		into, x = "hidden", literal(true)
	}
	if dig(v, into).GetArray() == nil {
		return nil
	}
	addTo(v, x, into, key)
	needs := dig(v, "dependencies")
	appendTo(needs, "config", field)
	if content != nil && module != "core" {
		appendTo(needs, "module", module)
	}
	return w.setRow(ctx, "config", "data", "", name, v)
}

// addTo sets a key of a map inside of a map; an empty one was a list until now.
func addTo(v, x *recordv1.Value, into, key string) {
	m := dig(v, into)
	m.GetArray().List = false
	put(m, key, x)
}

// appendTo adds a name to a sorted list of names inside of a map.
func appendTo(v *recordv1.Value, key, name string) {
	if v.GetArray() == nil {
		return
	}
	v.GetArray().List = false
	var names []string
	for _, p := range dig(v, key).GetArray().GetPairs() {
		names = append(names, scalar(p.GetValue()))
	}
	if !slices.Contains(names, name) {
		names = append(names, name)
	}
	slices.Sort(names)
	put(v, key, names)
}

// needType makes a content type that is missing, with what Drupal's own form gives it: a body and displays.
func (w *writer) needType(ctx context.Context, name, title string) error {
	conf := "node.type." + name
	if w.s.seven || w.s.schema.settings[conf] != nil {
		return nil
	}
	if err := w.lock(ctx); err != nil || w.s.schema.settings[conf] != nil {
		return err
	}
	if err := w.makeConfig(ctx, "node_type", conf, nil, dict{"name", title, "type", name, "description", "", "help", "", "new_revision", true, "preview_mode", 1, "display_submitted", false}); err != nil {
		return err
	}
	if err := w.makeDisplays(ctx, "node", name); err != nil {
		return err
	}
	_, err := w.need(ctx, wanted{entity: "node", bundle: name, name: "body", label: "Body", kind: "body"})
	return err
}

// entityForm are the parts of forms beside those of fields.
func entityForm() map[string]dict {
	box := dict{"display_label", true}
	return map[string]dict{"created": formPart("datetime_timestamp", 10, nil), "promote": formPart("boolean_checkbox", 15, box), "status": formPart("boolean_checkbox", 120, box), "sticky": formPart("boolean_checkbox", 16, box),
		"title": formPart("string_textfield", -5, textSettings), "uid": formPart("entity_reference_autocomplete", 5, dict{"match_operator", "CONTAINS", "match_limit", 10, "size", 60, "placeholder", ""})}
}

func formPart(typ string, weight int, settings dict) dict {
	return dict{"type", typ, "weight", weight, "region", "content", "settings", listOr(settings), "third_party_settings", []any{}}
}

// makeDisplays makes the form and the pages of a new type.
func (w *writer) makeDisplays(ctx context.Context, entity, bundle string) error {
	base, form := dict{"targetEntityType", entity, "bundle", bundle}, dict{}
	parts := entityForm()
	for _, name := range []string{"created", "promote", "status", "sticky", "title", "uid"} {
		form = append(form, name, parts[name])
	}
	needs := dict{"config", []string{bundleConfig(entity, bundle)}}
	withPath := needs
	if w.s.hasModule("path") {
		form, withPath = append(form, "path", formPart("path", 30, nil)), append(slices.Clone(needs), "module", []any{"path"})
	}
	id := entity + "." + bundle + "."
	if err := w.makeConfig(ctx, "entity_form_display", "core.entity_form_display."+id+"default", withPath, append(append(dict{"id", id + "default"}, base...), "mode", "default", "content", form, "hidden", []any{})); err != nil {
		return err
	}
	for _, mode := range []string{"default", "teaser"} {
		depend := dict{"config", []string{bundleConfig(entity, bundle)}, "module", []any{"user"}}
		if mode != "default" {
			depend[1] = []string{"core.entity_view_mode." + entity + "." + mode, bundleConfig(entity, bundle)}
		}
		links := dict{"links", dict{"settings", []any{}, "third_party_settings", []any{}, "weight", 100, "region", "content"}}
		if err := w.makeConfig(ctx, "entity_view_display", "core.entity_view_display."+id+mode, depend, append(append(dict{"id", id + mode}, base...), "mode", mode, "content", links, "hidden", []any{})); err != nil {
			return err
		}
	}
	return nil
}
