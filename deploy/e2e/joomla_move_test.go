//go:build accept

package e2e

import (
	"maps"
	"strings"
	"testing"
)

// joomlaInvariants are what must hold for Joomla to show and list what it has, each as a query that finds what breaks it.
var joomlaInvariants = map[string]string{
	"a category's place is not inside that of its parent": "SELECT c.id FROM {categories} c JOIN {categories} p ON p.id = c.parent_id WHERE NOT (c.lft > p.lft AND c.rgt < p.rgt AND c.level = p.level + 1)",
	"two categories share a place":                        "SELECT a.id FROM {categories} a JOIN {categories} b ON a.id <> b.id AND (a.lft = b.lft OR a.rgt = b.rgt OR a.lft = b.rgt)",
	"a category's path is not its parent's and its alias": "SELECT c.id FROM {categories} c JOIN {categories} p ON p.id = c.parent_id WHERE c.path <> CONCAT(p.path, IF(p.path = '', '', '/'), c.alias)",
	"the root of categories does not count them all":      "SELECT r.id FROM {categories} r WHERE r.parent_id = 0 AND r.rgt - r.lft + 1 <> 2 * (SELECT COUNT(*) FROM {categories})",
	"a tag's place is not inside that of its parent":      "SELECT c.id FROM {tags} c JOIN {tags} p ON p.id = c.parent_id WHERE NOT (c.lft > p.lft AND c.rgt < p.rgt AND c.level = p.level + 1)",
	"two tags share a place":                              "SELECT a.id FROM {tags} a JOIN {tags} b ON a.id <> b.id AND (a.lft = b.lft OR a.rgt = b.rgt OR a.lft = b.rgt)",
	"a menu item's place is not inside its parent's":      "SELECT c.id FROM {menu} c JOIN {menu} p ON p.id = c.parent_id WHERE NOT (c.lft > p.lft AND c.rgt < p.rgt AND c.level = p.level + 1)",
	"two menu items share a place":                        "SELECT a.id FROM {menu} a JOIN {menu} b ON a.id <> b.id AND (a.lft = b.lft OR a.rgt = b.rgt OR a.lft = b.rgt)",
	"a menu item's path is wrong":                         "SELECT c.id FROM {menu} c JOIN {menu} p ON p.id = c.parent_id WHERE c.client_id = 0 AND c.path <> CONCAT(p.path, IF(p.path = '', '', '/'), c.alias)",
	"a component's item has no component":                 "SELECT m.id FROM {menu} m LEFT JOIN {extensions} e ON e.extension_id = m.component_id WHERE m.client_id = 0 AND m.published = 1 AND m.type = 'component' AND e.extension_id IS NULL",
	"a language has two start pages":                      "SELECT language FROM {menu} WHERE client_id = 0 AND home = 1 GROUP BY language HAVING COUNT(*) > 1",
	"an article's category is missing":                    "SELECT c.id FROM {content} c LEFT JOIN {categories} k ON k.id = c.catid AND k.extension = 'com_content' WHERE k.id IS NULL",
	"an article's state is none":                          "SELECT id FROM {content} WHERE state NOT IN (1, 0, 2, -2)",
	"an article's view level is missing":                  "SELECT c.id FROM {content} c LEFT JOIN {viewlevels} v ON v.id = c.access WHERE v.id IS NULL",
	"an article has no alias or language":                 "SELECT id FROM {content} WHERE alias = '' OR language = ''",
	"two articles of a category share an alias":           "SELECT catid FROM {content} GROUP BY catid, alias HAVING COUNT(*) > 1",
	"an author is missing":                                "SELECT c.id FROM {content} c LEFT JOIN {users} u ON u.id = c.created_by WHERE c.created_by <> 0 AND u.id IS NULL",
	"a column of JSON is none":                            "SELECT id FROM {content} WHERE images <> '' AND NOT JSON_VALID(images) OR attribs <> '' AND NOT JSON_VALID(attribs) OR urls <> '' AND NOT JSON_VALID(urls) OR metadata <> '' AND NOT JSON_VALID(metadata)",
	"featured and the front page disagree":                "SELECT c.id FROM {content} c LEFT JOIN {content_frontpage} f ON f.content_id = c.id WHERE c.featured <> (f.content_id IS NOT NULL)",
	"a tagged item has no copy for the tag's page": "SELECT m.content_item_id FROM {contentitem_tag_map} m LEFT JOIN {ucm_content} u ON u.core_content_id = m.core_content_id " +
		"AND u.core_content_item_id = m.content_item_id AND u.core_type_alias = m.type_alias WHERE u.core_content_id IS NULL",
	"a tag is missing":               "SELECT m.tag_id FROM {contentitem_tag_map} m LEFT JOIN {tags} t ON t.id = m.tag_id WHERE t.id IS NULL",
	"a value's field is missing":     "SELECT v.item_id FROM {fields_values} v LEFT JOIN {fields} f ON f.id = v.field_id WHERE f.id IS NULL",
	"a user is in no group":          "SELECT u.id FROM {users} u LEFT JOIN {user_usergroup_map} m ON m.user_id = u.id WHERE m.user_id IS NULL",
	"a group is missing":             "SELECT m.user_id FROM {user_usergroup_map} m LEFT JOIN {usergroups} g ON g.id = m.group_id WHERE g.id IS NULL",
	"a token is left":                "SELECT id FROM {content} WHERE CONCAT_WS(' ', introtext, `fulltext`, images, urls) REGEXP 'bailey:.{0,2}(entry|media|user|term|site)'",
	"a translation stands alone":     "SELECT `key` FROM {associations} GROUP BY `key`, context HAVING COUNT(*) < 2",
	"an article ends on a zero date": "SELECT id FROM {content} WHERE publish_down IS NOT NULL AND publish_down < '1000-01-01' AND (SELECT is_nullable FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{content}' AND column_name = 'publish_down') = 'YES'",
	"an asset is not inside another": "SELECT c.id FROM {assets} c JOIN {assets} p ON p.id = c.parent_id WHERE NOT (c.lft > p.lft AND c.rgt < p.rgt AND c.level = p.level + 1)",
	"two assets share a place":       "SELECT a.id FROM {assets} a JOIN {assets} b ON a.id <> b.id AND (a.lft = b.lft OR a.rgt = b.rgt OR a.lft = b.rgt)",
	"an article has no asset of its own below its category's": "SELECT c.id FROM {content} c JOIN {categories} k ON k.id = c.catid LEFT JOIN {assets} a ON a.id = c.asset_id AND a.parent_id = k.asset_id " +
		"AND a.name = CONCAT('com_content.article.', c.id) WHERE a.id IS NULL",
	"a category has no asset of its own": "SELECT c.id FROM {categories} c LEFT JOIN {assets} a ON a.id = c.asset_id AND a.name = CONCAT(c.extension, '.category.', c.id) WHERE c.parent_id > 0 AND a.id IS NULL",
	"a module has no asset of its own":   "SELECT m.id FROM {modules} m LEFT JOIN {assets} a ON a.id = m.asset_id AND a.name = CONCAT('com_modules.module.', m.id) WHERE a.id IS NULL",
	"a menu has no asset of its own":     "SELECT m.id FROM {menu_types} m LEFT JOIN {assets} a ON a.id = m.asset_id AND a.name = CONCAT('com_menus.menu.', m.id) WHERE a.id IS NULL",
	"a field has no asset of its own":    "SELECT f.id FROM {fields} f LEFT JOIN {assets} a ON a.id = f.asset_id AND a.name = CONCAT(SUBSTRING_INDEX(f.context, '.', 1), '.field.', f.id) WHERE a.id IS NULL",
	"a field's group is missing":         "SELECT f.id FROM {fields} f LEFT JOIN {fields_groups} g ON g.id = f.group_id AND g.context = f.context WHERE f.group_id > 0 AND g.id IS NULL",
	"a module is of no kind":             "SELECT id FROM {modules} WHERE module = ''",
	"a module is on the page of no item": "SELECT a.moduleid FROM {modules_menu} a LEFT JOIN {menu} i ON i.id = ABS(a.menuid) WHERE a.menuid <> 0 AND i.id IS NULL",
	"a redirect leads nowhere":           "SELECT id FROM {redirect_links} WHERE published = 1 AND new_url = ''",
	"an article is at no stage (4, 5)":   "",
}

func (s *joomlaSite) sql(query string) string {
	query = strings.ReplaceAll(query, "'{content}'", "'"+s.prefix+"content'")
	return strings.NewReplacer("{", "`"+s.prefix, "}", "`").Replace(query)
}

// broken are the rows that break an invariant; some do on a blank site.
func (s *joomlaSite) broken(t *testing.T) map[string][]string {
	t.Helper()
	queries := maps.Clone(joomlaInvariants)
	var four int
	if err := s.db.DB.QueryRow("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", s.prefix+"workflow_associations").Scan(&four); err != nil {
		t.Fatal(err)
	}
	const stages = "an article is at no stage (4, 5)"
	delete(queries, stages)
	if four > 0 {
		queries[stages] = "SELECT c.id FROM {content} c LEFT JOIN {workflow_associations} w ON w.item_id = c.id AND w.extension = 'com_content.article' LEFT JOIN {workflow_stages} g ON g.id = w.stage_id WHERE g.id IS NULL"
	}
	for what, query := range queries {
		queries[what] = s.sql(query)
	}
	return breaking(t, s.db.DB, queries)
}

// joomlaState is everything that a site consists of.
func (s *joomlaSite) state(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for k, v := range withoutLedger(checksums(t, s.db.DB)) {
		all[k] = v
	}
	for k, v := range fileHashes(t, s.root) {
		all[k] = v
	}
	return all
}
