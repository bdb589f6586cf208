package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestHostThatIsDownIsLeftAlone: the fourth document is not asked for, another host's is, and none is given up for an answer that says no.
func TestHostThatIsDownIsLeftAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(down.Close)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }))
	t.Cleanup(up.Close)
	c := New(Config{Hosts: []string{down.Listener.Addr().String(), up.Listener.Addr().String()}, Loopback: true})
	t.Cleanup(c.Close)
	c.http.RetryWaitMin, c.http.RetryWaitMax = time.Millisecond, time.Millisecond
	code := func(address string) string {
		_, err := c.Open(t.Context(), address, "", 0)
		var e *migration.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		return e.Code
	}
	for range maxFailed {
		if got := code(down.URL); got != CodeFailed {
			t.Errorf("%s", got)
		}
	}
	before := asked.Load()
	if got := code(down.URL); got != CodeFailed || asked.Load() != before {
		t.Errorf("%s, asked %d times more", got, asked.Load()-before)
	}
	for range 2 * maxFailed {
		if got := code(up.URL); got != CodeGone {
			t.Errorf("%s", got)
		}
	}
}

func TestSilentHostIsAskedAgainAfterItsRest(t *testing.T) {
	t.Parallel()
	s, now := newSilent(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for range maxFailed {
		if s.resting("a", now) {
			t.Fatal("left alone too soon")
		}
		s.told("a", false, now)
	}
	if !s.resting("a", now) || s.resting("b", now) {
		t.Error("the wrong host rests")
	}
	now = now.Add(rest)
	if s.resting("a", now) || !s.resting("a", now) {
		t.Error("after the rest one document is asked for, and only one")
	}
	s.told("a", true, now)
	if s.resting("a", now) {
		t.Error("a host that answers is left alone")
	}
}
