package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

func TestPages(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/page":  "<!DOCTYPE html><p>Grüße</p>",
		"/old":   "<!DOCTYPE html><meta charset=\"iso-8859-1\"><p>Gr\xfc\xdfe</p>",
		"/image": "\x89PNG\r\n\x1a\n",
		"/long":  "<!DOCTYPE html>" + strings.Repeat("long ", maxPage/5),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	p := newPages(hostsOf([]string{s.URL, "__PLACEHOLDER__"}), zap.NewNop())
	p.pace = rate.NewLimiter(rate.Inf, 1)
	if _, err := p.Page(t.Context(), s.URL+"/page"); err == nil {
		t.Error("an address within a network was asked")
	}
	p = newPages(hostsOf([]string{s.URL}), zap.NewNop())
	p.pace, p.cfg.Loopback = rate.NewLimiter(rate.Inf, 1), true
	for path, want := range map[string]string{"/page": "<p>Grüße</p>", "/old": "<p>Grüße</p>", "/image": "", "/long": "", "/gone": ""} {
		got, err := p.Page(t.Context(), s.URL+path)
		if (err == nil) != (want != "") || err == nil && !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, %v", path, got[:min(len(got), 80)], err)
		}
	}
	if _, err := p.Page(t.Context(), "http://example.org/page"); err == nil {
		t.Error("a host that is not the source's was asked")
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Page(stopped, s.URL+"/page"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
