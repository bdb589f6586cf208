package drupal

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	comments7 = "SELECT c.cid, c.pid, c.nid, c.uid, c.subject, c.hostname, c.created, c.changed, c.status, c.name, c.mail, c.homepage, c.language AS lang, c.language AS origin, n.type, n.nid AS found, 'node' AS entity " +
		"FROM {comment} c LEFT JOIN {node} n ON n.nid = c.nid WHERE c.cid IN "
	comments8 = "SELECT c.cid, c.pid, c.entity_id AS nid, c.uid, c.subject, c.hostname, c.created, c.changed, c.status, c.name, c.mail, c.homepage, c.langcode AS lang, b.langcode AS origin, c.comment_type AS type, " +
		"n.nid AS found, c.entity_type AS entity, b.uuid FROM {comment_field_data} c JOIN {comment} b ON b.cid = c.cid LEFT JOIN {node} n ON n.nid = c.entity_id WHERE c.default_langcode = 1 AND c.cid IN "
)

func (s *Site) commentStream() stream {
	return stream{name: "comments", from: "{comment} t", key: "t.cid", where: "t.cid > 0", typ: "'comment'", sizes: s.sizes("comment", false), build: (*reader).comments}
}

func (r *reader) comments(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query := comments7
	if !r.s.seven {
		query = comments8
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, "")
	if err != nil {
		return nil, err
	}
	holders := make([]holder, len(rows))
	for i, c := range rows {
		bundle := c.text("type")
		if r.s.seven {
			bundle = "comment_node_" + bundle
		}
		holders[i] = holder{entity: "comment", bundle: bundle, id: c.number("cid"), lang: c.text("lang"), origin: c.text("origin")}
	}
	v, err := r.values(ctx, holders)
	if err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, c := range rows {
		items[holders[i].id] = []cms.Item{r.comment(c, holders[i], v)}
	}
	return items, nil
}

func (r *reader) comment(c row, h holder, v *values) cms.Item {
	id := c.text("cid")
	switch {
	case c.text("entity") != "node":
		return r.skipped(id, "comment_elsewhere", "the comment was written to something that is no node", "Nothing to do if it may stay behind.")
	case c.null("found"):
		return r.skipped(id, "comment_orphan", "the node of the comment is gone, so Drupal does not show it", "Delete the comment in the source.")
	}
	com := &recordv1.Comment{Entry: record.NewRef(kindEntry, c.text("nid")), AuthorName: c.text("name"), AuthorEmail: c.text("mail"), AuthorUrl: c.text("homepage"), AuthorIp: c.text("hostname"),
		Created: r.s.at(c, "created"), Modified: r.s.at(c, "changed"), Type: "comment", Status: recordv1.CommentStatus_COMMENT_STATUS_PENDING}
	if c.flag("status") {
		com.Status = recordv1.CommentStatus_COMMENT_STATUS_APPROVED
	}
	if pid := c.number("pid"); pid > 0 {
		com.Parent = record.NewRef(kindComment, itoa(pid))
	}
	if uid := c.number("uid"); uid > 0 {
		com.User = record.NewRef(kindUser, itoa(uid))
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindComment, id), Locale: locale(h.lang), Body: &recordv1.Record_Comment{Comment: com}}
	com.Content, _, rec.Fields, rec.Notes = v.body(h, "comment_body")
	if subject := c.text("subject"); subject != "" {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "subject", Value: php.Text(subject)})
	}
	rec.Fields = append(rec.Fields, v.custom(h, func(f *field) bool { return f.name == "comment_body" })...)
	return r.item(rec, nil, c)
}
