package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/waits"
)

func (m *Manager) embedded(ctx context.Context, mig *migration.Migration, v *pipeline.Survey, sites *Sites, r Request) (*Embedded, error) {
	w := m.work(mig, r)
	env, err := m.equip(ctx, w, mig, v, sites, r)
	if err != nil {
		return nil, err
	}
	w.Connect = func(context.Context) (*pipeline.Env, error) { return env, nil }
	return &Embedded{Work: w, Workers: workersOf(r)}, nil
}

// Work makes this process's part in a migration that was begun elsewhere, from what is kept of it. The first task connects to
// the agents. Of r only Workers, how many tasks this process runs side by side, Stall and Patience are looked at.
func (m *Manager) Work(ctx context.Context, id string, r Request) (*Work, error) {
	mig, err := m.Store.Migration(ctx, id)
	if err != nil {
		return nil, err
	}
	w := m.work(mig, r)
	var mu sync.Mutex
	var env *pipeline.Env
	w.Connect = func(ctx context.Context) (*pipeline.Env, error) {
		mu.Lock()
		defer mu.Unlock()
		if env == nil {
			sites, v, err := m.reach(ctx, mig)
			if err != nil {
				return nil, err
			}
			env, err = m.equip(ctx, w, mig, v, sites, Request{Selection: mig.Selection, Workers: r.Workers})
			if w.close = sites.Close; err != nil {
				return nil, err
			}
		}
		return env, nil
	}
	return w, nil
}

// reach connects to both sites with the links that are kept.
func (m *Manager) reach(ctx context.Context, mig *migration.Migration) (*Sites, *pipeline.Survey, error) {
	kept, err := m.keptLinks(ctx, mig.ID)
	if err != nil {
		return nil, nil, err
	}
	sites, err := m.Dial(ctx, kept.Source, kept.Target)
	if err != nil {
		return nil, nil, err
	}
	seen := watched(sites)
	v, err := pipeline.Recognise(ctx, seen.Source, seen.Target)
	if err == nil {
		err = sameSites(mig, v)
	}
	if err != nil {
		return nil, nil, errors.Join(err, sites.Close())
	}
	return sites, v, nil
}

// work is a process's part in a run without the sites.
func (m *Manager) work(mig *migration.Migration, r Request) *Work {
	host, _ := os.Hostname()
	asked := newStopper()
	retry := m.Retry
	retry.For = cmp.Or(r.Patience, retry.For)
	return &Work{
		Runner: Runner{
			Store: m.Store, Stop: asked.ch, Migration: mig.ID, Owner: fmt.Sprintf("%s/%d", host, os.Getpid()), Retry: retry, Log: m.Log(mig.ID),
			Waits: waits.NewBook(m.Now),
		},
		Stall: cmp.Or(r.Stall, DefaultStall), Now: m.Now,
		run: mig.RunID(), throttle: pipeline.NewThrottle(mig.Rate), asked: asked, close: func() error { return nil },
	}
}

// equip makes what the tasks of a process's part use.
func (m *Manager) equip(ctx context.Context, w *Work, mig *migration.Migration, v *pipeline.Survey, sites *Sites, r Request) (*pipeline.Env, error) {
	var err error
	if r.Mapping, err = m.keptMapping(ctx, mig); err != nil {
		return nil, err
	}
	r.Mode = mig.Mode
	links := NewLinks(m.Store, mig.ID)
	env := m.env(v, watched(sites), r, links, mig.Kinds, w.Log)
	env.Scope, env.Mode = &agentv1.WriteScope{SourceSite: mig.Source.ID, Run: mig.RunID()}, mig.Mode
	if mig.Mode.Edited == migration.EditedOverwrite {
		env.Scope.Edited = agentv1.Edited_EDITED_OVERWRITE
	}
	env.Throttle, env.Stop = w.throttle, w.Stop
	env.Settled = mig.Previous == migration.Done
	if mig.Selection.FetchMissing {
		env.Fetch = m.fetcher(mig, v, sites, w.Log)
	}
	w.Check = links.Err
	env.Continued, err = continued(ctx, m.Store, mig)
	return env, err
}

// fetcher asks the source's own hosts, and those that the owner has named; it is closed with the connections to the agents.
func (m *Manager) fetcher(mig *migration.Migration, v *pipeline.Survey, sites *Sites, log *zap.Logger) *fetch.Client {
	hosts := m.allowed(mig.Mode, append(slices.Clone(mig.Selection.FetchHosts), hostsOf(append([]string{v.Source.GetBaseUrl()}, v.Source.GetOtherUrls()...))...))
	c, end := fetch.New(fetch.Config{Hosts: hosts, Loopback: m.Loopback, Log: log}), sites.Close
	sites.Close = func() error { c.Close(); return end() }
	return c
}

// allowed are the hosts of a list that may be asked, as the operators say of this process and of the one that began the run.
func (m *Manager) allowed(mode migration.Mode, hosts []string) []string {
	begun := strings.Split(mode.FetchOnly, ",")
	return slices.DeleteFunc(hosts, func(h string) bool {
		return m.FetchOnly != nil && !fetch.Named(m.FetchOnly, h) || mode.FetchOnly != "" && !fetch.Named(begun, h)
	})
}

// fetchOnly is what a run keeps of this process's FetchOnly.
func (m *Manager) fetchOnly() string {
	if m.FetchOnly == nil {
		return ""
	}
	return "," + strings.Join(m.FetchOnly, ",")
}

func hostsOf(urls []string) (all []string) {
	for _, u := range urls {
		if h, ok := fetch.HostOf(u); ok {
			all = append(all, h)
		}
	}
	return all
}
