package drupal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
)

// locate7 gives addresses as Drupal's editors write them: by the path that stays whatever alias a record gets.
func (s *Site) locate7(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	var fids []int64
	for _, w := range wants {
		if w.Kind == kindMedia {
			fids = append(fids, atoi(w.TargetID))
		}
	}
	rows, err := queryIn(ctx, s, q, fids, "SELECT fid, uri FROM {file_managed} WHERE fid IN ", "")
	if err != nil {
		return nil, err
	}
	uris := by(rows, "fid")
	base := ""
	if u, err := url.Parse(s.baseURL()); err == nil {
		base = strings.TrimRight(u.EscapedPath(), "/")
	}
	texts := make([]string, len(wants))
	for i, w := range wants {
		switch {
		case w.Kind == kindSite && w.Form == "base":
			texts[i] = base
		case w.Kind == kindSite:
			texts[i] = base + "/"
		case w.Form == "id":
			texts[i] = strings.TrimPrefix(w.TargetID, blockPrefix)
		case w.Kind == kindMedia:
			if found := uris[w.TargetID]; len(found) > 0 {
				texts[i] = s.fileAddress7(base, found[0].text("uri"))
			}
		case systemPath(w.Kind, w.TargetID) != "":
			texts[i] = base + "/" + systemPath(w.Kind, w.TargetID)
		}
	}
	return texts, nil
}

// fileAddress7 is the address of a file; Drupal itself sends the private ones.
func (s *Site) fileAddress7(base, uri string) string {
	if rest, ok := strings.CutPrefix(uri, privateScheme); ok {
		return base + (&url.URL{Path: "/system/files/" + rest}).EscapedPath()
	}
	rest, ok := strings.CutPrefix(uri, publicScheme)
	if !ok {
		return ""
	}
	return base + (&url.URL{Path: "/" + s.publicPath() + "/" + rest}).EscapedPath()
}

// relink7 fills pointers that were open when their record was written.
func (s *Site) relink7(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	w, err := s.writer(ctx, u, kind)
	if err != nil {
		return err
	}
	entity := map[cms.Kind]string{kindUser: "user", kindTerm: "taxonomy_term", kindEntry: "node", kindComment: "comment", kindMedia: "file", kindRedirect: "redirect"}[kind]
	texts := map[[2]string]bool{}
	for _, l := range links {
		what, name, _ := strings.Cut(l.Slot, ":")
		if what == "field" || what == "text" {
			if key := [2]string{l.TargetID, l.Slot}; !texts[key] {
				texts[key] = true
				if err := w.relinkText7(ctx, entity, l, what, name); err != nil {
					return fmt.Errorf("relink %s: %w", what, err)
				}
			}
			continue
		}
		if !l.Found && what != slotBook {
			// Nothing was written, so nothing is to be cleared.
			continue
		}
		if err := w.relinkRow7(ctx, entity, l, what, name); err != nil {
			return fmt.Errorf("relink %s: %w", what, err)
		}
	}
	return nil
}

// relinkText7 expands the texts of a field, or of a column of the record's own row.
func (w *writer) relinkText7(ctx context.Context, entity string, l cms.Link, what, name string) error {
	if what == "text" {
		e := entities7[entity]
		if strings.HasPrefix(l.TargetID, blockPrefix) {
			e = entities7["block_content"]
		}
		return w.expandColumns7(ctx, e.base, []string{name}, e.key+" = ?", e.number(l.TargetID))
	}
	f := w.fieldNamed7(name)
	if f == nil {
		return nil
	}
	var cols []string
	for _, prop := range []string{"value", "summary"} {
		if w.s.live.has(f.table, f.name+"_"+prop) {
			cols = append(cols, f.name+"_"+prop)
		}
	}
	for _, table := range []string{f.table, f.revision} {
		if !w.s.has(table) {
			continue
		}
		rows, err := w.s.query(ctx, w.q, "SELECT delta, revision_id FROM {"+table+"} WHERE entity_type = ? AND entity_id = ?", entity, atoi(l.TargetID))
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := w.expandColumns7(ctx, table, cols, "entity_type = ? AND entity_id = ? AND delta = ? AND revision_id = ?", entity, atoi(l.TargetID), r.number("delta"), r.number("revision_id")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) expandColumns7(ctx context.Context, table string, cols []string, where string, args ...any) error {
	rows, err := w.s.query(ctx, w.q, "SELECT "+strings.Join(cols, ", ")+" FROM {"+table+"} WHERE "+where, args...)
	if err != nil || len(rows) == 0 {
		return err
	}
	texts := make([]string, len(cols))
	for i, c := range cols {
		texts[i] = rows[0].text(c)
	}
	if err := w.u.Refs.Load(ctx, texts...); err != nil {
		return err
	}
	for i, c := range cols {
		whole, _ := w.u.Refs.Expand(texts[i])
		if whole == texts[i] {
			continue
		}
		if err := w.exec(ctx, "UPDATE {"+table+"} SET "+c+" = ? WHERE "+where, append([]any{w.s.narrow(whole)}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) relinkRow7(ctx context.Context, entity string, l cms.Link, what, name string) error {
	id, to := atoi(l.TargetID), atoi(l.Target)
	switch what {
	case "front":
		return w.setVariable7(ctx, "site_frontpage", php.Text("node/"+l.Target))
	case "picture":
		return w.exec(ctx, "UPDATE {users} SET picture = ? WHERE uid = ?", to, id)
	case "author":
		return w.exec(ctx, "UPDATE {file_managed} SET uid = ? WHERE fid = ?", to, id)
	case "uid":
		if entity == "comment" {
			return w.exec(ctx, "UPDATE {comment} SET uid = ? WHERE cid = ?", to, id)
		}
		if err := w.exec(ctx, "UPDATE {node} SET uid = ? WHERE nid = ?", to, id); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE {node_revision} SET uid = ? WHERE nid = ?", to, id)
	case slotBook, slotAbove:
		return w.relinkPage(ctx, what, id, to)
	case "parent":
		return w.relinkParent7(ctx, entity, id, to)
	case "tnid":
		return w.exec(ctx, "UPDATE {node} SET tnid = ? WHERE nid = ?", to, id)
	case "redirect":
		return w.exec(ctx, "UPDATE {redirect} SET redirect = ?, status = 1 WHERE rid = ?", systemPath(l.Token.Ref.Kind, l.Target), id)
	case "link":
		mlid, was, _ := strings.Cut(name, ":")
		return w.relinkItem7(ctx, atoi(mlid), was == "hidden", l)
	case "image", "term", "ref":
		return w.relinkValue7(ctx, entity, id, to, what, name)
	}
	return nil
}

func (w *writer) relinkParent7(ctx context.Context, entity string, id, to int64) error {
	switch {
	case id == to:
		return nil
	case entity == "comment":
		// Its place in the thread is another one now.
		return w.exec(ctx, "UPDATE {comment} SET pid = ?, thread = ? WHERE cid = ?", to, unthreaded, id)
	}
	if err := w.exec(ctx, "DELETE FROM {taxonomy_term_hierarchy} WHERE tid = ?", id); err != nil {
		return err
	}
	_, err := w.insert(ctx, "taxonomy_term_hierarchy", []map[string]any{{"tid": id, "parent": to}})
	return err
}

// relinkItem7 shows a link that leads somewhere by now.
func (w *writer) relinkItem7(ctx context.Context, mlid int64, hidden bool, l cms.Link) error {
	path := systemPath(l.Token.Ref.Kind, l.Target)
	if path == "" {
		return nil
	}
	router, err := w.routerPath7(ctx, path)
	if err != nil {
		return err
	}
	return w.exec(ctx, "UPDATE {menu_links} SET link_path = ?, router_path = ?, hidden = ? WHERE mlid = ?", path, router, flag(hidden), mlid)
}

// relinkValue7 adds a value to a field that points to something.
func (w *writer) relinkValue7(ctx context.Context, entity string, id, to int64, what, name string) error {
	e := entities7[entity]
	d := &draft{w: w, e: e, id: id, version: id, cols: map[string]any{}}
	if err := w.ownBundle7(ctx, d); err != nil || d.bundle == "" {
		return err
	}
	name, _, _ = strings.Cut(name, ":")
	f := w.s.schema.field(entity, d.bundle, name)
	if what == "term" {
		if err := w.learnTerms7(ctx, []int64{to}); err != nil {
			return err
		}
		var err error
		if f, err = w.termField7(ctx, d.bundle, w.vocabularyOf[to]); err != nil {
			return err
		}
	}
	if f == nil || !w.s.has(f.table) {
		return nil
	}
	prop := w.s.pointer(f)
	if f.target == "" {
		prop = "value"
	}
	rows, err := w.s.query(ctx, w.q, "SELECT delta, "+f.name+"_"+prop+" AS p FROM {"+f.table+"} WHERE entity_type = ? AND entity_id = ? ORDER BY delta DESC", entity, id)
	if err != nil || slices.ContainsFunc(rows, func(r row) bool { return r.number("p") == to }) {
		return err
	}
	next := int64(0)
	if len(rows) > 0 {
		next = rows[0].number("delta") + 1
	}
	if f.cardinality > 0 && next >= int64(f.cardinality) {
		return nil
	}
	value := map[string]any{"entity_type": entity, "bundle": d.bundle, "deleted": 0, "entity_id": id, "revision_id": d.version, "language": "und", "delta": next, f.name + "_" + prop: to}
	for _, table := range []string{f.table, f.revision} {
		if !w.s.has(table) {
			continue
		}
		if _, err := w.insert(ctx, table, []map[string]any{value}); err != nil {
			return err
		}
	}
	if entity != "node" {
		return nil
	}
	return w.indexMore7(ctx, f, id, to)
}

// ownBundle7 fills in what a record is.
func (w *writer) ownBundle7(ctx context.Context, d *draft) error {
	query := map[string]string{
		"node": "SELECT type AS bundle, vid AS version FROM {node} WHERE nid = ?", "user": "SELECT 'user' AS bundle, uid AS version FROM {users} WHERE uid = ?",
		"taxonomy_term": "SELECT v.machine_name AS bundle, t.tid AS version FROM {taxonomy_term_data} t JOIN {taxonomy_vocabulary} v ON v.vid = t.vid WHERE t.tid = ?",
		"comment":       "SELECT CONCAT('comment_node_', n.type) AS bundle, c.cid AS version FROM {comment} c JOIN {node} n ON n.nid = c.nid WHERE c.cid = ?",
	}[d.e.name]
	if query == "" {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, query, d.id)
	if err == nil && len(rows) > 0 {
		d.bundle, d.version = rows[0].text("bundle"), rows[0].number("version")
	}
	return err
}

// indexMore7 lists a node below a term, or counts the use of a file, that has come since.
func (w *writer) indexMore7(ctx context.Context, f *field, nid, to int64) error {
	if f.target == "taxonomy_term" && w.s.has("taxonomy_index") {
		return w.exec(ctx, "INSERT INTO {taxonomy_index} (nid, tid, sticky, created) SELECT nid, ?, sticky, created FROM {node} WHERE status = 1 AND nid = ?", to, nid)
	}
	if f.target != "file" || !w.s.has("file_usage") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT count FROM {file_usage} WHERE fid = ? AND type = 'node' AND module = 'file' AND id = ?", to, nid)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		return w.exec(ctx, "UPDATE {file_usage} SET count = count + 1 WHERE fid = ? AND type = 'node' AND module = 'file' AND id = ?", to, nid)
	}
	_, err = w.insert(ctx, "file_usage", []map[string]any{{"fid": to, "module": "file", "type": "node", "id": nid, "count": 1}})
	return err
}
