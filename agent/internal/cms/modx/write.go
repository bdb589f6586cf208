package modx

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write implements cms.Site.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	e, err := s.env(ctx, u.Tx)
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, ctx: ctx, u: u, env: e}
	if err := w.begin(kind, batch); err != nil {
		return nil, err
	}
	switch kind {
	case kindSite:
		err = w.site()
	case kindUser:
		err = w.users()
	case kindMedia:
		w.media()
	case kindEntry:
		err = w.entries()
	case kindRedirect:
		err = w.redirects()
	default:
		err = fmt.Errorf("MODX does not hold records of %s", record.KindName(kind))
	}
	if err != nil {
		return nil, err
	}
	out := make([]cms.Result, len(w.drafts))
	for i, d := range w.drafts {
		out[i] = d.res
	}
	return out, nil
}

// writer writes one batch.
type writer struct {
	s   *Site
	ctx context.Context
	u   *cms.Unit
	env *env
	// drafts in the order of the batch.
	drafts []*draft
}

// draft is one record on its way into tables.
type draft struct {
	rec *recordv1.Record
	// id of the row; "" until it is inserted.
	id string
	// known: the row is there from an earlier run and is written again.
	known bool
	// done: the record is answered.
	done bool
	cols map[string]any
	res  cms.Result
	entryDraft
}

// begin finds the rows that an earlier run wrote and that are still there.
func (w *writer) begin(kind cms.Kind, batch []*recordv1.Record) error {
	var ids []string
	for _, rec := range batch {
		d := &draft{rec: rec, cols: map[string]any{}}
		d.res.Outcome = agentv1.Outcome_OUTCOME_CREATED
		d.typeAgain()
		d.id, d.known = w.u.Refs.Existing(rec.GetRef())
		ids = append(ids, d.id)
		w.drafts = append(w.drafts, d)
	}
	table := big[kind][0]
	if kind == kindRedirect {
		table = big[kindEntry][0]
	}
	if table == "" {
		return nil
	}
	there, err := w.s.there(w.ctx, w.u.Tx, table, ids)
	for _, d := range w.drafts {
		if d.known = d.known && there[d.id]; d.known {
			d.res.Outcome, d.res.TargetID = agentv1.Outcome_OUTCOME_UPDATED, d.id
		} else {
			d.id = ""
		}
	}
	return err
}

// typeAgain gives MODX's own fields the form in which they are read here, when they had to take another one where the record has
// been since.
func (d *draft) typeAgain() {
	for i, f := range d.rec.GetFields() {
		typed := typed(f)
		if typed == nil {
			continue
		}
		fields := slices.Clone(d.rec.GetFields())
		fields[i] = typed
		d.rec = &recordv1.Record{Ref: d.rec.GetRef(), Locale: d.rec.GetLocale(), TranslationGroup: d.rec.GetTranslationGroup(), Body: d.rec.GetBody(), Fields: fields}
		d.adjust("fields."+f.GetName(), "typed_again", "")
	}
}

func typed(f *recordv1.Field) *recordv1.Field {
	v, text := f.GetValue(), f.GetValue().GetText()
	if !strings.HasPrefix(f.GetName(), own) || len(f.GetRaw()) > 0 && f.GetEncoding() == "json" {
		return nil
	}
	if text != "" && (text[0] == '{' || text[0] == '[') {
		if read, err := php.ReadJSON(text); err == nil {
			v = read
		}
	}
	encoding := "json"
	if v.GetArray() == nil || f.GetName() == groupsField {
		encoding = ""
	}
	if v == f.GetValue() && encoding == f.GetEncoding() {
		return nil
	}
	return &recordv1.Field{Name: f.GetName(), Value: v, Encoding: encoding}
}

func (d *draft) adjust(field, code, value string) { d.res.Adjust(field, code, value) }

// wait keeps a pointer for Relink.
func (d *draft) wait(slot string, open ...record.Token) { d.res.Wait(slot, open...) }

// text sets a column to a text that may hold tokens.
func (w *writer) text(d *draft, col, text string) {
	out, open := w.u.Refs.Expand(text)
	d.wait(col, open...)
	d.cols[col] = out
}

// pointer sets a column to the row that a ref became; 0 until it is there.
func (w *writer) pointer(d *draft, col string, to *recordv1.Ref) {
	d.cols[col] = int64(0)
	if to == nil {
		return
	}
	if id, ok := w.u.Refs.Target(to); ok {
		d.cols[col] = atoi(id)
		return
	}
	d.wait(col, record.NewToken(to, ""))
}

func (d *draft) reject(code, cause, fix, field string) {
	d.done = true
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: field}}
}

// save writes the rows of a table: new ones with few statements, known ones one by one. Columns that this version lacks are
// left out.
func (w *writer) save(table string, drafts []*draft) error {
	var fresh []*draft
	var rows [][]any
	var cols []string
	for _, d := range drafts {
		if d.known {
			if err := w.update(table, "id", d.id, d.cols); err != nil {
				return err
			}
			continue
		}
		if cols == nil {
			cols = w.columns(table, d.cols)
		}
		vals := make([]any, len(cols))
		for i, c := range cols {
			vals[i] = d.cols[c]
		}
		fresh, rows = append(fresh, d), append(rows, vals)
	}
	if len(rows) == 0 {
		return nil
	}
	ids, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+table, cols, rows)
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	for i, d := range fresh {
		d.id = itoa(ids[i])
		d.res.TargetID = d.id
	}
	return nil
}

func (w *writer) columns(table string, cols map[string]any) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(cols)), func(c string) bool { return !w.s.has(table, c) })
}

func (w *writer) update(table, key, id string, cols map[string]any) error {
	names := w.columns(table, cols)
	if len(names) == 0 {
		return nil
	}
	var sets []string
	var args []any
	for _, c := range names {
		sets, args = append(sets, w.u.Tx.Quote(c)+" = ?"), append(args, cols[c])
	}
	_, err := w.exec("UPDATE {"+table+"} SET "+strings.Join(sets, ", ")+" WHERE "+w.u.Tx.Quote(key)+" = ?", append(args, id)...)
	return err
}

func (w *writer) exec(query string, args ...any) (int64, error) {
	return w.u.Tx.Exec(w.ctx, w.s.sql(query), args...)
}

func (w *writer) query(query string, args ...any) ([]row, error) {
	return w.s.query(w.ctx, w.u.Tx, query, args...)
}

// drop removes the rows that hang on known drafts.
func (w *writer) drop(table, owner string, drafts []*draft) error {
	var ids []string
	for _, d := range drafts {
		if d.known && !d.done {
			ids = append(ids, d.id)
		}
	}
	return cmssql.ExecIn(w.ctx, w.u.Tx, ids, w.s.sql("DELETE FROM {"+table+"} WHERE "+w.u.Tx.Quote(owner)+" IN "))
}

// named finds a row by its unique name, or makes it; what was made is remembered (Rule 6).
func (w *writer) named(table, nameCol, name string, cols map[string]any) (string, error) {
	find := func() (string, error) {
		rows, err := w.query("SELECT id FROM {"+table+"} WHERE "+w.u.Tx.Quote(nameCol)+" = ?", name)
		if err != nil || len(rows) == 0 {
			return "", err
		}
		return rows[0].Text("id"), nil
	}
	if id, err := find(); err != nil || id != "" {
		return id, err
	}
	cols[nameCol] = name
	names := w.columns(table, cols)
	vals := make([]any, len(names))
	for i, c := range names {
		vals[i] = cols[c]
	}
	// A parallel batch may make it at the same moment; then its row counts.
	if _, err := w.u.Tx.InsertElse(w.ctx, w.s.set.Prefix+table, names, [][]any{vals}, " ON DUPLICATE KEY UPDATE id = id"); err != nil {
		return "", err
	}
	id, err := find()
	if err != nil || id == "" {
		return "", fmt.Errorf("make a row of %s: %w", table, err)
	}
	return id, w.u.Made(w.ctx, cms.Row{Table: table, Column: "id", Value: id})
}
