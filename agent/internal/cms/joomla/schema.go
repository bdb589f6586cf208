package joomla

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// column is what the live database says of a column: the one writer follows it, whatever the version.
type column struct {
	typ string
	// null says that the column takes NULL; filled, that the database fills it by itself.
	null, filled bool
	// chars is the longest text; 0: no limit.
	chars int
}

// schema holds the columns of the site's tables by their names without the prefix.
type schema map[string]map[string]column

const mysqlColumns = "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR extra LIKE '%auto_increment%' THEN 1 ELSE 0 END, " +
	"character_maximum_length FROM information_schema.columns WHERE table_schema = DATABASE()"

const postgresColumns = "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR is_identity = 'YES' THEN 1 ELSE 0 END, " +
	"character_maximum_length FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))"

func readSchema(ctx context.Context, q cmssql.Querier, prefix string) (schema, error) {
	query := mysqlColumns
	if q.Dialect() == cmssql.Postgres {
		query = postgresColumns
	}
	rows, err := q.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	sc := schema{}
	for rows.Next() {
		var table, name, typ, null, filled, chars cmssql.Cell
		if err := rows.Scan(&table, &name, &typ, &null, &filled, &chars); err != nil {
			return nil, err
		}
		short, ok := strings.CutPrefix(table.Text, prefix)
		if !ok {
			continue
		}
		if sc[short] == nil {
			sc[short] = map[string]column{}
		}
		c := column{typ: typ.Text, null: null.Text == "YES", filled: filled.Text == "1"}
		// Of a text type it is the number of bytes, which the records' own limit keeps.
		if !strings.HasSuffix(typ.Text, "text") {
			c.chars, _ = strconv.Atoi(chars.Text)
		}
		sc[short][name.Text] = c
	}
	return sc, rows.Err()
}

func (c column) date() bool { return c.typ == "datetime" || strings.HasPrefix(c.typ, "timestamp") }

func (c column) number() bool {
	return strings.Contains(c.typ, "int") || c.typ == "numeric" || c.typ == "decimal"
}

// fits says whether a text goes into the column whole.
func (c column) fits(s string) bool {
	return c.chars == 0 || len(s) <= c.chars || utf8.RuneCountInString(s) <= c.chars
}

// has says whether a table, or all the named columns of it, exist.
func (sc schema) has(table string, columns ...string) bool {
	t, ok := sc[table]
	for _, c := range columns {
		_, there := t[c]
		ok = ok && there
	}
	return ok
}

// unset is what stands in a column for nothing: dates have NULL or, in Joomla 3, the zero date.
func (c column) unset(d cmssql.Dialect) any {
	switch {
	case c.null:
		return nil
	case c.date() && d == cmssql.Postgres:
		return "1970-01-01 00:00:00"
	case c.date():
		return "0000-00-00 00:00:00"
	case c.number():
		return 0
	}
	return ""
}
