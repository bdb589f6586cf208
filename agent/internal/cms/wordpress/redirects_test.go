package wordpress

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// redirect is a record; fields are names and texts of the plugin's own columns.
func redirect(id string, r *recordv1.Redirect, fields ...string) *recordv1.Record {
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_REDIRECT, id), Body: &recordv1.Record_Redirect{Redirect: r}}
	for i := 0; i < len(fields); i += 2 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: redirectExtra + fields[i], Value: php.Text(fields[i+1])})
	}
	return rec
}

// Rules that lead on are read; those that depend on more than the address, or do something else, are told.
func TestRedirectsAreRead(t *testing.T) {
	t.Parallel()
	for _, d := range ofDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			s := open(t, wptest.Redirects(t, wptest.New(t, d, "wp_", true), true))
			items, _ := all(t, s)
			for id, want := range map[string]string{
				"1": "/hello-old/ -> /first/ 301 | title=A title group=Redirections",
				"2": `/off?b=2&a=1 -> https://elsewhere.example/x 302 off | match_data={"source":{"flag_query":"exactorder"}} position=3 group=Modified Posts`,
				"3": `^/y/([0-9]+)$ -> /years/$1 301 pattern | match_data={"source":{"flag_regex":true}} position=4 group=Modified Posts`,
				"4": "/gone ->  410 | position=5 group=Redirections",
				"5": "redirect_conditional", "6": "redirect_does_else",
				"7": "/by-number -> 10 301 | position=8 group=Redirections",
			} {
				it := get(items, recordv1.Kind_KIND_REDIRECT, id)
				if got := said(it.Record, it.Unread.GetProblem().GetCode()); got != want {
					t.Errorf("%s is %q, want %q", id, got, want)
				}
			}
			if n := get(items, recordv1.Kind_KIND_REDIRECT, "1").Record.GetNotes(); len(n) != 1 || n[0].GetCode() != "visits_not_moved" {
				t.Errorf("visits are told as %v", n)
			}
		})
	}
}

func said(rec *recordv1.Record, unread string) string {
	r := rec.GetRedirect()
	if r == nil {
		return unread
	}
	parts := []string{r.GetFromPath(), "->", r.GetToUrl() + r.GetTo().GetSourceId(), itoa(int64(r.GetCode()))}
	if r.GetPattern() {
		parts = append(parts, "pattern")
	}
	if r.GetDisabled() {
		parts = append(parts, "off")
	}
	parts = append(parts, "|")
	for _, f := range rec.GetFields() {
		parts = append(parts, strings.TrimPrefix(f.GetName(), redirectExtra)+"="+f.GetValue().GetText())
	}
	return strings.Join(parts, " ")
}

// What is written is what the plugin finds rules by; addresses that it redirects already stay as they are, and a rollback leaves no trace.
func TestRedirectsAreWritten(t *testing.T) {
	t.Parallel()
	for _, d := range ofDialect {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			s := open(t, wptest.Redirects(t, wptest.New(t, d, "wp_", false), false))
			do(t, s, "INSERT INTO {redirection_items} (url, match_url, group_id, action_type, action_code, action_data, match_type) VALUES ('/theirs','/theirs',1,'url',301,'/here/','url')")
			do(t, s, "DELETE FROM {redirection_groups} WHERE id = 2")
			rows := func() string {
				return ask(t, s, "SELECT COALESCE(url,'') FROM {redirection_items} ORDER BY id") + "/" + ask(t, s, "SELECT name FROM {redirection_groups} ORDER BY id")
			}
			before := rows()
			_, books, sc, _ := moved(t, wptest.Redirects(t, wptest.New(t, d, "src_", true), true), s, 500)
			if got := ask(t, s, "SELECT match_url FROM {redirection_items} ORDER BY id"); got != "/theirs /hello-old /off?b=2&a=1 regex /gone /by-number" {
				t.Errorf("rules are found by %s", got)
			}
			if got := ask(t, s, "SELECT action_data FROM {redirection_items} WHERE url IN ('/by-number','/hello-old/') ORDER BY url"); got != wptest.Home+"/first/ /first/" {
				t.Errorf("they lead to %s", got)
			}
			if got := ask(t, s, "SELECT name FROM {redirection_groups} ORDER BY id"); got != "Redirections Modified Posts" {
				t.Errorf("the groups are %s", got)
			}
			again := redirect("again", &recordv1.Redirect{FromPath: "/theirs", ToUrl: "/ours/", Code: 301})
			record.Seal(again)
			if res, err := books.Write(t.Context(), sc, []*recordv1.Record{again}); err != nil || res[0].GetProblem().GetCode() != "path_taken" {
				t.Errorf("an address that the target redirects already: %v, %v", res, err)
			}
			// Visits are no edits.
			do(t, s, "UPDATE {redirection_items} SET last_count = last_count + 1, last_access = '2024-01-01 00:00:00'")
			if kept := rollback(t, books, sc); len(kept) > 0 || rows() != before {
				t.Errorf("kept %v; there were %s and are %s", kept, before, rows())
			}
		})
	}
}

func TestTablesOfAnOldRedirectionAreTold(t *testing.T) {
	t.Parallel()
	set := wptest.Redirects(t, wptest.New(t, cmssql.SQLite, "wp_", true), false)
	set.Writable = true
	do(t, open(t, set), "ALTER TABLE {redirection_items} DROP COLUMN match_url")
	s := open(t, set)
	if Driver.Of(Driver{}, s).(Driver).Redirects {
		t.Error("tables that cannot be read are said to be read")
	}
	facts, err := s.Probe(t.Context(), cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts.Findings {
		if f.GetCode() == "redirects_too_old" {
			return
		}
	}
	t.Error("old tables are not told")
}

// The plugin's own forms, as models/url/url-match.php makes them.
func TestFormsByWhichTheyAreFound(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"/": "/", "/?p=1": "/", "/Hello/World/": "/hello/world", "/%C3%9Cber/": "/%c3%9cber", "/a b+c": "/a%20b%20c", "/x:y(1)[2]@~,;!*": "/x:y(1)[2]@~,;%21%2a", "/bad%zz/": "/bad%25zz",
	} {
		if got := matchURLOf(from, plainMatch); got != want {
			t.Errorf("%s is found by %s, want %s", from, got, want)
		}
	}
	if got := matchURLOf("/A/?b=1", `{"source":{"flag_query":"exactorder"}}`); got != "/a?b=1" {
		t.Errorf("with its query it is found by %s", got)
	}
}
