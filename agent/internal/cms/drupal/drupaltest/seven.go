package drupaltest

import (
	"fmt"
	"testing"
)

// Hash is the hash of nothing in particular.
const Hash = "$S$D.Par0iF8Wti631wjSBFFItfiTHmvN8Yb2U.TujsDaD/7NFKtHsA"

const (
	born = 1400000000
	text = "<p>A text with <a href=\"/node/2\">a link</a> and 😀.</p>\n\nAnd more."
)

// fields7 are "name type cardinality settings", with the bundles that have them.
var fields7 = []struct {
	name, typ string
	many      int
	settings  string
	bundles   []string
}{
	{"body", "text_with_summary", 1, "a:0:{}", []string{"node page", "node article"}},
	{"comment_body", "text_long", 1, "a:0:{}", []string{"comment comment_node_page", "comment comment_node_article"}},
	{"field_tags", "taxonomy_term_reference", -1, `a:1:{s:14:"allowed_values";a:1:{i:0;a:2:{s:10:"vocabulary";s:4:"tags";s:6:"parent";i:0;}}}`, []string{"node article"}},
	{"field_image", "image", 1, "a:0:{}", []string{"node article"}},
}

// more7 are fields that people have added.
var more7 = []struct {
	name, typ string
	many      int
	settings  string
	bundles   []string
}{
	{"field_price", "number_decimal", 1, `a:1:{s:5:"scale";i:2;}`, []string{"node page"}},
	{"field_related_nid", "number_integer", -1, "a:0:{}", []string{"node page"}},
	{"field_gallery", "image", -1, "a:0:{}", []string{"node page"}},
}

func (s *Site) install7(tb testing.TB) {
	tb.Helper()
	for name, value := range map[string]string{"site_name": `s:5:"Blank";`, "site_slogan": `s:0:"";`, "clean_url": "i:1;", "cron_key": `s:4:"abcd";`, "drupal_private_key": `s:4:"efgh";`,
		"date_default_timezone": `s:13:"Europe/Berlin";`, "path_alias_whitelist": "a:0:{}"} {
		s.Insert(tb, "variable", "name value", name, []byte(value))
	}
	for id, n := range []string{"", "anonymous user", "authenticated user", "administrator"} {
		if n != "" {
			s.Insert(tb, "role", "rid name weight", id, n, id)
		}
	}
	s.Insert(tb, "users", "uid name mail", 0, "", "")
	s.user7(tb, 1, "admin", "administrator")
	for i, f := range []string{"filtered_html", "full_html", "plain_text"} {
		s.Insert(tb, "filter_format", "format name weight", f, f, i)
		s.Insert(tb, "filter", "format module name status", f, "filter", []string{"filter_autop", "filter_url", "filter_html_escape"}[i], 1)
	}
	s.Insert(tb, "filter_format", "format name weight", "visitors", "visitors", 3)
	for f, settings := range map[string]string{"filter_html": `a:1:{s:12:"allowed_html";s:9:"<a>  <em>";}`, "filter_autop": "a:0:{}", "filter_url": "a:0:{}"} {
		s.Insert(tb, "filter", "format module name weight status settings", "visitors", "filter", f, 9-len(f)%3, 1, []byte(settings))
	}
	for _, t := range []string{"page", "article"} {
		s.Insert(tb, "node_type", "type name base module description help has_title title_label custom modified locked disabled orig_type", t, t, "node_content", "node", "", "", 1, "Title", 1, 1, 0, 0, t)
	}
	s.Insert(tb, "taxonomy_vocabulary", "vid name machine_name description", 1, "Tags", "tags", "")
	s.fields7(tb, fields7)
	for _, m := range []string{"main-menu", "user-menu", "navigation"} {
		s.Insert(tb, "menu_custom", "menu_name title description", m, "Menu "+m, "")
	}
	s.Insert(tb, "node_access", "nid gid realm grant_view grant_update grant_delete", 0, 0, "all", 1, 0, 0)
	s.number(tb, "role.rid", "taxonomy_vocabulary.vid", "field_config.id", "field_config_instance.id")
}

func (s *Site) fields7(tb testing.TB, list []struct {
	name, typ string
	many      int
	settings  string
	bundles   []string
}) {
	tb.Helper()
	for _, f := range list {
		id := 0
		s.Insert(tb, "field_config", "field_name type module active storage_type storage_module storage_active data cardinality", f.name, f.typ, "x", 1, "field_sql_storage", "field_sql_storage", 1,
			`a:1:{s:8:"settings";`+f.settings+`}`, f.many)
		check(tb, s.db.QueryRow(tb.Context(), "SELECT id FROM "+s.quote(s.Settings.Prefix+"field_config")+" WHERE field_name = ?", f.name).Scan(&id))
		for _, b := range f.bundles {
			var entity, bundle string
			_, err := fmt.Sscan(b, &entity, &bundle)
			check(tb, err)
			s.Insert(tb, "field_config_instance", "field_id field_name entity_type bundle data", id, f.name, entity, bundle, "a:0:{}")
		}
	}
}

func (s *Site) user7(tb testing.TB, uid int, name, role string) {
	tb.Helper()
	s.Insert(tb, "users", "uid name pass mail created status timezone", uid, name, Hash, name+"@drupal.test", born+uid, 1, "Europe/Berlin")
	if role != "" {
		s.Insert(tb, "users_roles", "uid rid", uid, 3)
	}
}

// values7 adds a field's values to both of its tables.
func (s *Site) values7(tb testing.TB, field, cols, entity, bundle string, id, rev int, values ...any) {
	tb.Helper()
	for _, table := range []string{"field_data_", "field_revision_"} {
		s.Insert(tb, table+field, "entity_type bundle deleted entity_id revision_id language delta "+cols, append([]any{entity, bundle, 0, id, rev, "und"}, values...)...)
	}
}

// Fill7 adds content of every kind to a site of Drupal 7.
func (s *Site) Fill7(tb testing.TB) {
	tb.Helper()
	s.fields7(tb, more7)
	for i, l := range []string{"en", "fr"} {
		s.Insert(tb, "languages", "language name native enabled prefix weight", l, l, l, 1, []string{"", "fr"}[i], i)
	}
	for uid, name := range map[int]string{2: "anna", 3: "王小明", 4: "chloé"} {
		s.user7(tb, uid, name, "")
	}
	s.Insert(tb, "taxonomy_vocabulary", "vid name machine_name description hierarchy", 2, "Topics", "topics", "", 1)
	for tid, t := range map[int]struct {
		vid, parent int
		name        string
	}{1: {1, 0, "Red"}, 2: {2, 0, "Science"}, 3: {2, 2, "Physics"}, 4: {2, 3, "Optics 🔭"}} {
		s.Insert(tb, "taxonomy_term_data", "tid vid name description format weight", tid, t.vid, t.name, "About "+t.name, "full_html", tid)
		s.Insert(tb, "taxonomy_term_hierarchy", "tid parent", tid, t.parent)
	}
	s.Insert(tb, "taxonomy_term_hierarchy", "tid parent", 4, 2)
	for fid, name := range map[int]string{1: "field/image/a b.png", 2: "docs/paper.pdf", 3: "gone.png"} {
		mime := "image/png"
		if fid == 2 {
			mime = "application/pdf"
		}
		s.Insert(tb, "file_managed", "fid uid filename uri filemime filesize status timestamp", fid, 2, name, "public://"+name, mime, 9, 1, born)
	}
	s.File(tb, "field/image/a b.png", "a picture")
	s.File(tb, "docs/paper.pdf", "%PDF-1.4")
	s.nodes7(tb)
	s.parts7(tb)
	s.comments7(tb)
	s.links7(tb)
	for i := 1; i <= 3; i++ {
		s.Insert(tb, "redirect", "rid hash type source source_options redirect redirect_options status_code", i, fmt.Sprint("h", i), "redirect", fmt.Sprintf("old/%d", i), "a:0:{}", fmt.Sprintf("node/%d", i), "a:0:{}", []int{0, 301, 302}[i-1])
	}
	s.number(tb, "taxonomy_term_data.tid", "taxonomy_vocabulary.vid", "file_managed.fid", "node.nid", "node_revision.vid", "comment.cid", "menu_links.mlid", "block_custom.bid", "redirect.rid", "field_config.id",
		"field_config_instance.id")
}

func (s *Site) nodes7(tb testing.TB) {
	tb.Helper()
	for nid := 1; nid <= 5; nid++ {
		typ := []string{"page", "article"}[nid%2]
		lang := []string{"und", "en", "fr"}[nid%3]
		tnid := 0
		if nid > 3 {
			tnid = 4
		}
		title := fmt.Sprintf("Node %d – 漢字", nid)
		s.Insert(tb, "node", "nid vid type language title uid status created changed comment promote sticky tnid", nid, nid+10, typ, lang, title, nid%3+1, nid%2, born+nid, born+nid+100, 2, nid%2, 0, tnid)
		for _, rev := range []int{nid, nid + 10} {
			s.Insert(tb, "node_revision", "nid vid uid title log timestamp status comment promote sticky", nid, rev, 1, title, "log", born+rev, nid%2, 2, 0, 0)
			s.Insert(tb, "field_revision_body", "entity_type bundle deleted entity_id revision_id language delta body_value body_summary body_format", "node", typ, 0, nid, rev, "und", 0, text, "", "filtered_html")
		}
		s.Insert(tb, "field_data_body", "entity_type bundle deleted entity_id revision_id language delta body_value body_summary body_format", "node", typ, 0, nid, nid+10, "und", 0, text, "", "filtered_html")
		s.Insert(tb, "url_alias", "source alias language", fmt.Sprintf("node/%d", nid), fmt.Sprintf("content/node-%d", nid), "und")
	}
	s.values7(tb, "field_tags", "field_tags_tid", "node", "article", 1, 11, 0, 1)
	s.values7(tb, "field_image", "field_image_fid field_image_alt field_image_title field_image_width field_image_height", "node", "article", 1, 11, 0, 1, "Alt", "", 30, 20)
	s.values7(tb, "field_price", "field_price_value", "node", "page", 2, 12, 0, "9.90")
	for i := range 3 {
		s.values7(tb, "field_related_nid", "field_related_nid_value", "node", "page", 2, 12, 2*i, i)
	}
	s.Insert(tb, "menu_links", "menu_name mlid link_path router_path link_title options module depth p1", "book-toc-2", 100, "node/2", "node/%", "Node 2", "a:0:{}", "book", 1, 100)
	s.Insert(tb, "menu_links", "menu_name mlid plid link_path router_path link_title options module depth p1 p2", "book-toc-2", 101, 100, "node/4", "node/%", "Node 4", "a:0:{}", "book", 2, 100, 101)
	s.Insert(tb, "book", "mlid nid bid", 100, 2, 2)
	s.Insert(tb, "book", "mlid nid bid", 101, 4, 2)
	s.Insert(tb, "block_custom", "bid body info format", 1, "<p>Block</p>", "A block", "full_html")
}

func (s *Site) comments7(tb testing.TB) {
	tb.Helper()
	for cid := 1; cid <= 5; cid++ {
		// The last one hangs on a node that is gone.
		nid, pid := 1, 0
		if cid == 5 {
			nid = 999
		}
		if cid == 2 {
			pid = 1
		}
		s.Insert(tb, "comment", "cid pid nid uid subject hostname created changed status thread name language", cid, pid, nid, cid%2*2, "Subject", "127.0.0.1", born+cid, born+cid, cid%3, fmt.Sprintf("0%d/", cid), "Guest 😀", "und")
		s.values7(tb, "comment_body", "comment_body_value comment_body_format", "comment", "comment_node_article", cid, cid, 0, text, "filtered_html")
	}
}

func (s *Site) links7(tb testing.TB) {
	tb.Helper()
	options := `a:1:{s:10:"attributes";a:1:{s:5:"title";s:3:"tip";}}`
	for i, l := range []struct {
		path, title string
		parent      int
	}{{"node/1", "One", 0}, {"node/2", "Two", 201}, {"<front>", "Home", 0}, {"https://elsewhere.example/?a=1", "Away", 0}} {
		s.Insert(tb, "menu_links", "menu_name mlid plid link_path router_path link_title options module weight", "main-menu", 201+i, l.parent, l.path, "", l.title, options, "menu", i)
	}
}
