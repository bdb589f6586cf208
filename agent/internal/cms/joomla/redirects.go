package joomla

import (
	"context"
	"net/url"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// loadRedirects reads com_redirect. A row without a new address is only the memory of a visit that found nothing.
func loadRedirects(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("redirect_links", "l", redirectExtras, "id", "old_url", "new_url", "published", "header")+
		" FROM {redirect_links} l WHERE l.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	return r.items("", "id", rows, func(row row) (*recordv1.Record, []string) {
		d := &recordv1.Redirect{FromPath: fromPath(row.Text("old_url")), Code: uint32(row.Number("header")), Disabled: row.Text("published") != "1"} //nolint:gosec // an HTTP status
		if ref, pattern := linkTarget(row.Text("new_url")); ref != nil && strings.HasPrefix(pattern, "index.php?option=com_content&view=article&id=") {
			d.To = ref
		} else {
			d.ToUrl = row.Text("new_url")
		}
		return &recordv1.Record{Body: &recordv1.Record_Redirect{Redirect: d}, Fields: r.extras(row, redirectExtras)}, nil
	}), nil
}

// fromPath is an old address from the site's root; Joomla notes it with scheme and host.
func fromPath(old string) string {
	u, err := url.Parse(old)
	if err != nil || u.Host == "" {
		return "/" + strings.TrimLeft(old, "/")
	}
	_, rest, _ := strings.Cut(old, "//")
	_, p, _ := strings.Cut(rest, "/")
	return "/" + p
}
