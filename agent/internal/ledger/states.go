package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	created = int(agentv1.Outcome_OUTCOME_CREATED)
	updated = int(agentv1.Outcome_OUTCOME_UPDATED)
)

// statePage is how many records are looked at in one transaction.
const statePage = 1000

// looking is how many kinds are looked at side by side: while the server finds the rows of one, those of another are digested.
const looking = 2

// remember notes how the migration leaves its records, so that later runs and a rollback can tell what people have edited since.
// It goes on where it was interrupted: a record without a state has been written since the last time.
func (l *Ledger) remember(ctx context.Context, sc *Scope) error {
	defer since(&l.spent.states, time.Now())
	all, until := errgroup.WithContext(ctx)
	all.SetLimit(looking)
	for _, kind := range record.Kinds {
		all.Go(func() error { return l.rememberKind(until, sc, kind) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	return l.tx(ctx, func(tx *cmssql.Tx) error { return l.rememberShared(ctx, tx, sc) })
}

func (l *Ledger) rememberKind(ctx context.Context, sc *Scope, kind cms.Kind) error {
	some, err := l.holds(ctx, tableStates, sc, kind)
	for after, more := "", true; more && err == nil; {
		next, again := "", some
		err = l.tx(ctx, func(tx *cmssql.Tx) (err error) {
			next, more, err = l.rememberPage(ctx, tx, sc, kind, after, again)
			// Nobody knows whether a commit that failed was made.
			again = true
			return err
		})
		after = next
	}
	return err
}

// rememberPage looks at the next records; again: some of them may have a state already.
func (l *Ledger) rememberPage(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, after string, again bool) (next string, more bool, err error) {
	ids, next, n, err := l.writtenPage(ctx, tx, sc, kind, after)
	if err != nil || len(ids) == 0 {
		return next, n == statePage, err
	}
	if again {
		// Asked by key and not left to a join: MariaDB would copy all states for every page.
		have, err := l.remembered(ctx, tx, sc, kind, ids)
		if err != nil {
			return "", false, err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return have[id] != "" })
	}
	// Only looked at, not locked.
	sums, err := l.present(ctx, struct{ cmssql.Querier }{tx}, kind, ids)
	if err != nil {
		return "", false, err
	}
	var fresh [][]any
	for _, id := range ids {
		if sum := sums[id]; sum != "" {
			fresh = append(fresh, []any{int64(kind), id, []byte(sum)})
			delete(sums, id)
		}
	}
	_, err = tx.InsertAlike(ctx, l.table(tableStates), []cmssql.Alike{{Col: "site", Value: sc.site}}, []string{"kind", "target_id", "digest"}, fresh)
	return next, n == statePage, err
}

// writtenPage gives the targets of those among the next n records that a migration has created or updated.
func (l *Ledger) writtenPage(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, after string) (ids []string, next string, n int, err error) {
	rows, err := tx.Query(ctx, "SELECT source_id, target_id, origin FROM "+l.from(tableLedger)+" WHERE site = ? AND kind = ? AND source_id > ? ORDER BY source_id LIMIT "+
		strconv.Itoa(statePage), sc.site, int(kind), after)
	if err != nil {
		return nil, "", 0, err
	}
	for ; rows.Next(); n++ {
		var id string
		var origin int
		if err := rows.Scan(&next, &id, &origin); err != nil {
			_ = rows.Close()
			return nil, "", 0, err
		}
		if id != "" && (origin == created || origin == updated) {
			ids = append(ids, id)
		}
	}
	return ids, next, n, closed(rows)
}

// forgetStates is for records that are written again.
func (l *Ledger) forgetStates(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, targets []string) error {
	return l.deleteIn(ctx, tx, tableStates, "target_id", sc, kind, targets)
}

func (l *Ledger) deleteIn(ctx context.Context, tx *cmssql.Tx, table, col string, sc *Scope, kind cms.Kind, ids []string) error {
	for part := range chunks(ids, cmssql.InList) {
		in, args := cmssql.In(part)
		if _, err := tx.Exec(ctx, "DELETE FROM "+l.from(table)+" WHERE site = ? AND kind = ? AND "+col+" IN "+in, append([]any{sc.site, int(kind)}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

func targetsOf(links []cms.Link) []string {
	var ids []string
	seen := map[string]bool{}
	for _, k := range links {
		if !seen[k.TargetID] {
			seen[k.TargetID] = true
			ids = append(ids, k.TargetID)
		}
	}
	return ids
}

// states digest the rows that records consist of; records whose own row is gone are left out.
func (l *Ledger) states(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]string, error) {
	sums := map[string]string{}
	if err := l.look(ctx, q, kind, ids...); err != nil {
		return nil, err
	}
	for _, g := range l.byBody(kind, ids) {
		lines, there := map[string][]string{}, map[string]bool{}
		for i, p := range g.body.Parts {
			err := l.digestPart(ctx, q, g, p, func(key, line string) {
				lines[key] = append(lines[key], line)
				there[key] = there[key] || i == len(g.body.Parts)-1
			})
			if err != nil {
				return nil, fmt.Errorf("look at %s: %w", p.Table, err)
			}
		}
		for key := range there {
			if there[key] {
				slices.Sort(lines[key])
				sum := sha256.Sum256([]byte(strings.Join(lines[key], "")))
				sums[g.body.ID(key)] = string(sum[:])
			}
		}
	}
	return sums, nil
}

// herd are the keys of records that have one body.
type herd struct {
	body cms.Body
	keys []string
}

// byBody divides target ids by the body that they belong to.
func (l *Ledger) byBody(kind cms.Kind, ids []string) []herd {
	var all []herd
	for _, b := range l.site.Bodies(kind) {
		all = append(all, herd{body: b})
	}
	for _, id := range ids {
		best := -1
		for i, h := range all {
			if _, is := h.body.Key(id); is && (best < 0 || closer(h.body, all[best].body)) {
				best = i
			}
		}
		if best >= 0 {
			key, _ := all[best].body.Key(id)
			all[best].keys = append(all[best].keys, key)
		}
	}
	return slices.DeleteFunc(all, func(h herd) bool { return len(h.keys) == 0 })
}

// closer says that a body names an id more closely than another one.
func closer(a, b cms.Body) bool {
	return cmp.Or(cmp.Compare(len(a.Prefix), len(b.Prefix)), cmp.Compare(len(a.Suffix), len(b.Suffix))) > 0
}

// in is the list of keys for a statement.
func (h herd) in(keys []string) (string, []any) {
	list, args := cmssql.In(keys)
	if h.body.Numeric {
		for i, k := range keys {
			args[i] = number(k)
		}
	}
	return list, args
}

// number sends what is a number as one: a comparison with a text would not use the index.
func number(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return s
}

// named puts full table names into a driver's text.
func (l *Ledger) named(text string) string {
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(text, "{")
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		table, tail, _ := strings.Cut(rest, "}")
		b.WriteString(l.from(table))
		text = tail
	}
}

func (l *Ledger) partFrom(p cms.Part) string {
	s := " FROM " + l.from(p.Table) + " t " + l.named(p.Join) + " WHERE "
	if p.Scope != "" {
		s += "(" + l.named(p.Scope) + ") AND "
	}
	return s
}

// condition chooses rows in a statement.
type condition struct {
	where string
	args  []any
}

// around are conditions for the rows of keys, and maybe of some others between them: where numbers lie close together they
// are read as ranges of the index, which is many times less work for the server than a list.
func (h herd) around(col string, keys []string) (all []condition) {
	if ranges, ok := h.ranges(col, keys); ok {
		return []condition{ranges}
	}
	for part := range chunks(keys, cmssql.InList) {
		in, args := h.in(part)
		all = append(all, condition{col + " IN " + in, args})
	}
	return all
}

// ranges are keys as few ranges; ok is false when they are too many, or no numbers.
func (h herd) ranges(col string, keys []string) (c condition, ok bool) {
	numbers := make([]int64, 0, len(keys))
	for _, k := range keys {
		if n, ok := number(k).(int64); ok {
			numbers = append(numbers, n)
		}
	}
	if !h.body.Numeric || len(numbers) < len(keys) {
		return c, false
	}
	slices.Sort(numbers)
	var ranges []string
	for from, i := 0, 1; i <= len(numbers); i++ {
		if i == len(numbers) || numbers[i]-numbers[i-1] > closeBy {
			ranges, c.args = append(ranges, col+" BETWEEN ? AND ?"), append(c.args, numbers[from], numbers[i-1])
			from = i
		}
	}
	c.where = "(" + strings.Join(ranges, " OR ") + ")"
	return c, len(ranges) <= maxRanges
}

// closeBy is the largest gap inside a range, maxRanges how many ranges are better than a list.
const (
	closeBy   = 2
	maxRanges = 16
)

func (l *Ledger) digestPart(ctx context.Context, q cmssql.Querier, h herd, p cms.Part, each func(key, line string)) error {
	query := "SELECT " + p.Owner + ", t.*" + l.partFrom(p)
	if p.Quiet != "" {
		query += "NOT (" + l.named(p.Quiet) + ") AND "
	}
	lock := ""
	if _, writing := q.(*cmssql.Tx); writing && q.Dialect() != cmssql.SQLite && p.Join == "" {
		// Nobody edits between the look and the removal.
		lock = " FOR UPDATE"
	}
	for _, c := range h.around(p.Owner, h.keys) {
		rows, err := q.Query(ctx, query+c.where+lock, c.args...)
		if err != nil {
			return err
		}
		if err := digestRows(rows, p, each); err != nil {
			_ = rows.Close()
			return err
		}
		if err := closed(rows); err != nil {
			return err
		}
	}
	return nil
}

func digestRows(rows *sql.Rows, p cms.Part, each func(key, line string)) error {
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	vals, dest := make([]sql.RawBytes, len(cols)), make([]any, len(cols))
	for i := range dest {
		dest[i] = &vals[i]
	}
	h, head := sha256.New(), []byte(nil)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		h.Reset()
		head = append(append(head[:0], p.Table...), '\n')
		for i, v := range vals {
			if i > 0 && v != nil && !slices.Contains(p.Ignore, cols[i]) {
				head = append(append(head, cols[i]...), ' ')
				head = append(strconv.AppendInt(head, int64(len(v)), 10), ':')
				_, _ = h.Write(head)
				_, _ = h.Write(v)
				head = head[:0]
			}
		}
		_, _ = h.Write(head)
		each(string(vals[0]), string(h.Sum(nil)))
	}
	return nil
}
