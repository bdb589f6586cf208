package drupal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// measureLetters finds out whether texts may hold letters of four bytes.
func (s *Site) measureLetters(ctx context.Context) error {
	if !s.seven || s.db.Dialect() != cmssql.MySQL {
		return nil
	}
	sets, err := cmssql.Column[string](ctx, s.db, "SELECT COALESCE(character_set_name, '') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = 'title'", s.settings.Prefix+"node")
	s.threeBytes = len(sets) > 0 && sets[0] != "utf8mb4"
	return err
}

// columns7 are the words of fieldTypes7 in the dialects, as Drupal's own schema makes them.
var columns7 = map[cmssql.Dialect]map[string]string{
	cmssql.MySQL: {"longtext": "longtext", "text": "text", "int": "int(11)", "uint": "int(10) unsigned", "tiny": "tinyint(3) unsigned NOT NULL DEFAULT 1", "float": "float",
		"key": "int(10) unsigned NOT NULL", "deleted": "tinyint(4) NOT NULL DEFAULT 0"},
	cmssql.Postgres: {"longtext": "text", "text": "text", "int": "int", "uint": "bigint", "tiny": "int NOT NULL DEFAULT 1", "float": "real", "key": "bigint NOT NULL", "deleted": "smallint NOT NULL DEFAULT 0"},
	cmssql.SQLite:   {"longtext": "TEXT", "text": "TEXT", "int": "INTEGER", "uint": "INTEGER", "tiny": "INTEGER NOT NULL DEFAULT 1", "float": "FLOAT", "key": "INTEGER NOT NULL", "deleted": "INTEGER NOT NULL DEFAULT 0"},
}

// fieldTables7 makes the two tables of a field. MySQL ends a transaction when a table is made: there it is made beside the
// batch's, and one that the batch then does not use stays empty until a later one does. A dry run makes none, and writes
// no values.
func (w *writer) fieldTables7(ctx context.Context, name string, kind fieldKind) error {
	if w.s.db.Copied() {
		return nil
	}
	t := fieldTypes7[kind.typ]
	for _, table := range []string{"field_data_" + name, "field_revision_" + name} {
		if err := w.fieldTable7(ctx, table, name, kind, t); err != nil {
			return fmt.Errorf("make the table of a field: %w", err)
		}
	}
	if w.q.Dialect() != cmssql.MySQL {
		// Until the batch is committed nobody else has the tables.
		w.s.live = w.s.live.copy()
	}
	return w.s.live.load(ctx, w.q, w.s.settings.Prefix)
}

func (w *writer) fieldTable7(ctx context.Context, table, name string, kind fieldKind, t fieldType7) error {
	d := w.q.Dialect()
	words := maps.Clone(columns7[d])
	words["decimal"] = fmt.Sprintf("decimal(%d,%d)", decimals, kind.scale)
	revision, keys := words["uint"], "entity_type, entity_id, deleted, delta, language"
	if strings.HasPrefix(table, "field_revision_") {
		revision, keys = words["key"], "entity_type, entity_id, revision_id, deleted, delta, language"
	}
	lines := []string{"entity_type varchar(128) NOT NULL DEFAULT ''", "bundle varchar(128) NOT NULL DEFAULT ''", "deleted " + words["deleted"], "entity_id " + words["key"], "revision_id " + revision,
		"language varchar(32) NOT NULL DEFAULT ''", "delta " + words["key"]}
	indexes := []string{"entity_type", "bundle", "deleted", "entity_id", "revision_id", "language"}
	for _, c := range t.columns {
		col, typ, _ := strings.Cut(c, " ")
		if word, ok := words[typ]; ok {
			typ = word
		}
		lines = append(lines, w.quote(name+"_"+col)+" "+typ)
	}
	for _, c := range t.indexed {
		indexes = append(indexes, name+"_"+c)
	}
	lines = append(lines, "PRIMARY KEY ("+keys+")")
	tail := ""
	if d == cmssql.MySQL {
		// A longer beginning than Drupal indexes of a text does not fit into every server's keys.
		for _, i := range indexes {
			part := map[bool]string{true: "(191)"}[strings.HasSuffix(i, "_format")]
			lines = append(lines, "KEY "+w.quote(i)+" ("+w.quote(i)+part+")")
		}
		like, err := cmssql.Column[string](ctx, w.q, "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", w.s.settings.Prefix+"node")
		if err != nil {
			return err
		}
		if len(like) > 0 {
			set, _, _ := strings.Cut(like[0], "_")
			tail = " ENGINE=InnoDB DEFAULT CHARSET=" + set + " COLLATE=" + like[0]
		}
	}
	full := w.s.settings.Prefix + table
	if err := w.define7(ctx, "CREATE TABLE IF NOT EXISTS "+w.quote(full)+" ("+strings.Join(lines, ", ")+")"+tail); err != nil || d == cmssql.MySQL {
		return err
	}
	for _, i := range indexes {
		index := full + "_" + i + map[bool]string{true: "_idx"}[d == cmssql.Postgres]
		if err := w.define7(ctx, "CREATE INDEX IF NOT EXISTS "+w.quote(index[max(0, len(index)-63):])+" ON "+w.quote(full)+" ("+w.quote(i)+")"); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) define7(ctx context.Context, query string) error {
	if w.q.Dialect() == cmssql.MySQL {
		return w.s.db.Exec(ctx, query)
	}
	_, err := w.u.Tx.Exec(ctx, query)
	return err
}

// dropField7 removes the tables of a field that a migration has made, unless something has a value in them by now; in MySQL
// beside the transaction, as they were made.
func (s *Site) dropField7(ctx context.Context, tx *cmssql.Tx, name string) (used bool, err error) {
	tables := []string{"field_data_" + name, "field_revision_" + name}
	var q cmssql.Querier = tx
	if s.db.Dialect() == cmssql.MySQL && !s.db.Copied() {
		// The transaction itself would hold on to a table that it has looked at.
		q = s.db
	}
	for _, table := range tables {
		if !s.has(table) {
			continue
		}
		rows, err := s.query(ctx, q, "SELECT entity_id FROM {"+table+"} LIMIT 1")
		if err != nil || len(rows) > 0 {
			return true, err
		}
	}
	for _, table := range tables {
		query := s.sql("DROP TABLE IF EXISTS {" + table + "}")
		switch {
		case s.db.Copied():
			continue
		case s.db.Dialect() == cmssql.MySQL:
			err = s.db.Exec(ctx, query)
		default:
			_, err = tx.Exec(ctx, query)
		}
		if err != nil {
			return false, err
		}
		s.live.drop(table)
	}
	return false, nil
}

// instanceUsed7 says that entities of a bundle have values in a field.
func (s *Site) instanceUsed7(ctx context.Context, tx *cmssql.Tx, id string) (bool, error) {
	rows, err := s.query(ctx, tx, "SELECT field_name, entity_type, bundle FROM {field_config_instance} WHERE id = ?", atoi(id))
	if err != nil || len(rows) == 0 || !s.has("field_data_"+rows[0].text("field_name")) {
		return false, err
	}
	used, err := s.query(ctx, tx, "SELECT entity_id FROM {field_data_"+rows[0].text("field_name")+"} WHERE entity_type = ? AND bundle = ? LIMIT 1", rows[0].text("entity_type"), rows[0].text("bundle"))
	return len(used) > 0, err
}

// order are the columns of a table in a fixed order.
func (c *columns) order(table string) []string { return sortedKeys(c.of(table)) }

// begin are the tables that begin with a text.
func (c *columns) begin(begin string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(sortedKeys(c.tables), func(n string) bool { return !strings.HasPrefix(n, begin) })
}

// copy knows the same tables.
func (c *columns) copy() *columns {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &columns{tables: maps.Clone(c.tables)}
}
