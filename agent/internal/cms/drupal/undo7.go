package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// bodies7 says which rows of Drupal 7 records consist of.
func (s *Site) bodies7(kind cms.Kind) []cms.Body {
	own := func(table, key string, ignore ...string) cms.Part {
		return cms.Part{Table: table, Owner: "t." + key, Key: key, Ignore: ignore}
	}
	var all []cms.Body
	add := func(b cms.Body) {
		var parts []cms.Part
		for _, p := range b.Parts {
			if s.has(p.Table) {
				parts = append(parts, p)
			}
		}
		// A body whose own table, the last, is not there is that of a module that is off.
		if s.has(b.Parts[len(b.Parts)-1].Table) {
			b.Parts = parts
			all = append(all, b)
		}
	}
	switch kind {
	case kindUser:
		add(cms.Body{Numeric: true, Parts: append(s.fieldParts7("user"), own("users_roles", "uid"), s.aliasPart7("users", "uid", "user/"), own("users", "uid", "access", "login", "data")),
			Uses: []cms.Use{{Kind: kindEntry, Query: "SELECT uid, nid FROM {node} WHERE uid IN"}, {Kind: kindComment, Query: "SELECT uid, cid FROM {comment} WHERE uid IN"}}})
	case kindTerm:
		add(cms.Body{Numeric: true, Parts: append(s.fieldParts7("taxonomy_term"), own("taxonomy_term_hierarchy", "tid"), s.aliasPart7("taxonomy_term_data", "tid", "taxonomy/term/"), own("taxonomy_term_data", "tid")),
			Uses: append(s.fieldUses7("taxonomy_term", "tid"), cms.Use{Kind: kindTerm, Query: "SELECT parent, tid FROM {taxonomy_term_hierarchy} WHERE parent IN"})})
	case kindMedia:
		add(cms.Body{Numeric: true, Parts: []cms.Part{own("file_managed", "fid")},
			Uses: append(s.fieldUses7("file", "fid"), cms.Use{Kind: kindUser, Query: "SELECT picture, uid FROM {users} WHERE picture > 0 AND picture IN"})})
	case kindEntry:
		statistics := own("node_comment_statistics", "nid", "cid", "last_comment_timestamp", "last_comment_name", "last_comment_uid", "comment_count")
		add(cms.Body{Numeric: true, Hide: s.hideNodes7, Parts: append(slices.Concat(s.fieldParts7("node"), s.pageParts(), s.topicParts()), statistics, own("taxonomy_index", "nid"), s.aliasPart7("node", "nid", "node/"),
			own("node_revision", "nid"), own("node", "nid")), Uses: []cms.Use{{Kind: kindComment, Query: "SELECT nid, cid FROM {comment} WHERE nid IN"}}})
		add(cms.Body{Prefix: blockPrefix, Numeric: true, Parts: []cms.Part{own("block_custom", "bid")}})
	case kindComment:
		add(cms.Body{Numeric: true, Hide: s.hideComments7, Parts: append(s.fieldParts7("comment"), own("comment", "cid", "thread")),
			Uses: []cms.Use{{Kind: kindComment, Query: "SELECT pid, cid FROM {comment} WHERE pid > 0 AND pid IN"}}})
	case kindMenu:
		links := cms.Part{Table: "menu_links", Join: "JOIN {menu_custom} m ON m.menu_name = t.menu_name", Owner: "m.menu_name", Key: "mlid", Scope: "module = 'menu'", Ignore: []string{"router_path", "updated", "has_children"}}
		add(cms.Body{Parts: []cms.Part{links, own("menu_custom", "menu_name")}})
	case kindRedirect:
		add(cms.Body{Numeric: true, Parts: []cms.Part{own("redirect", "rid", "count", "access")}})
	}
	return all
}

// fieldParts7 are the tables of all fields: any of them may hold values of an entity.
func (s *Site) fieldParts7(entity string) []cms.Part {
	all := []cms.Part{{Table: "file_usage", Owner: "t.id", Key: "id", Scope: "type = '" + entity + "' AND module = 'file'"}}
	for _, begin := range []string{"field_data_", "field_revision_"} {
		for _, table := range s.live.begin(begin) {
			all = append(all, cms.Part{Table: table, Owner: "t.entity_id", Key: "entity_id", Scope: "entity_type = '" + entity + "'"})
		}
	}
	return all
}

// fieldUses7 find the nodes whose fields point to a record.
func (s *Site) fieldUses7(target, property string) []cms.Use {
	var all []cms.Use
	for _, table := range s.live.begin("field_data_") {
		col := strings.TrimPrefix(table, "field_data_") + "_" + property
		if s.live.has(table, col) {
			all = append(all, cms.Use{Kind: kindEntry, Query: "SELECT " + col + ", entity_id FROM {" + table + "} WHERE entity_type = 'node' AND " + col + " IN"})
		}
	}
	return all
}

func (s *Site) aliasPart7(table, key, path string) cms.Part {
	return cms.Part{Table: "url_alias", Join: "JOIN {" + table + "} o ON t.source = CONCAT('" + path + "', o." + key + ")", Owner: "o." + key, Key: "pid"}
}

func (s *Site) hideNodes7(ctx context.Context, tx *cmssql.Tx, keys []string) error {
	for _, query := range []string{"UPDATE {node} SET status = 0 WHERE nid IN ", "UPDATE {node_revision} SET status = 0 WHERE nid IN ", "DELETE FROM {taxonomy_index} WHERE nid IN "} {
		if table := query[strings.IndexByte(query, '{')+1 : strings.IndexByte(query, '}')]; !s.has(table) {
			continue
		}
		if err := cmssql.ExecIn(ctx, tx, numbers7(keys), s.sql(query)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) hideComments7(ctx context.Context, tx *cmssql.Tx, keys []string) error {
	return cmssql.ExecIn(ctx, tx, numbers7(keys), s.sql("UPDATE {comment} SET status = 0 WHERE cid IN "))
}

func numbers7(keys []string) []int64 {
	all := make([]int64, len(keys))
	for i, k := range keys {
		all[i] = atoi(k)
	}
	return all
}
