package ghost

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// schema holds the columns of every table: versions of Ghost 5 differ in them.
type schema struct{ cmssql.Catalogue }

func readSchema(ctx context.Context, q cmssql.Querier) (schema, error) {
	all, err := cmssql.ReadColumns(ctx, q, func(table string) (string, bool) { return table, true })
	return schema{all}, err
}

// list selects those of the columns that exist, quoted, behind an alias: "p.`id`, p.`title`".
func (sc schema) list(table, alias string, columns ...string) string {
	var b strings.Builder
	for _, c := range columns {
		if !sc.Has(table, c) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(alias + ".`" + c + "`")
	}
	return b.String()
}
