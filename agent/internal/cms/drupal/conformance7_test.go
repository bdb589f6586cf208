package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// harness7 tries reading and writing of Drupal 7.
func harness7() cmstest.Harness {
	return cmstest.Harness{
		Driver: Driver{Seven: true},
		Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			return filled(t, d, prefix, 7).Settings
		},
		Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := drupaltest.New(t, d, prefix, 7).Settings
			s.Writable = true
			return s
		},
		Unusual: "Dr-7x_", Entry: "article",
		Poison: map[cms.Kind]cmstest.Column{
			kindTerm: {Table: "taxonomy_term_data", Column: "name"}, kindEntry: {Table: "node", Column: "title"}, kindComment: {Table: "comment", Column: "name"},
		},
		Absent: map[string]string{cmstest.NumericIDs: "Drupal 7's ids are numbers of 32 bits"},
	}
}
