package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
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
	dropped, err := false, error(nil)
	if len(c.Seen) > 0 {
		err = t.See(ctx, space, run, c.Seen)
	}
	if err == nil && len(c.Known) > 0 {
		err = t.Know(ctx, space, run, c.Known)
	}
	if err == nil && len(c.Gone) > 0 {
		dropped, err = t.forget(ctx, space, c.Gone)
	}
	if err == nil && len(c.Seen) > 0 && len(c.Links) > 0 {
		var stale bool
		stale, err = t.DropStaleLinks(ctx, space, run, c.Links)
		dropped = dropped || stale
	}
	if err != nil || !dropped {
		return err
	}
	// An address leads to another record than before, or to none, so any text may change.
	return t.AllDue(ctx, space)
}

// forget says whether addresses went with the records: those to which links still lead stay.
func (t *tx) forget(ctx context.Context, space int64, gone []migration.Gone) (dropped bool, err error) {
	if err := t.Unknow(ctx, space, gone); err != nil {
		return false, err
	}
	unlinked := slices.DeleteFunc(slices.Clone(gone), func(g migration.Gone) bool { return g.Linked })
	if len(unlinked) == 0 {
		return false, nil
	}
	return t.DropLinksOf(ctx, space, unlinked)
}

// Known implements store.Deltas.
func (s *Store) Known(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (known map[string]int64, err error) {
	space, err := s.space(ctx, id)
	if err != nil || len(sourceIDs) == 0 {
		return map[string]int64{}, unlessNone(err)
	}
	err = s.try(ctx, "known", func() error {
		known, err = s.index().KnownOf(ctx, space, k, sourceIDs)
		return err
	})
	return known, err
}

// index is for reading.
func (s *Store) index() Index { return s.dialect.Bulk(s.read) }

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
func (s *Store) Due(ctx context.Context, id string, k recordv1.Kind, after string, limit int) (due []migration.Known, err error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.try(ctx, "due", func() error {
		due, err = s.index().Due(ctx, space, run, k, after, limit)
		return err
	})
	return due, err
}

// Missing implements store.Deltas.
func (s *Store) Missing(ctx context.Context, id string, k recordv1.Kind, after string, limit int) (missing []string, err error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.try(ctx, "missing", func() error {
		missing, err = s.index().Missing(ctx, space, run, k, after, limit)
		return err
	})
	return missing, err
}

// Settled implements store.Deltas.
func (s *Store) Settled(ctx context.Context, id string, k recordv1.Kind) (n uint64, err error) {
	space, run, err := s.present(ctx, id)
	if err != nil {
		return 0, err
	}
	err = s.try(ctx, "settled", func() error {
		n, err = s.index().CountSettled(ctx, space, run, k)
		return err
	})
	return n, err
}
