package main

import (
	"context"
	"database/sql"
	_ "embed" // schema
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
	_ "modernc.org/sqlite" // driver
)

//go:embed wordpress.sql
var wordpressSchema string

const home = "http://ulvbekk.example"

// site is a site that the demo made.
type site struct {
	dir, database, files string
	entries              int
}

// wordpress fills the sample site's database.
type wordpress struct {
	tx      *sql.Tx
	uploads string
	users   map[string]int64
	terms   map[string]int64
	media   map[string]int64
	images  map[string]string
	posts   map[string]int64
	err     error
}

// makeWordPress makes the sample site in dir, as WordPress with its SQLite integration keeps it.
func makeWordPress(ctx context.Context, dir string) (*site, error) {
	s := &site{dir: dir, database: filepath.Join(dir, "wp-content", "database", ".ht.sqlite"), files: filepath.Join(dir, "wp-content", "uploads")}
	db, err := create(ctx, s.database, wordpressSchema)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	entries, err := readEntries()
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	w := &wordpress{tx: tx, uploads: s.files, users: map[string]int64{}, terms: map[string]int64{}, media: map[string]int64{},
		images: map[string]string{}, posts: map[string]int64{}}
	w.fill(entries)
	if w.err != nil {
		return nil, w.err
	}
	s.entries = len(entries)
	return s, tx.Commit()
}

// create makes an SQLite database with a schema.
func create(ctx context.Context, file, schema string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func (w *wordpress) fill(entries []*entry) {
	for _, a := range accounts {
		w.account(a)
	}
	for _, c := range categories {
		w.terms["category "+c.slug] = w.term("category", c.name, c.slug, w.terms["category "+c.parent])
	}
	for i, p := range pictures {
		w.picture(i, p)
	}
	for _, e := range entries {
		w.reserve(e)
	}
	for _, e := range entries {
		w.entry(e)
	}
	w.remarks(entries)
	w.menu()
	w.options()
	w.exec(`UPDATE wp_term_taxonomy SET count = (SELECT COUNT(*) FROM wp_term_relationships r JOIN wp_posts p ON p.ID = r.object_id
		WHERE r.term_taxonomy_id = wp_term_taxonomy.term_taxonomy_id AND p.post_status = 'publish')`)
}

// exec runs a statement unless an earlier one failed, and gives the new row's id.
func (w *wordpress) exec(query string, args ...any) int64 {
	if w.err != nil {
		return 0
	}
	res, err := w.tx.Exec(query, args...)
	if err != nil {
		w.err = fmt.Errorf("%.60s: %w", query, err)
		return 0
	}
	id, err := res.LastInsertId()
	w.err = err
	return id
}

func (w *wordpress) account(a account) {
	hash, err := bcrypt.GenerateFromPassword([]byte(a.password), bcrypt.MinCost)
	if err != nil {
		w.err = err
		return
	}
	name := a.first + " " + a.last
	id := w.exec("INSERT INTO wp_users (user_login,user_pass,user_nicename,user_email,user_registered,display_name) VALUES (?,?,?,?,?,?)",
		a.login, string(hash), a.login, a.email, "2019-03-01 08:00:00", name)
	level := map[string]string{"administrator": "10", "editor": "7", "author": "2"}[a.role]
	for _, m := range [][2]string{{"nickname", a.login}, {"first_name", a.first}, {"last_name", a.last}, {"description", a.bio}, {"rich_editing", "true"},
		{"wp_capabilities", fmt.Sprintf(`a:1:{s:%d:"%s";b:1;}`, len(a.role), a.role)}, {"wp_user_level", level}} {
		w.exec("INSERT INTO wp_usermeta (user_id,meta_key,meta_value) VALUES (?,?,?)", id, m[0], m[1])
	}
	w.users[a.login] = id
}

// term adds a term and gives its id; term_id and term_taxonomy_id drift apart as on old sites.
func (w *wordpress) term(taxonomy, name, slug string, parent int64) int64 {
	id := w.exec("INSERT INTO wp_terms (name,slug) VALUES (?,?)", strings.ReplaceAll(name, "&", "&amp;"), slug)
	w.exec("INSERT INTO wp_term_taxonomy (term_taxonomy_id,term_id,taxonomy,description,parent) VALUES (?,?,?,'',?)", id+100, id, taxonomy, parent)
	return id
}

func (w *wordpress) relate(post, term int64) {
	w.exec("INSERT OR IGNORE INTO wp_term_relationships (object_id,term_taxonomy_id) VALUES (?,?)", post, term+100)
}

func (w *wordpress) meta(post int64, key, value string) {
	w.exec("INSERT INTO wp_postmeta (post_id,meta_key,meta_value) VALUES (?,?,?)", post, key, value)
}

// post adds a row of wp_posts.
func (w *wordpress) post(id any, typ, status, title, slug, author string, at time.Time, body, excerpt, password, mime string, parent int64, order int, guid string) int64 {
	local, gmt := at.Format(time.DateTime), at.Add(-time.Hour).Format(time.DateTime)
	stamp := gmt
	if status == "draft" {
		stamp, slug = "0000-00-00 00:00:00", ""
	}
	return w.exec(`INSERT INTO wp_posts (ID,post_author,post_date,post_date_gmt,post_content,post_title,post_excerpt,post_status,comment_status,ping_status,
		post_password,post_name,to_ping,pinged,post_modified,post_modified_gmt,post_content_filtered,post_parent,guid,menu_order,post_type,post_mime_type)
		VALUES (?,?,?,?,?,?,?,?,'open','closed',?,?,'','',?,?,'',?,?,?,?,?)`,
		id, w.users[author], local, stamp, body, title, excerpt, status, password, slug, local, gmt, parent, guid, order, typ, mime)
}

func (w *wordpress) picture(i int, p picture) {
	at := time.Date(2019, time.Month(3+i), 2, 10, 0, 0, 0, time.UTC)
	dir := at.Format("2006/01")
	file := dir + "/" + p.file
	mime := "image/" + strings.NewReplacer(".", "", "jpg", "jpeg").Replace(filepath.Ext(p.file))
	bytes, err := p.save(filepath.Join(w.uploads, file), fullWidth, fullHeight)
	if err != nil {
		w.err = err
		return
	}
	id := w.post(nil, "attachment", "inherit", p.title, strings.TrimSuffix(p.file, filepath.Ext(p.file)), "tessa", at, "", p.alt+".", "", mime, 0, 0, home+"/wp-content/uploads/"+file)
	var copies strings.Builder
	ext := filepath.Ext(p.file)
	base := strings.TrimSuffix(p.file, ext)
	w.images[p.name] = home + "/wp-content/uploads/" + file
	for _, s := range sizes {
		name := fmt.Sprintf("%s-%dx%d%s", base, s.width, s.height, ext)
		n, err := p.save(filepath.Join(w.uploads, dir, name), s.width, s.height)
		if err != nil {
			w.err = err
			return
		}
		w.images[p.name+":"+s.name] = home + "/wp-content/uploads/" + dir + "/" + name
		fmt.Fprintf(&copies, `s:%d:"%s";a:5:{s:4:"file";s:%d:"%s";s:5:"width";i:%d;s:6:"height";i:%d;s:9:"mime-type";s:%d:"%s";s:8:"filesize";i:%d;}`,
			len(s.name), s.name, len(name), name, s.width, s.height, len(mime), mime, n)
	}
	w.meta(id, "_wp_attached_file", file)
	w.meta(id, "_wp_attachment_image_alt", p.alt)
	w.meta(id, "_wp_attachment_metadata", fmt.Sprintf(`a:5:{s:5:"width";i:%d;s:6:"height";i:%d;s:4:"file";s:%d:"%s";s:8:"filesize";i:%d;s:5:"sizes";a:%d:{%s}}`,
		fullWidth, fullHeight, len(file), file, bytes, len(sizes), copies.String()))
	w.media[p.name] = id
}

// reserve chooses an entry's id, so that texts can point to entries that come later.
func (w *wordpress) reserve(e *entry) { w.posts[e.slug] = int64(200 + 3*len(w.posts)) }

var placeholder = regexp.MustCompile(`\{\{(url|img|id):([a-z:-]+)\}\}`)

// expand fills addresses and ids into a text.
func (w *wordpress) expand(body string) string {
	return placeholder.ReplaceAllStringFunc(body, func(m string) string {
		p := placeholder.FindStringSubmatch(m)
		switch p[1] {
		case "img":
			return w.images[p[2]]
		case "id":
			return fmt.Sprint(w.media[p[2]])
		}
		return home + "/" + p[2] + "/"
	})
}

func (w *wordpress) entry(e *entry) {
	id := w.posts[e.slug]
	w.post(id, e.typ, e.status, e.title, e.slug, e.author, e.date, w.expand(e.body), "", e.password, "", w.posts[e.parent], e.order, fmt.Sprintf("%s/?p=%d", home, id))
	if e.image != "" {
		w.meta(id, "_thumbnail_id", fmt.Sprint(w.media[e.image]))
	}
	if e.slug == "welcome" {
		w.meta(id, "_yoast_wpseo_metadesc", "Forty-one people who like to carry things across water.")
	}
	for _, c := range e.cats {
		w.relate(id, w.terms["category "+c])
	}
	for _, t := range e.tags {
		w.relate(id, w.once("post_tag", strings.ToUpper(t[:1])+t[1:], t))
	}
	if e.format != "" {
		w.relate(id, w.once("post_format", "post-format-"+e.format, "post-format-"+e.format))
	}
}

// once gives a term, adding it at the first call.
func (w *wordpress) once(taxonomy, name, slug string) int64 {
	key := taxonomy + " " + slug
	if w.terms[key] == 0 {
		w.terms[key] = w.term(taxonomy, name, slug, 0)
	}
	return w.terms[key]
}
