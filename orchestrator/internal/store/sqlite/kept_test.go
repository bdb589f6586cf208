package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
)

// TestKeptStatements: a statement is read once, can be run while rows of it are looked through, and goes on after a failure and a
// change of the schema.
func TestKeptStatements(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := open(filepath.Join(t.TempDir(), "some.db"), "immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	const add, above, one = "-- name: Add :exec\nINSERT INTO n VALUES (?)", "-- name: Above :many\nSELECT i FROM n WHERE i > ? ORDER BY i", "-- name: One :one\nSELECT i FROM n WHERE i = ?"
	exec("CREATE TABLE n (i INTEGER PRIMARY KEY)")
	for i := range 4 {
		exec(add, i)
	}
	if _, err := db.ExecContext(ctx, add, 3); err == nil {
		t.Error("the same row was added twice")
	}
	exec("CREATE INDEX other ON n (i)")
	exec(add, 4)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	// Every row looks for those above it, by the same statement.
	var look func(from int)
	look = func(from int) {
		rows, err := tx.QueryContext(ctx, above, from)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var i int
			if err := rows.Scan(&i); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, i)
			look(i)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	look(1)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 7 { // 2 (3 (4) 4) 3 (4) 4
		t.Errorf("seen %v", seen)
	}
	for range 2 {
		var i int
		if err := db.QueryRowContext(ctx, one, 4).Scan(&i); err != nil || i != 4 {
			t.Errorf("%d, %v", i, err)
		}
		if err := db.QueryRowContext(ctx, one, 9).Scan(&i); !errors.Is(err, sql.ErrNoRows) {
			t.Error(err)
		}
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Raw(func(c any) error {
		if kept := c.(*keeper).kept; len(kept) != 3 {
			t.Errorf("%d statements are kept", len(kept))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
