package cmssql_test

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func TestReadColumns(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		must(t, db.Exec(t.Context(), "CREATE TABLE pre_x (n INT NOT NULL, s VARCHAR(5) NOT NULL, d INT NOT NULL DEFAULT 7, m TIMESTAMP NULL, r DOUBLE PRECISION)"))
		all, err := cmssql.ReadColumns(t.Context(), db, func(name string) (string, bool) { return strings.CutPrefix(name, "pre_") })
		must(t, err)
		x := all["x"]
		if !all.Has("x", "n", "s") || all.Has("x", "n", "none") || all.Has("t") || len(x) != 5 {
			t.Fatalf("columns are %v", all)
		}
		if !x["n"].IsNumber() || x["n"].Null || x["n"].Filled || !x["d"].Filled || !x["m"].Null || !x["m"].IsTime() || !x["r"].IsNumber() || x["s"].IsNumber() {
			t.Errorf("columns are %v", x)
		}
		if s := x["s"]; !s.Fits("ÄÖÜÄÖ") || s.Fits("ÄÖÜÄÖÜ") || s.Bytes != 0 {
			t.Errorf("s is %v", s)
		}
		insertRows(t, db, x)
	})
}

func insertRows(t *testing.T, db *cmssql.DB, live cmssql.Columns) {
	t.Helper()
	tx := begin(t, db)
	_, err := tx.InsertRows(t.Context(), "pre_x", live, []map[string]any{{"n": 1, "gone": 2}, {"s": "b"}}, func(name string, c cmssql.TableColumn) any {
		if c.IsNumber() {
			return 9
		}
		return "no " + name
	})
	must(t, err)
	must(t, tx.Commit())
	rows, err := cmssql.Rows(t.Context(), db, "SELECT n, s, d FROM pre_x ORDER BY n")
	must(t, err)
	var got []string
	for _, r := range rows {
		got = append(got, r.Text("n")+r.Text("s")+r.Text("d"))
	}
	if want := "1no s7 9b7"; strings.Join(got, " ") != want {
		t.Errorf("rows are %q, want %q", got, want)
	}
}
