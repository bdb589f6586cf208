package ledger

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// erase removes records with all their rows.
func (l *Ledger) erase(ctx context.Context, tx *cmssql.Tx, kind cms.Kind, ids []string) error {
	if o := cms.OutsideOf(l.site, kind); o != nil {
		return o.Remove(kind, ids)
	}
	for _, h := range l.byBody(kind, ids) {
		// All keys first: a part may be found through another one.
		keys := make([][]string, len(h.body.Parts))
		for i, p := range h.body.Parts {
			var err error
			if keys[i], err = l.partKeys(ctx, tx, h, p); err != nil {
				return err
			}
		}
		for i, p := range h.body.Parts {
			if err := l.erasePart(ctx, tx, h, p, keys[i]); err != nil {
				return fmt.Errorf("remove from %s: %w", p.Table, err)
			}
		}
	}
	return nil
}

func (l *Ledger) partKeys(ctx context.Context, tx *cmssql.Tx, h herd, p cms.Part) ([]string, error) {
	if p.Join == "" && p.Owner == "t."+p.Key {
		return h.keys, nil
	}
	var keys []string
	for part := range chunks(h.keys, cmssql.InList) {
		in, args := h.in(part)
		rows, err := tx.Query(ctx, "SELECT DISTINCT t."+p.Key+l.partFrom(p)+p.Owner+" IN "+in, args...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				_ = rows.Close()
				return nil, err
			}
			keys = append(keys, k)
		}
		if err := closed(rows); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (l *Ledger) erasePart(ctx context.Context, tx *cmssql.Tx, h herd, p cms.Part, keys []string) error {
	where := " WHERE "
	if p.Scope != "" {
		where += "(" + l.named(p.Scope) + ") AND "
	}
	for part := range chunks(keys, cmssql.InList) {
		in, args := h.in(part)
		if _, err := tx.Exec(ctx, "DELETE FROM "+l.from(p.Table)+where+tx.Quote(p.Key)+" IN "+in, args...); err != nil {
			return err
		}
	}
	return nil
}
