package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

// Tasks implements store.Tasks.
func (s *Store) Tasks(ctx context.Context, id string) ([]migration.Task, error) {
	return all(ctx, s, "tasks", func(q *queries.Queries) ([]queries.Task, error) { return q.Tasks(ctx, id) }, asTask)
}

func asTask(r queries.Task) (migration.Task, error) {
	return migration.Task{
		Spec: migration.Spec{Stage: r.Stage, Kind: r.Kind, Seq: r.Seq, Range: r.Range, Estimate: r.Estimate, Limit: r.MaxRecords},
		ID:   r.ID, Cursor: r.Cursor, Done: r.Done, Fence: r.Fence, Sums: r.Sums,
		Counts: migration.Counts{
			Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Adopted: r.Adopted, Skipped: r.Skipped,
			Rejected: r.Rejected, Verified: r.Verified, Different: r.Different, Bytes: r.Bytes,
		},
	}, nil
}

// Create implements store.Tasks.
func (s *Store) Create(ctx context.Context, id string, specs []migration.Spec) error {
	return s.tx(ctx, "create tasks", func(t *tx) error { return create(ctx, t, id, specs) })
}

func create(ctx context.Context, t *tx, id string, specs []migration.Spec) error {
	for _, sp := range specs {
		err := t.CreateTask(ctx, queries.CreateTaskParams{
			Migration: id, Stage: sp.Stage, Kind: sp.Kind, Seq: sp.Seq, Range: sp.Range, Estimate: sp.Estimate, MaxRecords: sp.Limit, Sums: []byte{},
		})
		if err != nil {
			return fmt.Errorf("create task: %w", err)
		}
	}
	return nil
}

// Recheck implements store.Tasks.
func (s *Store) Recheck(ctx context.Context, id string, run int, anew bool) error {
	return s.change(ctx, id, func(t *tx, m *migration.Migration) error {
		if m.Run != run || m.Status != migration.Done {
			return store.ErrStaleFence
		}
		if anew {
			if err := clearRecheck(ctx, t, id); err != nil {
				return err
			}
		}
		rows, err := t.Tasks(ctx, id)
		if err != nil {
			return err
		}
		var specs []migration.Spec
		for _, r := range rows {
			if r.Stage == migration.StageVerify {
				specs = append(specs, migration.Spec{Stage: migration.StageRecheck, Kind: r.Kind, Seq: r.Seq, Range: r.Range, Estimate: r.Estimate, Limit: r.MaxRecords})
			}
		}
		return create(ctx, t, id, specs)
	})
}

func clearRecheck(ctx context.Context, t *tx, id string) error {
	return errors.Join(t.ClearStage(ctx, id, migration.StageRecheck), t.ClearDifferencesOf(ctx, id, migration.StageRecheck))
}

// Claim implements store.Tasks.
func (s *Store) Claim(ctx context.Context, task int64, owner string) (*migration.Task, error) {
	var r queries.Task
	err := s.tx(ctx, fmt.Sprintf("claim task %d", task), func(t *tx) error {
		var err error
		r, err = t.Claim(ctx, owner, task)
		return notFound(err)
	})
	if err != nil {
		return nil, err
	}
	t, err := asTask(r)
	return &t, err
}

// Save implements store.Tasks. Rule 3: cursor and counts are one transaction. One that was perhaps committed is not done again,
// because results are added: whoever claims the task anew finds out.
func (s *Store) Save(ctx context.Context, task, fence int64, c *migration.Checkpoint) error {
	return s.once(ctx, "save", func(t *tx) error {
		of, err := saveTask(ctx, t, task, fence, c)
		if err != nil {
			return err
		}
		if err := s.addResults(ctx, t, of, c); err != nil {
			return err
		}
		return create(ctx, t, of.Migration, c.Tasks)
	})
}

// saveTask also holds the task's row, so that no claim comes between before the rest is stored.
func saveTask(ctx context.Context, t *tx, task, fence int64, c *migration.Checkpoint) (of queries.SaveRow, err error) {
	n := c.Counts
	of, err = t.Save(ctx, queries.SaveParams{
		Cursor: c.Cursor, Done: c.Done, Read: n.Read, Created: n.Created, Updated: n.Updated, Unchanged: n.Unchanged, Adopted: n.Adopted, Skipped: n.Skipped,
		Rejected: n.Rejected, Verified: n.Verified, Different: n.Different, Bytes: n.Bytes, Sums: append([]byte{}, c.Sums...), ID: task, Fence: fence,
	})
	if errors.Is(err, sql.ErrNoRows) {
		return of, store.ErrStaleFence
	}
	return of, err
}

func (s *Store) addResults(ctx context.Context, t *tx, of queries.SaveRow, c *migration.Checkpoint) error {
	id, found := of.Migration, migration.StageVerify
	if of.Stage == migration.StageRecheck {
		found = of.Stage
	}
	for _, add := range []func() error{
		func() error { return addLosses(ctx, t, id, c.Losses) },
		func() error { return addUnmoved(ctx, t, id, c.Unmoved) },
		func() error { return addDifferences(ctx, t, id, found, c.Differences) },
		func() error { return addFindings(ctx, t, id, c.Findings) },
		func() error { return remember(ctx, t, id, c) },
		func() error { return setListed(ctx, t, id, c) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// setListed replaces counts of the source that were taken again.
func setListed(ctx context.Context, t *tx, id string, c *migration.Checkpoint) error {
	if len(c.Listed) == 0 {
		return nil
	}
	m, err := lock(ctx, t, id)
	if err != nil {
		return err
	}
	for i, p := range m.Kinds {
		if n, ok := c.Listed[p.Kind]; ok {
			m.Kinds[i].Listed = n
		}
	}
	return t.SetKinds(ctx, text(m.Kinds), id)
}

// inOrder sorts losses, so that two checkpoints never wait for each other's rows.
func inOrder(losses []migration.Loss) []migration.Loss {
	return slices.SortedFunc(slices.Values(losses), func(a, b migration.Loss) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Field, b.Field))
	})
}
