package drupal

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// field is a field of one bundle; the table holds the values of all bundles.
type field struct {
	entity, bundle, name, typ string
	// cardinality is how many values it takes; -1: any number.
	cardinality int
	// translatable fields have values per language.
	translatable bool
	// target is what a reference points to: "taxonomy_term", "node", "user", "media", "file", …
	target string
	// scale is the number of decimals.
	scale int
	// vocabularies are those whose terms it takes; empty: any.
	vocabularies    []string
	table, revision string
	// as is the name that records have for the field, encoding how its text tells a structured value; both where a migration
	// has made it.
	as, encoding string
}

// language is one of the site's.
type language struct{ code, prefix string }

// schema is the site's set-up as far as reading and writing need it.
type schema struct {
	// fields by entity type and bundle, in the order of their names.
	fields map[string]map[string][]*field
	// vocabularies: machine name by the id that the tables hold (Drupal 8 has no other).
	vocabularies map[string]string
	// formats of texts by name.
	formats   map[string]format
	languages []language
	// base is the site's own language.
	base string
	// settings are Drupal 7's variables, or the configuration by name.
	settings map[string]*recordv1.Value
	// sources are the fields that hold the file of a media type.
	sources map[string]*field
	// shelves are the media types, where files are kept as media entities.
	shelves []shelf
	// permissions of those roles of Drupal 7 that are called as other platforms call one.
	permissions map[string][]string
	// styles are the names of image styles.
	styles []string
}

func (s *Site) loadSchema(ctx context.Context) error {
	s.schema = schema{fields: map[string]map[string][]*field{}, vocabularies: map[string]string{}, formats: map[string]format{}, settings: map[string]*recordv1.Value{}, sources: map[string]*field{}}
	load := s.loadConfig
	if s.seven {
		load = s.loadSeven
	}
	if err := load(ctx); err != nil {
		return err
	}
	for _, bundles := range s.schema.fields {
		for _, list := range bundles {
			slices.SortFunc(list, func(a, b *field) int { return cmp.Compare(a.name, b.name) })
		}
	}
	zone := s.setting("date_default_timezone")
	if !s.seven {
		zone = scalar(dig(s.schema.settings["system.date"], "timezone", "default"))
	}
	if z, err := time.LoadLocation(zone); err == nil && zone != "" {
		s.zone = z
	}
	return nil
}

func (c *schema) add(f *field) {
	if c.fields[f.entity] == nil {
		c.fields[f.entity] = map[string][]*field{}
	}
	c.fields[f.entity][f.bundle] = append(c.fields[f.entity][f.bundle], f)
}

// field is the field of a bundle by name; nil where there is none.
func (c *schema) field(entity, bundle, name string) *field {
	for _, f := range c.fields[entity][bundle] {
		if f.name == name {
			return f
		}
	}
	return nil
}

// tables are the fields of an entity type, one per table.
func (c *schema) tables(entity string) []*field {
	seen := map[string]*field{}
	for _, list := range c.fields[entity] {
		for _, f := range list {
			seen[f.table] = f
		}
	}
	all := make([]*field, 0, len(seen))
	for _, f := range seen {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *field) int { return cmp.Compare(a.table, b.table) })
	return all
}

// setting is a variable of Drupal 7 as text.
func (s *Site) setting(name string) string { return scalar(s.schema.settings[name]) }

// loadSeven reads the set-up of Drupal 7. Fields whose module is off are not loaded by Drupal either.
func (s *Site) loadSeven(ctx context.Context) error {
	rows, err := s.query(ctx, s.src, "SELECT name, value FROM {variable}")
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.schema.settings[r.text("name")] = unserialize(r.text("value"))
	}
	rows, err = s.query(ctx, s.src, "SELECT c.field_name, c.type, c.cardinality, c.translatable, c.data, i.entity_type, i.bundle FROM {field_config_instance} i JOIN {field_config} c ON c.id = i.field_id "+
		"WHERE c.deleted = 0 AND i.deleted = 0 AND c.active = 1 AND c.storage_active = 1 AND c.storage_type = 'field_sql_storage'")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r row) bool { return !s.has(sevenField(r).table) }) && !s.db.Copied() {
		// Somebody has made a field since.
		if err := s.live.load(ctx, s.src, s.settings.Prefix); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if f := sevenField(r); s.has(f.table) || s.db.Copied() {
			s.schema.add(f)
		}
	}
	for _, load := range []func(context.Context) error{s.sevenVocabularies, s.sevenFormats, s.sevenLanguages, s.sevenStyles, s.sevenPermissions} {
		if err := load(ctx); err != nil {
			return err
		}
	}
	return nil
}

// targets7 are what the reference types of Drupal 7's core and of the most used modules point to.
var targets7 = map[string]string{"taxonomy_term_reference": "taxonomy_term", "file": "file", "image": "file", "node_reference": "node", "user_reference": "user"}

func sevenField(r row) *field {
	name, settings := r.text("field_name"), dig(unserialize(r.text("data")), "settings")
	f := &field{
		entity: r.text("entity_type"), bundle: r.text("bundle"), name: name, typ: r.text("type"), cardinality: int(r.number("cardinality")),
		translatable: r.flag("translatable"), table: "field_data_" + name, revision: "field_revision_" + name, target: targets7[r.text("type")], scale: scaleOf(settings),
	}
	if f.typ == "entityreference" {
		f.target = scalar(dig(settings, "target_type"))
	}
	f.as, f.encoding = scalar(dig(settings, movedAs)), scalar(dig(settings, movedEncoding))
	for _, p := range dig(settings, "allowed_values").GetArray().GetPairs() {
		if v := scalar(dig(p.GetValue(), "vocabulary")); v != "" {
			f.vocabularies = append(f.vocabularies, v)
		}
	}
	return f
}

func scaleOf(settings *recordv1.Value) int {
	if n, err := strconv.Atoi(scalar(dig(settings, "scale"))); err == nil {
		return n
	}
	return 2
}

func (s *Site) sevenVocabularies(ctx context.Context) error {
	if !s.has("taxonomy_vocabulary") {
		return nil
	}
	rows, err := s.query(ctx, s.src, "SELECT vid, machine_name FROM {taxonomy_vocabulary}")
	for _, r := range rows {
		s.schema.vocabularies[r.text("vid")] = r.text("machine_name")
	}
	return err
}

func (s *Site) sevenLanguages(ctx context.Context) error {
	s.schema.base = "en"
	if code := scalar(dig(s.schema.settings["language_default"], "language")); code != "" {
		s.schema.base = code
	}
	if !s.has("languages") {
		s.schema.languages = []language{{code: s.schema.base}}
		return nil
	}
	rows, err := s.query(ctx, s.src, "SELECT language, prefix FROM {languages} WHERE enabled = 1 ORDER BY weight, language")
	for _, r := range rows {
		s.schema.languages = append(s.schema.languages, language{r.text("language"), r.text("prefix")})
	}
	return err
}

func (s *Site) sevenStyles(ctx context.Context) error {
	s.schema.styles = []string{"large", "medium", "thumbnail"}
	if !s.has("image_styles") {
		return nil
	}
	rows, err := s.query(ctx, s.src, "SELECT name FROM {image_styles} ORDER BY name")
	for _, r := range rows {
		if n := r.text("name"); !slices.Contains(s.schema.styles, n) {
			s.schema.styles = append(s.schema.styles, n)
		}
	}
	return err
}

// configs are the names of configuration that is read, by prefix.
var configs = []string{"field.storage.", "field.field.", "taxonomy.vocabulary.", "filter.format.", "language.entity.", "language.negotiation", "language.content_settings.", "media.type.", "system.site",
	"system.date", "system.menu.", "image.style.", "core.extension", "node.type.", "user.role.", "block_content.type.", "workflows.workflow.", "comment.type."}

// loadConfig reads the set-up of Drupal 8 and later.
func (s *Site) loadConfig(ctx context.Context) error {
	c := &s.schema
	for _, prefix := range configs {
		rows, err := s.query(ctx, s.src, "SELECT name, data FROM {config} WHERE collection = '' AND name >= ? AND name < ?", prefix, prefix+"~")
		if err != nil {
			return err
		}
		for _, r := range rows {
			if v := unserialize(r.text("data")); v != nil {
				c.settings[r.text("name")] = v
			}
		}
	}
	c.base = scalar(dig(c.settings["system.site"], "default_langcode"))
	for name, v := range c.settings {
		s.configured(name, v)
	}
	slices.SortFunc(c.languages, func(a, b language) int { return cmp.Compare(a.code, b.code) })
	slices.Sort(c.styles)
	s.loadShelves()
	return nil
}

// configured takes one piece of configuration in.
func (s *Site) configured(name string, v *recordv1.Value) {
	c := &s.schema
	switch id := name[strings.LastIndexByte(name, '.')+1:]; {
	case strings.HasPrefix(name, "field.field."):
		if f := s.configField(v); f != nil {
			c.add(f)
		}
	case strings.HasPrefix(name, "taxonomy.vocabulary."):
		c.vocabularies[id] = id
	case strings.HasPrefix(name, "filter.format.") && truthy(dig(v, "status")):
		c.formats[id] = configuredFormat(v)
	case strings.HasPrefix(name, "language.entity.") && !truthy(dig(v, "locked")):
		c.languages = append(c.languages, language{id, scalar(dig(c.settings["language.negotiation"], "url", "prefixes", id))})
	case strings.HasPrefix(name, "image.style."):
		c.styles = append(c.styles, id)
	case strings.HasPrefix(name, "media.type."):
		s.mediaType(id, v)
	}
}

// mediaType remembers where a media type keeps its file; types of other sources (remote video) have none.
func (s *Site) mediaType(id string, v *recordv1.Value) {
	source := scalar(dig(v, "source_configuration", "source_field"))
	storage := s.schema.settings["field.storage.media."+source]
	if t := scalar(dig(storage, "type")); t == "file" || t == "image" {
		if table, _ := fieldTables("media", source, scalar(dig(storage, "uuid"))); s.has(table) {
			s.schema.sources[id] = &field{entity: "media", bundle: id, name: source, typ: t, table: table}
			s.live.source(id, s.schema.sources[id])
		}
	}
}

func (s *Site) configField(v *recordv1.Value) *field {
	entity, name := scalar(dig(v, "entity_type")), scalar(dig(v, "field_name"))
	storage := s.schema.settings["field.storage."+entity+"."+name]
	settings := dig(storage, "settings")
	n, err := strconv.Atoi(scalar(dig(storage, "cardinality")))
	if err != nil {
		return nil
	}
	f := &field{
		entity: entity, bundle: scalar(dig(v, "bundle")), name: name, typ: scalar(dig(storage, "type")), cardinality: n, scale: scaleOf(settings),
		translatable: truthy(dig(v, "translatable")) && truthy(dig(storage, "translatable")), target: scalar(dig(settings, "target_type")),
	}
	for _, p := range dig(v, "settings", "handler_settings", "target_bundles").GetArray().GetPairs() {
		f.vocabularies = append(f.vocabularies, scalar(p.GetValue()))
	}
	if f.typ == "file" || f.typ == "image" {
		f.target = "file"
	}
	f.table, f.revision = fieldTables(entity, name, scalar(dig(storage, "uuid")))
	if !s.has(f.table) {
		return nil
	}
	return f
}

// maxTable is the longest name of a field's table; a longer one is made of a hash.
// (Drupal 9.5.11, DefaultTableMapping::generateFieldTableName)
const maxTable, maxEntity, hashDigits = 48, 34, 10

func fieldTables(entity, name, uuid string) (data, revision string) {
	sum := sha256.Sum256([]byte(uuid))
	hash := hex.EncodeToString(sum[:])[:hashDigits]
	short := entity[:min(len(entity), maxEntity)]
	if data = entity + "__" + name; len(data) > maxTable {
		data = short + "__" + hash
	}
	if revision = entity + "_revision__" + name; len(revision) > maxTable {
		revision = short + "_r__" + hash
	}
	return data, revision
}

// locale is a language as records have it; empty for "no language".
func locale(code string) string {
	switch code {
	case "und", "zxx", "neutral":
		return ""
	}
	return code
}
