package joomla

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// writer is one call of Write.
type writer struct {
	*reader
	u *cms.Unit
	// groups and levelIDs are ids by name.
	groups, levelIDs map[string]string
	// madeLevels are the names of the view levels that this call has made.
	madeLevels []string
	components map[string]string
	// superUser is the first account that may everything.
	superUser string
}

// draft is one record on its way into tables.
type draft struct {
	w   *writer
	rec *recordv1.Record
	// table the record's own row is in; prefix goes before its id.
	table, prefix, id string
	// known: the row is there from an earlier run and is written again.
	known bool
	// done: the record is answered; nothing more is to be written.
	done bool
	cols map[string]any
	res  cms.Result
	// scope and alias: the alias that is wished, unique within the scope.
	scope, alias string
	// rest are custom fields that have no column.
	rest []*recordv1.Field
	// tags are the ids of tags.
	tags []string
}

func (s *Site) newWriter(ctx context.Context, u *cms.Unit, kind cms.Kind) (*writer, error) {
	w := &writer{reader: s.newReader(u.Tx, kind), u: u, levelIDs: map[string]string{}}
	if err := w.ready(ctx); err != nil {
		return nil, err
	}
	for id, name := range w.levels {
		w.levelIDs[name] = id
	}
	if kind == kindEntry {
		var err error
		if w.superUser, err = s.one(ctx, u.Tx, "SELECT m.user_id FROM {user_usergroup_map} m JOIN {users} u ON u.id = m.user_id WHERE m.group_id = ? ORDER BY m.user_id LIMIT 1", atoi(superUsers)); err != nil {
			return nil, err
		}
	}
	return w, w.loadDefs(ctx)
}

// drafts begins a batch: rows of earlier runs that are still there are written again.
func (w *writer) drafts(ctx context.Context, batch []*recordv1.Record, placed func(*recordv1.Record) (table, prefix string)) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	known := map[string][]string{}
	for i, rec := range batch {
		d := &draft{w: w, rec: rec, cols: map[string]any{}, res: cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED}}
		d.table, d.prefix = placed(rec)
		if target, ok := w.u.Refs.Existing(rec.GetRef()); ok && isID(strings.TrimPrefix(target, d.prefix)) {
			d.id = strings.TrimPrefix(target, d.prefix)
			known[d.table] = append(known[d.table], d.id)
		}
		ds[i] = d
	}
	for table, ids := range known {
		rows, err := w.s.queryIn(ctx, w.q, "SELECT "+rowKey(table)+" AS id FROM {"+table+"} WHERE "+rowKey(table)+" IN ", ids, "")
		if err != nil {
			return nil, err
		}
		alive := cmssql.By(rows, "id")
		for _, d := range ds {
			if d.table == table && len(alive[d.id]) > 0 {
				d.known, d.res.Outcome = true, agentv1.Outcome_OUTCOME_UPDATED
				d.res.TargetID = d.prefix + d.id
			}
		}
	}
	return ds, nil
}

// adjust tells that the target holds a field otherwise than it was sent.
func (d *draft) adjust(field, code, value string) { d.res.Adjust(field, code, value) }

// wait keeps a pointer for Relink.
func (d *draft) wait(slot string, t record.Token) { d.res.Wait(slot, t) }

// expand replaces the tokens of a text; those that are not known yet are left to Relink.
func (d *draft) expand(slot, text string) string {
	out, open := d.w.u.Refs.Expand(text)
	d.res.Wait(slot, open...)
	return out
}

// target is the id of the row that a ref became; one that is not there yet is left to Relink.
func (d *draft) target(slot string, ref *recordv1.Ref) string {
	if ref == nil {
		return ""
	}
	id, ok := d.w.u.Refs.Target(ref)
	if !ok {
		d.wait(slot, record.NewToken(ref, ""))
	}
	return id
}

// number sets a column to an id, or to nothing.
func (d *draft) number(col, id string) {
	d.cols[col] = 0
	if isID(id) {
		d.cols[col] = atoi(id)
	}
}

// date sets a column to a moment; where there is none the table says what stands for it.
func (d *draft) date(col string, t *recordv1.Time) {
	d.cols[col] = unset(d.w.s.schema[d.table][col], d.w.q.Dialect())
	if v := stamp(t); v != "" {
		d.cols[col] = v
	}
}

// leave ends the record without a row.
func (d *draft) leave(o agentv1.Outcome, code, cause, fix, field string) {
	d.done = true
	d.res = cms.Result{Outcome: o, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: field}}
}

// adopt ends the record with a row that was there before.
func (d *draft) adopt(id string) {
	d.done = true
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_ADOPTED, TargetID: d.prefix + id,
		Adjustments: []*agentv1.Adjustment{{Field: record.WholeRecord, Code: "kept_existing"}}}
}

// fieldOfColumn are the fields of records whose text a column holds under another name.
var fieldOfColumn = map[string]string{"introtext": "content", "fulltext": "content", "content": "content", "misc": "content", "title": "title", "alias": "slug",
	"description": "description", "metadesc": "seo.description"}

// clean takes out of a text what PostgreSQL does not store.
func (d *draft) clean(field, text string) string {
	if d.w.q.Dialect() != cmssql.Postgres || !strings.Contains(text, "\x00") {
		return text
	}
	d.adjust(field, "nul_removed", "")
	return strings.ReplaceAll(text, "\x00", "")
}

// measure rejects a draft with a text that its column does not take whole.
func (d *draft) measure() {
	for _, col := range slices.Sorted(maps.Keys(d.cols)) {
		text, ok := d.cols[col].(string)
		if ok {
			field := fieldOfColumn[col]
			if field == "" {
				field = "fields." + extraPrefix + col
			}
			text = d.clean(field, text)
			d.cols[col] = text
		}
		if c := d.w.s.schema[d.table][col]; !d.done && ok && !c.IsTime() && !c.Fits(text) {
			d.leave(agentv1.Outcome_OUTCOME_REJECTED, "too_long", fmt.Sprintf("the text is longer than column %s of table %s takes", col, d.table),
				"Shorten it in the source, then migrate again.", col)
		}
	}
}

// firstOnly are columns that keep what the first writing gave them.
var firstOnly = []string{"lft", "rgt", "level", "path", "asset_id"}

// rowKey is the column that numbers the rows of a table.
func rowKey(table string) string {
	if strings.HasSuffix(table, "history") {
		return "version_id"
	}
	return "id"
}

// flush writes the own rows of drafts: new ones with few statements, known ones one by one.
func (w *writer) flush(ctx context.Context, table string, ds []*draft) error {
	var fresh []*draft
	for _, d := range ds {
		switch {
		case d.done || d.table != table:
		case d.known:
			if err := w.update(ctx, d); err != nil {
				return fmt.Errorf("update %s: %w", table, err)
			}
		default:
			fresh = append(fresh, d)
		}
	}
	rows := make([]map[string]any, len(fresh))
	for i, d := range fresh {
		rows[i] = d.cols
	}
	ids, err := w.insert(ctx, table, rows)
	for i, d := range fresh {
		if err == nil {
			d.id = itoa(ids[i])
			d.res.TargetID = d.prefix + d.id
		}
	}
	return err
}

// insert is the one writer of new rows.
func (w *writer) insert(ctx context.Context, table string, rows []map[string]any) ([]int64, error) {
	return w.u.Tx.InsertRows(ctx, w.s.set.Prefix+table, w.s.schema[table], rows, w.needed)
}

// made are dates that must never be unset.
var made = []string{"created", "modified", "created_time", "modified_time", "created_date", "modified_date", "registerDate", "tag_date", "core_created_time", "core_modified_time"}

// needed is what stands in a column that nobody set.
func (w *writer) needed(name string, c cmssql.TableColumn) any {
	if c.IsTime() && slices.Contains(made, name) {
		return w.s.now().UTC().Format(stampLayout)
	}
	return unset(c, w.q.Dialect())
}

func (w *writer) update(ctx context.Context, d *draft) error {
	var sets []string
	var args []any
	for _, name := range slices.Sorted(maps.Keys(d.cols)) {
		if w.s.schema.Has(d.table, name) && !slices.Contains(firstOnly, name) {
			sets = append(sets, w.s.name(name)+" = ?")
			args = append(args, d.cols[name])
		}
	}
	return w.exec(ctx, "UPDATE {"+d.table+"} SET "+strings.Join(sets, ", ")+" WHERE "+rowKey(d.table)+" = ?", append(args, atoi(d.id))...)
}

func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	_, err := w.u.Tx.Exec(ctx, w.s.sql(query), args...)
	return err
}

// clear removes what hangs on rows that are written again.
func (w *writer) clear(ctx context.Context, ds []*draft, query string) error {
	var ids []string
	for _, d := range ds {
		if d.known && !d.done {
			ids = append(ids, d.id)
		}
	}
	return cmssql.ExecIn(ctx, w.u.Tx, ids, w.s.sql(query))
}

// results are the answers in order.
func results(ds []*draft) []cms.Result {
	out := make([]cms.Result, len(ds))
	for i, d := range ds {
		out[i] = d.res
	}
	return out
}
