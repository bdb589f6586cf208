//go:build accept

package e2e

import (
	"fmt"
	"sort"
	"strings"
)

// optionPath says which field of the site record holds an option.
var optionPath = map[string]string{
	"blogname": "title", "blogdescription": "tagline", "timezone_string": "timezone", "gmt_offset": "timezone", "date_format": "date_format",
	"time_format": "time_format", "start_of_week": "week_start_plus_one", "posts_per_page": "per_page", "permalink_structure": "permalink_pattern",
	"site_icon": "icon", "default_category": "default_term", "page_on_front": "front_page", "show_on_front": "front_page",
	"page_for_posts": "posts_page", "WPLANG": "language", "default_comment_status": "default_comments",
}

// notMoved are options that belong to the installation and not to its content; a target keeps its own.
var notMoved = []string{"home", "siteurl", "admin_email", "db_version", "template", "stylesheet", "active_plugins", "upload_path", "upload_url_path"}

// optionNames are the options that the truth of a site names.
func optionNames(d *wpDump) []string {
	var all []string
	for _, o := range d.Options {
		if !contains(notMoved, o.Name) {
			all = append(all, o.Name)
		}
	}
	return all
}

// move is what is compared: the source's truth, the target before and after.
type move struct {
	want, before, got *wpDump
	wantN, gotN       *names
}

func newMove(want, before, got *wpDump) *move {
	twice := ambiguousGUIDs(want)
	return &move{want, before, got, nameSite(want, twice), nameSite(got, twice)}
}

// compare judges every fact of the source.
func (m *move) compare(j *judge) {
	m.posts(j)
	m.users(j)
	m.terms(j)
	m.comments(j)
	m.menus(j)
	m.options(j)
}

func (m *move) posts(j *judge) {
	got := map[string]*wpPost{}
	for _, p := range append(append([]*wpPost{}, m.got.Posts...), m.got.Media...) {
		name := m.gotN.post(p.ID)
		if got[name] != nil {
			j.t.Errorf("%s: the target holds %s twice: %d and %d", j.move, name, got[name].ID, p.ID)
		}
		got[name] = p
	}
	for _, p := range m.want.Posts {
		j.record("entry", fmt.Sprint(p.ID), postFacts(m.wantN, p), found(got[m.wantN.post(p.ID)], m.gotN, postFacts))
	}
	for _, p := range m.want.Media {
		j.record("media", fmt.Sprint(p.ID), mediaFacts(m.wantN, p), found(got[m.wantN.post(p.ID)], m.gotN, mediaFacts))
	}
}

// found gives the facts of a record that the target has; none for one that it has not.
func found[T any](x *T, n *names, facts func(*names, *T) factList) []fact {
	if x == nil {
		return nil
	}
	return facts(n, x)
}

func (m *move) users(j *judge) {
	got, before := map[string]*wpUser{}, map[string]int{}
	for _, u := range m.got.Users {
		got[u.Login] = u
	}
	if m.before != nil {
		for _, u := range m.before.Users {
			before[u.Login] = u.PostCount
		}
	}
	for _, u := range m.want.Users {
		have := got[u.Login]
		if have != nil {
			have.PostCount -= before[u.Login]
		}
		j.record("user", fmt.Sprint(u.ID), userFacts(m.wantN, u), found(have, m.gotN, userFacts))
	}
}

func (m *move) terms(j *judge) {
	own := map[string][]int{}
	if m.before != nil {
		for _, t := range m.before.Terms {
			own[t.Taxonomy+":"+t.Slug] = t.ObjectIDs
		}
	}
	got := map[string]*wpTerm{}
	for _, t := range m.got.Terms {
		key := t.Taxonomy + ":" + t.Slug
		if got[key] != nil {
			j.t.Errorf("%s: the target holds the term %s twice", j.move, key)
		}
		got[key] = t
	}
	for _, t := range m.want.Terms {
		if t.Taxonomy == "nav_menu" {
			continue
		}
		want := termFacts(m.wantN, t, t.Count, objects(m.wantN, t.ObjectIDs, nil))
		key := t.Taxonomy + ":" + t.Slug
		var have factList
		if g := got[key]; g != nil {
			have = termFacts(m.gotN, g, g.Count-m.published(own[key]), objects(m.gotN, g.ObjectIDs, own[key]))
		}
		j.record("term", fmt.Sprint(t.TermID), want, have)
	}
}

// published counts those of the target's own earlier objects that count for a term.
func (m *move) published(ids []int) int {
	n := 0
	for _, id := range ids {
		for _, p := range m.before.Posts {
			if p.ID == id && p.Status == "publish" {
				n++
			}
		}
	}
	return n
}

func objects(n *names, ids, except []int) string {
	skip := map[int]bool{}
	for _, id := range except {
		skip[id] = true
	}
	var all []string
	for _, id := range ids {
		if !skip[id] {
			all = append(all, n.post(id))
		}
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

func (m *move) comments(j *judge) {
	got := map[string]*wpComment{}
	for _, c := range m.got.Comments {
		name := m.gotN.note(c.ID)
		if got[name] != nil {
			j.t.Errorf("%s: the target holds a comment twice: %d and %d", j.move, got[name].ID, c.ID)
		}
		got[name] = c
	}
	for _, c := range m.want.Comments {
		j.record("comment", fmt.Sprint(c.ID), commentFacts(m.wantN, c), found(got[m.wantN.note(c.ID)], m.gotN, commentFacts))
	}
}

func (m *move) menus(j *judge) {
	got := map[string]*wpMenu{}
	for _, x := range m.got.Menus {
		got[x.Slug] = x
	}
	for _, x := range m.want.Menus {
		j.record("menu", fmt.Sprint(x.TermID), menuFacts(m.wantN, x), found(got[x.Slug], m.gotN, menuFacts))
	}
}

func (m *move) options(j *judge) {
	got := map[string]string{}
	for _, o := range m.got.Options {
		got[o.Name] = option(m.gotN, o)
	}
	for _, o := range m.want.Options {
		if contains(notMoved, o.Name) {
			continue
		}
		path := optionPath[o.Name]
		if path == "" {
			path = "options." + o.Name
		}
		j.fact("site", "site", fact{o.Name, path, option(m.wantN, o)}, got[o.Name])
	}
}

// option is an option's value with ids replaced by names.
func option(n *names, o wpOption) string {
	switch v := o.Value.(type) {
	case nil:
		return ""
	case []any:
		var all []string
		for _, x := range v {
			all = append(all, n.id(o.Name, fmt.Sprint(x)))
		}
		sort.Strings(all)
		return strings.Join(all, ", ")
	default:
		return n.id(o.Name, fmt.Sprint(v))
	}
}

// id names the record that an option points to.
func (n *names) id(option, value string) string {
	var id int
	if _, err := fmt.Sscan(value, &id); err != nil {
		return value
	}
	switch option {
	case "sticky_posts", "site_icon", "page_on_front", "page_for_posts":
		return n.post(id)
	case "default_category":
		return n.term(id)
	}
	return value
}
