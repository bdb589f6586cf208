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

// uses are columns that point to records: table, column, and the column with the id of who needs the record.
type uses [][3]string

// body is a cms.Body before it is known which tables and columns this version has.
type body struct {
	prefix string
	parts  []cms.Part
	uses   map[cms.Kind]uses
	hide   func(context.Context, *cmssql.Tx, []string) error
}

var bodies = map[cms.Kind][]body{
	kindTerm: {{parts: []cms.Part{own("tags")}, uses: map[cms.Kind]uses{kindEntry: {{"posts_tags", "tag_id", "post_id"}}, kindTerm: {{"tags", "parent_id", "id"}}}}},
	kindUser: {
		{parts: []cms.Part{hung("roles_users", "user_id"), own("users", "last_seen")},
			uses: map[cms.Kind]uses{kindEntry: {{"posts_authors", "author_id", "post_id"}, {"post_revisions", "author_id", "post_id"}}}},
		{prefix: memberPrefix, parts: []cms.Part{
			hung("members_labels", "member_id"), hung("members_newsletters", "member_id"), hung("members_products", "member_id"),
			activity("members_created_events", "member_id"), activity("members_status_events", "member_id"),
			activity("members_subscribe_events", "member_id"), activity("members_product_events", "member_id"), activity("members_login_events", "member_id"),
			activity("comment_likes", "member_id"),
			own("members", "last_seen_at", "last_commented_at", "email_count", "email_opened_count", "email_open_rate", "geolocation", "updated_at"),
		}, uses: map[cms.Kind]uses{kindComment: {{"comments", "member_id", "id"}}}},
	},
	kindEntry: {{parts: []cms.Part{
		hung("posts_authors", "post_id"), hung("posts_tags", "post_id"), hung("posts_products", "post_id"), hung("posts_meta", "post_id"),
		hung("mobiledoc_revisions", "post_id"), hung("post_revisions", "post_id"), own("posts"),
	}, uses: map[cms.Kind]uses{kindComment: {{"comments", "post_id", "id"}}}, hide: hide("posts", "draft")}},
	// Removing a comment clears the pointers of answers to it by itself.
	kindComment: {{parts: []cms.Part{activity("comment_likes", "comment_id"), own("comments", "in_reply_to_id")},
		uses: map[cms.Kind]uses{kindComment: {{"comments", "parent_id", "id"}, {"comments", "in_reply_to_id", "id"}}}, hide: hide("comments", "hidden")}},
}

// hide gives rows the status that visitors do not see.
func hide(table, status string) func(context.Context, *cmssql.Tx, []string) error {
	return func(ctx context.Context, tx *cmssql.Tx, ids []string) error {
		in, args := cmssql.In(ids)
		_, err := tx.Exec(ctx, "UPDATE `"+table+"` SET `status` = ? WHERE `id` IN "+in, append([]any{status}, args...)...)
		return err
	}
}

// Bodies implements cms.Undoer, for the tables and columns that this version has.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	var all []cms.Body
	for _, b := range bodies[kind] {
		if own := b.parts[len(b.parts)-1]; !s.schema.Has(own.Table) {
			continue
		}
		parts := slices.DeleteFunc(slices.Clone(b.parts), func(p cms.Part) bool { return !s.schema.Has(p.Table) })
		all = append(all, cms.Body{Prefix: b.prefix, Parts: parts, Uses: s.uses(b.uses), Hide: b.hide})
	}
	return all
}

func (s *Site) uses(of map[cms.Kind]uses) (all []cms.Use) {
	for _, kind := range ownKinds {
		for _, u := range of[kind] {
			if table, col, id := u[0], u[1], u[2]; s.schema.Has(table, col, id) {
				all = append(all, cms.Use{Kind: kind, Query: "SELECT " + col + ", " + id + " FROM {" + table + "} WHERE " + col + " IN"})
			}
		}
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
		user, err := cmssql.One(ctx, tx, query, row.Value)
		if err != nil || user != "" {
			return cms.Left, err
		}
	}
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
