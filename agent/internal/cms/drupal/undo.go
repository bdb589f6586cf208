package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// names are the tables that are there, sorted.
func (c *columns) names() []string {
	c.mu.Lock()
	all := sortedKeys(c.tables)
	c.mu.Unlock()
	return slices.DeleteFunc(all, func(name string) bool { return !c.real(name) })
}

func hung(table, col, scope string, quiet ...string) cms.Part {
	return cms.Part{Table: table, Owner: "t." + col, Key: col, Scope: scope, Ignore: quiet}
}

// quiet are columns that change without anybody editing the record.
var quiet = []string{"access", "login", "thread", "last_comment_timestamp", "last_comment_uid", "last_comment_name", "comment_count", "cid"}

// parts are the tables of an entity: fields first, the base table last.
func (s *Site) parts(e *entity, more ...cms.Part) []cms.Part {
	all := slices.Clone(more)
	for _, table := range s.live.names() {
		switch {
		case s.seven && (strings.HasPrefix(table, "field_data_") || strings.HasPrefix(table, "field_revision_")):
			all = append(all, hung(table, "entity_id", "entity_type = '"+e.name+"'"))
		case !s.seven && s.live.has(table, "entity_id", "revision_id", "deleted") && (strings.HasPrefix(table, e.name+"__") || strings.HasPrefix(table, e.name+"_revision__") || strings.HasPrefix(table, e.name+"_r__")):
			all = append(all, hung(table, "entity_id", "", s.renumbered(e, "revision_id")...))
		}
	}
	tables := e.tables()
	slices.Reverse(tables)
	for _, t := range tables {
		ignore := slices.DeleteFunc(slices.Clone(quiet), func(name string) bool { return name == e.key || !s.live.has(t, name) })
		if s.live.has(t, "vid") {
			ignore = append(ignore, s.renumbered(e, "vid")...)
		}
		all = append(all, hung(t, e.key, "", ignore...))
	}
	return slices.DeleteFunc(all, func(p cms.Part) bool { return !s.has(p.Table) })
}

// aliasParts are the addresses of entities whose system path begins so.
func (s *Site) aliasParts(system string) []cms.Part {
	if s.seven {
		return []cms.Part{{Table: "url_alias", Owner: "SUBSTR(t.source, " + itoa(int64(len(system)+2)) + ")", Key: "pid", Scope: "source LIKE '" + system + "/%'"}}
	}
	var all []cms.Part
	for _, table := range []string{"path_alias_revision", "path_alias"} {
		all = append(all, cms.Part{Table: table, Owner: "SUBSTR(t.path, " + itoa(int64(len(system)+3)) + ")", Key: "id", Scope: "path LIKE '/" + system + "/%'"})
	}
	return all
}

func (s *Site) usagePart(e string) cms.Part {
	return hung("file_usage", "id", "module = 'file' AND type = '"+e+"'")
}

// Bodies implements cms.Undoer, for the tables that this site has.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	if s.seven {
		return s.bodies7(kind)
	}
	e := s.entityAt(kind, "")
	switch kind {
	case kindUser:
		more, nodes := hung("user__roles", "entity_id", ""), "SELECT uid, nid FROM {node_field_data} WHERE uid IN"
		if s.seven {
			more, nodes = hung("users_roles", "uid", ""), "SELECT uid, nid FROM {node} WHERE uid IN"
		}
		return []cms.Body{{Parts: s.parts(e, more, s.usagePart("user")), Uses: []cms.Use{{Kind: kindEntry, Query: nodes}}}}
	case kindTerm:
		more := []cms.Part{s.usagePart("taxonomy_term")}
		var uses []cms.Use
		for _, t := range s.parentTables() {
			more = append(more, hung(t.name, t.key, ""))
		}
		t := s.parentTables()[0]
		uses = append(uses, cms.Use{Kind: kindTerm, Query: "SELECT " + t.parent + ", " + t.key + " FROM {" + t.name + "} WHERE " + t.parent + " IN"})
		if s.has("taxonomy_index") {
			uses = append(uses, cms.Use{Kind: kindEntry, Query: "SELECT tid, nid FROM {taxonomy_index} WHERE tid IN"})
		}
		return s.withTranslations(kind, e, "taxonomy/term", cms.Body{Parts: dedupe(s.parts(e, append(more, s.aliasParts("taxonomy/term")...)...)), Uses: uses})
	case kindMedia:
		return append([]cms.Body{{Parts: s.parts(e)}}, s.libraryBodies()...)
	case kindEntry:
		return s.entryBodies(e)
	case kindComment:
		return []cms.Body{{Parts: s.parts(e, s.usagePart("comment"))}}
	case kindMenu:
		return s.menuBodies()
	case kindRedirect:
		if s.has(e.base) {
			return []cms.Body{{Parts: s.parts(e)}}
		}
	}
	return nil
}

// libraryBodies: a media entity and the file that it shows are one record.
func (s *Site) libraryBodies() []cms.Body {
	if !s.library() {
		return nil
	}
	more := []cms.Part{s.usagePart("media")}
	for _, f := range s.live.shown() {
		more = append(more, cms.Part{Table: "file_managed", Join: "JOIN {" + f.table + "} m ON m.deleted = 0 AND m." + f.name + "_target_id = t.fid AND m.bundle = '" + f.bundle + "'", Owner: "m.entity_id", Key: "fid"})
	}
	return []cms.Body{{Prefix: mediaPrefix, Parts: s.parts(s.entity("media"), more...)}}
}

// dedupe leaves the first of the parts of one table.
func dedupe(parts []cms.Part) []cms.Part {
	seen := map[string]bool{}
	return slices.DeleteFunc(parts, func(p cms.Part) bool {
		again := seen[p.Table]
		seen[p.Table] = true
		return again
	})
}

func (s *Site) entryBodies(e *entity) []cms.Body {
	more := append(slices.Concat(s.aliasParts("node"), s.pageParts(), s.topicParts()), s.usagePart("node"), hung("taxonomy_index", "nid", ""))
	comments := "SELECT entity_id, cid FROM {comment_field_data} WHERE entity_type = 'node' AND entity_id IN"
	if s.seven {
		more, comments = append(more, hung("node_comment_statistics", "nid", "", quiet[3:]...)), "SELECT nid, cid FROM {comment} WHERE nid IN"
	} else {
		more = append(more, hung("comment_entity_statistics", "entity_id", "entity_type = 'node'", quiet[3:]...))
	}
	first := cms.Body{Parts: s.parts(e, more...)}
	if s.has("comment") {
		first.Uses = []cms.Use{{Kind: kindComment, Query: comments}}
	}
	first.Uses = append(first.Uses, s.versionUse())
	all := s.withTranslations(kindEntry, e, "node", first)
	s.currentOnly(all[0].Parts)
	all = append(all, s.versionBody())
	if b := s.entity("block_content"); b != nil && s.has(b.base) {
		all = append(all, s.withTranslations(kindEntry, b, "", cms.Body{Prefix: blockPrefix, Parts: s.parts(b, s.usagePart("block_content"))})...)
	}
	return all
}

// ofMenu finds the menu of a link's rows; firstLanguage are those of the language that it was made in.
const (
	ofMenu        = "JOIN (SELECT id AS link, menu_name FROM {menu_link_content_data} WHERE default_langcode = 1) d ON d.link = t.id"
	firstLanguage = "default_langcode = 1"
)

// menuBodies: links hang on their menu by its name, which the configuration holds.
func (s *Site) menuBodies() []cms.Body {
	if s.seven || !s.has("menu_link_content_data") {
		return nil
	}
	parts := []cms.Part{hung("menu_tree", "menu_name", "provider = 'menu_link_content'", "mlid", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "has_children", "depth", "discovered", "url", "route_name", "route_param_key", "route_parameters", "options")}
	for _, table := range []string{"menu_link_content_field_revision", "menu_link_content_revision", "menu_link_content"} {
		p := cms.Part{Table: table, Join: ofMenu, Owner: "d.menu_name", Key: "id"}
		if s.live.has(table, "default_langcode") {
			p.Scope = firstLanguage
		}
		parts = append(parts, p)
	}
	parts = append(parts, hung("menu_link_content_data", "menu_name", firstLanguage, "rediscover"),
		cms.Part{Table: "config", Owner: "SUBSTR(t.name, " + itoa(int64(len(menuPrefix)+1)) + ")", Key: "name", Scope: "collection = '' AND name LIKE '" + menuPrefix + "%'"})
	b := cms.Body{Parts: slices.DeleteFunc(parts, func(p cms.Part) bool { return !s.has(p.Table) })}
	if s.speaks() {
		id := "menu_name || ':' || langcode"
		if s.db.Dialect() == cmssql.MySQL {
			id = "CONCAT(menu_name, ':', langcode)"
		}
		b.Uses = []cms.Use{{Kind: kindMenu, Query: "SELECT DISTINCT menu_name, " + id + " FROM {" + linkData + "} WHERE default_langcode = 0 AND menu_name IN"}}
	}
	return append([]cms.Body{b}, s.sayingBodies()...)
}

// Settle implements cms.Undoer: a type or field that was made stays when something is of it by now; the tables of one that
// goes go with it.
func (s *Site) Settle(ctx context.Context, tx *cmssql.Tx, row cms.Row, made, edited bool) (cms.Verdict, error) {
	if s.seven {
		return s.settle7(ctx, tx, row, made, edited)
	}
	if edited {
		return cms.Left, nil
	}
	if row.Table == linkData {
		return s.emptyMain(ctx, tx)
	}
	if row.Table != "config" || !made {
		return cms.Undo, nil
	}
	if query, args := usedBy(row.Value); query != "" {
		rows, err := s.query(ctx, tx, query, args...)
		if err != nil || len(rows) > 0 {
			return cms.Left, err
		}
	}
	if strings.HasPrefix(row.Value, "field.storage.") {
		return s.dropField(ctx, tx, row.Value)
	}
	return cms.Undo, nil
}

// usedBy finds what is of a type.
func usedBy(name string) (query string, args []any) {
	if typ, ok := strings.CutPrefix(name, "node.type."); ok {
		return "SELECT nid FROM {node} WHERE type = ? LIMIT 1", []any{typ}
	}
	if vid, ok := strings.CutPrefix(name, "taxonomy.vocabulary."); ok {
		return "SELECT tid FROM {taxonomy_term_data} WHERE vid = ? LIMIT 1", []any{vid}
	}
	if typ, ok := strings.CutPrefix(name, "media.type."); ok {
		return "SELECT mid FROM {media} WHERE bundle = ? LIMIT 1", []any{typ}
	}
	if role, ok := strings.CutPrefix(name, rolePrefix); ok {
		return "SELECT entity_id FROM {user__roles} WHERE roles_target_id = ? LIMIT 1", []any{role}
	}
	return "", nil
}

// dropField removes the tables of a field that nothing has a value in. MySQL commits when it drops a table, so that happens
// beside the transaction; in a dry run the copies go by themselves.
func (s *Site) dropField(ctx context.Context, tx *cmssql.Tx, name string) (cms.Verdict, error) {
	rows, err := s.query(ctx, tx, "SELECT data FROM {config} WHERE collection = '' AND name = ?", name)
	if err != nil || len(rows) == 0 {
		return cms.Undo, err
	}
	v := unserialize(rows[0].text("data"))
	data, revision := fieldTables(scalar(dig(v, "entity_type")), scalar(dig(v, "field_name")), scalar(dig(v, "uuid")))
	beside := tx.Dialect() == cmssql.MySQL && !s.db.Copied()
	var q cmssql.Querier = tx
	if beside {
		q = s.db
	}
	for _, table := range []string{data, revision} {
		if !s.live.real(table) {
			continue
		}
		if rows, err := s.query(ctx, q, "SELECT entity_id FROM {"+table+"} LIMIT 1"); err != nil || len(rows) > 0 {
			return cms.Left, err
		}
	}
	for _, table := range []string{data, revision} {
		query := s.sql("DROP TABLE IF EXISTS {" + table + "}")
		switch {
		case s.db.Copied():
		case beside:
			err = s.db.Exec(ctx, query)
		default:
			_, err = tx.Exec(ctx, query)
		}
		if err != nil {
			return cms.Left, err
		}
		s.live.drop(table)
	}
	return cms.Undo, nil
}
