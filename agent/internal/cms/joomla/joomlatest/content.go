package joomlatest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

const day = "2024-03-01 10:00:00"

// Hash is a bcrypt hash of nothing in particular.
const Hash = "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"

var (
	groups = []string{"1 0 Public", "2 1 Registered", "3 2 Author", "4 3 Editor", "5 4 Publisher", "6 1 Manager", "7 6 Administrator", "8 1 Super Users", "9 1 Guest"}
	levels = []string{"1 [1] Public", "2 [6,2,8] Registered", "3 [6,3,8] Special", "5 [9] Guest", "6 [8] Super Users"}
	// components have the numbers of their extension.
	components = []string{"com_content", "com_contact", "com_tags", "com_users", "com_newsfeeds", "com_banners", "com_languages"}
)

// row inserts a row; columns are "name, name".
func (s *Site) row(tb testing.TB, table, columns string, values ...any) {
	tb.Helper()
	var cols []string
	for c := range strings.SplitSeq(columns, ", ") {
		cols = append(cols, cmssql.QuoteName(s.db.Dialect(), c))
	}
	s.Exec(tb, "INSERT INTO {"+table+"} ("+strings.Join(cols, ", ")+") VALUES ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", values...)
}

// numbered tells PostgreSQL's sequences about rows with given ids.
func (s *Site) numbered(tb testing.TB, tables ...string) {
	tb.Helper()
	for _, t := range tables {
		if s.db.Dialect() == cmssql.Postgres {
			table := cmssql.QuoteName(cmssql.Postgres, s.Prefix+t)
			s.Exec(tb, "SELECT setval(pg_get_serial_sequence(?, 'id'), (SELECT MAX(id) FROM "+table+"))", table)
		}
	}
}

func (s *Site) install(tb testing.TB) {
	tb.Helper()
	for i, g := range groups {
		f := strings.SplitN(g, " ", 3)
		s.row(tb, "usergroups", "id, parent_id, lft, rgt, title", f[0], f[1], groupPlaces[i][0], groupPlaces[i][1], f[2])
	}
	for i, l := range levels {
		f := strings.SplitN(l, " ", 3)
		s.row(tb, "viewlevels", "id, rules, title, ordering", f[0], f[1], f[2], i)
	}
	for i, c := range components {
		s.row(tb, "extensions", "extension_id, name, type, element, folder, client_id, manifest_cache, params, custom_data, enabled"+s.systemData(), s.plus([]any{i + 10, c, "component", c, "", 1, "", "{}", "", 1})...)
	}
	version, schema := `{"version":"5.3.2"}`, "5.3.0-2025-03-14"
	if s.Three {
		version, schema = `{"version":"3.10.11"}`, "3.10.7-2022-02-20"
	}
	s.row(tb, "extensions", "extension_id, name, type, element, folder, client_id, manifest_cache, params, custom_data, enabled"+s.systemData(), s.plus([]any{99, "files_joomla", "file", "joomla", "", 0, version, "", "", 1})...)
	s.row(tb, "schemas", "extension_id, version_id", 99, schema)
	for i, t := range []string{"com_content.article", "com_contact.contact", "com_content.category"} {
		s.row(tb, "content_types", "type_id, type_title, type_alias, rules, field_mappings", i+1, t, t, "", "")
	}
	s.row(tb, "languages", "lang_id, lang_code, title, title_native, sef, image, description, metakey, metadesc, published, access", 1, "en-GB", "English", "English", "en", "en_gb", "", "", "", 1, 1)
	s.User(tb, 42, "admin", "Super User", 8)
	s.Category(tb, 1, 0, "system", "root", 0, 1+2*5)
	for i, c := range []string{"com_content", "com_banners", "com_contact", "com_newsfeeds", "com_users"} {
		s.Category(tb, i+2, 1, c, "uncategorised", 1+2*i, 2+2*i)
	}
	s.assets(tb)
	s.Tag(tb, 1, 0, "root", 0, 1)
	s.row(tb, "menu", "id, menutype, title, alias, path, link, type, published, parent_id, img, params, lft, rgt, level, language, access", 1, "", "Menu_Item_Root", "root", "", "", "", 1, 0, "", "", 0, 5, 0, "*", 0)
	s.row(tb, "menu", "id, menutype, title, alias, path, link, type, published, parent_id, img, params, lft, rgt, level, language, access, client_id, component_id", 2, "main", "com_content", "Content", "Content", "index.php?option=com_content", "component", 1, 1, "", "", 1, 2, 1, "*", 1, 1, 10)
	s.row(tb, "menu_types", "id, menutype, title, description, client_id", 1, "mainmenu", "Main Menu", "The main menu", 0)
	s.row(tb, "menu", "id, menutype, title, alias, path, link, type, published, parent_id, img, params, lft, rgt, level, language, access, home, component_id", 101, "mainmenu", "Home", "home", "home", "index.php?option=com_content&view=featured", "component", 1, 1, "", "{}", 3, 4, 1, "*", 1, 1, 10)
	if !s.Three {
		s.row(tb, "workflows", "id, title, description, extension, default, published, created, modified", 1, "COM_WORKFLOW_BASIC_WORKFLOW", "", "com_content.article", 1, 1, day, day)
		s.row(tb, "workflow_stages", "id, workflow_id, title, description, default, published, ordering", 1, 1, "COM_WORKFLOW_BASIC_STAGE", "", 1, 1, 1)
		s.numbered(tb, "workflows", "workflow_stages")
	}
	s.numbered(tb, "usergroups", "viewlevels", "users", "categories", "tags", "menu", "menu_types")
}

// groupPlaces are the nested set of the groups.
var groupPlaces = [][2]int{{1, 18}, {8, 15}, {9, 14}, {10, 13}, {11, 12}, {4, 7}, {5, 6}, {16, 17}, {2, 3}}

// assets are those of components and their categories, with a place in the tree each; like in a site that has been in use, one is
// left of an article that is no more.
func (s *Site) assets(tb testing.TB) {
	tb.Helper()
	add := func(id, parent int, name string, lft, rgt, level int) {
		s.row(tb, "assets", "id, parent_id, lft, rgt, level, name, title, rules", id, parent, lft, rgt, level, name, name, "{}")
	}
	add(1, 0, "root.1", 0, 25, 0)
	for i, c := range []string{"com_content", "com_banners", "com_contact", "com_newsfeeds", "com_users"} {
		add(i+2, 1, c, 1+4*i, 4+4*i, 1)
		add(i+12, i+2, fmt.Sprintf("%s.category.%d", c, i+2), 2+4*i, 3+4*i, 2)
		s.Exec(tb, "UPDATE {categories} SET asset_id = ? WHERE id = ?", i+12, i+2)
	}
	add(8, 1, "com_modules", 21, 22, 1)
	add(9, 1, "com_menus", 23, 24, 1)
	s.Exec(tb, "UPDATE {assets} SET rgt = rgt + 2 WHERE id IN (1, 2)")
	s.Exec(tb, "UPDATE {assets} SET lft = lft + 2, rgt = rgt + 2 WHERE lft > 4")
	add(20, 2, "com_content.article.1", 4, 5, 2)
	s.numbered(tb, "assets")
}

// systemData is a column that Joomla 3 alone has.
func (s *Site) systemData() string {
	if s.Three {
		return ", system_data"
	}
	return ""
}

func (s *Site) plus(v []any) []any {
	if s.Three {
		return append(v, "")
	}
	return v
}

// User adds an account in a group.
func (s *Site) User(tb testing.TB, id int, login, name string, group int) {
	tb.Helper()
	s.row(tb, "users", "id, name, username, email, password, registerDate, params, otpKey, otep", id, name, login, login+"@joomla.test", Hash, day, `{"language":"en-GB","timezone":"Europe\/Berlin"}`, "", "")
	s.row(tb, "user_usergroup_map", "user_id, group_id", id, group)
}

// Category adds a category; the caller keeps the nested set.
func (s *Site) Category(tb testing.TB, id, parent int, extension, alias string, lft, rgt int) {
	tb.Helper()
	s.row(tb, "categories", "id, parent_id, lft, rgt, level, path, extension, title, alias, description, published, access, params, metadata, language, created_time, modified_time, created_user_id",
		id, parent, lft, rgt, min(parent, 1), alias, extension, "Category "+alias, alias, "<p>About "+alias+"</p>", 1, 1, `{"category_layout":"","image":"images\/a.png","image_alt":"A"}`, `{"author":"","robots":""}`, "*", day, day, 42)
}

// Tag adds a tag; the caller keeps the nested set.
func (s *Site) Tag(tb testing.TB, id, parent int, alias string, lft, rgt int) {
	tb.Helper()
	s.row(tb, "tags", "id, parent_id, lft, rgt, level, path, title, alias, description, published, access, params, metadesc, metakey, metadata, images, urls, language, created_time, modified_time",
		id, parent, lft, rgt, min(parent, 1), alias, "Tag "+alias, alias, "", 1, 1, "{}", "", "", "{}", "{}", "{}", "*", day, day)
}

// PNG is a picture of the given size.
func PNG(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Fill adds content of every kind.
func (s *Site) Fill(tb testing.TB) {
	tb.Helper()
	s.Open(tb)
	for _, p := range []string{"images/a.png", "images/banners/b c.png", "images/banners/ü.png"} {
		s.File(tb, p, PNG(30, 20))
	}
	s.User(tb, 50, "edith", "Édith Editor", 4)
	s.User(tb, 51, "reader", "A Reader", 2)
	s.row(tb, "user_profiles", "user_id, profile_key, profile_value, ordering", 51, "profile.aboutme", `"Reads a lot"`, 1)
	s.row(tb, "user_profiles", "user_id, profile_key, profile_value, ordering", 51, "profile.phone", `"123"`, 2)
	s.Exec(tb, "UPDATE {categories} SET rgt = 17 WHERE id = 1")
	s.Category(tb, 10, 1, "com_content", "news", 11, 14)
	s.Category(tb, 11, 10, "com_content", "local", 12, 13)
	s.Category(tb, 12, 1, "com_content", "hidden", 15, 16)
	s.Exec(tb, "UPDATE {categories} SET path = 'news/local', level = 2 WHERE id = 11")
	s.Exec(tb, "UPDATE {categories} SET published = 0 WHERE id = 12")
	s.Exec(tb, "UPDATE {tags} SET rgt = 5 WHERE id = 1")
	s.Tag(tb, 2, 1, "water", 1, 4)
	s.Tag(tb, 3, 2, "ice", 2, 3)
	s.Exec(tb, "UPDATE {tags} SET level = 2 WHERE id = 3")
	s.fields(tb)
	for i := range 5 {
		s.article(tb, 20+i, []int{10, 11, 12, 2, 10}[i], []int{1, 1, 1, 0, 2}[i])
	}
	s.parts(tb)
	s.menus(tb)
	for i := range 3 {
		s.row(tb, "redirect_links", "old_url, new_url, referer, published, created_date, modified_date, header", fmt.Sprintf("https://joomla.example/old-%d.html", i),
			[]string{"index.php?option=com_content&view=article&id=20", "https://elsewhere.example/", "index.php?option=com_users&view=login"}[i], "", 1, day, day, 301)
	}
	s.numbered(tb, "users", "categories", "tags", "content", "modules", "contact_details", "menu", "menu_types", "fields")
}

func (s *Site) fields(tb testing.TB) {
	tb.Helper()
	for i, f := range []string{"com_content.article subtitle text", "com_content.article topics checkboxes", "com_content.article photo media", "com_content.article rows subform",
		"com_content.article expert user", "com_users.user staff text", "com_content.categories motto text"} {
		p := strings.Fields(f)
		s.row(tb, "fields", "id, context, name, title, label, type, description, state, params, fieldparams, language, created_time, modified_time, ordering", i+1, p[0], p[1], p[1], p[1], p[2], "", 1, "{}", "{}", "*", day, day, i)
	}
	s.row(tb, "fields_groups", "id, context, title, description, state, params, language, created, modified, ordering", 1, "com_content.article", "Facts", "", 1, "{}", "*", day, day, 1)
	s.Exec(tb, "UPDATE {fields} SET group_id = 1 WHERE id IN (1, 2)")
	s.Exec(tb, "UPDATE {fields} SET fieldparams = ? WHERE id = 2", `{"options":{"options0":{"name":"One","value":"one"},"options1":{"name":"Two","value":"two"}}}`)
	s.Exec(tb, "UPDATE {fields} SET fieldparams = ? WHERE id = 4", `{"repeat":"1","options":{"option0":{"customfield":"1","render_values":"1"}}}`)
	s.row(tb, "fields_categories", "field_id, category_id", 2, 10)
	for _, v := range []string{"1|20|A subtitle", "2|20|one", "2|20|two", `3|20|{"imagefile":"images\/a.png#joomlaImage:\/\/local-images\/a.png?width=30&height=20","alt_text":"Alt"}`,
		`4|20|{"row0":{"field1":"sub"}}`, "5|20|50", "6|50|S-1", "7|10|Onwards"} {
		p := strings.SplitN(v, "|", 3)
		s.row(tb, "fields_values", "field_id, item_id, value", p[0], p[1], p[2])
	}
}

func (s *Site) article(tb testing.TB, id, cat, state int) {
	tb.Helper()
	s.row(tb, "content", "id, title, alias, introtext, fulltext, state, catid, created, created_by, modified, publish_up, images, urls, attribs, metadata, metadesc, metakey, access, featured, language, ordering",
		id, fmt.Sprintf("Article %d", id), fmt.Sprintf("article-%d", id), `<p>Intro <img src="images/a.png"></p>`, `<p>Rest <a href="index.php?option=com_content&amp;view=article&amp;id=21">on</a></p>`, state, cat, day,
		50, day, day, `{"image_intro":"images\/a.png","image_intro_alt":"Alt","float_intro":"left"}`, `{"urla":"https:\/\/example.org"}`, `{"show_title":"1"}`, `{"robots":"noindex, follow","author":""}`, "About it", "", 1+id%2, id%2, "*", id)
	if id%2 == 1 {
		s.row(tb, "content_frontpage", "content_id, ordering", id, 1)
	}
	if !s.Three {
		s.row(tb, "workflow_associations", "item_id, stage_id, extension", id, 1, "com_content.article")
	}
	s.row(tb, "associations", "id, context, key", id, "com_content.item", strings.Repeat("ab", 16))
	s.row(tb, "ucm_content", "core_content_id, core_type_alias, core_title, core_alias, core_content_item_id, core_created_time, core_modified_time, core_type_id", id, "com_content.article", "A", "a", id, day, day, 1)
	for _, tag := range []int{2, 3} {
		s.row(tb, "contentitem_tag_map", "type_alias, core_content_id, content_item_id, tag_id, type_id, tag_date", "com_content.article", id, id, tag, 1, day)
	}
	if s.db.Dialect() == cmssql.Postgres {
		s.Exec(tb, "SELECT setval(pg_get_serial_sequence(?, 'core_content_id'), ?)", cmssql.QuoteName(cmssql.Postgres, s.Prefix+"ucm_content"), id)
	}
}

func (s *Site) parts(tb testing.TB) {
	tb.Helper()
	for i, m := range []string{"mod_custom", "mod_menu"} {
		s.row(tb, "modules", "id, title, content, position, published, module, access, showtitle, params, client_id, language, ordering", 60+i, "Module "+m, "<p>Box</p>", "sidebar-right", 1, m, 1, 1, "{}", 0, "*", 1)
		s.row(tb, "modules_menu", "moduleid, menuid", 60+i, 0)
	}
	for i, pages := range [][]int{{110, 112}, {-110}, {-999}, nil} {
		s.row(tb, "modules", "id, title, content, position, published, module, access, showtitle, params, client_id, language, ordering", 62+i, fmt.Sprintf("Box %d", i), "<p>Box</p>", "sidebar-right", 1, "mod_custom", 1, 1, "{}", 0, "*", 2)
		for _, page := range pages {
			s.row(tb, "modules_menu", "moduleid, menuid", 62+i, page)
		}
	}
	s.row(tb, "contact_details", "id, name, alias, address, misc, image, published, params, catid, access, language, created, modified, metadesc, metadata, metakey, created_by", 70, "D'Arcy", "darcy", "3 Quay", "<p>Misc</p>", "images/a.png", 1, "{}", 4, 1, "*", day, day, "", "{}", "", 42)
}

func (s *Site) menus(tb testing.TB) {
	tb.Helper()
	for i, m := range []string{"sidemenu", "footer"} {
		s.row(tb, "menu_types", "id, menutype, title, description, client_id", 2+i, m, "Menu "+m, "", 0)
	}
	s.Exec(tb, "UPDATE {menu} SET rgt = 13 WHERE id = 1")
	for i, l := range []string{"sidemenu|1|news|index.php?option=com_content&view=category&layout=blog&id=10|component", "sidemenu|110|deep|index.php?option=com_content&view=article&id=20|component",
		"sidemenu|1|external|https://example.org/|url", "footer|1|heading||heading"} {
		p := strings.Split(l, "|")
		s.row(tb, "menu", "id, menutype, title, alias, path, link, type, published, parent_id, img, params, lft, rgt, level, language, access, component_id", 110+i, p[0], "Item "+p[2], p[2], p[2], p[3], p[4], 1, p[1], "",
			`{"menu-anchor_css":"a b"}`, []int{5, 6, 9, 11}[i], []int{8, 7, 10, 12}[i], []int{1, 2, 1, 1}[i], "*", 1, 10)
	}
}

// HistoryOfSix adds the columns that Joomla 6 has in the table of versions.
func (s *Site) HistoryOfSix(tb testing.TB) {
	tb.Helper()
	for _, column := range []string{"is_current", "is_legacy"} {
		s.Exec(tb, "ALTER TABLE {history} ADD COLUMN "+column+" smallint NOT NULL DEFAULT 0")
	}
}

// Six makes the tables those of Joomla 6, which differ in one that the driver reads, and says so. (administrator/components/com_admin/
// sql/updates, 6.0.0-2025-10-11)
func (s *Site) Six(tb testing.TB) {
	tb.Helper()
	s.HistoryOfSix(tb)
	s.Exec(tb, "UPDATE {extensions} SET manifest_cache = ? WHERE extension_id = 99", `{"version":"6.0.0"}`)
	s.Exec(tb, "UPDATE {schemas} SET version_id = '6.0.0-2025-10-11' WHERE extension_id = 99")
	s.row(tb, "history", "item_id, version_note, save_date, editor_user_id, character_count, sha1_hash, version_data, is_current, is_legacy", "com_content.article.20", "", day, 50, 10, "x",
		`{"id":20,"title":"Before","alias":"article-20","introtext":"<p>Old<\/p>","fulltext":"","state":1}`, 0, 1)
}
