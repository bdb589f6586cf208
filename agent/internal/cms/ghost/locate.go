package ghost

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// addressQueries give id, slug and what else decides the address.
var addressQueries = map[cms.Kind]string{
	kindEntry:   "SELECT `id`, `slug`, `status`, `uuid` FROM `posts` WHERE `id` IN ",
	kindTerm:    "SELECT `id`, `slug` FROM `tags` WHERE `visibility` <> 'internal' AND `id` IN ",
	kindUser:    "SELECT `id`, `slug` FROM `users` WHERE `id` IN ",
	kindComment: "SELECT c.`id`, p.`slug`, p.`status`, p.`uuid` FROM `comments` c JOIN `posts` p ON p.`id` = c.`post_id` WHERE c.`id` IN ",
}

// Locate gives addresses with Ghost's placeholder for the site's own, which Ghost replaces on output. Every form of an image
// gives the image itself: Ghost makes smaller copies when they are asked for. A tag that visitors never see has no page.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	out := make([]string, len(wants))
	ids := map[cms.Kind][]string{}
	for i, w := range wants {
		switch {
		case w.Form == "id":
			out[i] = strings.TrimPrefix(w.TargetID, memberPrefix)
		case w.Kind == kindMedia:
			out[i] = fileURL(w.TargetID)
		case w.Kind == kindSite && w.Form == "base":
			out[i] = ghostURL
		case w.Kind == kindSite:
			out[i] = ghostURL + "/"
		case addressQueries[w.Kind] != "":
			ids[w.Kind] = append(ids[w.Kind], w.TargetID)
		}
	}
	for kind, list := range ids {
		found, err := s.addresses(ctx, q, kind, list)
		if err != nil {
			return nil, err
		}
		for i, w := range wants {
			if w.Kind == kind && w.Form != "id" {
				out[i] = found[w.TargetID]
			}
		}
	}
	return out, nil
}

func (s *Site) addresses(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) (map[string]string, error) {
	if kind == kindComment && !s.schema.Has("comments") {
		return nil, nil
	}
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, q, addressQueries[kind]+in, args...)
	if err != nil {
		return nil, fmt.Errorf("look up addresses: %w", err)
	}
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[r.Text("id")] = ghostURL + pathOf(kind, r)
	}
	return m, nil
}

// pathOf is the public address from the site's root under Ghost's usual routes.
func pathOf(kind cms.Kind, r row) string {
	switch kind {
	case kindTerm:
		return "/tag/" + uploads.Escape(r.Text("slug")) + "/"
	case kindUser:
		return "/author/" + uploads.Escape(r.Text("slug")) + "/"
	case kindComment:
		return postPath(r) + "#ghost-comments"
	}
	return postPath(r)
}

func postPath(r row) string {
	if r.Text("status") == "sent" {
		return "/email/" + r.Text("uuid") + "/"
	}
	return "/" + uploads.Escape(r.Text("slug")) + "/"
}
