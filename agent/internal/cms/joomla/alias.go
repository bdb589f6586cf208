package joomla

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// maxAlias is what Joomla's shortest index of aliases tells apart; a suffix has room behind it.
const maxAlias = 380

// aliasOf makes an alias as Joomla does with Unicode aliases on: lower case, dashes, letters of all scripts.
func aliasOf(wish, title string) string {
	if wish == "" {
		wish = strings.ToLower(title)
	}
	var b strings.Builder
	for _, r := range wish {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '_', r == '.':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > maxAlias {
			break
		}
	}
	if out := strings.Trim(b.String(), "- "); out != "" {
		return out
	}
	sum := sha256.Sum256([]byte(title))
	return "item-" + hex.EncodeToString(sum[:4])
}

// aliases gives every draft an alias that no other row of its scope has; where is the scope's condition.
func (w *writer) aliases(ctx context.Context, ds []*draft, col string, where func(*draft) (string, []any)) error {
	for _, d := range ds {
		if d.done {
			continue
		}
		cond, args := where(d)
		chosen, err := w.u.Names.Choose(d.table+"/"+d.scope, func(busy func(string) bool) ([]string, error) {
			return w.free(ctx, d, col, cond, args, busy)
		})
		if err != nil {
			return err
		}
		if d.cols[col] = chosen[0]; d.alias != "" && chosen[0] != d.alias {
			d.adjust("slug", "slug_taken", chosen[0])
		}
	}
	return nil
}

// free finds the first of "alias", "alias-2", … that nobody has but the row itself.
func (w *writer) free(ctx context.Context, d *draft, col, cond string, args []any, busy func(string) bool) ([]string, error) {
	wish := d.cols[col].(string)
	for n := int64(1); ; n++ {
		try := wish
		if n > 1 {
			try += "-" + itoa(n)
		}
		if busy(try) {
			continue
		}
		rows, err := w.s.query(ctx, w.q, "SELECT id FROM {"+d.table+"} WHERE "+w.s.name(col)+" = ?"+cond+" LIMIT 2", append([]any{try}, args...)...)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 || d.known && len(rows) == 1 && rows[0].Text("id") == d.id {
			return []string{try}, nil
		}
	}
}
