package sqlstore

import (
	"context"

	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

// AppendLog implements store.Logs.
func (s *Store) AppendLog(ctx context.Context, id, line string) error {
	return s.try(ctx, "append log", func() error { return queries.New(s.write).AppendLog(ctx, id, clean(line)) })
}

// Logs implements store.Logs.
func (s *Store) Logs(ctx context.Context, id string, after int64, limit int) ([]store.LogLine, error) {
	if after < 0 {
		return all(ctx, s, "logs", func(q *queries.Queries) ([]queries.LogsLastRow, error) {
			return q.LogsLast(ctx, id, int64(limit))
		}, func(r queries.LogsLastRow) (store.LogLine, error) { return store.LogLine(r), nil })
	}
	return all(ctx, s, "logs", func(q *queries.Queries) ([]queries.LogsAfterRow, error) {
		return q.LogsAfter(ctx, after, id, int64(limit))
	}, func(r queries.LogsAfterRow) (store.LogLine, error) { return store.LogLine(r), nil })
}
