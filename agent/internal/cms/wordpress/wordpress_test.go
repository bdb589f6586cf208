package wordpress

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Driver: Driver{Redirects: true}, Prefix: "wp_", Unusual: "Wp_2-x_",
		Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			return wptest.Redirects(t, wptest.New(t, d, prefix, true), true)
		},
		Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			return wptest.Redirects(t, wptest.New(t, d, prefix, false), false)
		},
		Records: []*recordv1.Record{
			redirect("r1", &recordv1.Redirect{FromPath: "/?p=12&x=a%20b", ToUrl: "https://elsewhere.example/", Code: 302, Disabled: true}),
			redirect("r2", &recordv1.Redirect{FromPath: "^/a/(.*)$", ToUrl: "/b/$1", Code: 301, Pattern: true}),
			redirect("r3", &recordv1.Redirect{FromPath: "/gone/", Code: 410}),
			redirect("r4", &recordv1.Redirect{FromPath: "/strange/", ToUrl: "/", Code: 399}, "group", "Another group", "title", "Some title"),
		},
		Large: "UPDATE {posts} SET post_content = {text} WHERE ID IN (SELECT ID FROM (SELECT DISTINCT ID FROM {posts} WHERE post_type = 'post' AND post_status = 'publish' ORDER BY ID LIMIT 2) x)",
		Poison: map[cms.Kind]cmstest.Column{
			recordv1.Kind_KIND_ENTRY: {Table: "posts", Column: "post_title"}, recordv1.Kind_KIND_TERM: {Table: "terms", Column: "name"},
			recordv1.Kind_KIND_USER: {Table: "users", Column: "display_name"}, recordv1.Kind_KIND_COMMENT: {Table: "comments", Column: "comment_author"},
		},
		AutoID: []string{"posts", "users", "terms", "term_taxonomy", "comments", "postmeta", itemsTable},
	})
}
