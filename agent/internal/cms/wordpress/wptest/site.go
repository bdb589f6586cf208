// Package wptest makes WordPress databases for tests, as the installer leaves them or filled with content.
package wptest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

// Home is the address of the sites.
const Home = "https://blog.example"

// schema follows wp-admin/includes/schema.php of WordPress 6.1, in MySQL's words; {t} is a table's name.
var schema = []string{
	`CREATE TABLE {termmeta} (meta_id bigint unsigned NOT NULL AUTO_INCREMENT, term_id bigint unsigned NOT NULL DEFAULT 0, meta_key varchar(255) DEFAULT NULL,
		meta_value longtext, PRIMARY KEY (meta_id), KEY term_id (term_id))`,
	`CREATE TABLE {terms} (term_id bigint unsigned NOT NULL AUTO_INCREMENT, name varchar(200) NOT NULL DEFAULT '', slug varchar(200) NOT NULL DEFAULT '',
		term_group bigint NOT NULL DEFAULT 0, PRIMARY KEY (term_id), KEY slug (slug))`,
	`CREATE TABLE {term_taxonomy} (term_taxonomy_id bigint unsigned NOT NULL AUTO_INCREMENT, term_id bigint unsigned NOT NULL DEFAULT 0,
		taxonomy varchar(32) NOT NULL DEFAULT '', description longtext NOT NULL, parent bigint unsigned NOT NULL DEFAULT 0, count bigint NOT NULL DEFAULT 0,
		PRIMARY KEY (term_taxonomy_id), UNIQUE KEY term_id_taxonomy (term_id,taxonomy))`,
	`CREATE TABLE {term_relationships} (object_id bigint unsigned NOT NULL DEFAULT 0, term_taxonomy_id bigint unsigned NOT NULL DEFAULT 0,
		term_order int NOT NULL DEFAULT 0, PRIMARY KEY (object_id,term_taxonomy_id), KEY term_taxonomy_id (term_taxonomy_id))`,
	`CREATE TABLE {commentmeta} (meta_id bigint unsigned NOT NULL AUTO_INCREMENT, comment_id bigint unsigned NOT NULL DEFAULT 0, meta_key varchar(255) DEFAULT NULL,
		meta_value longtext, PRIMARY KEY (meta_id), KEY comment_id (comment_id))`,
	`CREATE TABLE {comments} (comment_ID bigint unsigned NOT NULL AUTO_INCREMENT, comment_post_ID bigint unsigned NOT NULL DEFAULT 0, comment_author tinytext NOT NULL,
		comment_author_email varchar(100) NOT NULL DEFAULT '', comment_author_url varchar(200) NOT NULL DEFAULT '', comment_author_IP varchar(100) NOT NULL DEFAULT '',
		comment_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00', comment_date_gmt datetime NOT NULL DEFAULT '0000-00-00 00:00:00', comment_content text NOT NULL,
		comment_karma int NOT NULL DEFAULT 0, comment_approved varchar(20) NOT NULL DEFAULT '1', comment_agent varchar(255) NOT NULL DEFAULT '',
		comment_type varchar(20) NOT NULL DEFAULT 'comment', comment_parent bigint unsigned NOT NULL DEFAULT 0, user_id bigint unsigned NOT NULL DEFAULT 0,
		PRIMARY KEY (comment_ID), KEY comment_post_ID (comment_post_ID))`,
	`CREATE TABLE {options} (option_id bigint unsigned NOT NULL AUTO_INCREMENT, option_name varchar(191) NOT NULL DEFAULT '', option_value longtext NOT NULL,
		autoload varchar(20) NOT NULL DEFAULT 'yes', PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name))`,
	`CREATE TABLE {postmeta} (meta_id bigint unsigned NOT NULL AUTO_INCREMENT, post_id bigint unsigned NOT NULL DEFAULT 0, meta_key varchar(255) DEFAULT NULL,
		meta_value longtext, PRIMARY KEY (meta_id), KEY post_id (post_id))`,
	`CREATE TABLE {posts} (ID bigint unsigned NOT NULL AUTO_INCREMENT, post_author bigint unsigned NOT NULL DEFAULT 0, post_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
		post_date_gmt datetime NOT NULL DEFAULT '0000-00-00 00:00:00', post_content longtext NOT NULL, post_title text NOT NULL, post_excerpt text NOT NULL,
		post_status varchar(20) NOT NULL DEFAULT 'publish', comment_status varchar(20) NOT NULL DEFAULT 'open', ping_status varchar(20) NOT NULL DEFAULT 'open',
		post_password varchar(255) NOT NULL DEFAULT '', post_name varchar(200) NOT NULL DEFAULT '', to_ping text NOT NULL, pinged text NOT NULL,
		post_modified datetime NOT NULL DEFAULT '0000-00-00 00:00:00', post_modified_gmt datetime NOT NULL DEFAULT '0000-00-00 00:00:00', post_content_filtered longtext NOT NULL,
		post_parent bigint unsigned NOT NULL DEFAULT 0, guid varchar(255) NOT NULL DEFAULT '', menu_order int NOT NULL DEFAULT 0, post_type varchar(20) NOT NULL DEFAULT 'post',
		post_mime_type varchar(100) NOT NULL DEFAULT '', comment_count bigint NOT NULL DEFAULT 0,
		PRIMARY KEY (ID), KEY post_name (post_name), KEY type_status_date (post_type,post_status,post_date,ID), KEY post_parent (post_parent))`,
	`CREATE TABLE {users} (ID bigint unsigned NOT NULL AUTO_INCREMENT, user_login varchar(60) NOT NULL DEFAULT '', user_pass varchar(255) NOT NULL DEFAULT '',
		user_nicename varchar(50) NOT NULL DEFAULT '', user_email varchar(100) NOT NULL DEFAULT '', user_url varchar(100) NOT NULL DEFAULT '',
		user_registered datetime NOT NULL DEFAULT '0000-00-00 00:00:00', user_activation_key varchar(255) NOT NULL DEFAULT '', user_status int NOT NULL DEFAULT 0,
		display_name varchar(250) NOT NULL DEFAULT '', PRIMARY KEY (ID), KEY user_login_key (user_login), KEY user_email (user_email))`,
	`CREATE TABLE {usermeta} (umeta_id bigint unsigned NOT NULL AUTO_INCREMENT, user_id bigint unsigned NOT NULL DEFAULT 0, meta_key varchar(255) DEFAULT NULL,
		meta_value longtext, PRIMARY KEY (umeta_id), KEY user_id (user_id))`,
}

// New makes a site. full also adds content; otherwise it is as the installer leaves it, and writable.
func New(tb testing.TB, d cmssql.Dialect, prefix string, full bool) cms.Settings {
	tb.Helper()
	set := cms.Settings{Platform: "wordpress", Prefix: prefix, Files: tb.TempDir(), Writable: !full, Version: "6.1.9"}
	set.Database = database(tb, d)
	statements := append(append([]string{}, schema...), installed...)
	if full {
		statements = append(statements, content...)
		picture(tb, set.Files)
	}
	install(tb, set, statements)
	return set
}

// install runs statements in a site's database.
func install(tb testing.TB, set cms.Settings, statements []string) {
	tb.Helper()
	db, err := cmssql.Open(tb.Context(), set.Database, true)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		for _, q := range dialect(s, set.Database.Dialect, set.Prefix) {
			if err := db.Exec(tb.Context(), q); err != nil {
				tb.Fatalf("%v in %s", err, q)
			}
		}
	}
}

func database(tb testing.TB, d cmssql.Dialect) cmssql.Config {
	tb.Helper()
	if d == cmssql.SQLite {
		file := testbed.SQLite(tb)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			tb.Fatal(err)
		}
		return cmssql.Config{Dialect: cmssql.SQLite, File: file}
	}
	c, err := cmssql.ParseDSN(testbed.MariaDB(tb).Database(tb).DSN)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// dialect puts the tables' names in. For SQLite it also does what the drop-in's translation does: text columns that ignore
// case, indexes of their own.
func dialect(s string, d cmssql.Dialect, prefix string) []string {
	table := ""
	for {
		i, j := strings.IndexByte(s, '{'), strings.IndexByte(s, '}')
		if i < 0 || j < i || strings.ContainsAny(s[i:j], `:;" `) {
			break
		}
		if table == "" {
			table = prefix + s[i+1:j]
		}
		s = s[:i] + cmssql.QuoteName(d, prefix+s[i+1:j]) + s[j+1:]
	}
	s = strings.ReplaceAll(s, "%PREFIX%", prefix)
	if d == cmssql.MySQL || !strings.HasPrefix(s, "CREATE TABLE") {
		if strings.HasPrefix(s, "CREATE TABLE") {
			s += " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci"
		}
		return []string{s}
	}
	return forSQLite(s, table)
}

func forSQLite(s, table string) []string {
	for _, id := range []string{"meta_id", "umeta_id", "term_id", "term_taxonomy_id", "comment_ID", "option_id", "translation_id", "ID", "id"} {
		if auto := " " + id + " bigint unsigned NOT NULL AUTO_INCREMENT"; strings.Contains(strings.ReplaceAll(s, "(", " "), auto) {
			s = strings.Replace(s, id+" bigint unsigned NOT NULL AUTO_INCREMENT", id+" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", 1)
			s = strings.Replace(s, ", PRIMARY KEY ("+id+")", "", 1)
			s = strings.Replace(s, ",\n\t\tPRIMARY KEY ("+id+")", "", 1)
			break
		}
	}
	var indexes []string
	for _, kind := range []string{"UNIQUE KEY ", "KEY "} {
		for {
			i := strings.Index(s, ", "+kind)
			if i < 0 {
				break
			}
			rest := s[i+2+len(kind):]
			name, cols, _ := strings.Cut(rest, " (")
			cols, after, _ := strings.Cut(cols, ")")
			s = s[:i] + after
			indexes = append(indexes, "CREATE "+strings.Replace(kind, "KEY", "INDEX", 1)+cmssql.QuoteName(cmssql.SQLite, table+"__"+name)+
				" ON "+cmssql.QuoteName(cmssql.SQLite, table)+" ("+cols+")")
		}
	}
	s = strings.NewReplacer("bigint unsigned", "INTEGER", "bigint", "INTEGER", " int ", " INTEGER ", "datetime", "TEXT", "longtext", "TEXT COLLATE NOCASE", "tinytext", "TEXT COLLATE NOCASE",
		" text ", " TEXT COLLATE NOCASE ", "varchar(255)", "TEXT COLLATE NOCASE", "varchar(250)", "TEXT COLLATE NOCASE", "varchar(200)", "TEXT COLLATE NOCASE", "varchar(191)", "TEXT COLLATE NOCASE",
		"varchar(100)", "TEXT COLLATE NOCASE", "varchar(60)", "TEXT COLLATE NOCASE", "varchar(50)", "TEXT COLLATE NOCASE", "varchar(32)", "TEXT COLLATE NOCASE", "varchar(20)", "TEXT COLLATE NOCASE").Replace(s)
	return append([]string{s}, indexes...)
}

// picture stores the files that the content names.
func picture(tb testing.TB, dir string) {
	tb.Helper()
	for _, name := range []string{"2024/05/lake.jpg", "2024/05/lake-300x200.jpg"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("picture "+name), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}
