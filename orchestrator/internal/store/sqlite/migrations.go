package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Begin implements store.Migrations.
func (s *Store) Begin(ctx context.Context, n store.New) (*migration.Migration, error) {
	var id string
	err := s.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, q("find_migration"), n.Source.ID, n.Target.ID, n.Selection.Key()).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			id = n.ID
			return insert(ctx, tx, n)
		}
		if err != nil {
			return fmt.Errorf("store: begin: %w", err)
		}
		return again(ctx, tx, id, n)
	})
	if err != nil {
		return nil, err
	}
	return s.Migration(ctx, id)
}

func insert(ctx context.Context, tx *sql.Tx, n store.New) error {
	return txExec(ctx, tx, "insert_migration", n.ID, n.Source.ID, n.Target.ID, n.Selection.Key(),
		text(n.Source), text(n.Target), text(n.Kinds), n.Now.UnixMilli())
}

// again resumes the run, or begins the next one when it is over.
func again(ctx context.Context, tx *sql.Tx, id string, n store.New) error {
	m, err := scanMigration(tx.QueryRowContext(ctx, q("get_migration"), id).Scan)
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	if m.Status == migration.RollingBack {
		return migration.Usage("rollback_unfinished", "this migration is being taken back", "Finish that first: bailey rollback "+id)
	}
	if !m.Over() {
		return txExec(ctx, tx, "resume_run", text(n.Source), text(n.Target), n.Now.UnixMilli(), id)
	}
	if err := clearRun(ctx, tx, id); err != nil {
		return err
	}
	return txExec(ctx, tx, "next_run", text(n.Source), text(n.Target), text(n.Kinds), n.Now.UnixMilli(), id)
}

func clearRun(ctx context.Context, tx *sql.Tx, id string) error {
	for _, name := range []string{"clear_tasks", "clear_losses", "clear_loss_refs", "clear_unmoved", "clear_differences", "clear_findings", "clear_links"} {
		if err := txExec(ctx, tx, name, id); err != nil {
			return err
		}
	}
	return nil
}

// Migration implements store.Migrations.
func (s *Store) Migration(ctx context.Context, id string) (*migration.Migration, error) {
	m, err := scanMigration(s.read.QueryRowContext(ctx, q("get_migration"), id).Scan)
	if err != nil {
		return nil, fmt.Errorf("migration %s: %w", id, notFound(err))
	}
	return m, nil
}

// List implements store.Migrations.
func (s *Store) List(ctx context.Context, limit int) ([]*migration.Migration, error) {
	if limit <= 0 {
		limit = 100
	}
	var all []*migration.Migration
	err := s.each(ctx, "list_migrations", func(scan func(...any) error) error {
		m, err := scanMigration(scan)
		all = append(all, m)
		return err
	}, limit)
	return all, err
}

func scanMigration(scan func(...any) error) (*migration.Migration, error) {
	var m migration.Migration
	var sourceSite, targetSite, source, target, selection, kinds, waiting string
	var failure sql.NullString
	var started, ended, seen int64
	err := scan(&m.ID, &m.Run, &sourceSite, &targetSite, &source, &target, &selection, &kinds, &m.Stage, &m.Status, &m.Previous, &m.Desired, &failure, &started, &ended,
		&m.Rate.Records, &m.Rate.Bytes, &seen, &waiting)
	if err != nil {
		return nil, err
	}
	err = errors.Join(json.Unmarshal([]byte(source), &m.Source), json.Unmarshal([]byte(target), &m.Target),
		json.Unmarshal([]byte(selection), &m.Selection), json.Unmarshal([]byte(kinds), &m.Kinds), json.Unmarshal([]byte(waiting), &m.Waiting))
	if failure.Valid {
		err = errors.Join(err, json.Unmarshal([]byte(failure.String), &m.Failure))
	}
	m.Source.ID, m.Target.ID = sourceSite, targetSite
	m.Started = time.UnixMilli(started).UTC()
	m.Seen = time.UnixMilli(seen).UTC()
	if ended != 0 {
		m.Ended = time.UnixMilli(ended).UTC()
	}
	return &m, err
}

// SetStage implements store.Migrations.
func (s *Store) SetStage(ctx context.Context, id string, st migration.Stage) error {
	_, err := s.exec(ctx, "set_stage", st, id)
	return err
}

// SetStatus implements store.Migrations.
func (s *Store) SetStatus(ctx context.Context, id string, st migration.Status, failure *migration.Problem, ended time.Time) error {
	var cause sql.NullString
	if failure != nil {
		cause = sql.NullString{String: text(failure), Valid: true}
	}
	return s.change(ctx, id, func(tx *sql.Tx, m *migration.Migration) error {
		if err := m.End(st); err != nil {
			return err
		}
		return txExec(ctx, tx, "set_status", st, cause, millis(ended), id)
	})
}

// change looks at a migration and changes it in one transaction.
func (s *Store) change(ctx context.Context, id string, fn func(*sql.Tx, *migration.Migration) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		m, err := scanMigration(tx.QueryRowContext(ctx, q("get_migration"), id).Scan)
		if err != nil {
			return fmt.Errorf("migration %s: %w", id, notFound(err))
		}
		return fn(tx, m)
	})
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
	return s.change(ctx, id, func(tx *sql.Tx, m *migration.Migration) error {
		status, err := m.Steer(d, now)
		if err != nil {
			return err
		}
		ended := m.Ended
		if status != m.Status {
			ended = now
		}
		return txExec(ctx, tx, "steer", d, status, millis(ended), id)
	})
}

// SetRate implements store.Migrations.
func (s *Store) SetRate(ctx context.Context, id string, r migration.Rate) error {
	return found(s.exec(ctx, "set_rate", r.Records, r.Bytes, id))
}

// Beat implements store.Migrations.
func (s *Store) Beat(ctx context.Context, id string, now time.Time, waiting []migration.Wait) error {
	if waiting == nil {
		waiting = []migration.Wait{}
	}
	return found(s.exec(ctx, "beat", now.UnixMilli(), text(waiting), id))
}

// SetLinks implements store.Migrations.
func (s *Store) SetLinks(ctx context.Context, id string, sealed []byte) error {
	return found(s.exec(ctx, "set_links", sealed, id))
}

// Links implements store.Migrations.
func (s *Store) Links(ctx context.Context, id string) ([]byte, error) {
	var sealed []byte
	err := s.read.QueryRowContext(ctx, q("get_links"), id).Scan(&sealed)
	if err == nil && sealed == nil {
		err = sql.ErrNoRows
	}
	return sealed, notFound(err)
}

func found(touched bool, err error) error {
	if err == nil && !touched {
		return store.ErrNotFound
	}
	return err
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return string(b)
}
