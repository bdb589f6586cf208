//go:build accept

package e2e

import (
	"slices"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func (d *drupal9) blocks(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "block_content") {
		rec := d.r.records["entry/block:"+o.id]
		p, e := &twins{}, rec.GetEntry()
		body := firstRow(o.drupalThing["body"])
		p.add("info", "title", o.only("info"), e.GetTitle())
		p.add("type", "type", o.only("type"), e.GetType())
		p.add("changed", "modified", o.only("changed"), secondsOf(e.GetModified()))
		p.add("body", "content.text", phpWord(body["value"]), e.GetContent().GetText())
		p.add("format", "fields.body.format", phpWord(body["format"]), d.ids.custom(rec, "body.format"))
		d.j.record("entry", "block:"+o.id, p.want, p.got)
	}
	for _, o := range drupalTruth(t, d.fixture, "shortcut") {
		d.j.record("entry", "shortcut "+o.word("id"), []fact{{"shortcut", "shortcut", o.word("uuid")}}, nil)
	}
}

func (d *drupal9) menus(t *testing.T) {
	uuids := map[string]string{}
	for _, o := range tongues(t, d.fixture, "menu_link_content") {
		if o.own {
			uuids["menu_link_content:"+o.only("uuid")] = o.id
		}
	}
	for _, o := range tongues(t, d.fixture, "menu_link_content") {
		menu := o.only("menu_name")
		p := &twins{}
		var it *recordv1.MenuItem
		id, lang, _ := strings.Cut(o.id, ":")
		for _, x := range d.r.records[strings.TrimSuffix("menu/"+menu+":"+lang, ":")].GetMenu().GetItems() {
			if x.GetId() == id {
				it = x
			}
		}
		link := firstRow(o.drupalThing["link"])
		p.add(o.id+".title", "items.title", o.only("title"), it.GetTitle())
		if o.own {
			p.add(o.id+".enabled", "items.hidden", o.only("enabled"), oneIf(!it.GetHidden()))
			p.add(o.id+".description", "items.description", o.only("description"), it.GetDescription())
			p.add(o.id+".tip", "items.title_attr", phpWord(asMap(asMap(link["options"])["attributes"])["title"]), it.GetTitleAttr())
			p.add(o.id+".parent", "items.parent_id", uuids[o.only("parent")], it.GetParentId())
			p.add(o.id+".uri", "items.url", whereTo(phpWord(link["uri"])), itemTo(it))
		}
		d.j.record("menu", menu, p.want, p.got)
	}
	for _, m := range drupalTruth(t, d.fixture, "menu") {
		d.j.record("menu", m.word("id"), []fact{{"label", "name", m.word("label")}}, []fact{{"label", "name", d.r.records["menu/"+m.word("id")].GetMenu().GetName()}})
	}
}

func whereTo(uri string) string {
	for _, scheme := range []string{"entity:", "internal:/"} {
		if rest, ok := strings.CutPrefix(uri, scheme); ok && strings.HasPrefix(rest, "node/") {
			return rest
		}
	}
	if uri == "route:<nolink>" {
		return "#"
	}
	return strings.TrimPrefix(uri, "internal:")
}

func itemTo(it *recordv1.MenuItem) string {
	if ref := it.GetTarget(); ref.GetKind() == recordv1.Kind_KIND_ENTRY {
		return "node/" + ref.GetSourceId()
	}
	return it.GetUrl()
}

// aliases all lead to the record of their language, or to the only one that there is.
func (d *drupal9) aliases(t *testing.T) {
	kinds := map[string]string{"node": "entry/", "user": "user/", "term": "term/"}
	for _, o := range tongues(t, d.fixture, "path_alias") {
		parts := strings.Split(o.only("path"), "/")
		kind, id, lang := kinds[parts[len(parts)-2]], parts[len(parts)-1], o.only("langcode")
		prefix := ""
		if lang != "en" && lang != "und" {
			prefix = "/" + lang
		}
		key := kind + id
		if d.r.records[key+":"+lang] != nil {
			key += ":" + lang
		}
		p, path := &twins{}, "slug"
		if d.r.records[key] == nil {
			path = "alias_of_nothing"
		}
		p.add("alias", path, "1", d.r.reachable(key, prefix+o.only("alias")))
		d.j.record(strings.TrimSuffix(kind, "/"), "alias "+o.id, p.want, p.got)
	}
}

func (d *drupal9) site(t *testing.T) {
	var config map[string]any
	drupalFile(t, d.fixture, "config", &config)
	o := drupalThing(asMap(config["system.site"]))
	s := d.r.records["site/site"].GetSite()
	p := &twins{}
	p.add("name", "title", o.word("name"), s.GetTitle())
	p.add("slogan", "tagline", o.word("slogan"), s.GetTagline())
	p.add("default_langcode", "language", o.word("default_langcode"), s.GetLanguage())
	d.j.record("site", "site", p.want, p.got)
}

// inOrder is a set of roles as one text; an account without any is a subscriber's.
func inOrder(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "subscriber" })
	for i, w := range words {
		// Called as elsewhere, with other rights.
		words[i] = strings.TrimSuffix(w, " (Drupal)")
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
