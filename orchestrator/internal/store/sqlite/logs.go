package sqlite

import (
	"context"

	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// AppendLog implements store.Logs.
func (s *Store) AppendLog(ctx context.Context, id, line string) error {
	_, err := s.exec(ctx, "append_log", id, line)
	return err
}

// Logs implements store.Logs.
func (s *Store) Logs(ctx context.Context, id string, after int64, limit int) ([]store.LogLine, error) {
	var all []store.LogLine
	collect := func(scan func(...any) error) error {
		var l store.LogLine
		err := scan(&l.Number, &l.Line)
		all = append(all, l)
		return err
	}
	name, args := "logs_after", []any{after, id, limit}
	if after < 0 {
		name, args = "logs_last", []any{id, limit}
	}
	err := s.each(ctx, name, collect, args...)
	return all, err
}
