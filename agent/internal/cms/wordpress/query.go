package wordpress

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// eachOwned is eachIn for rows of owners with ascending ids. Where these lie close together their rows are read as one range
// of the index, which is many times less work for the server than a list; scan must pass over rows of other owners then.
func eachOwned(ctx context.Context, q cmssql.Querier, ids []int64, scan func(*sql.Rows) error, before, owner, after string) error {
	for len(ids) > 0 {
		part := ids[:min(len(ids), maxPage)]
		if !dense(part) {
			part = part[:min(len(part), cmssql.InList)]
		}
		where, args := within(owner, part)
		if err := cmssql.Each(ctx, q, scan, before+where+after, args...); err != nil {
			return err
		}
		ids = ids[len(part):]
	}
	return nil
}

// within is a condition for the rows of ascending ids, and maybe of some between them.
func within(owner string, ids []int64) (string, []any) {
	if dense(ids) {
		return owner + " BETWEEN ? AND ?", []any{ids[0], ids[len(ids)-1]}
	}
	in, args := cmssql.In(ids)
	return owner + " IN " + in, args
}

// dense says that of the ids in the range of an ascending list half are in the list.
func dense(ids []int64) bool {
	return slices.IsSorted(ids) && ids[len(ids)-1]-ids[0] < 2*int64(len(ids))
}

// set collects distinct positive ids in order.
type set struct {
	ids  []int64
	seen map[int64]bool
}

func (s *set) add(id int64) {
	if id <= 0 || s.seen[id] {
		return
	}
	if s.seen == nil {
		s.seen = map[int64]bool{}
	}
	s.seen[id] = true
	s.ids = append(s.ids, id)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi is a positive id; 0 for anything else.
func atoi(s string) int64 {
	if s == "" {
		return 0 // what most fields are, without the price of an error
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
