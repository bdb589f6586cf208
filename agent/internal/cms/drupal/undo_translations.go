package drupal

import (
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// translationBodies are what a node has in each language beside its first: such a record shares the node with others, and its
// rows are found by the node's number and its language.
func (s *Site) translationBodies(e *entity) []cms.Body {
	var all []cms.Body
	for _, l := range s.schema.languages {
		lang := "langcode = '" + strings.ReplaceAll(l.code, "'", "''") + "'"
		var parts []cms.Part
		for _, p := range s.parts(e, s.aliasParts("node")...) {
			switch {
			case p.Table == e.base || p.Table == e.revision:
				continue
			case s.live.has(p.Table, "default_langcode"):
				p.Scope = lang + " AND default_langcode = 0"
			case p.Scope != "":
				p.Scope = "(" + p.Scope + ") AND " + lang
			default:
				p.Scope = lang
			}
			if s.versionKey(p.Table) == "revision_id" {
				// An older version of this translation has its language for its own.
				p.Scope += " AND revision_id NOT IN (SELECT o.vid FROM {node_field_revision} o WHERE o." + lang + " AND o.default_langcode = 1)"
			}
			parts = append(parts, p)
		}
		// The row that stands for the record comes last.
		slices.SortStableFunc(parts, func(a, b cms.Part) int { return last(a, e) - last(b, e) })
		all = append(all, cms.Body{Suffix: ":" + l.code, Parts: parts})
	}
	return all
}

func last(p cms.Part, e *entity) int { return map[bool]int{true: 1}[p.Table == e.more[0]] }

// firstOnly leaves the rows of translations out of the parts of their node: they are records of their own.
func (s *Site) firstOnly(e *entity, parts []cms.Part) {
	number := map[cmssql.Dialect]string{cmssql.MySQL: "CAST(SUBSTR(t.path, 7) AS UNSIGNED)", cmssql.SQLite: "CAST(SUBSTR(t.path, 7) AS INTEGER)",
		cmssql.Postgres: "CAST(LEFT(SUBSTRING(t.path FROM '^/node/([0-9]+)$'), 18) AS BIGINT)"}[s.db.Dialect()]
	for i := range parts {
		p := &parts[i]
		switch {
		case strings.HasPrefix(p.Table, "path_alias"):
			p.Join = "JOIN {" + e.base + "} o ON o." + e.key + " = " + number + " AND t.langcode IN (o.langcode, 'und')"
		case s.live.has(p.Table, "default_langcode"):
			p.Scope = "default_langcode = 1"
		case s.live.has(p.Table, "entity_id", "revision_id", "deleted", "langcode"):
			p.Scope = "langcode = (SELECT o.langcode FROM {" + e.base + "} o WHERE o." + e.key + " = entity_id)"
		}
	}
}

// translationUse finds translations, which would be left without their node.
func (s *Site) translationUse() cms.Use {
	id := "nid || ':' || langcode"
	if s.db.Dialect() == cmssql.MySQL {
		id = "CONCAT(nid, ':', langcode)"
	}
	return cms.Use{Kind: kindEntry, Query: "SELECT nid, " + id + " FROM {node_field_data} WHERE default_langcode = 0 AND nid IN"}
}
