// Package streams divides and reads kinds that consist of ascending runs of ids: tables and lists.
package streams

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/proto/record"
)

// Stream is one ascending run of ids of a kind: of a table, or of what List gives.
type Stream struct {
	Name string
	// Prefix goes before ids in records, so that ids of one kind's streams do not meet.
	Prefix string
	// Table is a full name and Key the column of its ids, as they stand in statements; Where limits its rows.
	Table, Key, Where string
	// Numeric ids are numbers from 1.
	Numeric bool
	// Big are the columns that make a row large, as they stand in statements.
	Big []string
	// List yields the ids after a position, in the order of Compare.
	List    func(ctx context.Context, after string) iter.Seq2[string, error]
	Compare func(a, b string) int
	// Load reads records by their ids without prefix.
	Load func(ctx context.Context, ids []string) (map[string]cms.Item, error)
}

// Limits of what is held in memory at a time.
const (
	pageRows  = 200
	pageBytes = 1 << 20
)

// listed is an id with the bytes of its row's long texts.
type listed struct {
	id    string
	bytes int64
}

// Filter is the condition behind a word, " WHERE " or " AND "; empty for none.
func (st Stream) Filter(word string) string {
	if st.Where == "" {
		return ""
	}
	return word + st.Where
}

// Count is how many ids there are.
func (st Stream) Count(ctx context.Context, q cmssql.Querier) (int, error) {
	if st.Table != "" {
		n, err := cmssql.Column[int](ctx, q, "SELECT COUNT(*) FROM "+st.Table+st.Filter(" WHERE "))
		if err != nil {
			return 0, err
		}
		return n[0], nil
	}
	n := 0
	for _, err := range st.List(ctx, "") {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// boundary is the id at a position, counted from 1; "" for 0 and behind the end.
func (st Stream) boundary(ctx context.Context, q cmssql.Querier, at int) (string, error) {
	switch {
	case at == 0:
		return "", nil
	case st.Table != "":
		return cmssql.One(ctx, q, "SELECT "+st.Key+" FROM "+st.Table+st.Filter(" WHERE ")+" ORDER BY "+st.Key+" LIMIT 1 OFFSET ?", at-1)
	}
	n := 0
	for id, err := range st.List(ctx, "") {
		if n++; err != nil || n == at {
			return id, err
		}
	}
	return "", nil
}

// page lists the ids after a position, up to and including hi, that are loaded together.
func (st Stream) page(ctx context.Context, q cmssql.Querier, after, hi string) ([]listed, error) {
	if st.Table != "" {
		return st.rows(ctx, q, after, hi)
	}
	var page []listed
	for id, err := range st.List(ctx, after) {
		if err != nil {
			return nil, err
		}
		if hi != "" && st.Compare(id, hi) > 0 || len(page) == pageRows {
			break
		}
		page = append(page, listed{id: id})
	}
	return page, nil
}

func (st Stream) rows(ctx context.Context, q cmssql.Querier, after, hi string) ([]listed, error) {
	if st.Numeric && (after != "" && !isID(after) || hi != "" && !isID(hi)) {
		return nil, cms.ErrCursor
	}
	query, args := st.sized()+" > ?"+st.Filter(" AND "), []any{st.arg(after)}
	if hi != "" {
		query, args = query+" AND "+st.Key+" <= ?", append(args, st.arg(hi))
	}
	rows, err := cmssql.Rows(ctx, q, query+fmt.Sprintf(" ORDER BY %s LIMIT %d", st.Key, pageRows), args...)
	if err != nil {
		return nil, err
	}
	page := weighed(rows)
	return page[:together(page)], nil
}

// sized selects ids with the bytes of their rows' long texts, which are not loaded for that; a condition on the id follows.
func (st Stream) sized() string {
	size := "0"
	for _, c := range st.Big {
		size += " + COALESCE(OCTET_LENGTH(" + c + "), 0)"
	}
	return "SELECT " + st.Key + " AS id, " + size + " AS bytes FROM " + st.Table + " WHERE " + st.Key
}

func weighed(rows []cmssql.Row) []listed {
	page := make([]listed, len(rows))
	for i, r := range rows {
		page[i] = listed{r.Text("id"), r.Number("bytes")}
	}
	return page
}

// together is how many of a list are loaded at a time: at least one.
func together(page []listed) int {
	sum := int64(0)
	for i, e := range page {
		if sum += Weight(e.bytes); i > 0 && sum > pageBytes {
			return i
		}
	}
	return len(page)
}

// Weight is what a row of so many bytes takes of a page: one that is too large is not loaded.
func Weight(bytes int64) int64 {
	if bytes > record.MaxBytes {
		return 0
	}
	return bytes
}

// named lists ids that are asked for; of a table only those that are there.
func (st Stream) named(ctx context.Context, q cmssql.Querier, ids []string) ([]listed, error) {
	page := make([]listed, len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		page[i], args[i] = listed{id: id}, st.arg(id)
	}
	if len(st.Big) == 0 {
		return page, nil
	}
	rows, err := cmssql.RowsIn(ctx, q, args, st.sized()+" IN ", "")
	return weighed(rows), err
}

// arg is an id as the database compares it.
func (st Stream) arg(id string) any {
	if !st.Numeric {
		return id
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// isID says that a text is an id of a table: only then may it stand where a number is wanted.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// of finds the stream that an own id belongs to, and the id without its prefix.
func of(all []Stream, id string) (Stream, string) {
	var main Stream
	for _, st := range all {
		if st.Prefix == "" {
			main = st
		} else if raw, ok := strings.CutPrefix(id, st.Prefix); ok {
			return st, raw
		}
	}
	return main, id
}

// Fixed lists ids that are few, in ascending order of their letters.
func Fixed(ids func(ctx context.Context) ([]string, error)) func(ctx context.Context, after string) iter.Seq2[string, error] {
	return func(ctx context.Context, after string) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			all, err := ids(ctx)
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range all {
				if id > after && !yield(id, nil) {
					return
				}
			}
		}
	}
}
