//go:build accept

package e2e

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"
)

// ghostView is what a Ghost site holds, by somebody who looked: its tables, or the real Ghost through its own API.
type ghostView struct {
	// Rows by id. Posts have the columns of posts_meta, "tags" (slugs) and "authors" (addresses) beside their own; staff have "role".
	posts, tags, comments map[string]map[string]string
	staff, members        []map[string]string
	settings              map[string]string
}

// tables looks into the database.
func (g *ghostSite) tables(t *testing.T) *ghostView {
	t.Helper()
	v := &ghostView{settings: map[string]string{}, members: g.rows(t, "SELECT * FROM members"),
		staff: g.rows(t, "SELECT u.*, r.name AS role FROM users u LEFT JOIN roles_users x ON x.user_id = u.id LEFT JOIN roles r ON r.id = x.role_id")}
	v.posts = byID(g.rows(t, "SELECT m.*, p.* FROM posts p LEFT JOIN posts_meta m ON m.post_id = p.id"))
	v.tags, v.comments = byID(g.rows(t, "SELECT * FROM tags")), byID(g.rows(t, "SELECT * FROM comments"))
	tags := g.joined(t, "SELECT post_id AS k, t.slug AS v FROM posts_tags JOIN tags t ON t.id = tag_id ORDER BY t.slug")
	authors := g.joined(t, "SELECT post_id AS k, u.email AS v FROM posts_authors JOIN users u ON u.id = author_id ORDER BY post_id, sort_order")
	for id, p := range v.posts {
		p["tags"], p["authors"] = tags[id], authors[id]
	}
	for _, r := range g.rows(t, `SELECT "key" AS k, value FROM settings`) {
		v.settings[r["k"]] = r["value"]
	}
	return v
}

func byID(rows []map[string]string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, r := range rows {
		all[r["id"]] = r
	}
	return all
}

// ledger says which row each record of a kind became.
func (g *ghostSite) ledger(t *testing.T, kind int) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range g.rows(t, "SELECT source_id, CAST(target_id AS TEXT) AS id FROM bailey_ledger WHERE kind = ? AND length(target_id) > 0", kind) {
		all[r["source_id"]] = r["id"]
	}
	return all
}

// ids are those of the posts and pages that are there.
func (g *ghostSite) ids(t *testing.T) map[string]map[string]string {
	t.Helper()
	return byID(g.rows(t, "SELECT id FROM posts"))
}

// Kinds as the ledger numbers them.
const (
	ledgerTerm    = 3
	ledgerEntry   = 5
	ledgerComment = 6
)

type object = map[string]any

// ask looks through Ghost's Admin API; comments are those with the given ids.
func (l *liveGhost) ask(comments map[string]string) *ghostView {
	l.t.Helper()
	v := &ghostView{posts: map[string]map[string]string{}, comments: map[string]map[string]string{}, settings: map[string]string{}}
	for _, name := range []string{"posts", "pages"} {
		var all []object
		l.list(name, "formats=lexical,html&include=tags,authors", &all)
		for _, p := range all {
			row := flat(p)
			row["type"] = strings.TrimSuffix(name, "s")
			row["tags"], row["authors"] = related(p["tags"], "slug", true), related(p["authors"], "email", false)
			v.posts[row["id"]] = row
		}
	}
	v.tags, v.staff, v.members = byID(l.flatList("tags", "")), l.flatList("users", "include=roles"), l.flatList("members", "")
	for _, id := range comments {
		var one []object
		l.decode("comments", l.send("GET", "comments/"+id+"/", "", 200), &one)
		v.comments[id] = flat(one[0])
	}
	var settings []object
	l.decode("settings", l.send("GET", "settings/", "", 200), &settings)
	for _, s := range settings {
		v.settings[fmt.Sprint(s["key"])] = column(s["value"])
	}
	return v
}

func (l *liveGhost) flatList(name, query string) (rows []map[string]string) {
	l.t.Helper()
	var all []object
	l.list(name, query, &all)
	for _, o := range all {
		row := flat(o)
		row["role"] = related(o["roles"], "name", false)
		rows = append(rows, row)
	}
	return rows
}

// flat gives an object of the API the form of a row.
func flat(o object) map[string]string {
	row := map[string]string{}
	for k, v := range o {
		row[k] = column(v)
	}
	return row
}

// column is a value of the API as the database's column would read.
func column(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{false: "0", true: "1"}[x]
	case string:
		if at, err := time.Parse("2006-01-02T15:04:05.000Z07:00", x); err == nil {
			return at.UTC().Format(time.DateTime)
		}
		return x
	default:
		return fmt.Sprint(x)
	}
}

// related are the values of one field of related objects.
func related(list any, field string, sorted bool) string {
	items, _ := list.([]any)
	var all []string
	for _, it := range items {
		if o, ok := it.(object); ok {
			all = append(all, fmt.Sprint(o[field]))
		}
	}
	if sorted {
		sort.Strings(all)
	}
	return strings.Join(all, ", ")
}
