package drupal

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// ownFields7 are custom fields of records that Drupal 7 keeps in columns, or that the writer has decided anew.
func ownFields7(entity, name string, forum bool) bool {
	switch name {
	case "promote":
		return entity == "node"
	case "timezone", "signature":
		return entity == "user"
	case "subject":
		return entity == "comment"
	case containerField:
		return entity == "taxonomy_term" && forum
	}
	return false
}

// customs7 writes a record's custom fields into fields of its bundle; those that are missing are made. What reads back
// otherwise than it was sent is told.
func (w *writer) customs7(ctx context.Context, d *draft) error {
	byName, names := map[string][]*recordv1.Field{}, []string(nil)
	for _, f := range d.rec.GetFields() {
		name := f.GetName()
		switch {
		case name == "revision_log" && d.e.name == "node":
			d.cols["log"] = d.plain("fields."+name, scalar(f.GetValue()))
			continue
		case strings.HasSuffix(name, formatTail) && d.shownBy == f.GetValue().GetText():
			continue
		case strings.HasSuffix(name, formatTail), name == "moderation_state":
			// Texts are shown as they were; the word of a workflow means nothing without it.
			d.adjust("fields."+name, "decided_anew", "")
			continue
		case name == bookField && bookOf(d.rec) != nil:
			continue
		case ownFields7(d.e.name, name, w.s.has("forum")):
			continue
		case byName[name] == nil:
			names = append(names, name)
		}
		byName[name] = append(byName[name], f)
	}
	for _, name := range names {
		if err := w.custom7(ctx, d, name, byName[name]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) custom7(ctx context.Context, d *draft, name string, list []*recordv1.Field) error {
	shape := w.shapeOf7(list)
	f, err := w.fieldFor7(ctx, d, name, shape.kind)
	if err != nil {
		return err
	}
	told := "fields." + name
	if f == nil {
		d.adjust(told, "no_field", "")
		return nil
	}
	if f.shown() != name {
		d.adjust(told, "field_renamed", f.shown())
		d.adjust("fields."+f.shown(), "field_renamed", "")
	}
	values := shape.values
	if f.cardinality > 0 && len(values) > f.cardinality {
		values = values[:f.cardinality]
	}
	if err := w.fieldFormat(ctx, d, values, false); err != nil {
		return err
	}
	var rows []map[string]any
	for i, v := range values {
		if props := w.props7(d, f, v, i); props != nil {
			rows = append(rows, props)
			d.set(f, props)
		}
	}
	if !w.same7(f, rows, list) {
		d.adjust("fields."+f.shown(), "kept_otherwise", "")
	}
	return nil
}

// takes7 says that a field takes values of a kind.
func (f *field) takes7(k fieldKind) bool {
	switch f.typ {
	case "text", "text_long", "text_with_summary":
		return k.encoding == f.encoding && (k.typ == "text_long" || k.typ == "text_with_summary")
	case "list_text":
		return k.typ == "text_long" && k.encoding == ""
	case "number_decimal":
		return k.typ == f.typ && f.scale == k.scale
	case "taxonomy_term_reference":
		return k.typ == f.typ && slices.Contains(f.vocabularies, k.vocabulary)
	case "list_integer":
		return k.typ == "number_integer"
	case "number_float", "list_float":
		return k.typ == "number_decimal" || k.typ == "number_float"
	}
	return k.typ == f.typ
}

// shown is the name that records have for a field.
func (f *field) shown() string {
	if f.as != "" {
		return f.as
	}
	return f.name
}

var plainField = regexp.MustCompile(`^(field|taxonomy)_[a-z0-9_]{1,23}$`)

// fieldFor7 is the field of the draft's bundle for values of a kind; one that is missing, or of another type, is made.
func (w *writer) fieldFor7(ctx context.Context, d *draft, name string, kind fieldKind) (*field, error) {
	for _, f := range w.s.schema.fields[d.e.name][d.bundle] {
		if f.shown() == name && f.name != "body" && f.name != "comment_body" && f.takes7(kind) {
			return f, nil
		}
	}
	own := name
	if !plainField.MatchString(name) {
		own, kind.as = "field_"+machine(strings.TrimLeft(name, "_"), maxFieldName-10), name
	}
	for n := int64(1); n < 10; n++ {
		try := own
		if n > 1 {
			if try += "_" + itoa(n); kind.as == "" {
				kind.as = name
			}
		}
		if there := w.fieldNamed7(try); there != nil && (there.as != kind.as || !there.takes7(kind)) {
			continue
		}
		f, err := w.makeField7(ctx, d.e.name, d.bundle, try, kind)
		if err != nil || f != nil && f.as == kind.as && f.takes7(kind) {
			return f, err
		}
	}
	return nil, nil
}

// fieldNamed7 is a field by name, whatever has it.
func (w *writer) fieldNamed7(name string) *field {
	for _, entity := range sortedKeys(w.s.schema.fields) {
		for _, bundle := range sortedKeys(w.s.schema.fields[entity]) {
			if f := w.s.schema.field(entity, bundle, name); f != nil {
				return f
			}
		}
	}
	return nil
}

// props7 are the columns of one value; nil where there is nothing to write yet.
func (w *writer) props7(d *draft, f *field, v *recordv1.Value, delta int) map[string]any {
	slot, told := "field:"+f.name, "fields."+f.shown()
	if f.encoding != "" {
		// JSON may write a slash as it is, and so tokens are found in it.
		text := strings.ReplaceAll(php.WriteJSON(tokened7(v)), `\/`, `/`)
		return map[string]any{"value": d.expand(slot, d.plain(told, text)), "format": nil}
	}
	m := map[string]*recordv1.Value{}
	for _, p := range v.GetArray().GetPairs() {
		m[scalar(p.GetKey())] = p.GetValue()
	}
	if v.GetArray() == nil {
		m["value"] = v
	}
	switch f.typ {
	case "text", "text_long", "text_with_summary", "list_text":
		return w.textProps7(d, f, m)
	case "number_integer", "list_integer", "number_decimal", "number_float", "list_float", "list_boolean":
		if ref := refIn(m); ref != nil {
			if id := d.pointed("ref:"+f.name+":"+itoa(int64(delta)), "", ref); id > 0 {
				return map[string]any{"value": id}
			}
			return nil
		}
		return map[string]any{"value": numeric(m["value"])}
	}
	ref := refIn(m)
	id := d.pointed("ref:"+f.name+":"+itoa(int64(delta)), "", ref)
	if id == 0 {
		return nil
	}
	switch f.typ {
	case "taxonomy_term_reference":
		return map[string]any{"tid": id}
	case "image":
		return map[string]any{"fid": id, "alt": d.short(told, d.plain(told, scalar(m["alt"])), 512), "title": d.short(told, d.plain(told, scalar(m["title"])), 1024), "width": whole(m["width"]), "height": whole(m["height"])}
	}
	display := any(1)
	if m["display"] != nil {
		display = whole(m["display"])
	}
	return map[string]any{"fid": id, "display": display, "description": d.plain(told, scalar(m["description"]))}
}

func (w *writer) textProps7(d *draft, f *field, m map[string]*recordv1.Value) map[string]any {
	slot, told := "field:"+f.name, "fields."+f.shown()
	text := d.plain(told, scalar(m["value"]))
	if f.typ == "text" || f.typ == "list_text" {
		text = d.short(told, text, 255)
	}
	props := map[string]any{"value": d.expand(slot, text)}
	if f.typ == "list_text" {
		return props
	}
	props["format"] = nil
	if name := scalar(m["format"]); name != "" {
		if w.s.knows(name) {
			props["format"] = name
		} else {
			props["format"] = d.otherFormat
		}
	}
	if f.typ == "text_with_summary" {
		props["summary"] = d.expand(slot, d.plain(told, scalar(m["summary"])))
	}
	return props
}

// refIn is the record that properties point to.
func refIn(m map[string]*recordv1.Value) *recordv1.Ref {
	for _, name := range []string{"fid", "tid", "target_id", "value"} {
		if ref := m[name].GetRef(); ref != nil {
			return ref
		}
	}
	return nil
}

func numeric(v *recordv1.Value) any {
	if s := scalar(v); s != "" {
		return s
	}
	return "0"
}

func whole(v *recordv1.Value) any {
	n, err := strconv.ParseInt(scalar(v), 10, 32)
	if err != nil {
		return nil
	}
	return n
}

// tokened7 puts tokens in place of pointers.
func tokened7(v *recordv1.Value) *recordv1.Value {
	switch x := v.GetKind().(type) {
	case *recordv1.Value_Ref:
		return php.Text(record.NewToken(x.Ref, "id").String())
	case *recordv1.Value_Array:
		out := &recordv1.Array{List: x.Array.GetList()}
		for _, p := range x.Array.GetPairs() {
			out.Pairs = append(out.Pairs, &recordv1.Pair{Key: p.GetKey(), Value: tokened7(p.GetValue())})
		}
		return &recordv1.Value{Kind: &recordv1.Value_Array{Array: out}}
	}
	return v
}

// same7 says that what is written reads back as it was sent.
func (w *writer) same7(f *field, props []map[string]any, sent []*recordv1.Field) bool {
	rows := make([]row, len(props))
	for i, p := range props {
		r := row{}
		for _, name := range w.properties7(f) {
			x, set := p[name]
			if !set {
				continue
			}
			c := cell{Name: f.name + "_" + name}
			if n, isInt := x.(int); isInt {
				x = int64(n)
			}
			if err := c.Scan(x); err != nil {
				return false
			}
			r.Row = append(r.Row, c)
		}
		rows[i] = r
	}
	got := (&values{s: w.s}).value(holder{}, f, rows)
	if len(sent) != 1 || got == nil {
		return got == nil && len(sent) == 1 && sent[0].GetValue().GetKind() == nil
	}
	want := proto.CloneOf(sent[0])
	rec := &recordv1.Record{Fields: []*recordv1.Field{want}}
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		if id, ok := w.u.Refs.Target(ref); ok {
			return record.NewRef(ref.GetKind(), id)
		}
		return ref
	})
	record.TokenTexts(rec, func(_, s string) string {
		whole, _ := w.u.Refs.Expand(s)
		return whole
	})
	encoding := ""
	if got.GetArray() != nil {
		encoding = f.encodes()
	}
	return len(want.GetRaw()) == 0 && want.GetEncoding() == encoding && proto.Equal(want.GetValue(), got)
}

// properties7 are the properties of a field in the order in which Drupal's own modules have them.
func (w *writer) properties7(f *field) []string {
	var all []string
	for _, c := range fieldTypes7[f.typ].columns {
		name, _, _ := strings.Cut(c, " ")
		all = append(all, name)
	}
	for _, col := range w.s.live.order(f.table) {
		if name, ok := strings.CutPrefix(col, f.name+"_"); ok && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// encodes is how a structured value of a field is said to be written.
func (f *field) encodes() string {
	if f.encoding != "" {
		return f.encoding
	}
	return "json"
}
