//go:build accept

package e2e

import (
	"encoding/json"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// modxDeclared is what the driver says that it does not carry, by kind and field path, with the reason.
var modxDeclared = map[string][]string{
	"entry": {
		"privateweb", "privatemgr", // follow from the resource's groups
	},
	"user": {
		"salt",                                           // means nothing beside a bcrypt hash
		"logincount", "lastlogin", "thislogin", "failed", // what was done on the old site
	},
	"site": {
		"mgr",             // the manager's own context
		"rank",            // of the context web
		"system_settings", // settings of the manager, and of this version
	},
	"element": {"*"}, // code and definitions: told as findings, see the counts
}

// Every fact of the truth files is read as it is, or is declared.
func TestReadMODX(t *testing.T) {
	s := newMODX(t, "modx-dev", "mdx_")
	before := checksums(t, s.db.DB)
	r := readAll(t, s.serve(t, "source"))
	for _, u := range r.unread {
		t.Errorf("not read: %v", u)
	}
	j := r.readingJudge(t, "read modx-dev", modxDeclared)
	resources := modxTruth(t, "resources")
	m := newModxResource(t, resources)
	for _, o := range resources {
		if u, err := url.PathUnescape(firstOf(r.paths["entry/"+o.word("id")])); err == nil && len(r.paths["entry/"+o.word("id")]) > 0 {
			r.paths["entry/"+o.word("id")][0] = u
		}
		j.record("entry", o.word("id"), m.want(o), m.got(r, r.records["entry/"+o.word("id")], o))
	}
	modxUsers(t, r, j)
	modxFiles(t, r, j)
	modxSettings(t, r, j)
	modxElements(t, r, j)
	modxGroups(t, s, r)
	for table, sum := range checksums(t, s.db.DB) {
		if before[table] != sum {
			t.Errorf("reading changed the table %s", table)
		}
	}
}

func modxUsers(t *testing.T, r *readSite, j *judge) {
	for _, o := range modxTruth(t, "users") {
		rec := r.records["user/"+o.word("id")]
		profile := truthItem(o["profile"].(map[string]any))
		var want, got factList
		u := rec.GetUser()
		add := func(field, path, w, g string) { want.add(field, path, w); got.add(field, path, g) }
		add("username", "login", o.word("username"), u.GetLogin())
		hash := o.word("password")
		if strings.HasSuffix(o.word("hash_class"), "PBKDF2") {
			hash = o.word("salt") + "$" + hash
		}
		scheme := map[string]string{"hashing.modNative": "bcrypt", "hashing.modPBKDF2": "modx-pbkdf2", "hashing.modMD5": "md5"}[o.word("hash_class")]
		add("password", "password", scheme+" "+hash, u.GetPassword().GetScheme()+" "+u.GetPassword().GetHash())
		blocked := ownField(rec, "modx_blocked", "0")
		add("active", "disabled", o.word("active"), flagOf(!u.GetDisabled() || blocked == "1" && ownField(rec, "modx_inactive", "0") == "0"))
		add("blocked", "disabled", profile.word("blocked"), blocked)
		add("sudo", "fields.modx_sudo", o.word("sudo"), ownField(rec, "modx_sudo", "0"))
		add("salt", "salt", o.word("salt"), "")
		add("fullname", "display_name", profile.word("fullname"), u.GetDisplayName())
		add("email", "email", profile.word("email"), u.GetEmail())
		add("website", "url", profile.word("website"), u.GetUrl())
		add("comment", "remark", profile.word("comment"), u.GetRemark())
		add("photo", "avatar", profile.word("photo"), u.GetAvatar().GetUrl())
		for _, c := range strings.Fields("phone mobilephone fax address city state zip country") {
			add(c, "fields."+c, profile.word(c), ownField(rec, c, ""))
		}
		for _, c := range strings.Fields("dob gender blockeduntil blockedafter") {
			add(c, "fields."+c, profile.word(c), ownField(rec, c, "0"))
		}
		extended, _ := profile["extended"].(map[string]any)
		for k, v := range extended {
			add("extended."+k, "fields."+k, truthItem{"v": v}.word("v"), ownField(rec, k, ""))
		}
		settings := o.word("settings")
		add("settings", "fields.modx_settings", strings.Trim(settings, "[]"), strings.Trim(ownField(rec, "modx_settings", ""), "[]"))
		modxMemberships(o, rec, add)
		j.record("user", o.word("id"), want, got)
	}
}

func flagOf(b bool) string { return map[bool]string{true: "1", false: "0"}[b] }

func modxMemberships(o truthItem, rec *recordv1.Record, add func(field, path, want, got string)) {
	roles := map[string]string{}
	_ = json.Unmarshal([]byte(ownField(rec, "modx_groups", "{}")), &roles)
	var want, got []string
	for _, g := range o["groups"].([]any) {
		g := truthItem(g.(map[string]any))
		want = append(want, g.word("group")+"="+g.word("role"))
	}
	for _, role := range rec.GetUser().GetRoles() {
		group, is := role, "Member"
		if role == "administrator" {
			group, is = "Administrator", "Super User"
		}
		if roles[group] != "" {
			is = roles[group]
		}
		got = append(got, group+"="+is)
	}
	sort.Strings(want)
	sort.Strings(got)
	add("groups", "roles", strings.Join(want, ", "), strings.Join(got, ", "))
}

func modxFiles(t *testing.T, r *readSite, j *judge) {
	for _, o := range modxTruth(t, "files") {
		m := r.records["media/"+o.word("path")].GetMedia()
		var want, got factList
		want.add("path", "files", o.word("path"))
		want.add("size", "files", o.word("size"))
		want.add("sha256", "files", o.word("sha256"))
		if m != nil {
			f := m.GetFiles()[0]
			got.add("path", "files", f.GetPath())
			got.add("size", "files", strconv.FormatUint(f.GetBytes(), 10))
			got.add("sha256", "files", r.sha256Of(t, f.GetId()))
		}
		j.record("media", o.word("path"), want, got)
	}
}

func modxSettings(t *testing.T, r *readSite, j *judge) {
	rec := r.records["site/site"]
	st := rec.GetSite()
	held := map[string]string{"site_name": st.GetTitle(), "cultureKey": st.GetLanguage(), "site_start": st.GetFrontPage().GetSourceId()}
	for _, o := range modxTruth(t, "system_settings") {
		key := o.word("key")
		path, got := "system_settings", ""
		switch v := ownField(rec, "modx_"+key, absent); {
		case held[key] != "":
			path, got = "title", held[key]
		case v != absent:
			path, got = "fields.modx_"+key, v
		}
		j.fact("site", key, fact{key, path, o.word("value")}, got)
	}
	contexts := []truthItem{}
	_ = json.Unmarshal([]byte(ownField(rec, "modx_contexts", "[]")), &contexts)
	byKey := map[string]truthItem{"web": {"key": "web", "name": r.records["menu/web"].GetMenu().GetName(), "description": r.records["menu/web"].GetMenu().GetDescription(),
		"settings": map[string]any{"cultureKey": st.GetLanguage()}}}
	for _, c := range contexts {
		byKey[c.word("key")] = c
	}
	for _, o := range modxTruth(t, "contexts") {
		c := byKey[o.word("key")]
		path := "fields.modx_contexts"
		if o.word("key") == "mgr" {
			path = "mgr"
		}
		settings, _ := o["settings"].(map[string]any)
		delete(settings, "site_url") // an address of the site's own is never moved
		for _, f := range []string{"key", "name", "description", "settings"} {
			j.fact("site", o.word("key"), fact{f, path, o.word(f)}, c.word(f))
		}
		if o.word("key") == "web" {
			path = "rank"
		}
		j.fact("site", o.word("key"), fact{"rank", path, o.word("rank")}, c.word("rank"))
	}
}

// modxElements: what is told by findings must be told with the right count; the rest of the definitions is declared.
func modxElements(t *testing.T, r *readSite, j *judge) {
	told := map[string]uint64{}
	for _, f := range r.desc.GetFindings() {
		told[f.GetCode()] += f.GetCount()
	}
	for _, name := range []string{"templates", "chunks", "snippets", "plugins", "property_sets"} {
		items := modxTruth(t, name)
		if told[name] != uint64(len(items)) {
			t.Errorf("%s: %d, and the findings tell %d", name, len(items), told[name])
		}
	}
	for _, name := range []string{"templates", "chunks", "snippets", "plugins", "property_sets", "plugin_events", "categories", "content_types",
		"media_sources", "media_source_elements", "namespaces", "access_policies", "user_groups", "user_roles", "resource_groups"} {
		for i, o := range modxTruth(t, name) {
			j.fact("element", name+strconv.Itoa(i), fact{name, name, o.word("id") + o.word("name")}, absent)
		}
	}
	modxVariables(r, j, modxTruth(t, "template_vars"), modxTruth(t, "tv_templates"))
	if told["chunk_called"] == 0 || told["snippet_called"] == 0 {
		t.Error("the findings tell of no calls")
	}
}

// modxVariables: definitions travel with the site's record, but for choices that are computed.
func modxVariables(r *readSite, j *judge, vars, ties []truthItem) {
	defs := map[string]truthItem{}
	_ = json.Unmarshal([]byte(ownField(r.records["site/site"], "modx_variables", "{}")), &defs)
	count := map[string]int{}
	for _, o := range ties {
		count[o.word("tmplvarid")]++
	}
	for _, o := range vars {
		def := defs[o.word("name")]
		for _, c := range []string{"type", "caption", "description", "elements", "display", "default_text", "rank"} {
			j.fact("site", "site", fact{c, "fields.modx_variables", o.word(c)}, def.word(c))
		}
		for _, c := range []string{"input_properties", "output_properties"} {
			got := def.word(c)
			if got == "" {
				got = "[]"
			}
			j.fact("site", "site", fact{c, "fields.modx_variables", o.word(c)}, got)
		}
		templates, _ := def["templates"].([]any)
		j.fact("site", "site", fact{"templates", "fields.modx_variables", strconv.Itoa(count[o.word("id")])}, strconv.Itoa(len(templates)))
	}
}

// The truth lists every resource group for every resource; the database knows better.
func modxGroups(t *testing.T, s *modxSite, r *readSite) {
	rows, err := s.db.DB.Query("SELECT document FROM mdx_document_groups")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		rec := r.records["entry/"+id]
		if got := ownField(rec, "modx_resource_groups", ""); got != `["Private recipes"]` || rec.GetEntry().GetVisibility() != recordv1.Visibility_VISIBILITY_MEMBERS {
			t.Errorf("resource %s: groups %s, visibility %v", id, got, rec.GetEntry().GetVisibility())
		}
		n++
	}
	for _, rec := range r.records {
		if rec.GetEntry().GetVisibility() == recordv1.Visibility_VISIBILITY_MEMBERS {
			n--
		}
	}
	if err := rows.Err(); err != nil || n != 0 {
		t.Errorf("%d resources too few are closed to visitors (%v)", n, err)
	}
}
