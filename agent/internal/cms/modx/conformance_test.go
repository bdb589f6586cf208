package modx

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/modx/modxtest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func TestConformance2(t *testing.T) { conform(t, false) }

func TestConformance3(t *testing.T) { conform(t, true) }

func conform(t *testing.T, three bool) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Driver: Driver{}, Prefix: "modx_", Unusual: "Mx-2_y_", Entry: typePage,
		Source: func(t *testing.T, _ cmssql.Dialect, prefix string) cms.Settings {
			s := modxtest.New(t, three, prefix)
			s.Fill(t)
			return s.Settings
		},
		Target: func(t *testing.T, _ cmssql.Dialect, prefix string) cms.Settings {
			s := modxtest.New(t, three, prefix).Settings
			s.Writable = true
			return s
		},
		Poison: map[cms.Kind]cmstest.Column{kindEntry: {Table: "site_content", Column: "pagetitle"}, kindUser: {Table: "user_attributes", Column: "fullname"}},
		Absent: map[string]string{cmstest.NumericIDs: "MODX's ids are 32 bits wide"},
	})
}
