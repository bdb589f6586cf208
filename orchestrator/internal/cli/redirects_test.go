package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestRedirectsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	c.rig.Source.SetPaths(entryRef("1"), &agentv1.Path{Path: "/hello/"}, &agentv1.Path{Path: "/?p=1"})
	if code := c.run("redirects", id); code != 0 || !strings.Contains(c.out.String(), "/?p=1,/entry/") || !strings.HasPrefix(c.out.String(), "old,new,kind,source_id,remark\n") {
		t.Errorf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	if !strings.Contains(c.err.String(), " redirects.") {
		t.Errorf("says %q", c.err.String())
	}
	file := filepath.Join(t.TempDir(), "map")
	if code := c.run("redirects", id, "--format", "htaccess", "--base", "https://new.example/", "--out", file); code != 0 {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), `RewriteRule "^hello/?$" "https://new.example/entry/`) {
		t.Errorf("%v: %s", err, b)
	}
	for _, args := range [][]string{{"redirects", "none"}, {"redirects", id, "--format", "iis"}, {"redirects", id, "--base", "new.example"}, {"crawl", id}, {"crawl", id, "--new", "ftp://x"}, {"crawl", id, "--new", "http://x", "--rate", "0"}} {
		if code := c.run(args...); code != migration.ExitUsage {
			t.Errorf("%v: exit %d: %s", args, code, c.err.String())
		}
	}
}

func TestCrawlOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/entry/1/" {
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	code := c.run("crawl", id, "--new", site.URL, "--rate", "100")
	if code != migration.ExitDifferent || !strings.Contains(c.out.String(), `"old":"/entry/1/"`) || !strings.Contains(c.out.String(), `"problem":"broken"`) {
		t.Errorf("exit %d: %s%s", code, c.out.String(), c.err.String())
	}
	if !strings.Contains(c.err.String(), "broken: 1.") {
		t.Errorf("says %q", c.err.String())
	}
}

// Rows of redirects are written once, and a rollback takes them with everything else.
func TestRedirectsIntoTheTarget(t *testing.T) {
	t.Parallel()
	c, id := moved(t)
	c.rig.Source.SetPaths(entryRef("1"), &agentv1.Path{Path: "/hello/"}, &agentv1.Path{Path: "/?p=1"})
	var said string
	for range 2 {
		if code := c.run("redirects", id, "--into-target"); code != 0 || !strings.Contains(c.err.String(), " rows are there, 0 are not held.") || said != "" && c.err.String() != said {
			t.Fatalf("exit %d: %s", code, c.err.String())
		}
		said = c.err.String()
	}
	rows, found := 0, ""
	for _, r := range c.rig.Target.Written() {
		if r.GetRef().GetKind() == recordv1.Kind_KIND_REDIRECT {
			if rows++; r.GetRedirect().GetFromPath() == "/?p=1" {
				found = r.GetRedirect().GetToUrl()
			}
		}
	}
	if !strings.HasPrefix(found, "/entry/") || !strings.Contains(said, fmt.Sprintf("%d rows are there", rows)) {
		t.Errorf("%d rows; one leads to %q; %s", rows, found, said)
	}
	if code := c.run("rollback", id); code != 0 || len(c.rig.Target.Written()) != 0 {
		t.Errorf("exit %d, %d records are left: %s", code, len(c.rig.Target.Written()), c.err.String())
	}
	c, id = moved(t)
	held := enginetest.Holds(recordv1.Kind_KIND_REDIRECT)
	held.Writable = false
	c.rig.Target.SetKind(held)
	if code := c.run("redirects", id, "--into-target"); code != migration.ExitUsage {
		t.Errorf("exit %d: %s", code, c.err.String())
	}
}
