package main

import (
	"fmt"
	"time"
)

// remarks adds the comments, an hour apart, and counts them.
func (w *wordpress) remarks(entries []*entry) {
	at := time.Date(2023, 11, 1, 9, 0, 0, 0, time.UTC)
	ids := []int64{0}
	for _, r := range remarks {
		at = at.Add(time.Hour)
		user := int64(0)
		for _, a := range accounts {
			if a.email == r.email {
				user = w.users[a.login]
			}
		}
		ids = append(ids, w.exec(`INSERT INTO wp_comments (comment_post_ID,comment_author,comment_author_email,comment_author_IP,comment_date,comment_date_gmt,
			comment_content,comment_approved,comment_parent,user_id) VALUES (?,?,?,'192.0.2.17',?,?,?,?,?,?)`,
			w.posts[r.on], r.name, r.email, at.Format(time.DateTime), at.Add(-time.Hour).Format(time.DateTime), r.text, r.approved, ids[r.parent], user))
	}
	for _, e := range entries {
		w.exec("UPDATE wp_posts SET comment_count = (SELECT COUNT(*) FROM wp_comments WHERE comment_post_ID = ID AND comment_approved = '1') WHERE ID = ?", w.posts[e.slug])
	}
}

// line is a line of the sample menu; under names the line above it.
type line struct{ label, page, category, address, under string }

var lines = []line{
	{label: "", page: "welcome"},
	{label: "Bridges", page: "our-bridges"},
	{label: "", page: "mill-race", under: "our-bridges"},
	{label: "", page: "two-oaks", under: "our-bridges"},
	{label: "Workshop notes", category: "workshop"},
	{label: "Auf Deutsch", category: "deutsch"},
	{label: "River levels", address: "https://levels.example.org/ulv"},
	{label: "", page: "contact"},
}

// menu adds the primary menu, nested.
func (w *wordpress) menu() {
	menu := w.term("nav_menu", "Main menu", "main-menu", 0)
	items := map[string]int64{}
	at := time.Date(2019, 3, 4, 8, 0, 0, 0, time.UTC)
	for i, l := range lines {
		id := int64(900 + i)
		w.post(id, "nav_menu_item", "publish", l.label, fmt.Sprint(id), "tessa", at, "", "", "", "", 0, i+1, fmt.Sprintf("%s/?p=%d", home, id))
		typ, object, target := "custom", "custom", id
		switch {
		case l.page != "":
			typ, object, target = "post_type", "page", w.posts[l.page]
			items[l.page] = id
		case l.category != "":
			typ, object, target = "taxonomy", "category", w.terms["category "+l.category]
		}
		for _, m := range [][2]string{{"_menu_item_type", typ}, {"_menu_item_menu_item_parent", fmt.Sprint(items[l.under])}, {"_menu_item_object_id", fmt.Sprint(target)},
			{"_menu_item_object", object}, {"_menu_item_target", ""}, {"_menu_item_classes", `a:1:{i:0;s:0:"";}`}, {"_menu_item_xfn", ""}, {"_menu_item_url", l.address}} {
			w.meta(id, m[0], m[1])
		}
		w.relate(id, menu)
	}
	w.terms["menu"] = menu
}

// options are the settings of the site.
func (w *wordpress) options() {
	mods := fmt.Sprintf(`a:1:{s:18:"nav_menu_locations";a:1:{s:7:"primary";i:%d;}}`, w.terms["menu"])
	all := [][2]string{
		{"siteurl", home}, {"home", home}, {"blogname", "Ulvbekk Bridge Builders"}, {"blogdescription", "We carry things across water"}, {"users_can_register", "0"},
		{"admin_email", "tessa@ulvbekk.example"}, {"start_of_week", "1"}, {"posts_per_page", "10"}, {"date_format", "j F Y"}, {"time_format", "H:i"},
		{"permalink_structure", "/%postname%/"}, {"timezone_string", "Europe/Oslo"}, {"gmt_offset", "0"}, {"WPLANG", "en_GB"}, {"blog_charset", "UTF-8"},
		{"db_version", "53496"}, {"show_on_front", "page"}, {"page_on_front", fmt.Sprint(w.posts["welcome"])}, {"page_for_posts", "0"},
		{"default_category", fmt.Sprint(w.terms["category uncategorized"])}, {"default_comment_status", "open"}, {"default_ping_status", "closed"},
		{"sticky_posts", fmt.Sprintf("a:1:{i:0;i:%d;}", w.posts["the-night-we-crossed-the-ulv"])}, {"template", "twentytwentyone"}, {"stylesheet", "twentytwentyone"},
		{"theme_mods_twentytwentyone", mods}, {"active_plugins", "a:0:{}"}, {"uploads_use_yearmonth_folders", "1"}, {"upload_path", ""}, {"upload_url_path", ""},
		{"site_icon", "0"}, {"category_base", ""}, {"tag_base", ""}, {"thread_comments", "1"}, {"default_role", "subscriber"},
		{"wp_user_roles", `a:5:{s:13:"administrator";a:1:{s:4:"name";s:13:"Administrator";}s:6:"editor";a:1:{s:4:"name";s:6:"Editor";}s:6:"author";a:1:{s:4:"name";s:6:"Author";}` +
			`s:11:"contributor";a:1:{s:4:"name";s:11:"Contributor";}s:10:"subscriber";a:1:{s:4:"name";s:10:"Subscriber";}}`},
	}
	for _, o := range all {
		w.exec("INSERT INTO wp_options (option_name,option_value) VALUES (?,?)", o[0], o[1])
	}
}
