// Package drupaltest makes Drupal sites for tests: those tables of 7.105 or 9.5.11 that the driver reads, empty or with content.
package drupaltest

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

// tables7 and tables8 have one line per table: name | column:type[!][=default] … | primary key | unique keys. Types: s is
// numbered by itself, i whole number, vN text of N letters (VN without regard to case), t and T long text, b bytes,
// d decimal, f float.
//
//go:embed tables7.txt
var tables7 string

//go:embed tables8.txt
var tables8 string

// Site is a Drupal site of a test.
type Site struct {
	// Settings open it for reading; set Writable for a target.
	Settings cms.Settings
	db       *cmssql.DB
}

// New makes a site as the installer leaves it: major is 7 or 8, which stands for all later versions.
func New(tb testing.TB, d cmssql.Dialect, prefix string, major int) *Site {
	tb.Helper()
	s := &Site{Settings: cms.Settings{Platform: "drupal", Database: database(tb, d), Prefix: prefix, BaseURL: "https://drupal.test", Files: filepath.Join(tb.TempDir(), "sites/default/files")}}
	check(tb, os.MkdirAll(s.Settings.Files, 0o750))
	db, err := cmssql.Open(tb.Context(), s.Settings.Database, true)
	check(tb, err)
	s.db = db
	tb.Cleanup(func() { _ = db.Close() })
	lines, install := tables7, s.install7
	s.Settings.Version = "7.105"
	if major != 7 {
		lines, install, s.Settings.Version = tables8, s.install8, "9.5.11"
	}
	for line := range strings.Lines(lines) {
		s.create(tb, strings.TrimSpace(line))
	}
	install(tb)
	return s
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func database(tb testing.TB, d cmssql.Dialect) cmssql.Config {
	tb.Helper()
	dsn := ""
	switch d {
	case cmssql.SQLite:
		file := testbed.SQLite(tb)
		check(tb, os.WriteFile(file, nil, 0o600))
		return cmssql.Config{Dialect: cmssql.SQLite, File: file}
	case cmssql.Postgres:
		dsn = testbed.Postgres(tb).Database(tb)
	default:
		dsn = testbed.MariaDB(tb).Database(tb).DSN
	}
	c, err := cmssql.ParseDSN(dsn)
	check(tb, err)
	return c
}

// create makes the table of one line.
func (s *Site) create(tb testing.TB, line string) {
	tb.Helper()
	part := strings.Split(line, "|")
	var cols []string
	numbered := false
	for spec := range strings.FieldsSeq(part[1]) {
		name, typ, _ := strings.Cut(spec, ":")
		numbered = numbered || typ == "s"
		cols = append(cols, s.quote(name)+" "+s.column(typ))
	}
	if part[2] != "" && (s.db.Dialect() != cmssql.SQLite || !numbered) {
		cols = append(cols, "PRIMARY KEY ("+s.list(part[2])+")")
	}
	for key := range strings.FieldsSeq(part[3]) {
		cols = append(cols, "UNIQUE ("+s.list(key)+")")
	}
	check(tb, s.db.Exec(tb.Context(), "CREATE TABLE "+s.quote(s.Settings.Prefix+part[0])+" ("+strings.Join(cols, ", ")+")"))
}

func (s *Site) quote(name string) string { return cmssql.QuoteName(s.db.Dialect(), name) }

func (s *Site) list(names string) string {
	var all []string
	for n := range strings.SplitSeq(names, ",") {
		all = append(all, s.quote(n))
	}
	return strings.Join(all, ", ")
}

// types are the columns of the dialects by letter.
var types = map[cmssql.Dialect]map[byte]string{
	cmssql.MySQL:    {'s': "BIGINT NOT NULL AUTO_INCREMENT", 'i': "BIGINT", 't': "LONGTEXT", 'T': "LONGTEXT", 'b': "LONGBLOB", 'd': "DECIMAL(10,2)", 'f': "FLOAT"},
	cmssql.SQLite:   {'s': "INTEGER PRIMARY KEY AUTOINCREMENT", 'i': "INTEGER", 't': "TEXT", 'T': "TEXT COLLATE NOCASE_UTF8", 'b': "BLOB", 'd': "NUMERIC", 'f': "FLOAT"},
	cmssql.Postgres: {'s': "BIGSERIAL", 'i': "BIGINT", 't': "TEXT", 'T': "TEXT", 'b': "BYTEA", 'd': "NUMERIC(10,2)", 'f': "REAL"},
}

func (s *Site) column(spec string) string {
	typ, value, set := strings.Cut(spec, "=")
	bare := strings.TrimSuffix(typ, "!")
	def := types[s.db.Dialect()][bare[0]]
	if bare[0]|0x20 == 'v' {
		def = "VARCHAR(" + bare[1:] + ")"
		if bare[0] == 'V' && s.db.Dialect() == cmssql.SQLite {
			def += " COLLATE NOCASE_UTF8"
		}
	}
	if bare != typ {
		def += " NOT NULL"
	}
	if set {
		def += " DEFAULT '" + value + "'"
	}
	return def
}

// Insert adds a row; cols are names separated by blanks.
func (s *Site) Insert(tb testing.TB, table, cols string, values ...any) {
	tb.Helper()
	names := strings.Fields(cols)
	for i, v := range values {
		// Serialized values are bytes to PostgreSQL.
		if text, ok := v.(string); ok && serialized[names[i]] {
			values[i] = []byte(text)
		}
	}
	marks := strings.TrimSuffix(strings.Repeat("?,", len(names)), ",")
	check(tb, s.db.Exec(tb.Context(), "INSERT INTO "+s.quote(s.Settings.Prefix+table)+" ("+s.list(strings.Join(names, ","))+") VALUES ("+marks+")", values...))
}

// serialized are columns of bytes.
var serialized = map[string]bool{"data": true, "options": true, "link__options": true, "redirect_redirect__options": true, "redirect_source__query": true, "field_website_options": true}

// number moves the numbering of a table past the rows that brought their own numbers.
func (s *Site) number(tb testing.TB, names ...string) {
	tb.Helper()
	if s.db.Dialect() != cmssql.Postgres {
		return
	}
	for _, name := range names {
		table, col, _ := strings.Cut(name, ".")
		full := s.quote(s.Settings.Prefix + table)
		check(tb, s.db.Exec(tb.Context(), "SELECT setval(pg_get_serial_sequence('"+full+"', '"+col+"'), (SELECT COALESCE(MAX("+col+"), 0) + 1 FROM "+full+"), false)"))
	}
}

// File writes an upload.
func (s *Site) File(tb testing.TB, name, content string) {
	tb.Helper()
	full := filepath.Join(s.Settings.Files, name)
	check(tb, os.MkdirAll(filepath.Dir(full), 0o750))
	check(tb, os.WriteFile(full, []byte(content), 0o600))
}
