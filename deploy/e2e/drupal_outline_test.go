//go:build accept

package e2e

import (
	"strings"
	"testing"
)

// outlineInvariants7 and outlineInvariants8 are what must hold for books and forums to be shown, each as a query that finds what breaks it.
var (
	outlineInvariants7 = map[string]string{
		"a page's link is missing":       "SELECT b.nid FROM book b LEFT JOIN menu_links m ON m.mlid = b.mlid AND m.module = 'book' AND m.link_path = CONCAT('node/', b.nid) AND m.menu_name = CONCAT('book-toc-', b.bid) AND m.router_path = 'node/%' WHERE m.mlid IS NULL",
		"a page's way is wrong":          "SELECT m.mlid FROM menu_links m WHERE m.module = 'book' AND m.mlid <> CASE m.depth WHEN 1 THEN p1 WHEN 2 THEN p2 WHEN 3 THEN p3 WHEN 4 THEN p4 WHEN 5 THEN p5 WHEN 6 THEN p6 WHEN 7 THEN p7 WHEN 8 THEN p8 WHEN 9 THEN p9 ELSE 0 END",
		"a page is not below its parent": "SELECT c.mlid FROM menu_links c LEFT JOIN menu_links p ON p.mlid = c.plid WHERE c.module = 'book' AND c.plid > 0 AND (p.mlid IS NULL OR c.depth <> p.depth + 1 OR c.p1 <> p.p1 OR c.menu_name <> p.menu_name OR p.has_children = 0)",
		"a topic is in no forum":         "SELECT f.entity_id FROM field_data_taxonomy_forums f LEFT JOIN forum x ON x.nid = f.entity_id AND x.vid = f.revision_id AND x.tid = f.taxonomy_forums_tid WHERE f.entity_type = 'node' AND x.nid IS NULL",
		"a topic is not listed":          "SELECT f.entity_id FROM field_data_taxonomy_forums f JOIN node n ON n.nid = f.entity_id AND n.status = 1 LEFT JOIN forum_index i ON i.nid = f.entity_id AND i.tid = f.taxonomy_forums_tid WHERE f.entity_type = 'node' AND i.nid IS NULL",
		"a topic's comments are wrong":   "SELECT i.nid FROM forum_index i WHERE i.comment_count <> (SELECT COUNT(*) FROM comment c WHERE c.nid = i.nid AND c.status = 1)",
	}
	outlineInvariants8 = map[string]string{
		"a page is of no node":           "SELECT b.nid FROM book b LEFT JOIN node n ON n.nid = b.nid LEFT JOIN book r ON r.nid = b.bid WHERE n.nid IS NULL OR r.nid IS NULL",
		"a page's way is wrong":          "SELECT nid FROM book WHERE p1 <> bid OR nid <> CASE depth WHEN 1 THEN p1 WHEN 2 THEN p2 WHEN 3 THEN p3 WHEN 4 THEN p4 WHEN 5 THEN p5 WHEN 6 THEN p6 WHEN 7 THEN p7 WHEN 8 THEN p8 WHEN 9 THEN p9 ELSE 0 END",
		"a page is not below its parent": "SELECT c.nid FROM book c LEFT JOIN book p ON p.nid = c.pid WHERE c.pid > 0 AND (p.nid IS NULL OR c.depth <> p.depth + 1 OR c.bid <> p.bid OR p.has_children = 0)",
		"a topic is in no forum":         "SELECT f.entity_id FROM node__taxonomy_forums f LEFT JOIN forum x ON x.nid = f.entity_id AND x.vid = f.revision_id AND x.tid = f.taxonomy_forums_target_id WHERE x.nid IS NULL",
		"a topic is not listed":          "SELECT f.entity_id FROM node__taxonomy_forums f JOIN node_field_data n ON n.nid = f.entity_id AND n.status = 1 AND n.default_langcode = 1 LEFT JOIN forum_index i ON i.nid = f.entity_id AND i.tid = f.taxonomy_forums_target_id WHERE i.nid IS NULL",
		"a topic's comments are wrong":   "SELECT i.nid FROM forum_index i WHERE i.comment_count <> (SELECT COUNT(*) FROM comment_field_data c WHERE c.entity_id = i.nid AND c.entity_type = 'node' AND c.status = 1)",
	}
)

// Books and forums move from one Drupal to another that has the modules on and books and forums of its own, and go again.
func TestOutlinesIntoDrupal(t *testing.T) {
	for _, c := range []struct {
		from, to, titles, forums string
		invariants               map[string]string
	}{
		{"d9-dev", "d7-dev", "SELECT m.link_title FROM book b JOIN menu_links m ON m.mlid = b.mlid WHERE b.nid > 119 ORDER BY m.depth, m.weight, m.link_title", "SELECT tid FROM forum_index WHERE nid > 119 GROUP BY tid", outlineInvariants7},
		{"d7-dev", drupalNow(t, "dev"), "SELECT n.title FROM book b JOIN node_field_data n ON n.nid = b.nid WHERE n.default_langcode = 1 AND b.nid > 79 ORDER BY b.depth, b.weight, n.title", "SELECT tid FROM forum_index WHERE nid > 79 GROUP BY tid", outlineInvariants8},
	} {
		t.Run(c.from+"→"+c.to, func(t *testing.T) {
			dst := newDrupal(t, c.to)
			was := breaking(t, dst.db.DB, c.invariants)
			broken := func(t *testing.T) map[string][]string { return breaking(t, dst.db.DB, c.invariants) }
			intoDrupal7(t, drupal7Source(t, c.from), dst, broken, func(*report) {
				titles, forums := dst.texts(t, c.titles), dst.texts(t, c.forums)
				if newly(t, was, broken(t)); len(titles) < 4 || len(forums) == 0 {
					t.Errorf("pages %q, forums %q", titles, forums)
				}
				t.Logf("pages: %s", strings.Join(titles, ", "))
				l := dst.copied(t).boot(t)
				if l == nil {
					return
				}
				// A book shows what stands below it.
				for _, bid := range dst.texts(t, "SELECT DISTINCT bid FROM book WHERE bid > 79 AND bid IN (SELECT nid FROM node WHERE nid > "+map[bool]string{true: "119", false: "79"}[c.to == "d7-dev"]+")") {
					page := l.page("/node/" + bid)
					if !strings.Contains(page, titles[1]) {
						t.Errorf("the book %s does not show %q", bid, titles[1])
					}
				}
				for _, tid := range forums {
					l.page("/forum/"+tid, dst.texts(t, "SELECT title FROM forum_index WHERE tid = "+tid+" ORDER BY last_comment_timestamp DESC LIMIT 1")...)
				}
			})
		})
	}
}
