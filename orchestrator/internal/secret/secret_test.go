package secret_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/secret"
)

func TestSealedOpensOnlyWithKeyAndContext(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	box := open(t, file)
	sealed, err := box.Seal("a", []byte("the link"))
	if err != nil || bytes.Contains(sealed, []byte("link")) {
		t.Fatalf("sealed %q: %v", sealed, err)
	}
	if plain, err := open(t, file).Open("a", sealed); err != nil || string(plain) != "the link" {
		t.Errorf("opened again: %q, %v", plain, err)
	}
	for name, fails := range map[string]func() ([]byte, error){
		"other context": func() ([]byte, error) { return box.Open("b", sealed) },
		"other key":     func() ([]byte, error) { return open(t, filepath.Join(t.TempDir(), "key")).Open("a", sealed) },
		"short":         func() ([]byte, error) { return box.Open("a", sealed[:5]) },
		"altered": func() ([]byte, error) {
			return box.Open("a", append(bytes.Clone(sealed[:len(sealed)-1]), ^sealed[len(sealed)-1]))
		},
	} {
		if plain, err := fails(); err == nil {
			t.Errorf("%s: opened as %q", name, plain)
		}
	}
}

func TestKeyFileIsPrivateAndChecked(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	box := open(t, file)
	if _, err := box.Open("a", nil); err == nil || box.Ready() {
		t.Error("opened without a key")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("opening made a key")
	}
	if _, err := box.Seal("a", nil); err != nil || !box.Ready() || !open(t, file).Ready() {
		t.Error(err)
	}
	st, err := os.Stat(file)
	if err != nil || st.Mode().Perm() != 0o600 || st.Size() != 32 {
		t.Fatalf("%v, %v", st, err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Open(file); err == nil {
		t.Error("a damaged key was taken")
	}
}

func TestKeyGivenAsText(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("0f", 32)
	one, err := secret.Parse(digits)
	if err != nil || !one.Ready() {
		t.Fatal(err)
	}
	sealed, err := one.Seal("a", []byte("the link"))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := secret.Parse(digits); err != nil {
		t.Error(err)
	} else if plain, err := two.Open("a", sealed); err != nil || string(plain) != "the link" {
		t.Errorf("%q, %v", plain, err)
	}
	for _, bad := range []string{"", "0f", digits + "0f", strings.Repeat("xy", 32)} {
		if _, err := secret.Parse(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func open(t *testing.T, file string) *secret.Box {
	t.Helper()
	box, err := secret.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return box
}
