package cmssql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// TableColumn is what the live database says of a column: what is written follows it, whatever the platform's version.
type TableColumn struct {
	// Type is the data type's name in lower case, without a size.
	Type string
	// Null says that the column takes NULL; Filled, that the database fills it by itself.
	Null, Filled bool
	// Chars and Bytes are the longest text; 0: no limit.
	Chars, Bytes int
}

// Columns are those of one table by name.
type Columns map[string]TableColumn

// Catalogue holds the columns of a site's tables by the names that the site's driver uses for them.
type Catalogue map[string]Columns

var columnQueries = map[Dialect]string{
	MySQL: "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR extra LIKE '%auto_increment%' THEN 1 ELSE 0 END, " +
		"character_maximum_length FROM information_schema.columns WHERE table_schema = DATABASE()",
	Postgres: "SELECT table_name, column_name, data_type, is_nullable, CASE WHEN column_default IS NOT NULL OR is_identity = 'YES' THEN 1 ELSE 0 END, " +
		"character_maximum_length FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))",
	// An INTEGER that is the whole primary key numbers itself.
	SQLite: `SELECT m.name, p.name, p.type, CASE p."notnull" WHEN 1 THEN 'NO' ELSE 'YES' END, ` +
		`CASE WHEN p.dflt_value IS NOT NULL OR p.pk > 0 AND LOWER(p.type) = 'integer' AND (SELECT MAX(k.pk) FROM pragma_table_info(m.name) k) = 1 THEN 1 ELSE 0 END, NULL ` +
		`FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`,
}

// ReadColumns reads the columns of all tables. short gives the driver's name for a table, and false for one that is not the site's.
func ReadColumns(ctx context.Context, q Querier, short func(table string) (string, bool)) (Catalogue, error) {
	all := Catalogue{}
	err := Each(ctx, q, func(rows *sql.Rows) error {
		var table, name, typ, null, filled, size Cell
		if err := rows.Scan(&table, &name, &typ, &null, &filled, &size); err != nil {
			return err
		}
		t, ok := short(table.Text)
		if !ok {
			return nil
		}
		if all[t] == nil {
			all[t] = Columns{}
		}
		c := columnOf(typ.Text, size.Text)
		c.Null, c.Filled = null.Text == "YES", filled.Text == "1"
		all[t][name.Text] = c
		return nil
	}, columnQueries[q.Dialect()])
	return all, err
}

// columnOf reads a type as the catalogues tell it; SQLite has the size in the type.
func columnOf(typ, size string) TableColumn {
	name, rest, _ := strings.Cut(strings.ToLower(typ), "(")
	if rest != "" {
		size, _, _ = strings.Cut(rest, ")")
	}
	c := TableColumn{Type: strings.TrimSpace(name)}
	n, _ := strconv.Atoi(size)
	switch {
	case strings.Contains(c.Type, "char"):
		c.Chars = n
	case strings.HasSuffix(c.Type, "text"), strings.HasSuffix(c.Type, "blob"):
		c.Bytes = n
	}
	return c
}

// IsNumber says that the column holds numbers.
func (c TableColumn) IsNumber() bool {
	return strings.Contains(c.Type, "int") || slices.Contains([]string{"serial", "bigserial", "numeric", "decimal", "float", "real", "double", "double precision"}, c.Type)
}

// IsTime says that the column holds moments.
func (c TableColumn) IsTime() bool {
	return c.Type == "datetime" || strings.HasPrefix(c.Type, "timestamp")
}

// Fits says whether a text goes into the column whole.
func (c TableColumn) Fits(s string) bool {
	return (c.Bytes == 0 || len(s) <= c.Bytes) && (c.Chars == 0 || len(s) <= c.Chars || utf8.RuneCountInString(s) <= c.Chars)
}

// Has says whether a table, or all the named columns of it, exist.
func (all Catalogue) Has(table string, names ...string) bool {
	t, ok := all[table]
	return ok && !slices.ContainsFunc(names, func(n string) bool { _, there := t[n]; return !there })
}

// InsertRows inserts rows by column name into a table with the columns live. Columns that the table lacks are left out, and those
// that must have a value but are in no row hold what unset gives. The ids are those of Insert.
func (t *Tx) InsertRows(ctx context.Context, table string, live Columns, rows []map[string]any, unset func(name string, c TableColumn) any) ([]int64, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	cols := live.needed(rows)
	vals := make([][]any, len(rows))
	for i, r := range rows {
		vals[i] = make([]any, len(cols))
		for j, name := range cols {
			v, ok := r[name]
			if !ok {
				v = unset(name, live[name])
			}
			vals[i][j] = v
		}
	}
	ids, err := t.Insert(ctx, table, cols, vals)
	if err != nil {
		return nil, fmt.Errorf("insert into %s: %w", table, err)
	}
	return ids, nil
}

// needed are the columns that some row sets, or that nothing else fills.
func (cols Columns) needed(rows []map[string]any) []string {
	var all []string
	for name, c := range cols {
		set := !c.Null && !c.Filled
		for _, r := range rows {
			_, ok := r[name]
			set = set || ok
		}
		if set {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
