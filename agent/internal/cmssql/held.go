package cmssql

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Held is which rows hold which texts, asked for many texts at once and without regard to case.
type Held struct{ rows map[string][]int64 }

// AskHeld asks for texts with a query of ids and texts that ends before the IN list. The server decides what is equal, by rules
// that only it knows: texts that could be held equal to others than in another case are not asked for, and when a row tells that
// one was, no answer is relied on.
func AskHeld(ctx context.Context, q Querier, texts []string, before string) (Held, error) {
	texts = slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return !distinct(s) })
	rows := make(map[string][]int64, len(texts))
	for _, s := range texts {
		rows[strings.ToLower(s)] = nil
	}
	alike := true
	err := EachIn(ctx, q, texts, func(r *sql.Rows) error {
		var id int64
		var text string
		if err := r.Scan(&id, &text); err != nil {
			return err
		}
		text = strings.ToLower(text)
		ids, asked := rows[text]
		alike = alike && asked
		if !slices.Contains(ids, id) {
			rows[text] = append(ids, id)
		}
		return nil
	}, before, "")
	if err != nil || !alike {
		return Held{}, err
	}
	return Held{rows}, nil
}

// By gives the ids of the rows that hold a text, the lowest first; known is false where it must be asked for by itself. Nothing holds
// the empty text.
func (h Held) By(text string) (ids []int64, known bool) {
	ids, known = h.rows[strings.ToLower(text)]
	return slices.Sorted(slices.Values(ids)), known || text == ""
}

// distinct says that no collation holds a text equal to any other but in another case.
func distinct(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.@+", r)
	})
}
