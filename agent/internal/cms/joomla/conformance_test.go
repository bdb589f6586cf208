package joomla

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/joomla/joomlatest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, three := range []bool{false, true} {
		t.Run(map[bool]string{false: "5", true: "3"}[three], func(t *testing.T) {
			t.Parallel()
			cmstest.Run(t, harness(three))
		})
	}
}

func harness(three bool) cmstest.Harness {
	return cmstest.Harness{
		Driver: Driver{},
		Source: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := joomlatest.New(t, d, prefix, three)
			s.Fill(t)
			return s.Settings
		},
		Target: func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
			s := joomlatest.New(t, d, prefix, three).Settings
			s.Writable = true
			return s
		},
		Prefix: "jos_", Unusual: "Jx_2-k_",
		Poison: map[cms.Kind]cmstest.Column{
			kindUser: {Table: "users", Column: "name"}, kindTerm: {Table: "tags", Column: "title"}, kindEntry: {Table: "content", Column: "title"},
		},
		Absent: map[string]string{cmstest.NumericIDs: "Joomla's ids are numbers of 32 bits"},
	}
}
