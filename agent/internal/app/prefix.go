package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// common is how many tables make what they begin with a prefix; most is how many prefixes are told.
const common, most = 4, 5

// prefixes guesses which prefixes the tables of a database have, the most frequent first.
func prefixes(ctx context.Context, c cmssql.Config) []string {
	db, err := cmssql.Open(ctx, c, false)
	if err != nil {
		return nil
	}
	defer func() { _ = db.Close() }()
	tables, err := db.Tables(ctx)
	if err != nil {
		return nil
	}
	return commonPrefixes(tables)
}

// commonPrefixes finds beginnings up to an underscore that several tables share. Of two that the same tables share, the
// longer counts; one inside another ("wp_term_" in "wp_") does not.
func commonPrefixes(tables []string) []string {
	count := map[string]int{}
	for _, t := range tables {
		for i := range len(t) {
			if t[i] == '_' {
				count[t[:i+1]]++
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var found []string
	for _, p := range names {
		inside := slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(p, f) || strings.HasPrefix(f, p) && count[f] == count[p] })
		if count[p] >= common && !inside {
			found = append(found, p)
		}
	}
	return found[:min(len(found), most)]
}
