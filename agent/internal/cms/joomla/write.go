package joomla

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write writes records of one kind and answers each in order.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	if kind == kindMedia {
		return s.writeMedia(u, batch), nil
	}
	w, err := s.newWriter(ctx, u, kind)
	if err != nil {
		return nil, fmt.Errorf("prepare writing: %w", err)
	}
	switch kind {
	case kindUser:
		return w.users(ctx, batch)
	case kindTerm:
		return w.terms(ctx, batch)
	case kindEntry:
		return w.entries(ctx, batch)
	case kindMenu:
		return w.menus(ctx, batch)
	case kindRedirect:
		return w.redirects(ctx, batch)
	}
	return nil, fmt.Errorf("joomla does not write records of %s", record.KindName(kind))
}

// writeMedia answers with where the file lies; Joomla has no rows for files.
func (s *Site) writeMedia(u *cms.Unit, batch []*recordv1.Record) []cms.Result {
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		d := &draft{rec: r}
		s.placeMedia(u, d, r.GetMedia())
		out[i] = d.res
	}
	return out
}

func (s *Site) placeMedia(u *cms.Unit, d *draft, m *recordv1.Media) {
	p := stored(u, m)
	switch {
	case p == "":
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_stored", "the file of this media record did not arrive",
			"Look for the file's own error in the report, correct it, then migrate again.", "files")
		return
	case len(p) > record.MaxSourceID:
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "path_too_long", "the file's path is longer than 191 bytes", "Rename the file in the source, then migrate again.", "files")
		return
	}
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED, TargetID: p}
	if _, ok := u.Refs.Existing(d.rec.GetRef()); ok {
		d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	}
	got := &recordv1.Record{Ref: d.rec.GetRef(), Body: &recordv1.Record_Media{Media: s.mediaAt(p)}}
	if got.GetMedia() == nil {
		return
	}
	// What Joomla shows of a file it reads from the file; and it keeps no smaller copies.
	for _, field := range record.Diff(d.rec, got, holdsOf(kindMedia), nil) {
		d.adjust(field, "taken_from_file", "")
	}
}

func stored(u *cms.Unit, m *recordv1.Media) string {
	for _, role := range []string{"full", "", "original"} {
		for _, f := range m.GetFiles() {
			if p, ok := u.Refs.File(f.GetId()); ok && f.GetRole() == role {
				return p
			}
		}
	}
	return ""
}

// redirects writes com_redirect.
func (w *writer) redirects(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) (string, string) { return "redirect_links", "" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		r := d.rec.GetRedirect()
		d.cols["old_url"], d.cols["header"], d.cols["published"] = r.GetFromPath(), int64(r.GetCode()), 1
		if r.GetCode() == 0 {
			d.cols["header"] = int64(301)
		}
		if r.GetDisabled() {
			d.cols["published"] = 0
		}
		d.cols["new_url"] = d.expand("text:new_url", r.GetToUrl())
		if r.GetTo() != nil {
			if id := d.target("link:new_url", r.GetTo()); id != "" {
				d.cols["new_url"] = linkOf(r.GetTo().GetKind(), id, nil)
			}
		}
		if r.GetPattern() {
			d.adjust("pattern", "pattern_as_text", "")
			d.cols["published"] = 0
			d.adjust("disabled", "pattern_as_text", "")
		}
		d.extras(redirectExtras)
		d.dropRest()
		d.measure()
	}
	err = w.flush(ctx, "redirect_links", ds)
	return results(ds), err
}
