package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// lookup is how many ids one statement asks for.
const lookup = 1000

// row is one line of the ledger.
type row struct {
	target  string
	outcome agentv1.Outcome
	origin  agentv1.Outcome
	run     int64
	digest  string
	detail  []byte
	// seal is set when the row was read.
	seal int64
}

// result is the answer that the row keeps.
func (r *row) result() (*agentv1.Result, error) {
	res := &agentv1.Result{}
	if err := proto.Unmarshal(r.detail, res); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	res.Outcome = r.outcome
	return res, nil
}

// ours says that the target's row was written by a migration and may be written again.
func (r *row) ours() bool { return r.target != "" && r.origin != agentv1.Outcome_OUTCOME_ADOPTED }

// refusedAlike says that a record is left out for the same reasons as in an earlier run: nothing new to write down.
func (r *row) refusedAlike(now *row) bool {
	refused := now.outcome == agentv1.Outcome_OUTCOME_SKIPPED || now.outcome == agentv1.Outcome_OUTCOME_REJECTED
	return refused && r.outcome == now.outcome && r.target == now.target && r.digest == now.digest && bytes.Equal(r.detail, now.detail)
}

// detail is what a row keeps of an answer: problem and adjustments; nil for none.
func detail(problem *agentv1.Problem, adj []*agentv1.Adjustment) ([]byte, error) {
	if problem == nil && len(adj) == 0 {
		return nil, nil
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(&agentv1.Result{Problem: problem, Adjustments: adj})
}

// own reads the ledger's rows of records that are about to be written and locks them against other streams.
func (l *Ledger) own(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, ids []string) (map[string]*row, error) {
	lock := ""
	if tx.Dialect() != cmssql.SQLite {
		lock = " FOR UPDATE"
	}
	rows := make(map[string]*row, len(ids))
	err := l.rows(ctx, tx, sc, kind, ids, lock, func(id string, r *row) { rows[id] = r })
	return rows, err
}

func (l *Ledger) rows(ctx context.Context, q cmssql.Querier, sc *Scope, kind cms.Kind, ids []string, lock string, each func(string, *row)) error {
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		err := l.read(ctx, q, sc, "kind = ? AND source_id IN "+in+lock, append([]any{int(kind)}, args...), func(_ cms.Kind, id string, r *row) { each(id, r) })
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads whole rows of a source. One that is not as it was written ends it.
func (l *Ledger) read(ctx context.Context, q cmssql.Querier, sc *Scope, where string, args []any, each func(cms.Kind, string, *row)) error {
	found, err := q.Query(ctx, "SELECT kind, source_id, target_id, outcome, origin, run, digest, detail, seal FROM "+l.from(tableLedger)+
		" WHERE site = ? AND "+where, append([]any{sc.site}, args...)...)
	if err != nil {
		return err
	}
	for found.Next() {
		var kind cms.Kind
		var id string
		r := &row{}
		err := found.Scan(&kind, &id, &r.target, &r.outcome, &r.origin, &r.run, &r.digest, &r.detail, &r.seal)
		if err == nil && r.seal != sealOf(sc.site, kind, id, r) {
			err = ledgerAltered(record.Key{Kind: kind, ID: id}.String())
		}
		if err != nil {
			_ = found.Close()
			return err
		}
		each(kind, id, r)
	}
	return closed(found)
}

// targets looks up what refs became; "" for refs without a row on the target.
func (l *Ledger) targets(ctx context.Context, q cmssql.Querier, sc *Scope, keys map[record.Key]struct{}, found map[record.Key]string) error {
	missing, epoch := l.known.find(sc.site, false, keys, found)
	byKind := map[cms.Kind][]string{}
	for _, k := range missing {
		byKind[k.Kind] = append(byKind[k.Kind], k.ID)
		found[k] = ""
	}
	for kind, ids := range byKind {
		read := make(map[string]string, len(ids))
		err := l.pairs(ctx, q, "source_id", "target_id", sc, kind, ids, func(source, target string) {
			if target != "" {
				found[record.Key{Kind: kind, ID: source}], read[source] = target, target
			}
		})
		if err != nil {
			return err
		}
		l.known.learn(epoch, herdKey{site: sc.site, kind: kind}, maps.All(read))
	}
	return nil
}

// pairs selects two columns of the ledger by the first. A record has one row; of several that a target's row stands for,
// those that this migration created come last, so that a map filled in order prefers them to adopted ones.
func (l *Ledger) pairs(ctx context.Context, q cmssql.Querier, by, to string, sc *Scope, kind cms.Kind, ids []string, each func(by, to string)) error {
	order, hint := "", ""
	if by == "target_id" {
		order, hint = " ORDER BY origin DESC", l.byTarget()
	}
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		rows, err := q.Query(ctx, "SELECT "+by+", "+to+" FROM "+l.from(tableLedger)+hint+" WHERE site = ? AND kind = ? AND "+by+" IN "+in+
			order, append([]any{sc.site, int(kind)}, args...)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var a, b string
			if err := rows.Scan(&a, &b); err != nil {
				_ = rows.Close()
				return err
			}
			each(a, b)
		}
		if err := closed(rows); err != nil {
			return err
		}
	}
	return nil
}

// byTarget makes MySQL look rows up by their targets, once there is an index of them; else it takes to reading all rows of the kind.
func (l *Ledger) byTarget() string {
	if l.db.Dialect() != cmssql.MySQL || l.db.Copied() || !l.indexed.Load() {
		return ""
	}
	return " FORCE INDEX (" + targetIndex + ")"
}

// entry is a row to be written.
type entry struct {
	id     string
	row    *row
	fresh  bool
	before []byte
	open   []cms.Open
}

var ledgerCols = []string{"site", "kind", "source_id", "target_id", "outcome", "origin", "run", "digest", "detail", "seal", "before_image"}

// save writes ledger and pending rows of a batch (Rule 2). A fresh row whose key is taken is errTaken.
func (l *Ledger) save(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, entries []entry) error {
	var fresh, usual [][]any
	var known []entry
	var stale, rewritten []string
	for _, e := range entries {
		if e.usual(sc) {
			usual = append(usual, []any{int64(kind), e.id, e.row.target, []byte(e.row.digest), sealOf(sc.site, kind, e.id, e.row)})
			continue
		}
		if e.fresh {
			fresh = append(fresh, e.values(sc, kind))
			continue
		}
		known = append(known, e)
		if wrote(e.row.outcome) {
			stale, rewritten = append(stale, e.id), append(rewritten, e.row.target)
		}
	}
	_, err := tx.Insert(ctx, l.table(tableLedger), ledgerCols, fresh)
	if err == nil {
		_, err = tx.InsertAlike(ctx, l.table(tableLedger), sc.alike(), usualCols, usual)
	}
	if cmssql.ClassOf(err) == cmssql.Duplicate {
		return errTaken
	}
	if err != nil {
		return err
	}
	if err := l.saveKnown(ctx, tx, sc, kind, known); err != nil {
		return err
	}
	if err := l.forgetStates(ctx, tx, sc, kind, rewritten); err != nil {
		return err
	}
	if err := l.dropPending(ctx, tx, sc, kind, stale); err != nil {
		return err
	}
	return l.savePending(ctx, tx, sc, kind, entries)
}

// saveKnown writes rows that are there already.
func (l *Ledger) saveKnown(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, entries []entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		rows[i] = e.values(sc, kind)
	}
	_, err := tx.InsertElse(ctx, l.table(tableLedger), ledgerCols, rows, l.onTaken())
	return err
}

// usualCols are what the rows of records that were created, with nothing to be said about it, do not have in common.
var usualCols = []string{"kind", "source_id", "target_id", "digest", "seal"}

func (e *entry) usual(sc *Scope) bool {
	r := e.row
	return e.fresh && r.outcome == agentv1.Outcome_OUTCOME_CREATED && r.origin == r.outcome && r.run == sc.run && r.detail == nil && e.before == nil
}

// alike are the columns that such rows have in common.
func (sc *Scope) alike() []cmssql.Alike {
	return []cmssql.Alike{{Col: "site", Value: sc.site}, {Col: "outcome", Value: int64(created)}, {Col: "origin", Value: int64(created)}, {Col: "run", Value: sc.run}}
}

func (e *entry) values(sc *Scope, kind cms.Kind) []any {
	r := e.row
	return []any{sc.site, int(kind), e.id, r.target, int(r.outcome), int(r.origin), r.run, []byte(r.digest), r.detail, sealOf(sc.site, kind, e.id, r), e.before}
}

// onTaken updates all but the key. The first before-image stays: it is what was there before us (Rule 6).
func (l *Ledger) onTaken() string {
	head, val := " ON DUPLICATE KEY UPDATE ", func(c string) string { return "VALUES(" + c + ")" }
	if l.db.Dialect() != cmssql.MySQL {
		head, val = " ON CONFLICT (site, kind, source_id) DO UPDATE SET ", func(c string) string { return "excluded." + c }
	}
	var set []string
	for _, c := range []string{"target_id", "outcome", "origin", "run", "digest", "detail", "seal"} {
		set = append(set, c+" = "+val(c))
	}
	return head + strings.Join(set, ", ") + ", before_image = COALESCE(" + l.from(tableLedger) + ".before_image, " + val("before_image") + ")"
}

func wrote(o agentv1.Outcome) bool {
	return o == agentv1.Outcome_OUTCOME_CREATED || o == agentv1.Outcome_OUTCOME_UPDATED
}

func (l *Ledger) dropPending(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, ids []string) error {
	for part := range chunks(ids, cmssql.InList) {
		in, args := cmssql.In(part)
		_, err := tx.Exec(ctx, "DELETE FROM "+l.from(tablePending)+" WHERE site = ? AND kind = ? AND source_id IN "+in,
			append([]any{sc.site, int(kind)}, args...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) savePending(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, entries []entry) error {
	var rows [][]any
	for _, e := range entries {
		for _, o := range e.open {
			rows = append(rows, []any{int64(kind), e.id, o.Slot, o.Token.Name()})
		}
	}
	alike := []cmssql.Alike{{Col: "site", Value: sc.site}, {Col: "cleared", Value: 0}}
	_, err := tx.InsertAlike(ctx, l.table(tablePending), alike, []string{"kind", "source_id", "slot", "token"}, rows)
	return err
}

// fillable are those of the records that have a cleared pointer to a record that has been written since.
func (l *Ledger) fillable(ctx context.Context, tx *cmssql.Tx, sc *Scope, kind cms.Kind, ids []string) (map[string]bool, error) {
	wanted, keys := map[string][]record.Key{}, map[record.Key]struct{}{}
	for part := range chunks(ids, cmssql.InList) {
		in, args := cmssql.In(part)
		rows, err := tx.Query(ctx, "SELECT source_id, token FROM "+l.from(tablePending)+" WHERE cleared = 1 AND site = ? AND kind = ? AND source_id IN "+in,
			append([]any{sc.site, int(kind)}, args...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id, token string
			if err := rows.Scan(&id, &token); err != nil {
				_ = rows.Close()
				return nil, err
			}
			if t, ok := record.ParseToken(token); ok {
				wanted[id], keys[t.Ref] = append(wanted[id], t.Ref), struct{}{}
			}
		}
		if err := closed(rows); err != nil {
			return nil, err
		}
	}
	found, healed := map[record.Key]string{}, map[string]bool{}
	if err := l.targets(ctx, tx, sc, keys, found); err != nil {
		return nil, err
	}
	for id, refs := range wanted {
		for _, r := range refs {
			if found[r] != "" {
				healed[id] = true
			}
		}
	}
	return healed, nil
}
