package testbed

import (
	"database/sql"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

func TestDatabasesAreApart(t *testing.T) {
	s := MariaDB(t)
	a, b := s.Database(t), s.Database(t)
	if _, err := a.DB.Exec("CREATE TABLE x (id INT PRIMARY KEY); INSERT INTO x VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.DB.QueryRow("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&n); err != nil || n != 0 {
		t.Fatalf("tables in a fresh database: %d, %v", n, err)
	}
}

func TestPostgresDatabasesAreApartAndSurviveACrash(t *testing.T) {
	s := Postgres(t)
	a, b := connectTo(t, s.Database(t)), connectTo(t, s.Database(t))
	if _, err := a.Exec("CREATE TABLE x (id INT PRIMARY KEY); INSERT INTO x VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	const tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
	var of [2]int
	for i, db := range []*sql.DB{a, b} {
		if err := db.QueryRow(tables).Scan(&of[i]); err != nil {
			t.Fatal(err)
		}
	}
	if of != [2]int{1, 0} {
		t.Fatalf("tables after a crash: %v", of)
	}
}

func connectTo(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
