package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func addLosses(ctx context.Context, tx *sql.Tx, id string, losses []migration.Loss) error {
	for _, l := range losses {
		if err := txExec(ctx, tx, "add_loss", id, l.Kind, l.Code, l.Field, l.Count); err != nil {
			return err
		}
		for _, ref := range l.Refs {
			if err := txExec(ctx, tx, "add_loss_ref", id, l.Kind, l.Code, l.Field, ref, migration.MaxLossRefs); err != nil {
				return err
			}
		}
	}
	return nil
}

func addUnmoved(ctx context.Context, tx *sql.Tx, id string, unmoved []migration.Unmoved) error {
	for _, u := range unmoved {
		p := u.Problem
		if err := txExec(ctx, tx, "add_unmoved", id, u.Kind, u.SourceID, u.Outcome, p.Code, p.Cause, p.Fix); err != nil {
			return err
		}
	}
	return nil
}

func addDifferences(ctx context.Context, tx *sql.Tx, id string, differences []migration.Difference) error {
	for _, d := range differences {
		if err := txExec(ctx, tx, "add_difference", id, d.Kind, d.SourceID, d.Field); err != nil {
			return err
		}
	}
	return nil
}

func addFindings(ctx context.Context, tx *sql.Tx, id string, findings []migration.Remark) error {
	for _, f := range findings {
		if err := txExec(ctx, tx, "add_finding", id, text(f)); err != nil {
			return err
		}
	}
	return nil
}

// Unmoved implements store.Results.
func (s *Store) Unmoved(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (map[string]agentv1.Outcome, error) {
	all := map[string]agentv1.Outcome{}
	if len(sourceIDs) == 0 {
		return all, nil
	}
	ids, err := json.Marshal(sourceIDs)
	if err != nil {
		return nil, fmt.Errorf("store: unmoved: %w", err)
	}
	err = s.each(ctx, "unmoved", func(scan func(...any) error) error {
		var sid string
		var o agentv1.Outcome
		err := scan(&sid, &o)
		all[sid] = o
		return err
	}, id, k, string(ids))
	return all, err
}

// Results implements store.Results.
func (s *Store) Results(ctx context.Context, id string, limit int) (migration.Results, error) {
	var r migration.Results
	var err error
	if r.Losses, err = s.losses(ctx, id, limit); err != nil {
		return r, err
	}
	err = s.each(ctx, "rejected", func(scan func(...any) error) error {
		var u migration.Unmoved
		err := scan(&u.Kind, &u.SourceID, &u.Outcome, &u.Problem.Code, &u.Problem.Cause, &u.Problem.Fix)
		r.Rejected = append(r.Rejected, u)
		return err
	}, id, limit)
	if err != nil {
		return r, err
	}
	err = s.each(ctx, "differences", func(scan func(...any) error) error {
		var d migration.Difference
		err := scan(&d.Kind, &d.SourceID, &d.Field)
		r.Differences = append(r.Differences, d)
		return err
	}, id, limit)
	if err != nil {
		return r, err
	}
	r.Findings, err = s.findings(ctx, id, limit)
	return r, err
}

func (s *Store) findings(ctx context.Context, id string, limit int) ([]migration.Remark, error) {
	var all []migration.Remark
	err := s.each(ctx, "findings", func(scan func(...any) error) error {
		var line string
		var f migration.Remark
		if err := scan(&line); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(line), &f)
		all = append(all, f)
		return err
	}, id, limit)
	return all, err
}

type lossKey struct {
	kind        recordv1.Kind
	code, field string
}

func (s *Store) losses(ctx context.Context, id string, limit int) ([]migration.Loss, error) {
	refs := map[lossKey][]string{}
	err := s.each(ctx, "loss_refs", func(scan func(...any) error) error {
		var k lossKey
		var ref string
		err := scan(&k.kind, &k.code, &k.field, &ref)
		refs[k] = append(refs[k], ref)
		return err
	}, id)
	if err != nil {
		return nil, err
	}
	var all []migration.Loss
	err = s.each(ctx, "losses", func(scan func(...any) error) error {
		var l migration.Loss
		err := scan(&l.Kind, &l.Code, &l.Field, &l.Count)
		l.Refs = refs[lossKey{l.Kind, l.Code, l.Field}]
		all = append(all, l)
		return err
	}, id, limit)
	return all, err
}

// SaveReport implements store.Results.
func (s *Store) SaveReport(ctx context.Context, id string, run int, json []byte) error {
	_, err := s.exec(ctx, "save_report", id, run, string(json))
	return err
}

// Report implements store.Results.
func (s *Store) Report(ctx context.Context, id string) ([]byte, error) {
	var report string
	err := s.read.QueryRowContext(ctx, q("report"), id).Scan(&report)
	return []byte(report), notFound(err)
}

// spaceCache remembers the short names of link indexes.
type spaceCache struct{ m sync.Map }

func (s *Store) space(ctx context.Context, owner string) (int64, error) {
	if v, ok := s.spaces.m.Load(owner); ok {
		return v.(int64), nil
	}
	var n int64
	if err := s.read.QueryRowContext(ctx, q("space"), owner).Scan(&n); err != nil {
		return 0, err
	}
	s.spaces.m.Store(owner, n)
	return n, nil
}

func (s *Store) addLinks(ctx context.Context, tx *sql.Tx, id string, links []migration.Link) error {
	if len(links) == 0 {
		return nil
	}
	if err := txExec(ctx, tx, "add_space", id); err != nil {
		return err
	}
	var space int64
	if err := tx.QueryRowContext(ctx, q("space"), id).Scan(&space); err != nil {
		return fmt.Errorf("store: space: %w", err)
	}
	stmt, err := tx.PrepareContext(ctx, q("add_link"))
	if err != nil {
		return fmt.Errorf("store: add_link: %w", err)
	}
	defer func() { _ = stmt.Close() }()
	for _, l := range links {
		form := sql.NullString{String: l.Form, Valid: l.Form != ""}
		if _, err := stmt.ExecContext(ctx, space, l.Hash, l.Kind, compact(l.SourceID), form); err != nil {
			return fmt.Errorf("store: add_link: %w", err)
		}
	}
	return nil
}

// AddLinks implements store.Results.
func (s *Store) AddLinks(ctx context.Context, id string, links []migration.Link) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return s.addLinks(ctx, tx, id, links) })
}

// DropLinks implements store.Results.
func (s *Store) DropLinks(ctx context.Context, id string) error {
	s.spaces.m.Delete(id)
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := txExec(ctx, tx, "clear_links", id); err != nil {
			return err
		}
		return txExec(ctx, tx, "drop_space", id)
	})
}

// FindLink implements store.Results.
func (s *Store) FindLink(ctx context.Context, id string, hash int64) (migration.Link, bool, error) {
	l := migration.Link{Hash: hash}
	space, err := s.space(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err == nil {
		var form sql.NullString
		err = s.findLink.QueryRowContext(ctx, space, hash).Scan(&l.Kind, &l.SourceID, &form)
		l.Form = form.String
	}
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("store: find_link: %w", err)
	}
	return l, true, nil
}

// compact stores a decimal id as a number, when that gives the same text back.
func compact(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		return n
	}
	return id
}
