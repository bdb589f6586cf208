package ghost

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// metaSlot goes before the names of posts_meta's columns where those of posts stand beside them.
const metaSlot = "posts_meta."

// draft is one record on its way into tables.
type draft struct {
	u   *cms.Unit
	rec *recordv1.Record
	// id is the row's id without a prefix.
	id string
	// known: the row is there from an earlier run and is written again.
	known bool
	// done: the record is answered; nothing more is to be written.
	done bool
	cols map[string]any
	res  cms.Result
	// owner is who stands in for people that are not known.
	owner string
}

// drafts begins a batch: rows of earlier runs that are still there are written again, the others get new ids.
func (s *Site) drafts(ctx context.Context, u *cms.Unit, table, prefix string, batch []*recordv1.Record) ([]*draft, error) {
	ids := make([]string, len(batch))
	for i, r := range batch {
		if target, ok := u.Refs.Existing(r.GetRef()); ok {
			ids[i] = strings.TrimPrefix(target, prefix)
		}
	}
	alive, err := s.alive(ctx, u.Tx, table, ids)
	if err != nil {
		return nil, err
	}
	owner, err := s.standIn(ctx, u)
	if err != nil {
		return nil, err
	}
	ds := make([]*draft, len(batch))
	for i, r := range batch {
		d := &draft{u: u, rec: r, owner: owner, id: ids[i], known: alive[ids[i]], cols: map[string]any{}}
		d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
		if !d.known {
			d.id = s.newID()
			d.res.Outcome = agentv1.Outcome_OUTCOME_CREATED
		}
		d.res.TargetID = prefix + d.id
		ds[i] = d
	}
	return ds, nil
}

// standIn is the account for records whose author is not moved: the migration's choice if it is one of staff.
func (s *Site) standIn(ctx context.Context, u *cms.Unit) (string, error) {
	if u.FallbackAuthor != "" {
		there, err := s.alive(ctx, u.Tx, "users", []string{u.FallbackAuthor})
		if err != nil || there[u.FallbackAuthor] {
			return u.FallbackAuthor, err
		}
	}
	return s.owner(ctx, u.Tx)
}

// owner is the account of the site's owner.
func (s *Site) owner(ctx context.Context, q cmssql.Querier) (string, error) {
	id, err := cmssql.One(ctx, q, "SELECT u.`id` FROM `users` u LEFT JOIN `roles_users` ru ON ru.`user_id` = u.`id` LEFT JOIN `roles` r ON r.`id` = ru.`role_id` "+
		"ORDER BY CASE r.`name` WHEN 'Owner' THEN 0 WHEN 'Administrator' THEN 1 ELSE 2 END, u.`id` LIMIT 1")
	if err != nil {
		return "", fmt.Errorf("look for the owner: %w", err)
	}
	if id == "" {
		return "", errors.New("this Ghost has no staff; finish its setup at /ghost/ first")
	}
	return id, nil
}

// alive says which rows exist.
func (s *Site) alive(ctx context.Context, q cmssql.Querier, table string, ids []string) (map[string]bool, error) {
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, q, "SELECT `id` FROM `"+table+"` WHERE `id` IN "+in, args...)
	m := make(map[string]bool, len(rows))
	for _, r := range rows {
		m[r.Text("id")] = true
	}
	return m, err
}

func (d *draft) set(slot string, v any) { d.cols[slot] = v }

// adjust tells that the target holds a field otherwise than it was sent.
func (d *draft) adjust(field, code, value string) { d.res.Adjust(field, code, value) }

// wait keeps a pointer for Relink.
func (d *draft) wait(slot string, t record.Token) { d.res.Wait(slot, t) }

// token sets a column to a text that may hold tokens.
func (d *draft) token(slot, text string) {
	out, open := d.u.Refs.Expand(text)
	for _, t := range open {
		d.wait(slot, t)
	}
	d.set(slot, orNull(out))
}

// picture sets a column to a picture's address.
func (d *draft) picture(slot string, img *recordv1.Image) {
	if img.GetMedia() == nil {
		d.token(slot, img.GetUrl())
		return
	}
	d.set(slot, nil)
	if path, ok := d.u.Refs.Target(img.GetMedia()); ok {
		d.set(slot, fileURL(path))
		return
	}
	d.wait(slot, record.NewToken(img.GetMedia(), ""))
}

// leave ends the record without a row.
func (d *draft) leave(o agentv1.Outcome, code, cause, fix, field string) {
	d.done = true
	d.res = cms.Result{Outcome: o, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: field}}
}

func (d *draft) skip(code, cause, fix string) {
	d.leave(agentv1.Outcome_OUTCOME_SKIPPED, code, cause, fix, "")
}

// adopt ends the record with a row that was there before.
func (d *draft) adopt(id string, got *recordv1.Record, holds *agentv1.Holds) {
	d.done = true
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_ADOPTED, TargetID: id}
	for _, path := range record.Diff(d.rec, got, holds, nil) {
		d.adjust(path, "kept_existing", "")
	}
}

// measure rejects a draft with a text that its column does not take whole; SQLite would take it, Ghost would not.
func (s *Site) measure(d *draft, table string) {
	if d.done {
		return
	}
	for slot, v := range d.cols {
		tab, col := table, slot
		if c, ok := strings.CutPrefix(slot, metaSlot); ok {
			tab, col = "posts_meta", c
		}
		text, ok := v.(string)
		if w := s.schema.Catalogue[tab][col]; ok && !w.Fits(text) {
			d.leave(agentv1.Outcome_OUTCOME_REJECTED, "too_long", fmt.Sprintf("the text is longer than column %s of table %s takes", col, tab),
				"Shorten it in the source, then migrate again.", col)
			return
		}
	}
}

// flush writes the rows of a table: new ones with few statements, known ones one by one.
func (s *Site) flush(ctx context.Context, tx *cmssql.Tx, table string, ds []*draft) error {
	cols := s.columns(table, ds)
	var fresh [][]any
	for _, d := range ds {
		switch {
		case d.done:
		case d.known:
			if err := update(ctx, tx, table, d, cols); err != nil {
				return fmt.Errorf("update %s: %w", table, err)
			}
		default:
			fresh = append(fresh, append(values(d, cols), d.id))
		}
	}
	if _, err := tx.Insert(ctx, table, append(cols, "id"), fresh); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

// columns are the columns of a table that drafts set and this version of Ghost has.
func (s *Site) columns(table string, ds []*draft) []string {
	seen := map[string]bool{}
	for _, d := range ds {
		for c := range d.cols {
			seen[c] = seen[c] || !d.done
		}
	}
	var cols []string
	for c, used := range seen {
		if used && s.schema.Has(table, c) {
			cols = append(cols, c)
		}
	}
	sort.Strings(cols)
	return cols
}

func values(d *draft, cols []string) []any {
	vals := make([]any, len(cols), len(cols)+1)
	for i, c := range cols {
		vals[i] = d.cols[c]
	}
	return vals
}

// firstOnly are columns that keep what the first writing gave them.
var firstOnly = set("created_by", "transient_id", "comment_id", "email_recipient_filter")

func update(ctx context.Context, tx *cmssql.Tx, table string, d *draft, cols []string) error {
	var sets []string
	var args []any
	for _, c := range cols {
		if v, ok := d.cols[c]; ok && !firstOnly[c] {
			sets = append(sets, tx.Quote(c)+" = ?")
			args = append(args, v)
		}
	}
	_, err := tx.Exec(ctx, "UPDATE "+tx.Quote(table)+" SET "+strings.Join(sets, ", ")+" WHERE id = ?", append(args, d.id)...)
	return err
}

// joins are rows of a table that only ties others together.
type joins struct {
	table string
	cols  []string
	rows  [][]any
}

// rejoin replaces the rows that hang on known drafts, and adds those of new ones.
func (s *Site) rejoin(ctx context.Context, tx *cmssql.Tx, owner string, ds []*draft, all ...*joins) error {
	var known []string
	for _, d := range ds {
		if d.known && !d.done {
			known = append(known, d.id)
		}
	}
	for _, j := range all {
		if !s.schema.Has(j.table) {
			continue
		}
		if err := s.drop(ctx, tx, j.table, owner, known); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, j.table, j.cols, j.rows); err != nil {
			return fmt.Errorf("insert into %s: %w", j.table, err)
		}
	}
	return nil
}

func (s *Site) drop(ctx context.Context, tx *cmssql.Tx, table, owner string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	in, args := cmssql.In(ids)
	if _, err := tx.Exec(ctx, "DELETE FROM "+tx.Quote(table)+" WHERE "+tx.Quote(owner)+" IN "+in, args...); err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

// results are the answers in order.
func results(ds []*draft) []cms.Result {
	out := make([]cms.Result, len(ds))
	for i, d := range ds {
		out[i] = d.res
	}
	return out
}
