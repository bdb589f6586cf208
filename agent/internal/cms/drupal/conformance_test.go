package drupal

import (
	"fmt"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, major := range []int{7, 8} {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			t.Parallel()
			if major == 7 {
				cmstest.Run(t, harness7())
				return
			}
			h := cmstest.Harness{
				Driver: Driver{},
				Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
					return filled(t, d, prefix, major).Settings
				},
				Unusual: "Dr-7x_",
			}
			written(&h)
			cmstest.Run(t, h)
		})
	}
}

// written adds what the suite needs to write into Drupal 8 and later.
func written(h *cmstest.Harness) {
	h.Target = func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
		s := drupaltest.New(t, d, prefix, 8).Settings
		s.Writable = true
		return s
	}
	h.Entry = "article"
	h.Poison = map[cms.Kind]cmstest.Column{
		kindTerm: {Table: "taxonomy_term_field_data", Column: "name"}, kindEntry: {Table: "node_field_data", Column: "title"}, kindComment: {Table: "comment_field_data", Column: "name"},
	}
	h.AutoID = []string{"node", "users", "taxonomy_term_data", "comment", "file_managed"}
	h.Records = records8()
}

// records8 are what Drupal 8 and later have beside others: the menu that the theme shows.
func records8() []*recordv1.Record {
	return []*recordv1.Record{{Ref: record.NewRef(kindMenu, "e-m"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Top", Slug: "top", Locations: []string{"primary"}, Items: []*recordv1.MenuItem{
		{Id: "1", Position: 1, Title: "Start", Url: "/"}, {Id: "2", ParentId: "1", Position: 2, Title: "Away", Url: "https://elsewhere.example/"}}}}}}
}

func filled(t *testing.T, d cmssql.Dialect, prefix string, major int) *drupaltest.Site {
	t.Helper()
	s := drupaltest.New(t, d, prefix, major)
	if major == 7 {
		s.Fill7(t)
	} else {
		s.Fill8(t)
	}
	return s
}
