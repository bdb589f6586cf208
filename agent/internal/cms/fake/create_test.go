package fake_test

import (
	"os"
	"testing"
)

// create makes an empty database file: opening never does.
func create(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
