package cmssql_test

import (
	"fmt"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

// Statements that are kept take every byte as it is, and the server makes one of each.
func TestKeptStatements(t *testing.T) {
	t.Parallel()
	db := table(t, config(t, cmssql.MySQL))
	must(t, db.Exec(t.Context(), "ALTER TABLE t MODIFY a VARBINARY(300)"))
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	tx := begin(t, db)
	for n := range 3 {
		rows := make([][]any, 8)
		for i := range rows {
			rows[i] = []any{all, 10*n + i}
		}
		_, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, rows)
		must(t, err)
	}
	if prepared := counted(t, tx, "Com_stmt_prepare"); prepared != 1 {
		t.Errorf("%d statements were prepared", prepared)
	}
	var n int
	must(t, tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM t WHERE a = ?", all).Scan(&n))
	if n != 24 {
		t.Errorf("%d of 24 rows are as they were sent", n)
	}
}

// A batch goes in few statements, whatever its number of rows, and what stands in the statement itself leaves room for more rows.
func TestFewStatements(t *testing.T) {
	t.Parallel()
	db := table(t, config(t, cmssql.MySQL))
	for n, most := range map[int]int{500: 1, 232: 2, 1000: 2, 999: 5} {
		tx := begin(t, db)
		before := counted(t, tx, "Com_insert")
		rows := make([][]any, n)
		for i := range rows {
			rows[i] = []any{"same", i}
		}
		ids, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, rows)
		must(t, err)
		if took := counted(t, tx, "Com_insert") - before; took == 0 || took > most || len(ids) != n {
			t.Errorf("%d rows got %d ids in %d statements", n, len(ids), took)
		}
		must(t, tx.Rollback())
	}
}

// counted is what the server has counted for the connection.
func counted(t *testing.T, tx *cmssql.Tx, what string) (n int) {
	t.Helper()
	must(t, tx.QueryRow(t.Context(), "SHOW SESSION STATUS LIKE '"+what+"'").Scan(&what, &n))
	return n
}

// What a transaction has read holds until it writes.
func TestKeep(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		tx := begin(t, db)
		write := map[string]func() error{
			"an UPDATE": func() error { _, err := tx.Exec(t.Context(), "UPDATE t SET b = 1"); return err },
			"an INSERT": func() error { _, err := tx.Insert(t.Context(), "t", []string{"b"}, [][]any{{1}}); return err },
		}
		for what, do := range write {
			tx.Keep("read")
			var n int
			must(t, tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n))
			if tx.Kept() != "read" {
				t.Error("a SELECT takes away what was kept")
			}
			must(t, do())
			if tx.Kept() != nil {
				t.Error(what, "leaves what was kept")
			}
		}
	})
}

func TestInsertAlike(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		tx := begin(t, db)
		rows := make([][]any, 77)
		for i := range rows {
			rows[i] = []any{i}
		}
		ids, err := tx.InsertAlike(t.Context(), "t", []cmssql.Alike{{Col: "a", Value: -7}}, []string{"b"}, rows)
		must(t, err)
		for i, id := range ids {
			var a string
			var b int
			must(t, tx.QueryRow(t.Context(), "SELECT a, b FROM t WHERE id = ?", id).Scan(&a, &b))
			if a != "-7" || b != i {
				t.Fatalf("row %d has %q and %d", i, a, b)
			}
		}
	})
}

// What all rows have in common arrives as what only some have.
func TestInsertWhatRowsHaveInCommon(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		for n, value := range []any{nil, "", "publish", "0", "-_9", "a b", "it's", `\`, "?", "Ä", "longer-than-a-word-is", int64(7), 7, int64(-1), 10} {
			tx := begin(t, db)
			rows := make([][]any, 200)
			for i := range rows {
				rows[i] = []any{value, 1000*n + i}
			}
			rows[150][1] = nil
			ids, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, rows)
			must(t, err)
			var same int
			where, args := " IS NULL", []any{ids[0], ids[199]}
			if value != nil {
				where, args = " = ?", append(args, fmt.Sprint(value))
			}
			must(t, tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM t WHERE id BETWEEN ? AND ? AND (b IS NULL OR b = id + "+fmt.Sprint(int64(1000*n)-ids[0])+") AND a"+where, args...).Scan(&same))
			if same != len(rows) {
				t.Errorf("%d of %d rows hold %q", same, len(rows), value)
			}
			must(t, tx.Commit())
		}
	})
}

// More statements than are kept make room for one another, in one transaction and after it.
func TestKeptStatementsMakeRoom(t *testing.T) {
	t.Parallel()
	db := table(t, config(t, cmssql.MySQL))
	last := 0
	for range 2 {
		tx := begin(t, db)
		for n := range 100 {
			rows := make([][]any, 8)
			for i := range rows {
				last++
				rows[i] = []any{last}
			}
			_, err := tx.InsertAlike(t.Context(), "t", []cmssql.Alike{{Col: "a", Value: int64(n)}}, []string{"b"}, rows)
			must(t, err)
		}
		must(t, tx.Commit())
	}
	if n := count(t, db); n != 1600 {
		t.Errorf("%d rows, want 1600", n)
	}
}

func TestServerThatPreparesNothing(t *testing.T) {
	t.Parallel()
	srv, err := testbed.Start("--max-prepared-stmt-count=0")
	must(t, err)
	t.Cleanup(srv.Stop)
	d, err := srv.Create("bare")
	must(t, err)
	t.Cleanup(func() { _ = d.DB.Close() })
	c, err := cmssql.ParseDSN(d.DSN)
	must(t, err)
	db := table(t, c)
	checkIDs(t, db, insertMany(t, db, 100, 10))
}
