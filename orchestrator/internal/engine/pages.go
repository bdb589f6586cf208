package engine

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/html/charset"
	"golang.org/x/time/rate"

	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
)

// Limits of live pages: one is a page and no file, and its site is somebody's.
const (
	maxPage      = 2 << 20
	pageTime     = 30 * time.Second
	pagesASecond = 2
)

// pages asks the source's own hosts for what visitors see, at a polite rate. It implements pipeline.Pages.
type pages struct {
	cfg  fetch.Config
	pace *rate.Limiter

	once   sync.Once
	client *fetch.Client
}

func newPages(hosts []string, log *zap.Logger) *pages {
	return &pages{cfg: fetch.Config{Hosts: hosts, Bytes: maxPage, Time: pageTime, Log: log}, pace: rate.NewLimiter(pagesASecond, 1)}
}

// Page implements pipeline.Pages. Whatever the page's charset, it comes in UTF-8.
func (p *pages) Page(ctx context.Context, address string) (string, error) {
	if err := p.pace.Wait(ctx); err != nil {
		return "", err
	}
	p.once.Do(func() { p.client = fetch.New(p.cfg) })
	// At this rate a connection that is kept open serves nobody.
	defer p.client.Close()
	a, err := p.client.Open(ctx, address, "text/html", 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = a.Close() }()
	if a.MIME != "text/html" {
		return "", fmt.Errorf("the answer is no page but %s", a.MIME)
	}
	r, err := charset.NewReader(a, "")
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}
