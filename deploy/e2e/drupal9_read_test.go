//go:build accept

package e2e

import (
	"slices"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// drupal9Declared is what the driver says that it does not carry, by kind and field path.
var drupal9Declared = map[string][]string{
	"user":    {"access", "login", "init", "preferred_admin_langcode"}, // what was done on the old site
	"comment": {"thread"},                                              // follows from parent and time
	"menu":    {"module_links"},                                        // come with Drupal's modules, not with the site
	"entry":   {"shortcut", "alias_of_nothing"},                        // of the administration; of a node that is gone
}

// Every fact of the truth files of Drupal 9 and 10 is read as it is, or is declared.
func TestReadDrupal9(t *testing.T) {
	for _, fixture := range []string{"d9-dev", "d9-pg", "d9-sqlite", "d10-dev"} {
		t.Run(fixture, func(t *testing.T) {
			s := newDrupal(t, fixture)
			r := readAll(t, s.serve(t, "source"))
			for _, u := range r.unread {
				t.Errorf("not read: %v", u)
			}
			d := &drupal9{r: r, j: r.readingJudge(t, "read "+fixture, drupal9Declared), fixture: fixture, ids: drupalIDs{shown: map[string]string{}}}
			d.media(t)
			d.nodes(t)
			d.terms(t)
			d.users(t)
			d.comments(t)
			d.files(t)
			d.blocks(t)
			d.menus(t)
			d.aliases(t)
			d.site(t)
		})
	}
}

type drupal9 struct {
	r       *readSite
	j       *judge
	ids     drupalIDs
	fixture string
}

// tongue is one translation of a thing.
type tongue struct {
	drupalThing
	lang, id string
	own      bool
	of       drupalThing
}

// only is the only property of a field's only value.
func (o tongue) only(field string) string {
	for _, key := range []string{"value", "target_id"} {
		if v := firstRow(o.drupalThing[field])[key]; v != nil {
			return phpWord(v)
		}
	}
	return ""
}

func tongues(t *testing.T, fixture, name string) (all []tongue) {
	for _, o := range drupalTruth(t, fixture, name) {
		for lang, fields := range asMap(o["translations"]) {
			x := tongue{drupalThing(asMap(fields)), lang, o.word("id"), lang == o.word("langcode"), o}
			if !x.own {
				x.id += ":" + lang
			}
			all = append(all, x)
		}
	}
	return all
}

// custom compares all fields but those named.
func (d *drupal9) custom(p *twins, o tongue, rec *recordv1.Record, told ...string) {
	var names, terms []string
	for name := range o.drupalThing {
		if strings.HasPrefix(name, "field_") && name != "field_name" || name == "taxonomy_forums" || name == "forum_container" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		rows, _ := o.drupalThing[name].([]any)
		switch {
		case slices.Contains(told, name):
		case rec.GetEntry() != nil && slices.Contains([]string{"field_tags", "field_topics", "taxonomy_forums"}, name):
			for _, r := range rows {
				terms = append(terms, phpWord(asMap(r)["target_id"]))
			}
		default:
			p.add(name, "fields."+name, rowsOf(o.drupalThing[name]), d.field(name, rows, rec))
		}
	}
	if rec.GetEntry() != nil {
		// A term that has a record in the text's language is named by that.
		p.add("terms", "terms", strings.Join(terms, " "), strings.ReplaceAll(refIDs(rec.GetEntry().GetTerms()), ":"+rec.GetLocale(), ""))
	}
}

// field is what a record holds of a field, with files by their own ids.
func (d *drupal9) field(name string, rows []any, rec *recordv1.Record) string {
	got := d.ids.asRows(customOf(rec, name), "value", "target_id")
	if len(rows) > 0 && asMap(rows[0])["alt"] != nil || strings.HasPrefix(name, "field_attach") {
		ids := d.ids
		ids.files = true
		got = ids.asRows(customOf(rec, name), "value", "target_id")
	}
	if img := rec.GetEntry().GetImage(); name == "field_image" && got == "" && img != nil {
		got = "target_id=" + d.ids.file(img.GetMedia())
		// The order of the properties is that of fieldProps; pixels are the file's own.
		row := asMap(rows[0])
		got = strings.TrimSpace(strings.TrimPrefix(altOf(img.GetAlt()), " ") + " width=" + phpWord(row["width"]) + " height=" + phpWord(row["height"]) + " " + got)
	}
	return got
}

func (d *drupal9) entry(o tongue, rec *recordv1.Record) *twins {
	p, e := &twins{}, rec.GetEntry()
	body := firstRow(o.drupalThing["body"])
	p.add("title", "title", o.only("title"), e.GetTitle())
	p.add("status", "status", o.only("status"), oneIf(e.GetStatus() == recordv1.Status_STATUS_PUBLISHED))
	p.add("created", "created", o.only("created"), secondsOf(e.GetCreated()))
	p.add("sticky", "featured", o.only("sticky"), oneIf(e.GetFeatured()))
	p.add("promote", "fields.promote", o.only("promote"), orZero(d.ids.custom(rec, "promote")))
	p.add("log", "fields.revision_log", o.only("revision_log"), d.ids.custom(rec, "revision_log"))
	p.add("langcode", "locale", o.only("langcode"), rec.GetLocale())
	p.add("state", "fields.moderation_state", o.only("moderation_state"), d.ids.custom(rec, "moderation_state"))
	p.add("body", "content.text", phpWord(body["value"]), e.GetContent().GetText())
	p.add("summary", "excerpt", phpWord(body["summary"]), e.GetExcerpt())
	p.add("format", "fields.body.format", phpWord(body["format"]), d.ids.custom(rec, "body.format"))
	comment := phpWord(firstRow(o.drupalThing["comment"])["status"]) + phpWord(firstRow(o.drupalThing["comment_forum"])["status"])
	p.add("comment", "comments", oneIf(comment == "2"), oneIf(e.GetComments() == "open"))
	d.custom(p, o, rec)
	return p
}

func (d *drupal9) nodes(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "node") {
		key := "entry/" + o.id
		rec := d.r.records[key]
		p, e := d.entry(o, rec), rec.GetEntry()
		p.add("type", "type", o.only("type"), e.GetType())
		p.add("uid", "authors", o.only("uid"), orZero(refIDs(e.GetAuthors())))
		p.add("changed", "modified", o.only("changed"), secondsOf(e.GetModified()))
		p.add("uuid", "uuid", o.only("uuid"), e.GetUuid())
		d.alias(p, o, key, e.GetSlug())
		if len(asMap(o.of["translations"])) > 1 {
			p.add("group", "translation_group", "node:"+o.of.word("id"), rec.GetTranslationGroup())
		}
		if b := asMap(o.of["_book"]); b != nil {
			p.add("book", "fields.book", phpWord(b["bid"]), strings.TrimPrefix(d.ids.custom(rec, "book"), "bid:"))
			p.add("pid", "parent", phpWord(b["pid"]), orZero(e.GetParent().GetSourceId()))
			p.add("weight", "position", phpWord(b["weight"]), printed(e.GetPosition()))
		}
		d.j.record("entry", o.id, p.want, p.got)
	}
	d.versions(t)
}

func (d *drupal9) alias(p *twins, o tongue, key, slug string) {
	alias := phpWord(asMap(o.of["_alias"])[o.lang])
	if alias == "" {
		return
	}
	prefix := ""
	if o.lang != "en" {
		prefix = "/" + o.lang
	}
	p.add("alias", "slug", "1", d.r.reachable(key, prefix+alias))
	p.add("slug", "slug", alias[strings.LastIndexByte(alias, '/')+1:], slug)
}

// versions are read when asked for.
func (d *drupal9) versions(t *testing.T) {
	records := d.r.revisions(t)
	for _, o := range drupalTruth(t, d.fixture, "node") {
		current := ""
		for _, fields := range asMap(o["translations"]) {
			current = (tongue{drupalThing: asMap(fields)}).only("vid")
		}
		list, _ := o["_revisions"].([]any)
		for _, v := range list {
			rev := drupalThing(asMap(v))
			if rev.word("vid") == current {
				continue
			}
			for lang, fields := range asMap(rev["translations"]) {
				x := tongue{drupalThing(asMap(fields)), lang, "rev:" + rev.word("vid"), lang == o.word("langcode"), o}
				if !x.own {
					x.id += ":" + lang
				}
				p := d.entry(x, records[x.id])
				p.add("timestamp", "modified", rev.word("created"), secondsOf(records[x.id].GetEntry().GetModified()))
				p.add("uid", "authors", orZero(rev.word("uid")), orZero(refIDs(records[x.id].GetEntry().GetAuthors())))
				d.j.record("revision", x.id, p.want, p.got)
			}
		}
	}
}

func (d *drupal9) terms(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "taxonomy_term") {
		key := "term/" + o.id
		rec := d.r.records[key]
		p, term := &twins{}, rec.GetTerm()
		p.add("name", "name", o.only("name"), term.GetName())
		vocabulary := o.only("vid")
		if vocabulary == "tags" {
			vocabulary = "tag"
		}
		p.add("vid", "taxonomy", vocabulary, term.GetTaxonomy())
		p.add("langcode", "locale", o.only("langcode"), rec.GetLocale())
		p.add("status", "internal", o.only("status"), oneIf(!term.GetInternal()))
		p.add("weight", "position", o.only("weight"), printed(term.GetPosition()))
		text := firstRow(o.drupalThing["description"])
		p.add("description", "description", phpWord(text["value"]), term.GetDescription().GetText())
		if phpWord(text["value"]) != "" {
			p.add("format", "fields.description.format", phpWord(text["format"]), d.ids.custom(rec, "description.format"))
		}
		var parents []string
		list, _ := o.drupalThing["parent"].([]any)
		for _, parent := range list {
			if id := phpWord(asMap(parent)["target_id"]); id != "0" {
				parents = append(parents, id)
			}
		}
		p.add("parent", "parent", strings.Join(parents, " "), term.GetParent().GetSourceId())
		d.alias(p, o, key, term.GetSlug())
		d.custom(p, o, rec)
		d.j.record("term", o.id, p.want, p.got)
	}
}

func (d *drupal9) users(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "user") {
		if o.id == "0" {
			continue // stands for visitors without an account
		}
		rec := d.r.records["user/"+o.id]
		p, u := &twins{}, rec.GetUser()
		for field, got := range map[string]string{"name": u.GetLogin(), "mail": u.GetEmail(), "pass": u.GetPassword().GetHash(), "created": secondsOf(u.GetRegistered()), "status": oneIf(!u.GetDisabled()),
			"timezone": d.ids.custom(rec, "timezone"), "preferred_langcode": u.GetLocale(), "uuid": u.GetUuid(), "access": "", "login": "", "init": "", "preferred_admin_langcode": ""} {
			path := map[string]string{"name": "login", "mail": "email", "pass": "password", "created": "registered", "status": "disabled", "timezone": "fields.timezone", "preferred_langcode": "locale"}[field]
			if path == "" {
				path = field
			}
			p.add(field, path, o.only(field), got)
		}
		var roles []string
		list, _ := o.drupalThing["roles"].([]any)
		for _, r := range list {
			roles = append(roles, phpWord(asMap(r)["target_id"]))
		}
		p.add("roles", "roles", inOrder(roles), inOrder(u.GetRoles()))
		p.add("picture", "avatar", phpWord(firstRow(o.drupalThing["user_picture"])["target_id"]), d.ids.file(u.GetAvatar().GetMedia()))
		d.alias(p, o, "user/"+o.id, u.GetSlug())
		d.custom(p, o, rec)
		d.j.record("user", o.id, p.want, p.got)
	}
}

func (d *drupal9) comments(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "comment") {
		rec := d.r.records["comment/"+o.id]
		p, c := &twins{}, rec.GetComment()
		body := firstRow(o.drupalThing["comment_body"])
		p.add("entity_id", "entry", o.only("entity_id"), c.GetEntry().GetSourceId())
		p.add("pid", "parent", orZero(o.only("pid")), orZero(c.GetParent().GetSourceId()))
		p.add("uid", "user", o.only("uid"), orZero(c.GetUser().GetSourceId()))
		p.add("status", "status", o.only("status"), oneIf(c.GetStatus() == recordv1.CommentStatus_COMMENT_STATUS_APPROVED))
		p.add("created", "created", o.only("created"), secondsOf(c.GetCreated()))
		p.add("changed", "modified", o.only("changed"), secondsOf(c.GetModified()))
		p.add("subject", "fields.subject", o.only("subject"), d.ids.custom(rec, "subject"))
		p.add("name", "author_name", o.only("name"), c.GetAuthorName())
		p.add("mail", "author_email", o.only("mail"), c.GetAuthorEmail())
		p.add("homepage", "author_url", o.only("homepage"), c.GetAuthorUrl())
		p.add("hostname", "author_ip", o.only("hostname"), c.GetAuthorIp())
		p.add("langcode", "locale", o.only("langcode"), rec.GetLocale())
		p.add("body", "content.text", phpWord(body["value"]), c.GetContent().GetText())
		p.add("format", "fields.comment_body.format", phpWord(body["format"]), d.ids.custom(rec, "comment_body.format"))
		p.add("thread", "thread", o.only("thread"), "")
		d.custom(p, o, rec)
		d.j.record("comment", o.id, p.want, p.got)
	}
}

// media say which file they show; its facts are asked for with the files.
func (d *drupal9) media(t *testing.T) {
	for _, o := range tongues(t, d.fixture, "media") {
		rec := d.r.records["media/media:"+o.id]
		p, m := &twins{}, rec.GetMedia()
		source := "field_media_" + o.only("bundle")
		value := firstRow(o.drupalThing[source])
		if o.own {
			d.ids.shown["media:"+o.id] = phpWord(value["target_id"])
		}
		p.add("name", "title", o.only("name"), m.GetTitle())
		p.add("uid", "author", o.only("uid"), orZero(m.GetAuthor().GetSourceId()))
		p.add("created", "created", o.only("created"), secondsOf(m.GetCreated()))
		p.add("changed", "modified", o.only("changed"), secondsOf(m.GetModified()))
		p.add("langcode", "locale", o.only("langcode"), rec.GetLocale())
		p.add("status", "status", o.only("status"), oneIf(m.GetStatus() == ""))
		p.add("alt", "alt", phpWord(value["alt"]), m.GetAlt())
		p.add("text", "description", phpWord(value["title"])+phpWord(value["description"]), m.GetDescription())
		p.add("width", "width", orZero(phpWord(value["width"])), printed(m.GetWidth()))
		p.add("height", "height", orZero(phpWord(value["height"])), printed(m.GetHeight()))
		d.custom(p, o, rec, source)
		d.j.record("media", "media:"+o.id, p.want, p.got)
	}
}

func (d *drupal9) files(t *testing.T) {
	showing := map[string]string{}
	for media, file := range d.ids.shown {
		showing[file] = media
	}
	for _, o := range tongues(t, d.fixture, "file") {
		key := "media/" + o.id
		if showing[o.id] != "" {
			key = "media/" + showing[o.id]
		}
		rec := d.r.records[key]
		p, m := &twins{}, rec.GetMedia()
		if showing[o.id] == "" {
			p.add("filename", "title", o.only("filename"), m.GetTitle())
			p.add("uid", "author", o.only("uid"), orZero(m.GetAuthor().GetSourceId()))
			p.add("created", "created", o.only("created"), secondsOf(m.GetCreated()))
			p.add("changed", "modified", o.only("changed"), secondsOf(m.GetModified()))
			p.add("status", "status", o.only("status"), oneIf(m.GetStatus() == ""))
		}
		file := &recordv1.File{}
		if len(m.GetFiles()) > 0 {
			file = m.GetFiles()[0]
		}
		p.add("filemime", "mime", o.only("filemime"), m.GetMime())
		p.add("uri", "files.path", strings.TrimPrefix(o.only("uri"), "public://"), file.GetPath())
		p.add("exists", "files.missing", oneIf(o.of["_exists"] == true), oneIf(!file.GetMissing()))
		if o.of["_exists"] == true {
			p.add("sha256", "files", o.of.word("_sha256"), d.r.sha256Of(t, file.GetId()))
			p.add("bytes", "files.bytes", o.only("filesize"), printed(file.GetBytes()))
		}
		p.add("url", "paths", "1", oneIf(slices.Contains(d.r.paths[key], o.of.word("_url"))))
		p.add("uuid", "paths", "1", oneIf(slices.Contains(d.r.paths[key], "/?uuid="+o.only("uuid"))))
		d.j.record("media", o.id, p.want, p.got)
	}
}
