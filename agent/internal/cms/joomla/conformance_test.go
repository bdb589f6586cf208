package joomla

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/joomla/joomlatest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, three := range []bool{false, true} {
		t.Run(map[bool]string{false: "5", true: "3"}[three], func(t *testing.T) {
			t.Parallel()
			cmstest.Run(t, harness(three))
		})
	}
}

func harness(three bool) cmstest.Harness {
	return cmstest.Harness{
		Driver: Driver{},
		Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := tables(t, d, prefix, three)
			s.Fill(t)
			return s.Settings
		},
		Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := tables(t, d, prefix, three)
			s.Writable = true
			return s.Settings
		},
		Prefix: "jos_", Unusual: "Jx_2-k_",
		Poison: map[cms.Kind]cmstest.Column{
			kindUser: {Table: "users", Column: "name"}, kindTerm: {Table: "tags", Column: "title"}, kindEntry: {Table: "content", Column: "title"},
		},
		Records: records(),
		Sound:   sound(three),
		Absent:  map[string]string{cmstest.NumericIDs: "Joomla's ids are numbers of 32 bits"},
	}
}

// tables are those of Joomla 3, or those of 5 with the versions of 6.
func tables(t *testing.T, d cmssql.Dialect, prefix string, three bool) *joomlatest.Site {
	s := joomlatest.New(t, d, prefix, three)
	if !three {
		s.Open(t)
		s.HistoryOfSix(t)
	}
	return s
}

// sound are the laws of Joomla's trees, and of the rights of what was written.
func sound(three bool) map[string]string {
	all := map[string]string{
		"an article has no asset below its category's": "SELECT c.id FROM {content} c JOIN {categories} k ON k.id = c.catid LEFT JOIN {assets} a ON a.id = c.asset_id AND a.parent_id = k.asset_id " +
			"AND a.name = CONCAT('com_content.article.', c.id) WHERE c.id > 24 AND a.id IS NULL",
		"a category has no asset below its parent's": "SELECT c.id FROM {categories} c JOIN {categories} p ON p.id = c.parent_id LEFT JOIN {assets} b ON b.name = c.extension LEFT JOIN {assets} a ON a.id = c.asset_id " +
			"AND a.name = CONCAT(c.extension, '.category.', c.id) AND a.parent_id = CASE WHEN p.parent_id > 0 THEN p.asset_id ELSE b.id END WHERE c.id > 12 AND a.id IS NULL",
		"a module has no asset": "SELECT m.id FROM {modules} m LEFT JOIN {assets} a ON a.id = m.asset_id AND a.name = CONCAT('com_modules.module.', m.id) WHERE m.id > 65 AND a.id IS NULL",
		"a menu has no asset":   "SELECT m.id FROM {menu_types} m LEFT JOIN {assets} a ON a.id = m.asset_id AND a.name = CONCAT('com_menus.menu.', m.id) WHERE m.id > 3 AND a.id IS NULL",
	}
	if !three {
		all["a version is taken for a form that was filled in"] = "SELECT version_id FROM {history} WHERE is_legacy = 0"
	}
	for line, sign := range map[string]string{"Line 1": "", "Line 2": "-"} {
		all["a module is not assigned to "+line] = "SELECT i.id FROM {menu} i JOIN {modules} m ON m.title = 'Box' LEFT JOIN {modules_menu} a ON a.moduleid = m.id AND a.menuid = " + sign + "i.id WHERE i.title = '" + line + "' AND a.moduleid IS NULL"
	}
	item, table := "h.item_id = CONCAT('com_content.article.', c.id)", "history"
	if three {
		item, table = "h.ucm_item_id = c.id", "ucm_history"
	}
	all["a version is not of the article that it names"] = "SELECT h.version_id FROM {" + table + "} h LEFT JOIN {content} c ON " + item +
		" AND h.version_data LIKE CONCAT('%\"id\":', c.id, ',%') AND h.version_data LIKE CONCAT('%\"catid\":', c.catid, ',%') WHERE h.save_date > '2020-01-01' AND h.save_date < '2021-01-01' AND (c.id IS NULL OR h.sha1_hash = '')"
	all["a group that was made allows more than Registered"] = "SELECT id FROM {usergroups} WHERE title = 'Members Club' AND parent_id <> 2"
	all["a place of a group is not inside that above"] = "SELECT c.id FROM {usergroups} c LEFT JOIN {usergroups} p ON p.id = c.parent_id WHERE c.parent_id > 0 AND (p.id IS NULL OR NOT (c.lft > p.lft AND c.rgt < p.rgt))"
	all["a level is for others than the group of its name"] = "SELECT v.id FROM {viewlevels} v LEFT JOIN {usergroups} g ON g.title = v.title WHERE v.title = 'Members Club' AND v.rules <> CONCAT('[', g.id, ',8]') AND v.rules <> '[8]'"
	all["a field has no asset below its group's or component's"] = "SELECT f.id FROM {fields} f LEFT JOIN {assets} p ON p.name = CASE WHEN f.group_id > 0 THEN CONCAT('com_content.fieldgroup.', f.group_id) ELSE 'com_content' END " +
		"LEFT JOIN {assets} a ON a.id = f.asset_id AND a.parent_id = p.id AND a.name = CONCAT('com_content.field.', f.id) WHERE f.context = 'com_content.article' AND f.name NOT IN ('subtitle', 'topics', 'photo', 'rows', 'expert') AND a.id IS NULL"
	all["a field came without its group, its options or its category"] = "SELECT f.id FROM {fields} f LEFT JOIN {fields_groups} g ON g.id = f.group_id AND g.title = 'Facts & figures' AND g.asset_id > 0 " +
		"LEFT JOIN {fields_categories} k ON k.field_id = f.id WHERE f.name = 'subjects' AND f.type = 'list' AND " +
		"(g.id IS NULL OR k.field_id IS NULL OR f.state <> 0 OR f.fieldparams NOT LIKE '%u00d6l\",\"value\":\"oil\"%')"
	all["a subform is not made of its fields"] = "SELECT f.id FROM {fields} f LEFT JOIN {fields} p ON p.name = 'subjects' AND f.fieldparams LIKE CONCAT('%\"customfield\":\"', p.id, '\"%') WHERE f.name = 'lines' AND p.id IS NULL"
	for _, t := range []string{"assets", "categories", "tags", "menu"} {
		all["a place in "+t+" is not inside that above"] = "SELECT c.id FROM {" + t + "} c LEFT JOIN {" + t + "} p ON p.id = c.parent_id WHERE c.parent_id > 0 AND (p.id IS NULL OR NOT (c.lft > p.lft AND c.rgt < p.rgt AND c.level = p.level + 1))"
		all["two share a place in "+t] = "SELECT a.id FROM {" + t + "} a JOIN {" + t + "} b ON a.id <> b.id AND (a.lft = b.lft OR a.rgt = b.rgt OR a.lft = b.rgt OR a.lft < b.lft AND a.rgt > b.lft AND a.rgt < b.rgt)"
	}
	return all
}

// records are what only Joomla has.
func records() []*recordv1.Record {
	group, at := strings.Repeat("0f", 16), &recordv1.Time{Seconds: 1_600_000_000}
	news, tag := record.NewRef(kindTerm, "s-t1"), record.NewRef(kindTerm, "s-t3")
	entry := func(id string, e *recordv1.Entry, fields ...*recordv1.Field) *recordv1.Record {
		e.Published, e.Created, e.Modified = at, at, at
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: e}, Fields: fields}
	}
	version := func(id string, e *recordv1.Entry, fields ...*recordv1.Field) *recordv1.Record {
		e.Purpose, e.Modified = recordv1.Purpose_PURPOSE_REVISION, at
		return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: e}, Fields: fields}
	}
	text := func(name, v string) *recordv1.Field { return &recordv1.Field{Name: name, Value: textValue(v)} }
	full := entry("j-1", &recordv1.Entry{Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_ARCHIVED, Title: "Archived & featured", Slug: "archived",
		Content: &recordv1.Body{Markup: markup, Text: `<p>Intro</p>` + readMore + `<p>See <a href="bailey:entry/j-2">it</a></p>`}, Terms: []*recordv1.Ref{news, tag}, Featured: true,
		Visibility: recordv1.Visibility_VISIBILITY_MEMBERS, Image: &recordv1.Image{Url: "https://elsewhere.example/a.png", Alt: "Alt", Caption: "Caption"},
		Seo: &recordv1.Seo{Description: "Described", Noindex: true}},
		text("plain", "some text"), text("plain", "another"), text(extraPrefix+"created_by_alias", "Guest"), text(extraPrefix+"publish_down", "2031-01-01 00:00:00"),
		&recordv1.Field{Name: "expert", Value: refValue(record.NewRef(kindUser, "s-u1"))},
		&recordv1.Field{Name: "rows", Encoding: "json", Value: arrayValue(false, pair("linklist0", arrayValue(false, pair("label", textValue("L")))))},
		&recordv1.Field{Name: extraPrefix + "urls", Encoding: "json", Value: arrayValue(false, pair("urla", textValue("bailey:entry/j-2")))})
	full.Locale, full.TranslationGroup = "en-GB", group
	other := entry("j-2", &recordv1.Entry{Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_TRASHED, Title: "Trashed", Slug: "trashed",
		Content: &recordv1.Body{Markup: markup, Text: "<p>x</p>"}, Terms: []*recordv1.Ref{news}, Visibility: recordv1.Visibility_VISIBILITY_TIERS, Tiers: []string{"special"},
		HideTitleAndImage: true}, &recordv1.Field{Name: "people", Encoding: "json", Value: arrayValue(true, pair("0", refValue(record.NewRef(kindUser, "s-u1"))))})
	other.Locale, other.TranslationGroup = "fr-FR", group
	line := func(id, above string, n int32, target *recordv1.Ref, url string, fields ...*recordv1.Field) *recordv1.MenuItem {
		return &recordv1.MenuItem{Id: id, ParentId: above, Position: n, Title: "Line " + id, Target: target, Url: url, Fields: fields}
	}
	box := func(name string) *recordv1.Field {
		return &recordv1.Field{Name: name, Encoding: "json", Value: arrayValue(true, &recordv1.Pair{Key: intValue(0), Value: refValue(record.NewRef(kindEntry, "j-3"))})}
	}
	return []*recordv1.Record{full, other,
		entry("j-3", &recordv1.Entry{Type: typeModule, Purpose: recordv1.Purpose_PURPOSE_FRAGMENT, Status: recordv1.Status_STATUS_PUBLISHED, Title: "Box", HideTitleAndImage: true,
			Content: &recordv1.Body{Markup: markup, Text: `<a href="bailey:entry/j-4">c</a>`}}, text(extraPrefix+"position", "sidebar-right")),
		entry("j-4", &recordv1.Entry{Type: typeContact, Purpose: recordv1.Purpose_PURPOSE_CUSTOM, Status: recordv1.Status_STATUS_PUBLISHED, Title: "D'Arcy", Slug: "darcy",
			Content: &recordv1.Body{Markup: markup, Text: "<p>Misc</p>"}}, text(extraPrefix+"address", "3 Quay"), text("hours", "9-13")),
		{Ref: record.NewRef(kindMenu, "j-m"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "A menu", Slug: "a-menu-with-a-name-too-long-for-its-column", Items: []*recordv1.MenuItem{
			line("1", "", 1, news, "", text(linkField, "index.php?option=com_content&view=category&layout=blog&id={id}"), box(onlyHereField)), line("2", "1", 2, record.NewRef(kindEntry, "j-1"), "", box(notHereField)),
			line("3", "2", 3, nil, "", text(extraPrefix+"type", "heading")), line("4", "", 4, nil, "bailey:entry/j-2"),
			line("5", "", 5, record.NewRef(kindUser, "s-u1"), "")}}}},
		{Ref: record.NewRef(kindUser, "j-club"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "clubber", Email: "clubber@example.org", DisplayName: "In a club",
			Account: recordv1.Account_ACCOUNT_MEMBER, Roles: []string{"Members Club", "subscriber"}}}},
		entry("j-5", &recordv1.Entry{Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: "For the club", Slug: "club",
			Content: &recordv1.Body{Markup: markup, Text: "<p>x</p>"}, Terms: []*recordv1.Ref{news}, Visibility: recordv1.Visibility_VISIBILITY_TIERS, Tiers: []string{"Members Club"}}),
		{Ref: record.NewRef(kindSite, "j-s"), Body: &recordv1.Record_Site{Site: &recordv1.Site{}}, Fields: []*recordv1.Field{
			{Name: groupsOfField, Encoding: "json", Value: arrayValue(false, pair("g", arrayValue(false, pair("context", textValue(articleContext)), pair("title", textValue("Facts & figures")))))},
			{Name: definitionsField, Encoding: "json", Value: arrayValue(false,
				pair("s", arrayValue(false, pair("context", textValue(articleContext)), pair("name", textValue("lines")), pair("type", textValue("subform")), pair("fieldparams",
					arrayValue(false, pair("options", arrayValue(false, pair("option0", arrayValue(false, pair("customfield", textValue("subjects")))))))))),
				pair("t", arrayValue(false, pair("context", textValue(articleContext)), pair("name", textValue("subjects")), pair("title", textValue("Topics")), pair("type", textValue("list")),
					pair("state", intValue(0)), pair("description", textValue("What it is about")), pair("group", textValue("Facts & figures")), pair("categories", arrayValue(true, &recordv1.Pair{Key: intValue(0), Value: refValue(news)})),
					pair("fieldparams", arrayValue(false, pair("options", arrayValue(false, pair("options0", arrayValue(false, pair("name", textValue("Öl")), pair("value", textValue("oil")))))))))))}}},
		version("j-v1", &recordv1.Entry{Type: typeRevision, Title: "Before", Slug: "archived", Status: recordv1.Status_STATUS_PUBLISHED, Parent: record.NewRef(kindEntry, "j-1"),
			Content: &recordv1.Body{Markup: markup, Text: `<p>Öld</p>` + readMore + `<p><a href="bailey:entry/j-4">c</a></p>`}, Authors: []*recordv1.Ref{record.NewRef(kindUser, "s-u1")}},
			text(extraPrefix+"version_note", "first"), &recordv1.Field{Name: versionField, Encoding: "json", Value: arrayValue(false, pair("catid", intValue(99)), pair("hits", intValue(4)))}),
		version("j-v2", &recordv1.Entry{Type: "page", Title: "Of another platform", Status: recordv1.Status_STATUS_DRAFT, Parent: record.NewRef(kindEntry, "j-1"), Content: &recordv1.Body{Markup: "html", Text: "<p>x</p>"}}),
		{Ref: record.NewRef(kindUser, "j-u"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "nobody", Email: "nobody@example.org", DisplayName: "In no group"}}},
		{Ref: record.NewRef(kindRedirect, "j-r"), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/gone.html", ToUrl: "https://elsewhere.example/", Code: 302, Disabled: true}}},
	}
}
