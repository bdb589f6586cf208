package drupal

import (
	"context"
	"errors"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

var errReadOnly = errors.New(notWritten)

// Write implements cms.Site: no kind is declared writable.
func (s *Site) Write(context.Context, *cms.Unit, cms.Kind, []*recordv1.Record) ([]cms.Result, error) {
	return nil, errReadOnly
}

// Locate implements cms.Site.
func (s *Site) Locate(context.Context, cmssql.Querier, []cms.Want) ([]string, error) {
	return nil, errReadOnly
}

// Relink implements cms.Site.
func (s *Site) Relink(context.Context, *cms.Unit, cms.Kind, []cms.Link) error { return errReadOnly }

// Finish implements cms.Site.
func (s *Site) Finish(context.Context, *cms.Unit) ([]*agentv1.Finding, error) {
	return nil, errReadOnly
}

// Bodies implements cms.Undoer.
func (s *Site) Bodies(cms.Kind) []cms.Body { return nil }

// Settle implements cms.Undoer.
func (s *Site) Settle(context.Context, *cmssql.Tx, cms.Row, bool, bool) (cms.Verdict, error) {
	return cms.Left, errReadOnly
}
