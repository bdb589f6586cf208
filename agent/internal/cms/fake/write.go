package fake

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Write implements cms.Site. The transaction is shared with the ledger: the driver neither begins nor commits (Rule 2).
// The steps go over the whole batch, so that a driver can do each with few statements.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	w := &writing{s: s, u: u, kind: kind, results: make([]cms.Result, len(batch))}
	for i, rec := range batch {
		// A copy: the batch is written again when its transaction failed.
		w.drafts = append(w.drafts, &draft{at: i, rec: proto.CloneOf(rec)})
	}
	for _, step := range []func(context.Context) error{w.point, w.adopt, w.update, w.name, w.insert} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return w.results, nil
}

// draft is a record on its way into a row.
type draft struct {
	at  int
	rec *recordv1.Record
	row row
	// done: nothing is left to be inserted.
	done bool
}

type writing struct {
	s       *Site
	u       *cms.Unit
	kind    cms.Kind
	drafts  []*draft
	results []cms.Result
}

// point turns source refs into ids of this site, expands texts, and finds where files were stored.
func (w *writing) point(context.Context) error {
	for _, d := range w.drafts {
		w.results[d.at].Open = whole.Resolve(d.rec, w.u.Refs)
		for _, f := range d.rec.GetMedia().GetFiles() {
			if stored, ok := w.u.Refs.File(f.GetId()); ok {
				f.Path = stored
			}
			f.Id = ""
		}
	}
	return nil
}

// adopt lets accounts with the same e-mail address and terms with the same slug stand for the record, left as they are.
func (w *writing) adopt(ctx context.Context) error {
	if w.kind != recordv1.Kind_KIND_USER && w.kind != recordv1.Kind_KIND_TERM {
		return nil
	}
	for _, d := range w.drafts {
		if _, ok := w.u.Refs.Existing(d.rec.GetRef()); ok {
			continue
		}
		_, scope, slug := columns(d.rec)
		if slug == "" {
			continue
		}
		rows, err := w.s.page(ctx, w.u.Tx, w.kind, "scope = ? AND slug = ?", scope, slug)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			d.done = true
			w.results[d.at] = cms.Result{Outcome: agentv1.Outcome_OUTCOME_ADOPTED, TargetID: strconv.FormatInt(rows[0].id, 10),
				Adjustments: []*agentv1.Adjustment{{Field: "*", Code: "kept_existing"}}}
		}
	}
	return nil
}

// update writes records over the rows that an earlier run made for them, and the settings over the site's own.
func (w *writing) update(ctx context.Context) error {
	for _, d := range w.drafts {
		id, ok := w.u.Refs.Existing(d.rec.GetRef())
		if w.kind == recordv1.Kind_KIND_SITE {
			id, ok = "1", true
		}
		if !ok || d.done {
			continue
		}
		if err := w.overwrite(ctx, d, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) overwrite(ctx context.Context, d *draft, id string) error {
	old, err := w.s.byID(ctx, w.u.Tx, w.kind, []string{id})
	if err != nil {
		return err
	}
	was, ok := old[id]
	if !ok {
		// Somebody removed the row since; it is made anew.
		return nil
	}
	res := &w.results[d.at]
	res.Adjustments = w.keep(d.rec, was)
	if d.row, err = encode(d.rec); err != nil {
		return err
	}
	if w.kind == recordv1.Kind_KIND_SITE {
		if err := w.u.Keep(ctx, cms.Row{Table: tableOf(w.kind), Column: "id", Value: id}); err != nil {
			return err
		}
	}
	_, err = w.u.Tx.Exec(ctx, "UPDATE "+w.s.kindTable(w.kind)+" SET name = ?, scope = ?, body = ? WHERE id = ?", d.row.name, d.row.scope, d.row.body, id)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	// Rule 6: what was there before goes into the ledger.
	d.done, res.Outcome, res.TargetID, res.Before = true, agentv1.Outcome_OUTCOME_UPDATED, id, was.body
	return nil
}

// keep leaves what an update must not change: the target's own address, and the slug that was chosen when the row was made.
func (w *writing) keep(rec *recordv1.Record, was row) (adj []*agentv1.Adjustment) {
	if site := rec.GetSite(); site != nil {
		site.BaseUrl = w.s.base
		return []*agentv1.Adjustment{{Field: "base_url", Code: "kept_existing"}}
	}
	if _, _, slug := columns(rec); slug != "" && slug != was.slug && w.kind != recordv1.Kind_KIND_USER {
		setSlug(rec, was.slug)
		return []*agentv1.Adjustment{{Field: "slug", Code: "slug_taken", Value: was.slug}}
	}
	return nil
}

// name gives each new row a slug that neither the site nor a parallel batch has; Names holds it until the commit.
func (w *writing) name(ctx context.Context) error {
	for _, d := range w.drafts {
		if d.done {
			continue
		}
		_, scope, had := columns(d.rec)
		wish := had
		if wish == "" {
			// The platform wants one in every row; where the kind has none it is made from what is unique anyway.
			wish = "~" + d.rec.GetRef().GetSourceId()
		}
		chosen, err := w.u.Names.Choose(tableOf(w.kind)+"/"+scope, func(reserved func(string) bool) ([]string, error) {
			return w.free(ctx, scope, wish, reserved)
		})
		if err != nil {
			return err
		}
		if had != "" && chosen[0] != had {
			setSlug(d.rec, chosen[0])
			w.results[d.at].Adjustments = append(w.results[d.at].Adjustments, &agentv1.Adjustment{Field: "slug", Code: "slug_taken", Value: chosen[0]})
		}
		if d.row, err = encode(d.rec); err != nil {
			return err
		}
		d.row.slug = chosen[0]
	}
	return nil
}

// free finds the first of "slug", "slug-2", … that nobody has.
func (w *writing) free(ctx context.Context, scope, slug string, reserved func(string) bool) ([]string, error) {
	for n := 1; ; n++ {
		try := slug
		if n > 1 {
			try += "-" + strconv.Itoa(n)
		}
		rows, err := w.s.page(ctx, w.u.Tx, w.kind, "scope = ? AND slug = ?", scope, try)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 && !reserved(try) {
			return []string{try}, nil
		}
	}
}

// insert makes all new rows with one statement and learns their ids.
func (w *writing) insert(ctx context.Context) error {
	var rows [][]any
	var fresh []*draft
	for _, d := range w.drafts {
		if !d.done {
			rows, fresh = append(rows, []any{d.row.name, d.row.scope, d.row.slug, d.row.body}), append(fresh, d)
		}
	}
	ids, err := w.u.Tx.Insert(ctx, w.s.prefix+tableOf(w.kind), []string{"name", "scope", "slug", "body"}, rows)
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	for i, d := range fresh {
		w.results[d.at].Outcome, w.results[d.at].TargetID = agentv1.Outcome_OUTCOME_CREATED, strconv.FormatInt(ids[i], 10)
	}
	return nil
}

// Finish implements cms.Site: this platform derives nothing from its rows.
func (s *Site) Finish(context.Context, *cms.Unit) ([]*agentv1.Finding, error) { return nil, nil }

var _ cms.Site = (*Site)(nil)
