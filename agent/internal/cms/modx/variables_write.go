package modx

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// variable is the template variable of a name that the entry's template has; nil when there is none.
func (w *writer) variable(d *draft, name string) row {
	for _, id := range w.env.of[itoa(d.cols["template"].(int64))] {
		if w.env.tvs[id].Text("name") == name {
			return w.env.tvs[id]
		}
	}
	return nil
}

// setVariable writes a value in the form of its variable's type, unless reading it would give another one.
func (w *writer) setVariable(d *draft, tv row, f *recordv1.Field) bool {
	id := tv.Text("id")
	stored, open, ok := w.encode(d, tv, f)
	if !ok {
		return false
	}
	d.wait("tv:"+id, open...)
	if len(open) == 0 && stored == tv.Text("default_text") && stored != "" {
		// MODX keeps no row for what is the default.
		return true
	}
	d.tvs[id] = stored
	return true
}

// encode gives the stored form; open are pointers that are filled later.
func (w *writer) encode(d *draft, tv row, f *recordv1.Field) (stored string, open []record.Token, ok bool) {
	kind, v := tv.Text("type"), f.GetValue()
	if len(f.GetRaw()) > 0 {
		return string(f.GetRaw()), nil, isGrid(kind) && f.GetEncoding() == "json"
	}
	if to := v.GetRef(); to != nil {
		return w.encodeRef(tv, d.context, to)
	}
	if words, isList := texts(v); isList && f.GetEncoding() == "" {
		by, known := map[string]string{"checkbox": "||", "listbox-multiple": "||", "tag": ",", "autotag": ","}[kind]
		stored = strings.Join(words, by)
		return stored, nil, known && slices.Equal(split(stored, by), words)
	}
	if v.GetArray() != nil && f.GetEncoding() == "json" && isGrid(kind) {
		v = w.lowerGrid(d, tv, v)
		whole, open := settleValue(v, w.u.Refs)
		if len(open) > 0 {
			whole = v
		}
		stored = php.WriteJSON(whole)
		back := jsonField(f.GetName(), stored)
		return stored, open, len(back.GetRaw()) == 0 && proto.Equal(back.GetValue(), whole)
	}
	text, isText := v.GetKind().(*recordv1.Value_Text)
	if !isText || f.GetEncoding() != "" {
		return "", nil, false
	}
	stored, open = w.u.Refs.Expand(text.Text)
	return stored, open, w.isText(kind, stored)
}

func split(s, by string) []string {
	words, _ := texts(words(s, by))
	return words
}

// isText says that a stored value is read as a text again.
func (w *writer) isText(kind, stored string) bool {
	if b := binding(stored); b != "" && b != "@INHERIT" {
		// Another system's text must not begin to be computed.
		return false
	}
	switch kind {
	case "checkbox", "listbox-multiple":
		return stored == ""
	case "tag", "autotag":
		return words(stored, ",").GetArray() == nil
	case "migx", "migxdb":
		return jsonField("", stored).GetEncoding() == ""
	case "resourcelist", "image", "file":
		return stored == "" || strings.Contains(stored, "://")
	}
	return binding(stored) == ""
}

func (w *writer) encodeRef(tv row, contextKey string, to *recordv1.Ref) (string, []record.Token, bool) {
	kind := tv.Text("type")
	isFile := kind == "image" || kind == "file"
	if to.GetKind() == kindMedia != isFile || !isFile && (kind != "resourcelist" || to.GetKind() != kindEntry) {
		return "", nil, false
	}
	id, ok := w.u.Refs.Target(to)
	if !ok {
		return "", []record.Token{record.NewToken(to, "")}, true
	}
	return w.pointerText(tv, contextKey, id)
}

// pointerText is a file's path below the variable's media source, or a resource's id.
func (w *writer) pointerText(tv row, contextKey, id string) (string, []record.Token, bool) {
	if tv.Text("type") == "resourcelist" {
		return id, nil, true
	}
	base, ok := w.env.base(tv.Text("id"), contextKey)
	p := below(base, id)
	return p, nil, ok && (p != id || !strings.HasPrefix(base, "/"))
}

// below is a file's path as seen from a media source's folder. MODX puts the source's address before it, and a browser goes up again.
func below(base, file string) string {
	p, inside := strings.CutPrefix(file, base)
	if !inside && !strings.HasPrefix(base, "/") {
		p = upFrom(base) + file
	}
	return p
}

func upFrom(base string) string { return strings.Repeat("../", strings.Count(base, "/")) }

// saveValues writes the rows that hang on resources.
func (w *writer) saveValues(drafts []*draft) error {
	if err := w.drop("site_tmplvar_contentvalues", "contentid", drafts); err != nil {
		return err
	}
	if err := w.drop("document_groups", "document", drafts); err != nil {
		return err
	}
	var values, groups [][]any
	for _, d := range drafts {
		for _, tv := range sortedKeys(d.tvs) {
			values = append(values, []any{atoi(tv), atoi(d.id), d.tvs[tv]})
		}
		for _, g := range d.groups {
			groups = append(groups, []any{atoi(g), atoi(d.id)})
		}
	}
	if _, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"site_tmplvar_contentvalues", []string{"tmplvarid", "contentid", "value"}, values); err != nil {
		return err
	}
	_, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"document_groups", []string{"document_group", "document"}, groups)
	return err
}
