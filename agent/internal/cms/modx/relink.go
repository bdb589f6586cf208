package modx

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// slot is one place of one row with all its open pointers.
type slot struct {
	id, name string
	links    []cms.Link
}

// Relink implements cms.Site.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	e, err := s.env(ctx, u.Tx)
	if err != nil {
		return err
	}
	w := &writer{s: s, ctx: ctx, u: u, env: e}
	for _, sl := range slots(links) {
		switch kind {
		case kindSite:
			err = w.relinkSite(sl)
		case kindEntry, kindRedirect:
			err = w.relinkEntry(sl)
		}
		if err != nil {
			return fmt.Errorf("relink %s: %w", sl.name, err)
		}
	}
	return nil
}

func slots(links []cms.Link) []*slot {
	var all []*slot
	at := map[[2]string]*slot{}
	for _, l := range links {
		key := [2]string{l.TargetID, l.Slot}
		if at[key] == nil {
			at[key] = &slot{id: l.TargetID, name: l.Slot}
			all = append(all, at[key])
		}
		at[key].links = append(at[key].links, l)
	}
	return all
}

// target is the row that a slot with one pointer gets; "0" when it leads nowhere.
func (sl *slot) target() string {
	if sl.links[0].Found {
		return sl.links[0].Target
	}
	return "0"
}

func (w *writer) relinkSite(sl *slot) error {
	what, name, _ := strings.Cut(sl.name, ":")
	if what == "setting" {
		if !sl.links[0].Found {
			return nil // the target's own page stays
		}
		return w.s.setSetting(w, name, sl.target())
	}
	key, name, ok := strings.Cut(name, ":")
	if !ok || !sl.links[0].Found {
		return nil
	}
	_, err := w.exec("UPDATE {context_setting} SET value = ? WHERE context_key = ? AND `key` = ?", sl.target(), key, name)
	return err
}

func (w *writer) relinkEntry(sl *slot) error {
	what, rest, _ := strings.Cut(sl.name, ":")
	switch what {
	case "parent":
		return w.relinkParent(sl)
	case "introtext", "content":
		return w.relinkText(sl)
	case "tv":
		return w.relinkVariable(sl, rest)
	case "kept", "properties":
		return w.relinkProperties(sl, rest)
	case linkSlot:
		return w.relinkLink(sl)
	}
	if what != "createdby" && !contains(peopleColumns, what) || !sl.links[0].Found {
		return nil
	}
	_, err := w.exec("UPDATE {site_content} SET "+w.u.Tx.Quote(what)+" = ? WHERE id = ?", sl.target(), sl.id)
	return err
}

func (w *writer) relinkParent(sl *slot) error {
	to := sl.target()
	if to == sl.id || to == "0" {
		return nil
	}
	t, err := w.tree([]string{to})
	if err != nil {
		return err
	}
	for up, n := t.nodes[to], 0; up != nil && n < maxDepth; up, n = t.nodes[up.parent], n+1 {
		if up.id == sl.id {
			return nil // a loop would hide both
		}
	}
	if _, err := w.exec("UPDATE {site_content} SET parent = ? WHERE id = ?", to, sl.id); err != nil {
		return err
	}
	if err := w.makeFolders([]string{to}); err != nil {
		return err
	}
	return w.readdress([]string{sl.id}, false)
}

func (w *writer) relinkText(sl *slot) error {
	rows, err := w.query("SELECT "+w.u.Tx.Quote(sl.name)+" AS t FROM {site_content} WHERE id = ?", sl.id)
	if err != nil || len(rows) == 0 {
		return err
	}
	text, err := w.expand(rows[0].Text("t"))
	if err != nil {
		return err
	}
	_, err = w.exec("UPDATE {site_content} SET "+w.u.Tx.Quote(sl.name)+" = ? WHERE id = ?", text, sl.id)
	return err
}

// expand fills the tokens of a text that was left as it came.
func (w *writer) expand(text string) (string, error) {
	if err := w.u.Refs.Load(w.ctx, text); err != nil {
		return "", err
	}
	whole, _ := w.u.Refs.Expand(text)
	return whole, nil
}

func (w *writer) relinkLink(sl *slot) error {
	rows, err := w.query("SELECT class_key FROM {site_content} WHERE id = ?", sl.id)
	if err != nil || len(rows) == 0 || !sl.links[0].Found {
		return err
	}
	_, err = w.exec("UPDATE {site_content} SET content = ? WHERE id = ?", linkText(typeOf(rows[0].Text("class_key")), sl.target()), sl.id)
	return err
}

// relinkVariable fills a pointer, the texts of a list in JSON, or a text.
func (w *writer) relinkVariable(sl *slot, tv string) error {
	rows, err := w.query("SELECT v.value, c.context_key FROM {site_tmplvar_contentvalues} v JOIN {site_content} c ON c.id = v.contentid WHERE v.tmplvarid = ? AND v.contentid = ?", tv, sl.id)
	if err != nil || len(rows) == 0 {
		return err
	}
	value := rows[0].Text("value")
	switch v, isJSON := php.ReadJSON(value); {
	case value == "" && len(sl.links) == 1:
		if !sl.links[0].Found {
			return nil
		}
		value, _, _ = w.pointerText(w.env.tvs[tv], rows[0].Text("context_key"), sl.target())
	case isJSON == nil && v.GetArray() != nil:
		if v, err = w.settleAll(v); err != nil {
			return err
		}
		value = php.WriteJSON(v)
	default:
		if value, err = w.expand(value); err != nil {
			return err
		}
	}
	_, err = w.exec("UPDATE {site_tmplvar_contentvalues} SET value = ? WHERE tmplvarid = ? AND contentid = ?", value, tv, sl.id)
	return err
}

// settleAll expands the texts of a value; all of them were left as they came.
func (w *writer) settleAll(v *recordv1.Value) (*recordv1.Value, error) {
	var all []string
	var gather func(v *recordv1.Value)
	gather = func(v *recordv1.Value) {
		all = append(all, v.GetText())
		for _, p := range v.GetArray().GetPairs() {
			gather(p.GetValue())
		}
	}
	gather(v)
	if err := w.u.Refs.Load(w.ctx, all...); err != nil {
		return nil, err
	}
	whole, _ := settleValue(v, w.u.Refs)
	return whole, nil
}

// relinkProperties settles one kept field, or what came in the column itself.
func (w *writer) relinkProperties(sl *slot, at string) error {
	rows, err := w.query("SELECT properties FROM {site_content} WHERE id = ?", sl.id)
	if err != nil || len(rows) == 0 {
		return err
	}
	props, err := php.ReadJSON(rows[0].Text("properties"))
	if err != nil {
		return nil // somebody else has written it meanwhile
	}
	for _, p := range props.GetArray().GetPairs() {
		isKept := p.GetKey().GetText() == keptSpace
		switch {
		case isKept && at != "":
			err = w.settleKept(p, sl, at)
		case !isKept && at == "":
			p.Value, err = w.settleAll(p.GetValue())
		}
		if err != nil {
			return err
		}
	}
	_, err = w.exec("UPDATE {site_content} SET properties = ? WHERE id = ?", php.WriteJSON(props), sl.id)
	return err
}

func (w *writer) settleKept(p *recordv1.Pair, sl *slot, at string) error {
	fields := readKept(p.GetValue())
	i, err := strconv.Atoi(at)
	if err != nil || i < 0 || i >= len(fields) {
		return nil
	}
	f := fields[i]
	if to := f.GetValue().GetRef(); to != nil {
		// A pointer that leads nowhere is none.
		f.Value = nil
		if sl.links[0].Found {
			f.Value = refValue(ref(to.GetKind(), sl.target()))
		}
	} else if f.Value, err = w.settleNested(f.GetValue(), sl); err != nil {
		return err
	}
	p.Value = writeKept(fields)
	return nil
}

// settleNested settles texts, and pointers inside lists; those that lead nowhere are none.
func (w *writer) settleNested(v *recordv1.Value, sl *slot) (*recordv1.Value, error) {
	found := map[string]string{}
	for _, l := range sl.links {
		if l.Found {
			found[l.Token.Ref.String()] = l.Target
		}
	}
	whole, err := w.settleAll(v)
	if err != nil {
		return nil, err
	}
	fillMarked(whole, found)
	return whole, nil
}

// fillMarked gives pointers that settleValue has marked the rows that were found for them.
func fillMarked(v *recordv1.Value, found map[string]string) {
	if source, ok := strings.CutPrefix(v.GetRef().GetSourceId(), openMark); ok {
		kind := v.GetRef().GetKind()
		v.Kind = nil
		if id := found[record.KeyOf(ref(kind, source)).String()]; id != "" {
			v.Kind = refValue(ref(kind, id)).Kind
		}
	}
	for _, p := range v.GetArray().GetPairs() {
		fillMarked(p.GetValue(), found)
	}
}
