package modx

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// site updates settings and makes the contexts that are not there. The site's own address stays.
func (w *writer) site() error {
	for _, d := range w.drafts {
		if err := w.siteSettings(d); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) siteSettings(d *draft) error {
	st, set := d.rec.GetSite(), map[string]string{}
	if st.GetTitle() != "" {
		set["site_name"] = st.GetTitle()
	}
	if lang, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(st.GetLanguage()), "_", "-"), "-"); lang != "" {
		set["cultureKey"] = lang
		if lang != st.GetLanguage() {
			d.adjust("language", "language_shortened", lang)
		}
	}
	w.pageSetting(d, set, "site_start", st.GetFrontPage())
	for _, f := range d.rec.GetFields() {
		if err := w.siteField(d, set, f); err != nil {
			return err
		}
	}
	before := map[string]string{}
	for _, name := range sortedKeys(set) {
		before[name] = w.env.settings[name]
		if err := w.s.setSetting(w, name, set[name]); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	var err error
	d.res.Before, err = json.Marshal(before)
	d.res.Outcome, d.res.TargetID = agentv1.Outcome_OUTCOME_UPDATED, siteID
	d.adjust("base_url", "kept_existing", "")
	return err
}

// siteField: fields come in the order in which they were read, templates before the variables that name them.
func (w *writer) siteField(d *draft, set map[string]string, f *recordv1.Field) error {
	name := strings.TrimPrefix(f.GetName(), own)
	switch {
	case contains(pageSettings, name):
		w.pageSetting(d, set, name, f.GetValue().GetRef())
	case contains(urlSettings, name):
		set[name] = f.GetValue().GetText()
	case f.GetName() == contextsField:
		return w.contexts(d, f.GetValue())
	case f.GetName() == templatesField:
		names, _ := texts(f.GetValue())
		return w.makeTemplates(d, names)
	case f.GetName() == variablesField:
		return w.makeVariables(d, f.GetValue())
	}
	return nil
}

func (w *writer) pageSetting(d *draft, set map[string]string, name string, to *recordv1.Ref) {
	if to == nil {
		return
	}
	if id, ok := w.u.Refs.Target(to); ok {
		set[name] = id
		return
	}
	d.wait("setting:"+name, record.NewToken(to, ""))
}

// setSetting writes where the setting is in force: the home context's own, or the system's.
func (s *Site) setSetting(w *writer, name, value string) error {
	if _, ok := w.env.own[homeContext][name]; ok {
		if err := w.u.Keep(w.ctx, cms.Row{Table: "context_setting", Column: "key", Value: name}); err != nil {
			return err
		}
		_, err := w.exec("UPDATE {context_setting} SET value = ?, editedon = editedon WHERE context_key = ? AND `key` = ?", value, homeContext, name)
		return err
	}
	row := cms.Row{Table: "system_settings", Column: "key", Value: name}
	if _, ok := w.env.settings[name]; ok {
		if err := w.u.Keep(w.ctx, row); err != nil {
			return err
		}
		_, err := w.exec("UPDATE {system_settings} SET value = ?, editedon = editedon WHERE `key` = ?", value, name)
		return err
	}
	if err := w.u.Made(w.ctx, row); err != nil {
		return err
	}
	_, err := w.u.Tx.Insert(w.ctx, s.set.Prefix+"system_settings", []string{"key", "value"}, [][]any{{name, value}})
	return err
}

var contextKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,99}$`)

// contexts makes those that are not there; one that is stays as it is.
func (w *writer) contexts(d *draft, v *recordv1.Value) error {
	for _, p := range v.GetArray().GetPairs() {
		c := p.GetValue()
		key := lookup(c, "key").GetText()
		if !contextKey.MatchString(key) || key == "mgr" || key == homeContext {
			d.adjust("fields."+contextsField, "context_refused", "")
			continue
		}
		if w.env.hasContext(key) {
			if _, again := w.u.Refs.Existing(d.rec.GetRef()); !again {
				d.adjust("fields."+contextsField, "kept_existing", "")
			}
			continue
		}
		if err := w.newContext(d, key, c); err != nil {
			return fmt.Errorf("make a context: %w", err)
		}
	}
	return nil
}

func (w *writer) newContext(d *draft, key string, c *recordv1.Value) error {
	for _, row := range []cms.Row{{Table: "context", Column: "key", Value: key}, {Table: "context_setting", Column: "context_key", Value: key}} {
		if err := w.u.Made(w.ctx, row); err != nil {
			return err
		}
	}
	cols := []string{"key", "name", "description", "rank"}
	vals := []any{key, cut(lookup(c, "name").GetText(), 191), lookup(c, "description").GetText(), atoi(lookup(c, "rank").GetText())}
	if _, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"context", cols, [][]any{vals}); err != nil {
		return err
	}
	w.env.contexts = append(w.env.contexts, row{{Name: "key", Text: key}})
	var rows [][]any
	for _, p := range lookup(c, "settings").GetArray().GetPairs() {
		name, value := p.GetKey().GetText(), p.GetValue().GetText()
		if name == "" || len(name) > 50 || contains(addressSettings, name) {
			continue
		}
		if to := p.GetValue().GetRef(); to != nil {
			var ok bool
			if value, ok = w.u.Refs.Target(to); !ok {
				value = "0"
				d.wait("context:"+key+":"+name, record.NewToken(to, ""))
			}
		}
		rows = append(rows, []any{key, name, value})
	}
	_, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"context_setting", []string{"context_key", "key", "value"}, rows)
	return err
}

// placed is where files go that the source did not keep below a folder of ours.
const placed = assets + "/uploads"

// Place implements cms.Site: a file of another MODX stays where it was, others go below assets.
func (s *Site) Place(h *agentv1.FileHeader) string {
	p := strings.TrimPrefix(path.Clean("/"+h.GetFile().GetPath()), "/")
	if inside(p, assets) && !inside(p, components) {
		return p
	}
	if p == "" || p == "." {
		p = "file"
	}
	if !strings.Contains(p, "/") && h.GetCreated() != nil {
		p = time.Unix(h.GetCreated().GetSeconds(), 0).UTC().Format("2006/01") + "/" + p
	}
	return placed + "/" + p
}

// media answers with where the file lies: MODX has no rows for files.
func (w *writer) media() {
	for _, d := range w.drafts {
		p := ""
		for _, f := range d.rec.GetMedia().GetFiles() {
			if at, ok := w.u.Refs.File(f.GetId()); ok && (p == "" || f.GetRole() == "full") {
				p = at
			}
		}
		got := uploads.Media(w.s.root, p)
		switch {
		case p == "" || got == nil:
			d.reject("file_not_stored", "the file of this media record did not arrive", "look for the file's own error in the report, correct it, then migrate again", "files")
			continue
		case len(p) > record.MaxSourceID:
			d.reject("path_too_long", "the file's path is longer than 191 bytes", "rename the file in the source, then migrate again", "files")
			continue
		}
		if _, ok := w.u.Refs.Existing(d.rec.GetRef()); ok {
			d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
		}
		d.res.TargetID = p
		// What MODX shows of a file it reads from the file; and it keeps no smaller copies.
		back := &recordv1.Record{Ref: d.rec.GetRef(), Body: &recordv1.Record_Media{Media: got}}
		for _, field := range record.Diff(d.rec, back, holdsMedia(), nil) {
			d.adjust(field, "taken_from_file", "")
		}
	}
}
