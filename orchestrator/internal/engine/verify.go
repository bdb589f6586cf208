package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Verify makes a job that compares a finished migration again with what both sites hold now, or goes on with one that was
// stopped, unless r.Anew. Links that r leaves out are those that are kept. How far it is stands in the store beside the run, which
// stays as it was; what is found different is remembered, so that the next sync looks at it. The report takes the place of the
// run's newest kept report.
func (m *Manager) Verify(ctx context.Context, id string, r Request) (*Job, error) {
	mig, err := m.Store.Migration(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, migration.Usage("migration_unknown", "there is no migration with this id", "List the migrations with: bailey status")
	}
	if err != nil {
		return nil, err
	}
	if err := mig.Finished("can be verified again"); err != nil {
		return nil, err
	}
	r.Selection = mig.Selection
	if err := m.fillLinks(ctx, id, &r); err != nil {
		return nil, err
	}
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, err
	}
	job, err := m.verify(ctx, mig, r, sites)
	if err != nil {
		return nil, errors.Join(err, sites.Close())
	}
	job.close = sites.Close
	return job, nil
}

func (m *Manager) verify(ctx context.Context, mig *migration.Migration, r Request, sites *Sites) (*Job, error) {
	v, err := pipeline.Recognise(ctx, sites.Source, sites.Target)
	if err != nil {
		return nil, err
	}
	if err := sameSites(mig, v); err != nil {
		return nil, err
	}
	again, resumed, err := newRecheck(ctx, m.Store, mig, r.Anew)
	if err != nil {
		return nil, err
	}
	engine, err := m.embedded(ctx, mig, v, sites, r)
	if err != nil {
		return nil, err
	}
	job := &Job{Migration: &again.mig, Again: true, Resumed: resumed, Progress: again, engine: engine, manager: m}
	job.engine.Store = again
	job.engine.Log.Info("verification begins", zap.String(keyRun, mig.RunID()), zap.Bool("resumed", resumed))
	return job, nil
}

// recheck stands before the store while a finished run is verified again: its tasks take the place of those that verified the
// run, and the run itself stays as it was.
type recheck struct {
	store.Store

	mu  sync.Mutex
	mig migration.Migration
	// kept are the tasks once the report is kept and the store has forgotten them.
	kept []migration.Task
	// known are the differences that the run itself left.
	known map[migration.Difference]bool
}

func newRecheck(ctx context.Context, st store.Store, mig *migration.Migration, anew bool) (r *recheck, resumed bool, err error) {
	r = &recheck{Store: st, mig: *mig, known: map[migration.Difference]bool{}}
	r.mig.Status, r.mig.Stage, r.mig.Desired = migration.Running, migration.StageVerify, migration.WantRun
	left, err := st.Results(ctx, mig.ID, migration.MaxListed)
	if err != nil {
		return nil, false, err
	}
	for _, d := range left.Differences {
		d.Altered = ""
		r.known[d] = true
	}
	if err := st.Recheck(ctx, mig.ID, mig.Run, anew); err != nil {
		return nil, false, r.taken(err)
	}
	tasks, err := r.Tasks(ctx, mig.ID)
	return r, slices.ContainsFunc(tasks, func(t migration.Task) bool {
		return t.Stage == migration.StageVerify && (t.Done || len(t.Cursor) > 0)
	}), err
}

// taken tells that another run has begun meanwhile: what was compared with is gone.
func (r *recheck) taken(err error) error {
	if !errors.Is(err, store.ErrStaleFence) && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &migration.Error{Problem: migration.Problem{
		Code: "taken_over", Cause: "another run or verification of this migration has begun meanwhile", Fix: "Follow it with: bailey status " + r.mig.ID,
	}, Exit: migration.ExitFailed, Err: store.ErrStaleFence}
}

// Migration implements store.Migrations.
func (r *recheck) Migration(context.Context, string) (*migration.Migration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mig
	return &m, nil
}

// SetStage implements store.Migrations.
func (r *recheck) SetStage(_ context.Context, _ string, s migration.Stage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mig.Stage = s
	return nil
}

// SetStatus implements store.Migrations; when the run ended stays as it was.
func (r *recheck) SetStatus(_ context.Context, _ string, s migration.Status, failure *migration.Problem, ended time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mig.Status, r.mig.Failure, r.mig.Reverified = s, failure, ended
	return nil
}

// Beat implements store.Store: the migration itself is over and gives no sign of life.
func (r *recheck) Beat(_ context.Context, _ string, b migration.Beat) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mig.Waiting = b.Waiting
	return nil
}

// Tasks implements store.Tasks. Those of another run are not given: the store forgets tasks when a run begins.
func (r *recheck) Tasks(ctx context.Context, id string) ([]migration.Task, error) {
	r.mu.Lock()
	kept := r.kept
	r.mu.Unlock()
	if kept != nil {
		return kept, nil
	}
	all, err := r.Store.Tasks(ctx, id)
	if err == nil {
		err = r.present(ctx)
	}
	var tasks []migration.Task
	for _, t := range all {
		if t.Stage == migration.StageVerify {
			continue
		}
		tasks = append(tasks, asVerifying(t))
	}
	return tasks, err
}

// asVerifying shows a task of the recheck as what the pipeline knows.
func asVerifying(t migration.Task) migration.Task {
	if t.Stage == migration.StageRecheck {
		t.Stage = migration.StageVerify
	}
	return t
}

// present refuses to go on when the run is over that is compared again.
func (r *recheck) present(ctx context.Context) error {
	m, err := r.Store.Migration(ctx, r.mig.ID)
	if err == nil && (m.Run != r.mig.Run || m.Status != migration.Done) {
		err = r.taken(store.ErrStaleFence)
	}
	return err
}

// Create implements store.Tasks: a finished run has all its tasks.
func (r *recheck) Create(context.Context, string, []migration.Spec) error {
	return errors.New("a finished run lacks tasks")
}

// Claim implements store.Tasks.
func (r *recheck) Claim(ctx context.Context, id int64, owner string) (*migration.Task, error) {
	t, err := r.Store.Claim(ctx, id, owner)
	if err != nil {
		return nil, r.taken(err)
	}
	verifying := asVerifying(*t)
	return &verifying, nil
}

// Save implements store.Tasks. Losses were counted by the run. A record that nothing is remembered of is new, and no sync needs to
// be told.
func (r *recheck) Save(ctx context.Context, id, fence int64, c *migration.Checkpoint) error {
	again := *c
	again.Losses, again.Known, again.Differences = nil, nil, slices.Clone(c.Differences)
	for i := range again.Differences {
		r.since(&again.Differences[i])
	}
	for _, k := range c.Known {
		known, err := r.Known(ctx, r.mig.ID, k.Kind, []string{k.SourceID})
		if err != nil {
			return err
		}
		if _, ok := known[k.SourceID]; ok {
			again.Known = append(again.Known, k)
		}
	}
	return r.Store.Save(ctx, id, fence, &again)
}

// since blames the target for a difference that the run did not leave, when the source is the same: of rows that were there
// before the migration, the ledger cannot tell. The bytes of a file are not part of its record's digest.
func (r *recheck) since(d *migration.Difference) {
	if d.Altered == "" && d.Field != "files" && !r.known[*d] {
		d.Altered = migration.AlteredOnTarget
	}
}

// Results implements store.Results.
func (r *recheck) Results(ctx context.Context, id string, limit int) (migration.Results, error) {
	all, err := r.Store.Results(ctx, id, limit)
	all.Differences, all.Rechecked = all.Rechecked, nil
	return all, err
}

// SaveReport implements store.Results; it ends the recheck.
func (r *recheck) SaveReport(ctx context.Context, id string, run int, json []byte) error {
	tasks, err := r.Tasks(ctx, id)
	if err == nil {
		err = r.EndRecheck(ctx, id, run, json)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = tasks
	return err
}

// sameSites refuses links that lead elsewhere.
func sameSites(mig *migration.Migration, v *pipeline.Survey) error {
	if mig.Source.ID == v.Source.GetSiteId() && mig.Target.ID == v.Target.GetSiteId() {
		return nil
	}
	return migration.Usage("other_site", "the links lead to other sites than this migration has", "Give the links of the same two sites that it was made with.")
}
