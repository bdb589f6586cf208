package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// Sites are the two ends of a migration.
type Sites struct {
	Source pipeline.Source
	Target pipeline.Target
	// Close ends both connections.
	Close func() error
}

// Sealer encrypts links at rest. context binds a sealed text to its migration.
type Sealer interface {
	Seal(context string, plain []byte) ([]byte, error)
	Open(context string, sealed []byte) ([]byte, error)
}

// Manager begins and resumes migrations: for the command line and for the control service.
type Manager struct {
	Store  store.Store
	Secret Sealer
	// Dial connects to the agents of two links.
	Dial func(ctx context.Context, source, target string) (*Sites, error)
	// Log gives the logger of a migration; an empty id is the process.
	Log   func(id string) *zap.Logger
	Now   func() time.Time
	Retry Retry
	// Engine works on migrations in other processes; nil: this process does.
	Engine Engine
	// FetchOnly are the hosts that files and pages may be fetched from, as fetch.Named takes them; nil: those that a migration names.
	FetchOnly []string
	// Loopback lets tests fetch files from servers of this machine.
	Loopback bool
	// Limits may be nil for the default.
	Limits func(workers int) pipeline.Limits
}

// Request asks for a migration or a plan.
type Request struct {
	// Source and Target are links; both may be empty with Resume, when they are kept.
	Source, Target string
	Selection      migration.Selection
	// Workers is how many shards are worked on side by side; 0: DefaultWorkers.
	Workers int
	// Resume names an unfinished migration.
	Resume string
	// Retry names a finished migration whose rejected records are tried again.
	Retry string
	// Sync names a finished migration of which what has changed since is moved, or whose sync is unfinished.
	Sync string
	// Anew has a verification begin again that was stopped.
	Anew bool
	// Mode of a new run; one that is resumed keeps its own.
	Mode migration.Mode
	// Mapping is the owner's mapping. Nil: a run goes on with the one it began with, a new run has that of the run before.
	Mapping *mapping.Mapping
	// Stall is how long a task may go without progress before it is told what it waits for; 0: DefaultStall.
	Stall time.Duration
	// Patience is how long a task may go without a checkpoint before it is given up; 0: as Manager.Retry says.
	Patience time.Duration
	// examples asks for constructs as they stand in the source: for a plan, which is shown and kept nowhere (Rule 8).
	examples bool
}

// named is the migration that the request names; may be empty.
func (r Request) named() string { return cmp.Or(r.Resume, r.Retry, r.Sync) }

// DefaultWorkers is how many shards are worked on side by side unless a request says so: one for each processor and one more, at
// most 4. While one waits for a database another can compute; more of them only divide the memory that the agents have. Measured
// with two processors: 3 copy 5 % faster than 4, and 18 % faster than 8.
func DefaultWorkers() int { return min(runtime.NumCPU()+1, 4) }

// Begin connects to both sites, looks at them, and finds or makes the migration.
func (m *Manager) Begin(ctx context.Context, r Request) (*Job, error) {
	var resumed *migration.Migration
	if r.named() != "" {
		var err error
		if resumed, err = m.resume(ctx, &r); err != nil {
			return nil, err
		}
	}
	sites, err := m.Dial(ctx, r.Source, r.Target)
	if err != nil {
		return nil, err
	}
	job, err := m.begin(ctx, r, sites, resumed)
	if err != nil {
		return nil, errors.Join(err, sites.Close())
	}
	job.close = sites.Close
	return job, nil
}

func (m *Manager) begin(ctx context.Context, r Request, sites *Sites, resumed *migration.Migration) (*Job, error) {
	v, before, err := m.look(ctx, r, sites)
	if err != nil {
		return nil, err
	}
	if r.Mode.Mapping, err = m.settleMapping(ctx, &r, before); err != nil {
		return nil, err
	}
	r.Mode.FetchOnly = m.fetchOnly()
	if resumed != nil {
		if err := errors.Join(sameSites(resumed, v), canWithdraw(v, r.Mode)); err != nil {
			return nil, err
		}
	}
	mig, err := m.Store.Begin(ctx, store.New{
		ID: m.newID(), Source: pipeline.SiteOf(v.Source), Target: pipeline.SiteOf(v.Target), Selection: r.Selection, Kinds: v.Kinds, Mode: r.Mode, Now: m.Now(),
	})
	if err != nil {
		return nil, err
	}
	if before != nil && !before.Over() && (mig.ID != before.ID || mig.Run != before.Run) || mig.Mode.Mapping != r.Mode.Mapping {
		return nil, migration.Usage("taken_over", "the run that was to go on has ended meanwhile", "Give the same command again.")
	}
	if err := m.keepLinks(ctx, mig.ID, r); err != nil {
		return nil, err
	}
	tasks, err := m.Store.Tasks(ctx, mig.ID)
	if err != nil {
		return nil, err
	}
	engine, err := m.embedded(ctx, mig, v, sites, r)
	if err != nil {
		return nil, err
	}
	job := &Job{Migration: mig, Resumed: len(tasks) > 0, Progress: m.Store, engine: engine, manager: m}
	job.engine.Log.Info("run begins", zap.String(keyRun, mig.RunID()), zap.Bool("resumed", job.Resumed))
	return job, nil
}

// canWithdraw refuses to delete or hide through an agent that cannot.
func canWithdraw(v *pipeline.Survey, mode migration.Mode) error {
	if mode.Deleted == "" || mode.Deleted == migration.DeletedKeep || slices.Contains(v.Target.GetCapabilities(), "Withdraw") {
		return nil
	}
	return migration.Usage("target_cannot_withdraw", "the target's agent cannot remove or hide records", "Start the present bailey-agent with --role target, or use --deleted keep.")
}

// look looks at both sites: at all they hold when a run begins, only at who they are when one goes on. The migration is given as it
// was before, if there is one.
func (m *Manager) look(ctx context.Context, r Request, sites *Sites) (*pipeline.Survey, *migration.Migration, error) {
	v, err := pipeline.Recognise(ctx, sites.Source, sites.Target)
	if err != nil {
		return nil, nil, err
	}
	all, err := m.Store.List(ctx, 1<<20)
	if err != nil {
		return nil, nil, err
	}
	var before *migration.Migration
	if i := slices.IndexFunc(all, func(mig *migration.Migration) bool {
		return mig.Source.ID == v.Source.GetSiteId() && mig.Target.ID == v.Target.GetSiteId() && mig.Selection.Key() == r.Selection.Key()
	}); i >= 0 {
		before = all[i]
	}
	if before != nil && !before.Over() {
		return v, before, nil
	}
	if v, err = pipeline.Look(ctx, sites.Source, sites.Target, r.Selection); err == nil {
		err = v.Blocking()
	}
	return v, before, err
}

func (m *Manager) env(v *pipeline.Survey, sites *Sites, r Request, links *Links, kinds []migration.KindPlan, log *zap.Logger) *pipeline.Env {
	limits := pipeline.DefaultLimits
	if m.Limits != nil {
		limits = m.Limits
	}
	holds := pipeline.KindsOf(v.Target)
	baseURLs := append([]string{v.Source.GetBaseUrl()}, v.Source.GetOtherUrls()...)
	e := &pipeline.Env{
		Source: sites.Source, Target: sites.Target, Selection: r.Selection, Kinds: kinds, Holds: holds,
		Transform: transform.New(transform.Context{
			// What the owner names is linked to, not asked: pages come from the hosts that the site itself has.
			Source: transform.Site{BaseURLs: append(slices.Clone(baseURLs), r.Mapping.Domains()...)},
			Target: holds, Links: r.Mapping.Links(links), RepairCharset: r.Selection.RepairCharset, Classic: r.Selection.Classic, KeepAddresses: r.Selection.KeepAddresses,
			Policies: r.Mapping.Policies(), Examples: r.examples,
		}),
		Known: links.Known, Pages: newPages(m.allowed(r.Mode, hostsOf(baseURLs)), log),
		Limits: limits(workersOf(r)), Log: log, Findings: v.Findings, SourceURL: v.Source.GetBaseUrl(),
	}
	if r.Mapping != nil {
		e.Map = r.Mapping
	}
	return e.Init()
}

func workersOf(r Request) int {
	if r.Workers <= 0 {
		return DefaultWorkers()
	}
	return r.Workers
}

// resume loads what is kept of the named migration into the request.
func (m *Manager) resume(ctx context.Context, r *Request) (*migration.Migration, error) {
	mig, err := m.Store.Migration(ctx, r.named())
	if errors.Is(err, store.ErrNotFound) {
		return nil, migration.Usage("migration_unknown", "there is no migration with this id", "List the migrations with: bailey status")
	}
	if err != nil {
		return nil, err
	}
	switch {
	case r.Retry != "":
		if err := m.retriable(ctx, mig); err != nil {
			return nil, err
		}
	case r.Sync != "":
		r.Mode.Sync = true
		if err := errors.Join(mig.Syncable(), r.Mode.Check()); err != nil {
			return nil, err
		}
	case mig.Over():
		return nil, migration.Usage("migration_over", "this migration is "+string(mig.Status), "Run bailey migrate with both links to make another pass.")
	}
	r.Selection = mig.Selection
	return mig, m.fillLinks(ctx, mig.ID, r)
}

// fillLinks takes the links that were not given from those that are kept.
func (m *Manager) fillLinks(ctx context.Context, id string, r *Request) error {
	if r.Source != "" && r.Target != "" {
		return nil
	}
	kept, err := m.keptLinks(ctx, id)
	if err != nil {
		return err
	}
	if r.Source == "" {
		r.Source = kept.Source
	}
	if r.Target == "" {
		r.Target = kept.Target
	}
	return nil
}

// retriable says whether records of the last run can be tried again. Agents read shards, not single records: the next run
// reads all of them, the ledger leaves alone what has not changed, and so the rejected ones are written.
func (m *Manager) retriable(ctx context.Context, mig *migration.Migration) error {
	results, err := m.Store.Results(ctx, mig.ID, 1)
	if err != nil {
		return err
	}
	return mig.Retriable(len(results.Rejected) > 0)
}

// keptLinks is what is kept sealed: the links, and the mapping, in which names of the site stand (Rule 8).
type keptLinks struct {
	Source string `json:"source"`
	Target string `json:"target"`
	// MappingName is how messages call the mapping.
	MappingName string `json:"mapping_name,omitempty"`
	Mapping     []byte `json:"mapping,omitempty"`
}

func (m *Manager) keepLinks(ctx context.Context, id string, r Request) error {
	kept := keptLinks{Source: r.Source, Target: r.Target}
	if r.Mapping != nil {
		kept.MappingName, kept.Mapping = filepath.Base(r.Mapping.Name()), r.Mapping.Text()
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	sealed, err := m.Secret.Seal(id, b)
	if err != nil {
		return err
	}
	return m.Store.SetLinks(ctx, id, sealed)
}

func (m *Manager) keptLinks(ctx context.Context, id string) (keptLinks, error) {
	var k keptLinks
	sealed, err := m.Store.Links(ctx, id)
	if err == nil {
		var plain []byte
		if plain, err = m.Secret.Open(id, sealed); err == nil {
			err = json.Unmarshal(plain, &k)
		}
	}
	if err != nil {
		return k, migration.Usage("links_unknown", "the links of this migration are not kept or cannot be opened", "Give them again with --source and --target.")
	}
	return k, nil
}

// CheckKey refuses a key that cannot open the links that were kept last; with another key every task would fail.
func (m *Manager) CheckKey(ctx context.Context) error {
	all, err := m.Store.List(ctx, 0)
	if err != nil {
		return err
	}
	for _, mig := range all {
		if _, err := m.Store.Links(ctx, mig.ID); errors.Is(err, store.ErrNotFound) {
			continue
		}
		if _, err := m.keptLinks(ctx, mig.ID); err != nil {
			return migration.Usage("key_differs", "the key here does not open the links of the newest migration in the store",
				"Copy the file key of the data folder that it was begun with, or give all processes the same BAILEY_KEY.")
		}
		return nil
	}
	return nil
}

func (m *Manager) newID() string {
	return ulid.MustNew(ulid.Timestamp(m.Now()), rand.Reader).String()
}
