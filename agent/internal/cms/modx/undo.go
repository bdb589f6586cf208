package modx

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// bodies are what records consist of. Uri and container flag follow from the tree, and no editor sets them alone.
var bodies = map[cms.Kind]cms.Body{
	kindUser: {Numeric: true, Parts: []cms.Part{
		{Table: "user_settings", Owner: "t.user", Key: "user"},
		{Table: "member_groups", Owner: "t.member", Key: "member"},
		{Table: "user_attributes", Owner: "t.internalKey", Key: "internalKey", Ignore: []string{"logincount", "lastlogin", "thislogin", "failedlogincount", "sessionid"}},
		{Table: "users", Owner: "t.id", Key: "id", Ignore: []string{"cachepwd", "session_stale"}},
	}, Uses: []cms.Use{
		{Kind: kindEntry, Query: "SELECT createdby, id FROM {site_content} WHERE createdby IN"},
	}},
	kindEntry: resource, kindRedirect: resource,
}

// resource is what an entry is, and a redirect.
var resource = cms.Body{Numeric: true, Parts: []cms.Part{
	{Table: "site_tmplvar_contentvalues", Owner: "t.contentid", Key: "contentid"},
	{Table: "document_groups", Owner: "t.document", Key: "document"},
	{Table: "site_content", Owner: "t.id", Key: "id", Ignore: []string{"uri", "isfolder"}},
}, Uses: []cms.Use{
	{Kind: kindEntry, Query: "SELECT parent, id FROM {site_content} WHERE parent IN"},
}}

// Bodies implements cms.Undoer. A file has no row.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	if b, ok := bodies[kind]; ok {
		return []cms.Body{b}
	}
	return nil
}

// users of rows that a migration made for the whole site; while there are any, the row stays.
var usedBy = map[string]string{
	"membergroup_names":   "SELECT member AS id FROM {member_groups} WHERE user_group = ? LIMIT 1",
	"documentgroup_names": "SELECT document AS id FROM {document_groups} WHERE document_group = ? LIMIT 1",
	"site_templates":      "SELECT id FROM {site_content} WHERE template = ? LIMIT 1",
	"site_tmplvars":       "SELECT id FROM {site_tmplvar_contentvalues} WHERE tmplvarid = ? LIMIT 1",
	"context":             "SELECT id FROM {site_content} WHERE context_key = ? LIMIT 1",
}

// Settle implements cms.Undoer.
func (s *Site) Settle(ctx context.Context, tx *cmssql.Tx, r cms.Row, made, edited bool) (cms.Verdict, error) {
	if query := usedBy[r.Table]; query != "" && made {
		users, err := s.query(ctx, tx, query, r.Value)
		if err != nil || len(users) > 0 {
			return cms.Left, err
		}
	}
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
