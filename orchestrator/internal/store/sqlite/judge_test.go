package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestOwnerIsTold: a data folder that cannot be used ends in a code and a fix.
func TestOwnerIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "bailey.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database, ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for code, file := range map[string]string{"store_unwritable": filepath.Join(dir, "away", "bailey.db"), "store_damaged": file} {
		if _, err := Open(t.Context(), file); migration.ProblemOf(err).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestFullAndReadOnly: what SQLite says of a disk without room, and of one that may not be written, is told as such.
func TestFullAndReadOnly(t *testing.T) {
	t.Parallel()
	for code, pragma := range map[string]string{"store_full": "PRAGMA max_page_count = 2", "store_unwritable": "PRAGMA query_only = 1"} {
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "db"))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(t.Context(), "CREATE TABLE t (x)")
		if err == nil {
			_, err = db.ExecContext(t.Context(), pragma)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), "INSERT INTO t VALUES (zeroblob(100000))")
		if _, told := judge(err); migration.ProblemOf(told).Code != code {
			t.Errorf("%s: %v", code, told)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
