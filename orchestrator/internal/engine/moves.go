package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Moves gives where the addresses of a finished migration's source lead now; the sequence can be walked more than once, until
// done. Links that r leaves out are those that are kept.
func (m *Manager) Moves(ctx context.Context, id string, r Request) (_ iter.Seq2[pipeline.Move, error], done func() error, _ error) {
	mig, err := m.Store.Migration(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, migration.Usage("migration_unknown", "there is no migration with this id", "List the migrations with: bailey status")
	}
	if err != nil {
		return nil, nil, err
	}
	if mig.Status != migration.Done {
		return nil, nil, migration.Usage("migration_unfinished", fmt.Sprintf("this migration is %s; only a finished one knows its addresses", mig.Status),
			"Finish it with: bailey migrate --resume "+id)
	}
	r.Selection = mig.Selection
	if err := m.fillLinks(ctx, id, &r); err != nil {
		return nil, nil, err
	}
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, nil, err
	}
	moves, err := m.moves(ctx, mig, r, sites)
	if err != nil {
		return nil, nil, errors.Join(err, sites.Close())
	}
	return moves, sites.Close, nil
}

func (m *Manager) moves(ctx context.Context, mig *migration.Migration, r Request, sites *Sites) (iter.Seq2[pipeline.Move, error], error) {
	v, err := pipeline.Recognise(ctx, sites.Source, sites.Target)
	if err != nil {
		return nil, err
	}
	if err := sameSites(mig, v); err != nil {
		return nil, err
	}
	engine, err := m.embedded(ctx, mig, v, sites, r)
	if err != nil {
		return nil, err
	}
	env, err := engine.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return env.Moves(ctx), nil
}
