package drupal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// maxAlias leaves room for a suffix in the 255 letters of an alias.
const maxAlias = 240

// sluggish makes the last part of an address: the one that is wished, or one of the title. Drupal takes letters of all scripts.
func sluggish(wish, title string) string {
	if wish == "" {
		wish = strings.ToLower(title)
	}
	var b strings.Builder
	n := 0
	for _, r := range wish {
		if n++; n > maxAlias {
			break
		}
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), strings.ContainsRune("-_.~", r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if out := strings.Trim(b.String(), "- "); out != "" {
		return out
	}
	sum := sha256.Sum256([]byte(title))
	return "item-" + hex.EncodeToString(sum[:4])
}

// machine makes a machine name of at most n letters.
func machine(name string, n int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	out := strings.Trim(b.String(), "_")
	if out == "" || len(out) > n || b.Len() == 0 {
		sum := sha256.Sum256([]byte(name))
		out = strings.Trim(out[:min(len(out), n-9)], "_") + "_" + hex.EncodeToString(sum[:4])
		out = strings.TrimPrefix(out, "_")
	}
	return out
}

// free finds the first of "name", "name-2", … that is not taken, and reserves it.
func (w *writer) free(_ context.Context, scope, wish, tail string, taken func(try string) (bool, error)) (string, error) {
	chosen, err := w.u.Names.Choose(scope, func(busy func(string) bool) ([]string, error) {
		for n := int64(1); ; n++ {
			try := wish + tail
			if n > 1 {
				try = wish + "-" + itoa(n) + tail
			}
			if busy(strings.ToLower(try)) {
				continue
			}
			if is, err := taken(try); err != nil || !is {
				return []string{strings.ToLower(try), try}, err
			}
		}
	})
	if err != nil {
		return "", err
	}
	return chosen[1], nil
}

// taken says that a query finds a row that is not the draft's own; its column is called id.
func (w *writer) taken(ctx context.Context, query string, d *draft, try string, more ...any) (bool, error) {
	rows, err := w.s.query(ctx, w.q, query, append([]any{try}, more...)...)
	for _, r := range rows {
		if !d.known || r.number("id") != d.id {
			return true, err
		}
	}
	return false, err
}

// alias is the address of an entity as visitors see it. Drupal 7 keeps it without the leading slash.
func (w *writer) aliases(ctx context.Context, ds []*draft, system string, wish func(*draft) string) error {
	e := w.s.entity("alias")
	if !w.s.has(e.base) {
		return nil
	}
	source, slash := "path", "/"
	if w.s.seven {
		source, slash = "source", ""
	}
	var all []*draft
	for _, d := range live(ds) {
		path := slash + system + "/" + itoa(d.id)
		a := &draft{w: w, rec: d.rec, e: e, cols: map[string]any{source: path, "langcode": d.cols["langcode"], "language": "und", "status": 1, "revision_default": 1}}
		lang, scope, args := "", "alias", []any(nil)
		if code, ok := d.cols["langcode"].(string); ok && w.s.speaks() {
			lang, scope, args = " AND langcode IN (?, 'und')", "alias:"+code, []any{code}
		}
		if d.known {
			rows, err := w.s.query(ctx, w.q, "SELECT "+e.key+" AS id FROM {"+e.base+"} WHERE "+source+" = ? "+lang+" ORDER BY "+e.key+" DESC", append([]any{path}, args...)...)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				a.known, a.id = true, rows[0].number("id")
			}
		}
		want, kept := w.kept(ctx, d)
		if !kept {
			want = wish(d)
		}
		want = slash + want
		got, err := w.free(ctx, scope, want, "", func(try string) (bool, error) {
			return w.taken(ctx, "SELECT "+e.key+" AS id FROM {"+e.base+"} WHERE alias = ?"+lang, a, try, args...)
		})
		if err != nil {
			return err
		}
		a.cols["alias"] = got
		w.tellAlias(d, got, want, kept)
		all = append(all, a)
	}
	if err := w.find(ctx, e, knownOf(all)); err != nil {
		return err
	}
	return w.flush(ctx, e, all)
}

// kept is the alias with which an entity stays at the address that its record names; false where Drupal cannot put it there: the address
// does not begin with the language's own prefix, is too long, or one of Drupal's own, which an alias would hide.
func (w *writer) kept(ctx context.Context, d *draft) (string, bool) {
	at := cms.AddressOf(d.rec)
	if at == "" {
		return "", false
	}
	lang, _ := d.cols["langcode"].(string)
	rest, ok := strings.CutPrefix(at, w.s.prefix(lang)+"/")
	rest = strings.Trim(rest, "/")
	if !ok || rest == "" || utf8.RuneCountInString(rest) > maxAlias || w.system(ctx, rest) {
		d.adjust("path", "address_not_kept", "")
		return "", false
	}
	return rest, true
}

// ownPaths begin the addresses of Drupal's own pages that hold numbers or names.
var ownPaths = []string{"node", "user", "taxonomy", "admin", "system", "sites", "core", "modules", "themes", "comment", "file", "media"}

// system says that a path is one of Drupal's own.
func (w *writer) system(ctx context.Context, path string) bool {
	if first, _, _ := strings.Cut(path, "/"); slices.Contains(ownPaths, first) {
		return true
	}
	table, slash := "router", "/"
	if w.s.seven {
		table, slash = "menu_router", ""
	}
	if !w.s.has(table) {
		return false
	}
	rows, err := w.s.query(ctx, w.q, "SELECT path FROM {"+table+"} WHERE path = ?", slash+path)
	return err == nil && len(rows) > 0
}

// tellAlias tells what an entity's address is where it is another than was wished.
func (w *writer) tellAlias(d *draft, got, want string, kept bool) {
	switch {
	case kept && got != want:
		d.adjust("path", "address_taken", got)
	case kept && strings.HasSuffix(cms.AddressOf(d.rec), "/"):
		// Drupal answers with and without it.
		d.adjust("path", "slash_removed", "")
	}
	if last := slug("/" + got); d.slug() != "" && last != d.slug() {
		d.adjust("slug", map[bool]string{true: "slug_of_address", false: "slug_taken"}[kept], last)
	}
}

func knownOf(ds []*draft) []*draft {
	var all []*draft
	for _, d := range ds {
		if d.known {
			all = append(all, d)
		}
	}
	return all
}

// slug is the last part of the address that a record wishes.
func (d *draft) slug() string {
	if e := d.rec.GetEntry(); e != nil {
		return e.GetSlug()
	}
	return d.rec.GetTerm().GetSlug()
}
