package joomla

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// loadSite reads what configuration.php and the database say of the whole site.
func loadSite(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	if !slices.Contains(ids, siteID) {
		return nil, nil
	}
	c := r.s.config
	lang, err := r.s.language(ctx, r.q)
	if err != nil {
		return nil, err
	}
	st := &recordv1.Site{Title: c["sitename"], BaseUrl: r.s.base(), Language: lang, Timezone: c["offset"], PerPage: uint32(max(atoi(c["list_limit"]), 0))} //nolint:gosec // small
	if d := c["MetaDesc"]; d != "" {
		st.Seo = &recordv1.Seo{Description: d}
	}
	home, err := r.s.one(ctx, r.q, "SELECT link FROM {menu} WHERE home = 1 AND client_id = 0 AND published = 1 ORDER BY CASE WHEN language = '*' THEN 0 ELSE 1 END, id LIMIT 1")
	if err != nil {
		return nil, err
	}
	if ref, _ := linkTarget(home); ref.GetKind() == kindEntry {
		st.FrontPage = ref
	}
	paths := []string{"/"}
	if r.withPaths {
		if err := r.loadRoutes(ctx); err != nil {
			return nil, err
		}
		paths = append(append(paths, byItem(r.routes.home)...), r.routes.starts...)
	}
	rec := &recordv1.Record{Body: &recordv1.Record_Site{Site: st}}
	if err := r.definitions(ctx, rec); err != nil {
		return nil, err
	}
	return map[string]cms.Item{siteID: item(kindSite, siteID, rec, paths...)}, nil
}
