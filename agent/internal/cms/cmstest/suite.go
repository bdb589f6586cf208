package cmstest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Run runs the whole suite on every dialect of the driver. The test binary needs testbed.Main for its databases.
func Run(t *testing.T, h Harness) {
	if h.Entry == "" {
		h.Entry = "post"
	}
	for _, d := range h.Driver.Describe().Dialects {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			newSuite(h, d).run(t)
		})
	}
	t.Run("SameOnEveryDialect", func(t *testing.T) {
		t.Parallel()
		h.sameOnEveryDialect(t)
	})
}

// sameOnEveryDialect checks that a record has one digest, whatever database it is read from.
func (h Harness) sameOnEveryDialect(t *testing.T) {
	if why, ok := h.Absent[Reading]; ok {
		t.Skipf("%s is declared absent: %s", Reading, why)
	}
	var first []string
	for i, d := range h.Driver.Describe().Dialects {
		s := newSuite(h, d)
		site, _ := s.source(t)
		var all []string
		for _, kind := range s.readable() {
			items, _ := readKind(t, site, kind, 1)
			all = append(all, keys(items)...)
		}
		if i == 0 {
			first = all
		} else if !slices.Equal(all, first) {
			t.Errorf("%s reads other records:\n%v\nthan %s:\n%v", d, all, h.Driver.Describe().Dialects[0], first)
		}
	}
	if len(first) == 0 {
		t.Error("nothing was read")
	}
}

type suite struct {
	h       Harness
	dialect cmssql.Dialect
	kinds   map[cms.Kind]*agentv1.KindInfo
}

func newSuite(h Harness, d cmssql.Dialect) *suite {
	s := &suite{h: h, dialect: d, kinds: map[cms.Kind]*agentv1.KindInfo{}}
	for _, k := range h.Driver.Describe().Kinds {
		s.kinds[k.GetKind()] = k
	}
	return s
}

// check is one test of the suite; needs names the capabilities without which it means nothing.
type check struct {
	name  string
	needs []string
	run   func(*suite, *testing.T)
}

var checks = []check{
	{"Description", nil, (*suite).description},
	{"CountsEqualReading", []string{Reading}, (*suite).countsEqualReading},
	{"ResumeAfterEveryCursor", []string{Reading}, (*suite).resume},
	{"SplitCoversOnce", []string{Reading}, (*suite).split},
	{"FetchEqualsRead", []string{Reading}, (*suite).fetch},
	{"LargeRowsAlone", []string{Reading}, (*suite).largeRows},
	{"CancelStops", []string{Reading}, (*suite).cancel},
	{"BadPositions", []string{Reading}, (*suite).badPositions},
	{"SourceUnchanged", []string{Reading}, (*suite).unchanged},
	{"SourceRefusesWrites", []string{Reading}, (*suite).refusesWrites},
	{"UnusualPrefixAndDecoys", []string{Reading, Prefixes}, (*suite).prefixes},
	{"ExtraColumns", []string{Reading, ExtraColumns}, (*suite).extraColumns},
	{"UseAfterClose", []string{Reading}, (*suite).afterClose},
	{"NothingSecret", nil, (*suite).secrets},
	{"WriteThenRead", []string{Writing}, (*suite).writeThenRead},
	{"WriteTwiceIsOnce", []string{Writing}, (*suite).writeTwice},
	{"UpdateInLaterRun", []string{Writing}, (*suite).update},
	{"ChildrenFirst", []string{Writing}, (*suite).childrenFirst},
	{"BadRecordAlone", []string{Writing}, (*suite).badAlone},
	{"SameSlugInParallel", []string{Writing}, (*suite).parallelSlugs},
	{"HostileText", []string{Writing}, (*suite).hostile},
	{"NulInText", []string{Writing, NulInText}, (*suite).nul},
	{"HugeText", []string{Writing, HugeText}, (*suite).huge},
	{"IDsBeyond32Bits", []string{Writing, NumericIDs}, (*suite).bigIDs},
	{"WritesBesideDecoys", []string{Writing, Prefixes, ExtraColumns}, (*suite).writesBeside},
	{"KeepsAddresses", []string{Writing}, (*suite).keepsAddresses},
	{"AdoptedStaysAsItIs", []string{Writing}, (*suite).adopted},
	{"AddressIsOneAccount", []string{Writing}, (*suite).oneAccount},
	{"RolesNeverGoUp", []string{Writing}, (*suite).rolesNeverGoUp},
	{"WhoStandsInIsNamed", []string{Writing}, (*suite).authorGone},
	{"DryRunForetells", []string{Writing}, (*suite).dryRunForetells},
	{"DryRunKnowsNames", []string{Writing}, (*suite).dryRunNames},
	{"RollbackRestores", []string{Writing}, (*suite).rollbackRestores},
	{"RollbackResumes", []string{Writing}, (*suite).rollbackResumes},
	{"RollbackOfUnfinished", []string{Writing}, (*suite).rollbackUnfinished},
	{"RollbackKeepsEdited", []string{Writing}, (*suite).rollbackKeepsEdited},
	{"LaterRunsAreNoEdits", []string{Writing}, (*suite).laterRunsAreNoEdits},
	{"EditedIsKept", []string{Writing}, (*suite).editedIsKept},
	{"WithdrawRemoves", []string{Writing}, (*suite).withdrawRemoves},
	{"WithdrawHides", []string{Writing}, (*suite).withdrawHides},
	{"WritingFollowedByReading", []string{Reading, Writing}, (*suite).readAfterWriting},
}

func (s *suite) run(t *testing.T) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			for _, need := range c.needs {
				if why, ok := s.h.Absent[need]; ok {
					t.Skipf("%s is declared absent: %s", need, why)
				}
			}
			t.Parallel()
			c.run(s, t)
		})
	}
}

// readable are the kinds that the driver reads, in writing order; writable those that it writes.
func (s *suite) readable() []cms.Kind { return s.filter((*agentv1.KindInfo).GetReadable) }

func (s *suite) writable() []cms.Kind { return s.filter((*agentv1.KindInfo).GetWritable) }

func (s *suite) filter(want func(*agentv1.KindInfo) bool) []cms.Kind {
	return slices.DeleteFunc(slices.Clone(record.Kinds), func(k cms.Kind) bool { return s.kinds[k] == nil || !want(s.kinds[k]) })
}

func (s *suite) open(t *testing.T, set cms.Settings) cms.Site {
	t.Helper()
	site, err := s.h.Driver.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	return site
}

func (s *suite) source(t *testing.T) (cms.Site, cms.Settings) {
	t.Helper()
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	return s.open(t, set), set
}

// desk is a target with its ledger.
type desk struct {
	*suite
	site  cms.Site
	set   cms.Settings
	books *ledger.Ledger
	scope *agentv1.WriteScope
}

func (s *suite) target(t *testing.T) *desk {
	t.Helper()
	set := s.h.Target(t, s.dialect, s.h.Prefix)
	if !set.Writable {
		t.Fatal("Harness.Target must give writable settings")
	}
	return s.desk(t, set)
}

func (s *suite) desk(t *testing.T, set cms.Settings) *desk {
	t.Helper()
	site := s.open(t, set)
	core, logs := observer.New(zap.DebugLevel)
	s.silent(t, logs)
	books, err := ledger.Open(site, zap.New(core))
	must(t, err)
	return &desk{suite: s, site: site, set: set, books: books, scope: &agentv1.WriteScope{SourceSite: "11111111111111111111111111111111", Run: "run-1"}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read reads one shard to its end.
func read(ctx context.Context, site cms.Site, kind cms.Kind, sh cms.Shard, after cms.Cursor) ([]cms.Item, error) {
	var all []cms.Item
	for it, err := range site.Read(ctx, kind, sh, after, cms.Options{}) {
		if err != nil {
			return all, err
		}
		all = append(all, it)
	}
	return all, nil
}

// readKind reads a kind whole, as n shards one after the other.
func readKind(t *testing.T, site cms.Site, kind cms.Kind, n int) (items []cms.Item, shards []cms.Shard) {
	t.Helper()
	shards, err := site.Split(t.Context(), kind, n, cms.Options{})
	must(t, err)
	for _, sh := range shards {
		part, err := read(t.Context(), site, kind, sh, nil)
		must(t, err)
		items = append(items, part...)
	}
	return items, shards
}

// keys are the identities and digests of items, in order.
func keys(items []cms.Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = print1(it)
	}
	return out
}

func print1(it cms.Item) string {
	if it.Unread != nil {
		return record.KeyOf(it.Unread.GetRef()).String() + " unread " + it.Unread.GetProblem().GetCode()
	}
	return fmt.Sprintf("%s %x", record.KeyOf(it.Record.GetRef()), record.Digest(it.Record))
}

func refs(recs []*recordv1.Record) []*recordv1.Ref {
	out := make([]*recordv1.Ref, len(recs))
	for i, r := range recs {
		out[i] = r.GetRef()
	}
	return out
}
