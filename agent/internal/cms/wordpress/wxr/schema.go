package wxr

// prefix of the temporary tables.
const prefix = "wp_"

// schema are the columns of WordPress's tables that the export fills or the driver reads.
var schema = []string{
	`CREATE TABLE wp_posts (ID INTEGER PRIMARY KEY, post_author INTEGER NOT NULL DEFAULT 0, post_date TEXT NOT NULL DEFAULT '', post_date_gmt TEXT NOT NULL DEFAULT '',
		post_content TEXT NOT NULL DEFAULT '', post_title TEXT NOT NULL DEFAULT '', post_excerpt TEXT NOT NULL DEFAULT '', post_status TEXT NOT NULL DEFAULT 'publish',
		comment_status TEXT NOT NULL DEFAULT 'open', ping_status TEXT NOT NULL DEFAULT 'open', post_password TEXT NOT NULL DEFAULT '', post_name TEXT NOT NULL DEFAULT '',
		to_ping TEXT NOT NULL DEFAULT '', pinged TEXT NOT NULL DEFAULT '', post_modified TEXT NOT NULL DEFAULT '', post_modified_gmt TEXT NOT NULL DEFAULT '',
		post_content_filtered TEXT NOT NULL DEFAULT '', post_parent INTEGER NOT NULL DEFAULT 0, guid TEXT NOT NULL DEFAULT '', menu_order INTEGER NOT NULL DEFAULT 0,
		post_type TEXT NOT NULL DEFAULT 'post', post_mime_type TEXT NOT NULL DEFAULT '', comment_count INTEGER NOT NULL DEFAULT 0)`,
	`CREATE TABLE wp_postmeta (meta_id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL, meta_key TEXT, meta_value TEXT)`,
	`CREATE TABLE wp_users (ID INTEGER PRIMARY KEY, user_login TEXT NOT NULL, user_pass TEXT NOT NULL DEFAULT '', user_nicename TEXT NOT NULL DEFAULT '',
		user_email TEXT NOT NULL DEFAULT '', user_url TEXT NOT NULL DEFAULT '', user_registered TEXT NOT NULL DEFAULT '0000-00-00 00:00:00',
		user_activation_key TEXT NOT NULL DEFAULT '', user_status INTEGER NOT NULL DEFAULT 0, display_name TEXT NOT NULL DEFAULT '')`,
	`CREATE TABLE wp_usermeta (umeta_id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, meta_key TEXT, meta_value TEXT)`,
	`CREATE TABLE wp_terms (term_id INTEGER PRIMARY KEY, name TEXT NOT NULL, slug TEXT NOT NULL, term_group INTEGER NOT NULL DEFAULT 0)`,
	`CREATE TABLE wp_term_taxonomy (term_taxonomy_id INTEGER PRIMARY KEY, term_id INTEGER NOT NULL, taxonomy TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
		parent INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0)`,
	`CREATE TABLE wp_term_relationships (object_id INTEGER NOT NULL, term_taxonomy_id INTEGER NOT NULL, term_order INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (object_id, term_taxonomy_id))`,
	`CREATE TABLE wp_termmeta (meta_id INTEGER PRIMARY KEY, term_id INTEGER NOT NULL, meta_key TEXT, meta_value TEXT)`,
	`CREATE TABLE wp_comments (comment_ID INTEGER PRIMARY KEY, comment_post_ID INTEGER NOT NULL, comment_author TEXT NOT NULL DEFAULT '', comment_author_email TEXT NOT NULL DEFAULT '',
		comment_author_url TEXT NOT NULL DEFAULT '', comment_author_IP TEXT NOT NULL DEFAULT '', comment_date TEXT NOT NULL DEFAULT '', comment_date_gmt TEXT NOT NULL DEFAULT '',
		comment_content TEXT NOT NULL DEFAULT '', comment_karma INTEGER NOT NULL DEFAULT 0, comment_approved TEXT NOT NULL DEFAULT '1', comment_agent TEXT NOT NULL DEFAULT '',
		comment_type TEXT NOT NULL DEFAULT '', comment_parent INTEGER NOT NULL DEFAULT 0, user_id INTEGER NOT NULL DEFAULT 0)`,
	`CREATE TABLE wp_commentmeta (meta_id INTEGER PRIMARY KEY, comment_id INTEGER NOT NULL, meta_key TEXT, meta_value TEXT)`,
	`CREATE TABLE wp_options (option_id INTEGER PRIMARY KEY, option_name TEXT NOT NULL UNIQUE, option_value TEXT NOT NULL, autoload TEXT NOT NULL DEFAULT 'yes')`,
}

// indexes are made when all rows are there.
var indexes = []string{
	`CREATE INDEX i1 ON wp_postmeta (post_id)`, `CREATE INDEX i2 ON wp_usermeta (user_id)`, `CREATE INDEX i3 ON wp_termmeta (term_id)`,
	`CREATE INDEX i4 ON wp_commentmeta (comment_id)`, `CREATE INDEX i5 ON wp_comments (comment_post_ID)`, `CREATE INDEX i6 ON wp_comments (comment_parent)`,
	`CREATE INDEX i7 ON wp_posts (post_type, post_status, post_date, ID)`, `CREATE INDEX i8 ON wp_posts (post_parent)`, `CREATE INDEX i9 ON wp_posts (post_name)`,
	`CREATE INDEX i10 ON wp_posts (post_author)`, `CREATE INDEX i11 ON wp_term_relationships (term_taxonomy_id)`, `CREATE UNIQUE INDEX i12 ON wp_term_taxonomy (term_id, taxonomy)`,
	`CREATE INDEX i13 ON wp_terms (slug)`, `CREATE INDEX i14 ON wp_postmeta (meta_key)`,
}
