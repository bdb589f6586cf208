package wordpress

import (
	"context"
	"crypto/md5" // WordPress names scheduled events by it; nothing secret
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// wrongTermCounts finds the rows whose stored count is wrong, with the right one, as _update_post_term_count counts. Posts come
// first: their states stand in an index, where thousands fit a page, and looking for those of relations would read whole posts.
func (s *Site) wrongTermCounts() string {
	join := " STRAIGHT_JOIN "
	if s.db.Dialect() == cmssql.SQLite {
		join = " CROSS JOIN "
	}
	return s.sql(`SELECT w.id, w.n FROM (SELECT t.term_taxonomy_id AS id, t.count AS now,
		CASE WHEN t.taxonomy IN (` + wholeCounts + `) THEN (SELECT COUNT(*) FROM {term_relationships} w WHERE w.term_taxonomy_id = t.term_taxonomy_id)
		WHEN t.taxonomy IN ('category','post_tag','post_format') THEN COALESCE(c.published, 0) ELSE COALESCE(c.seen, 0) END AS n
		FROM {term_taxonomy} t LEFT JOIN (SELECT r.term_taxonomy_id AS tt, SUM(CASE WHEN p.post_status = 'publish' THEN 1 ELSE 0 END) AS published, COUNT(*) AS seen
		FROM {posts} p` + join + `{term_relationships} r ON r.object_id = p.ID
		WHERE p.post_status = 'publish' OR p.post_type = 'attachment' AND p.post_status = 'inherit' GROUP BY r.term_taxonomy_id) c ON c.tt = t.term_taxonomy_id
		WHERE t.taxonomy <> 'link_category') w WHERE w.now <> w.n`)
}

// recountTerms brings the counts of terms in line with the rows.
func (s *Site) recountTerms(ctx context.Context, u *cms.Unit) error {
	right := map[int64]int64{}
	err := cmssql.Each(ctx, u.Tx, func(r *sql.Rows) error {
		var id, n int64
		err := r.Scan(&id, &n)
		right[id] = n
		return err
	}, s.wrongTermCounts())
	if err != nil {
		return err
	}
	return s.setCounts(ctx, u, cms.Row{Table: "term_taxonomy", Column: "term_taxonomy_id"}, "count", right, recordv1.Kind_KIND_TERM, recordv1.Kind_KIND_MENU)
}

// recountPage is how many posts are looked at together.
const recountPage = 2000

// recountComments brings the counts of comments in line with the rows, as wp_update_comment_count would.
func (s *Site) recountComments(ctx context.Context, u *cms.Unit) error {
	query := s.sql("SELECT ID, comment_count, " + commentCount + " FROM {posts} WHERE ID > ? ORDER BY ID LIMIT " + strconv.Itoa(recountPage))
	for after, more := int64(0), true; more; {
		right, seen := map[int64]int64{}, 0
		err := cmssql.Each(ctx, u.Tx, func(r *sql.Rows) error {
			var now, n int64
			err := r.Scan(&after, &now, &n)
			if seen++; now != n {
				right[after] = n
			}
			return err
		}, query, after)
		if err != nil {
			return err
		}
		more = seen == recountPage
		err = s.setCounts(ctx, u, cms.Row{Table: "posts", Column: "ID"}, "comment_count", right, recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_MEDIA)
		if err != nil {
			return err
		}
	}
	return nil
}

// setCounts writes counts that were wrong. The rows that no migration created are remembered first.
func (s *Site) setCounts(ctx context.Context, u *cms.Unit, row cms.Row, col string, right map[int64]int64, kinds ...cms.Kind) error {
	if len(right) == 0 {
		return nil
	}
	if u.Shared != nil {
		ids := make([]string, 0, len(right))
		for id := range right {
			ids = append(ids, itoa(id))
		}
		ids, err := u.Shared.Strangers(ctx, kinds, ids)
		if err != nil {
			return err
		}
		for _, row.Value = range ids {
			if err := u.Keep(ctx, row); err != nil {
				return err
			}
		}
	}
	return setEach(ctx, s, u.Tx, row.Table, row.Column, col, right)
}

// recounts bring other stored counts in line with the rows, as wp_update_user_counts would, and forget what WordPress makes anew.
var recounts = []string{
	`UPDATE {options} SET option_value = (SELECT COUNT(*) FROM {users}) WHERE option_name = 'user_count'`,
	`DELETE FROM {options} WHERE option_name IN ('category_children','rewrite_rules','_transient_is_multi_author','_transient_timeout_is_multi_author',
		'wp_calendar_block_has_published_posts')`,
	`UPDATE {options} SET option_value = '0' WHERE option_name = 'fresh_site'`,
}

// Finish implements cms.Site.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	s.lately.forget()
	if err := s.joinTerms(ctx, u.Tx, "post_format"); err != nil {
		return nil, fmt.Errorf("join post formats: %w", err)
	}
	if s.plugin != nil {
		if err := s.plugin.finish(ctx, s, u); err != nil {
			return nil, fmt.Errorf("join translations: %w", err)
		}
	}
	if err := s.keepDerived(ctx, u); err != nil {
		return nil, fmt.Errorf("keep what is derived: %w", err)
	}
	if err := errors.Join(s.recountTerms(ctx, u), s.recountComments(ctx, u)); err != nil {
		return nil, fmt.Errorf("recount: %w", err)
	}
	for _, q := range recounts {
		if _, err := u.Tx.Exec(ctx, s.sql(q)); err != nil {
			return nil, fmt.Errorf("recount: %w", err)
		}
	}
	taxonomies, err := cmssql.Column[string](ctx, u.Tx, s.sql("SELECT DISTINCT taxonomy FROM {term_taxonomy}"))
	if err != nil {
		return nil, fmt.Errorf("list taxonomies: %w", err)
	}
	for i := range taxonomies {
		taxonomies[i] += "_children"
	}
	if err := cmssql.ExecIn(ctx, u.Tx, taxonomies, s.sql("DELETE FROM {options} WHERE option_name IN ")); err != nil {
		return nil, fmt.Errorf("forget term trees: %w", err)
	}
	if err := errors.Join(s.unstick(ctx, u), s.dropIcon(ctx, u)); err != nil {
		return nil, fmt.Errorf("forget removed posts: %w", err)
	}
	if err := s.schedule(ctx, u); err != nil {
		return nil, fmt.Errorf("schedule posts: %w", err)
	}
	return s.advice(), nil
}

// unstick takes posts that are gone from the list of those on top, as wp_delete_post does.
func (s *Site) unstick(ctx context.Context, u *cms.Unit) error {
	old, err := cmssql.Column[string](ctx, u.Tx, s.sql("SELECT option_value FROM {options} WHERE option_name = 'sticky_posts'"))
	if err != nil || len(old) == 0 {
		return err
	}
	ids := intList(old[0])
	there, err := s.postTypes(ctx, u.Tx, ids)
	if err != nil || len(there) == len(ids) {
		return err
	}
	return s.changeOption(ctx, u, "sticky_posts", "yes", func(old string) string {
		list := []*recordv1.Value{}
		for _, id := range intList(old) {
			if _, ok := there[id]; ok {
				list = append(list, php.Int(id))
			}
		}
		return serialized(phpList(list...))
	})
}

// dropIcon forgets a site icon whose picture is gone, as wp_delete_attachment does.
func (s *Site) dropIcon(ctx context.Context, u *cms.Unit) error {
	gone, err := cmssql.Column[string](ctx, u.Tx, s.sql("SELECT option_value FROM {options} WHERE option_name = 'site_icon' AND option_value NOT IN ('','0') "+
		"AND NOT EXISTS (SELECT 1 FROM {posts} p WHERE p.ID = option_value)"))
	if err != nil || len(gone) == 0 {
		return err
	}
	return s.changeOption(ctx, u, "site_icon", "yes", func(string) string { return "0" })
}

// advice is what the owner should do next.
func (s *Site) advice() []*agentv1.Finding {
	if s.set.Files == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.set.Files), "object-cache.php")); err != nil {
		return nil
	}
	return []*agentv1.Finding{{
		Code: "object_cache", Severity: agentv1.Severity_SEVERITY_WARNING, Count: 1, Cause: "the site keeps a persistent object cache, which does not know of the new rows",
		Fix: "flush the object cache, for example with: wp cache flush",
	}}
}

// joinTerms makes one of terms that parallel batches made twice, in a taxonomy that has no two of a slug.
func (s *Site) joinTerms(ctx context.Context, tx *cmssql.Tx, taxonomy string) error {
	terms, err := s.loadTerms(ctx, tx, "x.taxonomy = ? ORDER BY x.term_taxonomy_id", taxonomy)
	if err != nil {
		return err
	}
	kept := map[string]*term{}
	for _, t := range terms {
		keep := kept[t.slug.String]
		if keep == nil {
			kept[t.slug.String] = t
			continue
		}
		if _, err := tx.Exec(ctx, s.sql("UPDATE {term_relationships} SET term_taxonomy_id = ? WHERE term_taxonomy_id = ?"), keep.tt, t.tt); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.sql("DELETE FROM {term_taxonomy} WHERE term_taxonomy_id = ?"), t.tt); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.sql("DELETE FROM {terms} WHERE term_id = ?"), t.id); err != nil {
			return err
		}
	}
	return nil
}

// schedule gives each scheduled post a row in the option cron; without it the post is never published.
func (s *Site) schedule(ctx context.Context, u *cms.Unit) error {
	due := map[int64]int64{}
	err := cmssql.Each(ctx, u.Tx, func(r *sql.Rows) error {
		var id int64
		var gmt string
		if err := r.Scan(&id, &gmt); err != nil {
			return err
		}
		if sec, ok := parseWall(gmt); ok {
			due[id] = sec
		}
		return nil
	}, s.sql("SELECT ID, "+s.date("post_date_gmt")+" FROM {posts} WHERE post_status = 'future' ORDER BY ID"))
	if err != nil || len(due) == 0 {
		return err
	}
	return s.changeOption(ctx, u, "cron", "yes", func(old string) string {
		v, err := php.Unserialize([]byte(old))
		if err != nil && old != "" {
			return old
		}
		return serialized(addEvents(v, due))
	})
}

const publishHook = "publish_future_post"

// addEvents adds what is missing to the cron array: time → hook → md5 of the arguments → event.
func addEvents(cron *recordv1.Value, due map[int64]int64) *recordv1.Value {
	if cron.GetArray() == nil {
		cron = phpArray(pair("version", php.Int(2)))
	}
	for id, sec := range due {
		args := phpList(php.Int(id))
		sum := md5.Sum([]byte(serialized(args)))
		key := hex.EncodeToString(sum[:])
		hooks := timeSlot(cron, sec)
		events := lookup(hooks, publishHook)
		if events.GetArray() == nil {
			events = phpArray()
			assign(hooks, publishHook, events)
		}
		assign(events, key, phpArray(pair("schedule", php.Bool(false)), pair("args", args)))
	}
	sortTimes(cron.GetArray())
	return cron
}

// timeSlot finds or makes the hooks of a second.
func timeSlot(cron *recordv1.Value, sec int64) *recordv1.Value {
	a := cron.GetArray()
	for _, p := range a.GetPairs() {
		if k, ok := p.GetKey().GetKind().(*recordv1.Value_IntValue); ok && k.IntValue == sec && p.GetValue().GetArray() != nil {
			return p.GetValue()
		}
	}
	hooks := phpArray()
	a.Pairs = append(a.Pairs, &recordv1.Pair{Key: php.Int(sec), Value: hooks})
	return hooks
}
