package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Actions of a rollback.
const (
	ActionRemoved  = "removed"
	ActionRestored = "restored"
	ActionKept     = "kept"
)

// kept is the origin of a record that a rollback has found to be people's by now; it is told again when the rollback resumes.
const kept agentv1.Outcome = 100

// undoPage is how many records one transaction undoes.
const undoPage = 500

// Discarder takes back files; files.Receiver is one.
type Discarder interface {
	// Discard removes a file that is still as it was stored. A problem says why it stays.
	Discard(ctx context.Context, f *File) (*agentv1.Problem, error)
	// Fold removes a folder that was made for files, if it is empty.
	Fold(path string)
}

// Rollback takes back what a migration did to the target, in the reverse order of writing; each is called after a
// transaction. What is undone leaves the ledger in the same transaction (Rule 2), so that it may be interrupted anywhere and
// called again. after is the cursor of an answer before, or empty. A dry run is a rollback in the ledger of a DryRun.
func (l *Ledger) Rollback(ctx context.Context, sc *Scope, req *agentv1.RollbackRequest, files Discarder, each func(*agentv1.RollbackResponse) error) error {
	var gone error
	err := l.rollback(ctx, sc, req, files, func(r *agentv1.RollbackResponse) error {
		gone = each(r)
		return gone
	})
	if gone != nil {
		return gone
	}
	return l.told("rollback", err)
}

func (l *Ledger) rollback(ctx context.Context, sc *Scope, req *agentv1.RollbackRequest, files Discarder, each func(*agentv1.RollbackResponse) error) error {
	at, err := parseStep(req.GetAfter())
	if err != nil {
		return err
	}
	if req.GetDryRun() && !l.db.Copied() {
		return errors.New("a dry run needs copies of the tables")
	}
	// The ledger says what is removed: it must be as the migration left it.
	if _, err := l.inspect(ctx, sc); err != nil {
		return err
	}
	if err := l.indexTargets(ctx); err != nil {
		return err
	}
	// Before, because it may be interrupted, and after, because of what was read meanwhile.
	l.known.forget()
	defer l.known.forget()
	u := &undo{l: l, sc: sc, files: files, each: each}
	for i, kind := range undoOrder() {
		if i < at.phase {
			continue
		}
		after := ""
		if i == at.phase {
			after = at.id
		}
		if err := u.kind(ctx, i, kind, after); err != nil {
			return err
		}
	}
	if err := u.storedFiles(ctx); err != nil {
		return err
	}
	if err := u.end(ctx); err != nil {
		return err
	}
	return l.leave(ctx)
}

func undoOrder() []cms.Kind {
	kinds := slices.Clone(record.Kinds)
	slices.Reverse(kinds)
	return kinds
}

// step is a position in a rollback: the number of the kind and the last source id.
type step struct {
	phase int
	id    string
}

func parseStep(b []byte) (step, error) {
	if len(b) == 0 {
		return step{}, nil
	}
	phase, id, ok := strings.Cut(string(b), " ")
	n, err := strconv.Atoi(phase)
	if !ok || err != nil || n < 0 || n > len(record.Kinds) || len(id) > record.MaxSourceID {
		return step{}, &link.Error{Code: "bad_cursor", Cause: "the position is none of a rollback", Fix: "begin without a position: what is undone is not done twice", Grpc: codes.InvalidArgument}
	}
	return step{n, id}, nil
}

func (s step) cursor() []byte { return []byte(strconv.Itoa(s.phase) + " " + s.id) }

type undo struct {
	l     *Ledger
	sc    *Scope
	files Discarder
	each  func(*agentv1.RollbackResponse) error
}

func (u *undo) kind(ctx context.Context, phase int, kind cms.Kind, after string) error {
	for {
		var results []*agentv1.RolledBack
		n := 0
		err := u.l.change(ctx, u.sc, func(tx *cmssql.Tx) error {
			rows, err := u.page(ctx, tx, kind, after)
			if err != nil || len(rows) == 0 {
				n = 0
				return err
			}
			n = len(rows)
			results, err = u.batch(ctx, tx, kind, rows)
			if n > 0 && err == nil {
				after = rows[n-1].source
			}
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		if err := u.each(&agentv1.RollbackResponse{Results: results, Cursor: step{phase, after}.cursor()}); err != nil || n < undoPage {
			return err
		}
	}
}

// undone is a ledger row that is being taken back.
type undone struct {
	source string
	*row
}

func (u *undo) page(ctx context.Context, tx *cmssql.Tx, kind cms.Kind, after string) (all []undone, err error) {
	err = u.l.read(ctx, tx, u.sc, "kind = ? AND source_id > ? ORDER BY source_id LIMIT "+strconv.Itoa(undoPage), []any{int(kind), after},
		func(_ cms.Kind, id string, r *row) { all = append(all, undone{id, r}) })
	return all, err
}

// batch judges and removes created records. Updated ones wait for the end, because their rows are shared.
func (u *undo) batch(ctx context.Context, tx *cmssql.Tx, kind cms.Kind, rows []undone) ([]*agentv1.RolledBack, error) {
	var ids []string
	for _, r := range rows {
		if r.origin == agentv1.Outcome_OUTCOME_CREATED && r.target != "" {
			ids = append(ids, r.target)
		}
	}
	j := &judge{l: u.l, tx: tx, sc: u.sc, keep: map[string]*agentv1.Problem{}}
	if err := j.look(ctx, kind, ids); err != nil {
		return nil, err
	}
	var results []*agentv1.RolledBack
	var gone, forget []string
	var stay []entry
	for _, r := range rows {
		res := &agentv1.RolledBack{Ref: record.NewRef(kind, r.source), Action: ActionRemoved}
		switch why := j.keep[r.target]; {
		case r.origin == kept:
			res.Action, res.Problem = ActionKept, editedSince()
		case r.origin == agentv1.Outcome_OUTCOME_UPDATED:
			continue
		case r.origin != agentv1.Outcome_OUTCOME_CREATED || r.target == "":
			forget = append(forget, r.source)
			continue
		case why != nil:
			res.Action, res.Problem = ActionKept, why
			r.origin = kept
			stay = append(stay, entry{id: r.source, row: r.row})
		default:
			gone, forget = append(gone, r.target), append(forget, r.source)
		}
		results = append(results, res)
	}
	return results, u.write(ctx, tx, kind, gone, forget, stay)
}

func (u *undo) write(ctx context.Context, tx *cmssql.Tx, kind cms.Kind, gone, forget []string, stay []entry) error {
	if err := u.l.erase(ctx, tx, kind, gone); err != nil {
		return err
	}
	if err := u.l.saveKnown(ctx, tx, u.sc, kind, stay); err != nil {
		return err
	}
	if err := u.l.forgetStates(ctx, tx, u.sc, kind, gone); err != nil {
		return err
	}
	for _, table := range []string{tablePending, tableLedger} {
		if err := u.l.deleteIn(ctx, tx, table, "source_id", u.sc, kind, forget); err != nil {
			return err
		}
	}
	return nil
}

// end brings shared rows back, and forgets the migration, all in one transaction.
func (u *undo) end(ctx context.Context) error {
	var resp *agentv1.RollbackResponse
	var folders []string
	err := u.l.change(ctx, u.sc, func(tx *cmssql.Tx) error {
		resp, folders = &agentv1.RollbackResponse{}, nil
		all, err := u.l.sharedRows(ctx, tx, u.sc, "1 = 1")
		if err != nil {
			return err
		}
		for _, s := range all {
			if row, ok := cms.ParseRow(s.name); ok && row.Table == folderTable {
				folders = append(folders, row.Value)
			} else if err := u.shared(ctx, tx, row, s, resp); err != nil {
				return err
			}
		}
		if err := u.restored(ctx, tx, resp); err != nil {
			return err
		}
		if err := u.mend(ctx, tx, resp); err != nil {
			return err
		}
		return u.l.forget(ctx, tx, u.sc)
	})
	if err != nil {
		return err
	}
	if u.files != nil {
		slices.Reverse(folders)
		for _, f := range folders {
			u.files.Fold(f)
		}
	}
	return u.each(resp)
}

func (u *undo) shared(ctx context.Context, tx *cmssql.Tx, row cms.Row, s sharedRow, resp *agentv1.RollbackResponse) error {
	now, err := u.l.image(ctx, tx, row)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(now)
	edited := s.after != nil && string(sum[:]) != string(s.after)
	verdict, err := u.l.site.Settle(ctx, tx, row, len(s.before) == 0, edited)
	if err != nil {
		return err
	}
	switch verdict {
	case cms.Undo:
		return u.l.putBack(ctx, tx, row, s.before)
	case cms.Left:
		why := editedSince()
		if !edited {
			why = inUse()
		}
		why.Field = row.Value
		resp.Results = append(resp.Results, &agentv1.RolledBack{Ref: record.NewRef(recordv1.Kind_KIND_SITE, s.name[:min(len(s.name), record.MaxSourceID)]), Action: ActionKept, Problem: why})
	}
	return nil
}

// restored lists the records that were there before and have come back with the shared rows.
func (u *undo) restored(ctx context.Context, tx *cmssql.Tx, resp *agentv1.RollbackResponse) error {
	rows, err := tx.Query(ctx, "SELECT kind, source_id FROM "+u.l.from(tableLedger)+" WHERE site = ? AND origin = ? ORDER BY kind, source_id",
		u.sc.site, int(agentv1.Outcome_OUTCOME_UPDATED))
	if err != nil {
		return err
	}
	for rows.Next() {
		var kind int32
		var id string
		if err := rows.Scan(&kind, &id); err != nil {
			_ = rows.Close()
			return err
		}
		resp.Results = append(resp.Results, &agentv1.RolledBack{Ref: record.NewRef(cms.Kind(kind), id), Action: ActionRestored})
	}
	return closed(rows)
}

// mend lets the site make whole what is about all its rows, if something stays.
func (u *undo) mend(ctx context.Context, tx *cmssql.Tx, resp *agentv1.RollbackResponse) error {
	m, ok := u.l.site.(cms.Mender)
	if !ok {
		return nil
	}
	var n int
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+u.l.from(tableLedger)+" WHERE site = ? AND origin = ?", u.sc.site, int(kept)).Scan(&n); err != nil {
		return err
	}
	if n == 0 && !slices.ContainsFunc(resp.GetResults(), func(r *agentv1.RolledBack) bool { return r.GetAction() == ActionKept }) {
		return nil
	}
	return m.Mend(ctx, tx)
}

// forget removes all that the ledger knows of a source.
func (l *Ledger) forget(ctx context.Context, tx *cmssql.Tx, sc *Scope) error {
	for _, table := range []string{tablePending, tableStates, tableShared, tableFiles, tableLedger} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+l.from(table)+" WHERE site = ?", sc.site); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM "+l.from(tableSites)+" WHERE id = ?", sc.site)
	return err
}

// leave drops the ledger's tables when they hold nothing any more. An account that may not drop leaves them empty.
func (l *Ledger) leave(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int
	if err := l.db.QueryRow(ctx, "SELECT (SELECT COUNT(*) FROM "+l.from(tableLedger)+") + (SELECT COUNT(*) FROM "+l.from(tableFiles)+")").Scan(&n); err != nil || n > 0 {
		return err
	}
	clear(l.scopes)
	clear(l.rests)
	if l.db.Copied() {
		return nil // they go with the session
	}
	l.indexed.Store(false)
	for _, table := range tables {
		err := l.db.Exec(ctx, "DROP TABLE IF EXISTS "+l.from(table))
		if cmssql.ClassOf(err) == cmssql.Refused {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
