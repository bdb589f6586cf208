package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/baileybridge/bailey/deploy/testbed"
	_ "modernc.org/sqlite" // driver
)

// samples are the demo's two sites, and what is added to its WordPress so that a run lasts long enough to be disturbed.
type samples struct {
	dir string
	// wordpress are its tables for MariaDB.
	wordpress string
}

const (
	bulkPosts    = 160
	bulkComments = 120
	bulkUsers    = 12
	bulkMedia    = 10
	// bulkText makes several batches of a shard of posts, bulkFile several messages of a file.
	bulkText = 24 << 10
	bulkFile = 700 << 10
)

// makeSamples lets the demo make its sites in dir. It must run in the root of the module.
func makeSamples(dir string) (*samples, error) {
	if out, err := exec.Command("go", "run", "./deploy/demo", "-sites", "-out", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make the sample sites: %w\n%s", err, out)
	}
	wordpress, err := os.ReadFile("deploy/bench/wordpress.sql")
	if err != nil {
		return nil, err
	}
	return &samples{dir: dir, wordpress: string(wordpress)}, nil
}

func (s *samples) ghostFile() string {
	return filepath.Join(s.dir, "ghost", "content", "data", "ghost.db")
}

// source fills a database with the sample WordPress and more, and gives the folder of its files.
func (s *samples) source(db *testbed.Database, uploads string) error {
	if _, err := db.DB.Exec(s.wordpress); err != nil {
		return err
	}
	root := filepath.Join(s.dir, "wordpress", "wp-content")
	if err := copyRows(filepath.Join(root, "database", ".ht.sqlite"), db.DB); err != nil {
		return err
	}
	if err := os.CopyFS(uploads, os.DirFS(filepath.Join(root, "uploads"))); err != nil {
		return err
	}
	b := &bulk{db: db.DB, uploads: uploads, rnd: rand.New(rand.NewPCG(7, 7))}
	return b.fill()
}

// copyRows copies every table of an SQLite database into one of the same name that has its columns.
func copyRows(file string, to *sql.DB) error {
	from, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	tables, err := lines(from, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := copyTable(from, to, t); err != nil {
			return fmt.Errorf("copy %s: %w", t, err)
		}
	}
	return nil
}

func copyTable(from, to *sql.DB, table string) error {
	rows, err := from.Query("SELECT * FROM " + table)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	insert := "INSERT INTO " + table + " (`" + strings.Join(cols, "`,`") + "`) VALUES (" + strings.TrimSuffix(strings.Repeat("?,", len(cols)), ",") + ")"
	for rows.Next() {
		values, into := make([]any, len(cols)), make([]any, len(cols))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if _, err := to.Exec(insert, values...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// bulk adds many records to the sample.
type bulk struct {
	db      *sql.DB
	uploads string
	rnd     *rand.Rand
	err     error
}

func (b *bulk) exec(query string, args ...any) {
	if b.err == nil {
		_, b.err = b.db.Exec(query, args...)
	}
}

func (b *bulk) fill() error {
	for i := range bulkUsers {
		name := fmt.Sprintf("writer%02d", i)
		b.exec("INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name) VALUES (?, ?, '$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234', ?, ?, '2020-01-01', ?)",
			100+i, name, name, name+"@example.test", "Writer "+name)
		b.exec("INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (?, 'wp_capabilities', 'a:1:{s:6:\"author\";b:1;}'), (?, 'wp_user_level', '2')", 100+i, 100+i)
	}
	for i := range bulkMedia {
		b.media(3000+i, fmt.Sprintf("2021/%02d/plan-%02d.png", 1+i%4, i))
	}
	for i := range bulkPosts {
		b.post(4000+i, i)
	}
	for i := range bulkComments {
		parent := 0
		if i%3 == 2 {
			parent = 5000 + i - 2
		}
		// A thread stays below one post.
		on := 4000 + i/3
		b.exec("INSERT INTO wp_comments (comment_ID, comment_post_ID, comment_author, comment_author_email, comment_date, comment_date_gmt, comment_content, comment_parent) VALUES (?, ?, ?, ?, '2022-02-02', '2022-02-02', ?, ?)",
			5000+i, on, fmt.Sprintf("Reader %d", i), fmt.Sprintf("reader%d@example.test", i), fmt.Sprintf("Remark %d.", i), parent)
	}
	b.exec("UPDATE wp_posts SET comment_count = (SELECT COUNT(*) FROM wp_comments WHERE comment_post_ID = ID AND comment_approved = '1')")
	b.exec(`UPDATE wp_term_taxonomy t SET count = (SELECT COUNT(*) FROM wp_term_relationships r JOIN wp_posts p ON p.ID = r.object_id
		WHERE r.term_taxonomy_id = t.term_taxonomy_id AND p.post_status = 'publish')`)
	return b.err
}

const insertPost = `INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, post_name, to_ping, pinged,
	post_modified, post_modified_gmt, post_content_filtered, guid, post_type, post_mime_type) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, '', '', ?, ?, '', ?, ?, ?)`

func (b *bulk) media(id int, file string) {
	full := filepath.Join(b.uploads, file)
	data := make([]byte, bulkFile)
	for i := range data {
		data[i] = byte(b.rnd.Uint32())
	}
	copy(data, "\x89PNG\r\n\x1a\n")
	if b.err == nil {
		b.err = errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, data, 0o644))
	}
	at := "2021-01-05 10:00:00"
	name := strings.TrimSuffix(filepath.Base(file), ".png")
	b.exec(insertPost, id, 100, at, at, "", name, "inherit", name, at, at, "http://ulvbekk.example/wp-content/uploads/"+file, "attachment", "image/png")
	b.exec("INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (?, '_wp_attached_file', ?)", id, file)
}

func (b *bulk) post(id, i int) {
	var text strings.Builder
	for n := 0; text.Len() < bulkText; n++ {
		fmt.Fprintf(&text, "<!-- wp:paragraph -->\n<p>Paragraph %d of post %d: %x. <a href=\"http://ulvbekk.example/bulk-%d/\">Another</a>.</p>\n<!-- /wp:paragraph -->\n\n", n, i, b.rnd.Uint64(), b.rnd.IntN(bulkPosts))
	}
	fmt.Fprintf(&text, `<img src="http://ulvbekk.example/wp-content/uploads/2021/%02d/plan-%02d.png">`, 1+i%bulkMedia%4, i%bulkMedia)
	at := fmt.Sprintf("2021-%02d-%02d 08:%02d:00", 1+i%12, 1+i%28, i%60)
	b.exec(insertPost, id, 100+i%bulkUsers, at, at, text.String(), fmt.Sprintf("Bulk %d", i), "publish", fmt.Sprintf("bulk-%d", i), at, at, fmt.Sprintf("http://ulvbekk.example/?p=%d", id), "post", "")
	b.exec("INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (?, 'views', ?), (?, '_thumbnail_id', ?)", id, i, id, 3000+i%bulkMedia)
	b.exec("INSERT IGNORE INTO wp_term_relationships (object_id, term_taxonomy_id) SELECT ?, term_taxonomy_id FROM wp_term_taxonomy WHERE taxonomy = 'category' ORDER BY term_taxonomy_id LIMIT ?, 2", id, i%4)
}

// blankWordPress fills a database with a WordPress right after its setup.
func (s *samples) blankWordPress(db *sql.DB) error {
	b := &bulk{db: db}
	b.exec(s.wordpress)
	for _, o := range [][2]string{{"siteurl", "http://new.example"}, {"home", "http://new.example"}, {"blogname", "New"}, {"blogdescription", ""},
		{"permalink_structure", "/%postname%/"}, {"timezone_string", "UTC"}, {"default_category", "1"}, {"show_on_front", "posts"}, {"db_version", "53496"},
		{"stylesheet", "twentytwentyone"}, {"template", "twentytwentyone"}, {"uploads_use_yearmonth_folders", "1"}, {"active_plugins", "a:0:{}"},
		{"wp_user_roles", `a:3:{s:13:"administrator";a:1:{s:4:"name";s:13:"Administrator";}s:6:"editor";a:1:{s:4:"name";s:6:"Editor";}s:6:"author";a:1:{s:4:"name";s:6:"Author";}}`}} {
		b.exec("INSERT INTO wp_options (option_name, option_value) VALUES (?, ?)", o[0], o[1])
	}
	b.exec("INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name) VALUES (1, 'admin', 'x', 'admin', 'admin@new.example', '2020-01-01', 'admin')")
	b.exec(`INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}'), (1, 'wp_user_level', '10')`)
	b.exec("INSERT INTO wp_terms (term_id, name, slug) VALUES (1, 'Uncategorized', 'uncategorized')")
	b.exec("INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (1, 1, 'category', '')")
	return b.err
}

// mariaTypes makes Ghost's tables, as SQLite has them, those of MariaDB.
var mariaTypes = strings.NewReplacer(`"`, "`", "` text", "` longtext", "AUTOINCREMENT", "AUTO_INCREMENT", "autoincrement", "AUTO_INCREMENT")

// foreign is a foreign key: rows are copied table by table, and what is to be found must not be refused before.
var foreign = regexp.MustCompile("(?i), *(constraint `[^`]*` *)?foreign key *\\([^)]*\\) *references `[^`]*` *\\([^)]*\\)( on delete (cascade|set null))?")

// blankGhost fills a MariaDB database with the demo's empty Ghost.
func (s *samples) blankGhost(db *sql.DB) error {
	from, err := sql.Open("sqlite", "file:"+s.ghostFile()+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	tables, err := lines(from, "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := db.Exec(foreign.ReplaceAllString(mariaTypes.Replace(t), "")); err != nil {
			return fmt.Errorf("%.60s: %w", t, err)
		}
	}
	return copyRows(s.ghostFile(), db)
}

// lines gives the rows of a query, each as one text.
func lines(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		values, into := make([]sql.NullString, len(cols)), make([]any, len(cols))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var text []string
		for _, v := range values {
			text = append(text, v.String)
		}
		all = append(all, strings.Join(text, " | "))
	}
	return all, rows.Err()
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// tree lists the files below a folder with their digests, and its folders.
func tree(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			all = append(all, rel+"/")
			return nil
		}
		sum, err := digest(path)
		all = append(all, rel+" "+sum)
		return err
	})
	return all, err
}
