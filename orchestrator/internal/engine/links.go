package engine

import (
	"context"
	"sync"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// maxCachedLinks bounds the memory of the cache: menus and authors are linked again and again.
const maxCachedLinks = 8192

// Links answers from the link index in the store.
type Links struct {
	store store.Store
	owner string

	mu    sync.Mutex
	cache map[int64]*migration.Link
	err   error
}

var _ transform.Links = (*Links)(nil)

// NewLinks reads the index kept under an owner: a migration or a plan.
func NewLinks(st store.Store, owner string) *Links {
	return &Links{store: st, owner: owner, cache: map[int64]*migration.Link{}}
}

// Resolve implements transform.Links.
func (l *Links) Resolve(path string) (record.Token, bool) {
	found := l.find(pipeline.PathHash(path))
	if found == nil {
		return record.Token{}, false
	}
	return record.Token{Ref: record.Key{Kind: found.Kind, ID: found.SourceID}, Form: found.Form}, true
}

// Known implements transform.Links.
func (l *Links) Known(k record.Key) bool { return l.find(pipeline.KeyHash(k)) != nil }

// Err is the first error of the store; what was answered since may be wrong.
func (l *Links) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *Links) find(hash int64) *migration.Link {
	l.mu.Lock()
	cached, ok := l.cache[hash]
	l.mu.Unlock()
	if ok {
		return cached
	}
	link, found, err := l.store.FindLink(context.Background(), l.owner, hash)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = err
		return nil
	}
	if len(l.cache) >= maxCachedLinks {
		clear(l.cache)
	}
	l.cache[hash] = nil
	if found {
		l.cache[hash] = &link
	}
	return l.cache[hash]
}
