package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

// Begin implements store.Migrations.
func (s *Store) Begin(ctx context.Context, n store.New) (*migration.Migration, error) {
	var id string
	err := s.tx(ctx, "begin", func(t *tx) error {
		made, err := insert(ctx, t, n)
		if err != nil {
			return err
		}
		row, err := t.FindMigration(ctx, n.Source.ID, n.Target.ID, n.Selection.Key())
		if id = row.ID; err != nil {
			return err
		}
		if made {
			return t.SetMode(ctx, text(n.Mode), id)
		}
		return again(ctx, t, row, n)
	})
	if err != nil {
		return nil, err
	}
	return s.Migration(ctx, id)
}

// insert makes the migration, unless there is one: of two processes that begin the same, the second waits for the first here.
func insert(ctx context.Context, t *tx, n store.New) (made bool, err error) {
	rows, err := t.AddMigration(ctx, queries.AddMigrationParams{
		ID: n.ID, SourceSite: n.Source.ID, TargetSite: n.Target.ID, Selection: n.Selection.Key(), Source: text(n.Source), Target: text(n.Target),
		Kinds: text(n.Kinds), Started: n.Now.UnixMilli(),
	})
	return rows > 0, err
}

// again resumes the run, or begins the next one when it is over.
func again(ctx context.Context, t *tx, row queries.Migration, n store.New) error {
	m, err := asMigration(row)
	if err != nil {
		return err
	}
	if m.Status == migration.RollingBack {
		return migration.Usage("rollback_unfinished", "this migration is being taken back", "Finish that first: bailey rollback "+m.ID)
	}
	if !m.Over() {
		return t.ResumeRun(ctx, text(n.Source), text(n.Target), n.Now.UnixMilli(), m.ID)
	}
	if err := clearRun(ctx, t, m, n.Mode); err != nil {
		return err
	}
	if err := t.SetMode(ctx, text(n.Mode), m.ID); err != nil {
		return err
	}
	return t.NextRun(ctx, queries.NextRunParams{Source: text(n.Source), Target: text(n.Target), Kinds: text(n.Kinds), Started: n.Now.UnixMilli(), ID: m.ID})
}

// clearRun removes tasks first: whoever still saves a checkpoint of the old run is waited for or refused.
func clearRun(ctx context.Context, t *tx, m *migration.Migration, next migration.Mode) error {
	indexed := []func(context.Context, int64) error{t.ClearLinks}
	if next.Sync {
		indexed[0] = t.DropUnknownLinks
	}
	if m.Status == migration.RolledBack {
		// Rule 3: the target holds nothing of it any more.
		indexed = append(indexed, t.ClearKnown)
	}
	clears := []func(context.Context, string) error{t.ClearTasks, t.ClearLosses, t.ClearLossRefs, t.ClearUnmoved, t.ClearDifferences, t.ClearFindings}
	for _, clear := range indexed {
		clears = append(clears, func(ctx context.Context, id string) error { return inSpace(ctx, t, id, clear) })
	}
	for _, clear := range clears {
		if err := clear(ctx, m.ID); err != nil {
			return fmt.Errorf("clear the last run: %w", err)
		}
	}
	return nil
}

// Migration implements store.Migrations.
func (s *Store) Migration(ctx context.Context, id string) (*migration.Migration, error) {
	r, err := look(ctx, s, "migration "+id, func(q *queries.Queries) (queries.Migration, error) { return q.GetMigration(ctx, id) })
	if err != nil {
		return nil, err
	}
	return asMigration(r)
}

// List implements store.Migrations.
func (s *Store) List(ctx context.Context, limit int) ([]*migration.Migration, error) {
	if limit <= 0 {
		limit = 100
	}
	return all(ctx, s, "list", func(q *queries.Queries) ([]queries.Migration, error) { return q.ListMigrations(ctx, int64(limit)) }, asMigration)
}

func asMigration(r queries.Migration) (*migration.Migration, error) {
	m := &migration.Migration{
		ID: r.ID, Run: r.Run, Stage: r.Stage, Status: r.Status, Previous: r.Previous, Desired: r.Desired,
		Started: time.UnixMilli(r.Started).UTC(), Seen: time.UnixMilli(r.Seen).UTC(), Rate: migration.Rate{Records: r.MaxRecords, Bytes: r.MaxBytes},
	}
	err := errors.Join(json.Unmarshal([]byte(r.Source), &m.Source), json.Unmarshal([]byte(r.Target), &m.Target),
		json.Unmarshal([]byte(r.Selection), &m.Selection), json.Unmarshal([]byte(r.Kinds), &m.Kinds), json.Unmarshal([]byte(r.Waiting), &m.Workers),
		json.Unmarshal([]byte(r.Mode), &m.Mode))
	m.Waiting = migration.Waits(m.Workers)
	if r.Failure.Valid {
		err = errors.Join(err, json.Unmarshal([]byte(r.Failure.String), &m.Failure))
	}
	m.Source.ID, m.Target.ID = r.SourceSite, r.TargetSite
	if r.Ended != 0 {
		m.Ended = time.UnixMilli(r.Ended).UTC()
	}
	return m, err
}

// SetStage implements store.Migrations.
func (s *Store) SetStage(ctx context.Context, id string, st migration.Stage) error {
	return s.try(ctx, "set stage", func() error { return queries.New(s.write).SetStage(ctx, st, id) })
}

// SetStatus implements store.Migrations.
func (s *Store) SetStatus(ctx context.Context, id string, st migration.Status, failure *migration.Problem, ended time.Time) error {
	var cause sql.NullString
	if failure != nil {
		cause = sql.NullString{String: text(failure), Valid: true}
	}
	return s.change(ctx, id, func(t *tx, m *migration.Migration) error {
		if err := m.End(st); err != nil {
			return err
		}
		return t.SetStatus(ctx, st, cause, millis(ended), id)
	})
}

// change looks at a migration and changes it in one transaction.
func (s *Store) change(ctx context.Context, id string, fn func(*tx, *migration.Migration) error) error {
	return s.tx(ctx, "migration "+id, func(t *tx) error {
		m, err := lock(ctx, t, id)
		if err != nil {
			return err
		}
		return fn(t, m)
	})
}

// lock gives a migration that nobody else changes until the transaction ends.
func lock(ctx context.Context, t *tx, id string) (*migration.Migration, error) {
	r, err := t.LockMigration(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	return asMigration(r)
}

// millis is a time as it is kept; zero stays zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Steer implements store.Migrations.
func (s *Store) Steer(ctx context.Context, id string, d migration.Desired, now time.Time) error {
	return s.change(ctx, id, func(t *tx, m *migration.Migration) error {
		status, err := m.Steer(d, now)
		if err != nil {
			return err
		}
		ended := m.Ended
		if status != m.Status {
			ended = now
		}
		return t.Steer(ctx, d, status, millis(ended), id)
	})
}

// SetRate implements store.Migrations.
func (s *Store) SetRate(ctx context.Context, id string, r migration.Rate) error {
	return s.touch(ctx, "set rate", func(q *queries.Queries) (int64, error) { return q.SetRate(ctx, r.Records, r.Bytes, id) })
}

// Beat implements store.Migrations.
func (s *Store) Beat(ctx context.Context, id string, b migration.Beat) error {
	return s.change(ctx, id, func(t *tx, m *migration.Migration) error {
		m.Take(b)
		_, err := t.Beat(ctx, m.Seen.UnixMilli(), text(m.Workers), id)
		return err
	})
}

// SetLinks implements store.Migrations.
func (s *Store) SetLinks(ctx context.Context, id string, sealed []byte) error {
	return s.touch(ctx, "set links", func(q *queries.Queries) (int64, error) { return q.SetLinks(ctx, sealed, id) })
}

// Links implements store.Migrations.
func (s *Store) Links(ctx context.Context, id string) ([]byte, error) {
	r, err := look(ctx, s, "links", func(q *queries.Queries) (queries.Migration, error) { return q.GetMigration(ctx, id) })
	if err == nil && r.Links == nil {
		err = store.ErrNotFound
	}
	return r.Links, err
}
