package fake

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// dropOpen hides pointers that are not filled yet from readers.
func dropOpen(rec *recordv1.Record) {
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		if whole.Open(ref) {
			return nil
		}
		return ref
	})
}

// Relink implements cms.Site: it reads the rows once, fills all slots that it got, and writes them back.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	byRow := map[string][]cms.Link{}
	var ids []string
	for _, l := range links {
		if byRow[l.TargetID] == nil {
			ids = append(ids, l.TargetID)
		}
		byRow[l.TargetID] = append(byRow[l.TargetID], l)
	}
	rows, err := s.byID(ctx, u.Tx, kind, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if r, ok := rows[id]; ok {
			if err := s.fill(ctx, u, kind, r, byRow[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Site) fill(ctx context.Context, u *cms.Unit, kind cms.Kind, r row, links []cms.Link) error {
	rec := &recordv1.Record{}
	if err := proto.Unmarshal(r.body, rec); err != nil {
		return fmt.Errorf("decode the row: %w", err)
	}
	if err := whole.Fill(ctx, rec, u.Refs, links); err != nil {
		return err
	}
	next, err := encode(rec)
	if err != nil {
		return err
	}
	if _, err := u.Tx.Exec(ctx, "UPDATE "+s.kindTable(kind)+" SET body = ? WHERE id = ?", next.body, r.id); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}
