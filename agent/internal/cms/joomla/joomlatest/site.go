// Package joomlatest makes Joomla sites for tests: the tables that the installers of Joomla 3 and 5 make, and a little content.
package joomlatest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "embed" // for the tables

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

//go:embed joomla3.sql
var tables3 string

//go:embed joomla5.sql
var tables5 string

// Site is a Joomla in a database of its own.
type Site struct {
	cms.Settings
	// Three says that it is of version 3, with zero dates.
	Three bool
	db    *cmssql.DB
}

// New installs Joomla 5, or 3, with what the installer leaves: a Super User, one category per component, a menu.
func New(tb testing.TB, d cmssql.Dialect, prefix string, three bool) *Site {
	tb.Helper()
	s := &Site{Three: three, Settings: cms.Settings{Platform: "joomla", Prefix: prefix, Files: tb.TempDir(), BaseURL: "https://joomla.example"}}
	dsn := ""
	if d == cmssql.Postgres {
		dsn = testbed.Postgres(tb).Database(tb)
	} else {
		dsn = testbed.MariaDB(tb).Database(tb).DSN
	}
	var err error
	if s.Database, err = cmssql.ParseDSN(dsn); err != nil {
		tb.Fatal(err)
	}
	if s.db, err = cmssql.Open(context.Background(), s.Database, true); err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = s.db.Close() }()
	s.tables(tb)
	s.install(tb)
	s.File(tb, "configuration.php", []byte("<?php\nclass JConfig {\n\tpublic $sitename = 'Test site';\n\tpublic $offset = 'Europe/Berlin';\n\tpublic $sef = true;\n\tpublic $password = 'SECRET';\n}\n"))
	s.File(tb, "images/index.html", []byte("<!DOCTYPE html><title></title>"))
	return s
}

// Open gives the database once more, for tests that look into it; it is closed at the test's end.
func (s *Site) Open(tb testing.TB) *cmssql.DB {
	tb.Helper()
	db, err := cmssql.Open(context.Background(), s.Database, true)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	s.db = db
	return db
}

// File stores a file below the site's folder.
func (s *Site) File(tb testing.TB, name string, data []byte) {
	tb.Helper()
	p := filepath.Join(s.Files, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Exec runs a statement; {name} is a table.
func (s *Site) Exec(tb testing.TB, query string, args ...any) {
	tb.Helper()
	if err := s.db.Exec(context.Background(), s.db.Dialect().Named(s.Prefix, query), args...); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

var columnLine = regexp.MustCompile(`^(\w+) (.*)$`)

// tables reads the list of tables: a line with the name, then indented lines with columns and keys.
func (s *Site) tables(tb testing.TB) {
	tb.Helper()
	text := tables5
	if s.Three {
		text = tables3
	}
	for _, block := range strings.Split(text, "-- ")[1:] {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		var cols []string
		for _, l := range lines[1:] {
			cols = append(cols, s.column(strings.TrimSpace(l)))
		}
		s.Exec(tb, "CREATE TABLE {"+lines[0]+"} ("+strings.Join(cols, ", ")+")")
	}
}

var postgresTypes = strings.NewReplacer("int unsigned NOT NULL AUTO_INCREMENT", "SERIAL", "int NOT NULL AUTO_INCREMENT", "SERIAL", " unsigned", "", "tinyint", "smallint",
	"mediumint", "int", "mediumtext", "text", "datetime", "timestamp", "current_timestamp() ON UPDATE current_timestamp()", "now()", "char(", "varchar(", "varchar(", "varchar(",
	"0000-00-00 00:00:00", "1970-01-01 00:00:00")

var prefixLength = regexp.MustCompile(`"\(\d+\)`)

func (s *Site) column(line string) string {
	key := strings.HasPrefix(line, "PRIMARY KEY") || strings.HasPrefix(line, "UNIQUE")
	m := columnLine.FindStringSubmatch(line)
	switch {
	case s.db.Dialect() == cmssql.Postgres && key:
		return prefixLength.ReplaceAllString(line, `"`)
	case s.db.Dialect() == cmssql.Postgres:
		return `"` + m[1] + `" ` + postgresTypes.Replace(m[2])
	case key:
		return strings.ReplaceAll(line, `"`, "`")
	}
	return "`" + m[1] + "` " + m[2]
}
