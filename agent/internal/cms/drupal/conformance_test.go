package drupal

import (
	"fmt"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, major := range []int{7, 8} {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			t.Parallel()
			cmstest.Run(t, cmstest.Harness{
				Driver: Driver{},
				Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
					return filled(t, d, prefix, major).Settings
				},
				Unusual: "Dr-7x_",
				Absent:  map[string]string{cmstest.Writing: notWritten},
			})
		})
	}
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
