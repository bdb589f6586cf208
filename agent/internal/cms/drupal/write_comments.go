package drupal

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// commentType is the type of comments that the installer makes.
const commentType = "comment"

// unthreaded begins the places of new comments, until Finish gives them theirs: they may come before what they answer.
const unthreaded = "!"

func (w *writer) writeComments(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "comment" })
	if err != nil {
		return nil, err
	}
	bundles, err := w.commented(ctx, ds)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if err := w.comment(ctx, d, bundles); err != nil {
			return nil, err
		}
		d.measure()
	}
	e := w.s.entity("comment")
	if err := w.flush(ctx, e, ds); err != nil {
		return nil, err
	}
	if err := w.flushValues(ctx, e, ds); err != nil {
		return nil, err
	}
	return ds, w.open(ctx, live(ds), bundles)
}

// commented finds the types of the nodes that comments were written to.
func (w *writer) commented(ctx context.Context, ds []*draft) (map[int64]string, error) {
	var ids []int64
	for _, d := range ds {
		if id := w.nodeOf(d.rec.GetComment()); id > 0 {
			ids = append(ids, id)
		}
	}
	return w.typesOfNodes(ctx, ids)
}

func (w *writer) typesOfNodes(ctx context.Context, ids []int64) (map[int64]string, error) {
	return w.named(ctx, ids, "SELECT nid AS id, type AS name FROM {node} WHERE nid IN ")
}

// nodeOf is the node that a comment was written to; 0 when it is none.
func (w *writer) nodeOf(c *recordv1.Comment) int64 {
	if c.GetEntry().GetKind() != kindEntry {
		return 0
	}
	id, _ := w.u.Refs.Target(c.GetEntry())
	return w.s.entity("node").number(id)
}

func (w *writer) comment(ctx context.Context, d *draft, bundles map[int64]string) error {
	com := d.rec.GetComment()
	nid := w.nodeOf(com)
	if bundles[nid] == "" {
		d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "no_node", "what the comment was written to is no node here", "Look for the entry's own outcome in the report.", "entry")
		return nil
	}
	if target, _ := w.u.Refs.Target(com.GetEntry()); tongue(target) != "" {
		d.adjust("entry", "node_of_all_languages", "")
	}
	field := ""
	d.bundle = "comment_node_" + bundles[nid]
	if !w.s.seven {
		f := w.s.commentField(bundles[nid])
		if f == nil {
			var err error
			if f, err = w.needComments(ctx, bundles[nid]); err != nil {
				return err
			}
		}
		if f == nil {
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "no_comments_here", "the module Comment is off, or has no type of comments called comment", "Turn it on, then migrate again.", "entry")
			return nil
		}
		field = f.name
		d.bundle = cmp.Or(scalar(dig(w.s.schema.settings["field.storage.node."+f.name], "settings", "comment_type")), commentType)
	}
	c := d.cols
	c["comment_type"], c["entity_id"], c["nid"], c["entity_type"], c["field_name"] = d.bundle, nid, nid, "node", field
	c["status"] = map[bool]int{true: 1}[com.GetStatus() == recordv1.CommentStatus_COMMENT_STATUS_APPROVED]
	c["uid"], c["pid"] = d.pointed("author", "", com.GetUser()), d.pointed("parent", "", com.GetParent())
	if c["pid"] == int64(0) && !w.s.seven {
		c["pid"] = nil
	}
	c["name"], c["mail"], c["homepage"], c["hostname"] = com.GetAuthorName(), com.GetAuthorEmail(), com.GetAuthorUrl(), com.GetAuthorIp()
	if !w.s.seven {
		c["language"] = nil
	}
	d.at(com.GetCreated(), "created", "changed")
	if com.GetCreated() == nil {
		c["created"], c["changed"] = w.s.now().Unix(), w.s.now().Unix()
	}
	if com.GetModified() != nil {
		d.at(com.GetModified(), "changed")
	}
	if !d.known {
		c["thread"] = unthreaded
	}
	c["subject"] = subjectOf(d.rec)
	return w.commentBody(ctx, d)
}

func (w *writer) commentBody(ctx context.Context, d *draft) error {
	f := d.field("comment_body")
	body := d.rec.GetComment().GetContent()
	if f == nil {
		d.adjust("content", "no_body_field", "")
	} else if body.GetText() != "" {
		format, err := w.formatFor(ctx, d.rec, "comment_body", body.GetMarkup(), true)
		if err != nil {
			return err
		}
		d.set(f, map[string]any{"value": d.expand("field:comment_body:value", body.GetText()), "format": format})
		d.tellFormat("comment_body", format)
	}
	return w.custom(ctx, d)
}

var tag = regexp.MustCompile(`<[^>]*>`)

// maxSubject is how long a subject is that Drupal makes of a comment's text. (Drupal 9.5.11, CommentForm::buildEntity)
const maxSubject = 29

// subjectOf is the subject of a comment, or the beginning of its text.
func subjectOf(rec *recordv1.Record) string {
	for _, f := range rec.GetFields() {
		if f.GetName() == "subject" && f.GetValue().GetText() != "" {
			return f.GetValue().GetText()
		}
	}
	text := strings.Join(strings.Fields(tag.ReplaceAllString(rec.GetComment().GetContent().GetText(), " ")), " ")
	if utf8.RuneCountInString(text) > maxSubject {
		text = strings.TrimSpace(string([]rune(text)[:maxSubject]))
	}
	if text == "" {
		return "(No subject)"
	}
	return text
}

// open gives nodes whose type has just got comments the value that shows them, and counts.
func (w *writer) open(ctx context.Context, ds []*draft, bundles map[int64]string) error {
	var ids []int64
	for _, d := range ds {
		ids = append(ids, d.cols["nid"].(int64))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if !w.s.seven {
		if err := w.showComments(ctx, ids, bundles); err != nil {
			return err
		}
	}
	return w.countComments(ctx, ids)
}

func (w *writer) showComments(ctx context.Context, ids []int64, bundles map[int64]string) error {
	e := w.s.entity("node")
	byField := map[*field][]int64{}
	for _, id := range ids {
		f := w.s.commentField(bundles[id])
		byField[f] = append(byField[f], id)
	}
	for f, ids := range byField {
		rows, err := queryIn(ctx, w.s, w.q, ids, "SELECT n.nid, n.vid, n.langcode, n.type FROM {node} n WHERE NOT EXISTS (SELECT 1 FROM {"+f.table+"} c WHERE c.entity_id = n.nid AND c.deleted = 0) AND n.nid IN ", "")
		if err != nil {
			return err
		}
		var ds []*draft
		for _, r := range rows {
			d := &draft{w: w, e: e, id: r.number("nid"), version: r.number("vid"), bundle: r.text("type"), cols: map[string]any{"langcode": r.text("langcode")}}
			// They may be read, as in the source; whether people may write more is not known.
			d.set(f, map[string]any{"status": 1})
			ds = append(ds, d)
		}
		if err := w.flushValues(ctx, e, ds); err != nil {
			return err
		}
	}
	return nil
}

// countComments makes the statistics of nodes anew.
func (w *writer) countComments(ctx context.Context, ids []int64) error {
	table, key, scope := "comment_entity_statistics", "entity_id", "entity_type = 'node' AND "
	query := "SELECT cid, entity_id AS nid, uid, name, changed, status, field_name FROM {comment_field_data} WHERE entity_type = 'node' AND entity_id IN "
	if w.s.seven {
		table, key, scope, query = "node_comment_statistics", "nid", "", "SELECT cid, nid, uid, name, changed, status, '' AS field_name FROM {comment} WHERE nid IN "
	}
	if !w.s.has(table) {
		return nil
	}
	for part := range slices.Chunk(ids, cmsInList) {
		rows, err := queryIn(ctx, w.s, w.q, part, query, " ORDER BY cid")
		if err != nil {
			return err
		}
		if err := execIn(ctx, w, part, "DELETE FROM {"+table+"} WHERE "+scope+key+" IN "); err != nil {
			return err
		}
		if _, err := w.insert(ctx, table, statistics(rows)); err != nil {
			return err
		}
	}
	return nil
}

// statistics sums the comments of nodes: what is shown counts.
func statistics(rows []row) []map[string]any {
	var all []map[string]any
	of := map[string]map[string]any{}
	for _, r := range rows {
		s := of[r.text("nid")]
		if s == nil {
			s = map[string]any{"nid": r.number("nid"), "entity_id": r.number("nid"), "entity_type": "node", "field_name": r.text("field_name"), "comment_count": 0,
				"cid": 0, "last_comment_timestamp": r.number("changed"), "last_comment_uid": 0, "last_comment_name": nil}
			of[r.text("nid")], all = s, append(all, s)
		}
		if r.text("status") != "1" {
			continue
		}
		s["cid"], s["last_comment_timestamp"], s["last_comment_uid"], s["last_comment_name"] = r.number("cid"), r.number("changed"), r.number("uid"), nil
		if r.number("uid") == 0 {
			s["last_comment_name"] = r.text("name")
		}
		s["comment_count"] = s["comment_count"].(int) + 1
	}
	return all
}

// vancode writes a number so that its text sorts like it: how many digits it has of base 36, and the digits.
// (Drupal 9.5.11, Component\Utility\Number::intToAlphadecimal)
func vancode(n int64) string {
	s := strconv.FormatInt(n, 36)
	return string(rune('0'+len(s)-1)) + s
}

func fromVancode(s string) int64 {
	if len(s) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(s[1:], 36, 64)
	if err != nil {
		return 0
	}
	return n
}

// threadLimit is the width of the column; what is deeper goes to the level above.
const threadLimit = 255

// thread gives comments without a place one behind those that are there, below what they answer.
func thread(rows []row) map[int64]string {
	places, next, fresh := map[int64]string{}, map[string]int64{}, map[int64]string{}
	take := func(place string) {
		above, last := "", strings.TrimSuffix(place, "/")
		if i := strings.LastIndexByte(last, '.'); i >= 0 {
			above, last = last[:i], last[i+1:]
		}
		next[above] = max(next[above], fromVancode(last)+1)
	}
	for _, r := range rows {
		if p := r.text("thread"); !strings.HasPrefix(p, unthreaded) {
			places[r.number("cid")] = p
			take(p)
		}
	}
	parents := map[int64]int64{}
	for _, r := range rows {
		parents[r.number("cid")] = r.number("pid")
	}
	var place func(cid int64, depth int) string
	place = func(cid int64, depth int) string {
		if p, ok := places[cid]; ok || depth > len(rows) {
			return p
		}
		above := ""
		if pid := parents[cid]; pid > 0 && pid != cid {
			if _, ok := parents[pid]; ok {
				above = strings.TrimSuffix(place(pid, depth+1), "/")
			}
		}
		for {
			n := next[above]
			if above == "" {
				n = max(n, 1)
			}
			p := strings.TrimPrefix(above+"."+vancode(n)+"/", ".")
			if len(p) <= threadLimit {
				places[cid], fresh[cid] = p, p
				take(p)
				return p
			}
			above = above[:max(strings.LastIndexByte(above, '.'), 0)]
		}
	}
	for _, r := range rows {
		place(r.number("cid"), 0)
	}
	return fresh
}

// thread gives new comments their places.
func (w *writer) thread(ctx context.Context) error {
	from, node := "comment_field_data", "entity_id"
	if w.s.seven {
		from, node = "comment", "nid"
	}
	rows, err := w.s.query(ctx, w.q, "SELECT DISTINCT "+node+" AS nid FROM {"+from+"} WHERE thread = ?", unthreaded)
	if err != nil {
		return err
	}
	for _, n := range rows {
		comments, err := w.s.query(ctx, w.q, "SELECT cid, pid, thread FROM {"+from+"} WHERE "+node+" = ? ORDER BY cid", n.number("nid"))
		if err != nil {
			return err
		}
		for cid, place := range thread(comments) {
			if err := w.exec(ctx, "UPDATE {"+from+"} SET thread = ? WHERE cid = ?", place, cid); err != nil {
				return err
			}
		}
	}
	return nil
}
