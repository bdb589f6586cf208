package drupal

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Finish gives comments their places and empties the caches, so that Drupal makes all that is derived anew.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	if s.seven {
		return s.finish7(ctx, u)
	}
	w, err := s.writer(ctx, u, kindSite)
	if err != nil {
		return nil, err
	}
	if err := w.thread(ctx); err != nil {
		return nil, fmt.Errorf("thread comments: %w", err)
	}
	if err := w.outlines(ctx); err != nil {
		return nil, fmt.Errorf("outline books: %w", err)
	}
	if err := w.countTopics(ctx); err != nil {
		return nil, fmt.Errorf("count the comments of topics: %w", err)
	}
	if err := w.access(ctx); err != nil {
		return nil, fmt.Errorf("mark the access to nodes: %w", err)
	}
	for _, table := range w.s.live.names() {
		// TRUNCATE would commit in MySQL.
		if strings.HasPrefix(table, "cache_") || table == "cache" || table == "cachetags" {
			if err := w.exec(ctx, "DELETE FROM {"+table+"}"); err != nil {
				return nil, fmt.Errorf("empty %s: %w", table, err)
			}
		}
	}
	return []*agentv1.Finding{{Code: "clear_cache", Severity: agentv1.Severity_SEVERITY_INFO, Cause: "the caches in the database are empty; what Drupal keeps elsewhere (Redis, Memcache, APCu, a reverse proxy) is not",
		Fix: "Run `drush cache:rebuild`, or clear all caches in the administration, Configuration > Performance."}}, nil
}

// access makes Drupal ask its modules anew who may see nodes, where any of them limits it.
func (w *writer) access(ctx context.Context) error {
	if w.s.seven || !w.s.has("node_access") || !w.s.has("key_value") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT nid FROM {node_access} WHERE NOT (nid = 0 AND realm = 'all') LIMIT 1")
	if err != nil || len(rows) == 0 {
		return err
	}
	return w.setRow(ctx, "key_value", "value", "state", "node.node_access_needs_rebuild", literal(true))
}
