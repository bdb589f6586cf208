package wordpress

import (
	"context"
	"database/sql"
	"maps"
	"sync"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// bitmap is a set of ids, small where they are dense.
type bitmap map[int64]uint64

func (b bitmap) add(id int64)      { b[id>>6] |= 1 << (id & 63) }
func (b bitmap) has(id int64) bool { return b[id>>6]&(1<<(id&63)) != 0 }

// postKinds says which posts there are, and which of them are attachments.
type postKinds struct{ there, media bitmap }

// scanAfter is how many posts readers look up by id within scanAge, each in a page of its own, before they read the types of
// all from an index, where thousands stand in a page.
const scanAfter = 1000

// scanAge is how long such a reading serves all readers.
const scanAge = time.Minute

// kindsCache is the last reading of the types of all posts.
type kindsCache struct {
	mu    sync.Mutex
	at    time.Time
	kinds *postKinds
	// looked counts the posts that were looked up since.
	looked int
	since  time.Time
}

// few counts looks; it says that by id they cost less.
func (c *kindsCache) few(now time.Time, looks int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.since) > scanAge {
		c.looked, c.since = 0, now
	}
	c.looked += looks
	return c.looked <= scanAfter
}

// commented are the types of posts that comments belong to: "attachment", "post" for any other; absent: no such post.
func (r *reader) commented(ctx context.Context, ids []int64) (map[int64]string, error) {
	if r.s.kinds.few(r.s.now(), len(ids)) {
		return r.s.postTypes(ctx, r.q, ids)
	}
	kinds, err := r.allKinds(ctx)
	if err != nil {
		return nil, err
	}
	types := make(map[int64]string, len(ids))
	var unknown []int64
	for _, id := range ids {
		switch {
		case kinds.media.has(id):
			types[id] = "attachment"
		case kinds.there.has(id):
			types[id] = "post"
		default:
			unknown = append(unknown, id)
		}
	}
	// They may have been written since.
	young, err := r.s.postTypes(ctx, r.q, unknown)
	maps.Copy(types, young)
	return types, err
}

// allKinds gives the last reading, or a new one.
func (r *reader) allKinds(ctx context.Context) (*postKinds, error) {
	c := &r.s.kinds
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds != nil && r.s.now().Sub(c.at) < scanAge {
		return c.kinds, nil
	}
	at := r.s.now()
	kinds, err := r.scanKinds(ctx)
	if err == nil {
		c.at, c.kinds = at, kinds
	}
	return kinds, err
}

// scanKinds reads the types of all posts from the index type_status_date.
func (r *reader) scanKinds(ctx context.Context) (*postKinds, error) {
	k := &postKinds{bitmap{}, bitmap{}}
	err := cmssql.Each(ctx, r.q, func(rows *sql.Rows) error {
		var id int64
		var media bool
		err := rows.Scan(&id, &media)
		k.there.add(id)
		if media {
			k.media.add(id)
		}
		return err
	}, r.s.sql("SELECT ID, post_type = 'attachment' FROM {posts} WHERE post_type <> ''"))
	return k, err
}
