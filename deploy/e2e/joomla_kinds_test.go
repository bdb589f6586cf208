//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func (c *joomlaReading) site() {
	var meta joomlaRow
	raw, err := os.ReadFile(filepath.Join(fixtures, c.fixture, "truth", "meta.json"))
	if err == nil {
		err = json.Unmarshal(raw, &meta)
	}
	if err != nil {
		c.Fatal(err)
	}
	if inner, ok := meta["items"].(map[string]any); ok {
		meta = inner
	}
	st := c.r.records["site/site"].GetSite()
	for _, f := range [][3]string{{"sitename", "title", st.GetTitle()}, {"offset", "timezone", st.GetTimezone()}, {"default_lang", "language", st.GetLanguage()}} {
		c.j.fact("site", "site", fact{f[0], f[1], meta.word(f[0])}, f[2])
	}
	c.j.fact("site", "site", fact{"version", "version", meta.word("version")}, c.r.desc.GetPlatformVersion())
	for _, l := range joomlaTruth(c.T, c.fixture, "languages") {
		c.j.fact("site", "site", fact{"language " + l.word("lang_code"), "language", "true"}, fmt.Sprint(slices.Contains(c.r.desc.GetLocales(), l.word("lang_code"))))
	}
}

// term is what records of categories and tags say.
func (c *joomlaReading) term(rec *recordv1.Record) map[string]string {
	t := rec.GetTerm()
	id := func(r *recordv1.Ref) string { return strings.TrimPrefix(r.GetSourceId(), "tag:") }
	got := map[string]string{"id": id(rec.GetRef()), "title": t.GetName(), "alias": t.GetSlug(), "description": t.GetDescription().GetText(), "metadesc": t.GetSeo().GetDescription(),
		"language": joomlaLanguage(rec), "parent_id": "1", "level": "1", "path": t.GetSlug(), "tags": ""}
	got["extension"] = map[string]string{"category": "com_content"}[t.GetTaxonomy()]
	if got["extension"] == "" {
		got["extension"] = t.GetTaxonomy()
	}
	if t.GetParent() != nil {
		above := c.term(c.r.records["term/"+t.GetParent().GetSourceId()])
		got["parent_id"], got["path"], got["level"] = id(t.GetParent()), above["path"]+"/"+got["path"], fmt.Sprint(int(above["level"][0]-'0')+1)
	}
	for _, col := range strings.Fields("note params metakey metadata created_time modified_time created_by_alias images urls publish_up publish_down") {
		got[col] = joomlaField(rec.GetFields(), col, "")
	}
	for col, def := range map[string]string{"published": "1", "hits": "0", "version": "1", "created_user_id": "0", "modified_user_id": "0"} {
		got[col] = joomlaField(rec.GetFields(), col, def)
	}
	got["access"] = c.levels[joomlaField(rec.GetFields(), "access", "public")]
	return got
}

func (c *joomlaReading) categories() {
	for _, row := range joomlaTruth(c.T, c.fixture, "categories") {
		rec := c.r.records["term/"+row.word("id")]
		got := c.term(rec)
		row["associations"], got["associations"] = joomlaOthers(row["associations"], row.word("id")), joomlaOthers(c.group(rec), row.word("id"))
		c.custom(row, rec, got)
		c.compare("term", row.word("id"), row, got)
	}
}

func (c *joomlaReading) tags() {
	for _, row := range joomlaTruth(c.T, c.fixture, "tags") {
		c.compare("term", "tag:"+row.word("id"), row, c.term(c.r.records["term/tag:"+row.word("id")]))
	}
}

// joomlaRoles are the ids of Joomla's own groups.
var joomlaRoles = map[string]string{"public": "1", "subscriber": "2", "contributor": "3", "copy editor": "4", "editor": "5", "manager": "6", "site administrator": "7", "administrator": "8", "guest": "9"}

func (c *joomlaReading) users() {
	groups := map[string]string{}
	for _, g := range joomlaTruth(c.T, c.fixture, "user_groups") {
		groups[g.word("title")] = g.word("id")
	}
	for role, id := range joomlaRoles {
		groups[role] = id
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "users") {
		rec := c.r.records["user/"+row.word("id")]
		u := rec.GetUser()
		got := map[string]string{"id": rec.GetRef().GetSourceId(), "name": u.GetDisplayName(), "username": u.GetLogin(), "email": u.GetEmail(), "password": u.GetPassword().GetHash(),
			"block": joomlaFlag(u.GetDisabled()), "registerDate": joomlaTime(u.GetRegistered())}
		for col, def := range map[string]string{"sendEmail": "0", "lastvisitDate": "", "activation": "", "params": "", "requireReset": "0", "authProvider": ""} {
			got[col] = joomlaField(rec.GetFields(), col, def)
		}
		var ids, want []string
		for _, role := range u.GetRoles() {
			ids = append(ids, groups[role])
		}
		for _, g := range row["groups"].([]any) {
			want = append(want, joomlaWord(g))
		}
		slices.Sort(ids)
		slices.Sort(want)
		row["groups"], got["groups"] = strings.Join(want, " "), strings.Join(ids, " ")
		profile, _ := row["profile"].(map[string]any)
		delete(row, "profile")
		for key, v := range profile {
			row["profile."+key] = v
			got["profile."+key] = map[string]string{"website": u.GetUrl(), "aboutme": u.GetBio(), "city": u.GetLocation()}[key]
			for _, f := range rec.GetFields() {
				if f.GetName() == "profile."+key {
					got["profile."+key] = joomlaWord(joomlaValue(f.GetValue()))
				}
			}
		}
		c.custom(row, rec, got)
		c.compare("user", row.word("id"), row, got)
	}
}

func (c *joomlaReading) menus() {
	items := map[string]*recordv1.MenuItem{}
	menuOf := map[string]*recordv1.Menu{}
	for key, rec := range c.r.records {
		if strings.HasPrefix(key, "menu/") {
			for _, it := range rec.GetMenu().GetItems() {
				items[it.GetId()], menuOf[it.GetId()] = it, rec.GetMenu()
			}
		}
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "menutypes") {
		m := c.r.records["menu/"+row.word("id")].GetMenu()
		c.compare("menu", row.word("id"), joomlaRow{"id": row["id"], "menutype": row["menutype"], "title": row["title"], "description": row["description"]},
			map[string]string{"id": row.word("id"), "menutype": m.GetSlug(), "title": m.GetName(), "description": m.GetDescription()})
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "menu_items") {
		it := items[row.word("id")]
		got := map[string]string{"id": it.GetId(), "menutype": menuOf[it.GetId()].GetSlug(), "title": it.GetTitle(), "parent_id": it.GetParentId(), "client_id": "0", "link": it.GetUrl(),
			"level": "1", "path": joomlaField(it.GetFields(), "alias", "")}
		if it.GetTarget() != nil {
			_, raw, tagged := strings.Cut(it.GetTarget().GetSourceId(), ":")
			if !tagged {
				raw = it.GetTarget().GetSourceId()
			}
			got["link"] = strings.Replace(joomlaField(it.GetFields(), "link", ""), "{id}", raw, 1)
		}
		if joomlaField(it.GetFields(), "type", "") == "alias" {
			// It leads to what the item leads to that it stands for.
			params, _ := row["params"].(map[string]any)
			other := items[fmt.Sprint(params["aliasoptions"])]
			if got["link"] = "index.php?Itemid="; other == nil || !proto.Equal(it.GetTarget(), other.GetTarget()) || it.GetUrl() != other.GetUrl() {
				got["link"] = "what no item leads to"
			}
		}
		if it.GetParentId() == "" {
			got["parent_id"] = "1"
		}
		for above := items[it.GetParentId()]; above != nil; above = items[above.GetParentId()] {
			got["path"] = joomlaField(above.GetFields(), "alias", "") + "/" + got["path"]
			got["level"] = fmt.Sprint(int(got["level"][0]-'0') + 1)
		}
		for col, def := range map[string]string{"alias": "", "note": "", "type": "", "published": "1", "params": "", "home": "0", "browserNav": "0", "language": "*", "publish_up": "", "publish_down": ""} {
			got[col] = joomlaField(it.GetFields(), col, def)
		}
		got["access"] = c.levels[joomlaField(it.GetFields(), "access", "public")]
		joomlaParams(row, got)
		delete(row, "associations") // compared as groups below
		c.compare("menu", row.word("id"), row, got)
	}
}

// joomlaParams: the API puts what stands in the link into the parameters as well.
func joomlaParams(row joomlaRow, got map[string]string) {
	_, query, _ := strings.Cut(row.word("link"), "?")
	q, _ := url.ParseQuery(query)
	params, _ := row["params"].(map[string]any)
	for key := range q {
		key, _, _ = strings.Cut(key, "[")
		delete(params, key)
	}
	delete(row, "request")
}

func (c *joomlaReading) modules() {
	for _, row := range joomlaTruth(c.T, c.fixture, "modules") {
		if row.word("module") != "mod_custom" {
			c.compare("module", row.word("id"), row, nil)
			continue
		}
		rec := c.r.records["entry/module:"+row.word("id")]
		got := c.entry(rec)
		got["content"], got["module"], got["client_id"], got["showtitle"] = rec.GetEntry().GetContent().GetText(), rec.GetEntry().GetType(), "0", joomlaFlag(!rec.GetEntry().GetHideTitleAndImage())
		got["assigned"], row["assigned"] = joomlaSet(c.assigned(rec)), joomlaSet(row["assigned"])
		delete(row, "assignment") // said by assigned
		c.compare("entry", "module:"+row.word("id"), row, got)
	}
}

func (c *joomlaReading) contacts() {
	for _, row := range joomlaTruth(c.T, c.fixture, "contacts") {
		rec := c.r.records["entry/contact:"+row.word("id")]
		got := c.entry(rec)
		e := rec.GetEntry()
		got["name"], got["misc"], got["image"], got["state"] = e.GetTitle(), e.GetContent().GetText(), e.GetImage().GetMedia().GetSourceId(), joomlaField(rec.GetFields(), "state", "")
		row["image"], _, _ = strings.Cut(row.word("image"), "#")
		row["tags"] = joomlaSet(row["tags"])
		row["associations"], got["associations"] = joomlaOthers(row["associations"], row.word("id")), joomlaOthers(c.group(rec), "contact:"+row.word("id"))
		c.custom(row, rec, got)
		c.compare("entry", "contact:"+row.word("id"), row, got)
	}
}

func (c *joomlaReading) redirects() {
	for _, row := range joomlaTruth(c.T, c.fixture, "redirects") {
		rec := c.r.records["redirect/"+row.word("id")]
		d := rec.GetRedirect()
		got := map[string]string{"id": row.word("id"), "old_url": joomlaBase + d.GetFromPath(), "new_url": d.GetToUrl(), "published": joomlaFlag(!d.GetDisabled()), "header": fmt.Sprint(d.GetCode())}
		if d.GetTo() != nil {
			got["new_url"] = "index.php?option=com_content&view=article&id=" + d.GetTo().GetSourceId()
		}
		for col, def := range map[string]string{"referer": "", "comment": "", "hits": "0", "created_date": "", "modified_date": ""} {
			got[col] = joomlaField(rec.GetFields(), col, def)
		}
		c.compare("redirect", row.word("id"), row, got)
	}
}

func (c *joomlaReading) files() {
	for _, row := range joomlaTruth(c.T, c.fixture, "files") {
		got := map[string]string{}
		if m := c.r.records["media/"+row.word("path")].GetMedia(); m != nil {
			f := m.GetFiles()[0]
			got = map[string]string{"path": f.GetPath(), "size": fmt.Sprint(f.GetBytes()), "sha256": c.r.sha256Of(c.T, f.GetId())}
		}
		kind := "media"
		if name := path.Base(row.word("path")); name == ".htaccess" || name == "index.html" {
			kind = "guard"
		}
		c.compare(kind, row.word("path"), row, got)
	}
}

func (c *joomlaReading) versions() {
	for _, row := range joomlaTruth(c.T, c.fixture, "article_versions") {
		rec := c.r.records["entry/revision:"+row.word("version_id")]
		e := rec.GetEntry()
		got := map[string]string{"item": e.GetParent().GetSourceId(), "version_id": row.word("version_id"), "item_id": "com_content.article." + e.GetParent().GetSourceId(),
			"save_date": joomlaTime(e.GetModified()), "editor_user_id": joomlaFirst(e.GetAuthors())}
		for col, def := range map[string]string{"version_note": "", "character_count": "0", "sha1_hash": "", "keep_forever": "0"} {
			got[col] = joomlaField(rec.GetFields(), col, def)
		}
		for _, f := range rec.GetFields() {
			if f.GetName() == "_joomla_version_data" {
				data, _ := joomlaValue(f.GetValue()).(map[string]any)
				data["title"], data["alias"] = e.GetTitle(), e.GetSlug()
				data["introtext"], data["fulltext"], _ = strings.Cut(e.GetContent().GetText(), `<hr id="system-readmore" />`)
				got["version_data"] = joomlaWord(data)
			}
		}
		delete(row, "ucm_type_id") // a number of one installation
		c.compare("revision", row.word("version_id"), row, got)
	}
}

// rendered: the address at which the real Joomla showed an article is among those told, and what it showed nobody is not
// public in its record.
func (c *joomlaReading) rendered() {
	for _, row := range joomlaTruth(c.T, c.fixture, "rendered_articles") {
		id := row.word("id")
		rec := c.r.records["entry/"+id]
		e := rec.GetEntry()
		public := e.GetVisibility() == recordv1.Visibility_VISIBILITY_PUBLIC && (e.GetStatus() == recordv1.Status_STATUS_PUBLISHED || e.GetStatus() == recordv1.Status_STATUS_ARCHIVED)
		switch {
		case row.word("status") == "200":
			c.j.fact("entry", id, fact{"url", "url", row.word("url")}, joomlaOne(row.word("url"), c.r.paths["entry/"+id]))
			c.j.fact("entry", id, fact{"shown", "status", "true"}, fmt.Sprint(public))
		case joomlaLanguage(rec) == "*" || joomlaLanguage(rec) == "en-GB":
			c.j.fact("entry", id, fact{"shown", "status", "false"}, fmt.Sprint(public))
		}
	}
}

// findings: what is not moved is told, with its number.
func (c *joomlaReading) findings() {
	told := map[string]string{}
	for _, f := range c.r.desc.GetFindings() {
		told[f.GetCode()] = fmt.Sprint(f.GetCount())
	}
	for name, code := range map[string]string{"newsfeeds": "newsfeeds_not_moved", "banners": "banners_not_moved", "banner_clients": "banner_clients_not_moved", "user_notes": "user_notes_not_moved"} {
		rows := joomlaTruth(c.T, c.fixture, name)
		c.j.fact("site", "site", fact{code, "findings", fmt.Sprint(len(rows))}, told[code])
		kind := strings.TrimSuffix(name, "s")
		for _, row := range rows {
			c.compare(kind, row.word("id"), row, nil)
		}
	}
}

// definitions are those of custom fields and their groups, which the site's record has.
func (c *joomlaReading) definitions() {
	names, groups := map[string]string{}, map[string]string{}
	for _, row := range joomlaTruth(c.T, c.fixture, "fields") {
		names[row.word("name")] = row.word("id")
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "field_groups") {
		groups[row.word("title")] = row.word("id")
		c.compare("definition", "group:"+row.word("id"), row, c.defined("field_groups", row.word("context")+"/"+row.word("title")))
	}
	for _, row := range joomlaTruth(c.T, c.fixture, "fields") {
		got := c.defined("fields", row.word("context")+"/"+row.word("name"))
		if got["group_id"] = groups[got["group"]]; got["group_id"] == "" {
			got["group_id"] = "0"
		}
		if got["assigned_cat_ids"] = got["categories"]; got["categories"] == "" {
			// All of them.
			got["assigned_cat_ids"] = joomlaWord([]any{float64(0)})
		}
		for name, id := range names {
			got["fieldparams"] = strings.ReplaceAll(got["fieldparams"], `"customfield":"`+name+`"`, `"customfield":"`+id+`"`)
		}
		c.compare("definition", row.word("id"), row, got)
	}
}

// defined is a definition of the site's record by its key; what is left out holds its default.
func (c *joomlaReading) defined(field, key string) map[string]string {
	got := map[string]string{"label": "", "default_value": "", "note": "", "description": "", "state": "1", "required": "0", "only_use_in_subform": "0", "ordering": "0",
		"language": "*", "access": "1", "params": joomlaWord(map[string]any{}), "fieldparams": joomlaWord(map[string]any{})}
	for _, f := range c.r.records["site/site"].GetFields() {
		if f.GetName() != "_joomla_"+field {
			continue
		}
		all, _ := joomlaValue(f.GetValue()).(map[string]any)
		def, _ := all[key].(map[string]any)
		for k, v := range def {
			got[k] = joomlaWord(v)
		}
	}
	return got
}

// assigned are the numbers of the items on whose pages a module is, as Joomla has them: 0 for all, negative for all but this.
func (c *joomlaReading) assigned(module *recordv1.Record) []any {
	var all []any
	if joomlaField(module.GetFields(), "pages", "") == `["0"]` {
		all = append(all, "0")
	}
	for _, rec := range c.r.records {
		for _, it := range rec.GetMenu().GetItems() {
			for _, f := range it.GetFields() {
				sign, ok := map[string]string{"_joomla_modules": "", "_joomla_modules_not_here": "-"}[f.GetName()]
				for _, p := range f.GetValue().GetArray().GetPairs() {
					if ok && p.GetValue().GetRef().GetSourceId() == module.GetRef().GetSourceId() {
						all = append(all, sign+it.GetId())
					}
				}
			}
		}
	}
	return all
}
