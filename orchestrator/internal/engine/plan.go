package engine

import (
	"context"
	"errors"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// pass goes over the records of the source without writing; links takes the link index.
type pass func(ctx context.Context, e *pipeline.Env, links func(context.Context, []migration.Link) error) (*migration.Plan, error)

// Plan says what a migration would do, without writing.
func (m *Manager) Plan(ctx context.Context, r Request) (*migration.Plan, error) {
	return m.plan(ctx, r, func(ctx context.Context, e *pipeline.Env, links func(context.Context, []migration.Link) error) (*migration.Plan, error) {
		return e.DryRun(ctx, workersOf(r), links)
	})
}

// Quick is Plan without the look at every record.
func (m *Manager) Quick(ctx context.Context, r Request) (*migration.Plan, error) {
	return m.plan(ctx, r, func(_ context.Context, e *pipeline.Env, _ func(context.Context, []migration.Link) error) (*migration.Plan, error) {
		return e.Quick(), nil
	})
}

// Diff is Plan, and asks the target for each record what would become of it.
func (m *Manager) Diff(ctx context.Context, r Request, opt pipeline.DiffOptions) (*migration.Plan, error) {
	return m.plan(ctx, r, func(ctx context.Context, e *pipeline.Env, links func(context.Context, []migration.Link) error) (*migration.Plan, error) {
		return e.Diff(ctx, workersOf(r), links, opt)
	})
}

func (m *Manager) plan(ctx context.Context, r Request, do pass) (*migration.Plan, error) {
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sites.Close() }()
	v, err := pipeline.Look(ctx, sites.Source, sites.Target, r.Selection)
	if err != nil {
		return nil, err
	}
	space := "plan:" + m.newID()
	defer func() { _ = m.Store.DropLinks(context.WithoutCancel(ctx), space) }()
	links := NewLinks(m.Store, space)
	r.examples = true
	env := m.env(v, sites, r, links, v.Kinds, m.Log(""))
	env.Scope = &agentv1.WriteScope{SourceSite: v.Source.GetSiteId(), Run: space}
	plan, err := do(ctx, env, func(ctx context.Context, l []migration.Link) error { return m.Store.AddLinks(ctx, space, l) })
	if err = errors.Join(err, links.Err()); err != nil {
		return nil, err
	}
	plan.Source, plan.Target = pipeline.SiteOf(v.Source), pipeline.SiteOf(v.Target)
	return plan, nil
}
