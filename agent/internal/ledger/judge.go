package ledger

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

func editedSince() *agentv1.Problem {
	return &agentv1.Problem{Code: "edited_since", Cause: "it was edited on the target after the migration", Fix: "look at it, and remove it by hand if it is not wanted"}
}

func inUse() *agentv1.Problem {
	return &agentv1.Problem{Code: "in_use", Cause: "something that stays on the target needs it", Fix: "remove what uses it first, or leave both"}
}

// judge finds out which created records must stay, and why.
type judge struct {
	l  *Ledger
	tx *cmssql.Tx
	sc *Scope
	// alone: what uses a record stays, even if the migration made it.
	alone bool
	// keep holds every record of the kind that was looked at; nil: it may go.
	keep map[string]*agentv1.Problem
}

// look judges records and those of their kind that hang below them.
func (j *judge) look(ctx context.Context, kind cms.Kind, ids []string) error {
	var fresh []string
	for _, id := range ids {
		if _, known := j.keep[id]; !known {
			j.keep[id] = nil
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 || !cms.Removable(j.l.site, kind) {
		return nil
	}
	edited, err := j.edited(ctx, kind, fresh)
	if err != nil {
		return err
	}
	for id := range edited {
		j.keep[id] = editedSince()
	}
	for _, h := range j.l.byBody(kind, fresh) {
		for _, u := range h.body.Uses {
			if err := j.use(ctx, kind, h, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// edited are those whose rows differ from what the migration left. One without a state was written by a migration that
// never came to its end: it is ours as it is. One that is gone needs nothing.
func (j *judge) edited(ctx context.Context, kind cms.Kind, ids []string) (map[string]bool, error) {
	was, err := j.l.remembered(ctx, j.tx, j.sc, kind, ids)
	if err != nil {
		return nil, err
	}
	if len(was) == 0 {
		return nil, nil
	}
	now, err := j.l.present(ctx, j.tx, kind, ids)
	if err != nil {
		return nil, err
	}
	edited := map[string]bool{}
	for id, sum := range was {
		if now[id] != "" && now[id] != sum {
			edited[id] = true
		}
	}
	return edited, nil
}

// remembered are the states in which the migration left records.
func (l *Ledger) remembered(ctx context.Context, q cmssql.Querier, sc *Scope, kind cms.Kind, ids []string) (map[string]string, error) {
	was := make(map[string]string, len(ids))
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		rows, err := q.Query(ctx, "SELECT target_id, digest FROM "+l.from(tableStates)+" WHERE site = ? AND kind = ? AND target_id IN "+in,
			append([]any{sc.site, int(kind)}, args...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id, sum string
			if err := rows.Scan(&id, &sum); err != nil {
				_ = rows.Close()
				return nil, err
			}
			was[id] = sum
		}
		if err := closed(rows); err != nil {
			return nil, err
		}
	}
	return was, nil
}

// edge says that user needs used.
type edge struct{ used, user string }

// use keeps what others need that stay.
func (j *judge) use(ctx context.Context, kind cms.Kind, h herd, u cms.Use) error {
	edges, users, err := j.edges(ctx, h, u)
	if err != nil || len(edges) == 0 {
		return err
	}
	ours, err := j.ours(ctx, u.Kind, users)
	if err != nil {
		return err
	}
	stays := func(id string) bool { return j.keep[id] != nil }
	if u.Kind == kind {
		var below []string
		for id := range ours {
			below = append(below, id)
		}
		err = j.look(ctx, kind, below)
	} else {
		var edited map[string]bool
		edited, err = j.edited(ctx, u.Kind, users)
		stays = func(id string) bool { return j.alone || edited[id] }
	}
	if err != nil {
		return err
	}
	for _, e := range edges {
		if (!ours[e.user] || stays(e.user)) && j.keep[e.used] == nil {
			j.keep[e.used] = inUse()
		}
	}
	return nil
}

func (j *judge) edges(ctx context.Context, h herd, u cms.Use) (all []edge, users []string, err error) {
	for part := range chunks(h.keys, cmssql.InList) {
		in, args := h.in(part)
		rows, err := j.tx.Query(ctx, j.l.named(u.Query)+" "+in, args...)
		if err != nil {
			return nil, nil, err
		}
		for rows.Next() {
			var e edge
			if err := rows.Scan(&e.used, &e.user); err != nil {
				_ = rows.Close()
				return nil, nil, err
			}
			e.used = h.body.ID(e.used)
			all, users = append(all, e), append(users, e.user)
		}
		if err := closed(rows); err != nil {
			return nil, nil, err
		}
	}
	return all, users, nil
}

// ours are those of the target's ids that the migration created and that are not kept.
func (j *judge) ours(ctx context.Context, kind cms.Kind, ids []string) (map[string]bool, error) {
	found := map[string]bool{}
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		rows, err := j.tx.Query(ctx, "SELECT target_id FROM "+j.l.from(tableLedger)+j.l.byTarget()+" WHERE site = ? AND kind = ? AND origin = ? AND target_id IN "+in,
			append([]any{j.sc.site, int(kind), created}, args...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				_ = rows.Close()
				return nil, err
			}
			found[id] = true
		}
		if err := closed(rows); err != nil {
			return nil, err
		}
	}
	return found, nil
}
