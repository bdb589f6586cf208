package cmssql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// MaxCopy is how many bytes of tables a dry run copies at most: the copies take as much room on the database's disk.
const MaxCopy = 2 << 30

// ErrTooLarge says that the tables take more than MaxCopy.
var ErrTooLarge = errors.New("the tables are too large for temporary copies")

// copying is the name under which a copy is filled before it takes the table's own.
const copying = "bailey_copying"

// single lets one connection be made. The copies live in that session: another one would write to the tables themselves.
type single struct {
	driver.Connector
	made atomic.Bool
}

// Connect implements driver.Connector.
func (s *single) Connect(ctx context.Context) (driver.Conn, error) {
	if s.made.Swap(true) {
		return nil, driver.ErrBadConn
	}
	return s.Connector.Connect(ctx)
}

// Copied says that temporary copies stand in front of the tables.
func (d *DB) Copied() bool { return d.copied }

// Copy puts temporary copies in front of all tables whose names begin with prefix, for this session alone. Triggers and
// foreign keys do not come with them. A table that cannot be copied (full-text indexes, generated columns) stays as it is:
// it can be read, and after Seal not written. The database must have been opened with Config.DryRun.
func (d *DB) Copy(ctx context.Context, prefix string) error {
	tables, bytes, err := d.tables(ctx, prefix)
	if err != nil {
		return err
	}
	if bytes > MaxCopy {
		return ErrTooLarge
	}
	d.copied = true
	if d.dialect == MySQL {
		// A row may have the number 0, which MySQL would take for the next one.
		if err := d.Exec(ctx, "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := d.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy a table: %w", err)
		}
	}
	return nil
}

// Seal makes the session refuse to write to anything but temporary tables.
func (d *DB) Seal(ctx context.Context) error {
	switch d.dialect {
	case MySQL:
		return d.Exec(ctx, "SET SESSION TRANSACTION READ ONLY")
	case Postgres:
		return d.Exec(ctx, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
	}
	return nil // opened read-only
}

// original is a table with the statements that made it, where the dialect needs them.
type original struct {
	name, made string
	indexes    []string
}

func (d *DB) tables(ctx context.Context, prefix string) (all []*original, bytes int64, err error) {
	query := "SELECT table_name, '', 'table', COALESCE(data_length, 0) + COALESCE(index_length, 0) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
	if d.dialect == Postgres {
		query = "SELECT relname, current_schema(), 'table', pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
	}
	if d.dialect == SQLite {
		query = "SELECT tbl_name, sql, type, 0 FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
		if err := d.QueryRow(ctx, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Scan(&bytes); err != nil {
			return nil, 0, err
		}
	}
	rows, err := d.Query(ctx, query)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }()
	known := map[string]*original{}
	for rows.Next() {
		var name, made, kind string
		var size int64
		if err := rows.Scan(&name, &made, &kind, &size); err != nil {
			return nil, 0, err
		}
		switch t := known[name]; {
		case len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix), strings.HasPrefix(name, "sqlite_"), strings.HasPrefix(made, "CREATE VIRTUAL"):
		case kind == "table":
			known[name] = &original{name: name, made: made}
			all, bytes = append(all, known[name]), bytes+size
		case t != nil:
			t.indexes = append(t.indexes, made)
		}
	}
	return all, bytes, rows.Err()
}

func (d *DB) copyTable(ctx context.Context, t *original) error {
	do, undo := copyMySQL(t)
	switch d.dialect {
	case MySQL:
		made, err := d.withoutFullText(ctx, t.name)
		if err != nil {
			return err
		}
		if made != "" {
			do[0] = made
		}
	case SQLite:
		do, undo = copySQLite(t)
	case Postgres:
		do, undo = copyPostgres(t)
	}
	for _, q := range do {
		err := d.Exec(ctx, q)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil || !aboutTable(err):
			return err
		}
		return d.Exec(ctx, undo)
	}
	return nil
}

// aboutTable says that an error concerns one table and not the session, the disk or the rights.
func aboutTable(err error) bool {
	switch ClassOf(err) {
	case Retry, Gone, Refused, Full:
		return false
	}
	return true
}

// withoutFullText makes a copy of a table that InnoDB would not copy because of its full-text indexes; "" where it has none.
func (d *DB) withoutFullText(ctx context.Context, name string) (string, error) {
	var n int
	query := "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_type = 'FULLTEXT'"
	if err := d.QueryRow(ctx, query, name).Scan(&n); err != nil || n == 0 {
		return "", err
	}
	var made string
	if err := d.QueryRow(ctx, "SHOW CREATE TABLE "+QuoteName(MySQL, name)).Scan(&name, &made); err != nil {
		return "", err
	}
	lines := strings.Split(made, "\n")
	columns := slices.DeleteFunc(lines[1:len(lines)-1], func(l string) bool {
		l = strings.TrimSpace(l)
		return strings.HasPrefix(l, "FULLTEXT ") || strings.HasPrefix(l, "CONSTRAINT ")
	})
	return "CREATE TEMPORARY TABLE " + copying + " (\n" + strings.TrimSuffix(strings.Join(columns, "\n"), ",") + "\n" + lines[len(lines)-1], nil
}

func copyMySQL(t *original) (do []string, undo string) {
	name := QuoteName(MySQL, t.name)
	// A copy cannot be made under the table's own name, because there it would hide what it is to be made from.
	return []string{
		"CREATE TEMPORARY TABLE " + copying + " LIKE " + name,
		"INSERT INTO " + copying + " SELECT * FROM " + name,
		"ALTER TABLE " + copying + " RENAME TO " + name,
	}, "DROP TEMPORARY TABLE IF EXISTS " + copying
}

// copyPostgres gives the copy a sequence of its own: the table's would go on counting.
func copyPostgres(t *original) (do []string, undo string) {
	name, schema := QuoteName(Postgres, t.name), QuoteName(Postgres, t.made)
	text := strings.ReplaceAll(schema+"."+name, "'", "''")
	return []string{
		"CREATE TEMPORARY TABLE " + name + " (LIKE " + schema + "." + name + " INCLUDING ALL)",
		"INSERT INTO pg_temp." + name + " OVERRIDING SYSTEM VALUE SELECT * FROM " + schema + "." + name,
		fmt.Sprintf(ownSequence, text),
	}, "DROP TABLE IF EXISTS pg_temp." + name
}

// ownSequence replaces the sequences that number a table's rows by temporary ones that go on from the same number.
const ownSequence = `DO $$ DECLARE c record; n bigint; s text; BEGIN
	FOR c IN SELECT a.attname, a.attidentity, l.relname, pg_get_serial_sequence('%[1]s', a.attname) AS seq FROM pg_attribute a JOIN pg_class l ON l.oid = a.attrelid
		WHERE a.attrelid = '%[1]s'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND pg_get_serial_sequence('%[1]s', a.attname) IS NOT NULL
	LOOP
		EXECUTE 'SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM ' || c.seq INTO n;
		IF c.attidentity <> '' THEN
			PERFORM setval(pg_get_serial_sequence('pg_temp.' || quote_ident(c.relname), c.attname), n, false);
		ELSE
			s := 'pg_temp.' || quote_ident('bailey_' || md5(c.relname || '/' || c.attname));
			EXECUTE 'CREATE TEMPORARY SEQUENCE ' || substr(s, 9) || ' START ' || n;
			EXECUTE 'ALTER TABLE pg_temp.' || quote_ident(c.relname) || ' ALTER COLUMN ' || quote_ident(c.attname) || ' SET DEFAULT nextval(' || quote_literal(s) || ')';
		END IF;
	END LOOP;
END $$`

// copySQLite uses the statements as SQLite keeps them: they begin with "CREATE TABLE " and "CREATE [UNIQUE] INDEX ".
func copySQLite(t *original) (do []string, undo string) {
	name := QuoteName(SQLite, t.name)
	do = []string{strings.Replace(t.made, "CREATE TABLE ", "CREATE TEMP TABLE ", 1), "INSERT INTO temp." + name + " SELECT * FROM main." + name}
	for _, q := range t.indexes {
		do = append(do, strings.Replace(q, "INDEX ", "INDEX temp.", 1))
	}
	return do, "DROP TABLE IF EXISTS temp." + name
}
