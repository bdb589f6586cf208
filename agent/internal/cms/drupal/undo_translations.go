package drupal

import (
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// translationBodies are what an entity has in each language beside its first: such a record shares the entity with others, and its
// rows are found by the entity's number and its language. Its addresses are those of a system path; empty: it has none.
func (s *Site) translationBodies(e *entity, system string) []cms.Body {
	var all []cms.Body
	for _, l := range s.schema.languages {
		lang := "langcode = '" + strings.ReplaceAll(l.code, "'", "''") + "'"
		var parts []cms.Part
		var addresses []cms.Part
		if system != "" {
			addresses = s.aliasParts(system)
		}
		for _, p := range s.parts(e, addresses...) {
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
			// What is the same in all languages follows the first.
			p.Ignore = append(p.Ignore, "weight")
			if s.versionKey(p.Table) == "revision_id" {
				// An older version of this translation has its language for its own.
				p.Scope += " AND revision_id NOT IN (SELECT o.vid FROM {node_field_revision} o WHERE o." + lang + " AND o.default_langcode = 1)"
			}
			parts = append(parts, p)
		}
		// The row that stands for the record comes last.
		slices.SortStableFunc(parts, func(a, b cms.Part) int { return last(a, e) - last(b, e) })
		all = append(all, cms.Body{Prefix: e.prefix, Suffix: ":" + l.code, Parts: parts})
	}
	return all
}

func last(p cms.Part, e *entity) int { return map[bool]int{true: 1}[p.Table == e.more[0]] }

// firstOnly leaves the rows of translations out of the parts of their entity: they are records of their own.
func (s *Site) firstOnly(e *entity, system string, parts []cms.Part) {
	digits := "CAST(SUBSTR(t.path, " + itoa(int64(len(system)+3)) + ") AS "
	number := map[cmssql.Dialect]string{cmssql.MySQL: digits + "UNSIGNED)", cmssql.SQLite: digits + "INTEGER)",
		cmssql.Postgres: "CAST(LEFT(SUBSTRING(t.path FROM '^/" + system + "/([0-9]+)$'), 18) AS BIGINT)"}[s.db.Dialect()]
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

// translationUse finds translations, which would be left without their entity.
func (s *Site) translationUse(kind cms.Kind, e *entity) cms.Use {
	id := "'" + e.prefix + "' || " + e.key + " || ':' || langcode"
	if s.db.Dialect() == cmssql.MySQL {
		id = "CONCAT('" + e.prefix + "', " + e.key + ", ':', langcode)"
	}
	return cms.Use{Kind: kind, Query: "SELECT " + e.key + ", " + id + " FROM {" + e.more[0] + "} WHERE default_langcode = 0 AND " + e.key + " IN"}
}

// withTranslations are the bodies of an entity type and, where the site has several languages, of its translations.
func (s *Site) withTranslations(kind cms.Kind, e *entity, system string, first cms.Body) []cms.Body {
	if !s.speaks() {
		return []cms.Body{first}
	}
	s.firstOnly(e, system, first.Parts)
	first.Uses = append(first.Uses, s.translationUse(kind, e))
	return append([]cms.Body{first}, s.translationBodies(e, system)...)
}
