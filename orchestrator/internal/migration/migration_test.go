package migration_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	m "github.com/baileybridge/bailey/orchestrator/internal/migration"
)

const (
	user  = recordv1.Kind_KIND_USER
	entry = recordv1.Kind_KIND_ENTRY
	none  = recordv1.Kind_KIND_UNSPECIFIED
)

func task(stage m.Stage, k recordv1.Kind, done bool) m.Task {
	return m.Task{Spec: m.Spec{Stage: stage, Kind: k}, Done: done}
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	kinds := []m.KindPlan{{Kind: user, Listed: 1, Moved: true}, {Kind: entry, Listed: 2, Moved: true}, {Kind: recordv1.Kind_KIND_TERM, Moved: true}, {Kind: recordv1.Kind_KIND_MENU, Listed: 3}}
	split := []m.Task{task(m.StageSplit, user, true), task(m.StageSplit, entry, true)}
	with := func(more ...m.Task) []m.Task { return append(split[:2:2], more...) }
	for name, c := range map[string]struct {
		kinds []m.KindPlan
		tasks []m.Task
		want  m.Next
	}{
		"splits what is moved and not empty": {kinds, nil, m.Next{Stage: m.StageSplit, Create: []m.Spec{{Stage: m.StageSplit, Kind: user}, {Stage: m.StageSplit, Kind: entry}}}},
		"splits what is missing":             {kinds, split[:1], m.Next{Stage: m.StageSplit, Create: []m.Spec{{Stage: m.StageSplit, Kind: entry}}}},
		"indexes before it copies": {kinds, with(task(m.StageIndex, entry, false), task(m.StageCopy, user, false)),
			m.Next{Stage: m.StageIndex, Ready: []m.Task{task(m.StageIndex, entry, false)}}},
		"copies kind by kind": {kinds, with(task(m.StageCopy, entry, false), task(m.StageCopy, user, false), task(m.StageCopy, user, true)),
			m.Next{Stage: m.StageCopy, Ready: []m.Task{task(m.StageCopy, user, false)}}},
		"goes on to the next kind": {kinds, with(task(m.StageCopy, entry, false), task(m.StageCopy, user, true)),
			m.Next{Stage: m.StageCopy, Ready: []m.Task{task(m.StageCopy, entry, false)}}},
		"relinks after the copy": {kinds, with(task(m.StageCopy, user, true), task(m.StageVerify, user, false)),
			m.Next{Stage: m.StageRelink, Create: []m.Spec{{Stage: m.StageRelink}}}},
		"finishes after relinking": {kinds, with(task(m.StageRelink, none, true)), m.Next{Stage: m.StageFinish, Create: []m.Spec{{Stage: m.StageFinish}}}},
		"verifies all kinds at once": {kinds, with(task(m.StageRelink, none, true), task(m.StageFinish, none, true), task(m.StageVerify, user, false), task(m.StageVerify, entry, false)),
			m.Next{Stage: m.StageVerify, Ready: []m.Task{task(m.StageVerify, user, false), task(m.StageVerify, entry, false)}}},
		"is done":                      {kinds, with(task(m.StageRelink, none, true), task(m.StageFinish, none, true), task(m.StageVerify, user, true)), m.Next{Stage: m.StageDone}},
		"an empty site still finishes": {nil, nil, m.Next{Stage: m.StageRelink, Create: []m.Spec{{Stage: m.StageRelink}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := m.Advance(m.Snapshot{Kinds: c.kinds, Tasks: c.tasks}); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAdvanceOfASync(t *testing.T) {
	t.Parallel()
	kinds := []m.KindPlan{{Kind: user, Listed: 1, Moved: true}, {Kind: entry, Listed: 0, Moved: true}, {Kind: recordv1.Kind_KIND_MENU, Listed: 3}}
	tasks := []m.Task{task(m.StageSplit, user, true), task(m.StageIndex, user, true)}
	both := func(stage m.Stage) m.Next {
		return m.Next{Stage: stage, Create: []m.Spec{{Stage: stage, Kind: user}, {Stage: stage, Kind: entry}}}
	}
	one := func(stage m.Stage, k recordv1.Kind) m.Next {
		return m.Next{Stage: stage, Ready: []m.Task{task(stage, k, false)}}
	}
	for i, step := range []struct {
		more []m.Task
		want m.Next
	}{
		{nil, both(m.StageWithdraw)},
		{[]m.Task{task(m.StageWithdraw, user, false), task(m.StageWithdraw, entry, false)}, one(m.StageWithdraw, entry)},
		{[]m.Task{task(m.StageWithdraw, user, false), task(m.StageWithdraw, entry, true)}, one(m.StageWithdraw, user)},
		{[]m.Task{task(m.StageWithdraw, user, true), task(m.StageWithdraw, entry, true)}, both(m.StageCopy)},
		{[]m.Task{task(m.StageWithdraw, user, true), task(m.StageWithdraw, entry, true), task(m.StageCopy, user, false), task(m.StageCopy, entry, false)}, one(m.StageCopy, user)},
	} {
		s := m.Snapshot{Mode: m.Mode{Sync: true}, Kinds: kinds, Tasks: append(tasks[:2:2], step.more...)}
		if got := m.Advance(s); !reflect.DeepEqual(got, step.want) {
			t.Errorf("step %d: %+v", i, got)
		}
	}
}

func TestDigestOf(t *testing.T) {
	t.Parallel()
	if m.DigestOf(nil) != 0 || m.DigestOf(make([]byte, 32)) != 1 {
		t.Error("no digest and a digest of zeros")
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "a"), rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "b")
		if m.DigestOf(a) <= 0 || m.DigestOf(a) == m.DigestOf(b) && a[0] != b[0] {
			rt.Fatal(m.DigestOf(a), m.DigestOf(b))
		}
	})
}

func TestRootDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.String(), 2, 20).Draw(rt, "keys")
		shuffled := rapid.Permutation(keys).Draw(rt, "shuffled")
		if sum(keys) != sum(shuffled) {
			rt.Fatal("another order gives another root")
		}
		if sum(keys) == sum(keys[1:]) || sum(keys) == sum(append([]string{keys[0]}, keys...)) {
			rt.Fatal("a record less or doubled gives the same root")
		}
	})
}

func sum(keys []string) m.Root {
	var r m.Root
	for _, k := range keys {
		r = r.Plus(m.Leaf{Key: k, State: "verified"}.Hash())
	}
	return r
}

func TestRootCarries(t *testing.T) {
	t.Parallel()
	var ones m.Root
	for i := range ones {
		ones[i] = 255
	}
	if got := ones.Plus(m.Root{31: 1}); got != (m.Root{}) {
		t.Errorf("2^256 is %s", got)
	}
	if got := (m.Root{24: 255, 25: 255, 26: 255, 27: 255, 28: 255, 29: 255, 30: 255, 31: 255}).Plus(m.Root{31: 1}); got != (m.Root{23: 1}) {
		t.Errorf("2^64 is %s", got)
	}
}

func TestLeafPartsAreKeptApart(t *testing.T) {
	t.Parallel()
	if (m.Leaf{Key: "ab", State: "c"}).Hash() == (m.Leaf{Key: "a", State: "bc"}).Hash() {
		t.Error("two leaves have one hash")
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind m.KindReport
		code string
	}{
		"all accounted for":    {m.KindReport{Listed: 6, Read: 6, Created: 1, Updated: 1, Unchanged: 1, Adopted: 1, Skipped: 1, Rejected: 1}, ""},
		"an outcome too few":   {m.KindReport{Listed: 2, Read: 2, Created: 1}, "counts_differ"},
		"an outcome too many":  {m.KindReport{Listed: 1, Read: 1, Created: 1, Rejected: 1}, "counts_differ"},
		"less read than there": {m.KindReport{Listed: 3, Read: 2, Created: 2}, "source_changed"},
	} {
		p := (&m.Report{Kinds: []m.KindReport{c.kind}}).Reconcile()
		if (p == nil) != (c.code == "") || p != nil && p.Code != c.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestCountsOfUnknownOutcomesShowAsAGap(t *testing.T) {
	t.Parallel()
	c := m.Counts{Read: 8}
	for o := range agentv1.Outcome_name {
		c.Add(agentv1.Outcome(o))
	}
	c.Add(agentv1.Outcome(99))
	if c.Outcomes() != 6 {
		t.Errorf("%+v", c)
	}
}

func TestExit(t *testing.T) {
	t.Parallel()
	kinds := []m.KindReport{{Rejected: 1}}
	diff := []m.DifferenceReport{{Kind: "entry"}}
	for want, rep := range map[int]m.Report{
		m.ExitOK: {Status: m.Done}, m.ExitFailed: {Status: m.Failed, Kinds: kinds}, m.ExitRejected: {Status: m.Done, Kinds: kinds},
		m.ExitDifferent: {Status: m.Done, Kinds: kinds, Differences: diff},
	} {
		if got := rep.Exit(); got != want {
			t.Errorf("%d instead of %d for %+v", got, want, rep)
		}
	}
}

func TestSelectionKeyIsCanonical(t *testing.T) {
	t.Parallel()
	a, b := m.Selection{Kinds: []string{"entry", "user", "entry"}}, m.Selection{Kinds: []string{"user", "entry"}}
	if a.Key() != b.Key() || a.Key() == (m.Selection{}).Key() {
		t.Errorf("%s and %s", a.Key(), b.Key())
	}
	if !b.Includes(user) || b.Includes(recordv1.Kind_KIND_MENU) || !(m.Selection{}).Includes(entry) {
		t.Error("includes")
	}
}
