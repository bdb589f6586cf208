package migration_test

import (
	"encoding/hex"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	m "github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestMerkleVectors: the tree hashes that Certificate Transparency implementations of RFC 6962 publish for these entries.
func TestMerkleVectors(t *testing.T) {
	t.Parallel()
	var entries [][]byte
	for _, text := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, b)
	}
	for n, want := range map[int]string{
		0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	} {
		if got := m.Merkle(entries[:n]); got.String() != want {
			t.Errorf("%d entries: %s", n, got)
		}
	}
}

func leafOf(key string) m.Leaf { return m.Leaf{Key: key, State: "verified", Digest: []byte(key)} }

// TestTreeOfAnyDivisionIsTheSame: records in any order, divided among shards, each interrupted anywhere, give one tree.
func TestTreeOfAnyDivisionIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringN(1, 8, -1), 1, 60).Draw(rt, "keys")
		var want m.Tree
		for _, k := range keys {
			want.Add(leafOf(k))
		}
		shards := make([][]byte, rapid.IntRange(1, 5).Draw(rt, "shards"))
		for _, k := range rapid.Permutation(keys).Draw(rt, "order") {
			i := rapid.IntRange(0, len(shards)-1).Draw(rt, "shard")
			part := decode(rt, shards[i])
			part.Add(leafOf(k))
			shards[i] = part.Encode()
		}
		var got m.Tree
		for _, s := range shards {
			got.Plus(decode(rt, s))
		}
		if got != want || got.Root() != want.Root() {
			rt.Fatal("another division gives another tree")
		}
		got.Add(leafOf(keys[0]))
		if got.Root() == want.Root() {
			rt.Fatal("a record that is there twice does not show")
		}
	})
}

func decode(t rapid.TB, b []byte) *m.Tree {
	t.Helper()
	tree, err := m.DecodeTree(b)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestWhatChangesARoot: anything about a record does.
func TestWhatChangesARoot(t *testing.T) {
	t.Parallel()
	seen := map[m.Root]string{}
	for name, l := range map[string]m.Leaf{
		"verified": {Key: "entry/1", State: "verified", Digest: []byte("d")}, "another ref": {Key: "entry/2", State: "verified", Digest: []byte("d")},
		"another state": {Key: "entry/1", State: "different", Digest: []byte("d")}, "another content": {Key: "entry/1", State: "verified", Digest: []byte("e")},
		"a field": {Key: "entry/1", State: "verified", Digest: []byte("d"), Fields: []string{"title"}},
	} {
		var tree m.Tree
		tree.Add(l)
		if other, ok := seen[tree.Root()]; ok {
			t.Errorf("%q and %q have one root", name, other)
		}
		seen[tree.Root()] = name
	}
}

// TestTreeIsSmall: Rule 9. Its encoding is bounded and has one form.
func TestTreeIsSmall(t *testing.T) {
	t.Parallel()
	var tree m.Tree
	for i := range 20000 {
		tree.Add(leafOf("entry/" + strconv.Itoa(i)))
	}
	b := tree.Encode()
	if len(b) > m.Buckets*41 {
		t.Errorf("%d bytes", len(b))
	}
	for name, bad := range map[string][]byte{"cut": b[:len(b)-1], "doubled": append(b[:41:41], b[:41]...), "out of order": append(b[41:82:82], b[:41]...)} {
		if _, err := m.DecodeTree(bad); m.ProblemOf(err).Code != "root_unreadable" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, empty := range map[string][]byte{"nothing": nil, "an older version's": make([]byte, 32)} {
		if tree := decode(t, empty); *tree != (m.Tree{}) {
			t.Errorf("%s: %v", name, tree)
		}
	}
}

func FuzzDecodeTree(f *testing.F) {
	var tree m.Tree
	tree.Add(leafOf("a"))
	tree.Add(leafOf("b"))
	f.Add(tree.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		tree, err := m.DecodeTree(b)
		if err != nil {
			return
		}
		if again, err := m.DecodeTree(tree.Encode()); err != nil || *again != *tree {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func TestRootOf(t *testing.T) {
	t.Parallel()
	var one, two m.Tree
	one.Add(leafOf("a"))
	two.Add(leafOf("b"))
	root := func(roots map[string]string) m.Root {
		r, err := m.RootOf(roots)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if root(map[string]string{"entry": one.Root().String(), "term": two.Root().String()}) == root(map[string]string{"term": one.Root().String(), "entry": two.Root().String()}) {
		t.Error("kinds can be exchanged")
	}
	for _, bad := range []string{"", "zz", "abcd"} {
		if _, err := m.RootOf(map[string]string{"entry": bad}); err == nil {
			t.Errorf("%q is taken for a root", bad)
		}
	}
}

func consistent(t *testing.T) *m.Report {
	t.Helper()
	mig := &m.Migration{ID: "m", Run: 1, Status: m.Done, Kinds: []m.KindPlan{{Kind: entry, Listed: 4, Moved: true}, {Kind: user, Listed: 1, Moved: true}}}
	var tree m.Tree
	tree.Add(leafOf("entry/1"))
	rep, err := m.NewReport(mig, []m.Task{
		{Spec: m.Spec{Stage: m.StageCopy, Kind: entry}, Counts: m.Counts{Read: 4, Created: 3, Rejected: 1}},
		{Spec: m.Spec{Stage: m.StageCopy, Kind: user}, Counts: m.Counts{Read: 1, Adopted: 1}},
		{Spec: m.Spec{Stage: m.StageVerify, Kind: entry}, Counts: m.Counts{Verified: 2, Different: 1}, Sums: tree.Encode()},
		{Spec: m.Spec{Stage: m.StageVerify, Kind: entry, Seq: 1}, Sums: tree.Encode()},
	}, m.Results{
		Rejected:    []m.Unmoved{{Kind: entry, SourceID: "4"}},
		Differences: []m.Difference{{Kind: entry, SourceID: "2", Field: "title"}, {Kind: entry, SourceID: "2", Field: "slug"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tree.Plus(&tree)
	if rep.Roots["entry"] != tree.Root().String() {
		t.Error("the shards of a kind do not add up")
	}
	return rep
}

func TestRecompute(t *testing.T) {
	t.Parallel()
	if p := consistent(t).Recompute(); p != nil {
		t.Fatalf("%+v", p)
	}
	const contradicts = "report_contradicts"
	for name, c := range map[string]struct {
		change func(*m.Report)
		code   string
	}{
		"an outcome":       {func(r *m.Report) { r.Kinds[0].Created++ }, "counts_differ"},
		"listed":           {func(r *m.Report) { r.Kinds[0].Listed-- }, "source_changed"},
		"rejected left":    {func(r *m.Report) { r.Rejected = nil }, contradicts},
		"difference left":  {func(r *m.Report) { r.Differences = nil }, contradicts},
		"different less":   {func(r *m.Report) { r.Kinds[0].Different = 0 }, contradicts},
		"root":             {func(r *m.Report) { r.Root = r.Roots["entry"] }, contradicts},
		"root of a kind":   {func(r *m.Report) { r.Roots["user"] = r.Roots["entry"] }, contradicts},
		"no root":          {func(r *m.Report) { delete(r.Roots, "user") }, contradicts},
		"kind of no root":  {func(r *m.Report) { delete(r.Roots, "user"); r.Roots["menu"] = r.Roots["entry"] }, contradicts},
		"root of no digit": {func(r *m.Report) { r.Roots["user"] = "x" }, contradicts},
	} {
		rep := consistent(t)
		c.change(rep)
		if p := rep.Recompute(); p == nil || p.Code != c.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestReportOfDamagedSums(t *testing.T) {
	t.Parallel()
	_, err := m.NewReport(&m.Migration{Kinds: []m.KindPlan{{Kind: entry}}}, []m.Task{{Spec: m.Spec{Stage: m.StageVerify, Kind: entry}, Sums: []byte("x")}}, m.Results{})
	if m.ProblemOf(err).Code != "root_unreadable" {
		t.Error(err)
	}
	if a, b := consistent(t), consistent(t); !reflect.DeepEqual(a, b) {
		t.Error("two reports of one state differ")
	}
}
