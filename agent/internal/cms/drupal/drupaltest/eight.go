package drupaltest

import (
	"fmt"
	"testing"
)

// uuid makes an id that is unique within the site.
func uuid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

func str(s string) string { return fmt.Sprintf("s:%d:%q;", len(s), s) }

// field8 adds the configuration of a field.
func (s *Site) field8(tb testing.TB, entity, name, typ string, many int, settings string, bundles ...string) {
	tb.Helper()
	s.config(tb, "field.storage."+entity+"."+name, fmt.Sprintf(`a:7:{s:4:"uuid";%ss:10:"field_name";%ss:11:"entity_type";%ss:4:"type";%ss:8:"settings";%ss:11:"cardinality";i:%d;s:12:"translatable";b:1;}`,
		str(uuid(len(name))), str(name), str(entity), str(typ), settings, many))
	for _, b := range bundles {
		handler := "a:0:{}"
		if vocabulary := map[string]string{"field_tags": "tags", "taxonomy_forums": "forums"}[name]; vocabulary != "" {
			handler = `a:1:{s:16:"handler_settings";a:1:{s:14:"target_bundles";a:1:{` + str(vocabulary) + str(vocabulary) + `}}}`
		}
		s.config(tb, "field.field."+entity+"."+b+"."+name, fmt.Sprintf(`a:5:{s:10:"field_name";%ss:11:"entity_type";%ss:6:"bundle";%ss:12:"translatable";b:1;s:8:"settings";%s}`,
			str(name), str(entity), str(b), handler))
	}
}

func (s *Site) config(tb testing.TB, name, data string) {
	tb.Helper()
	s.Insert(tb, "config", "collection name data", "", name, data)
}

func (s *Site) install8(tb testing.TB) {
	tb.Helper()
	s.config(tb, "system.site", `a:5:{s:4:"uuid";`+str(uuid(1))+`s:4:"name";s:5:"Blank";s:6:"slogan";s:0:"";s:4:"page";a:1:{s:5:"front";s:5:"/node";}s:16:"default_langcode";s:2:"en";}`)
	s.config(tb, "system.date", `a:2:{s:9:"first_day";i:1;s:8:"timezone";a:1:{s:7:"default";s:13:"Europe/Berlin";}}`)
	for _, t := range []string{"page", "article"} {
		s.config(tb, "node.type."+t, `a:1:{s:4:"type";`+str(t)+`}`)
	}
	s.config(tb, "taxonomy.vocabulary.tags", `a:1:{s:3:"vid";s:4:"tags";}`)
	for name, filter := range map[string]string{"basic_html": "filter_html", "restricted_html": "filter_autop", "plain_text": "filter_html_escape"} {
		s.config(tb, "filter.format."+name, `a:2:{s:6:"status";b:1;s:7:"filters";a:1:{`+str(filter)+`a:1:{s:6:"status";b:1;}}}`)
	}
	// Not in the order in which they are applied.
	s.config(tb, "filter.format.visitors", `a:2:{s:6:"status";b:1;s:7:"filters";a:3:{`+str("filter_url")+`a:4:{s:8:"provider";s:6:"filter";s:6:"status";b:1;s:6:"weight";i:5;s:8:"settings";a:1:{s:17:"filter_url_length";i:40;}}`+
		str("filter_autop")+`a:3:{s:8:"provider";s:6:"filter";s:6:"status";b:1;s:6:"weight";i:5;}`+
		str("filter_html")+`a:4:{s:8:"provider";s:6:"filter";s:6:"status";b:1;s:6:"weight";i:-10;s:8:"settings";a:2:{s:12:"allowed_html";`+str("<a href>  <em>")+`s:20:"filter_html_nofollow";b:1;}}}}`)
	for _, m := range []string{"main", "footer", "account"} {
		s.config(tb, "system.menu."+m, `a:2:{s:2:"id";`+str(m)+`s:5:"label";`+str("Menu "+m)+`}`)
	}
	s.Insert(tb, "menu_tree", "menu_name mlid id route_name provider enabled depth p1", "main", 1, "standard.front_page", "<front>", "standard", 1, 1, 1)
	s.field8(tb, "node", "body", "text_with_summary", 1, "a:0:{}", "page", "article")
	s.field8(tb, "node", "comment", "comment", 1, "a:0:{}", "article")
	s.field8(tb, "node", "field_image", "image", 1, "a:0:{}", "article")
	s.field8(tb, "node", "field_tags", "entity_reference", -1, `a:1:{s:11:"target_type";s:13:"taxonomy_term";}`, "article")
	s.field8(tb, "comment", "comment_body", "text_long", 1, "a:0:{}", "comment")
	s.field8(tb, "block_content", "body", "text_with_summary", 1, "a:0:{}", "basic")
	s.config(tb, "user.role.administrator", `a:1:{s:2:"id";s:13:"administrator";}`)
	s.user8(tb, 0, "")
	s.user8(tb, 1, "admin")
	s.Insert(tb, "user__roles", "bundle deleted entity_id revision_id langcode delta roles_target_id", "user", 0, 1, 1, "en", 0, "administrator")
	s.number(tb, "users.uid", "menu_tree.mlid")
}

func (s *Site) user8(tb testing.TB, uid int, name string) {
	tb.Helper()
	s.Insert(tb, "users", "uid uuid langcode", uid+1000, uuid(100+uid), "en")
	// MySQL takes a 0 in an insert for the next number.
	check(tb, s.db.Exec(tb.Context(), "UPDATE "+s.quote(s.Settings.Prefix+"users")+" SET uid = ? WHERE uid = ?", uid, uid+1000))
	s.Insert(tb, "users_field_data", "uid langcode preferred_langcode name pass mail timezone status created changed access login default_langcode", uid, "en", "en", name, Hash, name+"@drupal.test", "UTC", min(uid, 1), born+uid, born, 0, 0, 1)
}

// Translate turns on what a site of Drupal 8 or later needs for texts in English and French.
func (s *Site) Translate(tb testing.TB) {
	tb.Helper()
	for _, l := range []string{"en", "fr"} {
		s.config(tb, "language.entity."+l, `a:1:{s:2:"id";`+str(l)+`}`)
	}
	s.config(tb, "language.negotiation", `a:1:{s:3:"url";a:1:{s:8:"prefixes";a:2:{s:2:"en";s:0:"";s:2:"fr";s:2:"fr";}}}`)
	s.Modules(tb, "content_translation", "media")
}

// Modules says which modules are on.
func (s *Site) Modules(tb testing.TB, names ...string) {
	tb.Helper()
	list := ""
	for _, n := range names {
		list += str(n) + "i:0;"
	}
	s.config(tb, "core.extension", fmt.Sprintf(`a:1:{s:6:"module";a:%d:{%s}}`, len(names), list))
}

// Library gives a site of Drupal 8 or later media types: of pictures, of documents, of videos elsewhere.
func (s *Site) Library(tb testing.TB) {
	tb.Helper()
	for _, t := range []struct{ bundle, shows, field, typ, takes string }{
		{"image", "image", "field_media_image", "image", "png gif jpg jpeg"}, {"document", "file", "field_media_document", "file", "txt pdf"}, {"remote_video", "oembed:video", "field_media_oembed_video", "string", ""},
	} {
		s.field8(tb, "media", t.field, t.typ, 1, "a:0:{}")
		s.config(tb, "field.field.media."+t.bundle+"."+t.field, fmt.Sprintf(`a:5:{s:10:"field_name";%ss:11:"entity_type";s:5:"media";s:6:"bundle";%ss:12:"translatable";b:1;s:8:"settings";a:1:{s:15:"file_extensions";%s}}`,
			str(t.field), str(t.bundle), str(t.takes)))
		s.config(tb, "media.type."+t.bundle, fmt.Sprintf(`a:2:{s:6:"source";%ss:20:"source_configuration";a:1:{s:12:"source_field";%s}}`, str(t.shows), str(t.field)))
	}
}

// Fill8 adds content of every kind to a site of Drupal 8 or later.
func (s *Site) Fill8(tb testing.TB) {
	tb.Helper()
	s.Translate(tb)
	s.field8(tb, "node", "field_price", "decimal", 1, `a:1:{s:5:"scale";i:2;}`, "page")
	s.field8(tb, "node", "field_website", "link", -1, "a:0:{}", "page")
	s.field8(tb, "node", "field_media", "entity_reference", -1, `a:1:{s:11:"target_type";s:5:"media";}`, "page")
	s.Library(tb)
	s.config(tb, "taxonomy.vocabulary.topics", `a:1:{s:3:"vid";s:6:"topics";}`)
	for uid, name := range map[int]string{2: "anna", 3: "王小明", 4: "chloé"} {
		s.user8(tb, uid, name)
	}
	s.terms8(tb)
	s.media8(tb)
	s.nodes8(tb)
	s.parts8(tb)
	s.comments8(tb)
	s.links8(tb)
	for i := 1; i <= 3; i++ {
		s.Insert(tb, "redirect", "rid type uuid language hash redirect_source__path redirect_redirect__uri redirect_redirect__options status_code", i, "redirect", uuid(900+i), "und", fmt.Sprint("h", i), fmt.Sprintf("old/%d", i),
			[]string{"internal:/node/1", "entity:node/2", "https://elsewhere.example/"}[i-1], "a:0:{}", 301)
	}
	s.number(tb, "users.uid", "taxonomy_term_data.tid", "taxonomy_term_revision.revision_id", "file_managed.fid", "media.mid", "media_revision.vid", "node.nid", "node_revision.vid", "path_alias.id",
		"path_alias_revision.revision_id", "block_content.id", "block_content_revision.revision_id", "comment.cid", "menu_link_content.id", "menu_link_content_revision.revision_id", "redirect.rid")
}

func (s *Site) terms8(tb testing.TB) {
	tb.Helper()
	for tid, t := range map[int]struct {
		vocabulary, name string
		parent           int
	}{1: {"tags", "Red", 0}, 2: {"topics", "Science", 0}, 3: {"topics", "Optics 🔭", 2}} {
		s.Insert(tb, "taxonomy_term_data", "tid revision_id vid uuid langcode", tid, tid, t.vocabulary, uuid(200+tid), "en")
		s.Insert(tb, "taxonomy_term_revision", "tid revision_id langcode revision_default", tid, tid, "en", 1)
		for i, l := range []string{"en", "fr"}[:1+tid%2] {
			s.Insert(tb, "taxonomy_term_field_data", "tid revision_id vid langcode status name description__value description__format weight changed default_langcode", tid, tid, t.vocabulary, l, 1, t.name+" "+l, "About", "basic_html", tid, born, 1-i)
		}
		s.Insert(tb, "taxonomy_term__parent", "bundle deleted entity_id revision_id langcode delta parent_target_id", t.vocabulary, 0, tid, tid, "en", 0, t.parent)
	}
}

func (s *Site) media8(tb testing.TB) {
	tb.Helper()
	for fid, name := range map[int]string{1: "2024-01/a b.png", 2: "docs/paper.pdf", 3: "gone.png", 4: "media.png"} {
		mime := "image/png"
		if fid == 2 {
			mime = "application/pdf"
		}
		s.Insert(tb, "file_managed", "fid uuid langcode uid filename uri filemime filesize status created changed", fid, uuid(300+fid), "en", 2, name, "public://"+name, mime, 9, 1, born, born)
	}
	s.File(tb, "2024-01/a b.png", "a picture")
	s.File(tb, "docs/paper.pdf", "%PDF-1.4")
	s.File(tb, "media.png", "another")
	s.Insert(tb, "media", "mid vid bundle uuid langcode", 1, 1, "image", uuid(400), "en")
	s.Insert(tb, "media_revision", "mid vid langcode revision_default", 1, 1, "en", 1)
	for i, l := range []string{"en", "fr"} {
		s.Insert(tb, "media_field_data", "mid vid bundle langcode status uid name created changed default_langcode", 1, 1, "image", l, 1, 2, "Media "+l, born, born, 1-i)
		s.Insert(tb, "media__field_media_image", "bundle deleted entity_id revision_id langcode delta field_media_image_target_id field_media_image_alt field_media_image_title", "image", 0, 1, 1, l, 0, 4, "Alt "+l, "")
	}
}

// values8 adds a field's values to both of its tables.
func (s *Site) values8(tb testing.TB, field, cols, bundle string, id, rev int, lang string, values ...any) {
	tb.Helper()
	for _, table := range []string{"node__", "node_revision__"} {
		s.Insert(tb, table+field, "bundle deleted entity_id revision_id langcode delta "+cols, append([]any{bundle, 0, id, rev, lang}, values...)...)
	}
}

func (s *Site) nodes8(tb testing.TB) {
	tb.Helper()
	for nid := 1; nid <= 5; nid++ {
		typ := []string{"page", "article"}[nid%2]
		s.Insert(tb, "node", "nid vid type uuid langcode", nid, nid+10, typ, uuid(500+nid), "en")
		for _, rev := range []int{nid, nid + 10} {
			s.Insert(tb, "node_revision", "nid vid langcode revision_uid revision_timestamp revision_log revision_default", nid, rev, "en", 1, born+rev, "log", 1)
		}
		for i, l := range []string{"en", "fr"}[:1+nid%2] {
			title := fmt.Sprintf("Node %d %s – 漢字", nid, l)
			s.Insert(tb, "node_field_data", "nid vid type langcode status uid title created changed promote sticky default_langcode", nid, nid+10, typ, l, nid%2, nid%3+1, title, born+nid, born+nid+100, nid%2, 0, 1-i)
			for _, rev := range []int{nid, nid + 10} {
				s.Insert(tb, "node_field_revision", "nid vid langcode status uid title created changed promote sticky default_langcode", nid, rev, l, nid%2, nid%3+1, title, born+nid, born+rev, 0, 0, 1-i)
				s.Insert(tb, "node_revision__body", "bundle deleted entity_id revision_id langcode delta body_value body_summary body_format", typ, 0, nid, rev, l, 0, text, "", "basic_html")
			}
			s.Insert(tb, "node__body", "bundle deleted entity_id revision_id langcode delta body_value body_summary body_format", typ, 0, nid, nid+10, l, 0, text, "", "basic_html")
			s.Insert(tb, "path_alias_revision", "id revision_id langcode path alias status revision_default", nid*10+i, nid*10+i, l, fmt.Sprintf("/node/%d", nid), fmt.Sprintf("/content/%s-%d", l, nid), 1, 1)
			s.Insert(tb, "path_alias", "id revision_id uuid langcode path alias status", nid*10+i, nid*10+i, uuid(600+nid*10+i), l, fmt.Sprintf("/node/%d", nid), fmt.Sprintf("/content/%s-%d", l, nid), 1)
		}
		if typ == "article" {
			s.values8(tb, "comment", "comment_status", typ, nid, nid+10, "en", 0, 2)
		}
	}
	s.values8(tb, "field_tags", "field_tags_target_id", "article", 1, 11, "en", 0, 1)
	s.values8(tb, "field_image", "field_image_target_id field_image_alt field_image_title field_image_width field_image_height", "article", 1, 11, "en", 0, 1, "Alt", "A title", 30, 20)
	s.values8(tb, "field_price", "field_price_value", "page", 2, 12, "en", 0, "9.90")
	s.values8(tb, "field_website", "field_website_uri field_website_title field_website_options", "page", 2, 12, "en", 0, "https://elsewhere.example/", "Away", `a:1:{s:10:"attributes";a:1:{s:3:"rel";s:8:"nofollow";}}`)
	s.values8(tb, "field_media", "field_media_target_id", "page", 2, 12, "en", 0, 1)
	for nid, pid := range map[int]int{2: 0, 4: 2} {
		s.Insert(tb, "book", "nid bid pid weight depth", nid, 2, pid, nid, 1+pid/2)
	}
	s.Insert(tb, "block_content", "id revision_id type uuid langcode", 1, 1, "basic", uuid(800), "en")
	s.Insert(tb, "block_content_revision", "id revision_id langcode revision_default", 1, 1, "en", 1)
	s.Insert(tb, "block_content_field_data", "id revision_id type langcode status info changed reusable default_langcode", 1, 1, "basic", "en", 1, "A block", born, 1, 1)
	s.Insert(tb, "block_content__body", "bundle deleted entity_id revision_id langcode delta body_value body_format", "basic", 0, 1, 1, "en", 0, "<p>Block</p>", "basic_html")
}

func (s *Site) comments8(tb testing.TB) {
	tb.Helper()
	for cid := 1; cid <= 5; cid++ {
		// The last one hangs on a node that is gone.
		nid, pid := 1, any(nil)
		if cid == 5 {
			nid = 999
		}
		if cid == 2 {
			pid = 1
		}
		s.Insert(tb, "comment", "cid comment_type uuid langcode", cid, "comment", uuid(700+cid), "en")
		s.Insert(tb, "comment_field_data", "cid comment_type langcode status uid pid entity_id subject name hostname created changed thread entity_type field_name default_langcode", cid, "comment", "en", cid%2, cid%2*2, pid, nid, "Subject", "Guest 😀",
			"127.0.0.1", born+cid, born+cid, fmt.Sprintf("0%d/", cid), "node", "comment", 1)
		s.Insert(tb, "comment__comment_body", "bundle deleted entity_id revision_id langcode delta comment_body_value comment_body_format", "comment", 0, cid, cid, "en", 0, text, "basic_html")
	}
}

func (s *Site) links8(tb testing.TB) {
	tb.Helper()
	for i, l := range []struct{ uri, parent string }{{"entity:node/1", ""}, {"internal:/node/2", "menu_link_content:" + uuid(850)}, {"route:<nolink>", ""}, {"https://elsewhere.example/?a=1", "standard.front_page"}} {
		s.Insert(tb, "menu_link_content_revision", "id revision_id langcode revision_default", i+1, i+1, "en", 1)
		s.Insert(tb, "menu_link_content", "id revision_id bundle uuid langcode", i+1, i+1, "menu_link_content", uuid(850+i), "en")
		s.Insert(tb, "menu_link_content_data", "id revision_id bundle langcode enabled title menu_name link__uri link__options weight expanded parent default_langcode", i+1, i+1, "menu_link_content", "en", 1, fmt.Sprint("Link ", i), "main",
			l.uri, `a:1:{s:10:"attributes";a:1:{s:5:"title";s:3:"tip";}}`, i, i%2, l.parent, 1)
	}
}
