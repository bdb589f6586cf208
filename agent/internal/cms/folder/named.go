package folder

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func (sc *scanner) navigation(file, base string) error {
	v := sc.parse(file)
	if v.GetArray().GetList() {
		sc.declaredMenu(base, v)
		return nil
	}
	for _, p := range docOf(v).pairs {
		sc.declaredMenu(plain(p.GetKey()), p.GetValue())
	}
	return nil
}

// declaredMenu takes up a menu of a file for menus: one without lines is a menu as well.
func (sc *scanner) declaredMenu(name string, v *recordv1.Value) {
	if m := decodeMenu(name, v); len(m.GetItems()) > 0 || v.GetArray().GetList() {
		sc.menu(name, m)
	}
}

// menu adds lines to a menu.
func (sc *scanner) menu(name string, m *recordv1.Menu) {
	if name == "" {
		return
	}
	have := sc.menus[name]
	if have == nil {
		sc.menus[name], sc.names = m, append(sc.names, name)
		return
	}
	have.Items = append(have.Items, m.Items...)
}

// named takes up what a content file names: terms, authors, old addresses, lines of menus.
func (sc *scanner) named(front *doc, rec *recordv1.Record, r *read) error {
	c := sc.s.config
	for _, p := range front.pairs {
		key := p.GetKey().GetText()
		if key == "category" && c.taxonomies["categories"] != "" {
			key = "categories"
		}
		if c.taxonomies[key] == "" && !c.hasTerms(key) {
			continue
		}
		for _, name := range c.names(key, p.GetValue()) {
			if slug(name) == "" {
				continue
			}
			if err := sc.addAt(termAddress(termID(key, slug(name))), kindTerm, termID(key, slug(name)), "", "", c.taxonomy(key), bareTerm(c, key, name)); err != nil {
				return err
			}
		}
	}
	for _, v := range append(items(front.get("authors")), authorOf(front.get("author"))...) {
		name := or(plain(v), plain(docOf(v).get("name")))
		id := c.userID(name)
		if id == "" {
			continue
		}
		d := docOf(v)
		if len(d.pairs) == 0 {
			d = &doc{}
			d.setText("name", name)
		}
		if err := sc.add(kindUser, id, "", "", "", decodeUser(id, d)); err != nil {
			return err
		}
	}
	sc.lines(front, rec, r)
	return sc.aliases(rec.GetRef(), r.aliases)
}

func (sc *scanner) aliases(to *recordv1.Ref, from []string) error {
	for _, a := range from {
		id := shortID(rooted(a))
		rec := &recordv1.Record{Ref: record.NewRef(kindRedirect, id), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: rooted(a), To: to, Code: 301}}}
		if err := sc.addAt(rooted(a), kindRedirect, id, "", "", "", rec); err != nil {
			return err
		}
	}
	return nil
}

// lines are the lines of menus that an entry asks for.
func (sc *scanner) lines(front *doc, rec *recordv1.Record, r *read) {
	add := func(name string, d *doc) {
		it := &recordv1.MenuItem{Id: or(plain(d.get("identifier")), or(plain(d.get("key")), rec.GetRef().GetSourceId())), ParentId: plain(d.get("parent")), Type: "post_type", Object: rec.GetEntry().GetType(), Target: rec.GetRef(),
			Title: or(plain(d.get("name")), or(plain(d.get("title")), plain(d.get("key")))), Position: int32(or0(d.get("weight"), d.get("order")))}
		sc.menu(name, &recordv1.Menu{Name: name, Slug: name, Items: []*recordv1.MenuItem{it}})
	}
	switch a := r.menus.GetArray(); {
	case sc.s.config.flavour == eleventy && a != nil:
		add("navigation", docOf(r.menus))
	case a != nil && !a.GetList():
		for _, p := range a.GetPairs() {
			add(plain(p.GetKey()), docOf(p.GetValue()))
		}
	default:
		for _, name := range texts(r.menus) {
			add(name, &doc{})
		}
	}
}

func or0(all ...*recordv1.Value) int64 {
	for _, v := range all {
		if n := v.GetIntValue(); n > 0 && n < 1<<31 {
			return n
		}
	}
	return 0
}

// writeMenus takes up menus, those of the configuration first. An item's parent that is not there makes it a top item.
func (sc *scanner) writeMenus() error {
	c := sc.s.config
	for _, v := range append([]*recordv1.Value{c.all.get("menus"), c.all.get("menu")}, sc.s.configMenus()...) {
		for _, p := range docOf(v).pairs {
			name := plain(p.GetKey())
			m := decodeMenu(name, p.GetValue())
			if have := sc.menus[name]; have != nil {
				m.Items = append(m.Items, have.Items...)
				sc.menus[name] = m
			} else {
				sc.declaredMenu(name, p.GetValue())
			}
		}
	}
	for _, name := range sc.names {
		m := sc.menus[name]
		tidy(m)
		id := shortID(name)
		rec := &recordv1.Record{Ref: record.NewRef(kindMenu, id), Body: &recordv1.Record_Menu{Menu: m}}
		if err := sc.add(kindMenu, id, "", "", "", rec); err != nil {
			return err
		}
	}
	return nil
}

// tidy makes the ids of a menu's lines unique and puts them in the order of their weights, each behind its parent.
func tidy(m *recordv1.Menu) {
	ids := map[string]bool{}
	for _, it := range m.Items {
		for n := 2; ids[it.Id]; n++ {
			if next := fmt.Sprintf("%s-%d", it.Id, n); !ids[next] {
				it.Id = next
			}
		}
		ids[it.Id] = true
	}
	byTitle := map[string]string{}
	for _, it := range m.Items {
		if it.GetTitle() != "" {
			byTitle[it.GetTitle()] = it.GetId()
		}
	}
	for _, it := range m.Items {
		if !ids[it.ParentId] {
			it.ParentId = byTitle[it.ParentId]
		}
		if it.ParentId == it.Id {
			it.ParentId = ""
		}
	}
	slices.SortStableFunc(m.Items, func(a, b *recordv1.MenuItem) int { return cmp.Compare(weight(a), weight(b)) })
	behindParents(m)
	for i, last := 0, int32(0); i < len(m.Items); i++ {
		m.Items[i].Position = max(m.Items[i].Position, last+1)
		last = m.Items[i].Position
	}
}

// weight is where a line stands: those without one come last.
func weight(it *recordv1.MenuItem) int32 {
	if it.GetPosition() == 0 {
		return math.MaxInt32
	}
	return it.GetPosition()
}

// behindParents leaves the lines as they stand, unless a line comes before its parent.
func behindParents(m *recordv1.Menu) {
	below, seen, early := map[string][]*recordv1.MenuItem{}, map[string]bool{"": true}, false
	for _, it := range m.Items {
		early = early || !seen[it.GetParentId()]
		seen[it.GetId()] = true
		below[it.ParentId] = append(below[it.ParentId], it)
	}
	if !early {
		return
	}
	all := m.Items
	m.Items = order(nil, below, "", 0)
	for _, it := range all {
		if !slices.Contains(m.Items, it) {
			// One of several lines that are each other's parents.
			it.ParentId = ""
			m.Items = append(m.Items, it)
		}
	}
	for _, it := range m.Items {
		it.Position = 0
	}
}

func order(out []*recordv1.MenuItem, below map[string][]*recordv1.MenuItem, parent string, depth int) []*recordv1.MenuItem {
	if depth > maxDepth {
		return out
	}
	for _, it := range below[parent] {
		out = append(out, it)
		out = order(out, below, it.Id, depth+1)
	}
	return out
}
