package fake

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Bodies implements cms.Undoer: one row per record.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	if kind == recordv1.Kind_KIND_SITE {
		return nil
	}
	b := cms.Body{Numeric: true, Parts: []cms.Part{{Table: tableOf(kind), Owner: "t.id", Key: "id"}}}
	if kind == recordv1.Kind_KIND_ENTRY {
		b.Hide = s.hide
	}
	return []cms.Body{b}
}

// hide turns entries into drafts.
func (s *Site) hide(ctx context.Context, tx *cmssql.Tx, ids []string) error {
	rows, err := s.byID(ctx, tx, recordv1.Kind_KIND_ENTRY, ids)
	if err != nil {
		return err
	}
	for id, r := range rows {
		rec := &recordv1.Record{}
		if err := proto.Unmarshal(r.body, rec); err != nil {
			return fmt.Errorf("decode the row: %w", err)
		}
		rec.GetEntry().Status = recordv1.Status_STATUS_DRAFT
		next, err := encode(rec)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE "+s.kindTable(recordv1.Kind_KIND_ENTRY)+" SET body = ? WHERE id = ?", next.body, id); err != nil {
			return fmt.Errorf("hide: %w", err)
		}
	}
	return nil
}

// Settle implements cms.Undoer.
func (s *Site) Settle(_ context.Context, _ *cmssql.Tx, _ cms.Row, _, edited bool) (cms.Verdict, error) {
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
