package ghost

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Write writes records of one kind and answers each in order.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	switch kind {
	case kindSite:
		return s.writeSites(ctx, u, batch)
	case kindUser:
		return s.writeUsers(ctx, u, batch)
	case kindTerm:
		return s.writeTags(ctx, u, batch)
	case kindMedia:
		// Ghost has no rows for files.
		return uploads.Write(u, batch, holdsOf(kindMedia), s.mediaAt), nil
	case kindEntry:
		return s.writePosts(ctx, u, batch)
	case kindComment:
		return s.writeComments(ctx, u, batch)
	case kindMenu:
		return s.writeMenus(ctx, u, batch)
	case kindRedirect:
		return s.writeRedirects(ctx, u, batch)
	}
	return nil, fmt.Errorf("ghost does not write records of %s", kind)
}

func (s *Site) writeSites(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		var err error
		if out[i], err = s.writeSite(ctx, u, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Finish tells what is left to do: Ghost keeps its routes in memory. There are no counts to be made up.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	findings := []*agentv1.Finding{{Code: "restart_ghost", Severity: agentv1.Severity_SEVERITY_WARNING,
		Cause: "Ghost keeps its addresses and settings in memory: what was written answers 404 until it is restarted",
		Fix:   "Restart Ghost (`ghost restart`)."}}
	if u.Tx.Dialect() != cmssql.SQLite {
		return findings, nil
	}
	rows, err := cmssql.Rows(ctx, u.Tx, "PRAGMA foreign_key_check")
	if err != nil {
		return nil, fmt.Errorf("check references: %w", err)
	}
	if len(rows) > 0 {
		findings = append(findings, &agentv1.Finding{Code: "broken_references", Severity: agentv1.Severity_SEVERITY_WARNING, Count: uint64(len(rows)),
			Cause: "rows of the database point to rows that are not there", Fix: "Compare with the finding of the same name before the migration; report it if it is new."})
	}
	return findings, nil
}
