package ghost

import (
	"context"
	"fmt"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func (s *Site) loadComments(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list("comments", "c", "id", "post_id", "member_id", "parent_id", "in_reply_to_id", "status", "html",
		"created_at", "updated_at")+", m.`name`, m.`email` FROM `comments` c LEFT JOIN `members` m ON m.`id` = c.`member_id` WHERE c.`id` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	return itemsOf(kindComment, "", rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
		return &recordv1.Record{Body: &recordv1.Record_Comment{Comment: s.comment(r)}}, nil
	}), nil
}

var commentStates = map[string]recordv1.CommentStatus{"published": recordv1.CommentStatus_COMMENT_STATUS_APPROVED,
	"hidden": recordv1.CommentStatus_COMMENT_STATUS_HIDDEN, "deleted": recordv1.CommentStatus_COMMENT_STATUS_TRASHED}

// comment gives the member's name and address as well: other systems keep them with the comment.
func (s *Site) comment(r row) *recordv1.Comment {
	c := &recordv1.Comment{
		Entry: record.NewRef(kindEntry, r.Text("post_id")), AuthorName: r.Text("name"), AuthorEmail: r.Text("email"), Created: s.at(r, "created_at"),
		Modified: s.at(r, "updated_at"), Status: commentStates[r.Text("status")], Type: "comment",
	}
	if html := r.Text("html"); html != "" {
		c.Content = &recordv1.Body{Markup: "html", Text: html}
	}
	if id := r.Text("member_id"); id != "" {
		c.User = record.NewRef(kindUser, memberPrefix+id)
	}
	for _, col := range []string{"in_reply_to_id", "parent_id"} {
		if id := r.Text(col); id != "" {
			c.Parent = record.NewRef(kindComment, id)
			break
		}
	}
	return c
}

func (s *Site) writeComments(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := s.drafts(ctx, u, "comments", "", batch)
	if err != nil {
		return nil, err
	}
	tops, err := s.tops(ctx, u, ds)
	if err != nil {
		return nil, err
	}
	earlier := map[string]*draft{}
	for _, d := range ds {
		if s.commentColumns(d, d.rec.GetComment()); !d.done {
			s.thread(d, d.rec.GetComment(), earlier, tops)
			s.measure(d, "comments")
		}
		if !d.done {
			earlier[d.rec.GetRef().GetSourceId()] = d
		}
	}
	err = s.flush(ctx, u.Tx, "comments", ds)
	return results(ds), err
}

func (s *Site) commentColumns(d *draft, c *recordv1.Comment) {
	post, ok := d.u.Refs.Target(c.GetEntry())
	switch {
	case c.GetEntry().GetKind() != kindEntry:
		d.skip("comment_on_media", "Ghost has comments on posts only, and this one is on a file", "Nothing to do.")
		return
	case !ok:
		d.skip("entry_missing", "the entry that this comment belongs to is not on the target", "See what became of the entry in this report.")
		return
	}
	created := firstDate(c.GetCreated(), c.GetModified())
	if created == nil {
		created = s.now().UTC().Format(stampLayout)
	}
	updated := firstDate(c.GetModified())
	if updated == nil {
		updated = created
	}
	d.set("post_id", post)
	d.set("status", commentWord(c.GetStatus()))
	if commentStates[commentWord(c.GetStatus())] != c.GetStatus() {
		d.adjust("status", "status_lowered", "hidden")
	}
	d.set("created_at", created)
	d.set("updated_at", updated)
	d.token("html", c.GetContent().GetText())
	s.commentAuthor(d, c)
}

// commentWord shows what the source shows, and nothing else.
func commentWord(status recordv1.CommentStatus) string {
	for word, v := range commentStates {
		if v == status {
			return word
		}
	}
	return "hidden"
}

// commentAuthor: Ghost's comments are by members; for everybody else it has no place.
func (s *Site) commentAuthor(d *draft, c *recordv1.Comment) {
	d.set("member_id", nil)
	if c.GetUser() == nil {
		return
	}
	if id := memberRef(d.u, c.GetUser()); id != "" {
		d.set("member_id", id)
	} else if _, ok := d.u.Refs.Target(c.GetUser()); ok {
		d.adjust("user", "author_not_member", "")
	} else {
		d.wait("member_id", record.NewToken(c.GetUser(), ""))
	}
}

// thread sets the top of the thread and, below another answer, the comment answered.
func (s *Site) thread(d *draft, c *recordv1.Comment, earlier map[string]*draft, tops map[string]string) {
	d.set("parent_id", nil)
	d.set("in_reply_to_id", nil)
	if c.GetParent() == nil {
		return
	}
	if p := earlier[c.GetParent().GetSourceId()]; p != nil {
		top, _ := p.cols["parent_id"].(string)
		s.answer(d, p.id, top)
	} else if id, ok := d.u.Refs.Target(c.GetParent()); ok {
		s.answer(d, id, tops[id])
	} else {
		d.wait("parent_id", record.NewToken(c.GetParent(), ""))
	}
}

// answer ties a comment to the one it answers; top is that one's own top, "" when it is one.
func (s *Site) answer(d *draft, id, top string) {
	if top == "" {
		d.set("parent_id", id)
		return
	}
	if !s.schema.Has("comments", "in_reply_to_id") {
		d.adjust("parent", "thread_flattened", "")
	}
	d.set("parent_id", top)
	d.set("in_reply_to_id", id)
}

// tops are the tops of threads that earlier batches have written.
func (s *Site) tops(ctx context.Context, u *cms.Unit, ds []*draft) (map[string]string, error) {
	var ids []string
	for _, d := range ds {
		if id, ok := u.Refs.Target(d.rec.GetComment().GetParent()); ok {
			ids = append(ids, id)
		}
	}
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, u.Tx, "SELECT `id`, `parent_id` FROM `comments` WHERE `id` IN "+in, args...)
	if err != nil {
		return nil, fmt.Errorf("look up threads: %w", err)
	}
	m := map[string]string{}
	for _, r := range rows {
		m[r.Text("id")] = r.Text("parent_id")
	}
	return m, nil
}
