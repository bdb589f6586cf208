package drupal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// holder is something that has fields: a node, a revision, a term, an account.
type holder struct {
	entity, bundle string
	// id is the entity's; revision is set when its fields are those of an older version.
	id, revision int64
	// lang is the language of the record, origin that of the entity.
	lang, origin string
}

// values are the rows of fields: by field, then by entity or revision.
type values struct {
	s    *Site
	rows map[string]map[string][]row
	// covers maps files to the media that show them.
	covers map[string]string
	// said are the languages in which terms have records beside their first.
	said map[string][]row
	// parts are what stands inside of the holders.
	parts map[*partKind]*inner
	// tagged are rows of the module Metatag.
	tagged map[string][]row
}

// values loads the fields of holders of one entity type; all of them are entities, or all are revisions.
func (r *reader) values(ctx context.Context, holders []holder) (*values, error) {
	return r.valuesAt(ctx, holders, 0)
}

// valuesAt is values of holders that lie so deep in others.
func (r *reader) valuesAt(ctx context.Context, holders []holder, depth int) (*values, error) {
	v := &values{s: r.s, rows: map[string]map[string][]row{}, covers: map[string]string{}, parts: map[*partKind]*inner{}}
	if len(holders) == 0 {
		return v, nil
	}
	bundles, ids, column := map[string]bool{}, make([]int64, 0, len(holders)), "entity_id"
	for _, h := range holders {
		bundles[h.bundle] = true
		ids = append(ids, h.id)
		if h.revision > 0 {
			ids[len(ids)-1], column = h.revision, "revision_id"
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for b := range bundles {
		for _, f := range r.s.schema.fields[holders[0].entity][b] {
			if err := r.fieldRows(ctx, v, f, column, ids); err != nil {
				return nil, err
			}
		}
	}
	if err := r.cover(ctx, v); err != nil {
		return nil, err
	}
	if err := r.loadParts(ctx, v, r.s.schema.tables(holders[0].entity), depth); err != nil {
		return nil, err
	}
	var tids []int64
	for _, f := range r.s.schema.tables(holders[0].entity) {
		for _, rows := range v.rows[f.name] {
			for _, row := range rows {
				if f.target == "taxonomy_term" {
					tids = append(tids, row.number(f.name+"_target_id"))
				}
			}
		}
	}
	if err := r.tag(ctx, v, holders); err != nil {
		return nil, err
	}
	var err error
	v.said, err = r.termsSaid(ctx, tids)
	return v, err
}

// termsSaid are the translations of terms, by their terms.
func (r *reader) termsSaid(ctx context.Context, tids []int64) (map[string][]row, error) {
	if !r.s.speaks() || len(tids) == 0 {
		return nil, nil
	}
	slices.Sort(tids)
	all := map[string][]row{}
	for part := range slices.Chunk(slices.Compact(tids), pageRows) {
		rows, err := queryIn(ctx, r.s, r.q, part, "SELECT tid, langcode AS lang FROM {taxonomy_term_field_data} WHERE default_langcode = 0 AND tid IN ", "")
		if err != nil {
			return nil, err
		}
		for id, list := range by(rows, "tid") {
			all[id] = list
		}
	}
	return all, nil
}

// inLanguage is the record of a term in a language, where it has one of its own.
func inLanguage(said map[string][]row, tid, lang string) string {
	if slices.ContainsFunc(said[tid], func(r row) bool { return r.text("lang") == lang }) {
		return tid + ":" + lang
	}
	return tid
}

func (r *reader) fieldRows(ctx context.Context, v *values, f *field, column string, ids []int64) error {
	table := f.table
	if column == "revision_id" {
		table = f.revision
	}
	if v.rows[f.name] != nil || !r.s.live.real(table) {
		return nil
	}
	query := "SELECT * FROM {" + table + "} WHERE deleted = 0 AND " + column + " IN "
	if r.s.seven {
		query = "SELECT * FROM {" + table + "} WHERE deleted = 0 AND entity_type = '" + f.entity + "' AND " + column + " IN "
	}
	rows, err := queryIn(ctx, r.s, r.q, ids, query, " ORDER BY entity_id, delta")
	v.rows[f.name] = by(rows, column)
	return err
}

// of are the rows of a field that Drupal loads for a holder.
func (v *values) of(h holder, f *field) []row {
	key, column := h.id, "langcode"
	if h.revision > 0 {
		key = h.revision
	}
	if v.s.seven {
		column = "language"
	}
	want := v.language(h, f, v.rows[f.name][itoa(key)], column)
	var all []row
	for _, r := range v.rows[f.name][itoa(key)] {
		if r.text(column) == want {
			all = append(all, r)
		}
	}
	return all
}

// language is the one under which the values of a field are shown.
func (v *values) language(h holder, f *field, rows []row, column string) string {
	switch {
	case !v.s.seven && f.translatable:
		return h.lang
	case !v.s.seven:
		return h.origin
	case f.translatable && slices.ContainsFunc(rows, func(r row) bool { return r.text(column) == h.lang }):
		return h.lang
	}
	return "und"
}

// first is the first value of a named field.
func (v *values) first(h holder, name string) (row, bool) {
	if f := v.s.schema.field(h.entity, h.bundle, name); f != nil {
		if rows := v.of(h, f); len(rows) > 0 {
			return rows[0], true
		}
	}
	return row{}, false
}

// body is a text field as a body, with its format as a custom field beside it.
func (v *values) body(h holder, name string) (b *recordv1.Body, summary string, beside []*recordv1.Field, notes []*recordv1.Note) {
	r, ok := v.first(h, name)
	if !ok {
		return nil, "", nil, nil
	}
	b, beside, notes = v.s.formatted(name, r.text(name+"_value"), r.cell(name+"_format"))
	return b, r.text(name + "_summary"), beside, notes
}

// formatTail ends the name of the custom field that holds a text's format.
const formatTail = ".format"

// custom are all fields of a holder but those that are told elsewhere.
func (v *values) custom(h holder, told func(*field) bool) []*recordv1.Field {
	var all []*recordv1.Field
	for _, f := range v.s.schema.fields[h.entity][h.bundle] {
		if told(f) {
			continue
		}
		if val := v.value(h, f, v.of(h, f)); val != nil {
			out := &recordv1.Field{Name: f.shown(), Value: val}
			if val.GetArray() != nil {
				out.Encoding = f.encodes()
			}
			all = append(all, out)
		}
	}
	return all
}

// value is a field's value: of a field of one value that, otherwise a list. A password is nobody's to read.
func (v *values) value(h holder, f *field, rows []row) *recordv1.Value {
	if len(rows) == 0 || f.typ == "password" {
		return nil
	}
	if f.cardinality == 1 {
		return v.one(h, f, rows[0])
	}
	list := &recordv1.Array{List: true}
	for i, r := range rows {
		list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: v.one(h, f, r)})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}}
}

// columns that every table of a field has.
var commonColumns = map[string]bool{"entity_type": true, "bundle": true, "deleted": true, "entity_id": true, "revision_id": true, "language": true, "langcode": true, "delta": true}

// one is a single value: a scalar where the field has one property, otherwise a map of what is set.
func (v *values) one(h holder, f *field, r row) *recordv1.Value {
	if p := f.parts(); p != nil {
		if val := v.part(h, f, p, r); val != nil {
			return val
		}
	}
	var names []string
	for _, c := range r.Row {
		if strings.HasPrefix(c.Name, f.name+"_") && !commonColumns[c.Name] && !c.Null {
			names = append(names, strings.TrimPrefix(c.Name, f.name+"_"))
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "summary" && r.text(f.name+"_summary") == "" })
	if f.encoding != "" {
		if val, err := php.ReadJSON(r.text(f.name + "_value")); err == nil {
			return val
		}
	}
	if val := stored(r.text(f.name + "_value")); (f.typ == "metatag" || f.typ == "map") && val != nil {
		return val
	}
	if len(names) == 1 && names[0] == "value" {
		return v.property(f, names[0], r.text(f.name+"_"+names[0]))
	}
	m := &recordv1.Array{}
	for _, n := range names {
		m.Pairs = append(m.Pairs, &recordv1.Pair{Key: php.Text(n), Value: v.property(f, n, r.text(f.name+"_"+n))})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: m}}
}

// pointers are the properties that hold another entity's id.
var pointers = map[string]bool{"target_id": true, "tid": true, "fid": true, "nid": true, "uid": true}

// property is one property with its type.
func (v *values) property(f *field, name, text string) *recordv1.Value {
	switch {
	case pointers[name] && f.target != "":
		if ref := v.ref(f.target, text); ref != nil {
			return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref}}
		}
		return php.Text(text)
	case name == "options":
		if val := unserialize(text); val != nil {
			return val
		}
		return php.Text(text)
	case name == "width", name == "height", name == "display":
		return number(text)
	case name != "value":
		return php.Text(text)
	}
	switch f.typ {
	case "number_integer", "list_integer", "integer", "timestamp", "created", "changed":
		return number(text)
	case "boolean", "list_boolean":
		return php.Bool(text != "" && text != "0")
	case "number_decimal", "decimal":
		return decimal(text, f.scale)
	case "number_float", "float", "list_float":
		return float(text)
	}
	return php.Text(text)
}

func number(text string) *recordv1.Value {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return php.Text(text)
	}
	return php.Int(n)
}

// decimal has the digits that the field has; SQLite keeps it as a binary number.
func decimal(text string, scale int) *recordv1.Value {
	if _, digits, _ := strings.Cut(text, "."); len(digits) != scale {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return php.Text(text)
		}
		text = strconv.FormatFloat(x, 'f', scale, 64)
	}
	return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: text}}
}

// floatDigits are those that MySQL prints of a float, which has 4 bytes there and in PostgreSQL.
const floatDigits = 6

// float has one spelling, whatever the database prints.
func float(text string) *recordv1.Value {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return php.Text(text)
	}
	if x, err = strconv.ParseFloat(strconv.FormatFloat(x, 'g', floatDigits, 64), 64); err != nil {
		return php.Text(text)
	}
	return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: strconv.FormatFloat(x, 'f', -1, 64)}}
}

// mediaPrefix begins the ids of media entities: beside them, files have the kind's bare numbers.
const mediaPrefix = "media:"

// ref points to an entity; nil for what is no record.
func (v *values) ref(target, id string) *recordv1.Ref {
	if id == "" || id == "0" {
		return nil
	}
	switch target {
	case "node":
		return record.NewRef(kindEntry, id)
	case "block_content":
		return record.NewRef(kindEntry, blockPrefix+id)
	case "user":
		return record.NewRef(kindUser, id)
	case "taxonomy_term":
		return record.NewRef(kindTerm, id)
	case "comment":
		return record.NewRef(kindComment, id)
	case "media":
		return record.NewRef(kindMedia, mediaPrefix+id)
	case "file":
		if m := v.covers[id]; m != "" {
			return record.NewRef(kindMedia, mediaPrefix+m)
		}
		return record.NewRef(kindMedia, id)
	}
	return nil
}

// image is the first picture of a field.
func (v *values) image(h holder, f *field) *recordv1.Image {
	rows := v.of(h, f)
	if len(rows) == 0 {
		return nil
	}
	id := rows[0].text(f.name + "_fid")
	if !v.s.seven {
		id = rows[0].text(f.name + "_target_id")
	}
	return &recordv1.Image{Media: v.ref("file", id), Alt: rows[0].text(f.name + "_alt")}
}
