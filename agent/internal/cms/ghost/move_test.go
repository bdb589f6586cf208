package ghost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openSite(t *testing.T, s *ghosttest.Site, writable bool) *Site {
	t.Helper()
	set := s.Settings
	set.Writable = writable
	site, err := Driver{}.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	return site.(*Site)
}

func readAll(t *testing.T, s *Site, kind cms.Kind, opt cms.Options) []cms.Item {
	t.Helper()
	shards, err := s.Split(t.Context(), kind, 2, opt)
	must(t, err)
	var all []cms.Item
	for _, sh := range shards {
		for it, err := range s.Read(t.Context(), kind, sh, nil, opt) {
			must(t, err)
			all = append(all, it)
		}
	}
	return all
}

// target is a target site behind a ledger.
type target struct {
	site   *Site
	ledger *ledger.Ledger
	scope  *ledger.Scope
}

func newTarget(t *testing.T, s *ghosttest.Site, run string) *target {
	t.Helper()
	site := openSite(t, s, true)
	l, err := ledger.Open(site, zap.NewNop())
	must(t, err)
	sc, err := l.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "source", Run: run})
	must(t, err)
	return &target{site, l, sc}
}

// write fits, seals and writes records; what Fit keeps away is left out.
func (g *target) write(t *testing.T, recs ...*recordv1.Record) ([]*recordv1.Record, []*agentv1.Result) {
	t.Helper()
	var fit []*recordv1.Record
	for _, r := range recs {
		c := proto.Clone(r).(*recordv1.Record)
		if keep, _ := record.Fit(c, infoOf(c.GetRef().GetKind())); keep {
			record.Seal(c)
			fit = append(fit, c)
		}
	}
	res, err := g.ledger.Write(t.Context(), g.scope, fit)
	must(t, err)
	return fit, res
}

func infoOf(kind cms.Kind) *agentv1.KindInfo {
	for _, k := range kinds(true) {
		if k.GetKind() == kind {
			return k
		}
	}
	return nil
}

// copyFiles stores the source's files on the target as the agent would.
func (g *target) copyFiles(t *testing.T, from *ghosttest.Site, m *recordv1.Record) {
	t.Helper()
	for _, f := range m.GetMedia().GetFiles() {
		data, err := os.ReadFile(filepath.Join(from.Settings.Files, f.GetId()))
		must(t, err)
		p := g.site.Place(&agentv1.FileHeader{File: f, Created: m.GetMedia().GetCreated()})
		full := filepath.Join(g.site.settings.Files, p)
		must(t, os.MkdirAll(filepath.Dir(full), 0o755))
		must(t, os.WriteFile(full, data, 0o644))
		must(t, g.ledger.ClaimFile(t.Context(), g.scope, &ledger.File{ID: f.GetId(), MediaID: m.GetRef().GetSourceId(), Path: p, Bytes: int64(len(data)), SHA256: make([]byte, 32)}))
		must(t, g.ledger.FileWhole(t.Context(), g.scope, f.GetId(), int64(len(data))))
	}
}

func (g *target) relink(t *testing.T, last bool) []*agentv1.OpenLink {
	t.Helper()
	var open []*agentv1.OpenLink
	for after := []byte(nil); ; {
		res, err := g.ledger.Relink(t.Context(), g.scope, &agentv1.RelinkRequest{After: after, Last: last})
		must(t, err)
		open = append(open, res.GetOpen()...)
		if after = res.GetCursor(); len(after) == 0 {
			return open
		}
	}
}

// verify compares what was sent with what the target holds.
func (g *target) verify(t *testing.T, sent []*recordv1.Record) {
	t.Helper()
	for _, want := range sent {
		items, err := g.ledger.ReadBack(t.Context(), g.scope, []*recordv1.Ref{want.GetRef()})
		must(t, err)
		it := items[0]
		if it.GetRecord() == nil {
			if it.GetOutcome() != agentv1.Outcome_OUTCOME_SKIPPED {
				t.Errorf("%v: not there: %v %v", want.GetRef(), it.GetOutcome(), it.GetProblem())
			}
			continue
		}
		record.TokenTexts(want, func(_, s string) string { return g.expand(t, s) })
		if diff := record.Diff(want, it.GetRecord(), holdsOf(want.GetRef().GetKind()), it.GetAdjustments()); len(diff) > 0 {
			t.Errorf("%v differs in %v\nwant %v\ngot  %v\nadjusted %v", want.GetRef(), diff, want, it.GetRecord(), it.GetAdjustments())
		}
	}
}

func (g *target) expand(t *testing.T, s string) string {
	t.Helper()
	out, open := record.ExpandText(s, func(tok record.Token) (string, bool) {
		res, err := g.ledger.Resolve(t.Context(), g.scope, []string{tok.Name()})
		must(t, err)
		return res[0].GetText(), res[0].GetFound()
	})
	if len(open) > 0 {
		t.Errorf("tokens lead nowhere: %v", open)
	}
	return out
}

// linked turns the one internal link of the sample into a token, as the orchestrator does.
func linked(r *recordv1.Record) *recordv1.Record {
	record.TokenTexts(r, func(_, s string) string {
		return strings.ReplaceAll(record.EscapeText(s), ghostURL+"/draft/", record.Token{Ref: record.Key{Kind: kindEntry, ID: "600000000000000000000803"}}.String())
	})
	return r
}

func onBoth(t *testing.T, fn func(t *testing.T, d cmssql.Dialect)) {
	t.Parallel()
	for _, d := range (Driver{}).Describe().Dialects {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, d)
		})
	}
}

func TestMoveWholeSite(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		src, dst := ghosttest.New(t, d), ghosttest.New(t, d)
		src.Fill(t)
		source, g := openSite(t, src, false), newTarget(t, dst, "one")
		var sent, all []*recordv1.Record
		for _, kind := range append(ownKinds[:len(ownKinds):len(ownKinds)], kindRedirect) {
			var recs []*recordv1.Record
			for _, it := range readAll(t, source, kind, cms.Options{}) {
				if kind == kindMedia {
					g.copyFiles(t, src, it.Record)
				}
				recs = append(recs, linked(it.Record))
			}
			fit, res := g.write(t, recs...)
			for i, r := range res {
				if r.GetOutcome() == agentv1.Outcome_OUTCOME_REJECTED {
					t.Errorf("%v rejected: %v", fit[i].GetRef(), r.GetProblem())
				}
			}
			sent, all = append(sent, fit...), append(all, recs...)
		}
		g.relink(t, false)
		if open := g.relink(t, true); len(open) > 0 {
			t.Errorf("still open: %v", open)
		}
		g.verify(t, sent)
		findings, err := g.ledger.Finish(t.Context(), g.scope)
		must(t, err)
		if len(findings) != 1 || findings[0].GetCode() != "restart_ghost" {
			t.Errorf("findings: %v", findings)
		}
		again := newTarget(t, dst, "two")
		for _, kind := range append(ownKinds[:len(ownKinds):len(ownKinds)], kindRedirect) {
			var recs []*recordv1.Record
			for _, r := range all {
				if r.GetRef().GetKind() == kind {
					recs = append(recs, r)
				}
			}
			fit, res := again.write(t, recs...)
			for i, r := range res {
				if r.GetOutcome() != agentv1.Outcome_OUTCOME_UNCHANGED {
					t.Errorf("second run: %v is %v", fit[i].GetRef(), r.GetOutcome())
				}
			}
		}
	})
}
