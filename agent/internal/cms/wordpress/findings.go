package wordpress

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const (
	info    = agentv1.Severity_SEVERITY_INFO
	warning = agentv1.Severity_SEVERITY_WARNING
	noFix   = "nothing needs to be done"
)

// check is one look for something that the owner should know; query gives an id per row found.
type check struct {
	code     string
	severity agentv1.Severity
	kind     cms.Kind
	query    string
	cause    string
	fix      string
}

var checks = []check{
	{"orphan_custom_field", info, recordv1.Kind_KIND_ENTRY, "SELECT m.meta_id FROM {postmeta} m LEFT JOIN {posts} p ON p.ID = m.post_id WHERE p.ID IS NULL",
		"custom fields belong to posts that no longer exist; they are not moved", noFix},
	{"orphan_custom_field", info, recordv1.Kind_KIND_USER, "SELECT m.umeta_id FROM {usermeta} m LEFT JOIN {users} u ON u.ID = m.user_id WHERE u.ID IS NULL",
		"custom fields belong to users that no longer exist; they are not moved", noFix},
	{"orphan_custom_field", info, recordv1.Kind_KIND_TERM, "SELECT m.meta_id FROM {termmeta} m LEFT JOIN {terms} t ON t.term_id = m.term_id WHERE t.term_id IS NULL",
		"custom fields belong to terms that no longer exist; they are not moved", noFix},
	{"orphan_custom_field", info, recordv1.Kind_KIND_COMMENT, "SELECT m.meta_id FROM {commentmeta} m LEFT JOIN {comments} c ON c.comment_ID = m.comment_id WHERE c.comment_ID IS NULL",
		"custom fields belong to comments that no longer exist; they are not moved", noFix},
	{"nameless_custom_field", warning, recordv1.Kind_KIND_ENTRY, "SELECT m.post_id FROM {postmeta} m JOIN {posts} p ON p.ID = m.post_id WHERE m.meta_key IS NULL OR m.meta_key = ''",
		"custom fields have no name; they are not moved", "give them a name in the source if they matter"},
	{"orphan_term", info, recordv1.Kind_KIND_TERM, "SELECT x.term_taxonomy_id FROM {term_taxonomy} x LEFT JOIN {terms} t ON t.term_id = x.term_id WHERE t.term_id IS NULL",
		"rows of term_taxonomy have no term; WordPress does not show them and they are skipped", noFix},
	{"orphan_comment", warning, recordv1.Kind_KIND_COMMENT, "SELECT c.comment_ID FROM {comments} c LEFT JOIN {posts} p ON p.ID = c.comment_post_ID WHERE p.ID IS NULL",
		"comments belong to posts that no longer exist; they are skipped", noFix},
	{"menu_item_without_menu", warning, recordv1.Kind_KIND_MENU, "SELECT p.ID FROM {posts} p WHERE p.post_type = 'nav_menu_item' AND NOT EXISTS (SELECT 1 FROM {term_relationships} r " +
		"JOIN {term_taxonomy} x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE r.object_id = p.ID AND x.taxonomy = 'nav_menu')",
		"menu items belong to no menu; WordPress does not show them and they are not moved", noFix},
	{"auto_draft", info, recordv1.Kind_KIND_ENTRY, "SELECT ID FROM {posts} WHERE post_status = 'auto-draft'", "empty drafts that were never saved are skipped", noFix},
	{"unknown_status", warning, recordv1.Kind_KIND_ENTRY, "SELECT ID FROM {posts} WHERE post_status NOT IN ('publish','future','draft','pending','private','trash','auto-draft','inherit')",
		"posts have a status that WordPress itself does not have", "make sure that the plugin that made it is on the target too"},
	{"unregistered_type", info, recordv1.Kind_KIND_ENTRY, "SELECT ID FROM {posts} WHERE post_type NOT IN ('post','page','attachment','revision','nav_menu_item','custom_css','customize_changeset'," +
		"'oembed_cache','user_request','wp_block','wp_template','wp_template_part','wp_global_styles','wp_navigation','wp_font_family','wp_font_face')",
		"posts have a type that a plugin or theme registers", "install that plugin or theme on the target, or map the type to another"},
	{"author_missing", warning, recordv1.Kind_KIND_ENTRY, "SELECT p.ID FROM {posts} p LEFT JOIN {users} u ON u.ID = p.post_author WHERE u.ID IS NULL AND p.post_author <> 0 AND p.post_type NOT IN ('nav_menu_item','revision')",
		"posts have an author who no longer exists; the fallback author stands in", "choose the fallback author"},
	{"user_without_role", info, recordv1.Kind_KIND_USER, "SELECT u.ID FROM {users} u WHERE NOT EXISTS (SELECT 1 FROM {usermeta} m WHERE m.user_id = u.ID AND m.meta_key = ?)",
		"users have no role on this site; they are moved without one", noFix},
	{"thumbnail_missing", info, recordv1.Kind_KIND_ENTRY, "SELECT m.post_id FROM {postmeta} m LEFT JOIN {posts} p ON p.ID = m.meta_value WHERE m.meta_key = '_thumbnail_id' AND m.meta_value <> '' AND p.ID IS NULL",
		"featured images no longer exist", noFix},
	{"double_encoded", warning, recordv1.Kind_KIND_ENTRY, "SELECT ID FROM {posts} WHERE (post_title LIKE '%Ã¤%' OR post_title LIKE '%Ã©%' OR post_title LIKE '%Ã¶%' OR post_title LIKE '%Ã¼%' OR post_title LIKE '%â€%') AND post_type <> 'revision'",
		"titles look as if they had been encoded twice; they are moved as they are", "repair them in the source before the migration if visitors see the same"},
}

func (p *probe) findings() error {
	for _, c := range checks {
		var args []any
		if strings.Contains(c.query, "?") {
			args = []any{p.s.prefix + "capabilities"}
		}
		if err := p.check(c, args); err != nil {
			return err
		}
	}
	if err := p.zeroDates(); err != nil {
		return err
	}
	if err := p.engines(); err != nil {
		return err
	}
	if err := p.unmoved(); err != nil {
		return err
	}
	p.uploads()
	if p.s.oldRedirects {
		p.add(check{code: "redirects_too_old", severity: warning, kind: recordv1.Kind_KIND_REDIRECT, cause: "the tables of the plugin Redirection are older than its version 4; its redirects are not moved",
			fix: "update the plugin, and let it bring its tables up to date"}, 1, nil)
	}
	return nil
}

// check counts in the database and reads examples only.
func (p *probe) check(c check, args []any) error {
	var n uint64
	if err := p.s.db.QueryRow(p.ctx, p.s.sql("SELECT COUNT(*) FROM ("+c.query+") found"), args...).Scan(&n); err != nil || n == 0 {
		return err
	}
	examples, err := cmssql.Column[string](p.ctx, p.s.db, p.s.sql(c.query+" LIMIT 5"), args...)
	p.add(c, n, examples)
	return err
}

func (p *probe) add(c check, n uint64, examples []string) {
	p.f.Findings = append(p.f.Findings, &agentv1.Finding{
		Code: c.code, Severity: c.severity, Kind: c.kind, Count: n, Cause: c.cause, Fix: c.fix, Examples: examples,
	})
}

func (p *probe) zeroDates() error {
	gmt := p.s.date("post_date_gmt")
	return p.check(check{"zero_date", info, recordv1.Kind_KIND_ENTRY,
		"SELECT ID FROM {posts} WHERE post_status IN ('publish','private','future') AND post_type NOT IN ('nav_menu_item','attachment') AND (" + gmt + " = '' OR " + gmt + " LIKE '0000%')",
		"published posts have no date in UTC; it is derived from the local date", noFix}, nil)
}

// engines looks for tables without transactions, which give no stable picture while the site is being used.
func (p *probe) engines() error {
	if p.s.db.Dialect() != cmssql.MySQL {
		return nil
	}
	var n uint64
	err := cmssql.Each(p.ctx, p.s.db, func(r *sql.Rows) error {
		var name string
		var engine sql.NullString
		if err := r.Scan(&name, &engine); err != nil {
			return err
		}
		for _, t := range tables {
			if strings.EqualFold(name, p.s.prefix+t) && engine.Valid && !strings.EqualFold(engine.String, "InnoDB") {
				n++
			}
		}
		return nil
	}, "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
	if n > 0 {
		p.add(check{code: "no_transactions", severity: warning, cause: "tables use an engine without transactions, such as MyISAM: a write that fails midway leaves traces",
			fix: "convert them to InnoDB on the target; on the source, keep editors away while it is read"}, n, nil)
	}
	return err
}

func (p *probe) uploads() {
	dir := p.s.set.Files
	if dir == "" {
		p.add(check{code: "files_out_of_reach", severity: warning, kind: recordv1.Kind_KIND_MEDIA, cause: "the folder of uploads is not known, so files are not moved",
			fix: "run the agent beside the site, or give the folder with --files"}, 1, nil)
		return
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		p.add(check{code: "uploads_missing", severity: warning, kind: recordv1.Kind_KIND_MEDIA, cause: "the folder of uploads does not exist or cannot be read",
			fix: "check --files and the rights of the agent's user"}, 1, nil)
		return
	}
	p.missingFiles(filepath.Clean(dir))
}

func (p *probe) missingFiles(dir string) {
	var n uint64
	var examples []string
	err := cmssql.Each(p.ctx, p.s.db, func(r *sql.Rows) error {
		var id, file string
		if err := r.Scan(&id, &file); err != nil {
			return err
		}
		if file == "" || strings.Contains(file, "://") {
			return nil
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(strings.TrimLeft(file, "/")))); err != nil {
			if n++; len(examples) < 5 {
				examples = append(examples, id)
			}
		}
		return nil
	}, p.s.sql("SELECT post_id, meta_value FROM {postmeta} WHERE meta_key = ? AND meta_value IS NOT NULL ORDER BY meta_id LIMIT 20000"), attachedFile)
	if err == nil && n > 0 {
		p.add(check{code: "file_missing", severity: warning, kind: recordv1.Kind_KIND_MEDIA, cause: "files that the media library names are not there",
			fix: "put them back, or migrate without them"}, n, examples)
	}
}
