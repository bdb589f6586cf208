package wordpress

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func option(name string) cms.Row {
	return cms.Row{Table: "options", Column: "option_name", Value: name}
}

// derived are options that WordPress makes up again from its rows.
var derived = []string{"user_count", "category_children", "rewrite_rules", "_transient_is_multi_author", "_transient_timeout_is_multi_author",
	"wp_calendar_block_has_published_posts", "fresh_site"}

func isDerived(name string) bool {
	return slices.Contains(derived, name) || strings.HasSuffix(name, "_children")
}

// keepDerived remembers the options that Finish changes or drops, as far as they are there.
func (s *Site) keepDerived(ctx context.Context, u *cms.Unit) error {
	in, args := cmssql.In(derived)
	names, err := cmssql.Column[string](ctx, u.Tx, s.sql("SELECT option_name FROM {options} WHERE option_name LIKE '%!_children' ESCAPE '!' OR option_name IN "+in), args...)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := u.Keep(ctx, option(n)); err != nil {
			return err
		}
	}
	return nil
}

// madeTerm remembers a term that no record stands for.
func (s *Site) madeTerm(ctx context.Context, u *cms.Unit, tt int64) error {
	term, err := s.termID(ctx, u.Tx, tt)
	if err != nil {
		return err
	}
	return errors.Join(u.Made(ctx, cms.Row{Table: "term_taxonomy", Column: "term_taxonomy_id", Value: itoa(tt)}),
		u.Made(ctx, cms.Row{Table: "terms", Column: "term_id", Value: itoa(term)}))
}

// Bodies implements cms.Undoer.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	b := cms.Body{Numeric: true}
	switch kind {
	case recordv1.Kind_KIND_USER:
		b.Parts, b.Uses = userParts, userUses
	case recordv1.Kind_KIND_TERM:
		b.Parts, b.Uses = termParts, termUses
	case recordv1.Kind_KIND_MEDIA:
		b.Parts, b.Uses = postParts, mediaUses
	case recordv1.Kind_KIND_ENTRY:
		b.Parts, b.Uses = postParts, entryUses
		b.Hide = s.hide("UPDATE {posts} SET post_status = 'draft' WHERE post_status NOT IN ('draft','auto-draft','trash') AND ID IN ")
	case recordv1.Kind_KIND_COMMENT:
		b.Parts, b.Uses = commentParts, commentUses
		b.Hide = s.hide("UPDATE {comments} SET comment_approved = '0' WHERE comment_approved = '1' AND comment_ID IN ")
	case recordv1.Kind_KIND_MENU:
		b.Parts = menuParts
	case recordv1.Kind_KIND_REDIRECT:
		if !s.redirects {
			return nil
		}
		b.Parts = redirectParts
	default:
		return nil
	}
	if s.plugin != nil && holdsLanguages(kind) {
		if p := s.plugin.part(kind); p.Table != "" {
			b.Parts = append([]cms.Part{p}, b.Parts...)
		}
	}
	return []cms.Body{b}
}

func (s *Site) hide(update string) func(context.Context, *cmssql.Tx, []string) error {
	return func(ctx context.Context, tx *cmssql.Tx, ids []string) error {
		s.lately.forget()
		return cmssql.ExecIn(ctx, tx, ids, s.sql(update))
	}
}

const ofItem = "JOIN {term_relationships} r ON r.object_id = "

var (
	userParts = []cms.Part{
		{Table: "usermeta", Owner: "t.user_id", Key: "user_id", Quiet: "meta_key IN ('session_tokens','community-events-location','wc_last_active')"},
		{Table: "users", Owner: "t.ID", Key: "ID"},
	}
	userUses = []cms.Use{
		{Kind: recordv1.Kind_KIND_ENTRY, Query: "SELECT post_author, ID FROM {posts} WHERE post_type NOT IN ('attachment','nav_menu_item') AND post_author IN"},
		{Kind: recordv1.Kind_KIND_MEDIA, Query: "SELECT post_author, ID FROM {posts} WHERE post_type = 'attachment' AND post_author IN"},
		{Kind: recordv1.Kind_KIND_COMMENT, Query: "SELECT user_id, comment_ID FROM {comments} WHERE user_id IN"},
	}
	ofTerm    = "JOIN {term_taxonomy} x ON x.term_id = t.term_id"
	termParts = []cms.Part{
		{Table: "termmeta", Join: ofTerm, Owner: "x.term_taxonomy_id", Key: "meta_id"},
		{Table: "terms", Join: ofTerm, Owner: "x.term_taxonomy_id", Key: "term_id"},
		{Table: "term_taxonomy", Owner: "t.term_taxonomy_id", Key: "term_taxonomy_id", Ignore: []string{"count"}},
	}
	termUses = []cms.Use{
		{Kind: recordv1.Kind_KIND_ENTRY, Query: "SELECT term_taxonomy_id, object_id FROM {term_relationships} WHERE term_taxonomy_id IN"},
		{Kind: recordv1.Kind_KIND_TERM, Query: "SELECT p.term_taxonomy_id, c.term_taxonomy_id FROM {term_taxonomy} c JOIN {term_taxonomy} p ON p.term_id = c.parent " +
			"AND p.taxonomy = c.taxonomy WHERE p.term_taxonomy_id IN"},
	}
	postParts = []cms.Part{
		{Table: "postmeta", Owner: "t.post_id", Key: "post_id",
			Quiet: "meta_key IN ('_edit_lock','_encloseme','_pingme') OR SUBSTR(meta_key,1,8) = '_oembed_'"},
		{Table: "term_relationships", Owner: "t.object_id", Key: "object_id",
			Scope: "term_taxonomy_id NOT IN (SELECT term_taxonomy_id FROM {term_taxonomy} WHERE taxonomy IN (" + notOfPosts + "))"},
		{Table: "posts", Owner: "t.ID", Key: "ID", Ignore: []string{"comment_count", "to_ping", "pinged"}},
	}
	entryUses = []cms.Use{
		{Kind: recordv1.Kind_KIND_COMMENT, Query: "SELECT comment_post_ID, comment_ID FROM {comments} WHERE comment_post_ID IN"},
		{Kind: recordv1.Kind_KIND_ENTRY, Query: "SELECT post_parent, ID FROM {posts} WHERE post_type NOT IN ('attachment','nav_menu_item') AND post_parent IN"},
	}
	mediaUses = []cms.Use{
		{Kind: recordv1.Kind_KIND_COMMENT, Query: "SELECT comment_post_ID, comment_ID FROM {comments} WHERE comment_post_ID IN"},
		{Kind: recordv1.Kind_KIND_ENTRY, Query: "SELECT a.ID, m.post_id FROM {posts} a JOIN {postmeta} m ON m.meta_key = '_thumbnail_id' AND m.meta_value = a.ID WHERE a.ID IN"},
	}
	commentParts = []cms.Part{
		{Table: "commentmeta", Owner: "t.comment_id", Key: "comment_id", Quiet: "SUBSTR(meta_key,1,8) = 'akismet_'"},
		{Table: "comments", Owner: "t.comment_ID", Key: "comment_ID"},
	}
	commentUses   = []cms.Use{{Kind: recordv1.Kind_KIND_COMMENT, Query: "SELECT comment_parent, comment_ID FROM {comments} WHERE comment_parent IN"}}
	redirectParts = []cms.Part{{Table: itemsTable, Owner: "t.id", Key: "id", Ignore: []string{"last_count", "last_access"}}}
	menuParts     = []cms.Part{
		{Table: "postmeta", Join: "JOIN {posts} p ON p.ID = t.post_id AND p.post_type = 'nav_menu_item' " + ofItem + "p.ID", Owner: "r.term_taxonomy_id", Key: "meta_id"},
		{Table: "posts", Join: ofItem + "t.ID AND t.post_type = 'nav_menu_item'", Owner: "r.term_taxonomy_id", Key: "ID"},
		{Table: "term_relationships", Owner: "t.term_taxonomy_id", Key: "term_taxonomy_id"},
		{Table: "termmeta", Join: ofTerm, Owner: "x.term_taxonomy_id", Key: "meta_id"},
		{Table: "terms", Join: ofTerm, Owner: "x.term_taxonomy_id", Key: "term_id"},
		{Table: "term_taxonomy", Owner: "t.term_taxonomy_id", Key: "term_taxonomy_id", Ignore: []string{"count"}},
	}
)

// The counts of one row as they ought to be.
const (
	termCount = `CASE WHEN taxonomy IN (` + wholeCounts + `) THEN (SELECT COUNT(*) FROM {term_relationships} r WHERE r.term_taxonomy_id = {term_taxonomy}.term_taxonomy_id)
		ELSE (SELECT COUNT(*) FROM {term_relationships} r JOIN {posts} p ON p.ID = r.object_id
		WHERE r.term_taxonomy_id = {term_taxonomy}.term_taxonomy_id AND (p.post_status = 'publish' OR p.post_type = 'attachment' AND p.post_status = 'inherit'
		AND {term_taxonomy}.taxonomy NOT IN ('category','post_tag','post_format'))) END`
	commentCount = `(SELECT COUNT(*) FROM {comments} c WHERE c.comment_post_ID = {posts}.ID AND c.comment_approved = '1')`
)

// Settle implements cms.Undoer.
func (s *Site) Settle(ctx context.Context, tx *cmssql.Tx, row cms.Row, made, edited bool) (cms.Verdict, error) {
	switch {
	case !made && row.Table == "term_taxonomy" && edited:
		_, err := tx.Exec(ctx, s.sql("UPDATE {term_taxonomy} SET count = "+termCount+" WHERE term_taxonomy_id = ?"), atoi(row.Value))
		return cms.Settled, err
	case row.Table == "posts" && edited:
		_, err := tx.Exec(ctx, s.sql("UPDATE {posts} SET comment_count = "+commentCount+" WHERE ID = ?"), atoi(row.Value))
		return cms.Settled, err
	case made && row.Table == "term_taxonomy":
		return s.unused(ctx, tx, "SELECT object_id FROM {term_relationships} WHERE term_taxonomy_id = ? LIMIT 1", row.Value)
	case made && row.Table == "terms":
		return s.unused(ctx, tx, "SELECT term_id FROM {term_taxonomy} WHERE term_id = ? LIMIT 1", row.Value)
	case made && row.Table == groupsTable:
		return s.unused(ctx, tx, "SELECT id FROM {"+itemsTable+"} WHERE group_id = ? LIMIT 1", row.Value)
	}
	switch {
	case !edited:
		return cms.Undo, nil
	case row.Value == "sticky_posts":
		return cms.Settled, s.prune(ctx, tx, row.Value, s.pruneSticky)
	case row.Value == "cron":
		return cms.Settled, s.prune(ctx, tx, row.Value, s.pruneCron)
	case row.Value == "user_count":
		_, err := tx.Exec(ctx, s.sql("UPDATE {options} SET option_value = (SELECT COUNT(*) FROM {users}) WHERE option_name = 'user_count'"))
		return cms.Settled, err
	case row.Value == "fresh_site":
		return cms.Settled, nil
	case isDerived(row.Value):
		_, err := tx.Exec(ctx, s.sql("DELETE FROM {options} WHERE option_name = ?"), row.Value)
		return cms.Settled, err
	}
	return cms.Left, nil
}

func (s *Site) unused(ctx context.Context, tx *cmssql.Tx, query, id string) (cms.Verdict, error) {
	users, err := cmssql.Column[int64](ctx, tx, s.sql(query), atoi(id))
	if len(users) > 0 {
		return cms.Left, err
	}
	return cms.Undo, err
}

// prune takes what leads to no post any more out of an option that others have changed as well.
func (s *Site) prune(ctx context.Context, tx *cmssql.Tx, name string, change func(old *recordv1.Value, there func(int64) bool) *recordv1.Value) error {
	old, err := cmssql.Column[string](ctx, tx, s.sql("SELECT option_value FROM {options} WHERE option_name = ?")+s.lock(), name)
	if err != nil || len(old) == 0 {
		return err
	}
	v, err := php.Unserialize([]byte(old[0]))
	if err != nil || v.GetArray() == nil {
		return nil // not WordPress's own form: left as it is
	}
	ids := intList(old[0])
	if name == "cron" {
		ids = scheduled(v)
	}
	types, err := s.postTypes(ctx, tx, ids)
	if err != nil {
		return err
	}
	now := serialized(change(v, func(id int64) bool { return types[id] != "" }))
	_, err = tx.Exec(ctx, s.sql("UPDATE {options} SET option_value = ? WHERE option_name = ?"), now, name)
	return err
}

func (s *Site) pruneSticky(old *recordv1.Value, there func(int64) bool) *recordv1.Value {
	var list []*recordv1.Value
	for _, p := range old.GetArray().GetPairs() {
		if there(idOf(p.GetValue())) {
			list = append(list, p.GetValue())
		}
	}
	return phpList(list...)
}

func idOf(v *recordv1.Value) int64 {
	if t := v.GetText(); t != "" {
		return atoi(t)
	}
	return v.GetIntValue()
}

// eventPost is the post of an event that publishes one; 0 for others.
func eventPost(event *recordv1.Value) int64 {
	if args := lookup(event, "args").GetArray().GetPairs(); len(args) == 1 {
		return idOf(args[0].GetValue())
	}
	return 0
}

func scheduled(cron *recordv1.Value) []int64 {
	var ids set
	for _, at := range cron.GetArray().GetPairs() {
		for _, e := range lookup(at.GetValue(), publishHook).GetArray().GetPairs() {
			ids.add(eventPost(e.GetValue()))
		}
	}
	return ids.ids
}

func (s *Site) pruneCron(cron *recordv1.Value, there func(int64) bool) *recordv1.Value {
	a := cron.GetArray()
	a.Pairs = slices.DeleteFunc(a.Pairs, func(at *recordv1.Pair) bool {
		hooks := at.GetValue().GetArray()
		if hooks == nil {
			return false
		}
		hooks.Pairs = slices.DeleteFunc(hooks.Pairs, func(h *recordv1.Pair) bool {
			events := h.GetValue().GetArray()
			if h.GetKey().GetText() != publishHook || events == nil {
				return false
			}
			events.Pairs = slices.DeleteFunc(events.Pairs, func(e *recordv1.Pair) bool { id := eventPost(e.GetValue()); return id != 0 && !there(id) })
			return len(events.Pairs) == 0
		})
		return len(hooks.Pairs) == 0
	})
	return cron
}
