package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Tasks implements store.Tasks.
func (s *Store) Tasks(ctx context.Context, id string) ([]migration.Task, error) {
	var all []migration.Task
	err := s.each(ctx, "tasks", func(scan func(...any) error) error {
		t, err := scanTask(scan)
		all = append(all, t)
		return err
	}, id)
	return all, err
}

func scanTask(scan func(...any) error) (migration.Task, error) {
	var t migration.Task
	c := &t.Counts
	err := scan(&t.ID, &t.Stage, &t.Kind, &t.Seq, &t.Range, &t.Estimate, &t.Limit, &t.Cursor, &t.Done, &t.Fence,
		&c.Read, &c.Created, &c.Updated, &c.Unchanged, &c.Adopted, &c.Skipped, &c.Rejected, &c.Verified, &c.Different, &c.Bytes, &t.Sums)
	return t, err
}

// Create implements store.Tasks.
func (s *Store) Create(ctx context.Context, id string, specs []migration.Spec) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return create(ctx, tx, id, specs) })
}

func create(ctx context.Context, tx *sql.Tx, id string, specs []migration.Spec) error {
	for _, sp := range specs {
		if err := txExec(ctx, tx, "create_task", id, sp.Stage, sp.Kind, sp.Seq, sp.Range, sp.Estimate, sp.Limit); err != nil {
			return err
		}
	}
	return nil
}

// Claim implements store.Tasks.
func (s *Store) Claim(ctx context.Context, task int64, owner string) (*migration.Task, error) {
	var t migration.Task
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := txExec(ctx, tx, "claim", owner, task); err != nil {
			return err
		}
		var err error
		t, err = scanTask(tx.QueryRowContext(ctx, q("task"), task).Scan)
		return notFound(err)
	})
	if err != nil {
		return nil, fmt.Errorf("claim task %d: %w", task, err)
	}
	return &t, nil
}

// Save implements store.Tasks. Rule 3: cursor and counts are one transaction.
func (s *Store) Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		id, err := saveTask(ctx, tx, task, fence, c)
		if err != nil {
			return err
		}
		if err := s.addResults(ctx, tx, id, c); err != nil {
			return err
		}
		return create(ctx, tx, id, c.Tasks)
	})
}

func saveTask(ctx context.Context, tx *sql.Tx, task, fence int64, c *migration.Checkpoint) (id string, err error) {
	n := c.Counts
	err = tx.QueryRowContext(ctx, q("save"), c.Cursor, c.Done, n.Read, n.Created, n.Updated, n.Unchanged, n.Adopted, n.Skipped, n.Rejected,
		n.Verified, n.Different, n.Bytes, c.Sums, task, fence).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", store.ErrStaleFence
	}
	if err != nil {
		return "", fmt.Errorf("store: save: %w", err)
	}
	return id, nil
}

func (s *Store) addResults(ctx context.Context, tx *sql.Tx, id string, c *migration.Checkpoint) error {
	for _, add := range []func() error{
		func() error { return addLosses(ctx, tx, id, c.Losses) },
		func() error { return addUnmoved(ctx, tx, id, c.Unmoved) },
		func() error { return addDifferences(ctx, tx, id, c.Differences) },
		func() error { return addFindings(ctx, tx, id, c.Findings) },
		func() error { return s.addLinks(ctx, tx, id, c.Links) },
		func() error { return setListed(ctx, tx, id, c) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// setListed replaces counts of the source that were taken again.
func setListed(ctx context.Context, tx *sql.Tx, id string, c *migration.Checkpoint) error {
	if len(c.Listed) == 0 {
		return nil
	}
	m, err := scanMigration(tx.QueryRowContext(ctx, q("get_migration"), id).Scan)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for i, p := range m.Kinds {
		if n, ok := c.Listed[p.Kind]; ok {
			m.Kinds[i].Listed = n
		}
	}
	return txExec(ctx, tx, "set_kinds", text(m.Kinds), id)
}
