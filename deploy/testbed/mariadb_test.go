package testbed

import "testing"

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
