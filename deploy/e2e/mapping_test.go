//go:build accept

package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestMapping moves wp-dev to wp-blank by a file that its owner has made of what bailey map init wrote. Both sites' tables are the judge.
func TestMapping(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src, dst := serve(t, "--site", source.root, "--role", "source"), serve(t, "--site", target.root, "--role", "target")
	before, data := state(t, target), t.TempDir()
	links := []string{"--source", src.link(), "--target", dst.link(), "--data", data}
	with := func(args ...string) []string { return append(args, links...) }
	file := filepath.Join(t.TempDir(), "map.yaml")

	says(t, bailey(t, with("map", "init", "--out", file)...), []int{0}, "It changes nothing until you edit it")
	says(t, bailey(t, with("map", "check", file)...), []int{0}, "")
	untouched(t, with, file)

	mary, into := twoAuthors(t, source.db.DB)
	text := readFile(t, file)
	for _, edit := range [][2]string{
		{"  book: book ", "  book: post "}, {"    isbn: keep ", "    isbn: drop "}, {"    specs: keep ", "    specs: {convert: text, rename: details} "},
		{fmt.Sprintf("  %q: %q ", mary, mary), fmt.Sprintf("  %q: %q ", mary, into)},
		{"filters: []", "filters:\n  - {kind: entry, skip: entry.status == Status.STATUS_DRAFT}"},
		{"slugs: []", "slugs:\n  - {kind: entry, when: entry.type == \"book\", pattern: \"{year}-{slug}\"}"},
	} {
		// Of ids the first is an author's.
		if !strings.Contains(text, edit[0]) {
			t.Fatalf("bailey map init did not write %q:\n%s", edit[0], text)
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	writeFile(t, wrong, strings.Replace(text, "  book: post ", "  bok: post ", 1))
	says(t, bailey(t, with("map", "check", wrong)...), []int{2}, `the source has no type "bok" (unknown_on_source). Did you mean "book"?`)
	writeFile(t, file, text)
	says(t, bailey(t, with("map", "check", file)...), []int{0}, "")

	drafts := query(t, target.db.DB, targetDrafts)
	rep := migrate(t, data, src, dst, []int{0}, "--map", file)
	rep.reconcile(t)
	judgeMapping(t, source.db.DB, target.db.DB, rep, mary, into)
	if got := query(t, target.db.DB, targetDrafts); !reflect.DeepEqual(got, drafts) {
		t.Errorf("drafts on the target: %q, before %q", got, drafts)
	}

	once := state(t, target)
	again := migrate(t, data, src, dst, []int{0})
	again.nothingChanged(t)
	sameState(t, "the target after a second run", once, state(t, target))
	says(t, bailey(t, "verify", rep.Migration, "--data", data), []int{0}, "")
	says(t, bailey(t, "rollback", rep.Migration, "--data", data), []int{0}, "Everything is undone")
	sameState(t, "the target after the rollback", before, state(t, target))
}

const targetDrafts = "SELECT post_title FROM wp_posts WHERE post_status = 'draft' ORDER BY ID"

// untouched: the plan with the file as it was written is the plan without one.
func untouched(t *testing.T, with func(...string) []string, file string) {
	t.Helper()
	var plans [2]struct{ Kinds, Losses, Rejected any }
	for i, more := range [][]string{nil, {"--map", file}} {
		res := bailey(t, append(with("plan", "--json"), more...)...)
		if res.code != 0 {
			t.Fatalf("bailey plan: %s", tail(res.text(), 2000))
		}
		if err := json.Unmarshal([]byte(res.stdout), &plans[i]); err != nil {
			t.Fatal(err)
		}
		// Of equal losses examples are those that came first.
		for _, l := range plans[i].Losses.([]any) {
			delete(l.(map[string]any), "refs")
		}
	}
	if !reflect.DeepEqual(plans[0], plans[1]) {
		t.Errorf("an untouched mapping changes the plan:\n%v\n%v", plans[0], plans[1])
	}
}

// twoAuthors are the ids of two accounts that have written entries.
func twoAuthors(t *testing.T, db *sql.DB) (one, other string) {
	t.Helper()
	rows := query(t, db, `SELECT u.ID FROM wp_users u JOIN wp_posts p ON p.post_author = u.ID AND p.post_type = 'post' AND p.post_status = 'publish'
		WHERE u.user_login <> 'admin' GROUP BY u.ID ORDER BY COUNT(*) DESC, u.ID LIMIT 2`)
	if len(rows) < 2 {
		t.Fatal("the fixture has no two authors")
	}
	return rows[1], rows[0]
}

// judgeMapping compares the tables of both sites.
func judgeMapping(t *testing.T, from, to *sql.DB, rep *report, mary, into string) {
	t.Helper()
	same := func(what string, want, got []string) {
		t.Helper()
		if len(want) == 0 && !strings.HasPrefix(what, "no ") || strings.Join(want, "\n") != strings.Join(got, "\n") {
			t.Errorf("%s:\nwant %q\ngot  %q", what, want, got)
		}
	}
	books := query(t, from, `SELECT CONCAT(post_title, '|', YEAR(post_date), '-', post_name) FROM wp_posts WHERE post_type = 'book' AND post_status = 'publish' ORDER BY ID`)
	same("books became posts", books, query(t, to, `SELECT CONCAT(p.post_title, '|', p.post_name) FROM wp_posts p JOIN wp_postmeta m ON m.post_id = p.ID AND m.meta_key = 'details'
		WHERE p.post_type = 'post' AND p.post_status = 'publish' ORDER BY p.ID`))
	same("no type book", nil, query(t, to, `SELECT post_title FROM wp_posts WHERE post_type = 'book'`))
	same("no isbn, no specs", nil, query(t, to, `SELECT meta_key FROM wp_postmeta WHERE meta_key IN ('isbn', 'specs')`))
	same("specs became text", []string{`{"pages":0,"lang":"en"}`}, query(t, to, `SELECT meta_value FROM wp_postmeta WHERE meta_key = 'details' ORDER BY meta_id LIMIT 1`))
	drafts := query(t, from, `SELECT ID FROM wp_posts WHERE post_status = 'draft' AND post_type NOT IN ('nav_menu_item', 'revision')`)
	if n := rep.loss("filtered"); n != len(drafts) || n == 0 {
		t.Errorf("%d filtered, the source has %d drafts", n, len(drafts))
	}
	if n := rep.loss("dropped_by_mapping"); n != 5 {
		t.Errorf("%d dropped fields", n)
	}
	const titles = `SELECT post_title FROM wp_posts WHERE post_type IN ('post', 'page') AND post_status = 'publish' AND post_author IN (`
	login := query(t, from, "SELECT user_login FROM wp_users WHERE ID = "+into)[0]
	same("one author stands for the other", query(t, from, titles+mary+","+into+") ORDER BY post_title"),
		query(t, to, titles+"SELECT ID FROM wp_users WHERE user_login = '"+login+"') AND ID NOT IN (SELECT post_id FROM wp_postmeta WHERE meta_key = 'details') ORDER BY post_title"))
	same("no account of that one", nil, query(t, to, "SELECT user_login FROM wp_users WHERE user_login = '"+query(t, from, "SELECT user_login FROM wp_users WHERE ID = "+mary)[0]+"'"))
}

// loss sums one loss of a report.
func (r *report) loss(code string) (n int) {
	for _, l := range r.Losses {
		if l.Code == code {
			n += l.Count
		}
	}
	return n
}

// query gives the first column of every row.
func query(t *testing.T, db *sql.DB, text string) (all []string) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
