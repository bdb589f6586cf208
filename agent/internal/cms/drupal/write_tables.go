package drupal

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// entity is how an entity type lies in tables. The first numbers the entity, the second its versions; what is written goes
// into each table that has a column for it, so that both layouts of Drupal are written alike.
type entity struct {
	name, prefix      string
	base, key         string
	revision, version string
	// more are the tables that hold the same once more, per language.
	more []string
	// of is the column that holds the number of what this is an older version of; empty: it is none.
	of string
	// numbered names what the base table calls its bundle.
	bundle string
}

// entities7 and entities8 are the layouts of the versions.
var (
	entities7 = map[string]*entity{
		"user":          {name: "user", base: "users", key: "uid"},
		"taxonomy_term": {name: "taxonomy_term", base: "taxonomy_term_data", key: "tid", bundle: "vid"},
		"node":          {name: "node", base: "node", key: "nid", revision: "node_revision", version: "vid", bundle: "type"},
		"comment":       {name: "comment", base: "comment", key: "cid"},
		"file":          {name: "file", base: "file_managed", key: "fid"},
		"alias":         {name: "alias", base: "url_alias", key: "pid"},
		"redirect":      {name: "redirect", base: "redirect", key: "rid"},
		"block_content": {name: "block_content", prefix: blockPrefix, base: "block_custom", key: "bid"},
	}
	entities8 = map[string]*entity{
		"user": {name: "user", base: "users", key: "uid", more: []string{"users_field_data"}},
		"taxonomy_term": {name: "taxonomy_term", base: "taxonomy_term_data", key: "tid", revision: "taxonomy_term_revision", version: "revision_id",
			more: []string{"taxonomy_term_field_data", "taxonomy_term_field_revision"}, bundle: "vid"},
		"node":     {name: "node", base: "node", key: "nid", revision: "node_revision", version: "vid", more: []string{"node_field_data", "node_field_revision"}, bundle: "type"},
		"revision": {name: "node", prefix: revisionPrefix, base: "node_revision", key: "vid", more: []string{"node_field_revision"}, of: "nid"},
		"block_content": {name: "block_content", prefix: blockPrefix, base: "block_content", key: "id", revision: "block_content_revision", version: "revision_id",
			more: []string{"block_content_field_data", "block_content_field_revision"}, bundle: "type"},
		"media":   {name: "media", prefix: mediaPrefix, base: "media", key: "mid", revision: "media_revision", version: "vid", more: []string{"media_field_data", "media_field_revision"}, bundle: "bundle"},
		"comment": {name: "comment", base: "comment", key: "cid", more: []string{"comment_field_data"}, bundle: "comment_type"},
		"file":    {name: "file", base: "file_managed", key: "fid"},
		"link": {name: linkBundle, base: linkBundle, key: "id", revision: "menu_link_content_revision", version: "revision_id",
			more: []string{"menu_link_content_data", "menu_link_content_field_revision"}, bundle: "bundle"},
		"alias":    {name: "alias", base: "path_alias", key: "id", revision: "path_alias_revision", version: "revision_id"},
		"redirect": {name: "redirect", base: "redirect", key: "rid"},
	}
)

func (s *Site) entity(name string) *entity {
	if s.seven {
		return entities7[name]
	}
	return entities8[name]
}

// tables of an entity type; the base table first.
func (e *entity) tables() []string {
	all := []string{e.base}
	if e.revision != "" {
		all = append(all, e.revision)
	}
	return append(all, e.more...)
}

func (e *entity) target(id int64) string { return e.prefix + itoa(id) }

// number is the id in a target id; 0 when it is none of this type.
func (e *entity) number(target string) int64 {
	rest, ok := strings.CutPrefix(target, e.prefix)
	rest, _, _ = strings.Cut(rest, ":")
	n, err := strconv.ParseInt(rest, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0
	}
	return n
}

// newUUID makes a random unique id. (RFC 9562, version 4)
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// flush writes the own rows of drafts of one entity type: new ones with few statements, known ones one by one.
func (w *writer) flush(ctx context.Context, e *entity, ds []*draft) error {
	var fresh []*draft
	for _, d := range ds {
		switch {
		case d.done || d.e != e || d.lang != "" && !d.known:
		case d.known:
			if err := w.update(ctx, d); err != nil {
				return fmt.Errorf("update %s: %w", e.base, err)
			}
		default:
			fresh = append(fresh, d)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return w.create(ctx, e, fresh)
}

func (w *writer) create(ctx context.Context, e *entity, ds []*draft) error {
	for _, d := range ds {
		if d.cols["uuid"] == nil {
			d.cols["uuid"] = newUUID()
		}
	}
	if err := w.allocate(ctx, e, ds); err != nil {
		return err
	}
	ids, err := w.insert(ctx, e.base, rowsOf(ds, e.version))
	if err != nil {
		return err
	}
	for i, d := range ds {
		if d.id == 0 {
			d.id = ids[i]
		}
		d.cols[e.key], d.version, d.res.TargetID = d.id, d.id, e.target(d.id)
	}
	if err := w.versions(ctx, e, ds); err != nil {
		return err
	}
	for _, table := range e.more {
		if !w.s.has(table) {
			continue
		}
		if _, err := w.insert(ctx, table, rowsOf(ds, "")); err != nil {
			return err
		}
	}
	return nil
}

// versions numbers the first version of new entities, and tells the base table.
func (w *writer) versions(ctx context.Context, e *entity, ds []*draft) error {
	if e.revision == "" {
		return nil
	}
	ids, err := w.insert(ctx, e.revision, rowsOf(ds, e.version))
	if err != nil {
		return err
	}
	own := make([]int64, len(ds))
	for i, d := range ds {
		d.version, own[i] = ids[i], d.id
		d.cols[e.version] = ids[i]
	}
	return execIn(ctx, w, own, "UPDATE {"+e.base+"} SET "+e.version+" = (SELECT MAX(r."+e.version+") FROM {"+e.revision+"} r WHERE r."+e.key+" = {"+e.base+"}."+e.key+") WHERE "+e.key+" IN ")
}

// rowsOf are the columns of drafts; without is left out.
func rowsOf(ds []*draft, without string) []map[string]any {
	rows := make([]map[string]any, len(ds))
	for i, d := range ds {
		rows[i] = map[string]any{}
		for name, v := range d.cols {
			if name != without {
				rows[i][name] = v
			}
		}
	}
	return rows
}

// allocate numbers entities whose table does not: accounts before Drupal 9.
func (w *writer) allocate(ctx context.Context, e *entity, ds []*draft) error {
	if w.s.live.of(e.base)[e.key].Filled && (!w.s.seven || e.name != "user") {
		return nil
	}
	names, err := w.u.Names.Choose(e.base, func(busy func(string) bool) ([]string, error) {
		rows, err := w.s.query(ctx, w.q, "SELECT MAX("+e.key+") AS n FROM {"+e.base+"}")
		if err != nil {
			return nil, err
		}
		var names []string
		for n := rows[0].number("n") + 1; len(names) < len(ds); n++ {
			if !busy(itoa(n)) {
				names = append(names, itoa(n))
			}
		}
		return names, nil
	})
	for i, name := range names {
		ds[i].id, err = strconv.ParseInt(name, 10, 64)
		ds[i].cols[e.key] = ds[i].id
	}
	return err
}

// insert is the one writer of new rows.
func (w *writer) insert(ctx context.Context, table string, rows []map[string]any) ([]int64, error) {
	if !w.s.live.real(table) {
		return nil, nil
	}
	return w.u.Tx.InsertRows(ctx, w.s.settings.Prefix+table, w.s.live.of(table), rows, unset)
}

// firstOnly are columns that keep what the first writing gave them.
var firstOnly = []string{"uuid", "default_langcode", "langcode", "access", "login", "init", "thread"}

// update writes an entity again, in its current version.
func (w *writer) update(ctx context.Context, d *draft) error {
	for _, table := range d.e.tables() {
		if !w.s.has(table) {
			continue
		}
		var sets []string
		var args []any
		for _, name := range sortedKeys(d.cols) {
			if w.s.live.has(table, name) && !slices.Contains(firstOnly, name) && name != d.e.key && name != cmp.Or(d.e.version, d.e.key) {
				sets = append(sets, w.quote(name)+" = ?")
				args = append(args, d.cols[name])
			}
		}
		if len(sets) == 0 {
			continue
		}
		where := d.e.key + " = ?"
		args = append(args, d.id)
		if d.e.revision != "" && w.s.live.has(table, d.e.version) {
			where, args = where+" AND "+d.e.version+" = ?", append(args, d.version)
		}
		also, more, skip := w.only(d.e, table, d.lang)
		if skip {
			continue
		}
		if err := w.exec(ctx, "UPDATE {"+table+"} SET "+strings.Join(sets, ", ")+" WHERE "+where+also, append(args, more...)...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) quote(name string) string { return cmssql.QuoteName(w.q.Dialect(), name) }

// clean takes out of a text what the database does not store.
func (d *draft) clean(name, text string) string {
	field := d.fieldOf(name)
	if name == "description" {
		return d.html(field, text)
	}
	return d.plain(field, text)
}

// fieldOf is the field of records whose text a column holds.
func (d *draft) fieldOf(name string) string {
	if d.e != nil && d.e.name == "user" && name == "name" {
		return "login"
	}
	if d.e != nil && d.e.name == "media" && name == "name" {
		return "title"
	}
	field := cmp.Or(fieldOfColumn[name], name)
	if !d.w.s.seven && field == name && strings.Contains(name, "_") {
		field = "fields." + name[:strings.LastIndexByte(name, '_')]
	}
	return field
}

// nul takes out what PostgreSQL does not store.
func (d *draft) nul(field, text string) string {
	if d.w.q.Dialect() != cmssql.Postgres || !strings.Contains(text, "\x00") {
		return text
	}
	d.adjust(field, "nul_removed", "")
	return strings.ReplaceAll(text, "\x00", "")
}
