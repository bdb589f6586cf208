package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func editedOnTarget() *agentv1.Problem {
	return &agentv1.Problem{Code: "edited_on_target", Cause: "it was edited on the target after the migration, and differs from the source's",
		Fix: "compare the two, or bring the source's version with --edited overwrite"}
}

// overwritten tells that people's edits gave way. Its field is none of a record, so that the record is compared all the same.
func overwritten() *agentv1.Adjustment {
	return &agentv1.Adjustment{Field: "edits", Code: "edits_overwritten"}
}

// findEdited looks which rows people have edited since the migration wrote them: of those that would be written again or, when
// edits are to be overwritten, of all.
func (b *batch) findEdited(ctx context.Context, tx *cmssql.Tx) (err error) {
	var ids []string
	for _, rec := range b.recs {
		if r := b.own[rec.GetRef().GetSourceId()]; r != nil && r.ours() && (b.sc.overwrite || !b.settled(r, rec)) {
			ids = append(ids, r.target)
		}
	}
	if len(ids) > 0 {
		b.edited, err = (&judge{l: b.l, tx: tx, sc: b.sc}).edited(ctx, b.kind, ids)
	}
	return err
}

func (b *batch) isEdited(r *row) bool { return r != nil && r.ours() && b.edited[r.target] }

// present digests records as they are on the target. A kind whose records have no rows of their own is looked at as the site
// reads it.
func (l *Ledger) present(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]string, error) {
	if len(l.site.Bodies(kind)) > 0 {
		return l.states(ctx, q, kind, ids)
	}
	items, err := l.site.Fetch(ctx, q, kind, ids)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", record.KindName(kind), err)
	}
	sums := map[string]string{}
	for i, it := range items {
		if it.Record != nil {
			sums[ids[i]] = string(record.Digest(it.Record))
		}
	}
	return sums, nil
}

// beside is called before rows are removed. It looks which records without rows of their own people have edited; what it gives, called
// afterwards, makes that the others are remembered anew: settings that pointed to what is removed read otherwise now.
func (l *Ledger) beside(ctx context.Context, tx *cmssql.Tx, sc *Scope) (settle func() error, err error) {
	untouched := map[cms.Kind][]string{}
	for _, kind := range record.Kinds {
		if len(l.site.Bodies(kind)) > 0 {
			continue
		}
		var ids []string
		err := l.each(ctx, tx, "SELECT target_id FROM "+l.from(tableStates)+" WHERE site = ? AND kind = ?", func(id string) { ids = append(ids, id) }, sc.site, int(kind))
		if err != nil {
			return nil, err
		}
		edited, err := (&judge{l: l, tx: tx, sc: sc}).edited(ctx, kind, ids)
		if err != nil {
			return nil, err
		}
		untouched[kind] = slices.DeleteFunc(ids, func(id string) bool { return edited[id] })
	}
	return func() error {
		for kind, ids := range untouched {
			if err := l.forgetStates(ctx, tx, sc, kind, ids); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// each runs fn over the texts of one column.
func (l *Ledger) each(ctx context.Context, q cmssql.Querier, query string, fn func(string), args ...any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			_ = rows.Close()
			return err
		}
		fn(s)
	}
	return closed(rows)
}
