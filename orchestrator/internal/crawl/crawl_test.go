package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/crawl"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, pages map[string]http.HandlerFunc) *url.URL {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range pages {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func html(title, canonical string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<html><head><title>%s</title><link rel=canonical href=%q></head><body><title>no</title>", title, canonical)
	}
}

func to(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, path, http.StatusMovedPermanently) }
}

func moves(pairs ...string) iter.Seq2[pipeline.Move, error] {
	return func(yield func(pipeline.Move, error) bool) {
		for i := 0; i < len(pairs); i += 2 {
			if !yield(pipeline.Move{Ref: record.Key{Kind: recordv1.Kind_KIND_ENTRY, ID: "1"}, Old: pairs[i], New: pairs[i+1]}, nil) {
				return
			}
		}
	}
}

func run(t *testing.T, c *crawl.Crawler, m iter.Seq2[pipeline.Move, error]) map[string]*crawl.Answer {
	t.Helper()
	c.PerSecond, c.Workers = 10000, 3
	found := map[string]*crawl.Answer{}
	if err := c.Crawl(t.Context(), m, func(a *crawl.Answer) error { found[a.Old] = a; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatVisitorsMeet(t *testing.T) {
	t.Parallel()
	var outside atomic.Int64
	other := serve(t, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) { outside.Add(1) }})
	site := serve(t, map[string]http.HandlerFunc{
		"/hello/": html("Hello  –\n New site", "/hello/"), "/old/": to("/hello/"), "/twice/": to("/old/"), "/wrong/": to("/other/"), "/other/": html("Other", ""),
		"/copy/": html("Copy", "/hello/"), "/loop/": to("/loop/"), "/away/": to(other.String() + "/"), "/out/": to("//" + other.Host + "/"),
		"/renamed/": html("Something else", ""), "/file.pdf": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/pdf") },
	})
	before := serve(t, map[string]http.HandlerFunc{"/renamed/": html("Bridges", ""), "/twice/": html("Hello", ""),
		"/missing/": html("Missed", ""), "/wrong/": html("Hello", ""), "/loop/": html("Loop", ""), "/away/": html("Away", ""), "/out/": html("Out", "")})
	found := run(t, &crawl.Crawler{New: site, Old: before}, moves("/old/", "/hello/", "/twice/", "/hello", "/wrong/", "/hello/", "/missing/", "/missing/", "/gone/", "",
		"/copy/", "/copy/", "/loop/", "/hello/", "/away/", "/hello/", "/out/", "/hello/", "/renamed/", "/renamed/", "/file.pdf", "/file.pdf", "//"+other.Host+"/x", "/hello/", "/%zz", "/hello/"))
	for old, want := range map[string]struct {
		problem      string
		status, hops int
	}{
		"/old/": {"", 200, 1}, "/twice/": {"", 200, 2}, "/wrong/": {crawl.OtherPage, 200, 1}, "/missing/": {crawl.Broken, 404, 0}, "/gone/": {crawl.NotBefore, 404, 0},
		"/copy/": {crawl.OtherCanonical, 200, 0}, "/loop/": {crawl.Loop, 301, 11}, "/away/": {crawl.Elsewhere, 301, 0}, "/out/": {crawl.Elsewhere, 301, 0},
		"/renamed/": {crawl.OtherTitle, 200, 0}, "/file.pdf": {"", 200, 0}, "//" + other.Host + "/x": {crawl.Broken, 0, 0}, "/%zz": {crawl.Broken, 0, 0},
	} {
		a := found[old]
		if a == nil || a.Problem != want.problem || a.Status != want.status || a.Hops != want.hops {
			t.Errorf("%s: %+v, want %v", old, a, want)
		}
	}
	if a := found["/twice/"]; a.Title != "Hello – New site" || a.OldTitle != "Hello" || a.Lost() {
		t.Errorf("%+v", a)
	}
	if outside.Load() != 0 {
		t.Errorf("another host was asked %d times", outside.Load())
	}
}

// A site that is busy for a moment is asked again, one that stays so is told with its status.
func TestABusySite(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	site := serve(t, map[string]http.HandlerFunc{
		"/busy/": func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		},
	})
	if a := run(t, &crawl.Crawler{New: site}, moves("/busy/", "/busy/"))["/busy/"]; a.Problem != "" || asked.Load() != 2 {
		t.Errorf("%+v after %d questions", a, asked.Load())
	}
}

func TestAnErrorEndsIt(t *testing.T) {
	t.Parallel()
	site := serve(t, map[string]http.HandlerFunc{"/": html("x", "")})
	full := errors.New("full")
	c := &crawl.Crawler{New: site, PerSecond: 10000, Workers: 2}
	if err := c.Crawl(t.Context(), moves("/a", "", "/b", "", "/c", ""), func(*crawl.Answer) error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	gone := errors.New("gone")
	if err := c.Crawl(t.Context(), func(yield func(pipeline.Move, error) bool) { yield(pipeline.Move{}, gone) }, nil); !errors.Is(err, gone) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Crawl(ctx, moves("/a", ""), func(*crawl.Answer) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
