package drupal

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// finish7 counts anew and leaves caches empty, so that Drupal 7 makes them again.
func (s *Site) finish7(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	w, err := s.writer(ctx, u, kindSite)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{w.thread, w.countComments7, w.outlines, w.countTopics, w.hierarchies7, w.aliasList7, w.access7, w.emptyCaches7} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// countComments7 counts the comments of nodes where the number is another one.
func (w *writer) countComments7(ctx context.Context) error {
	if !w.s.has("node_comment_statistics") || !w.s.has("comment") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT s.nid AS nid, COUNT(c.cid) AS n, MAX(c.cid) AS last FROM {node_comment_statistics} s LEFT JOIN {comment} c ON c.nid = s.nid AND c.status = 1 "+
		"GROUP BY s.nid, s.comment_count, s.cid HAVING COUNT(c.cid) <> s.comment_count OR COALESCE(MAX(c.cid), 0) <> s.cid")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := w.countNode7(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// countNode7 writes what Drupal's own counting would. (Drupal 7.105, _comment_update_node_statistics)
func (w *writer) countNode7(ctx context.Context, r row) error {
	nid := r.number("nid")
	if r.number("n") == 0 {
		return w.exec(ctx, "UPDATE {node_comment_statistics} SET comment_count = 0, cid = 0, last_comment_name = '', "+
			"last_comment_timestamp = COALESCE((SELECT created FROM {node} WHERE nid = ?), 0), last_comment_uid = COALESCE((SELECT uid FROM {node} WHERE nid = ?), 0) WHERE nid = ?", nid, nid, nid)
	}
	last, err := w.s.query(ctx, w.q, "SELECT changed, name, uid FROM {comment} WHERE cid = ?", r.number("last"))
	if err != nil || len(last) == 0 {
		return err
	}
	name := last[0].text("name")
	if last[0].number("uid") > 0 {
		name = ""
	}
	return w.exec(ctx, "UPDATE {node_comment_statistics} SET comment_count = ?, cid = ?, last_comment_timestamp = ?, last_comment_name = ?, last_comment_uid = ? WHERE nid = ?",
		r.number("n"), r.number("last"), last[0].number("changed"), name, last[0].number("uid"), nid)
}

// hierarchies7 tells vocabularies whether their terms lie below others.
func (w *writer) hierarchies7(ctx context.Context) error {
	rows, err := w.s.query(ctx, w.q, "SELECT v.vid AS vid FROM {taxonomy_vocabulary} v WHERE v.hierarchy = 0 AND EXISTS "+
		"(SELECT 1 FROM {taxonomy_term_data} t JOIN {taxonomy_term_hierarchy} h ON h.tid = t.tid WHERE t.vid = v.vid AND h.parent > 0)")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := w.u.Keep(ctx, cms.Row{Table: "taxonomy_vocabulary", Column: "vid", Value: r.text("vid")}); err != nil {
			return err
		}
		if err := w.exec(ctx, "UPDATE {taxonomy_vocabulary} SET hierarchy = 1 WHERE vid = ?", r.number("vid")); err != nil {
			return err
		}
	}
	return nil
}

// aliasList7 drops the list of first parts of paths that have aliases: Drupal looks at no others, and makes it again.
func (w *writer) aliasList7(ctx context.Context) error {
	return w.dropVariable7(ctx, "path_alias_whitelist")
}

// access7 lets Drupal ask its access modules about all nodes again, where there are such modules.
func (w *writer) access7(ctx context.Context) error {
	if !w.s.has("node_access") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT COUNT(*) AS n FROM {node_access} WHERE nid > 0 OR realm <> 'all'")
	if err != nil || rows[0].number("n") == 0 {
		return err
	}
	return w.setVariable7(ctx, "node_access_needs_rebuild", php.Bool(true))
}

// emptyCaches7 empties every cache that is a table. Those elsewhere are the owner's to flush.
func (w *writer) emptyCaches7(ctx context.Context) error {
	for _, table := range w.s.live.begin("cache") {
		if table != "cache" && !strings.HasPrefix(table, "cache_") {
			continue
		}
		if err := w.exec(ctx, "DELETE FROM {"+table+"}"); err != nil {
			return err
		}
	}
	return nil
}

// derived7 are settings that Drupal makes again by itself.
var derived7 = map[string]bool{"path_alias_whitelist": true, "menu_rebuild_needed": true, "menu_masks": true, "node_access_needs_rebuild": true}

// settle7 decides about a row that no record consists of.
func (s *Site) settle7(ctx context.Context, tx *cmssql.Tx, r cms.Row, made, edited bool) (cms.Verdict, error) {
	used := func(query string, args ...any) (bool, error) {
		rows, err := s.query(ctx, tx, query, args...)
		return len(rows) > 0, err
	}
	is, err := false, error(nil)
	switch {
	case r.Table == "variable" && edited && derived7[r.Value]:
		_, err := tx.Exec(ctx, s.sql("DELETE FROM {variable} WHERE name = ?"), r.Value)
		return cms.Settled, err
	case made && r.Table == "role":
		is, err = used("SELECT uid FROM {users_roles} WHERE rid = ? LIMIT 1", atoi(r.Value))
	case made && r.Table == "node_type":
		is, err = used("SELECT nid FROM {node} WHERE type = ? LIMIT 1", r.Value)
	case made && r.Table == "taxonomy_vocabulary" && r.Column == "vid":
		is, err = used("SELECT tid FROM {taxonomy_term_data} WHERE vid = ? LIMIT 1", atoi(r.Value))
	case made && r.Table == "field_config":
		is, err = s.dropField7(ctx, tx, r.Value)
	case made && r.Table == "field_config_instance":
		is, err = s.instanceUsed7(ctx, tx, r.Value)
	}
	if err != nil || is || edited {
		return cms.Left, err
	}
	return cms.Undo, nil
}
