//go:build accept

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestOldAddresses moves WordPress to WordPress with other permalinks and puts the redirects before the real WordPress: each
// address of the truth files has its line, and each that answered before answers now.
func TestOldAddresses(t *testing.T) {
	want := truth(t, "wp-dev")
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})

	// As an owner does who adds types to a site: save the permalinks.
	if _, err := target.db.DB.Exec("DELETE FROM wp_options WHERE option_name = 'rewrite_rules'"); err != nil {
		t.Fatal(err)
	}
	source.web(t)
	target.web(t)("/")

	res := bailey(t, "redirects", rep.Migration, "--data", data)
	if res.code != 0 {
		t.Fatalf("bailey redirects ended with %d: %s", res.code, res.stderr)
	}
	t.Log(strings.TrimSpace(res.stderr))
	rows, err := csv.NewReader(strings.NewReader(res.stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	remarks, lead := map[string]string{}, map[string]string{}
	for _, r := range rows[1:] {
		if remarks[r[0]] = r[4]; r[4] == "" {
			lead[r[0]] = r[1]
		}
	}
	paths := 0
	for _, p := range want.Posts {
		// WordPress's own interface makes up an address for what has no page.
		if p.Type != "wp_block" {
			covered(t, remarks, p.Permalink)
			paths++
		}
	}
	for _, m := range want.Media {
		covered(t, remarks, m.URL)
		for _, s := range m.Sizes {
			covered(t, remarks, s.URL)
			paths++
		}
		paths++
	}
	for _, term := range want.Terms {
		// Formats are words of entries, the others have no pages.
		if !slices.Contains([]string{"post_format", "nav_menu", "wp_theme", "wp_template_part_area"}, term.Taxonomy) {
			covered(t, remarks, term.Link)
			paths++
		}
	}
	t.Logf("%d old addresses of the truth files, %d lines, %d redirects", paths, len(remarks), len(lead))

	front := before(t, target.home(), lead)
	res = bailey(t, "crawl", rep.Migration, "--data", data, "--new", front, "--old", source.home(), "--kinds", "entry", "--rate", "100")
	t.Log(strings.TrimSpace(res.stderr))
	if res.code != 0 && res.code != 4 {
		t.Errorf("bailey crawl ended with %d", res.code)
	}
	for line := range strings.Lines(res.stdout) {
		var a struct{ Old, Problem string }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		// The proxy is not the address that WordPress calls its own. Where another entry has the old one's number, or for
		// blocks, which have no pages, there is nothing to lead to.
		if a.Problem != "other_canonical" && a.Problem != "not_before" && remarks[a.Old] != "taken" && !strings.HasPrefix(a.Old, "/?wp_") {
			t.Error(line)
		}
	}
}

func covered(t *testing.T, remarks map[string]string, address string) {
	t.Helper()
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Error(err)
		return
	}
	remark, there := remarks[u.RequestURI()]
	if !there || remark == "missing" || remark == "taken" {
		t.Errorf("%s: there %v, %q", u.RequestURI(), there, remark)
	}
}

// before stands before a site with redirects, as a web server would.
func before(t *testing.T, site string, lead map[string]string) string {
	t.Helper()
	to, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	var front *httptest.Server
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Location", strings.Replace(r.Header.Get("Location"), site, front.URL, 1))
			return nil
		},
	}
	front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next := lead[r.URL.RequestURI()]; next != "" {
			http.Redirect(w, r, next, http.StatusMovedPermanently)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}
