package wordpress

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var (
	wpTables  = []string{"commentmeta", "comments", "options", "postmeta", "posts", "term_relationships", "term_taxonomy", "termmeta", "terms", "usermeta", "users"}
	ofDialect = []cmssql.Dialect{cmssql.MySQL, cmssql.SQLite}
)

// dump is the content of every table of the platform, sorted.
func dump(t *testing.T, s *Site) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range wpTables {
		rows, err := s.db.Query(t.Context(), "SELECT * FROM "+s.t(table))
		if err != nil {
			t.Fatal(err)
		}
		cols, _ := rows.Columns()
		for rows.Next() {
			vals, dest := make([]any, len(cols)), make([]any, len(cols))
			for i := range dest {
				dest[i] = &vals[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, v := range vals {
				_, _ = fmt.Fprintf(&b, "%s|", v)
			}
			all[table] = append(all[table], b.String())
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
		slices.Sort(all[table])
	}
	return all
}

func sameDump(t *testing.T, before, after map[string][]string) {
	t.Helper()
	for _, table := range wpTables {
		if !slices.Equal(before[table], after[table]) {
			t.Errorf("%s was\n%s\nand is\n%s", table, strings.Join(before[table], "\n"), strings.Join(after[table], "\n"))
		}
	}
}

func rollback(t *testing.T, books *ledger.Ledger, sc *ledger.Scope) map[string]string {
	t.Helper()
	kept := map[string]string{}
	err := books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(r *agentv1.RollbackResponse) error {
		for _, res := range r.GetResults() {
			if res.GetAction() == ledger.ActionKept {
				kept[record.KeyOf(res.GetRef()).String()] = res.GetProblem().GetCode()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func do(t *testing.T, s *Site, query string, args ...any) {
	t.Helper()
	tx, err := s.db.Begin(t.Context())
	if err == nil {
		if _, err = tx.Exec(t.Context(), s.sql(query), args...); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, s *Site, query string) string {
	t.Helper()
	got, err := cmssql.Column[string](t.Context(), s.db, s.sql(query))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

// The full site, with menus, sticky posts, formats, scheduled posts and settings, leaves no trace.
func TestRollbackLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, d := range ofDialect {
		for name, size := range map[string]int{"alone": 1, "together": 500} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				t.Parallel()
				before := dump(t, open(t, wptest.New(t, d, "wp_", false)))
				s, books, sc, _ := migrated(t, d, size)
				if kept := rollback(t, books, sc); len(kept) > 0 {
					t.Errorf("kept %v", kept)
				}
				sameDump(t, before, dump(t, s))
			})
		}
	}
}

// What WordPress and people do to options in the meantime stays, and the migration's own part of it goes.
func TestRollbackOfSharedOptions(t *testing.T) {
	t.Parallel()
	for _, d := range ofDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			s, books, sc, _ := migrated(t, d, 500)
			const event = `a:1:{s:32:"40cd750bba9870f18aada2478b24840a";a:3:{s:8:"schedule";s:5:"daily";s:4:"args";a:0:{}s:8:"interval";i:86400;}}`
			cron := ask(t, s, "SELECT option_value FROM {options} WHERE option_name = 'cron'")
			n := 0
			if _, err := fmt.Sscanf(cron, "a:%d:", &n); err != nil {
				t.Fatal(err)
			}
			daily := `i:1;a:1:{s:16:"wp_version_check";` + event + `}`
			do(t, s, "UPDATE {options} SET option_value = ? WHERE option_name = 'cron'", fmt.Sprintf("a:%d:{%s", n+1, daily+strings.SplitN(cron, "{", 2)[1]))
			do(t, s, "INSERT INTO {posts} (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_name, to_ping, pinged, post_modified, post_modified_gmt, "+
				"post_content_filtered) VALUES (90001, 1, '2025-01-01 00:00:00', '2025-01-01 00:00:00', '', 'theirs', '', 'theirs', '', '', '2025-01-01 00:00:00', '2025-01-01 00:00:00', '')")
			do(t, s, "UPDATE {options} SET option_value = ? WHERE option_name = 'sticky_posts'",
				serialized(phpListOf(append(intList(ask(t, s, "SELECT option_value FROM {options} WHERE option_name = 'sticky_posts'")), 90001)...)))
			do(t, s, "INSERT INTO {options} (option_name, option_value, autoload) VALUES ('rewrite_rules', 'made anew', 'yes')")
			do(t, s, "UPDATE {options} SET option_value = 'Chosen by people' WHERE option_name = 'blogname'")
			kept := rollback(t, books, sc)
			if len(kept) != 1 || kept["site/options/option_name/blogname"] != "edited_since" {
				t.Errorf("kept %v", kept)
			}
			for query, want := range map[string]string{
				"SELECT option_value FROM {options} WHERE option_name = 'blogname'":     "Chosen by people",
				"SELECT option_value FROM {options} WHERE option_name = 'sticky_posts'": "a:1:{i:0;i:90001;}",
				"SELECT option_value FROM {options} WHERE option_name = 'cron'":         `a:2:{` + daily + `s:7:"version";i:2;}`,
			} {
				if got := ask(t, s, query); got != want {
					t.Errorf("%s: %s; want %s", query, got, want)
				}
			}
		})
	}
}

func phpListOf(ids ...int64) *recordv1.Value {
	v := phpList()
	for i, id := range ids {
		a := v.GetArray()
		a.List = true
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(i)}}, Value: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: id}}})
	}
	return v
}

// A post that visitors have commented on stays, with its author, and with the categories that it is filed in.
func TestRollbackKeepsWhatOthersNeed(t *testing.T) {
	t.Parallel()
	for _, d := range ofDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			s, books, sc, _ := migrated(t, d, 500)
			do(t, s, "INSERT INTO {comments} (comment_post_ID, comment_author, comment_author_email, comment_author_url, comment_author_IP, comment_date, comment_date_gmt, comment_content, "+
				"comment_approved, comment_agent) SELECT ID, 'visitor', '', '', '', '2025-01-01 00:00:00', '2025-01-01 00:00:00', 'hello', '1', '' FROM {posts} WHERE post_name = 'first'")
			author := ask(t, s, "SELECT u.user_login FROM {posts} p JOIN {users} u ON u.ID = p.post_author WHERE p.post_name = 'first'")
			terms := ask(t, s, "SELECT COUNT(*) FROM {posts} p JOIN {term_relationships} r ON r.object_id = p.ID WHERE p.post_name = 'first'")
			kept := rollback(t, books, sc)
			if kept["entry/10"] != "in_use" {
				t.Errorf("kept %v", kept)
			}
			for query, want := range map[string]string{
				"SELECT COUNT(*) FROM {comments} WHERE comment_author = 'visitor'":                                                                                                               "1",
				"SELECT u.user_login FROM {posts} p JOIN {users} u ON u.ID = p.post_author WHERE p.post_name = 'first'":                                                                          author,
				"SELECT COUNT(*) FROM {posts} p JOIN {term_relationships} r ON r.object_id = p.ID JOIN {term_taxonomy} x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE p.post_name = 'first'": terms,
			} {
				if got := ask(t, s, query); got != want {
					t.Errorf("%s: %s; want %s", query, got, want)
				}
			}
		})
	}
}
