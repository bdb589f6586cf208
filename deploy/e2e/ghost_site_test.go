//go:build accept

package e2e

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // driver
)

// ghostSite is a Ghost of the fixtures: configuration, database, images.
type ghostSite struct {
	root, file string
	db         *sql.DB
}

// newGhost copies ghost.db or ghost-blank.db into a fresh installation.
func newGhost(t *testing.T, database string) *ghostSite {
	t.Helper()
	g := emptyGhost(t)
	b, err := os.ReadFile(filepath.Join(fixtures, "ghost", database))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	g.configure(t)
	if database == "ghost.db" {
		if out, err := exec.Command("tar", "xzf", filepath.Join(fixtures, "ghost", "content-images.tar.gz"), "-C", filepath.Join(g.root, "content")).CombinedOutput(); err != nil {
			t.Fatalf("unpack images: %v: %s", err, out)
		}
	}
	g.open(t)
	return g
}

// emptyGhost is an installation without a database.
func emptyGhost(t *testing.T) *ghostSite {
	t.Helper()
	g := &ghostSite{root: t.TempDir()}
	g.file = filepath.Join(g.root, "content", "data", "ghost.db")
	if err := os.MkdirAll(filepath.Dir(g.file), 0o755); err != nil {
		t.Fatal(err)
	}
	return g
}

// open looks at the database, which must be there.
func (g *ghostSite) open(t *testing.T) {
	t.Helper()
	var err error
	if g.db, err = sql.Open("sqlite", "file:"+g.file+"?mode=ro"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.db.Close() })
}

func (g *ghostSite) configure(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, "ghost", "config.production.json"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("/var/www/ghost/content/data/ghost.db", g.file, "/var/www/ghost/content/", filepath.Join(g.root, "content")+"/").Replace(string(b))
	if err := os.WriteFile(filepath.Join(g.root, "config.production.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(g.images(), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (g *ghostSite) images() string { return filepath.Join(g.root, "content", "images") }

// rows reads all rows of a query as maps; null is "".
func (g *ghostSite) rows(t *testing.T, query string, args ...any) []map[string]string {
	t.Helper()
	rows, err := g.db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for rows.Next() {
		values, to := make([]sql.NullString, len(cols)), make([]any, len(cols))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, c := range cols {
			row[c] = clock(values[i].String)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// clock gives a time as Ghost stores it; the database driver parses columns that are declared as such.
func clock(s string) string {
	if len(s) == len("2006-01-02T15:04:05Z") {
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			return at.Format(time.DateTime)
		}
	}
	return s
}

// state is the hash of each table's rows and of each image.
func (g *ghostSite) state(t *testing.T) map[string]string {
	t.Helper()
	all := fileHashes(t, g.images())
	for _, table := range g.rows(t, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		var rows []string
		for _, row := range g.rows(t, `SELECT * FROM "`+table["name"]+`"`) {
			b, err := json.Marshal(row)
			need(t, err)
			rows = append(rows, string(b))
		}
		// The order of rows says nothing: one that was put back is the last.
		sort.Strings(rows)
		all["table "+table["name"]] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(rows, "\n"))))
	}
	return all
}

// fileHash is the hash of the database file.
func (g *ghostSite) fileHash(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(g.file)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// joined gives the values of a query's column v grouped by k, each list in order.
func (g *ghostSite) joined(t *testing.T, query string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range g.rows(t, query) {
		if all[r["k"]] != "" {
			all[r["k"]] += ", "
		}
		all[r["k"]] += r["v"]
	}
	return all
}
