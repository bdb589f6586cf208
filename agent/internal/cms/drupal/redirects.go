package drupal

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// redirectStream is the table of the contributed module Redirect.
func (s *Site) redirectStream() stream {
	return stream{name: "redirects", from: "{redirect} t", key: "t.rid", where: "t.rid > 0", typ: "'redirect'", build: (*reader).redirects}
}

func (r *reader) redirects(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	rows, err := queryIn(ctx, r.s, r.q, keys, "SELECT * FROM {redirect} WHERE rid IN ", "")
	if err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for _, row := range rows {
		items[row.number("rid")] = []cms.Item{r.redirect(row)}
	}
	return items, nil
}

// redirect reads both shapes of the table: that of Drupal 7, and that of later versions with their double underscores.
func (r *reader) redirect(row row) cms.Item {
	from, query, to, options, lang := row.text("source"), row.text("source_options"), row.text("redirect"), row.text("redirect_options"), row.text("language")
	if !r.s.seven {
		from, query, to, options = row.text("redirect_source__path"), row.text("redirect_source__query"), row.text("redirect_redirect__uri"), row.text("redirect_redirect__options")
	}
	asked := unserialize(query)
	if r.s.seven {
		asked = dig(asked, "query")
	}
	opts := unserialize(options)
	it := &recordv1.MenuItem{}
	tail := queryOf(dig(opts, "query"))
	if f := scalar(dig(opts, "fragment")); f != "" {
		tail += "#" + f
	}
	r.s.point(it, to, tail)
	out := &recordv1.Redirect{FromPath: r.s.prefix(lang) + "/" + strings.TrimPrefix(from, "/") + queryOf(asked), To: it.Target, ToUrl: it.Url, Code: uint32(row.number("status_code"))}
	if out.Code == 0 {
		// Drupal 7 keeps 0 for the module's usual code.
		out.Code = 301
	}
	for _, col := range []string{"status", "enabled"} {
		if !row.null(col) && !row.flag(col) {
			out.Disabled = true
		}
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindRedirect, row.text("rid")), Locale: locale(lang), Body: &recordv1.Record_Redirect{Redirect: out}}
	return r.item(rec, nil, row)
}
