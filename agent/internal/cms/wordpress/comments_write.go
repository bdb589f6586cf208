package wordpress

import (
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

var commentCols = []string{"comment_post_ID", "comment_author", "comment_author_email", "comment_author_url", "comment_author_IP", "comment_date",
	"comment_date_gmt", "comment_content", "comment_karma", "comment_approved", "comment_agent", "comment_type", "comment_parent", "user_id"}

func (w *writer) comments() error {
	if err := w.findExisting("comments", "comment_ID"); err != nil {
		return err
	}
	var fresh []*job
	var rows [][]any
	var old []int64
	for _, j := range w.jobs {
		values := w.commentRow(j)
		switch {
		case values == nil:
		case j.update:
			old = append(old, j.id)
			if err := w.updateComment(j, values); err != nil {
				return err
			}
		default:
			fresh = append(fresh, j)
			rows = append(rows, values)
		}
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"comments", commentCols, rows)
	if err != nil {
		return err
	}
	for i, j := range fresh {
		j.done(ids[i])
	}
	if err := w.commentParents(); err != nil {
		return err
	}
	if err := cmssql.ExecIn(w.ctx, w.tx, old, w.s.sql("DELETE FROM {commentmeta} WHERE comment_id IN ")); err != nil {
		return err
	}
	m := &metaBuilder{table: commentMeta}
	for _, j := range w.jobs {
		if j.res.TargetID != "" {
			w.fields(m, j.id, j, "meta:", j.rec.GetFields(), same)
		}
	}
	return m.insert(w)
}

func (w *writer) updateComment(j *job, values []any) error {
	query := "UPDATE {comments} SET "
	for i, c := range commentCols {
		if i > 0 {
			query += ", "
		}
		query += c + " = ?"
	}
	j.done(j.id)
	_, err := w.tx.Exec(w.ctx, w.s.sql(query+" WHERE comment_ID = ?"), append(values, j.id)...)
	return err
}

// commentRow is nil for a comment whose entry is not on the target.
func (w *writer) commentRow(j *job) []any {
	c := j.rec.GetComment()
	entry := w.target(c.GetEntry())
	if entry == 0 {
		j.reject("parent_missing", "the entry that the comment belongs to is not on the target", "migrate the entry first, then run the migration again", "entry")
		return nil
	}
	user := int64(0)
	if c.GetUser() != nil {
		if user = w.target(c.GetUser()); user == 0 {
			j.openRef("user", c.GetUser())
		}
	}
	created := c.GetCreated()
	if created == nil {
		now := w.s.now().Unix()
		created = &recordv1.Time{Seconds: now, Offset: int32(offsetAt(now, w.env.zone))}
	}
	date, gmt := writeTime(created, w.env.zone)
	kind := c.GetType()
	if kind == "" {
		kind = "comment"
	}
	return []any{entry, c.GetAuthorName(), c.GetAuthorEmail(), c.GetAuthorUrl(), c.GetAuthorIp(), date, gmt, c.GetContent().GetText(), c.GetKarma(),
		approved(c.GetStatus()), c.GetAgent(), kind, w.parentBefore(j), user}
}

// parentBefore is the row of a comment's parent that was written before this batch; 0 for another.
func (w *writer) parentBefore(j *job) int64 {
	if ref := j.rec.GetComment().GetParent(); ref != nil {
		if t, ok := w.u.Refs.Target(ref); ok && atoi(t) != j.id {
			return atoi(t)
		}
	}
	return 0
}

func approved(s recordv1.CommentStatus) string {
	switch s {
	case recordv1.CommentStatus_COMMENT_STATUS_APPROVED:
		return "1"
	case recordv1.CommentStatus_COMMENT_STATUS_SPAM:
		return "spam"
	case recordv1.CommentStatus_COMMENT_STATUS_TRASHED:
		return "trash"
	case recordv1.CommentStatus_COMMENT_STATUS_ENTRY_TRASHED:
		return "post-trashed"
	}
	return "0"
}

// commentParents hangs comments below parents that got their rows in this batch.
func (w *writer) commentParents() error {
	parents := map[int64]int64{}
	for _, j := range w.jobs {
		ref := j.rec.GetComment().GetParent()
		if ref == nil || j.res.TargetID == "" || w.parentBefore(j) != 0 {
			continue
		}
		if id := w.target(ref); id != 0 && id != j.id {
			parents[j.id] = id
		} else {
			j.openRef("parent", ref)
		}
	}
	return setEach(w.ctx, w.s, w.tx, "comments", "comment_ID", "comment_parent", parents)
}
