package engine

import (
	"context"
	"sync"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// maxCachedLinks bounds the memory of the cache, 2 to 3 MB: most sites have fewer addresses, and each is asked for more than once.
const maxCachedLinks = 1 << 15

// Links answers from the link index in the store.
type Links struct {
	store store.Store
	owner string

	mu sync.Mutex
	// cache holds where paths lead; no kind: nowhere.
	cache map[int64]record.Token
	err   error
}

var _ transform.Links = (*Links)(nil)

// NewLinks reads the index kept under an owner: a migration or a plan.
func NewLinks(st store.Store, owner string) *Links {
	return &Links{store: st, owner: owner, cache: map[int64]record.Token{}}
}

// Resolve implements transform.Links.
func (l *Links) Resolve(path string) (record.Token, bool) {
	found := l.find(pipeline.PathHash(path))
	return found, found.Ref.Kind != 0
}

// Known implements transform.Links.
func (l *Links) Known(k record.Key) bool { return l.find(pipeline.KeyHash(k)).Ref.Kind != 0 }

// Err is the first error of the store; what was answered since may be wrong.
func (l *Links) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *Links) find(hash int64) record.Token {
	l.mu.Lock()
	t, ok := l.cache[hash]
	l.mu.Unlock()
	if ok {
		return t
	}
	link, found, err := l.store.FindLink(context.Background(), l.owner, hash)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = err
		return record.Token{}
	}
	if len(l.cache) >= maxCachedLinks {
		clear(l.cache)
	}
	if found {
		t = record.Token{Ref: record.Key{Kind: link.Kind, ID: link.SourceID}, Form: link.Form}
	}
	l.cache[hash] = t
	return t
}
