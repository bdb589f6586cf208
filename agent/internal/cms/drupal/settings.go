package drupal

import (
	"context"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// siteID is the id of the only record of settings.
const siteID = "site"

func siteStream() stream {
	return stream{name: siteID, build: (*reader).site, fixed: func(s *Site, ctx context.Context, q cmssql.Querier) ([]fixedItem, error) {
		// Asking finds out that the database is still there.
		_, err := s.query(ctx, q, "SELECT COUNT(*) FROM {users}")
		return []fixedItem{{hashKey(siteID), siteID, siteID}}, err
	}}
}

func (r *reader) site(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	items := map[int64][]cms.Item{}
	load := r.site8
	if r.s.seven {
		load = r.site7
	}
	site, err := load(ctx)
	if err != nil {
		return nil, err
	}
	site.BaseUrl = r.s.baseURL()
	rec := &recordv1.Record{Ref: record.NewRef(kindSite, siteID), Body: &recordv1.Record_Site{Site: site}}
	for _, k := range keys {
		if k == hashKey(siteID) {
			items[k] = []cms.Item{{Record: rec, Paths: []*agentv1.Path{{Path: "/"}, {Path: "/rss.xml", Form: record.FormFeed}}}}
		}
	}
	return items, nil
}

// vars7 are the variables that a site's record is made of.
var vars7 = []string{"site_name", "site_slogan", "date_default_timezone", "site_frontpage", "default_nodes_main", "date_first_day", "language_default"}

func (r *reader) site7(ctx context.Context) (*recordv1.Site, error) {
	rows, err := queryIn(ctx, r.s, r.q, vars7, "SELECT name, value FROM {variable} WHERE name IN ", "")
	have := map[string]*recordv1.Value{}
	for _, row := range rows {
		have[row.text("name")] = unserialize(row.text("value"))
	}
	per, _ := strconv.ParseUint(scalar(have["default_nodes_main"]), 10, 32) // 0 where it is not set
	site := &recordv1.Site{Title: scalar(have["site_name"]), Tagline: scalar(have["site_slogan"]), Timezone: scalar(have["date_default_timezone"]), Language: r.s.schema.base,
		FrontPage: frontPage(scalar(have["site_frontpage"])), PerPage: uint32(per), WeekStartPlusOne: weekStart(have["date_first_day"])}
	return site, err
}

func (r *reader) site8(ctx context.Context) (*recordv1.Site, error) {
	site, err := r.config(ctx, "system.site")
	if err != nil {
		return nil, err
	}
	date, err := r.config(ctx, "system.date")
	return &recordv1.Site{Title: scalar(dig(site, "name")), Tagline: scalar(dig(site, "slogan")), Language: scalar(dig(site, "default_langcode")), Timezone: scalar(dig(date, "timezone", "default")),
		FrontPage: frontPage(scalar(dig(site, "page", "front"))), WeekStartPlusOne: weekStart(dig(date, "first_day"))}, err
}

func weekStart(v *recordv1.Value) uint32 {
	if n, err := strconv.ParseUint(scalar(v), 10, 32); err == nil && n < 7 {
		return uint32(n) + 1
	}
	return 0
}

// frontPage is the node at the site's root; the list of new nodes is no record.
func frontPage(path string) *recordv1.Ref {
	if ref := systemRef(strings.TrimPrefix(path, "/")); ref.GetKind() == kindEntry {
		return ref
	}
	return nil
}
