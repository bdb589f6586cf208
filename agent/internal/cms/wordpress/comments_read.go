package wordpress

import (
	"context"
	"database/sql"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

type comment struct {
	id, post, parent, user, karma, size                                   int64
	author, email, url, ip, date, dateGMT, content, approved, agent, kind string
}

var commentStatuses = map[string]recordv1.CommentStatus{
	"1": recordv1.CommentStatus_COMMENT_STATUS_APPROVED, "approve": recordv1.CommentStatus_COMMENT_STATUS_APPROVED,
	"0": recordv1.CommentStatus_COMMENT_STATUS_PENDING, "hold": recordv1.CommentStatus_COMMENT_STATUS_PENDING,
	"spam": recordv1.CommentStatus_COMMENT_STATUS_SPAM, "trash": recordv1.CommentStatus_COMMENT_STATUS_TRASHED,
	"post-trashed": recordv1.CommentStatus_COMMENT_STATUS_ENTRY_TRASHED,
}

func (r *reader) comments(ctx context.Context, sc scope) (*page, error) {
	var all []*comment
	size := r.s.bytes("comment_content")
	err := each(ctx, r.q, func(rows *sql.Rows) error {
		c := &comment{}
		all = append(all, c)
		return rows.Scan(&c.id, &c.post, &c.author, &c.email, &c.url, &c.ip, &c.date, &c.dateGMT, &c.content, &c.karma, &c.approved, &c.agent,
			&c.kind, &c.parent, &c.user, &c.size)
	}, r.s.sql("SELECT comment_ID, comment_post_ID, comment_author, comment_author_email, comment_author_url, comment_author_IP, "+
		r.s.date("comment_date")+", "+r.s.date("comment_date_gmt")+", CASE WHEN "+size+" > ? THEN '' ELSE comment_content END, "+
		"comment_karma, comment_approved, comment_agent, comment_type, comment_parent, user_id, "+size+" FROM {comments} WHERE "+sc.where+sc.order),
		append([]any{rowMax}, sc.args...)...)
	if err != nil || len(all) == 0 {
		return &page{}, err
	}
	return r.commentPage(ctx, all)
}

func (r *reader) commentPage(ctx context.Context, all []*comment) (*page, error) {
	var ids, posts, parents set
	for _, c := range all {
		ids.add(c.id)
		posts.add(c.post)
		parents.add(c.parent)
	}
	meta, err := r.s.loadMeta(ctx, r.q, commentMeta, ids.ids)
	if err != nil {
		return nil, err
	}
	types, err := r.s.postTypes(ctx, r.q, posts.ids)
	if err != nil {
		return nil, err
	}
	threads := map[int64]bool{}
	if err := eachIn(ctx, r.q, parents.ids, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		threads[id] = true
		return err
	}, r.s.sql("SELECT comment_ID FROM {comments} WHERE comment_ID IN "), ""); err != nil {
		return nil, err
	}
	p := &page{}
	around := &surroundings{types: types}
	for _, c := range all {
		p.bytes += c.size
		p.add(c.id, r.comment(c, meta[c.id], around.entryOrMedia(c.post), threads[c.parent]))
	}
	return p, nil
}

func (r *reader) comment(c *comment, m metaRows, entry *recordv1.Ref, parentThere bool) cms.Item {
	ref := r.ref(c.id)
	if c.size > rowMax {
		return tooLarge(ref, c.size)
	}
	if entry == nil {
		return unread(ref, agentv1.Outcome_OUTCOME_SKIPPED, "orphan_comment", "the comment belongs to a post that no longer exists; WordPress does not show it", "nothing needs to be done")
	}
	body := &recordv1.Comment{
		Entry: entry, User: userRef(c.user), AuthorName: c.author, AuthorEmail: c.email, AuthorUrl: c.url, AuthorIp: c.ip, Agent: c.agent,
		Created: readTime(c.date, c.dateGMT, r.env.zone), Status: commentStatuses[c.approved], Type: c.kind,
		Content: &recordv1.Body{Markup: "html", Text: c.content}, Karma: position(c.karma),
	}
	if body.Type == "" {
		// Before 5.5 ordinary comments had no type.
		body.Type = "comment"
	}
	rec := &recordv1.Record{Ref: ref, Body: &recordv1.Record_Comment{Comment: body}}
	if body.Status == recordv1.CommentStatus_COMMENT_STATUS_UNSPECIFIED {
		body.Status = recordv1.CommentStatus_COMMENT_STATUS_PENDING
		note(rec, "comment_status_unknown", "status")
	}
	switch {
	case c.parent == 0:
	case parentThere:
		body.Parent = r.ref(c.parent)
	default:
		note(rec, "parent_missing", "parent")
	}
	m.fields(rec, same)
	return cms.Item{Record: rec}
}
