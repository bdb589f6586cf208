//go:build accept

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func (c *wpInGhost) judgeTerms() {
	// Several terms may share a name and become tags of other slugs; which is which, the ledger says.
	for _, x := range c.want.Terms {
		// Menus and post formats are fields of other records.
		if x.Taxonomy == "nav_menu" || x.Taxonomy == "post_format" {
			continue
		}
		var want, have factList
		want.add("name", "name", plain(x.Name))
		want.add("slug", "slug", x.Slug)
		want.add("description", "description", strings.Join(words(x.Description), " "))
		want.add("parent", "parent", c.names.term(x.Parent))
		want.meta(nil, x.Meta, "fields.")
		if r := c.saw.tags[c.terms[fmt.Sprint(x.TermID)]]; r != nil {
			have.add("name", "name", r["name"])
			have.add("slug", "slug", r["slug"])
			_, text := seen(x.Description, r["description"])
			have.add("description", "description", text)
			have.add("parent", "parent", "")
		}
		c.j.record("term", fmt.Sprint(x.TermID), want, have)
	}
}

func (c *wpInGhost) users() {
	staff, members := map[string]map[string]string{}, map[string]map[string]string{}
	for _, r := range c.saw.staff {
		staff[strings.ToLower(r["email"])] = r
	}
	for _, r := range c.saw.members {
		members[strings.ToLower(r["email"])] = r
	}
	for _, u := range c.want.Users {
		email := strings.ToLower(u.Email)
		want := c.userFacts(u)
		switch {
		case staff[email] != nil:
			r := staff[email]
			c.j.record("user", fmt.Sprint(u.ID), want, staffFacts(u, r))
			if len(u.Roles) == 1 && u.Roles[0] == "subscriber" && r["status"] == "active" {
				c.t.Errorf("user/%d is a subscriber and became active staff (%s)", u.ID, r["role"])
			}
		case members[email] != nil:
			var l factList
			l.add("email", "email", members[email]["email"])
			l.add("name", "display_name", members[email]["name"])
			l.add("role", "roles", "Member")
			l.add("registered", "registered", members[email]["created_at"])
			l.add("website", "url", "")
			c.j.record("user", fmt.Sprint(u.ID), want, l)
		default:
			c.j.record("user", fmt.Sprint(u.ID), want, nil)
		}
	}
}

var ghostRole = map[string]string{"administrator": "Administrator", "editor": "Editor", "author": "Author", "contributor": "Contributor", "subscriber": "Member"}

func (c *wpInGhost) userFacts(u *wpUser) factList {
	var l factList
	l.add("email", "email", u.Email)
	l.add("name", "display_name", u.DisplayName)
	l.add("slug", "slug", u.Nicename)
	l.add("website", "url", plain(u.URL))
	l.add("bio", "bio", strings.Join(words(u.Description), " "))
	l.add("role", "roles", ghostRole[u.Roles[0]])
	l.add("registered", "registered", u.Registered)
	l.add("login", "login", u.Login)
	return l
}

func staffFacts(u *wpUser, r map[string]string) factList {
	var l factList
	l.add("email", "email", r["email"])
	l.add("name", "display_name", r["name"])
	l.add("slug", "slug", r["slug"])
	l.add("website", "url", plain(r["website"]))
	_, bio := seen(u.Description, r["bio"])
	l.add("bio", "bio", bio)
	l.add("role", "roles", r["role"])
	l.add("registered", "registered", r["created_at"])
	return l
}

// media are files: each must lie below one of the folders of uploads with the same bytes.
func (c *wpInGhost) media() {
	have := map[string]bool{}
	for _, folder := range []string{"images", "media", "files"} {
		dir := filepath.Join(filepath.Dir(c.g.images()), folder)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		for name, sum := range fileHashes(c.t, dir) {
			have[sum] = have[sum] || strings.HasPrefix(name, "file ")
		}
	}
	for _, m := range c.want.Media {
		sum := m.SHA256
		if !have[sum] {
			sum = absent
		}
		c.j.fact("media", fmt.Sprint(m.ID), fact{"file", "files", m.SHA256}, sum)
		for path, text := range map[string]string{"title": m.Title, "alt": m.Alt, "description": m.Content, "caption": m.Excerpt} {
			if text != "" {
				c.j.fact("media", fmt.Sprint(m.ID), fact{path, path, text}, absent)
			}
		}
	}
}

func (c *wpInGhost) judgeComments() {
	for _, x := range c.want.Comments {
		var want, have factList
		want.add("content", "content", strings.Join(words(x.Content), " "))
		want.add("created", "created", x.DateGMT)
		if x.Author != "" {
			want.add("author", "author_name", x.Author)
		}
		if r := c.saw.comments[c.comments[fmt.Sprint(x.ID)]]; r != nil {
			_, text := seen(x.Content, r["html"])
			have.add("content", "content", text)
			have.add("created", "created", r["created_at"])
			if r["status"] == "published" && x.Approved != "1" {
				c.t.Errorf("comment/%d is %q on the source and published on the target", x.ID, x.Approved)
			}
		}
		c.j.record("comment", fmt.Sprint(x.ID), want, have)
	}
}

// menus: Ghost has two flat lists.
func (c *wpInGhost) menus() {
	type line struct{ Label, URL string }
	got := map[string]bool{}
	for _, key := range []string{"navigation", "secondary_navigation"} {
		var lines []line
		if err := json.Unmarshal([]byte(c.saw.settings[key]), &lines); err != nil {
			c.t.Errorf("%s is no JSON: %v", key, err)
		}
		for _, l := range lines {
			got[l.Label] = true
		}
	}
	for _, m := range c.want.Menus {
		for i, it := range m.Items {
			label := plain(it.Title)
			have := absent
			if got[label] {
				have = label
			}
			c.j.fact("menu", fmt.Sprint(m.TermID), fact{fmt.Sprintf("item%d", i+1), "items.title", label}, have)
		}
	}
}

func (c *wpInGhost) options() {
	got := c.saw.settings
	for _, o := range c.want.Options {
		key := map[string]string{"blogname": "title", "blogdescription": "description", "timezone_string": "timezone"}[o.Name]
		if key != "" {
			c.j.fact("site", "site", fact{o.Name, optionPath[o.Name], plain(fmt.Sprint(o.Value))}, got[key])
		}
	}
	icon := got["icon"]
	if icon == "" {
		c.j.fact("site", "site", fact{"site_icon", "icon", "(an icon)"}, absent)
		return
	}
	c.iconIsThere(icon)
}

func (c *wpInGhost) iconIsThere(icon string) {
	// The API answers with the address of a smaller one.
	_, rel, _ := strings.Cut(strings.Replace(icon, "/size/w256h256/", "/", 1), "/content/images/")
	b, err := os.ReadFile(filepath.Join(c.g.images(), filepath.FromSlash(rel)))
	if err != nil {
		c.t.Errorf("the icon %s is not there: %v", icon, err)
		return
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(b))
	for _, o := range c.want.Options {
		for _, m := range c.want.Media {
			if o.Name == "site_icon" && fmt.Sprint(o.Value) == fmt.Sprint(m.ID) {
				c.j.fact("site", "site", fact{"site_icon", "icon", m.SHA256}, sum)
			}
		}
	}
}
