package engine

import (
	"context"
	"errors"
	"iter"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Moves gives where the addresses of a finished migration's source lead now; the sequence can be walked more than once, until
// done. Links that r leaves out are those that are kept.
func (m *Manager) Moves(ctx context.Context, id string, r Request) (_ iter.Seq2[pipeline.Move, error], done func() error, _ error) {
	env, done, err := m.finished(ctx, id, r)
	if err != nil {
		return nil, nil, err
	}
	return env.Moves(ctx), done, nil
}

// Redirect writes a finished migration's old addresses into the target's own table of redirects; a rollback of the migration takes them
// back. choose says which of the addresses need one.
func (m *Manager) Redirect(ctx context.Context, id string, r Request, choose func(iter.Seq2[pipeline.Move, error]) (iter.Seq2[pipeline.Move, error], error)) (*migration.Counts, error) {
	env, done, err := m.finished(ctx, id, r)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(env.Moves(ctx))
	if err != nil {
		return nil, errors.Join(err, done())
	}
	counts, err := env.Redirect(ctx, chosen)
	return counts, errors.Join(err, done())
}

// finished connects to the sites of a finished migration.
func (m *Manager) finished(ctx context.Context, id string, r Request) (_ *pipeline.Env, done func() error, _ error) {
	mig, err := m.Store.Migration(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, migration.Usage("migration_unknown", "there is no migration with this id", "List the migrations with: bailey status")
	}
	if err != nil {
		return nil, nil, err
	}
	if err := mig.Finished("knows its addresses"); err != nil {
		return nil, nil, err
	}
	r.Selection = mig.Selection
	if err := m.fillLinks(ctx, id, &r); err != nil {
		return nil, nil, err
	}
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, nil, err
	}
	env, err := m.connected(ctx, mig, r, sites)
	if err != nil {
		return nil, nil, errors.Join(err, sites.Close())
	}
	return env, sites.Close, nil
}

func (m *Manager) connected(ctx context.Context, mig *migration.Migration, r Request, sites *Sites) (*pipeline.Env, error) {
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
	return engine.Connect(ctx)
}
