package joomla

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// linkOf is how Joomla's own links name a row; a pattern of the source keeps its view.
func linkOf(kind cms.Kind, id string, pattern *string) string {
	if kind != kindEntry && kind != kindTerm {
		// Joomla itself has no page of a person, nor one of a file.
		return ""
	}
	raw := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(id, tagPrefix), contactPrefix), modulePrefix)
	if pattern != nil && strings.Contains(*pattern, "{id}") {
		return strings.Replace(*pattern, "{id}", raw, 1)
	}
	switch {
	case kind == kindEntry && strings.HasPrefix(id, contactPrefix):
		return "index.php?option=com_contact&view=contact&id=" + raw
	case kind == kindEntry && strings.HasPrefix(id, modulePrefix):
		return ""
	case kind == kindEntry:
		return "index.php?option=com_content&view=article&id=" + raw
	case strings.HasPrefix(id, tagPrefix):
		return "index.php?option=com_tags&view=tag&id[0]=" + raw
	}
	return "index.php?option=com_content&view=category&id=" + raw
}

// Locate gives links as Joomla's editor writes them: relative to the site, by query, so that they stay right whatever the
// menus are. Every form of a picture is the picture itself.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	out := make([]string, len(wants))
	var terms []string
	for i, w := range wants {
		switch {
		case w.Form == "id":
			_, out[i], _ = strings.Cut(":"+w.TargetID, ":")
			if j := strings.LastIndexByte(w.TargetID, ':'); j >= 0 {
				out[i] = w.TargetID[j+1:]
			}
		case w.Kind == kindMedia && w.Form == pathForm:
			out[i] = w.TargetID
		case w.Kind == kindMedia:
			out[i] = uploads.Escape(w.TargetID)
		case w.Kind == kindSite && w.Form == "base":
			out[i] = "."
		case w.Kind == kindSite:
			out[i] = "index.php"
		case w.Kind == kindEntry:
			out[i] = linkOf(w.Kind, w.TargetID, nil)
		case w.Kind == kindTerm && !strings.HasPrefix(w.TargetID, tagPrefix):
			terms = append(terms, w.TargetID)
		case w.Kind == kindTerm:
			out[i] = linkOf(w.Kind, w.TargetID, nil)
		}
	}
	if len(terms) == 0 {
		return out, nil
	}
	rows, err := s.queryIn(ctx, q, "SELECT id, extension FROM {categories} WHERE id IN ", terms, "")
	extension := map[string]string{}
	for _, r := range rows {
		extension[r.Text("id")] = r.Text("extension")
	}
	for i, w := range wants {
		if e := extension[w.TargetID]; e != "" && w.Kind == kindTerm && w.Form != "id" {
			out[i] = "index.php?option=" + e + "&view=category&id=" + w.TargetID
		}
	}
	return out, err
}
