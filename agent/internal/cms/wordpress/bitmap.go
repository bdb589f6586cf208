package wordpress

import (
	"context"
	"database/sql"
)

// bitmap is a set of ids, small where they are dense.
type bitmap map[int64]uint64

func (b bitmap) add(id int64)      { b[id>>6] |= 1 << (id & 63) }
func (b bitmap) has(id int64) bool { return b[id>>6]&(1<<(id&63)) != 0 }

// postKinds says which posts there are, and which of them are attachments.
type postKinds struct{ there, media bitmap }

// scanAfter is how many posts a reader looks up by id, each in a page of its own, before it reads the types of all from an
// index, where thousands stand in a page.
const scanAfter = 1000

// commented are the types of posts that comments belong to: "attachment", "post" for any other; absent: no such post.
func (r *reader) commented(ctx context.Context, ids []int64) (map[int64]string, error) {
	if r.kinds == nil {
		if r.looked += len(ids); r.looked <= scanAfter {
			return r.s.postTypes(ctx, r.q, ids)
		}
		var err error
		if r.kinds, err = r.scanKinds(ctx); err != nil {
			return nil, err
		}
	}
	types := make(map[int64]string, len(ids))
	for _, id := range ids {
		switch {
		case r.kinds.media.has(id):
			types[id] = "attachment"
		case r.kinds.there.has(id):
			types[id] = "post"
		}
	}
	return types, nil
}

// scanKinds reads the types of all posts from the index type_status_date.
func (r *reader) scanKinds(ctx context.Context) (*postKinds, error) {
	k := &postKinds{bitmap{}, bitmap{}}
	err := each(ctx, r.q, func(rows *sql.Rows) error {
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
