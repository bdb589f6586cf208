//go:build accept

package e2e

import (
	"slices"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// drupal7Declared is what the driver says that it does not carry, by kind and field path.
var drupal7Declared = map[string][]string{
	"entry":   {"alias_of_list"},              // an alias of a page that is no record
	"user":    {"access", "login", "init"},    // what was done on the old site
	"site":    {"site_mail", "theme_default"}, // settings of the old system
	"comment": {"thread"},                     // follows from parent and time
}

// Every fact of the truth files of Drupal 7 is read as it is, or is declared.
func TestReadDrupal7(t *testing.T) {
	for _, fixture := range []string{"d7-dev", "d7-pg", "d7-sqlite"} {
		t.Run(fixture, func(t *testing.T) {
			s := newDrupal(t, fixture)
			r := readAll(t, s.serve(t, "source"))
			for _, u := range r.unread {
				t.Errorf("not read: %v", u)
			}
			j := r.readingJudge(t, "read "+fixture, drupal7Declared)
			d := &drupal7{r: r, j: j, fixture: fixture}
			d.nodes(t)
			d.revisions(t)
			d.terms(t)
			d.users(t)
			d.comments(t)
			d.files(t)
			d.menus(t)
			d.aliases(t)
			d.site(t)
		})
	}
}

type drupal7 struct {
	r       *readSite
	j       *judge
	ids     drupalIDs
	fixture string
}

// row are the values of a field in the only language that it has.
func row7(o drupalThing, name string) any {
	for _, list := range asMap(o[name]) {
		return list
	}
	return nil
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

// fields7 are the names of the fields of a thing.
func (d *drupal7) names(o drupalThing) []string {
	var all []string
	for name, v := range o {
		if list, empty := v.([]any); strings.HasPrefix(name, "field_") && (asMap(v) != nil || empty && len(list) == 0) || name == "taxonomy_forums" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func (d *drupal7) custom(p *twins, o drupalThing, rec *recordv1.Record) {
	var terms []string
	for _, name := range d.names(o) {
		rows := row7(o, name)
		if firstRow(rows)["tid"] != nil && rec.GetEntry() != nil {
			list, _ := rows.([]any)
			for _, r := range list {
				terms = append(terms, phpWord(r.(map[string]any)["tid"]))
			}
			continue
		}
		got := d.ids.asRows(customOf(rec, name), "value", "tid")
		if name == "field_image" && got == "" && rec.GetEntry().GetImage() != nil {
			img := firstRow(rows)
			// Pixels are the file's own.
			got = strings.TrimSpace("fid=" + rec.GetEntry().GetImage().GetMedia().GetSourceId() + altOf(rec.GetEntry().GetImage().GetAlt()) + " width=" + phpWord(img["width"]) + " height=" + phpWord(img["height"]))
		}
		p.add(name, "fields."+name, rowsOf(rows), got)
	}
	if rec.GetEntry() != nil {
		p.add("terms", "terms", strings.Join(terms, " "), refIDs(rec.GetEntry().GetTerms()))
	}
}

func altOf(alt string) string {
	if alt == "" {
		return ""
	}
	return " alt=" + alt
}

func (d *drupal7) entry(o drupalThing, rec *recordv1.Record) *twins {
	p, e := &twins{}, rec.GetEntry()
	body := firstRow(row7(o, "body"))
	p.add("title", "title", o.word("title"), e.GetTitle())
	p.add("status", "status", o.word("status"), oneIf(e.GetStatus() == recordv1.Status_STATUS_PUBLISHED))
	p.add("created", "created", o.word("created"), secondsOf(e.GetCreated()))
	p.add("sticky", "featured", o.word("sticky"), oneIf(e.GetFeatured()))
	p.add("promote", "fields.promote", o.word("promote"), orZero(d.ids.custom(rec, "promote")))
	p.add("log", "fields.revision_log", o.word("log"), d.ids.custom(rec, "revision_log"))
	p.add("language", "locale", strings.TrimSuffix(o.word("language"), "und"), rec.GetLocale())
	p.add("comment", "comments", oneIf(o.word("comment") == "2"), oneIf(e.GetComments() == "open"))
	p.add("body", "content.text", phpWord(body["value"]), e.GetContent().GetText())
	p.add("summary", "excerpt", phpWord(body["summary"]), e.GetExcerpt())
	p.add("format", "fields.body.format", phpWord(body["format"]), d.ids.custom(rec, "body.format"))
	d.custom(p, o, rec)
	return p
}

func (d *drupal7) nodes(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "node") {
		key := "entry/" + o.word("nid")
		rec := d.r.records[key]
		p, e := d.entry(o, rec), rec.GetEntry()
		p.add("type", "type", o.word("type"), e.GetType())
		p.add("uid", "authors", o.word("uid"), orZero(refIDs(e.GetAuthors())))
		p.add("changed", "modified", o.word("changed"), secondsOf(e.GetModified()))
		p.add("tnid", "translation_group", o.word("tnid"), orZero(strings.TrimPrefix(rec.GetTranslationGroup(), "node:")))
		if alias := o.word("_alias"); alias != "" {
			p.add("alias", "slug", "1", d.r.reachable(key, "/"+alias))
			p.add("slug", "slug", alias[strings.LastIndexByte(alias, '/')+1:], e.GetSlug())
		}
		if b := asMap(o["book"]); b != nil {
			p.add("book", "fields.book", phpWord(b["bid"]), strings.TrimPrefix(d.ids.custom(rec, "book"), "bid:"))
			p.add("weight", "position", phpWord(b["weight"]), printed(e.GetPosition()))
			p.add("plid", "parent", oneIf(phpWord(b["plid"]) != "0"), oneIf(e.GetParent() != nil))
		}
		if o["choice"] != nil {
			var want []string
			for _, k := range sortedNames(asMap(o["choice"])) {
				c := asMap(asMap(o["choice"])[k])
				want = append(want, phpWord(c["chtext"])+"="+phpWord(c["chvotes"]))
			}
			p.add("poll", "fields.poll", strings.Join(want, " "), pollOf(customOf(rec, "poll"), d.ids))
		}
		d.j.record("entry", o.word("nid"), p.want, p.got)
	}
}

func sortedNames(m map[string]any) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) })
	return all
}

func pollOf(v *recordv1.Value, ids drupalIDs) string {
	var all []string
	for _, p := range v.GetArray().GetPairs() {
		for _, c := range p.GetValue().GetArray().GetPairs() {
			pairs := c.GetValue().GetArray().GetPairs()
			all = append(all, ids.text(pairs[0].GetValue())+"="+ids.text(pairs[1].GetValue()))
		}
	}
	return strings.Join(all, " ")
}

// revisions are read when asked for, the current ones as the nodes themselves.
func (d *drupal7) revisions(t *testing.T) {
	records := d.r.revisions(t)
	for _, o := range drupalTruth(t, d.fixture, "node_revision") {
		if o["_current"] == true {
			continue
		}
		rec := records["rev:"+o.word("vid")]
		p, e := d.entry(o, rec), rec.GetEntry()
		p.add("nid", "parent", o.word("nid"), e.GetParent().GetSourceId())
		p.add("revision_timestamp", "modified", o.word("revision_timestamp"), secondsOf(e.GetModified()))
		p.add("revision_uid", "authors", o.word("revision_uid"), orZero(refIDs(e.GetAuthors())))
		d.j.record("revision", o.word("vid"), p.want, p.got)
	}
}

func (d *drupal7) terms(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "taxonomy_term") {
		key := "term/" + o.word("tid")
		rec := d.r.records[key]
		p, term := &twins{}, rec.GetTerm()
		p.add("name", "name", o.word("name"), term.GetName())
		vocabulary := o.word("vocabulary_machine_name")
		if vocabulary == "tags" {
			vocabulary = "tag"
		}
		p.add("vocabulary", "taxonomy", vocabulary, term.GetTaxonomy())
		p.add("weight", "position", o.word("weight"), printed(term.GetPosition()))
		p.add("description", "description", o.word("description"), term.GetDescription().GetText())
		if o.word("description") != "" {
			p.add("format", "fields.description.format", o.word("format"), d.ids.custom(rec, "description.format"))
		}
		var parents []string
		list, _ := o["_parents"].([]any)
		for _, id := range list {
			parents = append(parents, phpWord(id))
		}
		p.add("parents", "parent", strings.Join(parents, " "), term.GetParent().GetSourceId())
		if alias := o.word("_alias"); alias != "" {
			p.add("alias", "slug", "1", d.r.reachable(key, "/"+alias))
		}
		d.custom(p, o, rec)
		d.j.record("term", o.word("tid"), p.want, p.got)
	}
}

func (d *drupal7) users(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "user") {
		if o.word("uid") == "0" {
			continue // stands for visitors without an account
		}
		key := "user/" + o.word("uid")
		rec := d.r.records[key]
		p, u := &twins{}, rec.GetUser()
		p.add("name", "login", o.word("name"), u.GetLogin())
		p.add("mail", "email", o.word("mail"), u.GetEmail())
		p.add("pass", "password", o.word("pass"), u.GetPassword().GetHash())
		p.add("created", "registered", o.word("created"), secondsOf(u.GetRegistered()))
		p.add("status", "disabled", o.word("status"), oneIf(!u.GetDisabled()))
		p.add("timezone", "fields.timezone", o.word("timezone"), d.ids.custom(rec, "timezone"))
		p.add("signature", "fields.signature", o.word("signature"), d.ids.custom(rec, "signature"))
		p.add("language", "locale", o.word("language"), u.GetLocale())
		p.add("picture", "avatar", phpWord(asMap(o["picture"])["fid"]), u.GetAvatar().GetMedia().GetSourceId())
		var roles []string
		for id, name := range asMap(o["roles"]) {
			if id != "1" && id != "2" {
				roles = append(roles, phpWord(name))
			}
		}
		p.add("roles", "roles", inOrder(roles), inOrder(u.GetRoles()))
		for _, field := range []string{"access", "login", "init"} {
			p.add(field, field, o.word(field), "")
		}
		p.add("alias", "slug", "1", d.r.reachable(key, "/"+o.word("_alias")))
		d.custom(p, o, rec)
		d.j.record("user", o.word("uid"), p.want, p.got)
	}
}

func (d *drupal7) comments(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "comment") {
		rec := d.r.records["comment/"+o.word("cid")]
		p, c := &twins{}, rec.GetComment()
		body := firstRow(row7(o, "comment_body"))
		p.add("pid", "parent", o.word("pid"), orZero(c.GetParent().GetSourceId()))
		p.add("nid", "entry", o.word("nid"), c.GetEntry().GetSourceId())
		p.add("uid", "user", o.word("uid"), orZero(c.GetUser().GetSourceId()))
		p.add("subject", "fields.subject", o.word("subject"), d.ids.custom(rec, "subject"))
		p.add("name", "author_name", o.word("name"), c.GetAuthorName())
		p.add("mail", "author_email", o.word("mail"), c.GetAuthorEmail())
		p.add("homepage", "author_url", o.word("homepage"), c.GetAuthorUrl())
		p.add("hostname", "author_ip", o.word("hostname"), c.GetAuthorIp())
		p.add("created", "created", o.word("created"), secondsOf(c.GetCreated()))
		p.add("changed", "modified", o.word("changed"), secondsOf(c.GetModified()))
		p.add("status", "status", o.word("status"), oneIf(c.GetStatus() == recordv1.CommentStatus_COMMENT_STATUS_APPROVED))
		p.add("language", "locale", strings.TrimSuffix(o.word("language"), "und"), rec.GetLocale())
		p.add("body", "content.text", phpWord(body["value"]), c.GetContent().GetText())
		p.add("format", "fields.comment_body.format", phpWord(body["format"]), d.ids.custom(rec, "comment_body.format"))
		p.add("thread", "thread", o.word("thread"), "")
		d.custom(p, o, rec)
		d.j.record("comment", o.word("cid"), p.want, p.got)
	}
}

func (d *drupal7) files(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "file") {
		key := "media/" + o.word("fid")
		rec := d.r.records[key]
		p, m := &twins{}, rec.GetMedia()
		p.add("filename", "title", o.word("filename"), m.GetTitle())
		p.add("filemime", "mime", o.word("filemime"), m.GetMime())
		p.add("uid", "author", o.word("uid"), orZero(m.GetAuthor().GetSourceId()))
		p.add("timestamp", "created", o.word("timestamp"), secondsOf(m.GetCreated()))
		status := map[string]string{"temporary": "0"}[m.GetStatus()]
		p.add("status", "status", o.word("status"), map[bool]string{true: "1", false: "0"}[status == ""])
		p.add("scheme", "visibility", oneIf(strings.HasPrefix(o.word("uri"), "private:")), oneIf(m.GetVisibility() == recordv1.Visibility_VISIBILITY_MEMBERS))
		file := &recordv1.File{}
		if len(m.GetFiles()) > 0 {
			file = m.GetFiles()[0]
		}
		_, at, _ := strings.Cut(o.word("uri"), "://")
		p.add("uri", "files.path", at, strings.TrimPrefix(file.GetPath(), "private/"))
		p.add("exists", "files.missing", oneIf(o["_exists"] == true), oneIf(!file.GetMissing()))
		if o["_exists"] == true {
			p.add("sha256", "files", o.word("_sha256"), d.r.sha256Of(t, file.GetId()))
		}
		p.add("url", "paths", "1", oneIf(slices.ContainsFunc(d.r.paths[key], func(x string) bool { return strings.HasSuffix(o.word("_url"), x) })))
		d.j.record("media", o.word("fid"), p.want, p.got)
	}
}

func (d *drupal7) menus(t *testing.T) {
	for _, o := range drupalTruth(t, d.fixture, "menu") {
		rec := d.r.records["menu/"+o.word("menu_name")]
		items := map[string]*recordv1.MenuItem{}
		for _, it := range rec.GetMenu().GetItems() {
			items[it.GetId()] = it
		}
		list, _ := o["links"].([]any)
		p := &twins{}
		p.add("title", "name", o.word("title"), rec.GetMenu().GetName())
		p.add("links", "items", printed(len(list)), printed(len(items)))
		for _, l := range list {
			d.link(p, drupalThing(l.(map[string]any)), items)
		}
		d.j.record("menu", o.word("menu_name"), p.want, p.got)
	}
}

func (d *drupal7) link(p *twins, l drupalThing, items map[string]*recordv1.MenuItem) {
	id := l.word("mlid")
	it := items[id]
	options := asMap(l["options"])
	attributes := asMap(options["attributes"])
	p.add(id+".title", "items.title", l.word("link_title"), it.GetTitle())
	p.add(id+".hidden", "items.hidden", l.word("hidden"), oneIf(it.GetHidden()))
	p.add(id+".expanded", "items.fields", l.word("expanded"), oneIf(len(it.GetFields()) > 0 && it.GetFields()[0].GetName() == "expanded"))
	p.add(id+".tip", "items.title_attr", phpWord(attributes["title"]), it.GetTitleAttr())
	p.add(id+".target", "items.window", phpWord(attributes["target"]), it.GetWindow())
	parent := l.word("plid")
	if items[parent] == nil && parent != "0" {
		// The link above is a module's: told as a note.
		p.add(id+".plid", "items", parent, it.GetParentId())
	} else {
		p.add(id+".plid", "items.parent_id", parent, orZero(it.GetParentId()))
	}
	path := l.word("link_path")
	switch {
	case path == "<front>":
		path = "/"
	case options["query"] != nil:
		path = "/" + path + "?page=1#" + phpWord(options["fragment"])
	}
	got := it.GetUrl()
	if ref := it.GetTarget(); ref != nil {
		got = map[recordv1.Kind]string{recordv1.Kind_KIND_ENTRY: "node/", recordv1.Kind_KIND_TERM: "taxonomy/term/"}[ref.GetKind()] + ref.GetSourceId()
	}
	if strings.HasPrefix(got, "/admin/") || strings.HasPrefix(got, "/user/") {
		got = got[1:]
	}
	p.add(id+".path", "items.url", path, got)
}

// aliases all lead to their record.
func (d *drupal7) aliases(t *testing.T) {
	kinds := map[string]string{"node": "entry", "user": "user", "term": "term"}
	for _, o := range drupalTruth(t, d.fixture, "path_alias") {
		parts := strings.Split(o.word("source"), "/")
		p := &twins{}
		if len(parts) < 2 {
			p.add("alias", "alias_of_list", o.word("alias"), "")
			d.j.record("entry", "alias "+o.word("pid"), p.want, p.got)
			continue
		}
		kind := kinds[parts[len(parts)-2]]
		p.add("alias", "slug", "1", d.r.reachable(kind+"/"+parts[len(parts)-1], "/"+o.word("alias")))
		d.j.record(kind, "alias "+o.word("pid"), p.want, p.got)
	}
}

func (d *drupal7) site(t *testing.T) {
	var o drupalThing
	drupalFile(t, d.fixture, "site", &o)
	s := d.r.records["site/site"].GetSite()
	p := &twins{}
	p.add("site_name", "title", o.word("site_name"), s.GetTitle())
	p.add("site_slogan", "tagline", o.word("site_slogan"), s.GetTagline())
	p.add("timezone", "timezone", o.word("date_default_timezone"), s.GetTimezone())
	p.add("version", "version", o.word("version"), d.r.desc.GetPlatformVersion())
	p.add("mail", "site_mail", o.word("site_mail"), "")
	p.add("theme", "theme_default", o.word("theme_default"), "")
	d.j.record("site", "site", p.want, p.got)
}
