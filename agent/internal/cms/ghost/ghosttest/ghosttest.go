// Package ghosttest makes Ghost sites for tests: the tables of version 5.130 as its installer leaves them, empty or with content.
package ghosttest

import (
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

// tables has one line per table: name | column:type[!][=default] … | unique keys | column>table foreign keys.
//
//go:embed tables.txt
var tables string

// Site is a Ghost site of a test.
type Site struct {
	// Settings open it for reading; set Writable for a target.
	Settings cms.Settings
	// DB is a connection for the test.
	DB   *sql.DB
	made int
}

// New makes a site right after its setup: the owner, the roles, settings, one newsletter, two tiers, the tag News.
func New(tb testing.TB, d cmssql.Dialect) *Site {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "content")
	for _, name := range []string{"images", "data"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	s := &Site{Settings: cms.Settings{Platform: "ghost", BaseURL: "https://ghost.example", Files: dir}}
	s.connect(tb, d)
	for _, ddl := range schema(d) {
		s.exec(tb, ddl)
	}
	s.install(tb)
	return s
}

func (s *Site) connect(tb testing.TB, d cmssql.Dialect) {
	tb.Helper()
	if d == cmssql.MySQL {
		db := testbed.MariaDB(tb).Database(tb)
		cfg, err := cmssql.ParseDSN(db.DSN)
		if err != nil {
			tb.Fatal(err)
		}
		s.Settings.Database, s.DB = cfg, db.DB
		return
	}
	file := filepath.Join(tb.TempDir(), "ghost.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		tb.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	s.Settings.Database, s.DB = cmssql.Config{Dialect: cmssql.SQLite, File: file}, db
}

func (s *Site) exec(tb testing.TB, query string, args ...any) {
	tb.Helper()
	if _, err := s.DB.Exec(query, args...); err != nil {
		tb.Fatalf("%.80s: %v", query, err)
	}
}

// File stores a file below the content folder.
func (s *Site) File(tb testing.TB, path string, data []byte) {
	tb.Helper()
	full := filepath.Join(s.Settings.Files, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		tb.Fatal(err)
	}
}

// schema is the DDL in a dialect.
func schema(d cmssql.Dialect) []string {
	var all []string
	for line := range strings.Lines(tables) {
		parts := strings.Split(strings.TrimSpace(line)+" | | ", "|")
		name := strings.TrimSpace(parts[0])
		var cols []string
		for _, def := range strings.Fields(parts[1]) {
			cols = append(cols, column(d, def))
		}
		for _, key := range strings.Fields(parts[2]) {
			cols = append(cols, "UNIQUE (`"+strings.ReplaceAll(key, ",", "`, `")+"`)")
		}
		for _, fk := range strings.Fields(parts[3]) {
			cols = append(cols, foreign(fk))
		}
		end := ""
		if d == cmssql.MySQL {
			end = " DEFAULT CHARSET = utf8mb4"
		}
		all = append(all, fmt.Sprintf("CREATE TABLE `%s` (%s)%s", name, strings.Join(cols, ", "), end))
	}
	return all
}

var types = map[cmssql.Dialect]map[string]string{
	cmssql.SQLite: {"text": "text", "bool": "boolean", "date": "datetime", "int": "integer", "big": "bigint"},
	cmssql.MySQL:  {"text": "longtext", "bool": "tinyint(1)", "date": "datetime", "int": "int", "big": "bigint"},
}

func column(d cmssql.Dialect, def string) string {
	def, value, hasDefault := strings.Cut(def, "=")
	name, typ, _ := strings.Cut(def, ":")
	typ, notNull := strings.CutSuffix(typ, "!")
	out := "`" + name + "` "
	if t, ok := types[d][typ]; ok {
		out += t
	} else {
		out += "varchar(" + typ + ")"
	}
	if notNull {
		out += " NOT NULL"
	}
	if hasDefault {
		out += " DEFAULT '" + value + "'"
	}
	if name == "id" {
		out += " PRIMARY KEY"
	}
	return out
}

func foreign(def string) string {
	def, action, _ := strings.Cut(def, "/")
	col, table, _ := strings.Cut(def, ">")
	out := "FOREIGN KEY (`" + col + "`) REFERENCES `" + table + "` (`id`)"
	if action != "" {
		out += " ON DELETE " + strings.ReplaceAll(action, "_", " ")
	}
	return out
}
