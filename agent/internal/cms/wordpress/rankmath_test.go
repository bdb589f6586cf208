package wordpress

import (
	"database/sql"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"google.golang.org/protobuf/proto"
)

// Rank Math's fields are read where Yoast has none, and stay for a target that has the plugin.
func TestRankMathIsReadBesideYoast(t *testing.T) {
	t.Parallel()
	rows := func(pairs ...string) *metaRows {
		var m metaRows
		for i := 0; i < len(pairs); i += 2 {
			m = append(m, metaRow{key: sql.NullString{String: pairs[i], Valid: true}, value: sql.NullString{String: pairs[i+1], Valid: true}})
		}
		return &m
	}
	for name, c := range map[string]struct {
		m    *metaRows
		want *recordv1.Seo
		left int
	}{
		"its own": {rows("rank_math_title", "Hats: 100% wool", "rank_math_description", "All of them", "rank_math_canonical_url", "https://hats.test/", "rank_math_focus_keyword", "hats, caps",
			"rank_math_facebook_title", "Look", "rank_math_robots", `a:2:{i:0;s:7:"noindex";i:1;s:8:"nofollow";}`),
			&recordv1.Seo{Title: "Hats: 100% wool", Description: "All of them", CanonicalUrl: "https://hats.test/", FocusKeyword: "hats", OgTitle: "Look", Noindex: true, Nofollow: true}, 6},
		"yoast first":   {rows("_yoast_wpseo_title", "Yoast", "rank_math_title", "Rank", "rank_math_description", "Math"), &recordv1.Seo{Title: "Yoast", Description: "Math"}, 2},
		"yoast indexes": {rows(yoastNoindex, "2", "rank_math_robots", `a:1:{i:0;s:7:"noindex";}`), nil, 2},
		"variables":     {rows("rank_math_title", "%title% %sep% %customfield(x)%"), nil, 1},
		"no list":       {rows("rank_math_robots", "noindex"), nil, 1},
	} {
		if got := readYoast(c.m, &surroundings{}); !proto.Equal(got, c.want) || len(*c.m) != c.left {
			t.Errorf("%s: read %v and left %d, want %v and %d", name, got, len(*c.m), c.want, c.left)
		}
	}
}
