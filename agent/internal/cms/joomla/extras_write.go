package joomla

import (
	"slices"
	"strconv"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// extras sets the columns that records have no name for, from custom fields; the fields that are left are d.rest.
func (d *draft) extras(list []extra) {
	byName := map[string]extra{}
	for _, x := range list {
		byName[extraPrefix+x.col] = x
	}
	for _, f := range d.rec.GetFields() {
		x, ok := byName[f.GetName()]
		switch {
		case !ok:
			d.rest = append(d.rest, f)
		case !d.w.s.schema.Has(d.table, x.col):
			d.adjust("fields."+f.GetName(), "column_gone", "")
		default:
			d.extra(x, f)
		}
	}
}

func (d *draft) extra(x extra, f *recordv1.Field) {
	if typed := x.typed(f); typed != nil {
		f = typed
		d.adjust("fields."+f.GetName(), "typed_again", "")
	}
	v, field := f.GetValue(), "fields."+f.GetName()
	switch x.kind {
	case number:
		d.cols[x.col] = v.GetIntValue()
	case moment:
		d.cols[x.col] = unset(d.w.s.schema[d.table][x.col], d.w.q.Dialect())
		if _, ok := parseStamp(v.GetText()); ok {
			d.cols[x.col] = v.GetText()
		}
	case person:
		id, _ := d.w.u.Refs.Target(v.GetRef())
		d.number(x.col, id)
		if !isID(id) {
			d.adjust(field, "pointer_missing", "")
		}
	case level:
		d.access(x.col, v.GetText(), field)
	case jsonText:
		if f.GetEncoding() == "json" {
			d.cols[x.col] = d.json("json:"+x.col, field, v)
			return
		}
		d.cols[x.col] = v.GetText()
	default:
		d.cols[x.col] = d.expand("text:"+x.col, v.GetText())
	}
}

// typed is a field that came back in another form from where the record has been since, as the column holds it; nil when it is
// as it was read here.
func (x extra) typed(f *recordv1.Field) *recordv1.Field {
	v, text := f.GetValue(), f.GetValue().GetText()
	switch {
	case x.kind == number && text != "":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return &recordv1.Field{Name: f.GetName(), Value: intValue(n)}
		}
		return nil
	case x.kind != jsonText && f.GetEncoding() != "":
		return &recordv1.Field{Name: f.GetName(), Value: v}
	case x.kind == jsonText && f.GetEncoding() != "json" && v.GetArray() == nil:
		if v, _ = parseJSON(text); v.GetArray() == nil {
			return nil
		}
		fallthrough
	case x.kind == jsonText && f.GetEncoding() != "json":
		return &recordv1.Field{Name: f.GetName(), Value: v, Encoding: "json"}
	}
	return nil
}

// json writes a value as JSON, with pointers to files and people as ids of this site and tokens replaced.
func (d *draft) json(slot, field string, v *recordv1.Value) string {
	v = mapTexts(cloneValue(v), func(t string) *recordv1.Value { return textValue(d.expand(slot, t)) })
	return formatJSON(v, func(ref *recordv1.Ref) string {
		if ref.GetKind() == kindMedia {
			return d.path(slot, ref)
		}
		// Inside JSON nothing says that a number is somebody's id: it is read back as the number.
		id, ok := d.w.u.Refs.Target(ref)
		code := "stored_as_id"
		if !ok {
			code = "pointer_missing"
		}
		d.adjust(field, code, "")
		return id
	})
}

// pathForm asks for the path of a file as columns have it, not escaped for HTML.
const pathForm = "path"

// path is where a file lies. Files come after terms: until then its token stands in the column, and Relink replaces it.
func (d *draft) path(slot string, ref *recordv1.Ref) string {
	if p, ok := d.w.u.Refs.Target(ref); ok {
		return p
	}
	t := record.NewToken(ref, pathForm)
	d.wait(slot, t)
	return t.String()
}

// access sets a view level by its name. One that is not on the target is replaced by the level of the staff: nobody sees more
// than before.
func (d *draft) access(col, name, field string) {
	id := d.w.levelIDs[name]
	if id == "" {
		id = "3"
		d.adjust(field, "level_missing", "")
	}
	if slices.Contains(d.w.madeLevels, name) {
		d.adjust(field, "level_made", name)
	}
	d.cols[col] = atoi(id)
}

// dropRest tells custom fields that nothing holds.
func (d *draft) dropRest() {
	for _, f := range d.rest {
		d.adjust("fields."+f.GetName(), "no_custom_fields", "")
	}
	d.rest = nil
}

// object is a column of JSON as it will be written; an empty one when nobody set it.
func (d *draft) object(col string) *recordv1.Value {
	text, _ := d.cols[col].(string)
	if v, err := parseJSON(text); err == nil && v.GetArray() != nil {
		return v
	}
	return arrayValue(false)
}

// setObject writes a JSON column back.
func (d *draft) setObject(col string, v *recordv1.Value) {
	d.cols[col] = "{}"
	if len(v.GetArray().GetPairs()) > 0 {
		d.cols[col] = formatJSON(v, func(*recordv1.Ref) string { return "" })
	}
}

// describe writes what search engines are told: the description, and robots in the column of JSON.
func (d *draft) describe(m *recordv1.Seo) {
	d.cols["metadesc"] = m.GetDescription()
	meta := d.object("metadata")
	if have := seo("", meta); have.GetNoindex() != m.GetNoindex() || have.GetNofollow() != m.GetNofollow() {
		if look(meta, "robots") != nil {
			d.adjust("fields."+extraPrefix+"metadata", "record_followed", "")
		}
		index, follow := "index", "follow"
		if m.GetNoindex() {
			index = "noindex"
		}
		if m.GetNofollow() {
			follow = "nofollow"
		}
		put(meta, "robots", textValue(index+", "+follow))
	}
	d.setObject("metadata", meta)
}

// picture writes a picture into a column of JSON; what an own field says of the column stays.
func (d *draft) picture(col, key string, im *recordv1.Image, captions bool) {
	obj := d.object(col)
	if isID(look(obj, key).GetText()) {
		// The number of a file of another site.
		put(obj, key, textValue(""))
		d.adjust("fields."+extraPrefix+col, "field_refused", "")
	}
	if look(obj, key).GetText() == "" && im != nil {
		put(obj, key, textValue(d.address("json:"+col, im)))
		put(obj, key+"_alt", textValue(im.GetAlt()))
		if captions {
			put(obj, key+"_caption", textValue(im.GetCaption()))
		}
	}
	d.setObject(col, obj)
}

// address is where a picture lies, or its address elsewhere.
func (d *draft) address(slot string, im *recordv1.Image) string {
	if im.GetMedia() == nil {
		return d.expand(slot, im.GetUrl())
	}
	return d.path(slot, im.GetMedia())
}

// language sets the language of a row; one that is too long for the column becomes all languages.
func (d *draft) language() {
	lang := d.rec.GetLocale()
	if c := d.w.s.schema[d.table]["language"]; lang == "" || !c.Fits(lang) || strings.TrimSpace(lang) != lang {
		if lang != "" {
			d.adjust("locale", "language_not_held", "")
		}
		lang = "*"
	}
	d.cols["language"] = lang
}
