// Package fetch asks other sites for files over HTTP: only hosts that were named, and nothing within a network.
package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.uber.org/zap"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Config says what may be fetched.
type Config struct {
	// Hosts that may be asked: "example.org" with the schemes' own ports, or "example.org:8443".
	Hosts []string
	// Bytes is the longest answer; 0: 2 GiB.
	Bytes int64
	// Time is the longest that one answer may take; 0: 30 minutes.
	Time time.Duration
	// Redirects is how often an address may be led on; 0: 5.
	Redirects int
	// Loopback lets tests ask servers of this machine. There is no other use for it.
	Loopback bool
	// Log; nil: none.
	Log *zap.Logger
}

// Client fetches.
type Client struct {
	cfg   Config
	guard guard
	down  *silent
	http  *retryablehttp.Client
}

// sniffed is how much of an answer tells its type. (net/http, DetectContentType)
const sniffed = 512

// piece is the longest piece of an answer that is handed on at a time.
const piece = 256 << 10

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Bytes == 0 {
		cfg.Bytes = 2 << 30
	}
	if cfg.Time == 0 {
		cfg.Time = 30 * time.Minute
	}
	if cfg.Redirects == 0 {
		cfg.Redirects = 5
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	c := &Client{cfg: cfg, guard: newGuard(cfg.Hosts, cfg.Loopback), down: newSilent(), http: Retrying(cfg.Log)}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: c.guard.dial}
	// No proxy: it would resolve names itself, past the guard. No compression: lengths and offsets are those of the file.
	c.http.HTTPClient.Transport = &http.Transport{
		DialContext: dialer.DialContext, DisableCompression: true, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second,
	}
	c.http.HTTPClient.CheckRedirect = c.follow
	return c
}

// Close gives up idle connections.
func (c *Client) Close() { c.http.HTTPClient.CloseIdleConnections() }

func (c *Client) follow(req *http.Request, via []*http.Request) error {
	// What the address holds beside its path is nobody else's business.
	req.Header.Del("Referer")
	if len(via) > c.cfg.Redirects {
		return refusal(CodeHops, "the address leads on and on", "Put the file in its place on the source's disk.")
	}
	return c.guard.address(req.URL)
}

// Answer is a document that is being read.
type Answer struct {
	// MIME is its type by its content; empty when it is read from an offset.
	MIME string
	io.ReadCloser
}

// Open asks for a document from an offset on. want is the type that it should have, empty: any; a page where a picture or the like
// is due is refused, as is everything that may be run. The caller closes the answer.
func (c *Client) Open(ctx context.Context, address, want string, offset uint64) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Time)
	resp, err := c.get(ctx, address, offset)
	if err != nil {
		cancel()
		return nil, err
	}
	head := bufio.NewReaderSize(resp.Body, sniffed)
	a := &Answer{ReadCloser: &body{r: head, left: c.cfg.Bytes - int64(offset), close: func() error { defer cancel(); return resp.Body.Close() }}}
	if offset > 0 {
		err = skip(resp, head, offset)
	} else {
		a.MIME, err = sniff(head, want)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (c *Client) get(ctx context.Context, address string, offset uint64) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, refusal(CodeHost, "the address cannot be read", "Put the file in its place on the source's disk.")
	}
	if err := c.guard.address(u); err != nil {
		return nil, err
	}
	if c.down.resting(u.Host, time.Now()) {
		return nil, failed()
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, failed()
	}
	req.Header.Set("User-Agent", "bailey")
	if offset > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatUint(offset, 10)+"-")
	}
	resp, err := c.http.Do(req)
	if !refused(err) && ctx.Err() == nil {
		c.down.told(u.Host, err == nil && resp.StatusCode < http.StatusInternalServerError, time.Now())
	}
	if err == nil {
		err = c.check(resp)
	}
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, told(ctx, err)
	}
	return resp, nil
}

// told is an error without the address, which net/http puts into it.
func told(ctx context.Context, err error) error {
	var own *migration.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return failed()
}

func failed() error {
	return refusal(CodeFailed, "the host of the address does not answer, or not in time", "See that the old site is up and lets this machine in, then migrate again.")
}

// check looks at the answer's head.
func (c *Client) check(resp *http.Response) error {
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return refusal(CodeGone, "the address has no such file either", "Restore the file at the source, or migrate without it.")
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent:
		return refusal(CodeStatus, fmt.Sprintf("the address answers with status %d", resp.StatusCode), "See that the old site lets this machine in, then migrate again.")
	case resp.ContentLength > c.cfg.Bytes:
		return tooLarge()
	case resp.Header.Get("Content-Encoding") != "" && resp.Header.Get("Content-Encoding") != "identity":
		return refusal(CodeType, "the answer is packed although nobody asked for that", "Put the file in its place on the source's disk.")
	}
	return nil
}

func tooLarge() error {
	return refusal(CodeTooLong, "the file is longer than is fetched", "Put the file in its place on the source's disk.")
}

// skip passes over what was not to be sent: servers may ignore the wish for a part.
func skip(resp *http.Response, r io.Reader, offset uint64) error {
	if resp.StatusCode == http.StatusOK {
		_, err := io.CopyN(io.Discard, r, int64(offset))
		return err
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatUint(offset, 10)+"-") {
		return failed()
	}
	return nil
}

// sniff finds a document's type by its first bytes.
func sniff(head *bufio.Reader, want string) (string, error) {
	first, err := head.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	mime, _, _ := strings.Cut(http.DetectContentType(first), ";")
	switch {
	case runs(first):
		return "", refusal(CodeType, "the content is a program", "Copy the file by hand if it is meant to be there.")
	case mime == "text/html" && want != "" && !strings.Contains(want, "html"):
		return "", refusal(CodePage, "a page is answered where a file is due", "See that the old site has the file and asks for no login, then migrate again.")
	}
	return mime, nil
}

// programs begin like this: ELF, Windows, Mach-O and Java, WebAssembly, scripts.
var programs = [][]byte{
	[]byte("\x7fELF"), []byte("MZ"), []byte("\xfe\xed\xfa\xce"), []byte("\xfe\xed\xfa\xcf"), []byte("\xce\xfa\xed\xfe"), []byte("\xcf\xfa\xed\xfe"),
	[]byte("\xca\xfe\xba\xbe"), []byte("\x00asm"), []byte("#!"),
}

// runs says that a content may be run by a machine or by a web server.
func runs(first []byte) bool {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, p := range programs {
		if bytes.HasPrefix(first, p) {
			return true
		}
	}
	return bytes.HasPrefix(text, []byte("<?php")) || bytes.HasPrefix(text, []byte("<?=")) || bytes.HasPrefix(text, []byte("<%"))
}

// body ends with an error where it gets too long.
type body struct {
	r     io.Reader
	left  int64
	close func() error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}

func (b *body) Close() error { return b.close() }

// Read yields a document from an offset on, in pieces that are valid until the next. A connection that breaks is made anew.
func (c *Client) Read(ctx context.Context, address, want string, offset uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		buf := make([]byte, piece)
		for breaks := 0; ; breaks++ {
			err := c.readOn(ctx, address, want, &offset, buf, func(p []byte) bool { return yield(p, nil) })
			switch {
			case err == nil:
				return
			case refused(err) || ctx.Err() != nil || breaks >= c.http.RetryMax:
				yield(nil, told(ctx, err))
				return
			}
		}
	}
}

// readOn reads until the end, until nothing more is taken, or until the connection breaks, which is an error.
func (c *Client) readOn(ctx context.Context, address, want string, offset *uint64, buf []byte, take func([]byte) bool) error {
	a, err := c.Open(ctx, address, want, *offset)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	for {
		n, err := a.Read(buf)
		*offset += uint64(n)
		if n > 0 && !take(buf[:n]) || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Stat is what is known of a document once it was read.
type Stat struct {
	Bytes  uint64
	SHA256 []byte
}

// Stat reads a document and keeps nothing of it but its length and SHA-256.
func (c *Client) Stat(ctx context.Context, address, want string) (*Stat, error) {
	st, sum := &Stat{}, sha256.New()
	for p, err := range c.Read(ctx, address, want, 0) {
		if err != nil {
			return nil, err
		}
		st.Bytes += uint64(len(p))
		sum.Write(p)
	}
	st.SHA256 = sum.Sum(nil)
	return st, nil
}
