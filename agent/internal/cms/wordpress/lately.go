package wordpress

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what is remembered of written posts: 5 MiB together (Rule 9).
const (
	latelySlots = 1 << 16
	latelyNames = 3 << 20
)

// lately remembers what the addresses of posts at the root are made of that were just written: links between posts lead anywhere, and
// each look at a row of which nothing else is wanted costs the server a page. It holds committed rows only, and is forgotten when one
// is written again and when the run is finished: whatever proves the result reads anew.
type lately struct {
	mu    sync.RWMutex
	slots []brief
	// names is a ring; end counts all bytes that ever went into it.
	names []byte
	end   int64
	words []string
}

// brief is a post. Its name stands at a place in the ring, unless that went round since.
type brief struct {
	id, date, at       int64
	author             int32
	long, status, kind uint8
}

// add remembers those that it can.
func (l *lately) add(posts []post) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slots == nil {
		l.slots, l.names = make([]brief, latelySlots), make([]byte, latelyNames)
	}
	for i := range posts {
		p := &posts[i]
		on, err := time.Parse(time.DateTime, p.date)
		status, kind := l.word(p.status), l.word(p.kind)
		if err != nil || len(p.name) > 255 || int64(int32(p.author)) != p.author || status == 0 || kind == 0 {
			continue
		}
		l.slots[p.id%latelySlots] = brief{id: p.id, date: on.Unix(), at: l.end, author: int32(p.author), long: uint8(len(p.name)), status: status, kind: kind}
		for n := p.name; n != ""; {
			copied := copy(l.names[l.end%latelyNames:], n)
			n, l.end = n[copied:], l.end+int64(copied)
		}
	}
}

// word numbers the few words that there are; 0: too many.
func (l *lately) word(s string) uint8 {
	i := slices.Index(l.words, s)
	if i < 0 && len(l.words) < 255 {
		i, l.words = len(l.words), append(l.words, s)
	}
	return uint8(i + 1)
}

// find gives the posts that are remembered, and the ids of the others.
func (l *lately) find(ids []int64) (found []*post, missing []int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.slots == nil {
		return nil, ids
	}
	for _, id := range ids {
		b := l.slots[max(id, 0)%latelySlots]
		if b.id != id || id == 0 || l.end-b.at > latelyNames {
			missing = append(missing, id)
			continue
		}
		name := make([]byte, b.long)
		n := copy(name, l.names[b.at%latelyNames:])
		copy(name[n:], l.names)
		found = append(found, &post{id: id, author: int64(b.author), date: time.Unix(b.date, 0).UTC().Format(time.DateTime), name: string(name),
			status: l.words[b.status-1], kind: l.words[b.kind-1]})
	}
	return found, missing
}

// forget drops everything.
func (l *lately) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slots, l.names = nil, nil
}
