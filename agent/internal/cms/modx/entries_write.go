package modx

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// entryDraft is what an entry needs beside its columns.
type entryDraft struct {
	context string
	// alias is the wish; uri follows from it and the tree.
	alias string
	above string
	// tvs are values by variable; groups are resource groups.
	tvs    map[string]string
	groups []string
	kept   []*recordv1.Field
}

func (w *writer) entries() error {
	author, err := w.standIn()
	if err != nil {
		return err
	}
	for _, d := range w.drafts {
		if d.done {
			continue
		}
		w.entryColumns(d, author)
		if err := w.entryFields(d); err != nil {
			return err
		}
		w.protect(d)
		if len(d.cols["properties"].(string)) > maxMedium {
			d.reject("too_long", "the fields are longer than the column properties takes", "shorten them in the source, then migrate again", "fields")
		}
	}
	live := slices.DeleteFunc(slices.Clone(w.drafts), func(d *draft) bool { return d.done })
	if err := w.addresses(live); err != nil {
		return err
	}
	if err := w.save("site_content", live); err != nil {
		return err
	}
	if err := w.saveValues(live); err != nil {
		return err
	}
	return w.adoptChildren(live)
}

// maxMedium is the length of a mediumtext.
const maxMedium = 1<<24 - 1

// standIn is the account for entries whose author is not moved.
func (w *writer) standIn() (int64, error) {
	if w.u.FallbackAuthor != "" {
		return atoi(w.u.FallbackAuthor), nil
	}
	rows, err := w.query("SELECT id FROM {users} ORDER BY sudo DESC, id LIMIT 1")
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Number("id"), nil
}

var statusColumns = map[recordv1.Status][2]int64{recordv1.Status_STATUS_PUBLISHED: {1, 0}, recordv1.Status_STATUS_TRASHED: {0, 1}}

func (w *writer) entryColumns(d *draft, author int64) {
	e := d.rec.GetEntry()
	for _, c := range plainColumns {
		d.cols[c.column] = c.usual
	}
	d.cols["pagetitle"], d.cols["longtitle"], d.cols["description"] = e.GetTitle(), e.GetSeo().GetTitle(), e.GetSeo().GetDescription()
	w.text(d, "introtext", e.GetExcerpt())
	w.text(d, "content", e.GetContent().GetText())
	d.cols["menuindex"] = e.GetPosition()
	w.pointer(d, "parent", e.GetParent())
	d.above = fmt.Sprint(d.cols["parent"])
	w.pointer(d, "createdby", firstRef(e.GetAuthors()))
	if d.cols["createdby"] == int64(0) {
		d.cols["createdby"] = author
		d.res.StandIn("authors", itoa(author))
	}
	if len(e.GetAuthors()) > 1 {
		d.adjust("authors", "one_author_only", "")
	}
	for _, c := range peopleColumns {
		d.cols[c] = int64(0)
	}
	w.dates(d, e)
	w.class(d, e)
	w.place(d, e)
}

func firstRef(refs []*recordv1.Ref) *recordv1.Ref {
	if len(refs) == 0 {
		return nil
	}
	return refs[0]
}

func (w *writer) dates(d *draft, e *recordv1.Entry) {
	state := statusColumns[e.GetStatus()]
	d.cols["published"], d.cols["deleted"] = state[0], state[1]
	d.cols["createdon"], d.cols["editedon"], d.cols["publishedon"], d.cols["pub_date"] = e.GetCreated().GetSeconds(), e.GetModified().GetSeconds(), e.GetPublished().GetSeconds(), int64(0)
	for field, t := range map[string]*recordv1.Time{"created": e.GetCreated(), "modified": e.GetModified(), "published": e.GetPublished()} {
		// Columns are 32 bits wide, and 0 means none.
		if s := t.GetSeconds(); t != nil && (s <= 0 || s > 1<<31-1) {
			d.cols[map[string]string{"created": "createdon", "modified": "editedon", "published": "publishedon"}[field]] = int64(0)
			d.adjust(field, "date_out_of_range", "")
		}
	}
	if d.cols["createdon"] == int64(0) {
		d.cols["createdon"] = w.s.now().Unix()
		if p := d.cols["publishedon"]; p != int64(0) {
			d.cols["createdon"] = p
		}
	}
	switch {
	case e.GetStatus() == recordv1.Status_STATUS_SCHEDULED:
		if d.cols["publishedon"] == int64(0) {
			d.adjust("status", "date_missing", "draft")
		}
		d.cols["pub_date"], d.cols["publishedon"] = d.cols["publishedon"], int64(0)
	case state[0] == 1 && d.cols["publishedon"] == int64(0):
		d.cols["publishedon"] = d.cols["createdon"]
		d.adjust("published", "date_made", "")
	}
}

func (w *writer) class(d *draft, e *recordv1.Entry) {
	class, ok := classOf[e.GetType()]
	if !ok {
		class = classOf[typePage]
		d.adjust("type", "type_folded", typePage)
	}
	d.cols["class_key"] = w.s.class(class)
	d.cols["type"] = map[bool]string{true: "reference", false: "document"}[e.GetType() == typeWeblink || e.GetType() == typeSymlink]
	d.cols["content_type"], d.cols["contentType"] = int64(1), "text/html"
	if e.GetMime() == "" || e.GetMime() == "text/html" {
		return
	}
	for id, t := range w.env.types {
		if t.Text("mime_type") == e.GetMime() {
			d.cols["content_type"], d.cols["contentType"] = atoi(id), e.GetMime()
			return
		}
	}
	d.adjust("mime", "content_type_missing", "")
}

// place finds the context by field or language, and the template by name.
func (w *writer) place(d *draft, e *recordv1.Entry) {
	d.context = homeContext
	for _, c := range w.env.contexts {
		if key := c.Text("key"); d.rec.GetLocale() != "" && w.env.locale(key) == d.rec.GetLocale() {
			d.context = key
			break
		}
	}
	if key := textOf(d.rec, contextField); w.env.hasContext(key) {
		d.context = key
	} else if key != "" {
		d.adjust("fields."+contextField, "context_missing", homeContext)
	}
	if d.rec.GetLocale() != w.env.locale(d.context) {
		d.adjust("locale", "language_has_no_context", "")
	}
	if d.rec.GetTranslationGroup() != "" {
		d.adjust("translation_group", "translations_not_tied", "")
	}
	d.cols["context_key"] = d.context
	d.cols["template"] = w.template(d, e.GetTemplate())
}

func (w *writer) template(d *draft, name string) int64 {
	if name == emptyTemplate {
		return 0
	}
	usual := w.env.setting(d.context, "default_template")
	for id, have := range w.env.templates {
		if have == name {
			if id == usual {
				// Read back, the usual template has no name.
				d.adjust("template", "is_usual_template", "")
			}
			return atoi(id)
		}
	}
	if name != "" {
		d.adjust("template", "template_missing", "")
	}
	if w.env.templates[usual] == "" {
		return 0
	}
	return atoi(usual)
}

// textOf is the text of a field; "" when it is none.
func textOf(rec *recordv1.Record, name string) string {
	for _, f := range rec.GetFields() {
		if f.GetName() == name {
			return f.GetValue().GetText()
		}
	}
	return ""
}

// entryFields puts each field where MODX keeps it; what it has no place for is kept in the column properties.
func (w *writer) entryFields(d *draft) error {
	d.tvs, d.kept, d.groups = map[string]string{}, nil, nil
	props := newObject()
	inherit := w.inherited(d)
	seen := map[string]bool{}
	for _, f := range d.rec.GetFields() {
		name := f.GetName()
		switch tv := w.variable(d, name); {
		case seen[name]:
			d.keep(w, f)
		case name == propertiesField && f.GetValue().GetArray() != nil && len(f.GetRaw()) == 0:
			v, open := settleValue(f.GetValue(), w.u.Refs)
			if d.wait("properties", open...); len(open) > 0 {
				// It stays as it came and is settled as a whole.
				v = f.GetValue()
			}
			props.a.Pairs, props.a.List = append(props.a.Pairs, v.GetArray().GetPairs()...), v.GetArray().GetList()
		case w.ownField(d, f), name == inheritField && len(inherit) > 0:
		case tv != nil && inherit[name] != "":
			d.tvs[tv.Text("id")] = inherit[name]
		case tv != nil && w.setVariable(d, tv, f):
		default:
			d.keep(w, f)
		}
		seen[name] = true
	}
	if err := w.resourceGroups(d); err != nil {
		return err
	}
	if len(d.kept) > 0 {
		props.a.List = false
		props.set(keptSpace, writeKept(d.kept))
	}
	d.cols["properties"] = ""
	if len(props.a.GetPairs()) > 0 {
		d.cols["properties"] = php.WriteJSON(props.value())
	}
	return nil
}

// inherited are the variables whose value is the one of a resource above; none unless this site has all of them, and the files that
// they fall back on.
func (w *writer) inherited(d *draft) map[string]string {
	all, files := map[string]string{}, map[string]bool{}
	for _, f := range d.rec.GetFields() {
		files[f.GetName()] = f.GetValue().GetRef().GetKind() == kindMedia
	}
	for _, f := range d.rec.GetFields() {
		if f.GetName() != inheritField {
			continue
		}
		for _, p := range f.GetValue().GetArray().GetPairs() {
			name, value := p.GetKey().GetText(), p.GetValue().GetText()
			tv := w.variable(d, name)
			if tv == nil || binding(value) != inheritBinding || files[name] && !w.there(tv, d.context, strings.TrimSpace(strings.TrimPrefix(value, inheritBinding))) {
				return nil
			}
			all[name] = value
		}
	}
	return all
}

// there says that a variable's file lies where its media source has it on this site.
func (w *writer) there(tv row, contextKey, file string) bool {
	if file == "" || w.s.root == nil {
		return true
	}
	base, _ := w.env.base(tv.Text("id"), contextKey)
	_, err := w.s.root.Stat(path.Clean(base + strings.TrimPrefix(file, "/")))
	return err == nil
}

// keep settles a field as far as it can be, and keeps it.
func (d *draft) keep(w *writer, f *recordv1.Field) {
	if len(f.GetRaw()) > 0 {
		d.kept = append(d.kept, f)
		return
	}
	v, open := settleValue(f.GetValue(), w.u.Refs)
	if len(open) > 0 {
		// It stays as it came and is settled as a whole.
		d.wait(fmt.Sprintf("kept:%d", len(d.kept)), open...)
		v = f.GetValue()
		if v.GetRef() != nil {
			v = refValue(ref(v.GetRef().GetKind(), openMark+v.GetRef().GetSourceId()))
		}
	}
	d.kept = append(d.kept, &recordv1.Field{Name: f.GetName(), Value: v, Encoding: f.GetEncoding()})
}
