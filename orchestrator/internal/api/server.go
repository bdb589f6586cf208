package api

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// pollEvery is how often streams look for news in the store.
const pollEvery = 300 * time.Millisecond

// server answers the control service.
type server struct {
	controlv1.UnimplementedMigrationServiceServer
	o Options

	mu      sync.Mutex
	running map[string]bool
	// cutovers are the newest by migration.
	cutovers map[string]*cutover
	jobs     sync.WaitGroup
	stop     chan struct{}
	once     sync.Once
}

func newServer(o Options) *server {
	return &server{o: o, running: map[string]bool{}, cutovers: map[string]*cutover{}, stop: make(chan struct{})}
}

// shutDown stops all migrations after their batch and waits for them.
func (s *server) shutDown() {
	s.once.Do(func() { close(s.stop) })
	s.jobs.Wait()
}

// maxHosts bounds the hosts that a request may name.
const maxHosts = 100

// selection is what a request selects. What is fetched over HTTP leaves this machine: only where its operator allows it.
func (s *server) selection(sel *controlv1.Selection) (migration.Selection, error) {
	out := migration.Selection{Sample: sel.GetSample(), Revisions: sel.GetRevisions(), RepairCharset: sel.GetRepairCharset(), Classic: sel.GetClassic(), KeepAddresses: sel.GetKeepAddresses()}
	for _, k := range sel.GetKinds() {
		out.Kinds = append(out.Kinds, record.KindName(k))
	}
	hosts, only := sel.GetFetchHosts(), s.o.Manager.FetchOnly
	out.FetchMissing, out.FetchHosts = sel.GetFetchMissing(), hosts
	switch err := fetch.CheckHosts(hosts); {
	case !sel.GetFetchMissing() && len(hosts) > 0, len(hosts) > maxHosts, err != nil:
		return out, migration.Usage("hosts_malformed", "fetch_hosts is not a list of at most 100 hosts, with fetch_missing", "Name hosts like cdn.example.org or files.example.org:8443.")
	case sel.GetFetchMissing() && only != nil && len(only) == 0:
		return out, migration.Usage("fetch_not_allowed", "this service fetches nothing over HTTP", "Give the source's agent the files, or have the service started with --fetch-host.")
	case slices.ContainsFunc(hosts, func(h string) bool { return only != nil && !fetch.Named(only, h) }):
		return out, migration.Usage(fetch.CodeHost, "fetch_hosts names a host that this service may not ask", "Have the service started with --fetch-host for it.")
	}
	return out, nil
}

// mappingOf reads the mapping that comes with a request; nil: none does.
func mappingOf(r interface{ GetMapping() string }) (*mapping.Mapping, error) {
	if r.GetMapping() == "" {
		return nil, nil
	}
	m, err := mapping.Parse("mapping.yaml", []byte(r.GetMapping()))
	return m, mapping.Problem(err)
}

// CreatePlan implements MigrationService.
func (s *server) CreatePlan(ctx context.Context, r *controlv1.CreatePlanRequest) (*controlv1.CreatePlanResponse, error) {
	mapped, err := mappingOf(r)
	if err != nil {
		return nil, err
	}
	sel, err := s.selection(r.GetSelection())
	if err != nil {
		return nil, err
	}
	plan, err := s.o.Manager.Plan(ctx, engine.Request{Source: r.GetSource(), Target: r.GetTarget(), Selection: sel, Mapping: mapped})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan)
	return &controlv1.CreatePlanResponse{PlanJson: string(b)}, err
}

// StartMigration implements MigrationService.
func (s *server) StartMigration(ctx context.Context, r *controlv1.StartMigrationRequest) (*controlv1.StartMigrationResponse, error) {
	mapped, err := mappingOf(r)
	if err != nil {
		return nil, err
	}
	sel, err := s.selection(r.GetSelection())
	if err != nil {
		return nil, err
	}
	job, err := s.o.Manager.Begin(ctx, engine.Request{
		Source: r.GetSource(), Target: r.GetTarget(), Selection: sel, Mapping: mapped,
		Workers: int(min(r.GetWorkers(), 64)), Resume: r.GetResumeId(),
	})
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, job); err != nil {
		return nil, err
	}
	m, err := s.migration(ctx, job.Migration.ID)
	return &controlv1.StartMigrationResponse{Migration: m}, err
}

// start runs a job beside the calls, or has worker processes do it; a migration that this process already works on is left alone.
func (s *server) start(ctx context.Context, job *engine.Job) error {
	if handed, err := job.Hand(ctx); handed {
		return err
	}
	id := job.Migration.ID
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[id] {
		return errors.Join(alreadyRunning(), job.Close())
	}
	s.running[id] = true
	s.jobs.Go(func() {
		// The store and its log tell how the run ended.
		_, _ = job.Run(context.Background(), s.stop)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, id)
	})
	return nil
}

// GetMigration implements MigrationService.
func (s *server) GetMigration(ctx context.Context, r *controlv1.GetMigrationRequest) (*controlv1.GetMigrationResponse, error) {
	m, err := s.migration(ctx, r.GetId())
	return &controlv1.GetMigrationResponse{Migration: m}, err
}

// ListMigrations implements MigrationService.
func (s *server) ListMigrations(ctx context.Context, r *controlv1.ListMigrationsRequest) (*controlv1.ListMigrationsResponse, error) {
	all, err := s.o.Store.List(ctx, int(r.GetLimit()))
	if err != nil {
		return nil, err
	}
	resp := &controlv1.ListMigrationsResponse{}
	for _, m := range all {
		tasks, err := s.o.Store.Tasks(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		msg := message(m, tasks)
		msg.Cutover = s.cutoverOf(m.ID).message()
		resp.Migrations = append(resp.Migrations, msg)
	}
	return resp, nil
}

// steer does what is asked for: a wish for the process at work, or a job of this process.
func (s *server) steer(ctx context.Context, r *controlv1.SteerMigrationRequest) error {
	id := r.GetId()
	if d, ok := desired[r.GetSteer()]; ok && d != migration.WantRun {
		return s.wish(ctx, id, d)
	}
	req := engine.Request{Retry: id}
	switch r.GetSteer() {
	case controlv1.Steer_STEER_CUTOVER:
		return s.cutOver(ctx, id, r.GetSync())
	case controlv1.Steer_STEER_FREEZE:
		return s.frozen(id)
	case controlv1.Steer_STEER_SYNC:
		var err error
		if req, err = syncRequest(id, r.GetSync()); err != nil {
			return err
		}
		if err := s.idle(ctx, id); err != nil {
			return err
		}
	case controlv1.Steer_STEER_RUN:
		m, err := s.o.Store.Migration(ctx, id)
		if err != nil {
			return err
		}
		if m.Alive(time.Now()) {
			return s.o.Store.Steer(ctx, id, migration.WantRun, time.Now())
		}
		req = engine.Request{Resume: id}
	case controlv1.Steer_STEER_RETRY:
	default:
		return migration.Usage("steer_unknown", "the desired state is not set", "Send one of the STEER_ values, or a throttle.")
	}
	// Asked before Begin, which makes it running: the job of before may not have been put away yet.
	if s.busy(id) {
		return alreadyRunning()
	}
	job, err := s.o.Manager.Begin(ctx, req)
	if err != nil {
		return err
	}
	return s.start(ctx, job)
}

func (s *server) busy(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[id]
}

func alreadyRunning() error {
	return migration.Usage("already_running", "this migration is being worked on", "Follow it with WatchEvents.")
}

var desired = map[controlv1.Steer]migration.Desired{
	controlv1.Steer_STEER_RUN: migration.WantRun, controlv1.Steer_STEER_PAUSE: migration.WantPause, controlv1.Steer_STEER_CANCEL: migration.WantCancel,
}

// SteerMigration implements MigrationService.
func (s *server) SteerMigration(ctx context.Context, r *controlv1.SteerMigrationRequest) (*controlv1.SteerMigrationResponse, error) {
	if t := r.GetThrottle(); t != nil {
		rate := migration.Rate{Records: t.GetRecordsPerSecond(), Bytes: t.GetBytesPerSecond()}
		if err := s.o.Store.SetRate(ctx, r.GetId(), rate); err != nil {
			return nil, err
		}
	}
	if r.GetThrottle() == nil || r.GetSteer() != controlv1.Steer_STEER_UNSPECIFIED {
		if err := s.steer(ctx, r); err != nil {
			return nil, err
		}
	}
	m, err := s.migration(ctx, r.GetId())
	return &controlv1.SteerMigrationResponse{Migration: m}, err
}

// WatchEvents implements MigrationService; it ends when the run, or the cut-over that it is a pass of, is over or stopped.
func (s *server) WatchEvents(r *controlv1.WatchEventsRequest, out grpc.ServerStreamingServer[controlv1.WatchEventsResponse]) error {
	last := ""
	return s.poll(out.Context(), func(ctx context.Context) (bool, error) {
		m, err := s.o.Store.Migration(ctx, r.GetId())
		if err != nil {
			return false, err
		}
		tasks, err := s.o.Store.Tasks(ctx, m.ID)
		if err != nil {
			return false, err
		}
		text, err := event(m, tasks)
		if err == nil && text != last {
			last = text
			err = out.Send(&controlv1.WatchEventsResponse{EventJson: text})
		}
		return m.Status == migration.Running || s.cutoverOf(m.ID).going(), err
	})
}

// poll calls look until it says no, the caller leaves, or the service ends.
func (s *server) poll(ctx context.Context, look func(context.Context) (more bool, err error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if more, err := look(ctx); err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stop:
			return nil
		case <-tick.C:
		}
	}
}

// GetReport implements MigrationService.
func (s *server) GetReport(ctx context.Context, r *controlv1.GetReportRequest) (*controlv1.GetReportResponse, error) {
	rep, err := engine.BuildReport(ctx, s.o.Store, r.GetId())
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(rep)
	return &controlv1.GetReportResponse{ReportJson: string(b)}, err
}

// TailLogs implements MigrationService.
func (s *server) TailLogs(r *controlv1.TailLogsRequest, out grpc.ServerStreamingServer[controlv1.TailLogsResponse]) error {
	after, limit := int64(-1), int(min(r.GetLines(), 1000))
	return s.poll(out.Context(), func(ctx context.Context) (bool, error) {
		lines, err := s.o.Store.Logs(ctx, r.GetId(), after, limit)
		for _, l := range lines {
			after = l.Number
			if err := out.Send(&controlv1.TailLogsResponse{Line: l.Line}); err != nil {
				return false, err
			}
		}
		after, limit = max(after, 0), 1000
		return r.GetFollow(), err
	})
}
