package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore/queries"
)

func addLosses(ctx context.Context, t *tx, id string, losses []migration.Loss) error {
	for _, l := range inOrder(losses) {
		if err := t.AddLoss(ctx, queries.AddLossParams{Migration: id, Kind: l.Kind, Code: l.Code, Field: l.Field, Count: l.Count, Instead: l.Instead}); err != nil {
			return fmt.Errorf("add loss: %w", err)
		}
		// Once there are enough the rest is not offered: each offer counts.
		have, err := t.CountLossRefs(ctx, id, l.Kind, l.Code, l.Field)
		if err != nil {
			return fmt.Errorf("count loss refs: %w", err)
		}
		if have >= int64(migration.MostRefs(l.Code)) {
			continue
		}
		for _, ref := range l.Refs {
			p := queries.AddLossRefParams{Migration: id, Kind: l.Kind, Code: l.Code, Field: l.Field, SourceID: ref, Most: int64(migration.MostRefs(l.Code))}
			if err := t.AddLossRef(ctx, p); err != nil {
				return fmt.Errorf("add loss ref: %w", err)
			}
		}
	}
	return nil
}

func addUnmoved(ctx context.Context, t *tx, id string, unmoved []migration.Unmoved) error {
	for _, u := range unmoved {
		err := t.AddUnmoved(ctx, queries.AddUnmovedParams{
			Migration: id, Kind: u.Kind, SourceID: u.SourceID, Outcome: u.Outcome, Code: u.Problem.Code, Cause: clean(u.Problem.Cause), Fix: clean(u.Problem.Fix),
		})
		if err != nil {
			return fmt.Errorf("add unmoved: %w", err)
		}
	}
	return nil
}

// clean makes a message of elsewhere a text that every database takes.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

func addDifferences(ctx context.Context, t *tx, id string, found migration.Stage, differences []migration.Difference) error {
	for _, d := range differences {
		p := queries.AddDifferenceParams{Migration: id, Stage: found, Kind: d.Kind, SourceID: d.SourceID, Field: d.Field, Altered: d.Altered}
		if err := t.AddDifference(ctx, p); err != nil {
			return fmt.Errorf("add difference: %w", err)
		}
	}
	return nil
}

func addFindings(ctx context.Context, t *tx, id string, findings []migration.Remark) error {
	for _, f := range findings {
		if err := t.AddFinding(ctx, id, text(f)); err != nil {
			return fmt.Errorf("add finding: %w", err)
		}
	}
	return nil
}

// Unmoved implements store.Results.
func (s *Store) Unmoved(ctx context.Context, id string, k recordv1.Kind, sourceIDs []string) (map[string]agentv1.Outcome, error) {
	found := map[string]agentv1.Outcome{}
	if len(sourceIDs) == 0 {
		return found, nil
	}
	ids := text(sourceIDs)
	for _, o := range []agentv1.Outcome{agentv1.Outcome_OUTCOME_SKIPPED, agentv1.Outcome_OUTCOME_REJECTED} {
		err := s.try(ctx, "unmoved", func() error {
			of, err := s.dialect.Bulk(s.read).UnmovedOf(ctx, id, k, o, ids)
			for _, sid := range of {
				found[sid] = o
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Results implements store.Results.
func (s *Store) Results(ctx context.Context, id string, limit int) (r migration.Results, err error) {
	most := int64(limit)
	if r.Losses, err = s.losses(ctx, id, most); err != nil {
		return r, err
	}
	r.Rejected, err = all(ctx, s, "rejected", func(q *queries.Queries) ([]queries.RejectedRow, error) { return q.Rejected(ctx, id, most) }, asUnmoved)
	if err != nil {
		return r, err
	}
	for stage, to := range map[migration.Stage]*[]migration.Difference{migration.StageVerify: &r.Differences, migration.StageRecheck: &r.Rechecked} {
		*to, err = all(ctx, s, "differences", func(q *queries.Queries) ([]queries.DifferencesRow, error) { return q.Differences(ctx, id, stage, most) },
			func(d queries.DifferencesRow) (migration.Difference, error) { return migration.Difference(d), nil })
		if err != nil {
			return r, err
		}
	}
	r.Findings, err = all(ctx, s, "findings", func(q *queries.Queries) ([]string, error) { return q.Findings(ctx, id, most) }, asFinding)
	return r, err
}

func asUnmoved(r queries.RejectedRow) (migration.Unmoved, error) {
	return migration.Unmoved{Kind: r.Kind, SourceID: r.SourceID, Outcome: r.Outcome, Problem: migration.Problem{Code: r.Code, Cause: r.Cause, Fix: r.Fix}}, nil
}

func asFinding(line string) (f migration.Remark, err error) {
	err = json.Unmarshal([]byte(line), &f)
	return f, err
}

func (s *Store) losses(ctx context.Context, id string, most int64) ([]migration.Loss, error) {
	examples, err := look(ctx, s, "loss refs", func(q *queries.Queries) ([]queries.LossRefsRow, error) { return q.LossRefs(ctx, id) })
	if err != nil {
		return nil, err
	}
	refs := map[queries.LossRefsRow][]string{}
	for _, e := range examples {
		k := queries.LossRefsRow{Kind: e.Kind, Code: e.Code, Field: e.Field}
		refs[k] = append(refs[k], e.SourceID)
	}
	return all(ctx, s, "losses", func(q *queries.Queries) ([]queries.LossesRow, error) { return q.Losses(ctx, id, most) },
		func(l queries.LossesRow) (migration.Loss, error) {
			k := queries.LossRefsRow{Kind: l.Kind, Code: l.Code, Field: l.Field}
			return migration.Loss{Code: l.Code, Kind: l.Kind, Field: l.Field, Count: l.Count, Refs: refs[k], Instead: l.Instead}, nil
		})
}

// SaveReport implements store.Results.
func (s *Store) SaveReport(ctx context.Context, id string, run int, json []byte) error {
	return s.tx(ctx, "save report", func(t *tx) error { return t.SaveReport(ctx, id, run, string(json)) })
}

// EndRecheck implements store.Results.
func (s *Store) EndRecheck(ctx context.Context, id string, run int, json []byte) error {
	return s.tx(ctx, "end recheck", func(t *tx) error {
		return errors.Join(t.SaveReport(ctx, id, run, string(json)), clearRecheck(ctx, t, id))
	})
}

// Report implements store.Results.
func (s *Store) Report(ctx context.Context, id string) ([]byte, error) {
	report, err := look(ctx, s, "report", func(q *queries.Queries) (string, error) { return q.Report(ctx, id) })
	return []byte(report), err
}

func addLinks(ctx context.Context, t *tx, id string, links []migration.Link) error {
	if len(links) == 0 {
		return nil
	}
	if err := t.AddSpace(ctx, id); err != nil {
		return fmt.Errorf("add space: %w", err)
	}
	space, err := t.Space(ctx, id)
	if err != nil {
		return fmt.Errorf("space: %w", err)
	}
	if err := t.AddLinks(ctx, space, links); err != nil {
		return fmt.Errorf("add links: %w", err)
	}
	return nil
}

// AddLinks implements store.Results.
func (s *Store) AddLinks(ctx context.Context, id string, links []migration.Link) error {
	return s.tx(ctx, "add links", func(t *tx) error { return addLinks(ctx, t, id, links) })
}

// DropLinks implements store.Results.
func (s *Store) DropLinks(ctx context.Context, id string) error {
	s.spaces.Delete(id)
	return s.tx(ctx, "drop links", func(t *tx) error {
		return errors.Join(inSpace(ctx, t, id, t.ClearLinks), t.DropSpace(ctx, id))
	})
}

// inSpace does something with the index of an owner, if there is one.
func inSpace(ctx context.Context, t *tx, owner string, do func(context.Context, int64) error) error {
	space, err := t.Space(ctx, owner)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return do(ctx, space)
}

// FindLink implements store.Results.
func (s *Store) FindLink(ctx context.Context, id string, hash int64) (l migration.Link, found bool, err error) {
	space, err := s.space(ctx, id)
	if err == nil {
		err = s.try(ctx, "find link", func() error {
			l, err = s.index().FindLink(ctx, space, hash)
			return notFound(err)
		})
	}
	if errors.Is(err, store.ErrNotFound) {
		return l, false, nil
	}
	return l, err == nil, err
}

// space is the short name of a link index. ErrNotFound: nothing was added yet.
func (s *Store) space(ctx context.Context, owner string) (int64, error) {
	if v, ok := s.spaces.Load(owner); ok {
		return v.(int64), nil
	}
	n, err := look(ctx, s, "space", func(q *queries.Queries) (int64, error) { return q.Space(ctx, owner) })
	if err == nil {
		s.spaces.Store(owner, n)
	}
	return n, err
}
