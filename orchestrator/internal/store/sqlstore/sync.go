package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

// remember changes what is remembered of the source's records, and the link index with it. Records that were listed come before
// their addresses: an address that a record had which is not listed any more goes over to one that is.
func remember(ctx context.Context, t *tx, id string, c *migration.Checkpoint) error {
	if len(c.Seen)+len(c.Known)+len(c.Gone) > 0 {
		if err := t.remember(ctx, id, c); err != nil {
			return fmt.Errorf("remember: %w", err)
		}
	}
	return addLinks(ctx, t, id, c.Links)
}

func (t *tx) remember(ctx context.Context, id string, c *migration.Checkpoint) error {
	m, err := t.GetMigration(ctx, id)
	if err != nil {
		return err
	}
	if err := t.AddSpace(ctx, id); err != nil {
		return err
	}
	space, err := t.Space(ctx, id)
	if err != nil {
		return err
	}
	run := int64(m.Run)
	if err := errors.Join(t.see(ctx, space, run, c.Seen), t.know(ctx, space, run, c.Known)); err != nil {
		return err
	}
	changed, err := t.gone(ctx, space, c.Gone)
	if err == nil && len(c.Seen) > 0 && len(c.Links) > 0 {
		var n int64
		n, err = t.DropStaleLinks(ctx, space, hashesOf(c.Links), run)
		changed = changed || n > 0
	}
	if err != nil || !changed {
		return err
	}
	// An address leads to another record than before, or to none, so any text may change.
	return t.AllDue(ctx, space)
}

func (t *tx) see(ctx context.Context, space, run int64, seen []migration.Seen) error {
	if len(seen) == 0 {
		return nil
	}
	rows := make([][3]any, len(seen))
	for i, r := range seen {
		rows[i] = [3]any{r.Kind, r.SourceID, 0}
		if r.Due {
			rows[i][2] = 1
		}
	}
	return t.See(ctx, space, run, text(rows))
}

func (t *tx) know(ctx context.Context, space, run int64, known []migration.Known) error {
	all := digestsOf(known)
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if err := t.Know(ctx, space, int64(kind), run, all[kind].String()); err != nil {
			return err
		}
	}
	return nil
}

// digestsOf gives per kind an object of source ids with digests. One row can be met only once in a statement: the last counts.
func digestsOf(known []migration.Known) map[recordv1.Kind]*object {
	last := make(map[migration.Known]int64, len(known))
	for _, r := range known {
		last[migration.Known{Kind: r.Kind, SourceID: r.SourceID}] = r.Digest
	}
	all := map[recordv1.Kind]*object{}
	for _, r := range known {
		key := migration.Known{Kind: r.Kind, SourceID: r.SourceID}
		digest, due := last[key]
		if !due {
			continue
		}
		delete(last, key)
		if all[r.Kind] == nil {
			all[r.Kind] = &object{}
		}
		all[r.Kind].add(r.SourceID, digest)
	}
	return all
}

// gone forgets records, and says whether addresses went with them.
func (t *tx) gone(ctx context.Context, space int64, all []migration.Gone) (dropped bool, err error) {
	for _, r := range all {
		if err := t.Unknow(ctx, space, r.Kind, r.SourceID); err != nil {
			return false, err
		}
		if r.Linked {
			continue
		}
		n, err := t.DropLinksOf(ctx, space, r.Kind, r.SourceID)
		if err != nil {
			return false, err
		}
		dropped = dropped || n > 0
	}
	return dropped, nil
}

// Known implements store.Deltas.
func (s *Store) Known(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (map[string]int64, error) {
	known := make(map[string]int64, len(sourceIDs))
	space, err := s.space(ctx, id)
	if err != nil || len(sourceIDs) == 0 {
		return known, unlessNone(err)
	}
	ids := text(sourceIDs)
	err = s.try(ctx, "known", func() error {
		of, err := s.dialect.Bulk(s.read).KnownOf(ctx, space, k, ids)
		for _, r := range of {
			digest, sid, _ := strings.Cut(r, " ")
			n, perr := strconv.ParseInt(digest, 10, 64)
			known[sid] = n
			err = errors.Join(err, perr)
		}
		return err
	})
	return known, err
}

// unlessNone: nothing is remembered before the first checkpoint.
func unlessNone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// present is the short name of a migration and its run; a short name that nothing has before the first checkpoint.
func (s *Store) present(ctx context.Context, id string) (space, run int64, err error) {
	m, err := s.Migration(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	space, err = s.space(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		space, err = -1, nil
	}
	return space, int64(m.Run), err
}

// Due implements store.Deltas.
func (s *Store) Due(ctx context.Context, id string, k recordv1.Kind, after string, limit int) ([]migration.Known, error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return nil, err
	}
	return all(ctx, s, "due", func(q *queries.Queries) ([]queries.DueRow, error) {
		return q.Due(ctx, queries.DueParams{Space: space, Kind: k, Seen: run, After: after, Most: int64(limit)})
	}, func(r queries.DueRow) (migration.Known, error) {
		return migration.Known{Kind: k, SourceID: r.SourceID, Digest: r.Digest}, nil
	})
}

// Missing implements store.Deltas.
func (s *Store) Missing(ctx context.Context, id string, k recordv1.Kind, after string, limit int) ([]string, error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return nil, err
	}
	return look(ctx, s, "missing", func(q *queries.Queries) ([]string, error) {
		return q.Missing(ctx, queries.MissingParams{Space: space, Kind: k, Seen: run, After: after, Most: int64(limit)})
	})
}

// Settled implements store.Deltas.
func (s *Store) Settled(ctx context.Context, id string, k recordv1.Kind) (uint64, error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return 0, err
	}
	n, err := look(ctx, s, "settled", func(q *queries.Queries) (int64, error) { return q.CountSettled(ctx, space, k, run) })
	return uint64(max(n, 0)), err
}
