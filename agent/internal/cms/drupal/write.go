package drupal

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// writer is one call of Write, with the set-up as its transaction sees it.
type writer struct {
	*reader
	u *cms.Unit
	// locked says that nobody else makes types and fields until this batch is committed.
	locked bool
	// types are the content types, vocabularyOf those of the terms that a batch names (Drupal 7).
	types        map[string]bool
	vocabularyOf map[int64]string
	// said are the translations of terms that a batch points to.
	said map[string][]row
	// ownMenus are the menus that a batch has written.
	ownMenus map[string]bool
	// files are those that media entities show, by the numbers of these: of all that a batch points to.
	files map[int64]int64
}

// Write writes records of one kind and answers each in order.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	w, err := s.writer(ctx, u, kind)
	if err != nil {
		return nil, fmt.Errorf("prepare writing: %w", err)
	}
	if err := w.shownFiles(ctx, batch); err != nil {
		return nil, fmt.Errorf("find the files of media: %w", err)
	}
	write := map[cms.Kind]func(context.Context, []*recordv1.Record) ([]*draft, error){
		kindSite: w.writeSite, kindUser: w.writeUsers, kindTerm: w.writeTerms, kindMedia: w.writeMedia, kindEntry: w.writeEntries,
		kindComment: w.writeComments, kindMenu: w.writeMenus, kindRedirect: w.writeRedirects}[kind]
	if s.seven {
		write = w.kinds7()[kind]
	}
	if write == nil {
		return nil, fmt.Errorf("drupal does not write records of %s", record.KindName(kind))
	}
	ds, err := write(ctx, batch)
	if err != nil {
		return nil, err
	}
	out := make([]cms.Result, len(ds))
	for i, d := range ds {
		out[i] = d.res
	}
	return out, nil
}

func (s *Site) writer(ctx context.Context, u *cms.Unit, kind cms.Kind) (*writer, error) {
	n, err := s.fresh(ctx, u.Tx)
	if err != nil {
		return nil, err
	}
	return &writer{reader: &reader{s: n, q: u.Tx, kind: kind}, u: u, ownMenus: map[string]bool{}}, nil
}

// draft is one record on its way into tables.
type draft struct {
	w   *writer
	rec *recordv1.Record
	e   *entity
	// id of the entity and of its version; for what has no versions both are the same.
	id, version int64
	// lang is set when the record is a translation of a node, whose first record may be in this batch: origin.
	lang   string
	origin *draft
	// known: the entity is there from an earlier run and is written again.
	known bool
	// file is the one that a media entity shows.
	file *draft
	// done: the record is answered; nothing more is to be written.
	done bool
	// cols go into every table of the entity that has a column of the name.
	cols map[string]any
	// bundle says which fields there are; values are the rows of fields, in order.
	bundle string
	values []value
	res    cms.Result
	// shownBy is the format of the text, otherFormat that of texts in fields whose own format is not here.
	shownBy, otherFormat any
	// tids are the terms of a node.
	tids []int64
}

// value is one row of a field: properties by their names without the field's.
type value struct {
	f     *field
	props map[string]any
}

// drafts begins a batch: entities of earlier runs that are still there are written again.
func (w *writer) drafts(ctx context.Context, batch []*recordv1.Record, entityOf func(*recordv1.Record) string) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	known := map[*entity][]*draft{}
	for i, rec := range batch {
		d := &draft{w: w, rec: rec, e: w.s.entity(entityOf(rec)), cols: map[string]any{}, res: newResult()}
		d.cols["langcode"], d.cols["default_langcode"], d.cols["revision_default"], d.cols["revision_translation_affected"] = w.s.schema.base, 1, 1, 1
		if target, ok := w.u.Refs.Existing(rec.GetRef()); ok {
			if d.id = d.e.number(target); d.id > 0 {
				d.lang = tongue(target[len(d.e.prefix):])
				known[d.e] = append(known[d.e], d)
			}
		}
		ds[i] = d
	}
	for e, list := range known {
		if err := w.find(ctx, e, list); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func newResult() cms.Result { return cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED} }

// find looks which entities of earlier runs are still there, and what their versions are.
func (w *writer) find(ctx context.Context, e *entity, ds []*draft) error {
	version := e.key
	if e.revision != "" {
		version = e.version
	}
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i] = d.id
	}
	lang, said := "''", map[string][]row{}
	if w.s.live.has(e.base, "langcode") {
		lang = "langcode"
	}
	rows, err := queryIn(ctx, w.s, w.q, ids, "SELECT "+e.key+" AS id, "+version+" AS version, "+lang+" AS lang FROM {"+e.base+"} WHERE "+e.key+" IN ", "")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(ds, func(d *draft) bool { return d.lang != "" }) {
		list, err := queryIn(ctx, w.s, w.q, ids, "SELECT "+e.key+" AS id, langcode AS lang FROM {"+e.more[0]+"} WHERE default_langcode = 0 AND "+e.key+" IN ", "")
		if err != nil {
			return err
		}
		said = by(list, "id")
	}
	at := by(rows, "id")
	for _, d := range ds {
		found, target := at[itoa(d.id)], e.target(d.id)
		if d.lang != "" {
			target += ":" + d.lang
			if !slices.ContainsFunc(said[itoa(d.id)], func(r row) bool { return r.text("lang") == d.lang }) {
				found = nil
			}
		}
		if len(found) == 0 {
			d.id, d.lang = 0, ""
			continue
		}
		d.known, d.version, d.res.Outcome, d.res.TargetID = true, found[0].number("version"), agentv1.Outcome_OUTCOME_UPDATED, target
		if lang := cmp.Or(d.lang, found[0].text("lang")); lang != "" {
			d.cols["langcode"] = lang
		}
	}
	return nil
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

// pointed is the number of the entity that a ref became, 0 for none; one that is not there yet is left to Relink. Media
// entities and files have numbers of their own: prefix says which is meant.
func (d *draft) pointed(slot, prefix string, ref *recordv1.Ref) int64 {
	if ref == nil {
		return 0
	}
	id, ok := d.w.u.Refs.Target(ref)
	if !ok {
		d.wait(slot, record.NewToken(ref, ""))
	}
	if prefix == "" && ref.GetKind() == kindMedia {
		return d.w.fileAt(id)
	}
	return (&entity{prefix: prefix}).number(id)
}

// leave ends the record without a row.
func (d *draft) leave(o agentv1.Outcome, code, cause, fix, field string) {
	d.done = true
	d.res = cms.Result{Outcome: o, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: field}}
}

// adopt ends the record with an entity that was there before.
func (d *draft) adopt(id int64) {
	d.done = true
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_ADOPTED, TargetID: d.e.target(id), Adjustments: []*agentv1.Adjustment{{Field: record.WholeRecord, Code: "kept_existing"}}}
}

// at sets columns to a moment; 0 where there is none.
func (d *draft) at(t *recordv1.Time, cols ...string) {
	for _, c := range cols {
		d.cols[c] = t.GetSeconds()
	}
}

// fieldOfColumn are the fields of records whose text a column holds under another name.
var fieldOfColumn = map[string]string{"description__value": "description", "body_value": "content", "body_summary": "excerpt", "comment_body_value": "content"}

// measure rejects a draft with a text that its column does not take whole, and takes out what PostgreSQL does not store.
func (d *draft) measure() {
	for _, table := range d.e.tables() {
		live := d.w.s.live.of(table)
		for _, name := range sortedKeys(d.cols) {
			text, ok := d.cols[name].(string)
			c, there := live[name]
			if d.done || !ok || !there {
				continue
			}
			text = d.clean(name, text)
			if d.cols[name] = text; !c.Fits(text) {
				d.leave(agentv1.Outcome_OUTCOME_REJECTED, "too_long", fmt.Sprintf("the text is longer than column %s of table %s takes", name, table), "Shorten it in the source, then migrate again.", name)
			}
		}
	}
}

// live are the drafts that are written.
func live(ds []*draft) []*draft {
	return slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return d.done })
}

// exec runs a statement.
func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	_, err := w.u.Tx.Exec(ctx, w.s.sql(query), args...)
	return err
}

const cmsInList = 500

// named gives what rows say in the column name, by their column id, which query ends with.
func (w *writer) named(ctx context.Context, ids []int64, query string) (map[int64]string, error) {
	slices.Sort(ids)
	all := map[int64]string{}
	for part := range slices.Chunk(slices.Compact(ids), cmsInList) {
		rows, err := queryIn(ctx, w.s, w.q, part, query, "")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			all[r.number("id")] = r.text("name")
		}
	}
	return all, nil
}

// execIn runs a statement that ends in an IN list.
func execIn[T any](ctx context.Context, w *writer, values []T, query string) error {
	return cmssql.ExecIn(ctx, w.u.Tx, values, w.s.sql(query))
}
