package cmstest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// admin opens a site's database apart from the driver.
func admin(t *testing.T, set cms.Settings) *cmssql.DB {
	t.Helper()
	db, err := cmssql.Open(t.Context(), set.Database, true)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func tables(t *testing.T, db *cmssql.DB) []string {
	t.Helper()
	names, err := db.Tables(t.Context())
	must(t, err)
	slices.Sort(names)
	return names
}

// checksums digest the content of every table but those to be left out, or what the site consists of instead.
func (s *suite) checksums(t *testing.T, set cms.Settings, skip func(table string) bool) map[string]string {
	t.Helper()
	if s.h.Sums != nil {
		return s.h.Sums(t, set, skip)
	}
	db := admin(t, set)
	sums := map[string]string{}
	for _, table := range tables(t, db) {
		if !skip(table) {
			sums[table] = checksum(t, db, table)
		}
	}
	must(t, db.Close())
	return sums
}

func checksum(t *testing.T, db *cmssql.DB, table string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT * FROM "+cmssql.QuoteName(db.Dialect(), table))
	must(t, err)
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	must(t, err)
	var lines []string
	for rows.Next() {
		// RawBytes would not tell an empty text from NULL.
		vals := make([][]byte, len(cols))
		ptrs := make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		must(t, rows.Scan(ptrs...))
		h := sha256.New()
		for _, v := range vals {
			_, _ = fmt.Fprintf(h, "%t%d:%s", v == nil, len(v), v)
		}
		lines = append(lines, string(h.Sum(nil)))
	}
	must(t, rows.Err())
	sort.Strings(lines)
	return fmt.Sprintf("%d rows %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, ""))))
}

func differ(t *testing.T, before, after map[string]string) {
	t.Helper()
	for table, sum := range before {
		if after[table] != sum {
			t.Errorf("table %s changed: %s, then %s", table, sum, after[table])
		}
	}
	for table := range after {
		if _, ok := before[table]; !ok {
			t.Errorf("table %s was made", table)
		}
	}
}

// decoys copies every table under other names that LIKE could confuse with the site's own.
func (s *suite) decoys(t *testing.T, set cms.Settings) {
	t.Helper()
	db := admin(t, set)
	for _, table := range tables(t, db) {
		own := cmssql.QuoteName(db.Dialect(), table)
		for _, name := range []string{"x" + table, strings.ReplaceAll(table, "_", "0")} {
			if name != table {
				must(t, db.Exec(t.Context(), "CREATE TABLE "+cmssql.QuoteName(db.Dialect(), name)+" AS SELECT * FROM "+own))
			}
		}
	}
	must(t, db.Close())
}

func (s *suite) addColumns(t *testing.T, set cms.Settings) {
	t.Helper()
	db := admin(t, set)
	for _, table := range tables(t, db) {
		must(t, db.Exec(t.Context(), "ALTER TABLE "+cmssql.QuoteName(db.Dialect(), table)+" ADD COLUMN zz_plugin VARCHAR(20) DEFAULT 'added'"))
	}
	must(t, db.Close())
}

// poison makes the database refuse rows whose column holds the word.
func (s *suite) poison(t *testing.T, set cms.Settings, c Column) {
	t.Helper()
	db := admin(t, set)
	table := cmssql.QuoteName(db.Dialect(), set.Prefix+c.Table)
	q := fmt.Sprintf("CREATE TRIGGER bailey_poison BEFORE INSERT ON %s FOR EACH ROW IF NEW.%s LIKE '%%poison%%' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF", table, c.Column)
	switch db.Dialect() {
	case cmssql.Postgres:
		must(t, db.Exec(t.Context(), "CREATE FUNCTION bailey_poison() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql"))
		q = fmt.Sprintf("CREATE TRIGGER bailey_poison BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW.%s LIKE '%%poison%%') EXECUTE FUNCTION bailey_poison()", table, c.Column)
	case cmssql.SQLite:
		q = fmt.Sprintf("CREATE TRIGGER bailey_poison BEFORE INSERT ON %s WHEN NEW.%s LIKE '%%poison%%' BEGIN SELECT RAISE(ABORT, 'poison'); END", table, c.Column)
	}
	must(t, db.Exec(t.Context(), q))
	must(t, db.Close())
}

// beyond32 is the first automatic id after the change.
const beyond32 = int64(1)<<33 + 7

func (s *suite) raiseIDs(t *testing.T, set cms.Settings) {
	t.Helper()
	db := admin(t, set)
	for _, name := range s.h.AutoID {
		table := set.Prefix + name
		if db.Dialect() == cmssql.MySQL {
			must(t, db.Exec(t.Context(), fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", cmssql.QuoteName(cmssql.MySQL, table), beyond32)))
			continue
		}
		if db.Dialect() == cmssql.Postgres {
			// Whatever column of the table is numbered by itself.
			must(t, db.Exec(t.Context(), "SELECT setval(pg_get_serial_sequence(quote_ident(table_name), column_name), ?) FROM information_schema.columns WHERE table_name = ? AND column_default LIKE 'nextval(%'", beyond32, table))
			continue
		}
		must(t, db.Exec(t.Context(), "DELETE FROM sqlite_sequence WHERE name = ?", table))
		must(t, db.Exec(t.Context(), "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, beyond32-1))
	}
	must(t, db.Close())
}
