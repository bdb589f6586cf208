package drupal

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// column is what the live database says of a column: what is written follows it, whatever the version.
type column struct {
	typ string
	// null says that the column takes NULL; filled, that the database fills it by itself.
	null, filled bool
	// chars is the longest text; 0: no limit.
	chars int
}

func (c column) number() bool {
	return strings.Contains(c.typ, "int") || strings.Contains(c.typ, "serial") || c.typ == "numeric" || c.typ == "decimal" || c.typ == "float" || c.typ == "real" || c.typ == "double precision"
}

// fits says whether a text goes into the column whole.
func (c column) fits(s string) bool {
	return c.chars == 0 || len(s) <= c.chars || utf8.RuneCountInString(s) <= c.chars
}

// unset is what stands in a column that nobody set.
func (c column) unset() any {
	switch {
	case c.null:
		return nil
	case c.number():
		return 0
	}
	return ""
}

// columns holds the columns of the site's tables by their names without the prefix. Tables are added while a migration
// makes fields.
type columns struct {
	mu     sync.Mutex
	tables map[string]map[string]column
	// foretold are tables that a dry run would have made.
	foretold map[string]bool
}

func (c *columns) of(table string) map[string]column {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tables[table]
}

func (c *columns) set(table string, cols map[string]column, foretold bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables[table] = cols
	if foretold {
		if c.foretold == nil {
			c.foretold = map[string]bool{}
		}
		c.foretold[table] = true
	}
}

// real says that a table is there to be read and written.
func (c *columns) real(table string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tables[table] != nil && !c.foretold[table]
}

var columnQueries = map[cmssql.Dialect]string{
	cmssql.MySQL: "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR extra LIKE '%auto_increment%' THEN 1 ELSE 0 END, " +
		"character_maximum_length FROM information_schema.columns WHERE table_schema = DATABASE()",
	cmssql.Postgres: "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR is_identity = 'YES' THEN 1 ELSE 0 END, " +
		"character_maximum_length FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))",
	// An INTEGER that is the whole primary key numbers itself.
	cmssql.SQLite: `SELECT m.name, p.name, LOWER(p.type), CASE p."notnull" WHEN 1 THEN 'NO' ELSE 'YES' END, ` +
		`CASE WHEN p.dflt_value IS NOT NULL OR p.pk > 0 AND LOWER(p.type) = 'integer' AND (SELECT MAX(k.pk) FROM pragma_table_info(m.name) k) = 1 THEN 1 ELSE 0 END, NULL ` +
		`FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`,
}

// load reads the columns of all tables.
func (c *columns) load(ctx context.Context, q cmssql.Querier, prefix string) error {
	found := map[string]map[string]column{}
	rows, err := q.Query(ctx, columnQueries[q.Dialect()])
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table, name, typ, null, filled, chars cell
		if err := rows.Scan(&table, &name, &typ, &null, &filled, &chars); err != nil {
			return err
		}
		if len(table.Text) < len(prefix) || !strings.EqualFold(table.Text[:len(prefix)], prefix) {
			continue
		}
		short := table.Text[len(prefix):]
		if found[short] == nil {
			found[short] = map[string]column{}
		}
		found[short][name.Text] = describe(typ.Text, null.Text == "YES", filled.Text == "1", chars.Text)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables = found
	return rows.Err()
}

// describe reads a type as the catalogues tell it; SQLite has the length in the type.
func describe(typ string, null, filled bool, chars string) column {
	c := column{typ: typ, null: null, filled: filled}
	name, rest, sized := strings.Cut(typ, "(")
	if sized && strings.Contains(name, "char") {
		chars, _, _ = strings.Cut(rest, ")")
	}
	// Of a text type it is the number of bytes, which the records' own limit keeps.
	if !strings.HasSuffix(name, "text") && !strings.HasSuffix(name, "blob") {
		if n, err := strconv.Atoi(chars); err == nil {
			c.chars = n
		}
	}
	c.typ = strings.TrimSpace(name)
	return c
}

// has says whether a table has all the named columns.
func (c *columns) has(table string, names ...string) bool {
	cols := c.of(table)
	return cols != nil && !slices.ContainsFunc(names, func(n string) bool { _, ok := cols[n]; return !ok })
}

func (c *columns) drop(table string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tables, table)
}
