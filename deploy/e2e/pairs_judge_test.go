//go:build accept

package e2e

import (
	"database/sql"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// wordpressInvariants are what must hold for WordPress to show and list what it has, each as a query that finds what breaks it.
var wordpressInvariants = map[string]string{
	"a value of no post":                "SELECT DISTINCT m.post_id FROM wp_postmeta m LEFT JOIN wp_posts p ON p.ID = m.post_id WHERE p.ID IS NULL",
	"a value of no comment":             "SELECT DISTINCT m.comment_id FROM wp_commentmeta m LEFT JOIN wp_comments c ON c.comment_ID = m.comment_id WHERE c.comment_ID IS NULL",
	"a value of no user":                "SELECT DISTINCT m.user_id FROM wp_usermeta m LEFT JOIN wp_users u ON u.ID = m.user_id WHERE u.ID IS NULL",
	"a value of no term":                "SELECT DISTINCT m.term_id FROM wp_termmeta m LEFT JOIN wp_terms t ON t.term_id = m.term_id WHERE t.term_id IS NULL",
	"a term of no taxonomy":             "SELECT t.term_id FROM wp_terms t LEFT JOIN wp_term_taxonomy x ON x.term_id = t.term_id WHERE x.term_id IS NULL",
	"a taxonomy's term is missing":      "SELECT x.term_taxonomy_id FROM wp_term_taxonomy x LEFT JOIN wp_terms t ON t.term_id = x.term_id WHERE t.term_id IS NULL",
	"a term's parent is missing":        "SELECT x.term_id FROM wp_term_taxonomy x LEFT JOIN wp_term_taxonomy p ON p.term_id = x.parent AND p.taxonomy = x.taxonomy WHERE x.parent <> 0 AND p.term_id IS NULL",
	"two terms of a level share a slug": "SELECT t.slug FROM wp_terms t JOIN wp_term_taxonomy x ON x.term_id = t.term_id GROUP BY x.taxonomy, x.parent, t.slug HAVING COUNT(*) > 1",
	"a post has a term that is missing": "SELECT r.object_id FROM wp_term_relationships r LEFT JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE x.term_taxonomy_id IS NULL",
	"a term has a post that is missing": "SELECT r.object_id FROM wp_term_relationships r LEFT JOIN wp_posts p ON p.ID = r.object_id JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE p.ID IS NULL AND x.taxonomy <> 'link_category'",
	"a term counts its posts wrong": "SELECT x.term_id FROM wp_term_taxonomy x WHERE x.taxonomy IN ('category', 'post_tag') AND x.count <> (SELECT COUNT(*) FROM wp_term_relationships r JOIN wp_posts p ON p.ID = r.object_id " +
		"WHERE r.term_taxonomy_id = x.term_taxonomy_id AND p.post_status = 'publish')",
	"a post without a category":            "SELECT p.ID FROM wp_posts p WHERE p.post_type = 'post' AND p.post_status = 'publish' AND NOT EXISTS (SELECT 1 FROM wp_term_relationships r JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE r.object_id = p.ID AND x.taxonomy = 'category')",
	"a post's parent is missing":           "SELECT p.ID FROM wp_posts p LEFT JOIN wp_posts a ON a.ID = p.post_parent WHERE p.post_parent <> 0 AND a.ID IS NULL",
	"a post's author is missing":           "SELECT p.ID FROM wp_posts p LEFT JOIN wp_users u ON u.ID = p.post_author WHERE p.post_author <> 0 AND u.ID IS NULL",
	"two published posts share an address": "SELECT post_name FROM wp_posts WHERE post_status = 'publish' AND post_type <> 'nav_menu_item' GROUP BY post_name, post_type, IF(post_type = 'page', post_parent, 0) HAVING COUNT(*) > 1",
	"a published post has no address":      "SELECT ID FROM wp_posts WHERE post_status = 'publish' AND post_type IN ('post', 'page') AND post_name = ''",
	"a post's status is none":              "SELECT ID FROM wp_posts WHERE post_status NOT IN ('publish', 'future', 'draft', 'pending', 'private', 'trash', 'auto-draft', 'inherit')",
	"a published post has no date":         "SELECT ID FROM wp_posts WHERE post_status IN ('publish', 'future', 'private') AND (post_date < '1000-01-01' OR post_date_gmt < '1000-01-01')",
	"a comment's post is missing":          "SELECT c.comment_ID FROM wp_comments c LEFT JOIN wp_posts p ON p.ID = c.comment_post_ID WHERE p.ID IS NULL",
	"a comment's parent is missing":        "SELECT c.comment_ID FROM wp_comments c LEFT JOIN wp_comments a ON a.comment_ID = c.comment_parent WHERE c.comment_parent <> 0 AND a.comment_ID IS NULL",
	"a post counts its comments wrong":     "SELECT p.ID FROM wp_posts p WHERE p.comment_count <> (SELECT COUNT(*) FROM wp_comments c WHERE c.comment_post_ID = p.ID AND c.comment_approved = '1')",
	"a picture is missing":                 "SELECT m.post_id FROM wp_postmeta m LEFT JOIN wp_posts p ON p.ID = m.meta_value WHERE m.meta_key = '_thumbnail_id' AND p.ID IS NULL",
	"a file has no path":                   "SELECT p.ID FROM wp_posts p LEFT JOIN wp_postmeta m ON m.post_id = p.ID AND m.meta_key = '_wp_attached_file' WHERE p.post_type = 'attachment' AND m.post_id IS NULL",
	"a menu item is in no menu":            "SELECT p.ID FROM wp_posts p WHERE p.post_type = 'nav_menu_item' AND p.post_status = 'publish' AND NOT EXISTS (SELECT 1 FROM wp_term_relationships r JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE r.object_id = p.ID AND x.taxonomy = 'nav_menu')",
	"a user's name is empty":               "SELECT ID FROM wp_users WHERE user_nicename = '' OR display_name = '' OR user_login = ''",
}

// ghostInvariants are the same for Ghost; its own checks of what it stores are in its schema.js.
var ghostInvariants = map[string]string{
	"a post has no author":           "SELECT id FROM posts WHERE id NOT IN (SELECT post_id FROM posts_authors)",
	"an author is missing":           "SELECT post_id FROM posts_authors WHERE author_id NOT IN (SELECT id FROM users) OR post_id NOT IN (SELECT id FROM posts)",
	"a tag is missing":               "SELECT post_id FROM posts_tags WHERE tag_id NOT IN (SELECT id FROM tags) OR post_id NOT IN (SELECT id FROM posts)",
	"a post has no text":             "SELECT id FROM posts WHERE lexical IS NULL AND mobiledoc IS NULL",
	"a text is no JSON":              "SELECT id FROM posts WHERE lexical IS NOT NULL AND NOT json_valid(lexical)",
	"a text has no root":             "SELECT id FROM posts WHERE lexical IS NOT NULL AND json_extract(lexical, '$.root.type') IS NOT 'root'",
	"two posts share an address":     "SELECT slug FROM posts GROUP BY slug, type HAVING COUNT(*) > 1",
	"a published post has no date":   "SELECT id FROM posts WHERE status = 'published' AND published_at IS NULL",
	"a status is none":               "SELECT id FROM posts WHERE status NOT IN ('published', 'draft', 'scheduled', 'sent')",
	"a visibility is none":           "SELECT id FROM posts WHERE visibility NOT IN ('public', 'members', 'paid', 'tiers', 'filter')",
	"details of no post":             "SELECT id FROM posts_meta WHERE post_id NOT IN (SELECT id FROM posts)",
	"a member of staff has no role":  "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM roles_users)",
	"a role is missing":              "SELECT user_id FROM roles_users WHERE role_id NOT IN (SELECT id FROM roles)",
	"there is not one owner":         "SELECT COUNT(*) FROM roles_users WHERE role_id IN (SELECT id FROM roles WHERE name = 'Owner') HAVING COUNT(*) <> 1",
	"two members share an address":   "SELECT email FROM members GROUP BY lower(email) HAVING COUNT(*) > 1",
	"a comment is of nobody":         "SELECT id FROM comments WHERE member_id IS NOT NULL AND member_id NOT IN (SELECT id FROM members)",
	"a comment's post is missing":    "SELECT id FROM comments WHERE post_id NOT IN (SELECT id FROM posts)",
	"an answered comment is missing": "SELECT id FROM comments WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM comments)",
	"an answer is to an answer":      "SELECT c.id FROM comments c JOIN comments p ON p.id = c.parent_id WHERE p.parent_id IS NOT NULL",
	"a menu is no JSON":              "SELECT key FROM settings WHERE key IN ('navigation', 'secondary_navigation') AND NOT json_valid(value)",
	"an id is none of Ghost's":       "SELECT id FROM posts WHERE length(id) <> 24",
}

func (s *wpSite) broken(t *testing.T) map[string][]string {
	return breaking(t, s.db.DB, wordpressInvariants)
}

func (g *ghostSite) broken(t *testing.T) map[string][]string {
	return breaking(t, g.db, ghostInvariants)
}

// breaking asks each query for what it finds.
func breaking(t *testing.T, db *sql.DB, queries map[string]string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for what, query := range queries {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for rows.Next() {
			var id string
			need(t, rows.Scan(&id))
			all[what] = append(all[what], id)
		}
		need(t, rows.Err())
	}
	return all
}

// lostPointers are the pointers of a site's records that lead to no record of it, and the tokens that were left in texts.
func lostPointers(r *readSite) map[string][]string {
	all := map[string][]string{}
	add := func(key, what, path string) {
		kind, _, _ := strings.Cut(key, "/")
		all[kind+"."+path+" "+what] = append(all[kind+"."+path+" "+what], key)
	}
	unread := map[string]bool{}
	for _, u := range r.unread {
		unread[record.KeyOf(u.GetRef()).String()] = true
	}
	for key, rec := range r.records {
		record.Refs(rec, func(path string, ref *recordv1.Ref) {
			if to := record.KeyOf(ref).String(); r.records[to] == nil && !unread[to] {
				add(key, "leads nowhere", path)
			}
		})
		record.Texts(rec, func(path, s string) string {
			if len(record.Tokens(s)) > 0 {
				add(key, "holds a token", path)
			}
			return s
		})
	}
	return all
}
