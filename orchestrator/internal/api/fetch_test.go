package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// withoutFiles is a site whose agent lacks a picture that its visitors still get. asked counts who comes for it.
func withoutFiles(t *testing.T, ids ...string) (source *agenttest.Agent, host string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\npixels"))
	}))
	t.Cleanup(old.Close)
	source = agenttest.NewSource()
	for _, id := range ids {
		source.Add(picture(id))
	}
	source.Info.BaseUrl = old.URL
	u, err := url.Parse(old.URL)
	if err != nil {
		t.Fatal(err)
	}
	return source, u.Host, asked
}

func picture(id string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, id), Body: &recordv1.Record_Media{Media: &recordv1.Media{
		Mime: "image/png", Files: []*recordv1.File{{Id: "f" + id, Role: "full", Path: id, Mime: "image/png", Missing: true}}}}}
}

// allowing is the service of a rig whose operator allows some hosts; nil: all that a migration names.
func allowing(t *testing.T, rig *enginetest.Rig, only []string) *served {
	t.Helper()
	m := *rig.Manager
	m.Loopback, m.FetchOnly = true, only
	s := &served{T: t, Rig: rig}
	s.ctx, s.client = dial(t, &enginetest.Rig{Manager: &m, Store: rig.Store})
	return s
}

// start begins the migration, and waits for its end.
func (s *served) start(sel *controlv1.Selection) *migration.Report {
	s.Helper()
	started, err := s.client.StartMigration(s.ctx, &controlv1.StartMigrationRequest{Source: s.Request.Source, Target: s.Request.Target, Selection: sel})
	if err != nil {
		s.Fatal(err)
	}
	s.id = started.GetMigration().GetId()
	if got := started.GetMigration().GetSelection(); got.GetFetchMissing() != sel.GetFetchMissing() {
		s.Errorf("the migration's selection is %v", got)
	}
	return s.done()
}

func (s *served) sync() *migration.Report {
	s.Helper()
	s.steer(controlv1.Steer_STEER_SYNC, nil)
	return s.done()
}

func (s *served) has(file string) bool {
	_, ok := s.Target.Received(s.Source.Info.GetSiteId(), file)
	return ok
}

// What is fetched over HTTP leaves the machine of the service: only to hosts that its operator has named.
func TestFetchingNeedsTheOperatorsWord(t *testing.T) {
	t.Parallel()
	source, host, asked := withoutFiles(t, "1")
	rig := enginetest.New(t, source)
	for _, c := range []struct {
		only []string
		sel  *controlv1.Selection
		want string
	}{
		{[]string{}, &controlv1.Selection{FetchMissing: true}, "fetch_not_allowed"},
		{[]string{host}, &controlv1.Selection{FetchMissing: true, FetchHosts: []string{"intranet.example"}}, "fetch_host_refused"},
		{[]string{"*"}, &controlv1.Selection{FetchMissing: true, FetchHosts: []string{"http://x/"}}, "hosts_malformed"},
		{[]string{"*"}, &controlv1.Selection{FetchHosts: []string{"example.org"}}, "hosts_malformed"},
		{[]string{}, &controlv1.Selection{}, ""},
		{[]string{host, "*.example.org"}, &controlv1.Selection{FetchMissing: true, FetchHosts: []string{"cdn.example.org"}}, ""},
	} {
		s := allowing(t, rig, c.only)
		_, err := s.client.CreatePlan(s.ctx, &controlv1.CreatePlanRequest{Source: rig.Request.Source, Target: rig.Request.Target, Selection: c.sel})
		if got := link.FromStatus(err); (err == nil) != (c.want == "") || err != nil && (got.Code != c.want || got.Fix == "") {
			t.Errorf("a plan of %v with %v: %v", c.sel, c.only, err)
		}
		if c.want == "" {
			continue
		}
		_, err = s.client.StartMigration(s.ctx, &controlv1.StartMigrationRequest{Source: rig.Request.Source, Target: rig.Request.Target, Selection: c.sel})
		if link.FromStatus(err).Code != c.want {
			t.Errorf("a migration of %v with %v: %v", c.sel, c.only, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// A migration and its syncs and cut-overs fetch by one selection, and no longer when the operator's word is taken back.
func TestFetchingOverTheAPI(t *testing.T) {
	t.Parallel()
	source, host, asked := withoutFiles(t, "1")
	rig := enginetest.New(t, source)
	s := allowing(t, rig, []string{host})
	if s.start(&controlv1.Selection{FetchMissing: true}); !s.has("f1") || asked.Load() == 0 {
		t.Errorf("not fetched; asked %d times", asked.Load())
	}
	source.Add(picture("2"))
	if s.sync(); !s.has("f2") {
		t.Error("a sync does not fetch")
	}
	source.Add(picture("3"))
	s.steer(controlv1.Steer_STEER_CUTOVER, nil)
	if s.cutover(controlv1.CutoverState_CUTOVER_STATE_SWITCH); !s.has("f3") {
		t.Error("a cut-over does not fetch")
	}
	if n := len(s.done().Differences); n != 0 {
		t.Errorf("%d differences", n)
	}
	source.Add(picture("4"))
	before, narrow := asked.Load(), allowing(t, rig, []string{"elsewhere.example"})
	narrow.id = s.id
	rep := narrow.sync()
	told := slices.ContainsFunc(rep.Losses, func(l migration.LossReport) bool { return l.Code == "fetch_host_refused" })
	if s.has("f4") || asked.Load() != before || !told {
		t.Errorf("asked %d times more after the operator's word was taken back, told %v", asked.Load()-before, told)
	}
}

// What the operator of the service allows goes with the run to whatever process works on it.
func TestTheOperatorsWordStaysWithTheRun(t *testing.T) {
	t.Parallel()
	source, host, asked := withoutFiles(t, "1")
	for only, fetched := range map[string]bool{"elsewhere.example": false, host: true} {
		before := asked.Load()
		rig := enginetest.New(t, source)
		s := allowing(t, rig, []string{only})
		s.start(&controlv1.Selection{FetchMissing: true})
		elsewhere := *rig.Manager
		elsewhere.Loopback = true
		job, err := elsewhere.Verify(context.Background(), s.id, engine.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if rep, err := job.Run(context.Background(), nil); err != nil || len(rep.Differences) > 0 {
			t.Errorf("%v, %+v", err, rep)
		}
		if s.has("f1") != fetched || (asked.Load() > before) != fetched {
			t.Errorf("%s: there %v, asked %d times", only, s.has("f1"), asked.Load()-before)
		}
	}
}
