//go:build accept

package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/sync/errgroup"

	"github.com/baileybridge/bailey/proto/record"
)

// TestWrittenWordPressIsCrawled follows every link of every page of a site that has arrived, as a search engine does, and asks for every
// picture: all answer. What still leads to the old site is on the report.
func TestWrittenWordPressIsCrawled(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src, dst := serve(t, "--site", source.root, "--role", "source"), serve(t, "--site", target.root, "--role", "target")
	rep := migrate(t, t.TempDir(), src, dst, []int{0, 3})
	// As an owner does who adds types to a site: save the permalinks.
	_, err := target.db.DB.Exec("DELETE FROM wp_options WHERE option_name = 'rewrite_rules'")
	need(t, err)
	c := &siteCrawl{T: t, get: target.web(t), home: target.home(), old: source.home(), asked: map[string]bool{}, behind: map[string]string{}}
	c.run()
	t.Logf("%d pages, %d pictures and files, %d links to the old site", c.pages, c.files, len(c.behind))
	if c.pages < 300 || c.files < 150 {
		t.Errorf("only %d pages with %d pictures and files", c.pages, c.files)
	}
	list, records := whatWasTold(rep), readAll(t, src).records
	for address, page := range c.behind {
		listed := false
		for key, rec := range records {
			kind, id, _ := strings.Cut(key, "/")
			record.Texts(rec, func(path, s string) string {
				listed = listed || strings.Contains(s, address) && list.unresolved(kind, id, path)
				return s
			})
		}
		if !listed {
			t.Errorf("%s is not on the report (on %s)", address, page)
		}
	}
}

// siteCrawl is a walk over a site that is served.
type siteCrawl struct {
	*testing.T
	get          func(path string) (int, string)
	home, old    string
	asked        map[string]bool
	pages, files int
	// behind are addresses of the old site, with a page that leads there.
	behind map[string]string
}

// crawlPages bounds a walk.
const crawlPages = 2000

type crawlStep struct {
	address, from string
	page          bool
	code          int
	body          string
}

// run goes from the front page, step by step, two at a time.
func (c *siteCrawl) run() {
	next := []*crawlStep{{address: c.home + "/", page: true}}
	c.asked[c.home+"/"] = true
	for len(next) > 0 {
		if len(c.asked) > crawlPages {
			c.Fatalf("more than %d addresses: %s", crawlPages, next[0].address)
		}
		asking := errgroup.Group{}
		asking.SetLimit(2)
		for _, s := range next {
			asking.Go(func() error { s.code, s.body = c.get(s.address); return nil })
		}
		_ = asking.Wait()
		var found []*crawlStep
		for _, s := range next {
			found = append(found, c.seen(s)...)
		}
		next = found
	}
}

// seen notes an answer and gives what its page leads to that was not asked for yet.
func (c *siteCrawl) seen(s *crawlStep) (found []*crawlStep) {
	if s.code != http.StatusOK {
		c.Errorf("%s: %d (on %s)", s.address, s.code, s.from)
	}
	if !s.page {
		c.files++
		return nil
	}
	c.pages++
	doc, err := html.Parse(strings.NewReader(s.body))
	need(c.T, err)
	base, err := url.Parse(s.address)
	need(c.T, err)
	for tag, address := range ledTo(doc) {
		to, err := base.Parse(address)
		if strings.HasPrefix(address, c.old+"/") {
			c.behind[address] = s.address
		}
		if err != nil || tag == "link" || tag == "script" || !strings.HasPrefix(to.String(), c.home+"/") || aside.MatchString(to.RequestURI()) {
			continue
		}
		to.Fragment = ""
		if at := to.String(); !c.asked[at] {
			c.asked[at] = true
			found = append(found, &crawlStep{address: at, from: s.address, page: tag == "a" && !strings.HasPrefix(to.Path, "/wp-content/")})
		}
	}
	return found
}

// aside are addresses of what WordPress makes itself: its administration, feeds, forms to answer with, a page for each day, and pages of
// lists within a page, which add up to any number.
var aside = regexp.MustCompile(`^/(wp-admin|wp-login|wp-json|wp-includes|xmlrpc|\?m=|\d{4}/(\d\d/)*(page/\d+/)?$)|feed/?$|[?&](replytocom=|query-\d+-page=|cst\b)`)
