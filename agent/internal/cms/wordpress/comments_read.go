package wordpress

import (
	"context"
	"database/sql"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

type comment struct {
	id, post, parent, user, karma, size                                   int64
	author, email, url, ip, date, dateGMT, content, approved, agent, kind string
	// threaded says that the parent is there.
	threaded bool
}

var commentStatuses = map[string]recordv1.CommentStatus{
	"1": recordv1.CommentStatus_COMMENT_STATUS_APPROVED, "approve": recordv1.CommentStatus_COMMENT_STATUS_APPROVED,
	"0": recordv1.CommentStatus_COMMENT_STATUS_PENDING, "hold": recordv1.CommentStatus_COMMENT_STATUS_PENDING,
	"spam": recordv1.CommentStatus_COMMENT_STATUS_SPAM, "trash": recordv1.CommentStatus_COMMENT_STATUS_TRASHED,
	"post-trashed": recordv1.CommentStatus_COMMENT_STATUS_ENTRY_TRASHED,
}

// comments reads a page.
func (r *reader) comments(ctx context.Context, sc scope) (*page, error) {
	var all []*comment
	var ids, posts set
	size := r.s.bytes("comment_content")
	err := cmssql.Each(ctx, r.q, func(rows *sql.Rows) error {
		c := &comment{}
		all = append(all, c)
		err := rows.Scan(&c.id, &c.post, &c.author, &c.email, &c.url, &c.ip, &c.date, &c.dateGMT, &c.content, &c.karma, &c.approved, &c.agent,
			&c.kind, &c.parent, &c.user, &c.size)
		ids.add(c.id)
		posts.add(c.post)
		return err
	}, r.s.sql("SELECT c.comment_ID, comment_post_ID, comment_author, comment_author_email, comment_author_url, comment_author_IP, "+
		r.s.date("comment_date")+", "+r.s.date("comment_date_gmt")+", CASE WHEN "+size+" > ? THEN '' ELSE comment_content END, "+
		"comment_karma, comment_approved, comment_agent, comment_type, comment_parent, user_id, "+size+" FROM {comments} c WHERE "+sc.where+sc.order),
		append([]any{rowMax}, sc.args...)...)
	if err != nil || len(all) == 0 {
		return &page{}, err
	}
	if err := r.thread(ctx, all, ids); err != nil {
		return nil, err
	}
	meta, err := r.s.loadMeta(ctx, r.q, commentMeta, ids.ids)
	if err != nil {
		return nil, err
	}
	types, err := r.commented(ctx, posts.ids)
	if err != nil {
		return nil, err
	}
	p := &page{}
	for _, c := range all {
		p.bytes += c.size
		p.add(c.id, r.comment(c, meta[c.id], refTo(types[c.post], c.post)))
	}
	return p, nil
}

// thread finds out whose parent is there: on the same page, as a rule, or looked up by id.
func (r *reader) thread(ctx context.Context, all []*comment, read set) error {
	var away set
	for _, c := range all {
		if c.threaded = read.seen[c.parent]; !c.threaded {
			away.add(c.parent)
		}
	}
	slices.Sort(away.ids)
	there := map[int64]bool{}
	err := eachOwned(ctx, r.q, away.ids, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		there[id] = true
		return err
	}, r.s.sql("SELECT comment_ID FROM {comments} WHERE "), "comment_ID", "")
	for _, c := range all {
		c.threaded = c.threaded || there[c.parent]
	}
	return err
}

func (r *reader) comment(c *comment, m metaRows, entry *recordv1.Ref) cms.Item {
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
	case c.threaded:
		body.Parent = r.ref(c.parent)
	default:
		note(rec, "parent_missing", "parent")
	}
	m.fields(rec, same)
	return cms.Item{Record: rec}
}
