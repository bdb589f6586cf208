// Package enginetest puts a manager between two agents in memory, over real connections, for tests.
package enginetest

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/remote"
	"github.com/baileybridge/bailey/orchestrator/internal/secret"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite"
)

// Rig is two agents, a store and a manager.
type Rig struct {
	Source, Target *agenttest.Agent
	Store          store.Store
	Manager        *engine.Manager
	Request        engine.Request
	// Dir is where the key lies; StoreAt the store, if New or At has made it.
	Dir, StoreAt string
}

// New makes a rig with a fresh store and an empty target.
func New(t testing.TB, source *agenttest.Agent) *Rig {
	t.Helper()
	return At(t, source, t.TempDir())
}

// At makes a rig with an empty target and a store in a folder or a PostgreSQL database.
func At(t testing.TB, source *agenttest.Agent, store string) *Rig {
	t.Helper()
	r := With(t, source, agenttest.NewTarget(), OpenStore(t, store))
	r.StoreAt = store
	return r
}

// With makes a rig from its parts.
func With(t testing.TB, source, target *agenttest.Agent, st store.Store) *Rig {
	t.Helper()
	dir := t.TempDir()
	m, err := manager(st, filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	return &Rig{
		Source: source, Target: target, Store: st, Dir: dir, Manager: m,
		Request: engine.Request{
			Source: agenttest.Serve(t, source, agentv1.Role_ROLE_SOURCE).Reveal(), Target: agenttest.Serve(t, target, agentv1.Role_ROLE_TARGET).Reveal(), Workers: 2,
		},
	}
}

func manager(st store.Store, key string) (*engine.Manager, error) {
	box, err := secret.Open(key)
	return &engine.Manager{
		Store: st, Secret: box, Dial: Dial, Log: func(string) *zap.Logger { return zap.NewNop() }, Now: time.Now,
		Retry:  engine.Retry{First: time.Millisecond, Most: 20 * time.Millisecond, For: 5 * time.Second},
		Limits: smallBatches,
	}, err
}

// smallBatches make many checkpoints out of few records.
func smallBatches(workers int) pipeline.Limits {
	l := pipeline.DefaultLimits(workers)
	l.BatchRecords = 3
	return l
}

// OpenStore opens a store in a folder, or at a URL, that is closed when the test ends.
func OpenStore(t testing.TB, at string) store.Store {
	t.Helper()
	st, err := openStore(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func openStore(at string) (store.Store, error) {
	if strings.HasPrefix(at, "postgres:") {
		return postgres.Open(context.Background(), at)
	}
	return sqlite.Open(context.Background(), filepath.Join(at, "bailey.db"))
}

// Dial connects as the program does.
func Dial(ctx context.Context, source, target string) (*engine.Sites, error) {
	var conns [2]*remote.Conn
	for i, text := range []string{source, target} {
		l, err := remote.ParseLink(text)
		if err != nil {
			return nil, err
		}
		if conns[i], err = remote.Open(ctx, []string{"source", "target"}[i], l, nil); err != nil {
			return nil, err
		}
	}
	return &engine.Sites{
		Source: remote.Source{Conn: conns[0]}, Target: remote.Target{Conn: conns[1]},
		Close: func() error { return errors.Join(conns[0].Close(), conns[1].Close()) },
	}, nil
}

// Run begins and runs the rig's request.
func (r *Rig) Run(ctx context.Context) (*migration.Report, error) {
	job, err := r.Manager.Begin(ctx, r.Request)
	if err != nil {
		return nil, err
	}
	return job.Run(ctx, nil)
}

// KindOf gives the numbers of a kind on a report.
func KindOf(rep *migration.Report, kind string) migration.KindReport {
	for _, k := range rep.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	return migration.KindReport{}
}

// Holds is what a target says that holds everything of a kind.
func Holds(k recordv1.Kind) *agentv1.KindInfo {
	return &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: true,
		Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Markups: []string{"html"}}}
}
