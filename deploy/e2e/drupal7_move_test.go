//go:build accept

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// drupal7Invariants are what must hold for Drupal 7 to show and list what it has, each as a query that finds what breaks it.
var drupal7Invariants = map[string]string{
	"a node has no row for its version":               "SELECT n.nid FROM node n LEFT JOIN node_revision r ON r.vid = n.vid AND r.nid = n.nid WHERE r.vid IS NULL",
	"a node and its version disagree":                 "SELECT n.nid FROM node n JOIN node_revision r ON r.vid = n.vid WHERE BINARY n.title <> BINARY r.title OR n.status <> r.status OR n.comment <> r.comment OR n.sticky <> r.sticky OR n.promote <> r.promote",
	"a node's type is missing":                        "SELECT n.nid FROM node n LEFT JOIN node_type t ON t.type = n.type WHERE t.type IS NULL",
	"a node's author is missing":                      "SELECT n.nid FROM node n LEFT JOIN users u ON u.uid = n.uid WHERE u.uid IS NULL",
	"a node has no counter of comments":               "SELECT n.nid FROM node n LEFT JOIN node_comment_statistics s ON s.nid = n.nid WHERE s.nid IS NULL",
	"a counter of comments is wrong":                  "SELECT s.nid FROM node_comment_statistics s WHERE s.comment_count <> (SELECT COUNT(*) FROM comment c WHERE c.nid = s.nid AND c.status = 1)",
	"a last comment is wrong":                         "SELECT s.nid FROM node_comment_statistics s WHERE s.comment_count > 0 AND s.cid <> (SELECT MAX(c.cid) FROM comment c WHERE c.nid = s.nid AND c.status = 1)",
	"a comment's node is missing":                     "SELECT c.cid FROM comment c LEFT JOIN node n ON n.nid = c.nid WHERE n.nid IS NULL",
	"a comment has no place in its thread":            "SELECT cid FROM comment WHERE thread NOT REGEXP '^[0-9a-z]{2,}([.][0-9a-z]{2,})*/$'",
	"two comments share a place":                      "SELECT nid FROM comment GROUP BY nid, thread HAVING COUNT(*) > 1",
	"an answer is not below what it answers":          "SELECT c.cid FROM comment c JOIN comment p ON p.cid = c.pid WHERE c.nid <> p.nid OR c.thread NOT LIKE CONCAT(TRIM(TRAILING '/' FROM p.thread), '.%')",
	"a comment has no body":                           "SELECT c.cid FROM comment c LEFT JOIN field_data_comment_body b ON b.entity_type = 'comment' AND b.entity_id = c.cid WHERE b.entity_id IS NULL",
	"a comment's bundle is not its node's":            "SELECT b.entity_id FROM field_data_comment_body b JOIN comment c ON c.cid = b.entity_id JOIN node n ON n.nid = c.nid WHERE b.bundle <> CONCAT('comment_node_', n.type)",
	"a term has no place in its vocabulary":           "SELECT t.tid FROM taxonomy_term_data t LEFT JOIN taxonomy_term_hierarchy h ON h.tid = t.tid WHERE h.tid IS NULL",
	"a term's vocabulary is missing":                  "SELECT t.tid FROM taxonomy_term_data t LEFT JOIN taxonomy_vocabulary v ON v.vid = t.vid WHERE v.vid IS NULL",
	"a term lies below one that is missing":           "SELECT h.tid FROM taxonomy_term_hierarchy h LEFT JOIN taxonomy_term_data p ON p.tid = h.parent WHERE h.parent > 0 AND p.tid IS NULL",
	"a vocabulary does not tell its hierarchy":        "SELECT v.vid FROM taxonomy_vocabulary v WHERE v.hierarchy = 0 AND EXISTS (SELECT 1 FROM taxonomy_term_data t JOIN taxonomy_term_hierarchy h ON h.tid = t.tid WHERE t.vid = v.vid AND h.parent > 0)",
	"an unpublished node is listed below a term":      "SELECT i.nid FROM taxonomy_index i LEFT JOIN node n ON n.nid = i.nid AND n.status = 1 WHERE n.nid IS NULL",
	"a file's owner is missing":                       "SELECT f.fid FROM file_managed f LEFT JOIN users u ON u.uid = f.uid WHERE u.uid IS NULL",
	"a used file is missing":                          "SELECT g.fid FROM file_usage g LEFT JOIN file_managed f ON f.fid = g.fid WHERE f.fid IS NULL",
	"an alias leads to no node":                       "SELECT a.pid FROM url_alias a LEFT JOIN node n ON a.source = CONCAT('node/', n.nid) WHERE a.source LIKE 'node/%' AND n.nid IS NULL",
	"two records share an alias":                      "SELECT alias FROM url_alias GROUP BY alias, language HAVING COUNT(DISTINCT source) > 1",
	"a link's way down does not end in itself":        "SELECT mlid FROM menu_links WHERE module = 'menu' AND mlid <> CASE depth WHEN 1 THEN p1 WHEN 2 THEN p2 WHEN 3 THEN p3 WHEN 4 THEN p4 WHEN 5 THEN p5 WHEN 6 THEN p6 WHEN 7 THEN p7 WHEN 8 THEN p8 ELSE p9 END",
	"a link is not below its parent":                  "SELECT c.mlid FROM menu_links c JOIN menu_links p ON p.mlid = c.plid WHERE c.depth <> p.depth + 1 OR c.p1 <> p.p1 OR p.has_children = 0 AND c.hidden = 0 OR c.menu_name <> p.menu_name",
	"a link's pattern is none of Drupal's":            "SELECT l.mlid FROM menu_links l LEFT JOIN menu_router r ON r.path = l.router_path WHERE l.module = 'menu' AND l.external = 0 AND l.router_path <> '' AND r.path IS NULL",
	"a role is missing":                               "SELECT ur.uid FROM users_roles ur LEFT JOIN role r ON r.rid = ur.rid WHERE r.rid IS NULL",
	"an account has no name":                          "SELECT uid FROM users WHERE uid > 0 AND name = ''",
	"the visitor's account is gone":                   "SELECT 1 FROM (SELECT COUNT(*) AS n FROM users WHERE uid = 0) x WHERE n <> 1",
	"a field's module is off":                         "SELECT c.field_name FROM field_config c LEFT JOIN system s ON s.name = c.module AND s.type = 'module' AND s.status = 1 WHERE s.name IS NULL",
	"an instance's field is missing":                  "SELECT i.id FROM field_config_instance i LEFT JOIN field_config c ON c.id = i.field_id AND c.field_name = i.field_name WHERE c.id IS NULL",
	"a text's format is missing":                      "SELECT b.entity_id FROM field_data_body b LEFT JOIN filter_format f ON f.format = b.body_format WHERE b.body_format IS NOT NULL AND f.format IS NULL",
	"a token is left in a body":                       "SELECT entity_id FROM field_data_body WHERE CONCAT_WS(' ', body_value, body_summary) REGEXP 'bailey:.{0,2}(entry|media|user|term|site)'",
	"a tag of another platform is left in a body":     "SELECT entity_id FROM field_data_body WHERE body_value REGEXP '<!-- wp:|<drupal-media|\\\\[gallery|\\\\[caption|data-entity-uuid'",
	"an alias list is kept that knows no new aliases": "SELECT name FROM variable WHERE name = 'path_alias_whitelist'",
	"a translation's set has no first node":           "SELECT n.nid FROM node n LEFT JOIN node o ON o.nid = n.tnid AND o.tnid = o.nid WHERE n.tnid > 0 AND o.nid IS NULL",
	"a path of Drupal's own is hidden by an alias":    "SELECT a.pid FROM url_alias a JOIN menu_router r ON r.path = a.alias",
}

// broken7 checks the invariants, and that each field's tables say the same of current versions.
func (s *drupalSite) broken7(t *testing.T) map[string][]string {
	t.Helper()
	queries := maps.Clone(drupal7Invariants)
	for _, name := range s.texts(t, "SELECT field_name FROM field_config WHERE deleted = 0") {
		queries["the tables of "+name+" disagree"] = fmt.Sprintf("SELECT d.entity_id FROM field_data_%[1]s d LEFT JOIN field_revision_%[1]s r ON r.entity_type = d.entity_type AND r.entity_id = d.entity_id "+
			"AND r.revision_id = d.revision_id AND r.delta = d.delta AND r.language = d.language AND r.bundle = d.bundle WHERE r.entity_id IS NULL", name)
		queries["a value of "+name+" has no instance"] = fmt.Sprintf("SELECT d.entity_id FROM field_data_%[1]s d LEFT JOIN field_config_instance i ON i.field_name = '%[1]s' AND i.entity_type = d.entity_type AND i.bundle = d.bundle WHERE i.id IS NULL", name)
		queries["a value too many of "+name] = fmt.Sprintf("SELECT d.entity_id FROM field_data_%[1]s d JOIN field_config c ON c.field_name = '%[1]s' WHERE c.cardinality > 0 AND d.delta >= c.cardinality", name)
		queries["a value of "+name+" is of an old version"] = fmt.Sprintf("SELECT d.entity_id FROM field_data_%[1]s d JOIN node n ON d.entity_type = 'node' AND n.nid = d.entity_id WHERE d.revision_id <> n.vid", name)
	}
	all := map[string][]string{}
	for what, query := range queries {
		if ids := s.texts(t, query); len(ids) > 0 {
			all[what] = ids
		}
	}
	return all
}

func (s *drupalSite) texts(t *testing.T, query string) []string {
	t.Helper()
	rows, err := s.db.DB.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var v string
		need(t, rows.Scan(&v))
		all = append(all, v)
	}
	need(t, rows.Err())
	return all
}

// intoDrupal7 moves a site, looks at it, moves it again and takes it back.
func intoDrupal7(t *testing.T, src *agent, dst *drupalSite, broken func(*testing.T) map[string][]string, look func(*report)) {
	t.Helper()
	before, was := dst.state(t), broken(t)
	target := dst.serve(t, "target")
	data := t.TempDir()
	rep := migrate(t, data, src, target, []int{0, 3})
	rep.reconcile(t)
	codes := map[string]int{}
	for _, r := range rep.Rejected {
		codes[r.Kind+" "+r.Code]++
	}
	for _, k := range rep.Kinds {
		t.Logf("%s: read %d, created %d, updated %d, adopted %d, skipped %d, rejected %d, verified %d, different %d", k.Kind, k.Read, k.Created, k.Updated, k.Adopted, k.Skipped, k.Rejected, k.Verified, k.Different)
	}
	t.Logf("rejected: %v", codes)
	for what, ids := range broken(t) {
		if !slices.Equal(ids, was[what]) {
			t.Errorf("%s: %v", what, ids[:min(len(ids), 10)])
		}
	}
	written := dst.state(t)
	migrate(t, data, src, target, []int{0, 3}).nothingChanged(t)
	sameState(t, "the target after a second run", written, dst.state(t))
	look(rep)
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", target.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the target after the rollback", before, dst.state(t))
}

// drupal7Sources are the sites that are moved into Drupal 7.
func drupal7Source(t *testing.T, fixture string) *agent {
	t.Helper()
	switch {
	case strings.HasPrefix(fixture, "wp-"):
		return serve(t, "--site", newWordPress(t, fixture).root, "--role", "source")
	case strings.HasPrefix(fixture, "j"):
		return newJoomla(t, fixture).serve(t, "source")
	}
	return newDrupal(t, fixture).serve(t, "source")
}

// judged asks the real Drupal about a copy of what was written, where one is named. An account of the source logs in with the
// password that it had there.
func judged(t *testing.T, dst *drupalSite, source string) {
	t.Helper()
	admin, accounts := "admin-pass-7", "users"
	if !strings.HasPrefix(dst.fixture, "d7-") {
		admin, accounts = "admin-pass-9", "users_field_data"
	}
	member, password := "Bjørn Ødegård", map[string]string{"d7-": "pass-2-x", "d9-": "pass-1"}[source[:3]]
	// Drupal 10.1 and later know bcrypt, as Joomla writes it, and the hashes of the others only with a module that the blank site has off.
	modern := !strings.HasPrefix(dst.fixture, "d7-") && !strings.HasPrefix(dst.fixture, "d9-")
	switch bcrypt := strings.HasPrefix(source, "j"); {
	case bcrypt != modern:
		dst.copied(t).judge(t, admin, map[string]string{"admin": admin})
		return
	case bcrypt:
		member, password = "user1.alpine", "Secret-1-pass"
	case password == "":
		names := dst.texts(t, "SELECT name FROM "+accounts+" WHERE uid > 1 AND status = 1 AND name NOT LIKE '%theme%' AND (pass LIKE '$P$%' OR pass LIKE '$S$%') ORDER BY uid LIMIT 1")
		if len(names) == 0 {
			t.Error("no account has come with its password")
			return
		}
		member, password = names[0], "pw-"+names[0]
	}
	dst.copied(t).judge(t, admin, map[string]string{"admin": admin, member: password})
}

func TestIntoDrupal7(t *testing.T) {
	for _, fixture := range []string{"wp-dev", "d7-dev", "d9-dev"} {
		t.Run(fixture, func(t *testing.T) {
			dst := newDrupal(t, "d7-blank")
			intoDrupal7(t, drupal7Source(t, fixture), dst, dst.broken7, func(*report) { judged(t, dst, fixture) })
		})
	}
}
