package folder

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Fetch implements cms.Site. What a migration wrote is read from its file; a dry run has no files.
func (s *Site) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	if _, err := s.root.Lstat("."); err != nil {
		return nil, err
	}
	own, err := s.rows(ctx, q, kind, ids)
	if err != nil {
		return nil, err
	}
	out := make([]cms.Item, len(ids))
	_, asRow := q.(ahead)
	for i, id := range ids {
		if r, ok := own[id]; ok {
			if out[i], err = s.written(kind, r, asRow || s.dry); err != nil {
				return nil, err
			}
			continue
		}
		if err := s.first(ctx); err != nil {
			return nil, err
		}
		rows, err := s.items(ctx, "kind = ? AND id = ?", int(kind), id)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			if out[i], err = s.item(kind, rows[0]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// first makes sure that there is an index.
func (s *Site) first(ctx context.Context) error {
	s.mu.Lock()
	there := s.index != nil
	s.mu.Unlock()
	if there {
		return nil
	}
	return s.refresh(ctx)
}

// row is a file that a migration made.
type row struct{ id, path, content string }

// rows finds what migrations made, by id; nothing on a source.
func (s *Site) rows(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]row, error) {
	found := map[string]row{}
	if !s.db.Writable() {
		return found, nil
	}
	err := cmssql.EachIn(ctx, q, ids, func(r *sql.Rows) error {
		var one row
		var content sql.Null[string]
		err := r.Scan(&one.id, &one.path, &content)
		one.content = content.V
		found[one.id] = one
		return err
	}, fmt.Sprintf("SELECT id, path, content FROM files WHERE kind = %d AND id IN ", kind), "")
	return found, err
}

// written reads back what a migration wrote: from the file, or from the row that is ahead of it.
func (s *Site) written(kind cms.Kind, r row, asRow bool) (cms.Item, error) {
	text := &r.content
	if !asRow {
		var err error
		if text, err = s.piece(kind, r.path, r.content); err != nil || text == nil {
			return cms.Item{}, err
		}
	}
	file, _, part := strings.Cut(r.path, "#")
	if part {
		file = r.path[:len(file)] + ".yaml"
	}
	if kind == kindRedirect && !part && s.config.shape.aliases != "" {
		return s.stub(r.id, *text), nil
	}
	it, err := s.parse(kind, r.id, file, "", *text)
	if err != nil {
		return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(kind, r.id), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
			Problem: &agentv1.Problem{Code: "file_unreadable", Cause: "the file can no longer be read", Fix: "correct its front matter"}}}, nil
	}
	return it, nil
}
