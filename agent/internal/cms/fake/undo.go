package fake

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Bodies implements cms.Undoer: one row per record.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	if kind == recordv1.Kind_KIND_SITE {
		return nil
	}
	return []cms.Body{{Numeric: true, Parts: []cms.Part{{Table: tableOf(kind), Owner: "t.id", Key: "id"}}}}
}

// Settle implements cms.Undoer.
func (s *Site) Settle(_ context.Context, _ *cmssql.Tx, _ cms.Row, _, edited bool) (cms.Verdict, error) {
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
