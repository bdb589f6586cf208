package cmssql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func config(t *testing.T, d cmssql.Dialect) cmssql.Config {
	t.Helper()
	if d == cmssql.SQLite {
		c := cmssql.Config{Dialect: d, File: filepath.Join(t.TempDir(), "a b?c#%20.db")}
		must(t, os.WriteFile(c.File, nil, 0o600))
		return c
	}
	c, err := cmssql.ParseDSN(server(t, d))
	must(t, err)
	return c
}

func server(t *testing.T, d cmssql.Dialect) string {
	t.Helper()
	if d == cmssql.Postgres {
		return testbed.Postgres(t).Database(t)
	}
	return testbed.MariaDB(t).Database(t).DSN
}

func open(t *testing.T, c cmssql.Config, writable bool) *cmssql.DB {
	t.Helper()
	db, err := cmssql.Open(t.Context(), c, writable)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func every(t *testing.T, fn func(t *testing.T, c cmssql.Config)) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.SQLite, cmssql.MySQL, cmssql.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, config(t, d))
		})
	}
}

func table(t *testing.T, c cmssql.Config) *cmssql.DB {
	t.Helper()
	db := open(t, c, true)
	id := "BIGINT AUTO_INCREMENT PRIMARY KEY"
	switch c.Dialect {
	case cmssql.SQLite:
		id = "INTEGER PRIMARY KEY AUTOINCREMENT"
	case cmssql.Postgres:
		id = "BIGSERIAL PRIMARY KEY"
	}
	must(t, db.Exec(t.Context(), "CREATE TABLE t (id "+id+", a VARCHAR(200), b BIGINT UNIQUE)"))
	return db
}

func TestParseDSN(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.db")
	must(t, os.WriteFile(file, nil, 0o600))
	for dsn, want := range map[string]cmssql.Config{
		"mysql://u:p%40w@db.example:3307/n":                    {Dialect: cmssql.MySQL, Network: "tcp", Address: "db.example:3307", User: "u", Password: "p@w", Name: "n"},
		"mariadb://u@db.example/n?tls=true":                    {Dialect: cmssql.MySQL, Network: "tcp", Address: "db.example:3306", User: "u", Name: "n", TLS: "true"},
		"mysql://u@/n?socket=/run/my.sock":                     {Dialect: cmssql.MySQL, Network: "unix", Address: "/run/my.sock", User: "u", Name: "n"},
		"mysql://u:p@[::1]/n":                                  {Dialect: cmssql.MySQL, Network: "tcp", Address: "[::1]:3306", User: "u", Password: "p", Name: "n"},
		"u:p@tcp(db.example:3306)/n":                           {Dialect: cmssql.MySQL, Network: "tcp", Address: "db.example:3306", User: "u", Password: "p", Name: "n"},
		"postgres://u:p%40w@db.example:5433/n?sslmode=require": {Dialect: cmssql.Postgres, Network: "tcp", Address: "db.example:5433", User: "u", Password: "p@w", Name: "n", TLS: "require"},
		"postgresql://u@db.example/n":                          {Dialect: cmssql.Postgres, Network: "tcp", Address: "db.example:5432", User: "u", Name: "n"},
		"postgres://u@/n?host=/run/pg&port=5444":               {Dialect: cmssql.Postgres, Network: "unix", Address: "/run/pg/.s.PGSQL.5444", User: "u", Name: "n"},
		"sqlite:/a/b.db":                                       {Dialect: cmssql.SQLite, File: "/a/b.db"},
		"sqlite:///a/b.db":                                     {Dialect: cmssql.SQLite, File: "/a/b.db"},
		"file:/a/b.db":                                         {Dialect: cmssql.SQLite, File: "/a/b.db"},
		file:                                                   {Dialect: cmssql.SQLite, File: file},
	} {
		got, err := cmssql.ParseDSN(dsn)
		if err != nil || got != want {
			t.Errorf("%s: %#v, %v", dsn, got, err)
		}
	}
	for _, dsn := range []string{"", "mysql://", "mysql://u:hush@h", "u:hush@h", "mysql://u:hush@h:x/n", "://", "nothing", "postgres://u:hush@h", "mysql://u:hu%zzsh@h/n"} {
		if _, err := cmssql.ParseDSN(dsn); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}

func FuzzParseDSN(f *testing.F) {
	for _, s := range []string{"mysql://u:p@h:1/n", "u:p@tcp(h)/n", "sqlite:x", "u@unix(/s)/n?tls=preferred", "mysql://u@/n?socket=/s", "postgres://u:p@h/n?sslmode=disable"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		c, err := cmssql.ParseDSN(dsn)
		if err != nil {
			return
		}
		if c.Dialect != cmssql.MySQL && c.Dialect != cmssql.SQLite && c.Dialect != cmssql.Postgres {
			t.Errorf("no dialect for %q", dsn)
		}
		c.Password = "s3cr3t-of-the-site"
		if shown := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(shown, c.Password) {
			t.Error("printing shows the password")
		}
	})
}

// Rule 5: the session refuses, whatever statement it is given.
func TestReadOnlySessionRefusesWrites(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		must(t, table(t, c).Exec(t.Context(), "INSERT INTO t (a) VALUES ('kept')"))
		db := open(t, c, false)
		for _, q := range []string{"INSERT INTO t (a) VALUES ('x')", "UPDATE t SET a = 'x'", "DELETE FROM t", "DROP TABLE t", "CREATE TABLE u (a INT)", "ALTER TABLE t ADD c INT"} {
			if err := db.Exec(t.Context(), q); cmssql.ClassOf(err) != cmssql.Refused {
				t.Errorf("%s: %v", q, err)
			}
		}
		if _, err := db.Begin(t.Context()); err == nil {
			t.Error("a writing transaction began")
		}
		tx, err := db.BeginRead(t.Context())
		must(t, err)
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.Exec(t.Context(), "DELETE FROM t"); err == nil {
			t.Error("a reading transaction wrote")
		}
	})
}

func TestBeginReadSeesOneState(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.MySQL, cmssql.Postgres} {
		seesOneState(t, config(t, d))
	}
}

func seesOneState(t *testing.T, c cmssql.Config) {
	t.Helper()
	w := table(t, c)
	tx, err := open(t, c, false).BeginRead(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback() }()
	for range 2 {
		var n int
		must(t, tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n))
		if n != 0 {
			t.Error("the transaction sees what came later")
		}
		must(t, w.Exec(t.Context(), "INSERT INTO t (a) VALUES ('later')"))
	}
}

func begin(t *testing.T, db *cmssql.DB) *cmssql.Tx {
	t.Helper()
	tx, err := db.Begin(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func insertMany(t *testing.T, db *cmssql.DB, n, size int) []int64 {
	t.Helper()
	tx := begin(t, db)
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{strings.Repeat("x", size), i}
	}
	ids, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, rows)
	must(t, err)
	must(t, tx.Commit())
	return ids
}

// ids are those that the rows really have.
func checkIDs(t *testing.T, db *cmssql.DB, ids []int64) {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT id FROM t ORDER BY b")
	must(t, err)
	defer func() { _ = rows.Close() }()
	var got []int64
	for rows.Next() {
		var id int64
		must(t, rows.Scan(&id))
		got = append(got, id)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%d ids told are not those of the %d rows", len(ids), len(got))
	}
}

func TestInsertTellsIDs(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		// More arguments than a statement takes.
		checkIDs(t, db, insertMany(t, db, 40_000, 3))
	})
}

func TestInsertDividesByBytes(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		switch c.Dialect {
		case cmssql.MySQL:
			must(t, db.Exec(t.Context(), "ALTER TABLE t MODIFY a LONGTEXT"))
		case cmssql.Postgres:
			must(t, db.Exec(t.Context(), "ALTER TABLE t ALTER a TYPE TEXT"))
		}
		checkIDs(t, db, insertMany(t, db, 30, 300_000))
	})
}

func TestInsertInCluster(t *testing.T) {
	t.Parallel()
	srv, err := testbed.Start("--auto-increment-increment=3", "--auto-increment-offset=2")
	must(t, err)
	t.Cleanup(srv.Stop)
	c, err := cmssql.ParseDSN(srv.Database(t).DSN)
	must(t, err)
	db := table(t, c)
	if db.Step() != 3 {
		t.Fatalf("step is %d", db.Step())
	}
	checkIDs(t, db, insertMany(t, db, 2000, 3))
}

func TestInsertElse(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		clause := " ON DUPLICATE KEY UPDATE a = VALUES(a)"
		if c.Dialect != cmssql.MySQL {
			clause = " ON CONFLICT (b) DO UPDATE SET a = excluded.a"
		}
		tx := begin(t, db)
		for _, a := range []string{"first", "second"} {
			_, err := tx.InsertElse(t.Context(), "t", []string{"a", "b"}, [][]any{{a, 7}}, clause)
			must(t, err)
		}
		must(t, tx.Commit())
		var a string
		must(t, db.QueryRow(t.Context(), "SELECT a FROM t").Scan(&a))
		if a != "second" {
			t.Errorf("a is %q", a)
		}
	})
}

func TestSavepoint(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		tx := begin(t, db)
		odd := errors.New("odd")
		for i := range 4 {
			err := tx.Savepoint(t.Context(), func() error {
				if _, err := tx.Exec(t.Context(), "INSERT INTO t (b) VALUES (?)", i); err != nil {
					return err
				}
				if i%2 == 1 {
					return odd
				}
				return nil
			})
			if (i%2 == 1) != errors.Is(err, odd) {
				t.Errorf("%d: %v", i, err)
			}
		}
		must(t, tx.Commit())
		var n int
		must(t, db.QueryRow(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n))
		if n != 2 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestClasses(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		must(t, db.Exec(t.Context(), "INSERT INTO t (a, b) VALUES ('x', 1)"))
		for q, want := range map[string]cmssql.Class{
			"INSERT INTO t (b) VALUES (1)": cmssql.Duplicate, "SELECT 1 FROM nowhere": cmssql.Missing, "INSERT INTO t (nowhere) VALUES (1)": cmssql.Missing, "SELEC 1": cmssql.Other,
		} {
			err := db.Exec(t.Context(), q)
			if got := cmssql.ClassOf(fmt.Errorf("run: %w", err)); err == nil || got != want {
				t.Errorf("%s: class %d, want %d (%v)", q, got, want, err)
			}
			if cmssql.Number(err) == "none" {
				t.Errorf("%s: no number", q)
			}
			if name := cmssql.MissingTable(fmt.Errorf("run: %w", err)); (name == "nowhere") != strings.Contains(q, "FROM nowhere") || name != "nowhere" && name != "" {
				t.Errorf("%s: the missing table is %q", q, name)
			}
		}
	})
	for err, want := range map[error]cmssql.Class{nil: cmssql.Other, sql.ErrConnDone: cmssql.Gone, context.Canceled: cmssql.Other,
		mysql.ErrMalformPkt: cmssql.Gone, mysql.ErrPktSync: cmssql.Gone, mysql.ErrPktSyncMul: cmssql.Gone} {
		if got := cmssql.ClassOf(err); got != want {
			t.Errorf("%v: class %d", err, got)
		}
	}
}

// Rule 1: a text that does not fit is an error and not cut.
func TestTextIsNeverCut(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.MySQL, cmssql.Postgres} {
		err := table(t, config(t, d)).Exec(t.Context(), "INSERT INTO t (a) VALUES (?)", strings.Repeat("x", 201))
		if cmssql.ClassOf(err) != cmssql.TooLarge {
			t.Errorf("%s: error is %v", d, err)
		}
	}
}

func TestDeadlockIsRetry(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.MySQL, cmssql.Postgres} {
		deadlock(t, table(t, config(t, d)))
	}
}

func deadlock(t *testing.T, db *cmssql.DB) {
	t.Helper()
	must(t, db.Exec(t.Context(), "INSERT INTO t (b) VALUES (1), (2)"))
	one, two := begin(t, db), begin(t, db)
	lock := func(tx *cmssql.Tx, b int) error {
		_, err := tx.Exec(t.Context(), "UPDATE t SET a = 'x' WHERE b = ?", b)
		return err
	}
	must(t, lock(one, 1))
	must(t, lock(two, 2))
	waiting := make(chan error, 1)
	go func() { waiting <- lock(one, 2) }()
	err := errors.Join(lock(two, 1), two.Rollback(), <-waiting)
	if cmssql.ClassOf(err) != cmssql.Retry {
		t.Errorf("error is %v", err)
	}
}

func TestBusySQLiteIsRetry(t *testing.T) {
	t.Parallel()
	c := config(t, cmssql.SQLite)
	db := table(t, c)
	_ = begin(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other, err := sql.Open("sqlite", "file:"+strings.NewReplacer("?", "%3f", "#", "%23", "%", "%25").Replace(c.File))
	must(t, err)
	defer func() { _ = other.Close() }()
	if _, err := other.ExecContext(ctx, "INSERT INTO t (a) VALUES ('x')"); cmssql.ClassOf(err) != cmssql.Retry {
		t.Errorf("error is %v", err)
	}
}

func TestOpenFailures(t *testing.T) {
	t.Parallel()
	good := config(t, cmssql.MySQL)
	wrongUser, wrongName, dead := good, good, good
	wrongUser.User, wrongUser.Password = "nobody", "s3cr3t-of-the-site"
	wrongName.Name = "no_such_database"
	dead.Network, dead.Address = "unix", filepath.Join(t.TempDir(), "none.sock")
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("this is no database ", 100)), 0o600))
	for name, c := range map[string]struct {
		cmssql.Config
		want []cmssql.Class
	}{
		"user": {wrongUser, []cmssql.Class{cmssql.Refused}}, "name": {wrongName, []cmssql.Class{cmssql.Missing}}, "dead": {dead, []cmssql.Class{cmssql.Gone}},
		"file": {cmssql.Config{Dialect: cmssql.SQLite, File: filepath.Join(t.TempDir(), "none")}, []cmssql.Class{cmssql.Missing}},
		"text": {cmssql.Config{Dialect: cmssql.SQLite, File: text}, []cmssql.Class{cmssql.Missing}},
	} {
		_, err := cmssql.Open(t.Context(), c.Config, false)
		if err == nil || !slices.Contains(c.want, cmssql.ClassOf(err)) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: class %d, error %v", name, cmssql.ClassOf(err), err)
		}
	}
}

func TestServerThatDies(t *testing.T) {
	t.Parallel()
	srv, err := testbed.Start()
	must(t, err)
	t.Cleanup(srv.Stop)
	c, err := cmssql.ParseDSN(srv.Database(t).DSN)
	must(t, err)
	db := open(t, c, true)
	srv.Kill()
	if err := db.Exec(t.Context(), "SELECT 1"); cmssql.ClassOf(err) != cmssql.Gone {
		t.Errorf("error is %v", err)
	}
}

// A "?" inside of quotes is no placeholder.
func TestBind(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a = ? AND b = ?": "a = $1 AND b = $2", "a = '?' AND b = ?": "a = '?' AND b = $1", `"?" = ? OR 'it''s ?' = ?`: `"?" = $1 OR 'it''s ?' = $2`, "SELECT 1": "SELECT 1",
	} {
		if got := cmssql.Postgres.Bind(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
		if got := cmssql.MySQL.Bind(in); got != in {
			t.Errorf("MySQL: %s became %s", in, got)
		}
	}
}

func TestTablesAndProduct(t *testing.T) {
	names := map[cmssql.Dialect]string{cmssql.MySQL: "MariaDB ", cmssql.SQLite: "SQLite ", cmssql.Postgres: "PostgreSQL "}
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		tables, err := db.Tables(t.Context())
		must(t, err)
		if !slices.Equal(tables, []string{"t"}) {
			t.Errorf("tables are %v", tables)
		}
		p, err := db.Product(t.Context())
		must(t, err)
		if !strings.HasPrefix(p, names[c.Dialect]) {
			t.Errorf("product is %q", p)
		}
	})
}

func TestCollationOfDrupal(t *testing.T) {
	t.Parallel()
	db := open(t, config(t, cmssql.SQLite), true)
	must(t, db.Exec(t.Context(), "CREATE TABLE n (title VARCHAR(255) COLLATE NOCASE_UTF8 UNIQUE)"))
	must(t, db.Exec(t.Context(), "INSERT INTO n VALUES ('Ärger'), ('zebra')"))
	var first string
	must(t, db.QueryRow(t.Context(), "SELECT title FROM n WHERE title = 'äRGER'").Scan(&first))
	if err := db.Exec(t.Context(), "INSERT INTO n VALUES ('ÄRGER')"); cmssql.ClassOf(err) != cmssql.Duplicate {
		t.Errorf("error is %v", err)
	}
}

func TestRows(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		insertMany(t, db, 1200, 3)
		ids, err := cmssql.Column[int64](t.Context(), db, "SELECT b FROM t ORDER BY b")
		must(t, err)
		n := 0
		must(t, cmssql.EachIn(t.Context(), db, ids, func(*sql.Rows) error { n++; return nil }, c.Dialect.Named("", "SELECT b FROM {t} WHERE b IN "), " AND b <> 7"))
		tx := begin(t, db)
		must(t, cmssql.ExecIn(t.Context(), tx, ids[:700], "DELETE FROM t WHERE a <> ? AND b IN ", "y"))
		must(t, tx.Commit())
		left, err := cmssql.Column[int64](t.Context(), db, "SELECT COUNT(*) FROM t")
		must(t, err)
		if n != 1199 || left[0] != 500 {
			t.Errorf("%d read, %d left", n, left[0])
		}
	})
}

func TestNamed(t *testing.T) {
	t.Parallel()
	if got := cmssql.MySQL.Named("p_", "SELECT 1 FROM {a} JOIN {b`c} x"); got != "SELECT 1 FROM `p_a` JOIN `p_b``c` x" {
		t.Error(got)
	}
	if got := cmssql.Postgres.Named("", "} {"); got != "} {" {
		t.Error(got)
	}
}
