package attest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/attest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func open(t *testing.T, dir string) *attest.Key {
	t.Helper()
	k, err := attest.Open(filepath.Join(dir, "signing-key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sample(t *testing.T) *migration.Report {
	t.Helper()
	var tree migration.Tree
	tree.Add(migration.Leaf{Key: "entry/1", State: "verified"})
	rep := &migration.Report{
		Migration: "01J", Run: 1, Status: migration.Done, Stage: migration.StageDone, Seconds: 1.25e-7, Bytes: 1<<63 + 1,
		Target:   migration.Site{Platform: "ghost", BaseURL: "https://é.example.org/?a=1&b=<2>\u2028"},
		Kinds:    []migration.KindReport{{Kind: "entry", Listed: 2, Read: 2, Created: 1, Rejected: 1, Verified: 1}},
		Rejected: []migration.RejectedReport{{Kind: "entry", SourceID: "2", Code: "too_long", Cause: "\"quoted\"\t\x01", Fix: "shorten\nit"}},
		Roots:    map[string]string{"entry": tree.Root().String()},
	}
	root, err := migration.RootOf(rep.Roots)
	if err != nil {
		t.Fatal(err)
	}
	rep.Root = root.String()
	return rep
}

func sign(t *testing.T, k *attest.Key, rep *migration.Report) []byte {
	t.Helper()
	doc, err := k.Sign(rep)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func wantCode(t *testing.T, name string, doc []byte, key, code string, exit int) {
	t.Helper()
	_, _, err := attest.Check(doc, key)
	if got := migration.ProblemOf(err).Code; err == nil || got != code || migration.ExitOf(err) != exit {
		t.Errorf("%s: %v, exit %d", name, err, migration.ExitOf(err))
	}
}

func TestKeyIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := open(t, dir)
	if again := open(t, dir); again.Public() != k.Public() || len(k.Public()) != 64 {
		t.Errorf("%s, then %s", k.Public(), again.Public())
	}
	if open(t, t.TempDir()).Public() == k.Public() {
		t.Error("two folders have one key")
	}
	file := filepath.Join(dir, "signing-key")
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := attest.Open(file); migration.ProblemOf(err).Code != "signing_key_damaged" {
		t.Errorf("damaged: %v", err)
	}
}

func TestSignedReportIsValidHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir())
	doc := sign(t, k, sample(t))
	if bytes.Count(doc, []byte("\n")) != 1 {
		t.Errorf("not one line: %s", doc)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, doc, "", "\t"); err != nil {
		t.Fatal(err)
	}
	var loose map[string]json.RawMessage
	if err := json.Unmarshal(doc, &loose); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(loose)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string][]byte{"as written": doc, "indented": indented.Bytes(), "sorted and escaped": sorted} {
		rep, sig, err := attest.Check(d, k.Public())
		if err != nil || sig.Key != k.Public() || rep.Migration != "01J" || rep.Bytes != 1<<63+1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := attest.Check(doc, ""); err != nil {
		t.Errorf("without a key: %v", err)
	}
}

func TestAlteredReportsAreFound(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir())
	doc := string(sign(t, k, sample(t)))
	replace := func(old, fresh string) []byte {
		t.Helper()
		if !strings.Contains(doc, old) {
			t.Fatalf("no %s in %s", old, doc)
		}
		return []byte(strings.Replace(doc, old, fresh, 1))
	}
	for name, d := range map[string][]byte{
		"a count": replace(`"created":1`, `"created":2`), "a text": replace("too_long", "too_loud"), "a member more": replace(`"run":1`, `"run":1,"x":1`),
		"a member less": replace(`"run":1,`, ``), "a member twice": replace(`"run":1`, `"run":1,"run":1`), "the last digit": replace("9223372036854775809", "9223372036854775808"),
		"no signature": []byte(doc[:strings.Index(doc, `,"signature":{`)] + "}"), "another algorithm": replace(`"Ed25519"`, `"none"`),
		"a field in the block": replace(`"alg"`, `"x":1,"alg"`), "null for the block": append([]byte(doc[:strings.Index(doc, `"signature":{`)]), `"signature":null}`...),
		"cut": []byte(doc[:len(doc)/2]), "empty": nil, "a list": []byte("[]"), "behind it": []byte(doc + "{}"), "not UTF-8": replace("too_long", "too_\xff"),
		"deep": []byte(`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"), "a number out of range": replace(`"run":1`, `"run":1e999`),
		"another key in the block": replace(k.Public(), open(t, t.TempDir()).Public()),
	} {
		wantCode(t, name, d, "", "report_altered", migration.ExitDifferent)
		wantCode(t, name+", key given", d, k.Public(), "report_altered", migration.ExitDifferent)
	}
}

// TestEveryByteCounts: there is no byte of the document that can be changed unseen, spaces aside.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir())
	rep := sample(t)
	rep.Seconds = 61.2 // 1.25E-7 is the same number as 1.25e-7
	doc := sign(t, k, rep)
	for i := range len(doc) - 1 {
		for _, flip := range []byte{0x01, 0x20} {
			d := bytes.Clone(doc)
			d[i] ^= flip
			if _, _, err := attest.Check(d, k.Public()); err == nil {
				t.Errorf("byte %d: %q", i, d[max(0, i-10):min(len(d), i+10)])
			}
		}
	}
}

func TestAnotherKeyAndNoKey(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir())
	doc := sign(t, k, sample(t))
	wantCode(t, "another key", doc, open(t, t.TempDir()).Public(), "wrong_key", migration.ExitFailed)
	for _, bad := range []string{"xyz", "abcd", strings.Repeat("a", 66)} {
		wantCode(t, bad, doc, bad, "usage", migration.ExitUsage)
	}
}

func TestSignedContradictionIsNotValid(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir())
	rep := sample(t)
	rep.Kinds[0].Created = 7
	wantCode(t, "counts", sign(t, k, rep), k.Public(), "counts_differ", migration.ExitDifferent)
	rep = sample(t)
	rep.Root = strings.Repeat("0", 64)
	wantCode(t, "root", sign(t, k, rep), k.Public(), "report_contradicts", migration.ExitDifferent)
}
