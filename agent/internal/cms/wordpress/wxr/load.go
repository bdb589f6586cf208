package wxr

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// load fills the tables of db from the files and says what had to be repaired, and the WordPress that wrote them.
func load(ctx context.Context, c cmssql.Config, files []string) ([]*agentv1.Finding, string, error) {
	db, err := cmssql.Open(ctx, c, true)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = db.Close() }()
	if err := all(ctx, db, schema); err != nil {
		return nil, "", err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = tx.Rollback() }()
	l := newLoader(ctx, tx)
	for _, f := range files {
		if err := l.file(f); err != nil {
			return nil, "", fmt.Errorf("read %s: %w", filepath.Base(f), err)
		}
	}
	if err := errors.Join(l.finish(), tx.Commit()); err != nil {
		return nil, "", err
	}
	return l.findings(), l.version, all(ctx, db, indexes)
}

func all(ctx context.Context, db *cmssql.DB, statements []string) error {
	for _, s := range statements {
		if err := db.Exec(ctx, s); err != nil {
			return fmt.Errorf("make the temporary database: %w", err)
		}
	}
	return nil
}

// table is one of the tables with the rows that wait to be inserted.
type table struct {
	name string
	cols []string
	rows [][]any
}

// waiting bounds the rows that wait, in bytes of their texts (Rule 9), and in number.
const waitingBytes, waitingRows = 1 << 20, 2000

// loader puts what an export holds into the tables.
type loader struct {
	ctx    context.Context
	tx     *cmssql.Tx
	tables map[string]*table
	bytes  int

	settings map[string]string
	version  string
	// users by login, taxonomy's rows by taxonomy and slug, parents that are known by slug only.
	users   map[string]int64
	terms   map[[2]string]row
	parents []child
	// Highest ids seen, for rows that have none of their own.
	lastUser, lastTerm, lastRow int64
	sticky                      []int64
	guess                       *guess
	// What was repaired, and what names an account that the export does not hold.
	repaired, strangers, accounts uint64
}

// row is a term's row in its taxonomy.
type row struct{ term, id int64 }

type child struct {
	id     int64
	parent [2]string
}

var columns = map[string][]string{
	"wp_posts": {"ID", "post_author", "post_date", "post_date_gmt", "post_content", "post_title", "post_excerpt", "post_status", "comment_status", "ping_status",
		"post_password", "post_name", "post_modified", "post_modified_gmt", "post_parent", "guid", "menu_order", "post_type", "post_mime_type"},
	"wp_postmeta":           {"post_id", "meta_key", "meta_value"},
	"wp_users":              {"ID", "user_login", "user_nicename", "user_email", "display_name"},
	"wp_usermeta":           {"user_id", "meta_key", "meta_value"},
	"wp_terms":              {"term_id", "name", "slug"},
	"wp_term_taxonomy":      {"term_taxonomy_id", "term_id", "taxonomy", "description"},
	"wp_term_relationships": {"object_id", "term_taxonomy_id"},
	"wp_termmeta":           {"term_id", "meta_key", "meta_value"},
	"wp_comments": {"comment_ID", "comment_post_ID", "comment_author", "comment_author_email", "comment_author_url", "comment_author_IP", "comment_date",
		"comment_date_gmt", "comment_content", "comment_approved", "comment_type", "comment_parent", "user_id"},
	"wp_commentmeta": {"comment_id", "meta_key", "meta_value"},
	"wp_options":     {"option_name", "option_value"},
}

func newLoader(ctx context.Context, tx *cmssql.Tx) *loader {
	l := &loader{ctx: ctx, tx: tx, tables: map[string]*table{}, settings: map[string]string{}, users: map[string]int64{}, terms: map[[2]string]row{}, guess: newGuess()}
	for name, cols := range columns {
		l.tables[name] = &table{name: name, cols: cols}
	}
	return l
}

func (l *loader) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	repaired, err := parse(bufio.NewReader(f), l)
	l.repaired += repaired
	return err
}

// add lets a row wait for its table.
func (l *loader) add(name string, vals ...any) error {
	t := l.tables[name]
	t.rows = append(t.rows, vals)
	for _, v := range vals {
		if s, ok := v.(string); ok {
			l.bytes += len(s)
		}
	}
	if l.bytes < waitingBytes && len(t.rows) < waitingRows {
		return nil
	}
	return l.flush()
}

// flush inserts what waits. A row that an earlier file of a divided export brought already stays as it is.
func (l *loader) flush() error {
	for _, t := range l.tables {
		if _, err := l.tx.InsertElse(l.ctx, t.name, t.cols, t.rows, " ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("fill the temporary database: %w", err)
		}
		t.rows = t.rows[:0]
	}
	l.bytes = 0
	return nil
}

func (l *loader) setting(name, value string) error {
	value = strings.TrimSpace(value)
	if name == "generator" {
		_, l.version, _ = strings.Cut(value, "?v=")
		return nil
	}
	l.settings[name] = value
	return nil
}

func (l *loader) author(a *author) error {
	if _, known := l.users[a.Login]; known || a.Login == "" {
		return nil
	}
	if a.ID <= 0 {
		a.ID = l.lastUser + 1
	}
	l.lastUser = max(l.lastUser, a.ID)
	l.users[a.Login] = a.ID
	display := a.Display
	if display == "" {
		display = a.Login
	}
	if err := l.add("wp_users", a.ID, a.Login, nicename(a.Login), a.Email, display); err != nil {
		return err
	}
	for _, m := range []meta{{"first_name", a.First}, {"last_name", a.Last}} {
		if m.Value != "" {
			if err := l.add("wp_usermeta", a.ID, m.Key, m.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// nicename is what WordPress makes of a login for addresses, for logins of plain letters.
func nicename(login string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.ToLower(login))
}

func (l *loader) term(t *term) error {
	_, err := l.newTerm(t)
	return err
}

func (l *loader) newTerm(t *term) (row, error) {
	key := [2]string{t.Taxonomy, t.Slug}
	if r, known := l.terms[key]; known || t.Slug == "" || t.Taxonomy == "" {
		return r, nil
	}
	if t.ID <= 0 {
		t.ID = l.lastTerm + 1
	}
	l.lastTerm, l.lastRow = max(l.lastTerm, t.ID), l.lastRow+1
	r := row{t.ID, l.lastRow}
	l.terms[key] = r
	if t.Parent != "" {
		l.parents = append(l.parents, child{r.id, [2]string{t.Taxonomy, t.Parent}})
	}
	if err := l.add("wp_terms", t.ID, t.Name, t.Slug); err != nil {
		return r, err
	}
	if err := l.add("wp_term_taxonomy", r.id, t.ID, t.Taxonomy, t.Description); err != nil {
		return r, err
	}
	return r, l.metas("wp_termmeta", t.ID, t.Meta)
}

func (l *loader) metas(table string, id int64, all []meta) error {
	for _, m := range all {
		if err := l.add(table, id, m.Key, m.Value); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) item(it *item) error {
	creator, err := l.creator(it.Creator)
	if err != nil {
		return err
	}
	if it.Type == "" {
		it.Type = "post"
	}
	modified, modifiedGMT := it.Modified, it.ModifiedGMT
	if modified == "" {
		modified, modifiedGMT = it.Date, it.DateGMT
	}
	l.guess.look(it, l.settings["base_blog_url"])
	if it.Sticky == "1" {
		l.sticky = append(l.sticky, it.ID)
	}
	if err := l.add("wp_posts", it.ID, creator, it.Date, it.DateGMT, it.text("/content"), it.Title, it.text("/excerpt"), it.Status, it.CommentStatus, it.PingStatus,
		it.Password, it.Name, modified, modifiedGMT, it.Parent, it.GUID, it.Order, it.Type, mimeOf(it)); err != nil {
		return err
	}
	if err := l.metas("wp_postmeta", it.ID, it.Meta); err != nil {
		return err
	}
	if err := l.termsOf(it); err != nil {
		return err
	}
	return l.comments(it)
}

// creator is the account of a login. An author whom the export names but does not describe gets an account of that login.
func (l *loader) creator(login string) (int64, error) {
	if login == "" {
		return 0, nil
	}
	if id, ok := l.users[login]; ok {
		return id, nil
	}
	l.strangers++
	if err := l.author(&author{Login: login}); err != nil {
		return 0, err
	}
	return l.users[login], nil
}

func (l *loader) termsOf(it *item) error {
	for _, t := range it.Terms {
		taxonomy := t.Taxonomy
		if taxonomy == "tag" {
			taxonomy = "post_tag"
		}
		r, err := l.newTerm(&term{Taxonomy: taxonomy, Slug: t.Slug, Name: t.Name})
		if err != nil {
			return err
		}
		if r.id == 0 {
			continue
		}
		if err := l.add("wp_term_relationships", it.ID, r.id); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) comments(it *item) error {
	for _, c := range it.Comments {
		if err := l.add("wp_comments", c.ID, it.ID, c.Author, c.Email, c.URL, c.IP, c.Date, c.DateGMT, c.Content, c.Approved, c.Type, c.Parent, c.User); err != nil {
			return err
		}
		if err := l.metas("wp_commentmeta", c.ID, c.Meta); err != nil {
			return err
		}
	}
	return nil
}

// finish writes what is known only at the end.
func (l *loader) finish() error {
	for name, value := range l.options() {
		if err := l.add("wp_options", name, value); err != nil {
			return err
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	for _, c := range l.parents {
		if _, err := l.tx.Exec(l.ctx, "UPDATE wp_term_taxonomy SET parent = ? WHERE term_taxonomy_id = ?", l.terms[c.parent].term, c.id); err != nil {
			return fmt.Errorf("fill the temporary database: %w", err)
		}
	}
	return l.tx.QueryRow(l.ctx, "SELECT COUNT(*) FROM wp_comments WHERE user_id <> 0 AND user_id NOT IN (SELECT ID FROM wp_users)").Scan(&l.accounts)
}

func (l *loader) options() map[string]string {
	home := l.settings["base_blog_url"]
	site := l.settings["base_site_url"]
	if home == "" {
		home = site
	}
	lang := strings.ReplaceAll(l.settings["language"], "-", "_")
	if lang == "en_US" {
		lang = ""
	}
	return map[string]string{
		"home": home, "siteurl": home, "blogname": l.settings["title"], "blogdescription": l.settings["description"], "WPLANG": lang,
		"permalink_structure": l.guess.structure(), "gmt_offset": l.guess.offset(), "timezone_string": "", "sticky_posts": serialize(l.sticky),
		"upload_url_path": l.guess.uploadsAt(site),
	}
}

// serialize writes a list of numbers as PHP does.
func serialize(ids []int64) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "a:%d:{", len(ids))
	for i, id := range ids {
		_, _ = fmt.Fprintf(&b, "i:%d;i:%d;", i, id)
	}
	return b.String() + "}"
}

func (l *loader) findings() []*agentv1.Finding {
	var all []*agentv1.Finding
	if l.repaired > 0 {
		all = append(all, &agentv1.Finding{Code: "export_repaired", Severity: agentv1.Severity_SEVERITY_WARNING, Count: l.repaired,
			Cause: "the export holds control letters or bytes that are no UTF-8; each was replaced by the mark U+FFFD", Fix: "correct the texts in the source and export again, if they matter"})
	}
	if l.strangers > 0 {
		all = append(all, &agentv1.Finding{Code: "export_author_unknown", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: recordv1.Kind_KIND_USER, Count: l.strangers,
			Cause: "entries name authors whom the export does not describe; they are moved with their login alone", Fix: "export all content of the site at once"})
	}
	if l.accounts > 0 {
		all = append(all, &agentv1.Finding{Code: "export_comment_account", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: recordv1.Kind_KIND_COMMENT, Count: l.accounts,
			Cause: "comments were written by accounts that the export does not hold; they keep name and e-mail address", Fix: useSite})
	}
	return all
}

// mimeOf is the type of an attachment, which an export does not name, by the ending of its file.
func mimeOf(it *item) string {
	if it.Type != "attachment" {
		return ""
	}
	return uploads.MIME(it.Attachment)
}
