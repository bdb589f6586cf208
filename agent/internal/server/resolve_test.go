package server_test

import (
	"context"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/server"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// spoken is a site whose driver gives one text for everything, and has a word for the site's own address.
type spoken struct {
	cms.Site
	base, text string
}

func (s *spoken) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f, err := s.Site.Probe(ctx, opt)
	if err == nil {
		f.BaseURL, f.OtherURL = s.base, []string{"__HOME__", "https://www.example.org"}
	}
	return f, err
}

func (s *spoken) Locate(_ context.Context, _ cmssql.Querier, wants []cms.Want) ([]string, error) {
	texts := make([]string, len(wants))
	for i := range wants {
		texts[i] = s.text
	}
	return texts, nil
}

// A source's answers hold outside of the site, whatever form they have in its own content.
func TestSourceAddressesAreAbsolute(t *testing.T) {
	t.Parallel()
	set := install(t, cmssql.SQLite)
	const base = "https://example.org/blog"
	for _, c := range []struct{ base, token, text, want string }{
		{base, "entry/1", "__HOME__/a-post/", "https://example.org/blog/a-post/"},
		{base, "entry/1", "/blog/a-post/?p=1#more", "https://example.org/blog/a-post/?p=1#more"},
		{base, "entry/1", "https://www.example.org/a/", "https://www.example.org/a/"},
		{base, "entry/1", "__HOME__/%C3%BCber/", "https://example.org/blog/%C3%BCber/"},
		{base, "entry/1;id", "/17", "/17"},
		{base, "entry/1", "", ""},
		{"", "entry/1", "__HOME__/a/", ""},
	} {
		s, err := server.New(t.Context(), server.Config{Driver: fake.Driver{}, Site: &spoken{open(t, set), c.base, c.text}, Settings: set,
			Role: agentv1.Role_ROLE_SOURCE, Log: zap.NewNop(), Logs: server.NewRing()})
		must(t, err)
		resp, err := s.Resolve(t.Context(), &agentv1.ResolveRequest{Tokens: []string{c.token}})
		must(t, err)
		if got := resp.GetResolved()[0]; got.GetText() != c.want || got.GetFound() != (c.want != "") {
			t.Errorf("%q on %q becomes %v, want %q", c.text, c.base, got, c.want)
		}
		must(t, s.Close())
	}
}
