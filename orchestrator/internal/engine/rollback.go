package engine

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// RollbackRequest asks for a migration to be taken back.
type RollbackRequest struct {
	ID string
	// Target is a link; empty: the one that is kept.
	Target string
	// DryRun only says what would be done.
	DryRun bool
}

// Rollback takes back everything that this and other selections of the same two sites wrote to the target, and calls each
// for every record. It may be interrupted and called again: what is undone has left the ledger.
func (m *Manager) Rollback(ctx context.Context, r RollbackRequest, each func(*agentv1.RolledBack)) error {
	mig, err := m.Store.Migration(ctx, r.ID)
	if err != nil {
		return err
	}
	if r.Target == "" {
		kept, err := m.keptLinks(ctx, mig.ID)
		if err != nil {
			return err
		}
		r.Target = kept.Target
	}
	// The source takes no part in this; it may be gone by now.
	sites, err := m.Dial(ctx, r.Target, r.Target)
	if err != nil {
		return err
	}
	defer func() { _ = sites.Close() }()
	d, err := sites.Target.Identify(ctx)
	if err != nil {
		return err
	}
	if d.GetSiteId() != mig.Target.ID {
		return migration.Usage("other_site", "the link leads to another site than this migration's target", "Give the link of the target's agent with --target.")
	}
	if !slices.Contains(d.GetCapabilities(), "Rollback") {
		return migration.Usage("target_cannot_rollback", "the target's agent cannot take a migration back", "Start the present bailey-agent with --role target.")
	}
	return m.rollback(ctx, sites, mig, r.DryRun, each)
}

func (m *Manager) rollback(ctx context.Context, sites *Sites, mig *migration.Migration, dry bool, each func(*agentv1.RolledBack)) error {
	if err := m.haveLedger(ctx, sites, mig); err != nil {
		return err
	}
	log := m.Log(mig.ID)
	log.Info("rollback begins", zap.Bool("dry_run", dry))
	if !dry {
		if err := m.mark(ctx, mig, migration.RollingBack); err != nil {
			return err
		}
	}
	req := &agentv1.RollbackRequest{Scope: &agentv1.WriteScope{SourceSite: mig.Source.ID, Run: mig.RunID()}, DryRun: dry}
	if err := m.undo(ctx, sites, req, each); err != nil {
		return err
	}
	log.Info("rollback done", zap.Bool("dry_run", dry))
	if dry {
		return nil
	}
	return m.mark(ctx, mig, migration.RolledBack)
}

// haveLedger refuses to take back what the target has no ledger of: it would remove nothing and say that all is undone. A
// rollback that goes on may have come to its end in the target already.
func (m *Manager) haveLedger(ctx context.Context, sites *Sites, mig *migration.Migration) error {
	had, err := continued(ctx, m.Store, mig)
	if err != nil || !had {
		return err
	}
	return pipeline.CheckLedger(ctx, sites.Target, &agentv1.WriteScope{SourceSite: mig.Source.ID, Run: mig.RunID(), Continued: true})
}

// undo follows the stream, and takes it up again behind the last answer when the agent was away for a while.
func (m *Manager) undo(ctx context.Context, sites *Sites, req *agentv1.RollbackRequest, each func(*agentv1.RolledBack)) error {
	pause, since := m.Retry.First, m.Now()
	for {
		var failed error
		for resp, err := range sites.Target.Rollback(ctx, req) {
			if failed = err; err != nil {
				break
			}
			for _, res := range resp.GetResults() {
				each(res)
			}
			if len(resp.GetCursor()) > 0 {
				req.After = resp.GetCursor()
			}
			pause, since = m.Retry.First, m.Now()
		}
		if !migration.IsTransient(failed) || m.Now().Sub(since) > m.Retry.For {
			return failed
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, m.Retry.Most)
	}
}

// mark sets the status of all migrations of the same two sites: they share the ledger's rows.
func (m *Manager) mark(ctx context.Context, mig *migration.Migration, status migration.Status) error {
	all, err := m.Store.List(ctx, 1<<20)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Source.ID != mig.Source.ID || other.Target.ID != mig.Target.ID {
			continue
		}
		if status == migration.RollingBack && other.Alive(m.Now()) {
			return migration.Usage("migration_running", "a process is working on this migration", "Stop it first: bailey cancel "+other.ID)
		}
		var ended time.Time
		if status == migration.RolledBack {
			ended = m.Now()
		}
		if err := m.Store.SetStatus(ctx, other.ID, status, nil, ended); err != nil {
			return err
		}
	}
	return nil
}
