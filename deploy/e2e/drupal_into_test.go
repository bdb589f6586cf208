//go:build accept

package e2e

import (
	"maps"
	"strings"
	"testing"
)

// drupal8Invariants are what must hold for Drupal 8 and later to show and list what it has, each as a query that finds what breaks it.
var drupal8Invariants = map[string]string{
	"a node has no current version":           "SELECT n.nid FROM node n LEFT JOIN node_revision r ON r.vid = n.vid AND r.nid = n.nid WHERE r.vid IS NULL",
	"a node has no row of data":               "SELECT n.nid FROM node n LEFT JOIN node_field_data d ON d.nid = n.nid AND d.vid = n.vid AND d.type = n.type AND d.langcode = n.langcode AND d.default_langcode = 1 WHERE d.nid IS NULL",
	"data and current version disagree":       "SELECT d.nid FROM node_field_data d LEFT JOIN node_field_revision r ON r.vid = d.vid AND r.langcode = d.langcode AND r.title = d.title AND r.status = d.status AND r.uid = d.uid WHERE r.nid IS NULL",
	"a node's type is none":                   "SELECT n.nid FROM node n LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('node.type.', n.type) WHERE c.name IS NULL",
	"an author is missing":                    "SELECT d.nid FROM node_field_data d LEFT JOIN users_field_data u ON u.uid = d.uid WHERE u.uid IS NULL",
	"a body is not in its version":            "SELECT b.entity_id FROM node__body b LEFT JOIN node_revision__body r ON r.revision_id = b.revision_id AND r.langcode = b.langcode AND r.delta = b.delta AND r.body_value = b.body_value WHERE r.entity_id IS NULL",
	"a body is of no node":                    "SELECT b.entity_id FROM node__body b LEFT JOIN node n ON n.nid = b.entity_id AND n.vid = b.revision_id AND n.type = b.bundle WHERE n.nid IS NULL",
	"a body's format is missing":              "SELECT b.entity_id FROM node__body b LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('filter.format.', b.body_format) WHERE b.body_format IS NOT NULL AND c.name IS NULL",
	"a picture's file is missing":             "SELECT i.entity_id FROM node__field_image i LEFT JOIN file_managed f ON f.fid = i.field_image_target_id WHERE f.fid IS NULL",
	"a picture is not counted":                "SELECT i.entity_id FROM node__field_image i LEFT JOIN file_usage u ON u.fid = i.field_image_target_id AND u.module = 'file' AND u.type = 'node' AND u.id = i.entity_id WHERE u.fid IS NULL",
	"a node that takes comments has no sums":  "SELECT c.entity_id FROM node__comment c LEFT JOIN comment_entity_statistics s ON s.entity_id = c.entity_id AND s.entity_type = 'node' AND s.field_name = 'comment' WHERE s.entity_id IS NULL",
	"a sum of comments is wrong":              "SELECT s.entity_id FROM comment_entity_statistics s WHERE s.entity_type = 'node' AND s.comment_count <> (SELECT COUNT(*) FROM comment_field_data c WHERE c.entity_id = s.entity_id AND c.status = 1)",
	"a comment is of no node":                 "SELECT c.cid FROM comment_field_data c LEFT JOIN node__comment n ON n.entity_id = c.entity_id WHERE n.entity_id IS NULL",
	"a comment has no body or base":           "SELECT c.cid FROM comment_field_data c LEFT JOIN comment b ON b.cid = c.cid LEFT JOIN comment__comment_body t ON t.entity_id = c.cid WHERE b.cid IS NULL OR t.entity_id IS NULL",
	"a comment is not below what it answers":  "SELECT c.cid FROM comment_field_data c JOIN comment_field_data p ON p.cid = c.pid WHERE c.thread NOT LIKE CONCAT(TRIM(TRAILING '/' FROM p.thread), '.%') OR p.entity_id <> c.entity_id",
	"two comments share a place":              "SELECT entity_id FROM comment_field_data GROUP BY entity_id, thread HAVING COUNT(*) > 1",
	"a comment has no place":                  "SELECT cid FROM comment_field_data WHERE thread NOT LIKE '%/'",
	"a term has no data, version or parent":   "SELECT t.tid FROM taxonomy_term_data t LEFT JOIN taxonomy_term_field_data d ON d.tid = t.tid AND d.revision_id = t.revision_id AND d.vid = t.vid LEFT JOIN taxonomy_term_revision r ON r.revision_id = t.revision_id LEFT JOIN taxonomy_term__parent p ON p.entity_id = t.tid AND p.revision_id = t.revision_id WHERE d.tid IS NULL OR r.tid IS NULL OR p.entity_id IS NULL",
	"a term's parent is missing":              "SELECT p.entity_id FROM taxonomy_term__parent p LEFT JOIN taxonomy_term_data t ON t.tid = p.parent_target_id AND t.vid = p.bundle WHERE p.parent_target_id <> 0 AND t.tid IS NULL",
	"a term's vocabulary is missing":          "SELECT t.tid FROM taxonomy_term_data t LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('taxonomy.vocabulary.', t.vid) WHERE c.name IS NULL",
	"the index of terms holds what is hidden": "SELECT i.nid FROM taxonomy_index i LEFT JOIN node_field_data d ON d.nid = i.nid WHERE d.status IS NULL OR d.status <> 1",
	"a user has no data":                      "SELECT u.uid FROM users u LEFT JOIN users_field_data d ON d.uid = u.uid WHERE d.uid IS NULL",
	"a role is missing":                       "SELECT r.entity_id FROM user__roles r LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('user.role.', r.roles_target_id) WHERE c.name IS NULL",
	"an address has no version":               "SELECT a.id FROM path_alias a LEFT JOIN path_alias_revision r ON r.id = a.id AND r.revision_id = a.revision_id AND r.alias = a.alias AND r.path = a.path WHERE r.id IS NULL",
	"two things share an address":             "SELECT alias FROM path_alias GROUP BY alias, langcode HAVING COUNT(*) > 1",
	"a link of a menu has no rows":            "SELECT l.id FROM menu_link_content l LEFT JOIN menu_link_content_data d ON d.id = l.id AND d.revision_id = l.revision_id LEFT JOIN menu_link_content_revision r ON r.revision_id = l.revision_id LEFT JOIN menu_link_content_field_revision f ON f.revision_id = l.revision_id WHERE d.id IS NULL OR r.id IS NULL OR f.id IS NULL",
	"a link is not in the index of menus":     "SELECT l.id FROM menu_link_content l JOIN menu_link_content_data d ON d.id = l.id LEFT JOIN menu_tree t ON t.id = CONCAT('menu_link_content:', l.uuid) AND t.menu_name = d.menu_name AND t.parent = COALESCE(d.parent, '') WHERE t.mlid IS NULL",
	"a link's depth or path is wrong":         "SELECT t.mlid FROM menu_tree t LEFT JOIN menu_tree p ON p.id = t.parent WHERE t.provider = 'menu_link_content' AND (t.parent = '' AND (t.depth <> 1 OR t.p1 <> t.mlid) OR t.parent <> '' AND (p.mlid IS NULL OR t.depth <> p.depth + 1 OR t.p1 <> p.p1 OR p.has_children = 0))",
	"a link's query stands in its path":       "SELECT mlid FROM menu_tree WHERE provider = 'menu_link_content' AND url LIKE 'base:%?%'",
	"a menu is missing":                       "SELECT d.id FROM menu_link_content_data d LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('system.menu.', d.menu_name) WHERE c.name IS NULL",
	"a link leads to no node":                 "SELECT d.id FROM menu_link_content_data d LEFT JOIN node n ON d.link__uri = CONCAT('entity:node/', n.nid) WHERE d.link__uri LIKE 'entity:node/%' AND n.nid IS NULL",
	"a token is left":                         "SELECT entity_id FROM node__body WHERE body_value REGEXP 'bailey:.{0,2}(entry|media|user|term|site)' UNION SELECT entity_id FROM comment__comment_body WHERE comment_body_value REGEXP 'bailey:.{0,2}(entry|media|user|term|site)'",
	"a configuration is not found by its id":  "SELECT c.name FROM config c WHERE c.collection = '' AND c.name LIKE 'field.%' AND c.name NOT IN ('field.settings', 'field_ui.settings') AND NOT EXISTS (SELECT 1 FROM key_value k WHERE k.collection LIKE 'config.entity.key_store.field%' AND CONVERT(k.value USING utf8mb4) LIKE CONCAT('%\"', c.name, '\"%'))",
	"a table of a field is not remembered":    "SELECT c.name FROM config c WHERE c.collection = '' AND c.name LIKE 'field.storage.%' AND NOT EXISTS (SELECT 1 FROM key_value k WHERE k.collection = 'entity.storage_schema.sql' AND k.name = CONCAT(SUBSTRING_INDEX(SUBSTR(c.name, 15), '.', 1), '.field_schema_data.', SUBSTRING_INDEX(c.name, '.', -1)))",
	"a field is not among the installed ones": "SELECT c.name FROM config c WHERE c.collection = '' AND c.name LIKE 'field.storage.%' AND NOT EXISTS (SELECT 1 FROM key_value k WHERE k.collection = 'entity.definitions.installed' AND k.name = CONCAT(SUBSTRING_INDEX(SUBSTR(c.name, 15), '.', 1), '.field_storage_definitions') AND INSTR(k.value, CONCAT('\"', SUBSTRING_INDEX(c.name, '.', -1), '\";O:38:')) > 0)",
}

// broken checks the invariants. What the blank site breaks by itself does not count.
func (s *drupalSite) broken(t *testing.T) map[string][]string {
	t.Helper()
	if strings.HasPrefix(s.fixture, "d7-") {
		return s.broken7(t)
	}
	return breaking(t, s.db.DB, drupal8Invariants)
}

// state is everything that a site consists of but for its caches.
func (s *drupalSite) state(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for k, v := range checksums(t, s.db.DB) {
		if !strings.Contains(k, "bailey_") && !strings.HasPrefix(k, "table cache") {
			all[k] = v
		}
	}
	maps.Copy(all, fileHashes(t, s.root))
	return all
}
