package modx

import (
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// ownField sets a column from a field that came from MODX.
func (w *writer) ownField(d *draft, f *recordv1.Field) bool {
	col, ok := strings.CutPrefix(f.GetName(), own)
	if !ok {
		return false
	}
	v := f.GetValue()
	switch {
	case f.GetName() == linkField:
		return w.link(d, v)
	case contains(peopleColumns, col) && v.GetRef().GetKind() == kindUser:
		w.pointer(d, col, v.GetRef())
		return true
	case f.GetName() == groupsField:
		names, ok := texts(v)
		d.groups = names
		return ok && len(names) > 0
	}
	text, ok := v.GetKind().(*recordv1.Value_Text)
	return ok && w.textColumn(d, f.GetName(), col, text.Text)
}

func (w *writer) textColumn(d *draft, name, col, text string) bool {
	switch name {
	case contextField, uriField:
		return true // place and addresses have seen to it
	case isFolderField:
		// A container without children; one with children is one in any case.
		d.cols["isfolder"] = atoi(text)
		return text == "1"
	case pubDateField:
		d.cols["pub_date"] = atoi(text)
		return d.rec.GetEntry().GetStatus() == recordv1.Status_STATUS_PUBLISHED || textOf(d.rec, publishedField) == "1"
	case publishedOnField:
		if d.rec.GetEntry().GetStatus() != recordv1.Status_STATUS_SCHEDULED {
			return false
		}
		d.cols["publishedon"] = atoi(text)
		return true
	case publishedField:
		return w.trashedState(d, text)
	}
	for _, c := range plainColumns {
		if c.column == col && text != c.usual && isPlain(c.usual, text) {
			d.cols[col] = text
			return true
		}
	}
	return false
}

// isPlain says that a column of numbers gets one.
func isPlain(usual, text string) bool { return usual == "" || itoa(atoi(text)) == text }

// trashedState is what an entry in the waste basket was before.
func (w *writer) trashedState(d *draft, text string) bool {
	if d.rec.GetEntry().GetStatus() != recordv1.Status_STATUS_TRASHED || text != "1" && text != "scheduled" {
		return false
	}
	if text == "1" {
		d.cols["published"] = int64(1)
		return true
	}
	d.cols["pub_date"], d.cols["publishedon"] = d.cols["publishedon"], int64(0)
	return true
}

// link is the content of a resource that stands for something else.
func (w *writer) link(d *draft, v *recordv1.Value) bool {
	e := d.rec.GetEntry()
	if e.GetType() == typePage || v.GetArray() != nil {
		return false
	}
	if to := v.GetRef(); to != nil {
		id, ok := w.u.Refs.Target(to)
		d.cols["content"] = linkText(e.GetType(), id)
		if !ok {
			d.cols["content"] = ""
			d.wait(linkSlot, record.NewToken(to, ""))
		}
		return true
	}
	text := v.GetText()
	if _, number := v.GetKind().(*recordv1.Value_IntValue); number || text != "" && strings.Trim(text, "0123456789") == "" {
		// A number that is no pointer is the id of another site; here it would show something else.
		d.cols["content"] = ""
		d.adjust("fields."+linkField, "field_refused", "")
		return true
	}
	w.text(d, "content", text)
	return true
}

const linkSlot = "link"

// linkText: symlinks and files take what they name bare.
func linkText(kind, id string) string {
	if kind == typeWeblink {
		return "[[~" + id + "]]"
	}
	return id
}
