package drupal

import (
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// renumbered names the column of a version's number, where that changes without anybody editing the record: nodes get older versions.
func (s *Site) renumbered(e *entity, col string) []string {
	if s.seven || e.name != "node" {
		return nil
	}
	return []string{col}
}

// currentVersions are the numbers of the current versions of nodes.
const currentVersions = "(SELECT o.vid FROM {node} o WHERE o.vid IS NOT NULL)"

// versionBody is an older version that was written. One that has become the current one is its node's.
func (s *Site) versionBody() cms.Body {
	b := cms.Body{Prefix: revisionPrefix}
	for _, p := range s.parts(s.entity("node")) {
		if key := s.versionKey(p.Table); key != "" {
			b.Parts = append(b.Parts, hung(p.Table, key, key+" NOT IN "+currentVersions, p.Ignore...))
		}
	}
	return b
}

// currentOnly takes older versions out of the parts of nodes: those that were written are records of their own.
func (s *Site) currentOnly(parts []cms.Part) {
	for i := range parts {
		p := &parts[i]
		key := s.versionKey(p.Table)
		if key == "" {
			continue
		}
		if p.Scope != "" {
			p.Scope = "(" + p.Scope + ") AND "
		}
		p.Scope += key + " IN " + currentVersions
	}
}

// versionKey is the column with the version's number of a table that holds all versions of nodes; empty: it does not.
func (s *Site) versionKey(table string) string {
	switch {
	case table == "node_revision", table == "node_field_revision":
		return "vid"
	case strings.HasPrefix(table, "node_revision__"), strings.HasPrefix(table, "node_r__"):
		return "revision_id"
	}
	return ""
}

// versionUse finds versions, which would be left without their node.
func (s *Site) versionUse() cms.Use {
	id := "'" + revisionPrefix + "' || r.vid"
	if s.db.Dialect() == cmssql.MySQL {
		id = "CONCAT('" + revisionPrefix + "', r.vid)"
	}
	return cms.Use{Kind: kindEntry, Query: "SELECT r.nid, " + id + " FROM {node_revision} r JOIN {node} n ON n.nid = r.nid WHERE r.vid <> n.vid AND r.nid IN"}
}
