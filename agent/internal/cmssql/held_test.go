package cmssql_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Many texts are asked for at once; what only the server can tell is left to a question of its own.
func TestHeld(t *testing.T) {
	every(t, func(t *testing.T, c cmssql.Config) {
		db := table(t, c)
		tx := begin(t, db)
		rows := [][]any{{"ann", 1}, {"Ben", 2}, {"ANN", 3}, {"mäx", 4}}
		for i := range 400 {
			rows = append(rows, []any{fmt.Sprint("many", i), 10 + i})
		}
		ids, err := tx.Insert(t.Context(), "t", []string{"a", "b"}, rows)
		must(t, err)
		const query = "SELECT id, a FROM t WHERE LOWER(a) IN "
		texts := []string{"ann", "ben", "zoe", "mäx", "tail ", ""}
		for i := range 500 {
			texts = append(texts, fmt.Sprint("many", i))
		}
		held, err := cmssql.AskHeld(t.Context(), tx, texts, query)
		must(t, err)
		for text, want := range map[string][]int64{"Ann": {ids[0], ids[2]}, "ben": {ids[1]}, "zoe": nil, "many399": {ids[403]}, "many400": nil, "": nil} {
			if got, known := held.By(text); !known || !slices.Equal(got, want) {
				t.Errorf("%q is held by %v, want %v (known: %t)", text, got, want, known)
			}
		}
		for _, text := range []string{"mäx", "tail ", "not asked"} {
			if _, known := held.By(text); known {
				t.Errorf("%q is known", text)
			}
		}
		held, err = cmssql.AskHeld(t.Context(), tx, []string{"max", "zoe"}, query)
		must(t, err)
		ids, known := held.By("max")
		if equal := c.Dialect == cmssql.MySQL; known == equal || len(ids) > 0 {
			t.Errorf("max is held by %v, known: %t", ids, known)
		}
	})
}
