package drupal

import (
	"context"
	"html"
	"regexp"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// writeComments7 writes comments; their places in threads and the counts are made by Finish.
func (w *writer) writeComments7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "comment" })
	if err != nil {
		return nil, err
	}
	types, err := w.typesOf7(ctx, batch)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		nid := d.pointed("entry", "", d.rec.GetComment().GetEntry())
		if types[nid] == "" {
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "nothing_commented", "what the comment was written to is no node of the target", "Look for that record's own outcome in the report.", "entry")
			continue
		}
		d.cols["nid"], d.bundle = nid, "comment_node_"+types[nid]
		if err := w.comment7(ctx, d, d.rec.GetComment()); err != nil {
			return nil, err
		}
		d.measure()
	}
	e := w.s.entity("comment")
	if err := w.flush(ctx, e, ds); err != nil {
		return nil, err
	}
	return ds, w.flushValues(ctx, e, ds)
}

// typesOf7 are the types of the nodes that a batch of comments was written to.
func (w *writer) typesOf7(ctx context.Context, batch []*recordv1.Record) (map[int64]string, error) {
	var nids []int64
	for _, rec := range batch {
		if ref := rec.GetComment().GetEntry(); ref.GetKind() == kindEntry {
			if id, ok := w.u.Refs.Target(ref); ok {
				nids = append(nids, atoi(id))
			}
		}
	}
	return w.typesOfNodes(ctx, nids)
}

func (w *writer) comment7(ctx context.Context, d *draft, c *recordv1.Comment) error {
	d.cols["pid"] = d.pointed("parent", "", c.GetParent())
	d.cols["uid"] = d.pointed("uid", "", c.GetUser())
	d.cols["name"], d.cols["mail"], d.cols["homepage"] = d.plain("author_name", c.GetAuthorName()), d.plain("author_email", c.GetAuthorEmail()), d.plain("author_url", c.GetAuthorUrl())
	d.cols["hostname"], d.cols["language"], d.cols["thread"] = c.GetAuthorIp(), "und", unthreaded
	d.cols["created"] = d.moment("created", c.GetCreated())
	d.cols["changed"] = d.cols["created"]
	if c.GetModified() != nil {
		d.cols["changed"] = d.moment("modified", c.GetModified())
	}
	d.cols["status"] = flag(c.GetStatus() == recordv1.CommentStatus_COMMENT_STATUS_APPROVED)
	f, err := w.makeField7(ctx, "comment", d.bundle, "comment_body", fieldKind{typ: "text_long", many: 1})
	if err != nil {
		return err
	}
	format, err := w.formatFor(ctx, d.rec, "comment_body", c.GetContent().GetMarkup(), true)
	if err != nil {
		return err
	}
	d.tellFormat("comment_body", format)
	text := c.GetContent().GetText()
	if format != nil {
		text = d.html("content", text)
	} else {
		text = d.plain("content", text)
	}
	if c.GetContent() != nil {
		d.set(f, map[string]any{"value": d.expand("field:comment_body", text), "format": format})
	}
	d.cols["subject"] = d.subject7(text)
	return w.customs7(ctx, d)
}

// Lengths of a comment's subject: of the column, and of one that Drupal makes of the text.
const subjectLength, madeSubject = 64, 29

var htmlTags = regexp.MustCompile(`<[^>]*>`)

// subject7 is the comment's title, or the beginning of its text, as Drupal makes one.
func (d *draft) subject7(text string) string {
	for _, f := range d.rec.GetFields() {
		if f.GetName() == "subject" {
			return d.short("fields.subject", d.plain("fields.subject", scalar(f.GetValue())), subjectLength)
		}
	}
	words := []rune(strings.Join(strings.Fields(html.UnescapeString(htmlTags.ReplaceAllString(text, " "))), " "))
	if len(words) == 0 {
		return "(No subject)"
	}
	if len(words) <= madeSubject {
		return d.w.s.narrow(string(words))
	}
	cut := string(words[:madeSubject])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return d.w.s.narrow(cut)
}
