//go:build accept

package e2e

import (
	"cmp"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
)

// feeds are the addresses of a platform's feeds, as readers of a site subscribe to them; MODX makes none by itself.
var feeds = map[string]*regexp.Regexp{
	"ghost": regexp.MustCompile(`/rss/$`), "joomla": regexp.MustCompile(`[?&]format=feed&type=rss$`),
	"drupal": regexp.MustCompile(`^/rss\.xml$|/taxonomy/term/\d+/feed$`), "hugo": regexp.MustCompile(`/index\.xml$`), "wordpress": regexp.MustCompile(`/feed/$|[?&]feed=rss2`),
}

// redirectMap is what bailey redirects writes, without its head.
func redirectMap(t *testing.T, rep *report, data string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(bailey(t, "redirects", rep.Migration, "--data", data).stdout)).ReadAll()
	need(t, err)
	return rows[1:]
}

// feedsLedOn: whoever reads what is new on a site, or under a term that has a page on the target, goes on reading it there.
func feedsLedOn(t *testing.T, rep *report, rows [][]string) {
	t.Helper()
	// Of builders Hugo alone makes feeds, and a folder's version is its builder.
	old, now := feeds[rep.Source.Platform], cmp.Or(feeds[rep.Target.Platform], feeds[rep.Target.Version])
	if now == nil {
		return
	}
	led, site := 0, false
	for _, r := range rows {
		if !old.MatchString(r[0]) || r[2] != "site" && r[2] != "term" || r[4] == "missing" {
			continue
		}
		if led++; !now.MatchString(r[1]) {
			t.Errorf("the feed %s of %s %s leads to %s", r[0], r[2], r[3], r[1])
		}
		site = site || r[2] == "site"
	}
	if led < 5 || !site {
		t.Errorf("%d feeds are led on, the site's own: %v", led, site)
	}
}
