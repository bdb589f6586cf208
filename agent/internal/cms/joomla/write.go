package joomla

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write writes records of one kind and answers each in order.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	if kind == kindMedia {
		// Joomla has no rows for files.
		return uploads.Write(u, batch, holdsOf(kindMedia), s.mediaAt), nil
	}
	w, err := s.newWriter(ctx, u, kind)
	if err != nil {
		return nil, fmt.Errorf("prepare writing: %w", err)
	}
	if err := w.makeLevels(ctx, batch); err != nil {
		return nil, err
	}
	switch kind {
	case kindSite:
		return w.site(ctx, batch)
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
		d.extras(redirectExtras)
		d.dropRest()
		d.measure()
	}
	err = w.flush(ctx, "redirect_links", ds)
	return results(ds), err
}
