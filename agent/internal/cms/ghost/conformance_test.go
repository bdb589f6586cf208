package ghost

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// suiteDriver leaves out of the suite's writing what its samples have no form of that Ghost holds: a menu without a place,
// and a comment of which only the visitor's name changes. The tests of this package write both.
type suiteDriver struct{ Driver }

func (d suiteDriver) Describe() cms.Description {
	desc := d.Driver.Describe()
	for _, k := range desc.Kinds {
		if k.GetKind() == kindMenu || k.GetKind() == kindComment {
			k.Writable, k.Reason = false, "written by the driver's own tests"
		}
	}
	return desc
}

// Open gives every site Ghost's folder of redirects: the suite chooses folders of its own.
func (d suiteDriver) Open(ctx context.Context, s cms.Settings) (cms.Site, error) {
	if s.Writable && s.Files != "" {
		if err := os.MkdirAll(filepath.Join(s.Files, redirectsFolder), 0o700); err != nil {
			return nil, err
		}
	}
	return d.Driver.Open(ctx, s)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Huge:   7 << 20,
		Driver: suiteDriver{Driver{Redirects: true}},
		Source: func(t *testing.T, d cmssql.Dialect, _ string) cms.Settings {
			s := ghosttest.New(t, d)
			s.Fill(t)
			return s.Settings
		},
		Target: func(t *testing.T, d cmssql.Dialect, _ string) cms.Settings {
			s := ghosttest.New(t, d).Settings
			s.Writable = true
			return s
		},
		Large: "UPDATE {posts} SET lexical = {text} WHERE id IN (SELECT id FROM (SELECT DISTINCT id FROM {posts}  ORDER BY id LIMIT 2) x)",
		Poison: map[cms.Kind]cmstest.Column{
			kindUser: {Table: "users", Column: "name"}, kindTerm: {Table: "tags", Column: "name"}, kindEntry: {Table: "posts", Column: "title"},
		},
		Absent: map[string]string{
			cmstest.Prefixes: "Ghost's tables have no prefix", cmstest.NumericIDs: "Ghost's ids are 24 hex digits",
		},
	})
}
