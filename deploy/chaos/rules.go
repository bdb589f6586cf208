package main

// Kinds and outcomes as the ledger numbers them: user 2, term 3, media 4, entry 5, comment 6, menu 7; origin 1 is a row that
// the migration created.
var wordpressRules = &rules{
	content: map[string]string{
		"posts": `SELECT p.post_type, p.post_status, IF(p.post_type = 'nav_menu_item', '', p.post_name), p.post_title, p.post_date, p.post_modified, p.comment_count, p.menu_order,
			p.post_password, LENGTH(p.post_excerpt), u.user_login, q.post_name FROM wp_posts p LEFT JOIN wp_users u ON u.ID = p.post_author LEFT JOIN wp_posts q ON q.ID = p.post_parent`,
		"post metadata": `SELECT IF(p.post_type = 'nav_menu_item', p.menu_order, p.post_name), m.meta_key, IF(m.meta_key = '_thumbnail_id' OR m.meta_key LIKE '\_menu\_item\_%', '', m.meta_value)
			FROM wp_postmeta m JOIN wp_posts p ON p.ID = m.post_id`,
		"terms": `SELECT x.taxonomy, t.slug, t.name, x.count, x.description, p.slug FROM wp_term_taxonomy x JOIN wp_terms t ON t.term_id = x.term_id LEFT JOIN wp_terms p ON p.term_id = x.parent`,
		"relations": `SELECT IF(p.post_type = 'nav_menu_item', p.menu_order, p.post_name), x.taxonomy, t.slug FROM wp_term_relationships r JOIN wp_posts p ON p.ID = r.object_id
			JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id JOIN wp_terms t ON t.term_id = x.term_id`,
		"comments": `SELECT c.comment_author, c.comment_content, c.comment_approved, c.comment_date, p.post_name, u.user_login, q.comment_content FROM wp_comments c
			JOIN wp_posts p ON p.ID = c.comment_post_ID LEFT JOIN wp_users u ON u.ID = c.user_id LEFT JOIN wp_comments q ON q.comment_ID = c.comment_parent`,
		"users":   `SELECT u.user_login, u.user_email, u.user_pass, u.display_name, m.meta_key, m.meta_value FROM wp_users u LEFT JOIN wp_usermeta m ON m.user_id = u.ID`,
		"options": `SELECT option_name, IF(option_name IN ('page_on_front', 'sticky_posts', 'cron') OR option_name LIKE 'theme_mods%', '', option_value) FROM wp_options`,
	},
	none: map[string]string{
		"metadata without a post":      "SELECT m.meta_id FROM wp_postmeta m LEFT JOIN wp_posts p ON p.ID = m.post_id WHERE p.ID IS NULL",
		"metadata without a user":      "SELECT m.umeta_id FROM wp_usermeta m LEFT JOIN wp_users u ON u.ID = m.user_id WHERE u.ID IS NULL",
		"metadata without a term":      "SELECT m.meta_id FROM wp_termmeta m LEFT JOIN wp_terms t ON t.term_id = m.term_id WHERE t.term_id IS NULL",
		"metadata without a comment":   "SELECT m.meta_id FROM wp_commentmeta m LEFT JOIN wp_comments c ON c.comment_ID = m.comment_id WHERE c.comment_ID IS NULL",
		"comment without a post":       "SELECT c.comment_ID FROM wp_comments c LEFT JOIN wp_posts p ON p.ID = c.comment_post_ID WHERE p.ID IS NULL",
		"comment without its parent":   "SELECT c.comment_ID FROM wp_comments c LEFT JOIN wp_comments p ON p.comment_ID = c.comment_parent WHERE c.comment_parent <> 0 AND p.comment_ID IS NULL",
		"relation without a post":      "SELECT r.object_id FROM wp_term_relationships r LEFT JOIN wp_posts p ON p.ID = r.object_id WHERE p.ID IS NULL",
		"relation without a term":      "SELECT r.object_id FROM wp_term_relationships r LEFT JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE x.term_id IS NULL",
		"term without its taxonomy":    "SELECT t.term_id FROM wp_terms t LEFT JOIN wp_term_taxonomy x ON x.term_id = t.term_id WHERE x.term_id IS NULL",
		"taxonomy without its term":    "SELECT x.term_taxonomy_id FROM wp_term_taxonomy x LEFT JOIN wp_terms t ON t.term_id = x.term_id WHERE t.term_id IS NULL",
		"post without an author":       "SELECT p.ID FROM wp_posts p LEFT JOIN wp_users u ON u.ID = p.post_author WHERE u.ID IS NULL",
		"menu item without a menu":     "SELECT p.ID FROM wp_posts p LEFT JOIN wp_term_relationships r ON r.object_id = p.ID WHERE p.post_type = 'nav_menu_item' AND r.object_id IS NULL",
		"post without a ledger row":    "SELECT p.ID, p.post_type FROM wp_posts p LEFT JOIN wp_bailey_ledger l ON l.kind IN (4, 5) AND l.target_id = p.ID WHERE p.post_type <> 'nav_menu_item' AND l.kind IS NULL",
		"comment without a ledger row": "SELECT c.comment_ID FROM wp_comments c LEFT JOIN wp_bailey_ledger l ON l.kind = 6 AND l.target_id = c.comment_ID WHERE l.kind IS NULL",
		"user without a ledger row":    "SELECT u.ID FROM wp_users u LEFT JOIN wp_bailey_ledger l ON l.kind = 2 AND l.target_id = u.ID WHERE u.ID <> 1 AND l.kind IS NULL",
		"term without a ledger row": `SELECT x.term_taxonomy_id FROM wp_term_taxonomy x LEFT JOIN wp_bailey_ledger l ON l.kind IN (3, 7) AND l.target_id = x.term_taxonomy_id
			LEFT JOIN wp_bailey_shared s ON s.name = CONCAT('term_taxonomy/term_taxonomy_id/', x.term_taxonomy_id) WHERE l.kind IS NULL AND s.name IS NULL AND x.term_taxonomy_id <> 1`,
		"ledger row without a post":    "SELECT l.source_id FROM wp_bailey_ledger l LEFT JOIN wp_posts p ON p.ID = l.target_id WHERE l.kind IN (4, 5) AND l.outcome NOT IN (5, 6) AND p.ID IS NULL",
		"ledger row without a comment": "SELECT l.source_id FROM wp_bailey_ledger l LEFT JOIN wp_comments c ON c.comment_ID = l.target_id WHERE l.kind = 6 AND l.outcome NOT IN (5, 6) AND c.comment_ID IS NULL",
		"ledger row without a user":    "SELECT l.source_id FROM wp_bailey_ledger l LEFT JOIN wp_users u ON u.ID = l.target_id WHERE l.kind = 2 AND l.outcome NOT IN (5, 6) AND u.ID IS NULL",
		"ledger row without a term":    "SELECT l.source_id FROM wp_bailey_ledger l LEFT JOIN wp_term_taxonomy x ON x.term_taxonomy_id = l.target_id WHERE l.kind IN (3, 7) AND l.outcome NOT IN (5, 6) AND x.term_id IS NULL",
		"two records in one row":       "SELECT kind, target_id FROM wp_bailey_ledger WHERE origin = 1 GROUP BY kind, target_id HAVING COUNT(*) > 1",
		"pointer left open":            "SELECT kind, source_id, slot FROM wp_bailey_pending WHERE cleared = 0",
		"file left in part":            "SELECT path FROM wp_bailey_files WHERE whole = 0 OR replaces <> 0",
	},
}

var ghostRules = &rules{
	content: map[string]string{
		"posts": `SELECT p.type, p.status, p.slug, p.title, p.created_at, p.published_at, p.visibility, p.feature_image, p.custom_excerpt, p.featured, LENGTH(p.lexical), LENGTH(p.html), LENGTH(p.plaintext), m.meta_description
			FROM posts p LEFT JOIN posts_meta m ON m.post_id = p.id`,
		"authors":  "SELECT p.slug, u.slug, a.sort_order FROM posts_authors a JOIN posts p ON p.id = a.post_id JOIN users u ON u.id = a.author_id",
		"tagging":  "SELECT p.slug, t.slug, x.sort_order FROM posts_tags x JOIN posts p ON p.id = x.post_id JOIN tags t ON t.id = x.tag_id",
		"tags":     "SELECT slug, name, visibility, description FROM tags",
		"users":    "SELECT u.slug, u.name, u.email, u.password, u.status, r.name FROM users u LEFT JOIN roles_users x ON x.user_id = u.id LEFT JOIN roles r ON r.id = x.role_id",
		"comments": "SELECT p.slug, c.status, c.html, c.created_at, m.email, q.html FROM comments c JOIN posts p ON p.id = c.post_id LEFT JOIN members m ON m.id = c.member_id LEFT JOIN comments q ON q.id = c.parent_id",
		"members":  "SELECT email, name, status FROM members",
		"settings": "SELECT `key`, value FROM settings WHERE `key` <> 'site_uuid'",
	},
	none: map[string]string{
		"author without a post":        "SELECT a.id FROM posts_authors a LEFT JOIN posts p ON p.id = a.post_id LEFT JOIN users u ON u.id = a.author_id WHERE p.id IS NULL OR u.id IS NULL",
		"tagging without a post":       "SELECT x.id FROM posts_tags x LEFT JOIN posts p ON p.id = x.post_id LEFT JOIN tags t ON t.id = x.tag_id WHERE p.id IS NULL OR t.id IS NULL",
		"metadata without a post":      "SELECT m.id FROM posts_meta m LEFT JOIN posts p ON p.id = m.post_id WHERE p.id IS NULL",
		"role without a user":          "SELECT x.id FROM roles_users x LEFT JOIN users u ON u.id = x.user_id WHERE u.id IS NULL",
		"comment without a post":       "SELECT c.id FROM comments c LEFT JOIN posts p ON p.id = c.post_id WHERE p.id IS NULL",
		"comment without its parent":   "SELECT c.id FROM comments c LEFT JOIN comments p ON p.id = c.parent_id WHERE c.parent_id IS NOT NULL AND p.id IS NULL",
		"post without an author":       "SELECT p.id FROM posts p LEFT JOIN posts_authors a ON a.post_id = p.id WHERE a.id IS NULL",
		"user without a role":          "SELECT u.id FROM users u LEFT JOIN roles_users x ON x.user_id = u.id WHERE x.id IS NULL",
		"post without a ledger row":    "SELECT p.id FROM posts p LEFT JOIN bailey_ledger l ON l.kind = 5 AND l.target_id = p.id WHERE l.kind IS NULL",
		"comment without a ledger row": "SELECT c.id FROM comments c LEFT JOIN bailey_ledger l ON l.kind = 6 AND l.target_id = c.id WHERE l.kind IS NULL",
		"tag without a ledger row":     "SELECT t.id FROM tags t LEFT JOIN bailey_ledger l ON l.kind = 3 AND l.target_id = t.id WHERE l.kind IS NULL",
		"user without a ledger row":    "SELECT u.id FROM users u LEFT JOIN bailey_ledger l ON l.kind = 2 AND l.target_id = u.id WHERE l.kind IS NULL AND u.id <> '1'",
		"ledger row without a post":    "SELECT l.source_id FROM bailey_ledger l LEFT JOIN posts p ON p.id = l.target_id WHERE l.kind = 5 AND l.outcome NOT IN (5, 6) AND p.id IS NULL",
		"ledger row without a comment": "SELECT l.source_id FROM bailey_ledger l LEFT JOIN comments c ON c.id = l.target_id WHERE l.kind = 6 AND l.outcome NOT IN (5, 6) AND c.id IS NULL",
		"ledger row without a tag":     "SELECT l.source_id FROM bailey_ledger l LEFT JOIN tags t ON t.id = l.target_id WHERE l.kind = 3 AND l.outcome NOT IN (5, 6) AND t.id IS NULL",
		"two records in one row":       "SELECT kind, target_id FROM bailey_ledger WHERE origin = 1 GROUP BY kind, target_id HAVING COUNT(*) > 1",
		"pointer left open":            "SELECT kind, source_id, slot FROM bailey_pending WHERE cleared = 0",
		"file left in part":            "SELECT path FROM bailey_files WHERE whole = 0 OR replaces <> 0",
	},
}
