package modx

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/modx/modxtest"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Old addresses become weblinks that MODX finds by their frozen addresses; what has a query, or stands where something else does, is told.
func TestRedirectsBecomeWeblinks(t *testing.T) {
	t.Parallel()
	for _, three := range []bool{false, true} {
		t.Run(map[bool]string{false: "2", true: "3"}[three], func(t *testing.T) {
			t.Parallel()
			set := modxtest.New(t, three, "modx_").Settings
			set.Writable = true
			s := opened(t, set)
			if d := (Driver{}).Of(s).(Driver); !d.Friendly {
				t.Fatal("the site's friendly addresses are not seen")
			}
			books, err := ledger.Open(s, zap.NewNop())
			must(t, err)
			sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat("1", 32), Run: "r"})
			must(t, err)
			from := func(path string) *recordv1.Record {
				rec := &recordv1.Record{Ref: record.NewRef(kindRedirect, "moved:"+path), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: path, ToUrl: "/new.html", Code: 301}}}
				record.Seal(rec)
				return rec
			}
			results, err := books.Write(t.Context(), sc, []*recordv1.Record{from("/2010/08/%C3%BCber/"), from("/?p=1"), from("/2010/08/%c3%9cber/"), from("/")})
			must(t, err)
			var codes []string
			for _, r := range results {
				codes = append(codes, r.GetProblem().GetCode())
			}
			if got := strings.Join(codes, ","); got != ",redirect_not_a_path,path_taken,redirect_not_a_path" {
				t.Errorf("answers %q", got)
			}
			rows, err := s.query(t.Context(), s.db, "SELECT CONCAT_WS('|', uri, uri_override, class_key, type, content, published, hidemenu, searchable, show_in_tree, template, parent, context_key) AS r "+
				"FROM {site_content} WHERE type = 'reference'")
			must(t, err)
			if got, want := rows[0].Text("r"), "2010/08/über/|1|"+s.class("modWebLink")+"|reference|/new.html|1|1|0|0|0|0|web"; got != want {
				t.Errorf("the weblink is %s, want %s", got, want)
			}
			must(t, books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }))
			if left, err := s.query(t.Context(), s.db, "SELECT id FROM {site_content} WHERE type = 'reference'"); err != nil || len(left) > 0 {
				t.Errorf("%d weblinks are left, %v", len(left), err)
			}
		})
	}
}

func opened(t *testing.T, set cms.Settings) *Site {
	t.Helper()
	s, err := Driver{}.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s.(*Site)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
