package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Verify makes a job that compares a finished migration again with what both sites hold now. Links that r leaves out are those
// that are kept. The job's progress is in memory only; its report takes the place of the run's newest kept report.
func (m *Manager) Verify(ctx context.Context, id string, r Request) (*Job, error) {
	mig, err := m.Store.Migration(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, migration.Usage("migration_unknown", "there is no migration with this id", "List the migrations with: bailey status")
	}
	if err != nil {
		return nil, err
	}
	if mig.Status != migration.Done {
		return nil, migration.Usage("migration_unfinished", fmt.Sprintf("this migration is %s; only a finished one can be verified again", mig.Status),
			"Finish it with: bailey migrate --resume "+id)
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
	again, err := newRecheck(ctx, m.Store, mig, m.Now)
	if err != nil {
		return nil, err
	}
	engine, err := m.embedded(ctx, mig, v, sites, r)
	if err != nil {
		return nil, err
	}
	job := &Job{Migration: &again.mig, Again: true, Progress: again, engine: engine, manager: m}
	job.engine.Store = again
	job.engine.Log.Info("verification begins", zap.String(keyRun, mig.RunID()))
	return job, nil
}

// recheck stands before the store while a finished run is verified again: it reads what the run left, and keeps in memory what
// the new verification finds, so that the run itself stays as it was.
type recheck struct {
	store.Store
	now func() time.Time

	mu          sync.Mutex
	mig         migration.Migration
	tasks       []migration.Task
	differences []migration.Difference
	// known are the differences that the run itself left.
	known map[migration.Difference]bool
}

func newRecheck(ctx context.Context, st store.Store, mig *migration.Migration, now func() time.Time) (*recheck, error) {
	tasks, err := st.Tasks(ctx, mig.ID)
	if err != nil {
		return nil, err
	}
	r := &recheck{Store: st, now: now, mig: *mig, tasks: tasks, known: map[migration.Difference]bool{}}
	left, err := st.Results(ctx, mig.ID, migration.MaxListed)
	if err != nil {
		return nil, err
	}
	for _, d := range left.Differences {
		d.Altered = ""
		r.known[d] = true
	}
	r.mig.Status, r.mig.Stage, r.mig.Desired = migration.Running, migration.StageVerify, migration.WantRun
	for i, t := range tasks {
		if t.Stage == migration.StageVerify {
			r.tasks[i] = migration.Task{Spec: t.Spec, ID: t.ID}
		}
	}
	return r, nil
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

// Tasks implements store.Tasks.
func (r *recheck) Tasks(context.Context, string) ([]migration.Task, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tasks), nil
}

// Create implements store.Tasks: a finished run has all its tasks.
func (r *recheck) Create(context.Context, string, []migration.Spec) error {
	return errors.New("a finished run lacks tasks")
}

// Claim implements store.Tasks.
func (r *recheck) Claim(_ context.Context, id int64, _ string) (*migration.Task, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.task(id)
	if t == nil {
		return nil, store.ErrNotFound
	}
	t.Fence++
	c := *t
	return &c, nil
}

func (r *recheck) task(id int64) *migration.Task {
	if i := slices.IndexFunc(r.tasks, func(t migration.Task) bool { return t.ID == id }); i >= 0 {
		return &r.tasks[i]
	}
	return nil
}

// Save implements store.Tasks. Losses were counted by the run.
func (r *recheck) Save(_ context.Context, id, fence int64, c *migration.Checkpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.task(id)
	if t == nil || t.Fence != fence {
		return store.ErrStaleFence
	}
	t.Cursor, t.Counts, t.Sums, t.Done = c.Cursor, c.Counts, c.Sums, c.Done
	for i := range c.Differences {
		r.since(&c.Differences[i])
	}
	r.differences = append(r.differences, c.Differences[:min(len(c.Differences), migration.MaxListed-len(r.differences))]...)
	return nil
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
	r.mu.Lock()
	defer r.mu.Unlock()
	all.Differences = slices.Clone(r.differences)
	slices.SortFunc(all.Differences, func(a, b migration.Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.SourceID, b.SourceID), cmp.Compare(a.Field, b.Field))
	})
	return all, err
}

// SaveReport implements store.Results. When another run has begun meanwhile, what was compared with is gone.
func (r *recheck) SaveReport(ctx context.Context, id string, run int, json []byte) error {
	m, err := r.Store.Migration(ctx, id)
	if err != nil {
		return err
	}
	if m.Run != run || m.Status != migration.Done {
		return &migration.Error{Problem: migration.Problem{
			Code: "taken_over", Cause: "another run of this migration has begun during the verification", Fix: "Let it finish; it verifies at its end.",
		}, Exit: migration.ExitFailed}
	}
	return r.Store.SaveReport(ctx, id, run, json)
}

// sameSites refuses links that lead elsewhere.
func sameSites(mig *migration.Migration, v *pipeline.Survey) error {
	if mig.Source.ID == v.Source.GetSiteId() && mig.Target.ID == v.Target.GetSiteId() {
		return nil
	}
	return migration.Usage("other_site", "the links lead to other sites than this migration has", "Give the links of the same two sites that it was made with.")
}
