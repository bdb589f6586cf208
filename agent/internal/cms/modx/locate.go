package modx

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Locate implements cms.Site. A link to a resource is written as MODX writes it, by id: it holds whatever address the
// resource gets later. Files are relative to the web root, which templates name in <base href>. Of a site that is only read the
// texts are asked for to stand elsewhere, where such a link says nothing: they are addresses.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	e := newEnv()
	if err := s.loadSettings(ctx, q, e); err != nil {
		return nil, err
	}
	if err := s.loadContexts(ctx, q, e); err != nil {
		return nil, err
	}
	public, err := s.publicAddresses(ctx, q, e, wants)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(wants))
	for i, w := range wants {
		switch {
		case w.Kind == kindSite && w.Form == "base":
			texts[i] = s.baseURL(e)
		case w.Kind == kindSite && !s.set.Writable:
			texts[i] = s.baseURL(e) + "/"
		case w.Kind == kindSite:
			texts[i] = "[[++site_url]]"
		case w.Form == "id":
			texts[i] = w.TargetID
		case w.Kind == kindEntry && !s.set.Writable:
			texts[i] = public[w.TargetID]
		case w.Kind == kindEntry:
			texts[i] = "[[~" + w.TargetID + "]]"
		case w.Kind == kindMedia:
			texts[i] = strings.TrimPrefix(escapePath("/"+w.TargetID), "/")
		}
	}
	return texts, nil
}

// publicAddresses are where visitors find the resources of a site that is only read.
func (s *Site) publicAddresses(ctx context.Context, q cmssql.Querier, e *env, wants []cms.Want) (map[string]string, error) {
	if s.set.Writable {
		return nil, nil
	}
	var ids []string
	for _, w := range wants {
		if w.Kind == kindEntry && w.Form != "id" {
			ids = append(ids, w.TargetID)
		}
	}
	rows, err := s.queryIn(ctx, q, ids, "SELECT id, context_key, uri FROM {site_content} WHERE id IN ", "")
	found := make(map[string]string, len(rows))
	for _, r := range rows {
		found[r.Text("id")] = s.baseURL(e) + s.entryPaths(r, e)[0].GetPath()
	}
	return found, err
}
