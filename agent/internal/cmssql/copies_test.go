package cmssql_test

import (
	"context"
	"errors"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func count(t *testing.T, db *cmssql.DB) (n int) {
	t.Helper()
	must(t, db.QueryRow(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n))
	return n
}

// What is written to copies is seen there, and nowhere else; what is no copy can be read and not written.
func TestCopiesHideTheTables(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		live := table(t, c)
		must(t, live.Exec(t.Context(), "INSERT INTO t (a, b) VALUES ('one', 1), ('two', 2)"))
		must(t, live.Exec(t.Context(), "CREATE TABLE other (a VARCHAR(20))"))
		c.DryRun = true
		db := open(t, c, true)
		must(t, db.Copy(t.Context(), "t"))
		must(t, db.Seal(t.Context()))
		tx, err := db.Begin(t.Context())
		must(t, err)
		ids, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, [][]any{{"three", 3}, {"four", 4}})
		must(t, err)
		if len(ids) != 2 || ids[0] != 3 || ids[1] != 4 {
			t.Errorf("the ids are %v", ids)
		}
		err = tx.Savepoint(t.Context(), func() error {
			_, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, [][]any{{"again", 1}})
			return err
		})
		if cmssql.ClassOf(err) != cmssql.Duplicate {
			t.Errorf("a taken key: %v", err)
		}
		must(t, tx.Commit())
		if seen, there := count(t, db), count(t, live); seen != 4 || there != 2 {
			t.Errorf("%d rows in the copy, %d in the table", seen, there)
		}
		if err := db.Exec(t.Context(), "INSERT INTO other (a) VALUES ('x')"); cmssql.ClassOf(err) != cmssql.Refused {
			t.Errorf("writing to what is no copy: %v", err)
		}
	})
}

// A session that is lost takes the copies with it; another one would write to the tables themselves, so there is none.
func TestLostCopiesAreNotReplaced(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		live := table(t, c)
		c.DryRun = true
		db := open(t, c, true)
		must(t, db.Copy(t.Context(), "t"))
		ask, kill := "SELECT CONNECTION_ID()", "KILL ?"
		if c.Dialect == cmssql.Postgres {
			ask, kill = "SELECT pg_backend_pid()", "SELECT pg_terminate_backend(?)"
		}
		if c.Dialect == cmssql.SQLite {
			must(t, db.Exec(t.Context(), "DROP TABLE temp.t"))
		} else {
			var id int64
			must(t, db.QueryRow(t.Context(), ask).Scan(&id))
			must(t, live.Exec(t.Context(), kill, id))
		}
		for range 3 {
			if err := db.Exec(t.Context(), "INSERT INTO t (a, b) VALUES ('x', 1)"); err == nil {
				t.Error("a write went through")
			}
		}
		if n := count(t, live); n != 0 {
			t.Errorf("%d rows reached the table", n)
		}
	})
}

func TestCopyHeedsTheContext(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		table(t, c)
		c.DryRun = true
		db := open(t, c, true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Copy(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
