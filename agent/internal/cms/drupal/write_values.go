package drupal

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// toldFields are custom fields that stand in columns of their entity type.
var toldFields = map[string][]string{"node": {"promote", "revision_log"}, "comment": {"subject"}, "user": {"timezone"}}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// fieldNameOf is a legal name of a field that no base field has.
func fieldNameOf(name string) string {
	if strings.HasPrefix(name, "field_") && fieldName.MatchString(name) {
		return name
	}
	return "field_" + machine(name, 26)
}

// custom writes custom fields into fields of the bundle; what is missing is made of a type that takes the value.
func (w *writer) custom(ctx context.Context, d *draft) error {
	named := map[string][]*recordv1.Field{}
	var order []string
	for _, f := range d.rec.GetFields() {
		name := f.GetName()
		if slices.Contains(toldFields[d.e.name], name) || name == bookField && bookOf(d.rec) != nil || strings.HasSuffix(name, formatTail) {
			continue
		}
		if named[name] == nil {
			order = append(order, name)
		}
		named[name] = append(named[name], f)
	}
	for _, name := range order {
		if err := w.customField(ctx, d, name, named[name]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) customField(ctx context.Context, d *draft, name string, fs []*recordv1.Field) error {
	sh := shapeOf(fs)
	if w.shelvable(sh) {
		sh.kind, sh.target = "media", "media"
	}
	if t := fieldTypes[sh.kind]; t.module == "text" && !w.s.hasModule(t.module) {
		sh.kind, sh.plain = "text", false
	}
	own := d.field(name)
	if own == nil {
		own = d.field(fieldNameOf(name))
	}
	if own == nil && !w.s.seven {
		var err error
		if own, err = w.need(ctx, wanted{entity: d.e.name, bundle: d.bundle, name: fieldNameOf(name), label: name, kind: sh.kind, target: sh.target, many: sh.many}); err != nil {
			return err
		}
	}
	if own == nil {
		d.adjust("fields."+name, "no_custom_fields", "")
		return nil
	}
	if own.name != name {
		d.adjust("fields."+name, "field_renamed", own.name)
		d.adjust("fields."+own.name, "field_renamed", own.name)
	}
	_, formatted := w.s.live.of(own.table)[own.name+"_format"]
	if err := w.fieldFormat(ctx, d, sh.values, formatted); err != nil {
		return err
	}
	if code := d.fill(own, sh); code != "" {
		d.adjust("fields."+name, code, "")
		d.adjust("fields."+own.name, code, "")
	}
	return nil
}

// shelvable says that the values point to nothing but media entities, and say no more.
func (w *writer) shelvable(sh shape) bool {
	return sh.kind == "file" && w.s.library() && !slices.ContainsFunc(sh.values, func(v *recordv1.Value) bool {
		ref := cmp.Or(v.GetRef(), dig(v, "target_id").GetRef())
		target, ok := w.u.Refs.Target(ref)
		return ok && !strings.HasPrefix(target, mediaPrefix) || len(v.GetArray().GetPairs()) > 1
	})
}

// shape is what the values of a custom field look like.
type shape struct {
	kind, target string
	// many says that they are a list.
	many   bool
	values []*recordv1.Value
	// plain says that the value comes back as it is.
	plain bool
}

// shapeOf finds the type of field that takes values as they are; anything else is kept as text.
func shapeOf(fs []*recordv1.Field) shape {
	sh := shape{plain: true}
	for _, f := range fs {
		sh.values = append(sh.values, f.GetValue())
		sh.plain = sh.plain && len(f.GetRaw()) == 0 && (f.GetEncoding() == "" || f.GetEncoding() == "json") && len(fs) == 1
	}
	if a := fs[0].GetValue().GetArray(); len(fs) == 1 && a.GetList() && len(a.GetPairs()) > 0 {
		sh.values = nil
		for _, p := range a.GetPairs() {
			sh.values = append(sh.values, p.GetValue())
		}
		sh.many = true
	}
	sh.many = sh.many || len(fs) > 1
	for i, v := range sh.values {
		kind, target := kindOf(v)
		if i > 0 && (kind != sh.kind || target != sh.target) {
			kind, target = "json", ""
		}
		if sh.kind, sh.target = kind, target; kind == "json" {
			break
		}
	}
	if sh.kind == "json" {
		// One text for all of it.
		sh.kind, sh.plain = "text", false
		if sh.many && len(fs) == 1 {
			sh.values, sh.many = []*recordv1.Value{fs[0].GetValue()}, false
		}
	}
	return sh
}

// references are the entity types that refs of a kind point to. A field that holds terms would read as the entry's terms:
// a term of another meaning is kept as its number.
var references = map[recordv1.Kind]string{kindEntry: "node", kindUser: "user"}

// kindOf is the key of fieldTypes for a value; "json" for what no type takes.
func kindOf(v *recordv1.Value) (kind, target string) {
	switch v.GetKind().(type) {
	case *recordv1.Value_Text:
		return "text", ""
	case *recordv1.Value_IntValue:
		return "number", ""
	case *recordv1.Value_BoolValue:
		return "boolean", ""
	}
	ref := v.GetRef()
	if ref == nil {
		ref = dig(v, "target_id").GetRef()
	}
	switch {
	case ref == nil && dig(v, "format").GetText() != "" && dig(v, "value") != nil:
		if dig(v, "summary") != nil {
			return "body", ""
		}
		return "formatted", ""
	case ref == nil && dig(v, "uri").GetText() != "":
		return "link", ""
	case references[ref.GetKind()] != "":
		return "reference", references[ref.GetKind()]
	case ref.GetKind() != kindMedia:
		return "json", ""
	case dig(v, "width") != nil, dig(v, "alt") != nil:
		return "image", ""
	}
	return "file", ""
}

// fill adds the rows of a field; a code tells that the field reads otherwise then.
func (d *draft) fill(f *field, sh shape) (code string) {
	if !sh.plain || sh.many != (f.cardinality != 1) {
		code = "stored_otherwise"
	}
	for i, v := range sh.values {
		if f.cardinality > 0 && i >= f.cardinality {
			return "too_many_values"
		}
		props, exact := d.props(f, v, i)
		if props == nil {
			return "value_not_taken"
		}
		if !exact {
			code = "stored_otherwise"
		}
		d.set(f, props)
	}
	return code
}

// textTypes are field types whose value is a text; with a format where they have one.
var textTypes = []string{"string", "string_long", "list_string", "email", "telephone", "datetime", "text", "text_long", "text_with_summary", "list_text", "daterange"}

// props are the properties of one value; exact says that they read as the value again. nil: the field does not take it.
func (d *draft) props(f *field, v *recordv1.Value, delta int) (props map[string]any, exact bool) {
	live := d.w.s.live.of(f.table)
	if a := v.GetArray(); a != nil && !a.GetList() && live[f.name+"_value"].Type == "" || a != nil && len(a.GetPairs()) > 0 && dig(v, "value") != nil {
		return d.mapped(f, v, delta, live)
	}
	if ref := v.GetRef(); ref != nil && d.w.s.pointer(f) != "" && f.target != "" {
		if d.misses(f, ref) {
			return nil, false
		}
		return map[string]any{d.w.s.pointer(f): d.refTo(f, ref, delta)}, false
	}
	value := map[string]any{"value": nil}
	switch x := v.GetKind().(type) {
	case *recordv1.Value_Text:
		if !slices.Contains(textTypes, f.typ) || !live[f.name+"_value"].Fits(x.Text) {
			return nil, false
		}
		value["value"] = d.expand("field:"+f.name+":value", x.Text)
		if _, ok := live[f.name+"_format"]; ok {
			value["format"] = d.otherFormat
		}
		return value, len(value) == 1
	case *recordv1.Value_IntValue:
		if live[f.name+"_value"].IsNumber() {
			value["value"] = x.IntValue
			return value, f.typ == "integer" || f.typ == "timestamp" || f.typ == "list_integer" || f.typ == "number_integer"
		}
	case *recordv1.Value_BoolValue:
		if live[f.name+"_value"].IsNumber() {
			value["value"] = map[bool]int{true: 1}[x.BoolValue]
			return value, f.typ == "boolean" || f.typ == "list_boolean"
		}
	case *recordv1.Value_FloatValue:
		if live[f.name+"_value"].IsNumber() && f.typ != "integer" && f.typ != "boolean" {
			value["value"] = x.FloatValue
			return value, false
		}
	}
	if f.typ != "string_long" && f.typ != "text_long" {
		return nil, false
	}
	value["value"] = d.expand("field:"+f.name+":value", asText(v))
	return value, false
}

// asText is a value as text: numbers as they are, structures as JSON, with pointers as ids.
func asText(v *recordv1.Value) string {
	v = pointersAsTokens(proto.CloneOf(v))
	if v.GetArray() == nil {
		return scalar(v)
	}
	return php.WriteJSON(v)
}

func pointersAsTokens(v *recordv1.Value) *recordv1.Value {
	if ref := v.GetRef(); ref != nil {
		return php.Text(record.NewToken(ref, "id").String())
	}
	for _, p := range v.GetArray().GetPairs() {
		p.Value = pointersAsTokens(p.GetValue())
	}
	return v
}

// mapped is a value of several properties; those that the table has no column for are not taken.
func (d *draft) mapped(f *field, v *recordv1.Value, delta int, live cmssql.Columns) (props map[string]any, exact bool) {
	props, exact = map[string]any{}, true
	for _, p := range v.GetArray().GetPairs() {
		name := scalar(p.GetKey())
		if pointers[name] && f.target != "" {
			name = d.w.s.pointer(f)
		}
		c, ok := live[f.name+"_"+name]
		if !ok || commonColumns[name] {
			exact = false
			continue
		}
		switch x := p.GetValue(); {
		case name == "format" && !d.w.s.knows(scalar(x)):
			props[name], exact = d.otherFormat, false
		case x.GetRef() != nil && d.misses(f, x.GetRef()):
			return nil, false
		case x.GetRef() != nil:
			props[name] = d.refTo(f, x.GetRef(), delta)
		case x.GetArray() != nil:
			b, err := php.Serialize(x)
			if err != nil {
				return nil, false
			}
			props[name] = b
		case x.GetKind() == nil:
		default:
			if text := scalar(x); c.IsNumber() {
				props[name] = text
				if text == "" {
					props[name] = 0
				}
			} else if props[name] = d.expand("field:"+f.name+":"+name, text); !c.Fits(text) {
				return nil, false
			}
		}
	}
	if _, ok := props["display"]; !ok && f.typ == "file" {
		// Unsaid, as in the source: Drupal shows it.
		props["display"] = nil
	}
	if len(props) == 0 || f.target != "" && props[d.w.s.pointer(f)] == nil {
		return nil, false
	}
	return props, exact
}

// misses says that a field of media is to hold a bare file, or a field of files what has none.
func (d *draft) misses(f *field, ref *recordv1.Ref) bool {
	target, ok := d.w.u.Refs.Target(ref)
	switch {
	case !ok || ref.GetKind() != kindMedia:
		return false
	case f.target == "media":
		return !strings.HasPrefix(target, mediaPrefix)
	}
	return d.w.fileAt(target) == 0
}

// refTo is the id that a value points to. What is not here yet is 0 until Relink knows.
func (d *draft) refTo(f *field, ref *recordv1.Ref, delta int) int64 {
	prefix := ""
	if f.target == "media" {
		prefix = mediaPrefix
	}
	if target, _ := d.w.u.Refs.Target(ref); (f.target == "node" || f.target == "taxonomy_term") && tongue(target) != "" {
		d.adjust("fields."+f.name, "node_of_all_languages", "")
	}
	return d.pointed("ref:"+f.name+":"+itoa(int64(delta)), prefix, ref)
}
