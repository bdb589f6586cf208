//go:build accept

package e2e

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// TestJudge asks WordPress about the fixture itself: the judge must find each fact of the truth files and nothing wrong.
func TestJudge(t *testing.T) {
	want := truth(t, "wp-dev")
	site := newWordPress(t, "wp-dev")
	got := site.dump(t, optionNames(want), passwordsOf(want))
	j := asideJudge(t, "fixture")
	newMove(want, nil, got).compare(j)
	for kind, c := range j.scores.rows["fixture"] {
		t.Logf("%-8s %d facts, %d wrong", kind, c.expected, c.wrong)
	}
	for login, ok := range got.Passwords {
		if !ok {
			t.Errorf("the password of %s is not the one stated", login)
		}
	}
}

func passwordsOf(d *wpDump) map[string]string {
	all := map[string]string{}
	for _, u := range d.Users {
		if u.Login != "admin" && !strings.HasPrefix(u.Login, "theme") {
			all[u.Login] = "pw-" + u.Login
		}
	}
	return all
}

// TestWordPressToWordPress is run (a), with (d) the second run and (e) the untouched source.
func TestWordPressToWordPress(t *testing.T) {
	want := truth(t, "wp-dev")
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	before := target.dump(t, nil, nil)
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	sourceState := state(t, source)
	data := t.TempDir()

	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	got := target.dump(t, optionNames(want), passwordsOf(want))
	newMove(want, before, got).compare(newJudge(t, "wordpress→wordpress", rep))
	for login, ok := range got.Passwords {
		if !ok {
			t.Errorf("%s cannot log in with the password of the source", login)
		}
	}
	keptAccounts(t, before, got)
	t.Run("http", func(t *testing.T) { lookAround(t, want, got, target) })

	once := state(t, target)
	again := migrate(t, data, src, dst, []int{0, 3})
	again.nothingChanged(t)
	sameState(t, "the target after a second run", once, state(t, target))
	sameState(t, "the source", sourceState, state(t, source))
}

// keptAccounts checks that accounts which the target had are as they were.
func keptAccounts(t *testing.T, before, after *wpDump) {
	t.Helper()
	got := map[string]*wpUser{}
	for _, u := range after.Users {
		got[u.Login] = u
	}
	for _, u := range before.Users {
		if g := got[u.Login]; g == nil || g.PassHash != u.PassHash || strings.Join(g.Roles, ",") != strings.Join(u.Roles, ",") || g.Email != u.Email {
			t.Errorf("the target's own account %s was changed", u.Login)
		}
	}
}

// lookAround fetches what a visitor sees.
func lookAround(t *testing.T, want, got *wpDump, site *wpSite) {
	get := site.web(t)
	expect(t, get, "/", "Dev Journal")
	post := pick(got.Posts, func(p *wpPost) bool { return p.Type == "post" && p.Title == "Columns" || p.Slug == "paragraph" })
	page := pick(got.Posts, func(p *wpPost) bool {
		return p.Type == "page" && p.Status == "publish" && p.Parent != 0 && p.Password == "" && p.GUID != ""
	})
	expect(t, get, pathOf(post.Permalink), html.EscapeString(post.Title))
	expect(t, get, pathOf(page.Permalink), page.Title)
	for _, term := range got.Terms {
		if term.Taxonomy == "category" && term.Count > 2 && term.Parent != 0 {
			expect(t, get, pathOf(term.Link), term.Name)
			break
		}
	}
	media := pick(got.Media, func(m *wpPost) bool { return m.MimeType == "image/jpeg" && len(m.Sizes) > 2 })
	expect(t, get, pathOf(media.URL), "")
	for _, s := range media.Sizes {
		expect(t, get, pathOf(s.URL), "")
	}
	nestedMenu(t, get, want)
}

func pick(all []*wpPost, ok func(*wpPost) bool) *wpPost {
	for _, p := range all {
		if ok(p) {
			return p
		}
	}
	return &wpPost{Title: "(no such record)", Permalink: "/no-such-record/"}
}

func expect(t *testing.T, get func(string) (int, string), path, text string) {
	t.Helper()
	code, body := get(path)
	if code != 200 || !strings.Contains(body, text) && !strings.Contains(html.UnescapeString(body), text) {
		t.Errorf("GET %s: %d, wanted 200 with %q\n%.600s", path, code, text, body)
	}
	if strings.Contains(body, "<b>Warning</b>") || strings.Contains(body, "<b>Fatal error</b>") {
		t.Errorf("GET %s shows PHP errors: %.300s", path, body[strings.Index(body, "<b>"):])
	}
}

var submenu = regexp.MustCompile(`<ul[^>]*class="[^"]*sub-menu`)

// nestedMenu checks that the theme's primary menu is shown with the items of the source, nested.
func nestedMenu(t *testing.T, get func(string) (int, string), want *wpDump) {
	t.Helper()
	_, body := get("/")
	plain := html.UnescapeString(body)
	for _, m := range want.Menus {
		if !contains(m.Locations, "primary") {
			continue
		}
		for _, it := range m.Items {
			if !strings.Contains(plain, html.UnescapeString(it.Title)) {
				t.Errorf("the front page's menu lacks %q", it.Title)
			}
		}
		if !submenu.MatchString(body) {
			t.Error("the front page's menu is not nested")
		}
		return
	}
	t.Error("the fixture has no primary menu")
}

// state is the checksum of each table and file of a site.
func state(t *testing.T, s *wpSite) map[string]string {
	t.Helper()
	all := checksums(t, s.db.DB)
	for k, v := range fileHashes(t, s.uploads()) {
		all[k] = v
	}
	return all
}

func checksums(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range tables {
		var full string
		var sum sql.NullString
		if err := db.QueryRow("CHECKSUM TABLE `"+name+"`").Scan(&full, &sum); err != nil {
			t.Fatal(err)
		}
		all["table "+name] = sum.String
	}
	return all
}

func fileHashes(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		all["file "+rel] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameState compares checksums; tables named in except may differ.
func sameState(t *testing.T, what string, before, after map[string]string, except ...string) {
	t.Helper()
	var changed []string
	for k, v := range after {
		if before[k] != v && !contains(except, k) {
			changed = append(changed, k)
		}
	}
	for k := range before {
		if _, ok := after[k]; !ok {
			changed = append(changed, k+" (gone)")
		}
	}
	sort.Strings(changed)
	if len(changed) > 0 {
		t.Errorf("%s changed: %s", what, strings.Join(changed, ", "))
	}
}
