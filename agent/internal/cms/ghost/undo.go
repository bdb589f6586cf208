package ghost

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func setting(key string) cms.Row { return cms.Row{Table: "settings", Column: "key", Value: key} }

func hung(table, col string) cms.Part { return cms.Part{Table: table, Owner: "t." + col, Key: col} }

// activity is a table that fills without anybody editing the record.
func activity(table, col string) cms.Part {
	p := hung(table, col)
	p.Quiet = "1 = 1"
	return p
}

func own(table string, ignore ...string) cms.Part {
	p := hung(table, "id")
	p.Ignore = ignore
	return p
}

var bodies = map[cms.Kind][]cms.Body{
	kindTerm: {{Parts: []cms.Part{own("tags")}, Uses: []cms.Use{
		{Kind: kindEntry, Query: "SELECT tag_id, post_id FROM {posts_tags} WHERE tag_id IN"},
		{Kind: kindTerm, Query: "SELECT parent_id, id FROM {tags} WHERE parent_id IN"},
	}}},
	kindUser: {
		{Parts: []cms.Part{hung("roles_users", "user_id"), own("users", "last_seen")}, Uses: []cms.Use{
			{Kind: kindEntry, Query: "SELECT author_id, post_id FROM {posts_authors} WHERE author_id IN"},
			{Kind: kindEntry, Query: "SELECT author_id, post_id FROM {post_revisions} WHERE author_id IN"},
		}},
		{Prefix: memberPrefix, Parts: []cms.Part{
			hung("members_labels", "member_id"), hung("members_newsletters", "member_id"), hung("members_products", "member_id"),
			activity("members_created_events", "member_id"), activity("members_status_events", "member_id"),
			activity("members_subscribe_events", "member_id"), activity("members_product_events", "member_id"), activity("members_login_events", "member_id"),
			activity("comment_likes", "member_id"),
			own("members", "last_seen_at", "last_commented_at", "email_count", "email_opened_count", "email_open_rate", "geolocation", "updated_at"),
		}, Uses: []cms.Use{{Kind: kindComment, Query: "SELECT member_id, id FROM {comments} WHERE member_id IN"}}},
	},
	kindEntry: {{Parts: []cms.Part{
		hung("posts_authors", "post_id"), hung("posts_tags", "post_id"), hung("posts_products", "post_id"), hung("posts_meta", "post_id"),
		hung("mobiledoc_revisions", "post_id"), hung("post_revisions", "post_id"), own("posts"),
	}, Uses: []cms.Use{{Kind: kindComment, Query: "SELECT post_id, id FROM {comments} WHERE post_id IN"}}}},
	// Removing a comment clears the pointers of answers to it by itself.
	kindComment: {{Parts: []cms.Part{activity("comment_likes", "comment_id"), own("comments", "in_reply_to_id")}, Uses: []cms.Use{
		{Kind: kindComment, Query: "SELECT parent_id, id FROM {comments} WHERE parent_id IN"},
		{Kind: kindComment, Query: "SELECT in_reply_to_id, id FROM {comments} WHERE in_reply_to_id IN"},
	}}},
}

// needs are the columns that a use cannot do without, in versions that lack them.
var needs = map[string][2]string{
	"SELECT author_id, post_id FROM {post_revisions} WHERE author_id IN": {"post_revisions", "author_id"},
	"SELECT in_reply_to_id, id FROM {comments} WHERE in_reply_to_id IN":  {"comments", "in_reply_to_id"},
	"SELECT parent_id, id FROM {tags} WHERE parent_id IN":                {"tags", "parent_id"},
	"SELECT post_id, id FROM {comments} WHERE post_id IN":                {"comments", "post_id"},
	"SELECT member_id, id FROM {comments} WHERE member_id IN":            {"comments", "member_id"},
	"SELECT parent_id, id FROM {comments} WHERE parent_id IN":            {"comments", "parent_id"},
}

// Bodies implements cms.Undoer, for the tables that this version has.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	var all []cms.Body
	for _, b := range bodies[kind] {
		if own := b.Parts[len(b.Parts)-1]; !s.schema.has(own.Table) {
			continue
		}
		b.Parts = slices.DeleteFunc(slices.Clone(b.Parts), func(p cms.Part) bool { return !s.schema.has(p.Table) })
		b.Uses = slices.DeleteFunc(slices.Clone(b.Uses), func(u cms.Use) bool {
			n, ok := needs[u.Query]
			return ok && !s.schema.has(n[0], n[1])
		})
		all = append(all, b)
	}
	return all
}

// Settle implements cms.Undoer: labels and newsletters stay when members have them by now.
func (s *Site) Settle(ctx context.Context, tx *cmssql.Tx, row cms.Row, _, edited bool) (cms.Verdict, error) {
	users := map[string]string{
		"labels":      "SELECT `member_id` FROM `members_labels` WHERE `label_id` = ? LIMIT 1",
		"newsletters": "SELECT `member_id` FROM `members_newsletters` WHERE `newsletter_id` = ? LIMIT 1",
	}
	if query := users[row.Table]; query != "" {
		user, err := s.one(ctx, tx, query, row.Value)
		if err != nil || user != "" {
			return cms.Left, err
		}
	}
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
