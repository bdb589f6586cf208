package secret_test

import (
	"bytes"
	"os"
	"path/filepath"
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
	open(t, file)
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

func open(t *testing.T, file string) *secret.Box {
	t.Helper()
	box, err := secret.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return box
}
