package ghost

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// width is the longest text of a column; 0: no limit.
type width struct{ chars, bytes int }

// schema holds the columns of every table: versions of Ghost 5 differ in them.
type schema map[string]map[string]width

const sqliteColumns = "SELECT m.name, p.name, p.type, NULL FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"

const mysqlColumns = "SELECT table_name, column_name, data_type, character_maximum_length FROM information_schema.columns WHERE table_schema = DATABASE()"

func readSchema(ctx context.Context, q cmssql.Querier) (schema, error) {
	query := sqliteColumns
	if q.Dialect() == cmssql.MySQL {
		query = mysqlColumns
	}
	rows, err := q.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	sc := schema{}
	for rows.Next() {
		var table, column, typ, length cmssql.Cell
		if err := rows.Scan(&table, &column, &typ, &length); err != nil {
			return nil, err
		}
		if sc[table.Text] == nil {
			sc[table.Text] = map[string]width{}
		}
		sc[table.Text][column.Text] = widthOf(typ.Text, length.Text)
	}
	return sc, rows.Err()
}

// widthOf reads "varchar(191)" of SQLite, or type and length of information_schema.
func widthOf(typ, length string) width {
	name, arg, ok := strings.Cut(strings.TrimSuffix(strings.ToLower(typ), ")"), "(")
	if ok {
		length = arg
	}
	n, err := strconv.Atoi(length)
	switch {
	case err != nil:
		return width{}
	case strings.HasSuffix(name, "text"):
		return width{bytes: n}
	}
	return width{chars: n}
}

// fits says whether a text goes into a column whole.
func (w width) fits(s string) bool {
	return (w.bytes == 0 || len(s) <= w.bytes) && (w.chars == 0 || len(s) <= w.chars || utf8.RuneCountInString(s) <= w.chars)
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

// list selects those of the columns that exist, quoted, behind an alias: "p.`id`, p.`title`".
func (sc schema) list(table, alias string, columns ...string) string {
	var b strings.Builder
	for _, c := range columns {
		if !sc.has(table, c) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(alias + ".`" + c + "`")
	}
	return b.String()
}
