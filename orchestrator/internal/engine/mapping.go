package engine

import (
	"context"

	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// settleMapping says which mapping a run has, and takes the one that is kept into a request without one. A run that goes on keeps
// the mapping that it began with: half a site moved by one and half by another is nobody's wish.
func (m *Manager) settleMapping(ctx context.Context, r *Request, before *migration.Migration) (digest string, err error) {
	switch {
	case before == nil || r.Mapping != nil && before.Over():
	case r.Mapping == nil:
		r.Mapping, err = m.keptMapping(ctx, before)
	case r.Mapping.Digest() != before.Mode.Mapping:
		err = migration.Usage("mapping_changed", "this run began with another mapping, or without one",
			"Go on without --map, which keeps that one, and then make another pass with the new mapping; or cancel the run first: bailey cancel "+before.ID)
	}
	return r.Mapping.Digest(), err
}

// keptMapping is the mapping that a migration's present run has; nil: none.
func (m *Manager) keptMapping(ctx context.Context, mig *migration.Migration) (*mapping.Mapping, error) {
	if mig.Mode.Mapping == "" {
		return nil, nil
	}
	kept, err := m.keptLinks(ctx, mig.ID)
	if err == nil {
		var mapped *mapping.Mapping
		if mapped, err = mapping.Parse(kept.MappingName, kept.Mapping); err == nil && mapped.Digest() == mig.Mode.Mapping {
			return mapped, nil
		}
	}
	return nil, &migration.Error{Problem: migration.Problem{Code: "mapping_unknown", Cause: "the mapping of this migration is not kept or cannot be opened", Fix: "Give it again: bailey migrate --resume " + mig.ID + " --map FILE"},
		Exit: migration.ExitUsage, Err: err}
}

// Census reads the source once and counts the names that it uses, for a mapping; with the descriptions of both sites.
func (m *Manager) Census(ctx context.Context, r Request) (c *mapping.Census, source, target *agentv1.DescribeResponse, err error) {
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { _ = sites.Close() }()
	v, err := pipeline.Look(ctx, sites.Source, sites.Target, r.Selection)
	if err != nil {
		return nil, nil, nil, err
	}
	c = mapping.NewCensus()
	env := m.env(v, sites, r, nil, v.Kinds, m.Log(""))
	err = env.Each(ctx, workersOf(r), func(r *recordv1.Record) { c.Add(r) })
	return c, v.Source, v.Target, err
}
