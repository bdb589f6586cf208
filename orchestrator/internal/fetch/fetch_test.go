package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var png = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("pixels", 20000))

// site is a server of this machine, and a client that may ask it.
func site(t *testing.T, cfg fetch.Config, h http.Handler) (*fetch.Client, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	host, ok := fetch.HostOf(s.URL)
	if !ok {
		t.Fatal(s.URL)
	}
	cfg.Hosts, cfg.Loopback = append(cfg.Hosts, host), true
	c := fetch.New(cfg)
	t.Cleanup(c.Close)
	return c, s.URL
}

func code(err error) string {
	if err == nil {
		return ""
	}
	var e *migration.Error
	if !errors.As(err, &e) {
		return "no domain error: " + err.Error()
	}
	return e.Code
}

func send(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

func TestAFileArrives(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/a.png", send(png))
	mux.HandleFunc("/whole.png", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(png) })
	mux.HandleFunc("/led.png", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.png", http.StatusFound) })
	// The connection breaks in the middle, once.
	var broken atomic.Bool
	mux.HandleFunc("/breaks.png", func(w http.ResponseWriter, r *http.Request) {
		if broken.Swap(true) {
			send(png)(w, r)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(png)))
		_, _ = w.Write(png[:70000])
	})
	c, base := site(t, fetch.Config{}, mux)
	sum := sha256.Sum256(png)
	for _, p := range []string{"/a.png", "/whole.png", "/led.png", "/breaks.png"} {
		st, err := c.Stat(t.Context(), base+p, "image/png")
		if err != nil || st.Bytes != uint64(len(png)) || !bytes.Equal(st.SHA256, sum[:]) {
			t.Errorf("%s: %+v, %v", p, st, err)
		}
		var rest []byte
		for piece, err := range c.Read(t.Context(), base+p, "image/png", 50000) {
			if err != nil {
				t.Fatal(p, err)
			}
			rest = append(rest, piece...)
		}
		if !bytes.Equal(rest, png[50000:]) {
			t.Errorf("%s: from an offset came %d bytes", p, len(rest))
		}
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a host that was not named was asked") }))
	t.Cleanup(other.Close)
	mux := http.NewServeMux()
	for p, body := range map[string]string{
		"/page.png": "<!DOCTYPE html><title>Log in</title>", "/elf.png": "\x7fELF\x02", "/exe.png": "MZ\x90\x00", "/php.png": "\ufeff\n<?PHP phpinfo();", "/sh.png": "#!/bin/sh\n",
	} {
		mux.HandleFunc(p, send([]byte(body)))
	}
	mux.HandleFunc("/forbidden.png", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/long.png", send(append(bytes.Clone(png), bytes.Repeat([]byte("x"), 100000)...)))
	mux.HandleFunc("/endless.png", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(png); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/packed.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(png)
	})
	mux.HandleFunc("/loop.png", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop.png", http.StatusFound) })
	for name, to := range map[string]string{"away": other.URL + "/x.png", "file": "file:///etc/passwd", "user": "http://me:secret@localhost/x", "meta": "http://169.254.169.254/latest"} {
		mux.HandleFunc("/"+name+".png", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	c, base := site(t, fetch.Config{Bytes: 200000}, mux)
	for p, want := range map[string]string{
		base + "/gone.png": fetch.CodeGone, base + "/forbidden.png": fetch.CodeStatus, base + "/page.png": fetch.CodePage, base + "/elf.png": fetch.CodeType, base + "/exe.png": fetch.CodeType,
		base + "/php.png": fetch.CodeType, base + "/sh.png": fetch.CodeType, base + "/long.png": fetch.CodeTooLong, base + "/endless.png": fetch.CodeTooLong, base + "/packed.png": fetch.CodeType,
		base + "/loop.png": fetch.CodeHops, base + "/away.png": fetch.CodeHost, base + "/file.png": fetch.CodeHost, base + "/user.png": fetch.CodeHost, base + "/meta.png": fetch.CodeHost,
		other.URL + "/x.png": fetch.CodeHost, "gopher://" + strings.TrimPrefix(base, "http://"): fetch.CodeHost, "http://[::1": fetch.CodeHost, "": fetch.CodeHost,
	} {
		_, err := c.Stat(t.Context(), p, "image/png")
		if code(err) != want {
			t.Errorf("%s: %q, want %q", p, code(err), want)
		}
		if err != nil && strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("the error names the address: %v", err)
		}
	}
	if _, err := c.Stat(t.Context(), base+"/page.png", "text/html"); err != nil {
		t.Errorf("a page that is wanted: %v", err)
	}
}

// A name that was allowed leads to the server of this machine: what it resolves to is looked at, not what it says.
func TestANameThatLeadsWithin(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost:" + u.Port(), u.Host, "0.0.0.0:" + u.Port(), "[::ffff:127.0.0.1]:" + u.Port()} {
		c := fetch.New(fetch.Config{Hosts: []string{host}})
		t.Cleanup(c.Close)
		if _, err := c.Stat(t.Context(), "http://"+host+"/x.png", ""); code(err) != fetch.CodeAddress {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestTimeAndPatience(t *testing.T) {
	t.Parallel()
	var busy atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/busy.png", func(w http.ResponseWriter, r *http.Request) {
		if busy.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		send(png)(w, r)
	})
	mux.HandleFunc("/never.png", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	core, lines := observer.New(zap.DebugLevel)
	c, base := site(t, fetch.Config{Log: zap.New(core)}, mux)
	if _, err := c.Stat(t.Context(), base+"/busy.png?token=canary", "image/png"); err != nil {
		t.Error(err)
	}
	if text := fmt.Sprint(lines.All()); strings.Contains(text, "canary") || strings.Contains(text, "127.0.0.1") || lines.Len() == 0 {
		t.Errorf("the log: %s", text)
	}
	short, slow := site(t, fetch.Config{Time: 50 * time.Millisecond}, mux)
	if _, err := short.Stat(t.Context(), slow+"/never.png", ""); code(err) != fetch.CodeFailed {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Stat(ctx, base+"/never.png", ""); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
