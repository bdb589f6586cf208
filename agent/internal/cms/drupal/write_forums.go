package drupal

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// forumTerms is the field in which topics name their forum, in each version of the module Forum.
const forumTerms = "taxonomy_forums"

// containerField says of a term that it holds forums and no topics: a field of the later versions, in Drupal 7 a setting.
const containerField, containers7 = "forum_container", "forum_containers"

// topics lists nodes in their forums, as the module does when one is saved; what it counts of comments follows in Finish.
// (Drupal 7.105, forum_node_insert, forum_field_storage_pre_insert; Drupal 9.5.11, ForumIndexStorage)
func (w *writer) topics(ctx context.Context, ds []*draft) error {
	if !w.s.has("forum") || !w.s.has("forum_index") {
		return nil
	}
	var known []int64
	var topics, index []map[string]any
	for _, d := range ds {
		if d.lang != "" || d.e.name != "node" || d.e.of != "" {
			continue
		}
		if d.known {
			known = append(known, d.id)
		}
		for _, v := range d.values {
			tid, _ := v.props[w.s.pointer(v.f)].(int64)
			if v.f.name != forumTerms || tid == 0 {
				continue
			}
			topics = append(topics, map[string]any{"nid": d.id, "vid": d.version, "tid": tid})
			if d.cols["status"] == 1 {
				index = append(index, map[string]any{"nid": d.id, "title": d.cols["title"], "tid": tid, "sticky": d.cols["sticky"], "created": d.cols["created"], "last_comment_timestamp": d.cols["created"], "comment_count": 0})
			}
			// A topic is in one forum.
			break
		}
	}
	for _, table := range []string{"forum", "forum_index"} {
		if err := execIn(ctx, w, known, "DELETE FROM {"+table+"} WHERE nid IN "); err != nil {
			return err
		}
	}
	if _, err := w.insert(ctx, "forum", topics); err != nil {
		return err
	}
	_, err := w.insert(ctx, "forum_index", index)
	return err
}

// countTopics counts the comments of topics where the number is another one. (Drupal 7.105, _forum_update_forum_index)
func (w *writer) countTopics(ctx context.Context) error {
	if !w.s.has("forum_index") || !w.s.has("comment") {
		return nil
	}
	comments := "{comment_field_data} c ON c.entity_type = 'node' AND c.default_langcode = 1 AND c.entity_id"
	last := "SELECT created FROM {comment_field_data} WHERE cid = ?"
	if w.s.seven {
		comments, last = "{comment} c ON c.nid", "SELECT created FROM {comment} WHERE cid = ?"
	}
	rows, err := w.s.query(ctx, w.q, "SELECT i.nid AS nid, COUNT(c.cid) AS n, MAX(c.cid) AS last, MAX(i.created) AS created, MAX(i.last_comment_timestamp) AS told, MAX(i.comment_count) AS counted FROM {forum_index} i "+
		"LEFT JOIN "+comments+" = i.nid AND c.status = 1 GROUP BY i.nid")
	if err != nil {
		return err
	}
	for _, r := range rows {
		at := r.number("created")
		if r.number("n") > 0 {
			found, err := w.s.query(ctx, w.q, last, r.number("last"))
			if err != nil {
				return err
			}
			if len(found) > 0 {
				at = found[0].number("created")
			}
		}
		if at == r.number("told") && r.number("n") == r.number("counted") {
			continue
		}
		if err := w.exec(ctx, "UPDATE {forum_index} SET comment_count = ?, last_comment_timestamp = ? WHERE nid = ?", r.number("n"), at, r.number("nid")); err != nil {
			return err
		}
	}
	return nil
}

// topicParts are the rows of a topic.
func (s *Site) topicParts() []cms.Part {
	var all []cms.Part
	for table, quiet := range map[string][]string{"forum": s.renumbered(s.entity("node"), "vid"), "forum_index": {"comment_count", "last_comment_timestamp"}} {
		if s.has(table) {
			all = append(all, cms.Part{Table: table, Owner: "t.nid", Key: "nid", Ignore: quiet})
		}
	}
	return all
}

// container7 says of a term of Drupal 7 that it is a container, as the later versions do.
func (s *Site) container7(tid string) []*recordv1.Field {
	if s.seven {
		for _, p := range s.schema.settings[containers7].GetArray().GetPairs() {
			if scalar(p.GetValue()) == tid {
				return []*recordv1.Field{{Name: containerField, Value: php.Bool(true)}}
			}
		}
	}
	return nil
}

// writeContainers7 adds terms to the setting that lists the containers; true: it says of this one what the record does.
func (w *writer) writeContainer7(ctx context.Context, d *draft, container bool) error {
	list := &recordv1.Array{}
	at := int64(0)
	for _, p := range w.s.schema.settings[containers7].GetArray().GetPairs() {
		if scalar(p.GetValue()) == itoa(d.id) {
			if container {
				return nil
			}
			continue
		}
		list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(at), Value: p.GetValue()})
		at++
	}
	if container {
		list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(at), Value: php.Text(itoa(d.id))})
	} else if int(at) == len(w.s.schema.settings[containers7].GetArray().GetPairs()) {
		return nil
	}
	return w.setVariable7(ctx, containers7, &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}})
}

// containers7 writes which terms hold forums. Without the module that is a field like others.
func (w *writer) writeContainers7(ctx context.Context, ds []*draft) error {
	if !w.s.has("forum") {
		return nil
	}
	for _, d := range ds {
		for _, f := range d.rec.GetFields() {
			if f.GetName() != containerField {
				continue
			}
			if err := w.lock(ctx); err != nil {
				return err
			}
			if err := w.writeContainer7(ctx, d, truthy(f.GetValue())); err != nil {
				return err
			}
		}
	}
	return nil
}
