package modx

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Locate implements cms.Site. A link to a resource is written as MODX writes it, by id: it holds whatever address the
// resource gets later. Files are relative to the web root, which templates name in <base href>.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	e := newEnv()
	if err := s.loadSettings(ctx, q, e); err != nil {
		return nil, err
	}
	if err := s.loadContexts(ctx, q, e); err != nil {
		return nil, err
	}
	texts := make([]string, len(wants))
	for i, w := range wants {
		switch {
		case w.Kind == kindSite && w.Form == "base":
			texts[i] = s.baseURL(e)
		case w.Kind == kindSite:
			texts[i] = "[[++site_url]]"
		case w.Form == "id":
			texts[i] = w.TargetID
		case w.Kind == kindEntry:
			texts[i] = "[[~" + w.TargetID + "]]"
		case w.Kind == kindMedia:
			texts[i] = strings.TrimPrefix(escapePath("/"+w.TargetID), "/")
		}
	}
	return texts, nil
}
