// Package crawl asks a new site for every address that the old one had, and says which of them visitors would miss.
package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.uber.org/zap"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// What is wrong with an address.
const (
	// Broken: no answer, or one of 400 and above.
	Broken = "broken"
	// Elsewhere: it leads to another host, which is not asked.
	Elsewhere = "elsewhere"
	// NotBefore: visitors do not find it, but did not find it on the old site either: a draft's address, for example.
	NotBefore = "not_before"
	// Loop: it leads on more than ten times.
	Loop = "loop"
	// OtherPage: it leads to another page than the record's.
	OtherPage = "other_page"
	// OtherTitle: the page's title holds nothing of the old one's.
	OtherTitle = "other_title"
	// OtherCanonical: the page names another address as its own than the one it was found at.
	OtherCanonical = "other_canonical"
)

// Limits of one address.
const (
	maxHops  = 10
	maxBytes = 1 << 20
	timeout  = 30 * time.Second
)

// Answer is what the new site says of an old address.
type Answer struct {
	Old  string `json:"old"`
	Kind string `json:"kind"`
	ID   string `json:"source_id"`
	// Want is where the record's page is, as the target's agent says; empty: nowhere.
	Want string `json:"want,omitempty"`
	// Status of the last answer; 0: none came.
	Status int `json:"status"`
	// Hops is how often it was led on.
	Hops int `json:"hops"`
	// Final is the address that answered last.
	Final     string `json:"final"`
	Title     string `json:"title,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	// OldTitle is the old site's, when it is asked too.
	OldTitle string `json:"old_title,omitempty"`
	// Problem is empty for what is well.
	Problem string `json:"problem,omitempty"`
}

// Lost says that a visitor does not find what was there.
func (a *Answer) Lost() bool {
	return a.Problem != "" && a.Problem != OtherTitle && a.Problem != OtherCanonical
}

// Crawler asks for addresses.
type Crawler struct {
	// New is the new site's root. Only its host is asked, and Old's.
	New *url.URL
	// Old is the old site's root, to compare titles with; nil: it is not asked.
	Old *url.URL
	// PerSecond is how many addresses are begun in a second.
	PerSecond float64
	// Workers is how many are asked for side by side.
	Workers int

	client *retryablehttp.Client
}

// Crawl asks for each address and tells every answer, one at a time, in no order. The first error ends it.
func (c *Crawler) Crawl(ctx context.Context, moves iter.Seq2[pipeline.Move, error], tell func(*Answer) error) error {
	c.client = newClient()
	defer c.client.HTTPClient.CloseIdleConnections()
	pace := rate.NewLimiter(rate.Limit(c.PerSecond), 1)
	var telling sync.Mutex
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(c.Workers)
	for m, err := range moves {
		if err == nil {
			err = pace.Wait(ctx)
		}
		if err != nil {
			return errors.Join(asking.Wait(), err)
		}
		asking.Go(func() error {
			a := c.ask(ctx, m)
			if err := ctx.Err(); err != nil {
				return err
			}
			telling.Lock()
			defer telling.Unlock()
			return tell(a)
		})
	}
	return asking.Wait()
}

func newClient() *retryablehttp.Client {
	c := fetch.Retrying(zap.NewNop())
	c.HTTPClient.Timeout = timeout
	// Each hop is looked at before it is followed.
	c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// ask follows one address to its end.
func (c *Crawler) ask(ctx context.Context, m pipeline.Move) *Answer {
	a := &Answer{Old: m.Old, Kind: record.KindName(m.Ref.Kind), ID: m.Ref.ID, Want: m.New}
	at, err := onSite(c.New, m.Old)
	if err != nil {
		a.Problem = Broken
		return a
	}
	page := c.follow(ctx, c.New, at, a)
	if a.Problem == "" {
		a.Problem = c.judge(ctx, a, page)
	}
	if a.Lost() && c.Old != nil && c.before(ctx, m.Old).Problem == Broken {
		a.Problem = NotBefore
	}
	return a
}

// follow asks for an address and for what it leads to, as long as it stays on the site.
func (c *Crawler) follow(ctx context.Context, site, at *url.URL, a *Answer) page {
	for ; a.Hops <= maxHops; a.Hops++ {
		a.Final = at.String()
		p, next, status := c.get(ctx, at)
		a.Status = status
		switch {
		case status == 0 || status >= http.StatusBadRequest:
			a.Problem = Broken
			return p
		case next == nil:
			return p
		case next.Host != site.Host:
			a.Final, a.Problem = next.String(), Elsewhere
			return page{}
		}
		at = next
	}
	a.Problem = Loop
	return page{}
}

// get asks once; next is where the answer leads. Status 0: there was no answer.
func (c *Crawler) get(ctx context.Context, at *url.URL) (p page, next *url.URL, status int) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return p, nil, 0
	}
	req.Header.Set("User-Agent", "bailey-crawl")
	resp, err := c.client.Do(req)
	if err != nil {
		return p, nil, 0
	}
	defer func() { _ = resp.Body.Close() }()
	if to, err := resp.Location(); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return p, to, resp.StatusCode
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		p = read(io.LimitReader(resp.Body, maxBytes))
	}
	return p, nil, resp.StatusCode
}

func (c *Crawler) judge(ctx context.Context, a *Answer, p page) string {
	a.Title, a.Canonical = p.title, p.canonical
	final, err := url.Parse(a.Final)
	if err != nil {
		return Broken
	}
	if want, err := onSite(c.New, a.Want); a.Want != "" && (err != nil || !samePage(want, final)) {
		return OtherPage
	}
	if canonical, err := final.Parse(p.canonical); p.canonical != "" && (err != nil || !samePage(canonical, final)) {
		return OtherCanonical
	}
	if c.Old == nil || p.title == "" {
		return ""
	}
	a.OldTitle = c.before(ctx, a.Old).Title
	if a.OldTitle != "" && !related(a.OldTitle, p.title) {
		return OtherTitle
	}
	return ""
}

// before is what the old site answers.
func (c *Crawler) before(ctx context.Context, path string) *Answer {
	a := &Answer{Problem: Broken}
	at, err := onSite(c.Old, path)
	if err == nil {
		a.Problem = ""
		a.Title = c.follow(ctx, c.Old, at, a).title
	}
	return a
}

// onSite gives an address below a site's host. An address of two slashes would lead to another host.
func onSite(site *url.URL, path string) (*url.URL, error) {
	u, err := site.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("the address cannot be read: %w", err)
	}
	if u.Host != site.Host || u.Scheme != site.Scheme {
		return nil, errors.New("the address leads to another host")
	}
	return u, nil
}

func samePage(a, b *url.URL) bool {
	return a.Host == b.Host && strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/") && a.Query().Encode() == b.Query().Encode()
}

// related: systems put the site's name and separators around a page's title.
func related(before, after string) bool {
	words := strings.Fields(strings.ToLower(after))
	for _, w := range strings.Fields(strings.ToLower(before)) {
		for _, x := range words {
			if w == x && len(w) > 1 {
				return true
			}
		}
	}
	return false
}

// page is what a document says of itself.
type page struct{ title, canonical string }

func read(r io.Reader) (p page) {
	z := html.NewTokenizer(r)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.DataAtom {
			case atom.Title:
				if p.title == "" && z.Next() == html.TextToken {
					p.title = strings.Join(strings.Fields(z.Token().Data), " ")
				}
			case atom.Link:
				if strings.EqualFold(attr(t, "rel"), "canonical") {
					p.canonical = attr(t, "href")
				}
			case atom.Body:
				return p
			}
		}
	}
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
